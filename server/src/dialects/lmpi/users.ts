import { notFound, isUuid } from '@tierline/kernel';
import { causeOfCall, customerInPath } from './customer-scope.ts';
import { readUserChange } from './customers-read.ts';
import type { CustomerDependencies } from './customers.ts';
import { userProfile, userToWire, type Surroundings } from './customers-wire.ts';
import { pagingToWire, readPage } from './paging.ts';
import { requestFields } from './request.ts';
import type { Call, Route } from './route.ts';

/** Customers :: Users :: Update and List (LMPI reference, part 1, 6). */
export function userRoutes(route: Route, dependencies: CustomerDependencies): void {
  const users = '/customers/:customer_id/users';
  route('PUT', `${users}/:user_id`, 'lmpi.users.update', (call) => update(dependencies, call));
  route('GET', users, 'lmpi.users.list', (call) => list(dependencies, call));
}

async function surroundings({ customers, directory, codes }: CustomerDependencies, call: Call): Promise<Surroundings> {
  const customer = await customerInPath(customers, call);
  const { account: owner } = await directory.get(customer.ownerId);
  return { customer, owner, codes };
}

/** The changed profile shows up in Customers :: Query v2 from now on; a body without any member changes nothing. */
async function update(dependencies: CustomerDependencies, call: Call): Promise<string> {
  const { access, codes, clock } = dependencies;
  const around = await surroundings(dependencies, call);
  const of = { ownerId: around.customer.ownerId, customerId: around.customer.id };
  const userId = call.path('user_id').toLowerCase();
  if (!isUuid(userId)) throw notFound('customer user', 'user_id');
  const current = await access.getCustomerUser(of, userId, 'user_id');
  const wanted = readUserChange(requestFields(call.body), codes);
  const user =
    wanted === undefined ? current : await access.changeCustomerUser(causeOfCall(call, clock), of, userId, wanted);
  return JSON.stringify(userProfile(user, around));
}

async function list(dependencies: CustomerDependencies, call: Call): Promise<string> {
  const around = await surroundings(dependencies, call);
  const page = readPage(call.query());
  const { ownerId, id: customerId } = around.customer;
  const { users, total } = await dependencies.access.pageOfCustomerUsers({ ownerId, customerId }, page);
  return JSON.stringify({
    paging: pagingToWire(total, page),
    users: users.map((user) => userToWire(user, around)),
  });
}
