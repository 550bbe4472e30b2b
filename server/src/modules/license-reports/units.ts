import { addDecimal, maxDecimal, startOfDay, Temporal, zero, type Decimal } from '@tierline/kernel';

/** Units that come at a moment, or that go where they are negative. */
export type UnitStep = { readonly at: Temporal.Instant; readonly units: Decimal };

/** The highest sum; steps of one instant count together, since what is exchanged for something was never there beside it. */
export function highestUnits(steps: readonly UnitStep[]): Decimal {
  const inOrder = steps.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
  let sum = zero;
  let most = zero;
  for (const [index, { at, units }] of inOrder.entries()) {
    sum = addDecimal(sum, units);
    const next = inOrder[index + 1];
    const isLastOfInstant = next === undefined || Temporal.Instant.compare(next.at, at) !== 0;
    if (isLastOfInstant) most = maxDecimal(most, sum);
  }
  return most;
}

export function later(a: Temporal.Instant, b: Temporal.Instant): Temporal.Instant {
  return Temporal.Instant.compare(a, b) < 0 ? b : a;
}

const dates = new Map<string, Temporal.PlainDate>();
const datesMax = 10_000;

/** When a license counts that starts on a day. Many start on the same days, so what is known of a day is found by the date itself. */
export function startOf(startOn: string, timeZone: string): Temporal.Instant {
  let date = dates.get(startOn);
  if (date === undefined) {
    if (dates.size >= datesMax) dates.clear();
    date = Temporal.PlainDate.from(startOn);
    dates.set(startOn, date);
  }
  return startOfDay(date, timeZone);
}
