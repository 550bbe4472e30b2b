import type { Temporal } from '@tierline/kernel';
import { dateAfter, dateOf } from './lifecycle-calendar.ts';
import { addOnRate, baseRate, Refused, type ModelPlan } from './lifecycle-plan.ts';

/** On what terms units go back: for how many days or hours (null: always), counted from when, with what refund, and what comes after that. */
export type ModelReturns = {
  readonly count: number | null;
  readonly unit: 'day' | 'hour';
  readonly basis: 'batch' | 'purchase';
  readonly refund: 'prorated' | 'none';
  readonly after: 'refused' | 'term_end' | 'no_refund' | 'prorated';
};

/** At any time, by the day. */
export const freeReturns: ModelReturns = {
  count: null,
  unit: 'day',
  basis: 'batch',
  refund: 'prorated',
  after: 'prorated',
};

/** Units that came together. */
export type Batch = { readonly quantity: bigint; readonly at: Temporal.Instant };
export type Returned = { readonly quantity: bigint; readonly isRefunded: boolean };

/** Gives back units, what came last first; `stuck` is what can't go now. */
export function giveBack(
  policy: ModelReturns,
  batches: readonly Batch[],
  count: bigint,
  { at, zone, bought }: { readonly at: Temporal.Instant; readonly zone: string; readonly bought: Temporal.Instant },
): { readonly parts: readonly Returned[]; readonly stuck: bigint; readonly left: readonly Batch[] } {
  const left = [...batches];
  const parts: Returned[] = [];
  let stuck = 0n;
  for (let rest = count; rest > 0n;) {
    const batch = left.pop()!;
    const quantity = batch.quantity < rest ? batch.quantity : rest;
    rest -= quantity;
    if (batch.quantity > quantity) left.push({ ...batch, quantity: batch.quantity - quantity });
    const isInside = isOpen(policy, policy.basis === 'batch' ? batch.at : bought, at, zone);
    if (!isInside && (policy.after === 'refused' || policy.after === 'term_end')) stuck += quantity;
    else parts.push({ quantity, isRefunded: isInside ? policy.refund === 'prorated' : policy.after === 'prorated' });
  }
  return { parts, stuck, left };
}

/** Days are civil dates of the owner; hours are exact. */
function isOpen({ count, unit }: ModelReturns, from: Temporal.Instant, at: Temporal.Instant, zone: string): boolean {
  if (count === null) return true;
  if (unit === 'hour') return at.epochNanoseconds < from.add({ hours: count }).epochNanoseconds;
  return dateOf(at, zone) < dateAfter(dateOf(from, zone), count);
}

/** The units that came last, as they came: first those that came before the others. */
export function youngest(batches: readonly Batch[], count: bigint): Batch[] {
  const taken: Batch[] = [];
  let rest = count;
  for (const batch of batches.toReversed()) {
    if (rest === 0n) break;
    const quantity = batch.quantity < rest ? batch.quantity : rest;
    rest -= quantity;
    taken.unshift({ ...batch, quantity });
  }
  return taken;
}

/** What is held after a request, add-ons within their base. */
export function within(
  { addOn }: Pick<ModelPlan, 'addOn'>,
  held: ReadonlyMap<string, bigint>,
  asked: Readonly<Record<string, bigint>>,
): Map<string, bigint> {
  const wanted = new Map([...held, ...Object.entries(asked)]);
  const most = wanted.get(baseRate) ?? 0n;
  if (addOn !== null && (wanted.get(addOnRate) ?? 0n) > most) {
    // Only what was not asked for goes along.
    if (addOn === 'refuse' || addOnRate in asked) throw new Refused('more of the add-on than of its base');
    wanted.set(addOnRate, most);
  }
  return wanted;
}
