import type { Clock } from '@tierline/kernel';
import type { AccessService } from '../../modules/access/index.ts';
import type { Directory } from '../../modules/accounts/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import type { Customer, CustomersService } from '../../modules/customers/index.ts';
import { causeOfCall, customerInPath } from './customer-scope.ts';
import { readCustomerChange, readCustomerWithContact, readCustomerWithLogin } from './customers-read.ts';
import { customerToWire, modifiedUserToWire, profileV2, profileV3 } from './customers-wire.ts';
import { pagingToWire, readPage } from './paging.ts';
import { requestFields } from './request.ts';
import type { Call, Route } from './route.ts';

export type CustomerDependencies = {
  readonly customers: Pick<CustomersService, 'get' | 'create' | 'createWithUser' | 'change' | 'created'>;
  readonly access: Pick<AccessService, 'getCustomerUser' | 'changeCustomerUser' | 'pageOfCustomerUsers'>;
  readonly directory: Pick<Directory, 'get'>;
  readonly codes: Codes;
  readonly clock: Clock;
};

/** Customers :: Create, Query and Update (LMPI reference, part 1, 5). */
export function customerRoutes(route: Route, dependencies: CustomerDependencies): void {
  const { customers } = dependencies;
  route('POST', '/customers', 'lmpi.customers.create', (call) => createWithLogin(dependencies, call), ['v2']);
  route('POST', '/customers', 'lmpi.customers.create', (call) => createWithContact(dependencies, call), ['v3']);
  route('GET', '/customers', 'lmpi.customers.query', (call) => modifiedUsers(dependencies, call), ['v2']);
  route('GET', '/customers', 'lmpi.customers.query', (call) => createdCustomers(customers, call), ['v3']);
  route('PUT', '/customers/:customer_id', 'lmpi.customers.update', async (call) => {
    const customer = await change(dependencies, call);
    return JSON.stringify(call.version === 'v2' ? profileV2(customer) : profileV3(customerToWire(customer)));
  });
}

async function createWithLogin({ customers, codes, clock }: CustomerDependencies, call: Call): Promise<string> {
  const { company, contact, login } = readCustomerWithLogin(requestFields(call.body), codes);
  const { customer, first } = await customers.createWithUser(causeOfCall(call, clock), call.principal.accountId, {
    ...company,
    contacts: [contact],
    language: login.language ?? call.principal.node.account.language,
    login,
  });
  const { user, password, resetToken } = first;
  // Behind the #, so that no server and no log along the way gets to see the token.
  const resetpasswordURL = `${call.origin()}/portal/reset?token=${resetToken}`;
  return JSON.stringify({
    customer_id: customer.id,
    user: { id: user.id, login_name: user.login, password, resetpasswordURL },
  });
}

async function createWithContact({ customers, codes, clock }: CustomerDependencies, call: Call): Promise<string> {
  const { company, contact } = readCustomerWithContact(requestFields(call.body), codes);
  const customer = await customers.create(causeOfCall(call, clock), call.principal.accountId, {
    ...company,
    contacts: [contact],
    language: call.principal.node.account.language,
  });
  return JSON.stringify({ customer_id: customer.id });
}

/** Query v2: user profiles that were changed in a period; the period's ends are not in it (part 1, 5.3). */
async function modifiedUsers(dependencies: CustomerDependencies, call: Call): Promise<string> {
  const { access, customers, directory, codes } = dependencies;
  const within = call.principal.accountId;
  const query = call.query();
  const modifiedAfter = query.instant('user_modified_start');
  const modifiedBefore = query.instant('user_modified_end');
  const page = readPage(query);
  const { users, total } = await access.pageOfCustomerUsers({ within, modifiedAfter, modifiedBefore }, page);
  // Together, so their customers are read in one round trip.
  const shown = users.map(async (user) => {
    const [customer, owner] = await Promise.all([
      customers.get(within, { id: user.customerId }),
      directory.get(user.ownerId),
    ]);
    return modifiedUserToWire(user, { customer, owner: owner.account, codes });
  });
  return JSON.stringify({ paging: pagingToWire(total, page), users: await Promise.all(shown) });
}

/** Query v3: companies by the second in which they were made, both ends in the period (part 1, 5.4). */
async function createdCustomers(customers: CustomerDependencies['customers'], call: Call): Promise<string> {
  const query = call.query();
  const from = query.instant('created_start');
  const to = query.instant('created_end').add({ seconds: 1 });
  const page = readPage(query);
  const found = await customers.created({ within: call.principal.accountId, from, to }, page);
  return JSON.stringify({
    paging: pagingToWire(found.total, page),
    customers: found.customers.map(customerToWire),
  });
}

/** Members that are not named keep their values; a body without any changes nothing. */
async function change({ customers, codes, clock }: CustomerDependencies, call: Call): Promise<Customer> {
  const customer = await customerInPath(customers, call);
  const wanted = readCustomerChange(requestFields(call.body), codes);
  if (wanted === undefined) return customer;
  return customers.change(causeOfCall(call, clock), call.principal.accountId, { id: customer.id }, wanted);
}
