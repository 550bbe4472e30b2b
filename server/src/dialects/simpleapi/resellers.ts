import { isCurrency, notFound, TierlineError } from '@tierline/kernel';
import { authorize, type SimpleApiCaller } from '../../modules/access/index.ts';
import {
  isWithin,
  type Account,
  type AccountNode,
  type AccountStatus,
  type Company,
  type NewAccount,
} from '../../modules/accounts/index.ts';
import { readJson } from '../../platform/http/index.ts';
import { readAccountChange, readNewAccount, whoIs, type AccountChangeBody } from './account-request.ts';
import { accountToWire, given } from './account-wire.ts';
import { causeOf, type Call } from './auth.ts';
import type { CustomerHandlers } from './customers.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { isNumber } from './ids.ts';
import type { OrderHandlers } from './orders.ts';
import { pageOf, parseQuery } from './query.ts';
import type { Members, Problems } from './request.ts';
import { onceByContent } from './retry.ts';
import type { Scopes } from './scope.ts';
import { accountStatuses, jsonResponse, listResponse } from './wire.ts';

const statusOfWord: Readonly<Record<string, AccountStatus>> = Object.fromEntries(
  Object.entries(accountStatuses).map(([status, word]) => [word, status as AccountStatus]),
);

type Parts = { readonly scopeOf: Scopes; readonly customers: CustomerHandlers; readonly orders: OrderHandlers };

/** Resellers (SimpleAPI reference 3, 4.2): every seller below the caller, however far, of whatever kind. */
export function resellerHandlers(dependencies: SimpleApiDependencies, { scopeOf, customers, orders }: Parts) {
  const { accounts, directory, sellers } = dependencies;

  /** The seller in the path. The caller itself is none of its resellers; anybody else's is not found either. */
  async function find(c: Call, { principal }: SimpleApiCaller): Promise<AccountNode> {
    const number = c.req.param('id') ?? '';
    const node = isNumber(number) ? await directory.byNumber(number) : undefined;
    if (node === undefined || !isWithin(node.account, principal.accountId) || node.account.id === principal.accountId)
      throw notFound('reseller');
    return node;
  }

  async function list(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const query = parseQuery(c.req.url);
    const page = pageOf(query);
    const filter = {
      within: principal.accountId,
      nameContains: query.get('name'),
      email: query.get('email'),
      externalId: query.get('externalId'),
    };
    const [found, total] = await Promise.all([accounts.pageBelow(filter, page), accounts.countBelow(filter)]);
    return listResponse(found.map(resellerToWire), page, total);
  }

  async function get(c: Call, caller: SimpleApiCaller): Promise<Response> {
    return jsonResponse(resellerToWire((await find(c, caller)).account));
  }

  /** Directly below the caller, with the first admin contact as its first owner. A leaf gets no resellers over this API. */
  async function create(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const { accountId, node } = caller.principal;
    if (node.account.kind === 'reseller' && 'ownerId' in (await scopeOf(accountId))) throw noResellers();
    const wanted = readNewReseller(await readJson(c), node.account);
    const { owner: _, ...facts } = wanted;
    const cause = causeOf(c, caller, dependencies);
    const account = facts.externalId
      ? await onceByContent(
          cause,
          { ownerId: accountId, scope: 'simpleapi.resellers.create', content: JSON.stringify(facts) },
          ({ createdAt }: Account) => createdAt,
          (retriable) => sellers.create(retriable, accountId, wanted),
        )
      : await sellers.create(cause, accountId, wanted);
    return jsonResponse(resellerToWire(account));
  }

  async function change(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const { account } = await find(c, caller);
    const read = readAccountChange(await readJson(c), caller.profile, accountStatuses[account.status]);
    if (read.logins.length > 0) throw loginOfExisting(read.logins[0]!.place);
    const status = read.status === undefined ? undefined : statusOfWord[read.status];
    // It is final here, so it needs what it needs everywhere.
    if (status === 'closed' && account.status !== 'closed') authorize(caller.principal, 'accounts.close');
    const wanted = {
      ...(read.name === undefined ? {} : { name: read.name }),
      ...(read.externalId === undefined ? {} : { externalId: read.externalId }),
      ...(status === undefined ? {} : { status }),
      ...changedCompany(account, read),
    };
    const cause = causeOf(c, caller, dependencies);
    const changed = await accounts.change(cause, caller.principal.accountId, account.id, wanted);
    return jsonResponse(resellerToWire(changed));
  }

  return {
    list,
    get,
    create,
    change,
    async customers(c: Call, caller: SimpleApiCaller): Promise<Response> {
      return customers.listOf(parseQuery(c.req.url), { ownerId: (await find(c, caller)).account.id });
    },
    async createCustomer(c: Call, caller: SimpleApiCaller): Promise<Response> {
      return customers.create(c, caller, await find(c, caller));
    },
    async orders(c: Call, caller: SimpleApiCaller): Promise<Response> {
      const { id } = (await find(c, caller)).account;
      // This list has fewer filters than that of all orders (SimpleAPI reference 4.2), and what it does not know is ignored.
      const query = new Map(parseQuery(c.req.url));
      for (const name of ['orderNumber', 'statusCode']) query.delete(name);
      return orders.listOf(query, { accountId: id, scope: { ownerId: id }, profile: caller.profile });
    },
  };
}

