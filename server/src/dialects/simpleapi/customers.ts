import { notFound, type AccountId } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import { isWithin, type AccountNode } from '../../modules/accounts/index.ts';
import type { Customer, CustomerFilter, CustomerStatus } from '../../modules/customers/index.ts';
import { readJson } from '../../platform/http/index.ts';
import { readAccountChange, readNewAccount } from './account-request.ts';
import { accountToWire } from './account-wire.ts';
import { causeOf, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { isNumber } from './ids.ts';
import { pageOf, parseQuery, type Query } from './query.ts';
import { onceByContent } from './retry.ts';
import type { Scope, Scopes } from './scope.ts';
import { customerStatuses, jsonResponse, listResponse } from './wire.ts';

const statusOfWord: Readonly<Record<string, CustomerStatus>> = Object.fromEntries(
  Object.entries(customerStatuses).map(([status, word]) => [word, status as CustomerStatus]),
);

export type CustomerHandlers = ReturnType<typeof customerHandlers>;

/** Customers (SimpleAPI reference 4.1). */
export function customerHandlers(dependencies: SimpleApiDependencies, scopeOf: Scopes) {
  const { customers, directory } = dependencies;

  async function toWire(customer: Customer) {
    const owner = directory.peek(customer.ownerId) ?? (await directory.get(customer.ownerId));
    return customerToWire(customer, owner.account.number);
  }

  async function list(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const query = parseQuery(c.req.url);
    return listOf(query, await ownerScope(principal.accountId, query.get('resellerId')));
  }

  /** A page of the customers in a scope; without a scope there are none to see. */
  async function listOf(query: Query, scope: Scope | undefined): Promise<Response> {
    const page = pageOf(query);
    if (scope === undefined) return listResponse([], page, 0);
    const filter: CustomerFilter = {
      scope,
      nameContains: query.get('name'),
      email: query.get('email'),
      externalId: query.get('externalId'),
    };
    const [found, total] = await Promise.all([customers.page(filter, page), customers.count(filter)]);
    return listResponse(await Promise.all(found.map(toWire)), page, total);
  }

  /** Customers of one reseller: of the caller itself or of one below it; of anybody else there are none to see. */
  async function ownerScope(accountId: AccountId, resellerId: string | undefined): Promise<Scope | undefined> {
    if (resellerId === undefined) return scopeOf(accountId);
    const node = isNumber(resellerId) ? await directory.byNumber(resellerId) : undefined;
    return node !== undefined && isWithin(node.account, accountId) ? { ownerId: node.account.id } : undefined;
  }

  function find(c: Call, { principal }: SimpleApiCaller): Promise<Customer> {
    const number = c.req.param('id') ?? '';
    if (!isNumber(number)) throw notFound('customer');
    return customers.get(principal.accountId, { number });
  }

  async function get(c: Call, caller: SimpleApiCaller): Promise<Response> {
    return jsonResponse(await toWire(await find(c, caller)));
  }

  /** Under a seller. The protocol has no key for retries, so with an external id the same content is one (section 11). */
  async function create(
    c: Call,
    caller: SimpleApiCaller,
    owner: AccountNode = caller.principal.node,
  ): Promise<Response> {
    const { status, logins, ...facts } = readNewAccount(await readJson(c), () => ({}));
    const ownerId = owner.account.id;
    const cause = causeOf(c, caller, dependencies);
    const wanted = { ...facts, logins, status: status === undefined ? undefined : statusOfWord[status] };
    const customer = facts.externalId
      ? await onceByContent(
          cause,
          // Passwords are no part of the content, so they are not in what is kept for retries either.
          { ownerId, scope: 'simpleapi.customers.create', content: JSON.stringify({ ...facts, status }) },
          ({ createdAt }: Customer) => createdAt,
          (retriable) => customers.create(retriable, ownerId, wanted),
        )
      : await customers.create(cause, ownerId, wanted);
    return jsonResponse(await toWire(customer));
  }

  async function change(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const current = await find(c, caller);
    const word = customerStatuses[current.status];
    const { status, ...facts } = readAccountChange(await readJson(c), caller.profile, word);
    const wanted = { ...facts, ...(status === undefined ? {} : { status: statusOfWord[status] }) };
    const cause = causeOf(c, caller, dependencies);
    const customer = await customers.change(cause, caller.principal.accountId, { id: current.id }, wanted);
    return jsonResponse(await toWire(customer));
  }

  return { list, listOf, get, create, change };
}

function customerToWire(customer: Customer, resellerId: string) {
  return { ...accountToWire({ ...customer, status: customerStatuses[customer.status] }), resellerId };
}
