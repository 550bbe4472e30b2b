import { randomBytes } from 'node:crypto';
import {
  isTierlineError,
  newId,
  notFound,
  TierlineError,
  versionMismatch,
  type AccountId,
  type Temporal,
} from '@tierline/kernel';
import {
  commit,
  eventNames,
  once,
  type Cause,
  type Database,
  type Numbers,
  type Revisions,
} from '../../platform/db/index.ts';
import {
  checkFacts,
  checkStatusChange,
  isWithin,
  tenantIdFrom,
  type Account,
  type AccountFacts,
  type AccountStatus,
  type PriceFloor,
} from './account.ts';
import type { AccountNode, Directory } from './service-directory.ts';
import { recordFormerName } from './store-names.ts';
import {
  countBelow,
  insertAccount,
  selectAccounts,
  selectBelow,
  selectChildren,
  selectRoots,
  selectSubtree,
  updateAccount,
  type AccountFilter,
  type AccountListFilter,
} from './store.ts';

export type NewAccount = AccountFacts & {
  readonly externalId?: string | null;
  readonly buyerGroup?: string | null;
  readonly priceFloor?: PriceFloor;
  readonly dataCenter?: string | null;
  readonly remoteManager?: boolean;
  readonly visionOne?: boolean;
  readonly profile?: Readonly<Record<string, unknown>>;
  /** `active`, unless said otherwise. */
  readonly status?: AccountStatus;
};

export type AccountChange = Partial<
  Pick<
    Account,
    | 'name'
    | 'timeZone'
    | 'country'
    | 'language'
    | 'externalId'
    | 'buyerGroup'
    | 'billingCurrency'
    | 'priceFloor'
    | 'dataCenter'
    | 'remoteManager'
    | 'visionOne'
    | 'profile'
    | 'company'
  >
> & { readonly status?: AccountStatus; readonly expectedVersion?: number | undefined };

export type AccountsService = ReturnType<typeof accountsService>;

type Dependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly revisions: Revisions;
  readonly numbers: Numbers;
  /** Random ones, unless said otherwise. */
  readonly newTenantId?: () => string;
};