function readNewReseller(body: unknown, parent: Account) {
  const read = readNewAccount(body, (members, problems) => ({
    currency: currencyOf(members, problems),
    taxationProvider: members.text('taxationProviderName') ?? null,
    customerClass: members.text('customerClass') ?? null,
  }));
  const { address, contacts, taxRegistrationId, taxationProvider, customerClass, attributes } = read;
  const place = Math.max(
    0,
    contacts.findIndex(({ type }) => type === 'admin'),
  );
  if (read.logins.length > 1) throw oneLogin(read.logins[1]!.place);
  const [login] = read.logins;
  const facts: NewAccount = {
    kind: 'reseller',
    name: read.name,
    currency: read.currency,
    // The protocol has no zone for an account: its days are those of its seller until somebody says otherwise.
    timeZone: parent.timeZone,
    country: address.countryCode,
    language: read.language,
    externalId: read.externalId,
    company: { address, contacts, taxRegistrationId, taxationProvider, customerClass, attributes },
    ...(read.status === undefined ? {} : { status: statusOfWord[read.status]! }),
  };
  const at = login?.place ?? place;
  const owner = {
    ...whoIs(contacts[at]!),
    field: `contacts.${at}.login`,
    emailField: `contacts.${at}.email`,
    ...login,
  };
  return { ...facts, owner };
}

function currencyOf(members: Members, problems: Problems): string {
  const currency = members.text('currency', {
    required: true,
    pattern: /^[A-Z]{3}$/,
    hint: 'Give an ISO 4217 code, such as USD.',
  });
  if (currency !== undefined && !isCurrency(currency)) {
    problems.add('simpleapi.invalid_field', 'currency', `${currency} is no ISO 4217 currency code.`);
  }
  return currency ?? '';
}

/** What a PATCH makes of the facts of the company; one that nobody told anything about begins with what is told now. */
function changedCompany({ company, country }: Account, read: AccountChangeBody): { company?: Company } {
  const { address, contacts, taxRegistrationId } = read;
  if (address === undefined && contacts === undefined && taxRegistrationId === undefined) return {};
  const unknown = { street: '', extension: null, city: '', state: null, postalCode: '', countryCode: country };
  const before = company ?? {
    address: unknown,
    contacts: [],
    taxRegistrationId: null,
    taxationProvider: null,
    customerClass: null,
    attributes: {},
  };
  return {
    company: {
      ...before,
      ...(address === undefined ? {} : { address }),
      ...(contacts === undefined ? {} : { contacts }),
      ...(taxRegistrationId === undefined ? {} : { taxRegistrationId }),
    },
  };
}

function resellerToWire(account: Account) {
  const { company } = account;
  const address = company?.address ?? null;
  return {
    ...accountToWire({
      ...account,
      attributes: company?.attributes ?? {},
      status: accountStatuses[account.status],
      address,
      contacts: company?.contacts ?? [],
      taxRegistrationId: company?.taxRegistrationId ?? null,
    }),
    currency: account.currency,
    ...given('taxationProviderName', company?.taxationProvider ?? null),
    ...given('customerClass', company?.customerClass ?? null),
  };
}

function noResellers(): TierlineError {
  return new TierlineError(
    'simpleapi.no_resellers',
    'forbidden',
    'Your account has no resellers below it, so it can not add one over this API.',
  );
}

function oneLogin(place: number): TierlineError {
  const message = 'A reseller begins with one person who signs in. Add the others when it is there.';
  return new TierlineError('simpleapi.one_login', 'invalid', message, { field: `contacts.${place}.login` });
}

function loginOfExisting(place: number): TierlineError {
  const message = 'Logins of a reseller that is there already are changed by itself, not by a change of its contacts.';
  return new TierlineError('simpleapi.login_not_changeable', 'invalid', message, { field: `contacts.${place}.login` });
}
