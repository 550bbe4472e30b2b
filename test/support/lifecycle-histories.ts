import fc from 'fast-check';
import type { PlanKind, PlanKinds } from './lifecycle-channels.ts';
import type { ModelCommand } from './lifecycle-plan.ts';
import { freeReturns, type ModelReturns } from './lifecycle-returns.ts';

export type Wait = { readonly hours: number } | { readonly beyondNextDue: number };
export type Did =
  | {
      readonly do: 'command';
      readonly command: Wanted;
      readonly moment: 'now' | 'renewal' | number;
      readonly preview: boolean;
      /** What goes wrong: the answer is lost, or the session of the database while it stores; then it is asked for again. */
      readonly lost: 'answer' | 'session' | null;
    }
  | { readonly do: 'retry' }
  | { readonly do: 'pause'; readonly hours: number }
  /** Units go into the other subscription of the customer. */
  | { readonly do: 'move'; readonly rate: number; readonly count: number }
  /** A rate is given up, and soon held again. */
  | { readonly do: 'bounce'; readonly rate: number; readonly hours: number; readonly to: number }
  | { readonly do: 'end'; readonly days: number }
  | {
      readonly do: 'price';
      readonly edge: number;
      readonly inDays: number;
      readonly seed: number;
      readonly other: boolean;
    }
  | { readonly do: 'due' }
  | { readonly do: 'crash'; readonly after: number }
  /** The session of due work is ended by force while it stores. */
  | { readonly do: 'kill' };
/** A command, with quantities still to be read as those of the rates of whatever plan there is then. */
export type Wanted =
  | { readonly kind: 'change'; readonly to: readonly (number | null)[] }
  | { readonly kind: 'switch'; readonly start: 'now' | 'keep' }
  | { readonly kind: 'convert' }
  | { readonly kind: 'price'; readonly edge: number; readonly rate: number; readonly micros: number }
  | Exclude<ModelCommand, { readonly kind: 'change' | 'switch' | 'convert' | 'price' }>;
export type Step = { readonly wait: Wait; readonly actor: number; readonly subscription: number; readonly did: Did };
export type History = {
  readonly channel: number;
  readonly plans: PlanKinds;
  readonly begins: string;
  readonly seed: number;
  readonly quantities: readonly (readonly number[])[];
  readonly steps: readonly Step[];
};

const quantity = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 12 }) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 400 }) },
);

const wanted: fc.Arbitrary<Wanted> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      to: fc.array(fc.option(quantity), { minLength: 3, maxLength: 3 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('switch' as const),
      start: fc.constantFrom('now' as const, 'keep' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'cancel' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('auto_renewal' as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'suspend' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'resume' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('renew' as const),
      from: fc.constantFrom('expiry' as const, 'now' as const),
      aligned: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'convert' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('price' as const),
      edge: fc.integer({ min: 0, max: 2 }),
      rate: fc.integer({ min: 0, max: 2 }),
      micros: fc.integer({ min: 0, max: 60_000_000 }),
    }),
  },
);

const did: fc.Arbitrary<Did> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      command: wanted,
      moment: fc.oneof(
        { weight: 5, arbitrary: fc.constant('now' as const) },
        { weight: 1, arbitrary: fc.constant('renewal' as const) },
        { weight: 1, arbitrary: fc.integer({ min: -1, max: 70 }) },
      ),
      preview: fc.boolean(),
      lost: fc.oneof(
        { weight: 8, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom('answer' as const, 'session' as const) },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      rate: fc.integer({ min: 0, max: 2 }),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'retry' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('bounce' as const),
      rate: fc.integer({ min: 0, max: 2 }),
      hours: fc.integer({ min: 0, max: 24 * 20 }),
      to: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('pause' as const), hours: fc.integer({ min: 1, max: 24 * 75 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('end' as const), days: fc.integer({ min: -90, max: 90 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('price' as const),
      edge: fc.integer({ min: 0, max: 2 }),
      inDays: fc.integer({ min: 2, max: 90 }),
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      other: fc.boolean(),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'due' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), after: fc.integer({ min: 0, max: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'kill' as const }) },
);

const wait: fc.Arbitrary<Wait> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ hours: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ hours: fc.integer({ min: 24, max: 24 * 45 }) }) },
  { weight: 1, arbitrary: fc.record({ hours: fc.integer({ min: 24 * 60, max: 24 * 500 }) }) },
  // Around the next boundary, where zones disagree on the day.
  { weight: 4, arbitrary: fc.record({ beyondNextDue: fc.integer({ min: -26, max: 26 }) }) },
);

