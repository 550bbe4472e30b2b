import { notFound, parseId, type Clock } from '@tierline/kernel';
import { causeOf } from '../../modules/accounts/index.ts';
import type { Customer, CustomersService } from '../../modules/customers/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import type { Call } from './route.ts';

/** The customer that the path names, of the caller or of a partner below it; any other is told as one that does not exist. */
export async function customerInPath(customers: Pick<CustomersService, 'get'>, call: Call): Promise<Customer> {
  const id = parseId<'customer'>(call.path('customer_id'));
  if (id === undefined) throw notFound('customer', 'customer_id');
  return customers.get(call.principal.accountId, { id }, 'customer_id');
}

/** Why something is done. The protocol has no key for retries. */
export function causeOfCall({ principal, requestId }: Call, clock: Clock): Cause {
  return causeOf(principal, requestId, clock);
}
