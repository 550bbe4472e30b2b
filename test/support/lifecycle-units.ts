import { Temporal } from '@tierline/kernel';
import { Refused } from './lifecycle-plan.ts';
import { youngest, type Batch } from './lifecycle-returns.ts';

/** Units that move: as old and as bound as they were. */
export type Moved = { readonly batches: readonly Batch[]; readonly bound: bigint };

/** When the units of each rate came, and how many of them their term is committed to. */
export function modelUnits() {
  let batches = new Map<string, readonly Batch[]>();
  let committed = new Map<string, bigint>();
  const batchesOf = (rate: string): readonly Batch[] => batches.get(rate) ?? [];
  const committedTo = (rate: string): bigint => committed.get(rate) ?? 0n;

  return {
    batchesOf,
    /** With a term everything counts as if it came with it. */
    begin(held: ReadonlyMap<string, bigint>, at: Temporal.Instant): void {
      batches = new Map([...held].map(([rate, quantity]) => [rate, [{ quantity, at }]]));
      committed = new Map(held);
    },
    /** A term that begins with what there is, none of which came with it. */
    commit(held: ReadonlyMap<string, bigint>): void {
      committed = new Map(held);
    },
    /** Refuses what is less than so many percent of what the term began with. */
    check(percent: number, wanted: ReadonlyMap<string, bigint>): void {
      const isBelow = [...committed].some(([rate, units]) => (wanted.get(rate) ?? 0n) * 100n < units * BigInt(percent));
      if (isBelow) throw new Refused('less than the term is committed to');
    },
    /** When what is held was bought: with the first units, or with the term when that is later. */
    bought(began: Temporal.Instant): Temporal.Instant {
      const all = [...batches.values()].flat().toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
      const first = all[0]?.at ?? began;
      return Temporal.Instant.compare(first, began) < 0 ? began : first;
    },
    /** Another quantity; `left` is what stays of the units that there were. A rate that is new is bound by what it came with. */
    change(rate: string, from: bigint, to: bigint, at: Temporal.Instant, left = batchesOf(rate)): void {
      batches.set(rate, to > from ? [...left, { quantity: to - from, at }] : left);
      if (from === 0n) committed.set(rate, to);
      if (to !== 0n) return;
      batches.delete(rate);
      committed.delete(rate);
    },
    /** What goes when some units move: the youngest, and of what is bound only what the others don't suffice for. */
    moving(rate: string, held: bigint, count: bigint): Moved {
      const added = held > committedTo(rate) ? held - committedTo(rate) : 0n;
      return { batches: youngest(batchesOf(rate), count), bound: count > added ? count - added : 0n };
    },
    moved(rate: string, { bound }: Moved): void {
      if (committed.has(rate)) committed.set(rate, committedTo(rate) - bound);
    },
    /** Units that moved here, beside those that were here before them. */
    arrived(rate: string, before: Moved, came: Moved): void {
      const all = [...before.batches, ...came.batches];
      batches.set(
        rate,
        all.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at)),
      );
      committed.set(rate, before.bound + came.bound);
    },
    all: (rate: string): Moved => ({ batches: batchesOf(rate), bound: committedTo(rate) }),
  };
}