const times = [
  { termMonths: 1, billingMonths: 1, charged: 'before', graceMonths: 0 },
  { termMonths: 12, billingMonths: 1, charged: 'before', graceMonths: 2 },
  { termMonths: 12, billingMonths: 12, charged: 'before', graceMonths: 1 },
  { termMonths: 6, billingMonths: 1, charged: 'term', graceMonths: 1 },
  { termMonths: 3, billingMonths: 3, charged: 'before', graceMonths: 2 },
  { termMonths: 12, billingMonths: 1, charged: 'after', graceMonths: 2 },
  { termMonths: 1, billingMonths: 1, charged: 'after', graceMonths: 1 },
] as const;

const returns: fc.Arbitrary<ModelReturns> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(freeReturns) },
  {
    weight: 1,
    arbitrary: fc.record({
      count: fc.constantFrom(0, 1, 7, 30),
      unit: fc.constantFrom('day' as const, 'day' as const, 'hour' as const),
      basis: fc.constantFrom('batch' as const, 'purchase' as const),
      refund: fc.constantFrom('prorated' as const, 'none' as const),
      after: fc.constantFrom('refused' as const, 'term_end' as const, 'no_refund' as const, 'prorated' as const),
    }),
  },
);

const renewals: fc.Arbitrary<PlanKind['renewal']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('current' as const) },
  { weight: 1, arbitrary: fc.constant('locked' as const) },
  // Whole multiples, so that a price has no more digits than a list could have.
  { weight: 1, arbitrary: fc.record({ guard: fc.constantFrom(0, 100) }) },
);

const planKind = (addOn: PlanKind['addOn']): fc.Arbitrary<PlanKind> =>
  fc
    .tuple(fc.constantFrom(...times), fc.boolean(), returns, returns, renewals, fc.constantFrom(0, 0, 0, 50, 100))
    .map(([time, setup, reduction, cancellation, renewal, commitment]) => {
      return { ...time, setup, addOn, reduction, cancellation, renewal, commitment };
    });

/** A trial and what it becomes have the same add-on, so that it can always become that. */
const plans: fc.Arbitrary<PlanKinds> = fc
  .tuple(
    fc.constantFrom(null, null, 'refuse' as const, 'cascade' as const),
    fc.constantFrom(null, null, 'refuse' as const, 'cascade' as const),
    fc.constantFrom(null, null, null, 'convert' as const, 'expire' as const),
  )
  .chain(([one, other, trial]) =>
    fc.record({ first: planKind(one), second: planKind(trial === null ? other : one), trial: fc.constant(trial) }),
  );

const quantities = fc
  .array(fc.integer({ min: 0, max: 20 }), { minLength: 3, maxLength: 3 })
  .filter((all) => all.some((one) => one > 0));

/** Random histories: who asks for what, when, and what goes wrong meanwhile. */
export const histories: fc.Arbitrary<History> = fc.record({
  channel: fc.integer({ min: 0, max: 2 }),
  plans,
  begins: fc
    .tuple(
      fc.constantFrom(
        '2027-12-31',
        '2028-01-30',
        '2028-01-31',
        '2028-02-28',
        '2028-02-29',
        '2026-01-29',
        '2026-03-28',
        '2026-10-31',
      ),
      fc.integer({ min: 0, max: 23 }),
    )
    .map(([day, hour]) => `${day}T${hour.toString().padStart(2, '0')}:30:00Z`),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  quantities: fc.array(quantities, { minLength: 1, maxLength: 2 }),
  steps: fc.array(
    fc.record({ wait, actor: fc.integer({ min: 0, max: 2 }), subscription: fc.integer({ min: 0, max: 1 }), did }),
    { minLength: 1, maxLength: 14 },
  ),
});
