import { startOfDay, Temporal } from '@tierline/kernel';

/** A month that can be reported. */
export type Month = { readonly year: number; readonly month: number };

/** Half open: `from` belongs to it, `until` does not. */
export type Span = { readonly from: Temporal.Instant; readonly until: Temporal.Instant };

/** How far back reports go: data is kept two years (LMPI reference, part 2, 4). */
export const monthsBack = 24;

export function firstDay({ year, month }: Month): Temporal.PlainDate {
  return Temporal.PlainDate.from({ year, month, day: 1 });
}

/** The month as the calendar of a zone has it. */
export function spanOf(month: Month, timeZone: string): Span {
  const first = firstDay(month);
  return { from: startOfDay(first, timeZone), until: startOfDay(first.add({ months: 1 }), timeZone) };
}

/** What is wrong with a month on a day: it has not begun, or it is too long ago. */
export function monthProblem(month: Month, today: Temporal.PlainDate): 'year' | 'month' | undefined {
  const last = today.with({ day: 1 });
  const first = last.subtract({ months: monthsBack });
  if (month.year < first.year || month.year > last.year) return 'year';
  const asked = firstDay(month);
  const isOut = Temporal.PlainDate.compare(asked, first) < 0 || Temporal.PlainDate.compare(asked, last) > 0;
  return isOut ? 'month' : undefined;
}
