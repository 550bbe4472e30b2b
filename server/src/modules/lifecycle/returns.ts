import {
  addDecimal,
  compareDecimal,
  minDecimal,
  startOfDay,
  subtractDecimal,
  Temporal,
  zero,
  dateIn,
  type Decimal,
} from '@tierline/kernel';
import { dateText } from '../billing/index.ts';
import type { Policies } from '../policies/index.ts';
import type { Batch, Item, Subscription } from '../subscriptions/index.ts';
import type { Context } from './context.ts';

export type ReturnPolicy = Policies['cancellation'];

/** Some units that are given back together: from when they are refunded, on every edge by its own date of `from`. */
export type Returned = {
  readonly quantity: Decimal;
  /** `full`: from the instant at which they came; `prorated`: from now; `none`: not at all. */
  readonly refund: 'full' | 'prorated' | 'none';
  readonly cameAt: Temporal.Instant;
};

export type ReturnPlan = {
  readonly parts: readonly Returned[];
  /** Units whose window is over where that forbids giving them back now: only at the end of the term. */
  readonly stuck: Decimal;
  readonly batches: readonly Batch[];
};

/**
 * How units of an item are given back: the youngest first, each batch by its own window (or all by the purchase). What is stuck is
 * part of `parts` too where the policy lets it go without a refund.
 */
export function planReturn(
  policy: ReturnPolicy,
  item: Pick<Item, 'batches'>,
  count: Decimal,
  { startOn, items }: Pick<Subscription, 'startOn' | 'items'>,
  at: Temporal.Instant,
  timeZone: string,
): ReturnPlan {
  const parts: Returned[] = [];
  const termStart = startOfDay(Temporal.PlainDate.from(startOn), timeZone);
  const batches = known(item.batches, count, termStart);
  const purchasedAt = purchase(items, termStart);
  let left = count;
  let stuck: Decimal = zero;
  while (compareDecimal(left, zero) > 0) {
    const batch = batches.pop()!;
    const quantity = minDecimal(batch.quantity, left);
    left = subtractDecimal(left, quantity);
    const rest = subtractDecimal(batch.quantity, quantity);
    if (compareDecimal(rest, zero) > 0) batches.push({ ...batch, quantity: rest });
    const cameAt = Temporal.Instant.from(batch.at);
    const from = policy.basis === 'purchase' ? purchasedAt : cameAt;
    if (isInside(policy, from, at, timeZone)) parts.push({ quantity, refund: policy.refund, cameAt });
    else if (policy.after === 'no_refund') parts.push({ quantity, refund: 'none', cameAt });
    else if (policy.after === 'prorated') parts.push({ quantity, refund: 'prorated', cameAt });
    else stuck = addDecimal(stuck, quantity);
  }
  return { parts, stuck, batches };
}

/** Parts for which it makes no difference when they came, as one: they go back from the same day on. */
export function together(parts: readonly Returned[]): Returned[] {
  const merged: Returned[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (last !== undefined && last.refund === part.refund && part.refund !== 'full') {
      merged[merged.length - 1] = { ...last, quantity: addDecimal(last.quantity, part.quantity) };
    } else {
      merged.push(part);
    }
  }
  return merged;
}

/** Batches that cover a quantity: units of which it is not known when they came have been there since the term began. */
function known(batches: readonly Batch[], count: Decimal, termStart: Temporal.Instant): Batch[] {
  const covered = batches.reduce((sum, { quantity }) => addDecimal(sum, quantity), zero);
  const rest = subtractDecimal(count, covered);
  return compareDecimal(rest, zero) > 0 ? [{ quantity: rest, at: termStart.toString() }, ...batches] : [...batches];
}

/** When what is held was bought: with the first units of the term, which is later than its beginning where it was renewed late. */
function purchase(items: Subscription['items'], termStart: Temporal.Instant): Temporal.Instant {
  const times = items.flatMap(({ batches }) => batches.map(({ at }) => Temporal.Instant.from(at)));
  const oldest = times.toSorted(Temporal.Instant.compare)[0];
  return oldest === undefined || Temporal.Instant.compare(oldest, termStart) < 0 ? termStart : oldest;
}

/** Days are counted on the owner's calendar, the day of purchase being the first; hours exactly. */
export function isInside(
  { window }: Pick<ReturnPolicy, 'window'>,
  from: Temporal.Instant,
  at: Temporal.Instant,
  timeZone: string,
): boolean {
  if (window === null) return true;
  if (window.count === 0) return false;
  if (window.unit === 'hour') return Temporal.Instant.compare(at, from.add({ hours: window.count })) < 0;
  return dateText(dateIn(at, timeZone)) < dateText(dateIn(from, timeZone).add({ days: window.count }));
}

/**
 * The same with policies that let units go at any time, and with no minimum: for what is no giving back, a move into another
 * subscription, and for what is decided between two terms, where nothing binds any more.
 */
export function withFreeReturns(context: Context): Context {
  const { plan } = context.current;
  const free: ReturnPolicy = { window: null, basis: 'batch', refund: 'prorated', after: 'prorated' };
  const policies: Policies = {
    ...plan.policies,
    cancellation: free,
    reduction: free,
    commitment: { ...plan.policies.commitment, minimum: 'none' },
  };
  return { ...context, current: { ...context.current, plan: { ...plan, policies } } };
}