/** Use cases of accounts. Callers have authorized the actor; `within` is the account the actor acts for. */
export function accountsService({ db, directory, revisions, numbers, newTenantId = randomTenantId }: Dependencies) {
  /** The account, when it is `within` or below it; another tenant's account does not exist for the caller. */
  async function visible(within: AccountId, id: AccountId, field?: string): Promise<AccountNode> {
    const node = await directory.get(id).catch((error: unknown) => {
      throw isTierlineError(error) && error.kind === 'not_found' ? notFound('account', field) : error;
    });
    if (!isWithin(node.account, within)) throw notFound('account', field);
    return node;
  }

  async function create(cause: Cause, parentId: AccountId | null, facts: NewAccount): Promise<Account> {
    const account = await prepare(cause, parentId, facts);
    const answer = await withTenantId((tenantId) => {
      const made = { ...account, tenantId };
      const revise = [{ accountId: made.id, what: 'account' as const }];
      return commit(db, { cause, answer: made, revise, ...creation(made) });
    });
    await revisions.refresh();
    return answer;
  }

  /** An account that may be made, for whoever stores it together with something else: `creation` says how. */
  async function prepare(cause: Cause, parentId: AccountId | null, facts: NewAccount): Promise<Account> {
    const parent = parentId === null ? null : await directory.get(parentId);
    checkFacts(facts, parent?.account ?? null);
    if (parent !== null && parent.account.status !== 'active') {
      throw new TierlineError(
        'accounts.parent_not_active',
        'conflict',
        'Accounts can be added below an active account only.',
      );
    }
    const number = (await numbers.next()).toString();
    return newAccount(parent?.account ?? null, facts, number, cause.at.toString());
  }

  /** Tenant ids are short, so with thousands of accounts two meet by chance now and then. */
  async function withTenantId<Answer>(work: (tenantId: string) => Promise<Answer>): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work(newTenantId());
      } catch (error) {
        if (error !== tenantIdTaken || attempt === 10) throw error;
      }
    }
  }

  function creation(account: Account) {
    const { id, kind, name, parentId } = account;
    const data = { kind, name, parent_id: parentId };
    return {
      subjectId: id,
      writes: [{ run: insertAccount(db, account), expect: 1 }],
      events: [{ ownerId: id, type: 'account.created', subjectKind: 'account', subjectId: id, data }],
      constraints: { accounts_tenant_id_key: tenantIdTaken },
    };
  }

  /** The root of a new sandbox and what stores it, for whoever stores it together with its clock. */
  async function sandboxRoot(facts: Omit<NewAccount, 'kind'>, at: Temporal.Instant, tenantId: string) {
    const wanted = { ...facts, kind: 'provider' as const };
    checkFacts(wanted, null);
    const root = newAccount(null, wanted, (await numbers.next()).toString(), at.toString());
    const account: Account = { ...root, sandboxId: root.id, tenantId };
    const { events, ...step } = creation(account);
    return { account, step: { ...step, events: events.map((event) => ({ ...event, at })) } };
  }

  async function change(cause: Cause, within: AccountId, id: AccountId, wanted: AccountChange): Promise<Account> {
    // What is remembered may be a change of a moment ago behind; a change is made to what is.
    await revisions.refresh();
    const { account: current, chain } = await visible(within, id);
    const { expectedVersion, ...fields } = wanted;
    if (expectedVersion !== undefined && expectedVersion !== current.version)
      throw versionMismatch('account', current.version);
    const changed: Account = {
      ...current,
      ...definedOnly(fields),
      version: current.version + 1,
      updatedAt: cause.at.toString(),
    };
    if (id === within && current.parentId !== null) {
      if (current.status !== 'active' && changed.status !== current.status) throw statusSetAbove();
      if (changed.buyerGroup !== current.buyerGroup) throw groupSetAbove();
      if (changed.billingCurrency !== current.billingCurrency) throw billingSetAbove();
    }
    checkFacts(changed, chain.at(-2) ?? null);
    checkStatusChange(current.status, changed.status);
    const answer = await commit(db, {
      cause,
      subjectId: id,
      answer: changed,
      writes: [
        { run: updateAccount(db, changed), expect: 1, otherwise: versionMismatch('account') },
        ...recordFormerName(id, id, cause.at.toString(), { was: current, is: changed }),
      ],
      events: [
        {
          ownerId: id,
          type: 'account.changed',
          subjectKind: 'account',
          subjectId: id,
          data: eventNames(definedOnly(fields)),
        },
      ],
      revise: [{ accountId: id, what: 'account' }],
    });
    await revisions.refresh();
    return answer;
  }

  return {
    create: (...input: Parameters<typeof create>) => once(db, input[0], () => create(...input)),
    change: (...input: Parameters<typeof change>) => once(db, input[0], () => change(...input)),
    visible,
    prepare,
    creation,
    withTenantId,
    sandboxRoot,
    list: (filter: AccountFilter) => selectAccounts(db, filter),
    /** The sellers below an account, however far, newest first. */
    pageBelow: (filter: AccountListFilter, page: Parameters<typeof selectBelow>[2]) => selectBelow(db, filter, page),
    countBelow: (filter: AccountListFilter) => countBelow(db, filter),
    /** Who stands directly below an account and is not closed, all of them: some answers have no pages. */
    children: (parentId: AccountId) => selectChildren(db, parentId),
    subtree: (root: AccountId) => selectSubtree(db, root),
    roots: () => selectRoots(db),
  };
}

const randomTenantId = (): string => tenantIdFrom(randomBytes(5));

const tenantIdTaken = new TierlineError(
  'accounts.tenant_id_taken',
  'unavailable',
  'No tenant id that is still free was found. Try again.',
);

function newAccount(parent: Account | null, facts: NewAccount, number: string, at: string): Account {
  const id = newId<'account'>();
  return {
    id,
    parentId: parent?.id ?? null,
    rootId: parent?.rootId ?? id,
    path: [...(parent?.path ?? []), id],
    sandboxId: parent?.sandboxId ?? null,
    kind: facts.kind,
    name: facts.name,
    currency: facts.currency,
    timeZone: facts.timeZone,
    country: facts.country,
    language: facts.language,
    status: facts.status ?? 'active',
    number,
    tenantId: null,
    externalId: facts.externalId ?? null,
    buyerGroup: facts.buyerGroup ?? null,
    billingCurrency: facts.billingCurrency ?? null,
    priceFloor: facts.priceFloor ?? 'none',
    dataCenter: facts.dataCenter ?? null,
    remoteManager: facts.remoteManager ?? false,
    visionOne: facts.visionOne ?? false,
    profile: facts.profile ?? {},
    company: facts.company ?? null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

/** Groups have prices, so nobody chooses one for itself. */
function groupSetAbove(): TierlineError {
  const message = 'The buyer group of an account is set by its seller.';
  return new TierlineError('accounts.buyer_group_set_above', 'forbidden', message, { field: 'buyer_group' });
}

/** Nor what it is billed in: the bills are its seller's. */
function billingSetAbove(): TierlineError {
  const message = 'The billing currency of an account is set by its seller.';
  return new TierlineError('accounts.billing_currency_set_above', 'forbidden', message, { field: 'billing_currency' });
}

/** A hold is lifted by whoever stands above, not by whom it is for. */
function statusSetAbove(): TierlineError {
  return new TierlineError(
    'accounts.status_set_above',
    'forbidden',
    'The status of an account that is not active is changed by its seller.',
    { field: 'status' },
  );
}

function definedOnly<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
