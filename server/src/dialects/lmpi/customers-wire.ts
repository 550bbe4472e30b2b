import type { CustomerUser } from '../../modules/access/index.ts';
import type { Account } from '../../modules/accounts/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import { statusRules, type Customer } from '../../modules/customers/index.ts';

/** Customers and their users as LMPI tells them. The sets of members are complete: a strict client fails on any other (part 1, 2). */

/** Enabled is 1 (part 1, 5.3); everything else is 0 (ours). */
const statusOf = (isEnabled: boolean): number => (isEnabled ? 1 : 0);

/** The console knows a customer as enabled or disabled; a disabled one's people don't get in and its licenses don't run (part 1, 5.7). */
export function customerStatus({ status }: Customer): number {
  const { panel, servicesRun } = statusRules[status];
  return statusOf(panel && servicesRun);
}

/** The lines of an address as one, since this wire has one. */
export function addressLine({ street, extension }: Customer['address']): string {
  return extension === null ? street : [street, extension].filter((line) => line !== '').join(', ');
}

const stateOf = ({ address }: Customer): string => address.state ?? '';

/** One of `customers[]` of Customers :: Query v3 (part 1, 5.4). */
export function customerToWire(customer: Customer) {
  const { id, name, address, note, emergencyEmail } = customer;
  return {
    customer_id: id,
    name,
    address: addressLine(address),
    city: address.city,
    state: stateOf(customer),
    postal_code: address.postalCode,
    country: address.countryCode,
    status: customerStatus(customer),
    note: note ?? '',
    emergency_email: emergencyEmail ?? '',
  };
}

/** The answer of Customers :: Update v3 (part 1, 5.5). */
export function profileV3({ status: _, ...profile }: ReturnType<typeof customerToWire>) {
  return profile;
}

/** The answer of Customers :: Update v2 (part 1, 5.6), where a text that is not there is null. */
export function profileV2(customer: Customer) {
  const { customer_id, name, state, country, city, address, postal_code, emergency_email } = customerToWire(customer);
  return { customer_id, name, state, country, city, address, postal_code, note: customer.note, emergency_email };
}

/** What a user's profile is filled up with where it says nothing itself. */
export type Surroundings = {
  readonly customer: Customer;
  readonly owner: Pick<Account, 'timeZone'>;
  readonly codes: Codes;
};

function personToWire(user: CustomerUser, { customer, owner, codes }: Surroundings) {
  const { phone } = user;
  return {
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    time_zone: codes.windowsZone(user.timeZone ?? owner.timeZone),
    language: codes.cultureOf(user.language ?? customer.language, customer.address.countryCode),
    phone: { area_code: phone.areaCode, number: phone.number, extension: phone.extension },
  };
}

/** The answer of Customers :: Users :: Update (part 1, 6.1). */
export function userProfile(user: CustomerUser, around: Surroundings) {
  return { user_id: user.id, ...personToWire(user, around) };
}

/** One of `users[]` of Customers :: Users :: List (part 1, 6.2). */
export function userToWire(user: CustomerUser, around: Surroundings) {
  return {
    user_id: user.id,
    customer_id: user.customerId,
    status: statusOf(user.status === 'active'),
    login_name: user.login,
    ...personToWire(user, around),
  };
}

/** One of `users[]` of Customers :: Query v2: with what its company says of itself (part 1, 5.3). */
export function modifiedUserToWire(user: CustomerUser, around: Surroundings) {
  const { phone, ...rest } = userToWire(user, around);
  const { note, emergencyEmail } = around.customer;
  return { ...rest, note, emergency_email: emergencyEmail ?? '', phone };
}
