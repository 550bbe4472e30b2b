import { isTierlineError } from '@tierline/kernel';
import { invalidParameter } from './errors.ts';

/** The members that a refusal can name, in the order in which the pages declare them. */
const members = [
  'customer_id',
  'subscription_id',
  'service_plan_id',
  'units_per_license',
  'license_start_date',
  'license_expiration_date',
] as const;
export type Member = (typeof members)[number];

/** Refusals of which the code says whose member is wrong. */
const byCode: Readonly<Record<string, Member>> = {
  'orders.customer_may_not_order': 'customer_id',
  'orders.customer_changed': 'customer_id',
  'orders.seller_not_active': 'customer_id',
  'orders.quantity_out_of_bounds': 'units_per_license',
  'orders.start_out_of_range': 'license_start_date',
  'pools.exhausted': 'units_per_license',
};

/** The others are told by our name of the field, or by its beginning. */
const byField: readonly (readonly [field: string, Member])[] = [
  ['customer_id', 'customer_id'],
  ['plan_id', 'service_plan_id'],
  ['lines', 'service_plan_id'],
  ['items', 'units_per_license'],
  ['end_on', 'license_expiration_date'],
];

/**
 * A refusal of the engine as this wire has it: one member, the first in the order of the page (LMPI reference, part 1, 3.1 and 3.4).
 * A state of the subscription that stands in the way is told of `subscription_id`.
 * @param spelled what a page calls a member that it has under another name
 */
export function inWords(error: unknown, spelled: Readonly<Partial<Record<Member, string>>> = {}): unknown {
  if (!isTierlineError(error) || error.code.startsWith('lmpi.')) return error;
  const isTold = error.kind === 'invalid' || error.kind === 'conflict' || error.kind === 'not_found';
  if (!isTold && byCode[error.code] === undefined) return error;
  const reasons = error.reasons.length > 0 ? error.reasons : [error];
  const [first] = reasons
    .map(({ code, field, message }) => ({ member: memberOf(code, field), message }))
    .toSorted((one, other) => members.indexOf(one.member) - members.indexOf(other.member));
  return first === undefined ? error : invalidParameter(spelled[first.member] ?? first.member, first.message, error);
}

function memberOf(code: string, field: string | undefined): Member {
  const known = byCode[code];
  if (known !== undefined) return known;
  return byField.find(([name]) => field === name || field?.startsWith(`${name}.`) === true)?.[1] ?? 'subscription_id';
}
