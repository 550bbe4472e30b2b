import { isTierlineError, notFound, type AccountId, type Temporal } from '@tierline/kernel';
import { isHumanNumber, type Database, type RevisionCell, type Revisions } from '../../platform/db/index.ts';
import type { Account } from './account.ts';
import { selectChain, selectIdBy } from './store.ts';

/** An account with everything above it, as a node remembers it. */
export type AccountNode = {
  readonly account: Account;
  /** From the root to the account itself. */
  readonly chain: readonly Account[];
  readonly cells: readonly RevisionCell[];
  /** The clock of its tree, where that has one of its own. Like the rest it is valid until a revision changes. */
  readonly sandbox: { readonly id: AccountId; readonly nowAt: Temporal.Instant } | null;
};

/**
 * Changes whenever the catalog or a price changes anywhere from the root down to the account: the key under which
 * pages, prices and offers of the account may be remembered. The counters only grow, so their sum never repeats.
 */
export function catalogRevision(node: AccountNode): bigint {
  let sum = 0n;
  for (const cell of node.cells) sum += cell.catalog + cell.account;
  return sum;
}

export type Directory = {
  /** Throws not_found for an unknown id. */
  get(id: AccountId): Promise<AccountNode>;
  /** The account, when it stands directly below the seller; another is not found, under the name of the caller's field. */
  childOf(sellerId: AccountId, id: AccountId, field: string): Promise<AccountNode>;
  /** What is remembered, without waiting. */
  peek(id: AccountId): AccountNode | undefined;
  byNumber(number: string): Promise<AccountNode | undefined>;
  byTenantId(tenantId: string): Promise<AccountNode | undefined>;
};

const rememberedMax = 50_000;

export function directory(db: Database, revisions: Revisions): Directory {
  const nodes = new Map<AccountId, AccountNode>();
  const loading = new Map<AccountId, Promise<AccountNode>>();
  let generation = 0;

  revisions.onAccountChange((changed) => {
    generation += 1;
    loading.clear();
    for (const [id, node] of nodes) if (node.account.path.includes(changed)) nodes.delete(id);
  });

  async function load(id: AccountId): Promise<AccountNode> {
    const began = generation;
    const { chain, nowAt } = await selectChain(db, id);
    const account = chain.at(-1);
    if (account === undefined) throw notFound('account');
    const node: AccountNode = {
      account,
      chain,
      cells: chain.map((above) => revisions.cell(above.id)),
      sandbox: nowAt === null ? null : { id: account.rootId, nowAt },
    };
    // What was read before a change must not be remembered after it.
    if (began === generation) {
      if (nodes.size >= rememberedMax) nodes.delete(nodes.keys().next().value!);
      nodes.set(id, node);
    }
    return node;
  }

  async function get(id: AccountId): Promise<AccountNode> {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    let promise = loading.get(id);
    if (promise === undefined) {
      promise = load(id).finally(() => loading.delete(id));
      loading.set(id, promise);
    }
    return promise;
  }

  async function childOf(sellerId: AccountId, id: AccountId, field: string): Promise<AccountNode> {
    const node = await get(id).catch((error: unknown) => {
      throw isTierlineError(error) && error.kind === 'not_found' ? notFound('account', field) : error;
    });
    if (node.account.parentId !== sellerId) throw notFound('account', field);
    return node;
  }

  async function by(column: 'number' | 'tenant_id', value: string): Promise<AccountNode | undefined> {
    const id = await selectIdBy(db, column, value);
    return id === undefined ? undefined : get(id);
  }

  return {
    get,
    childOf,
    peek: (id) => nodes.get(id),
    byNumber: (number) => (isHumanNumber(number) ? by('number', number) : Promise.resolve(undefined)),
    byTenantId: (tenantId) => by('tenant_id', tenantId),
  };
}
