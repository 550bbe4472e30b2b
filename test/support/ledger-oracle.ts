/**
 * What a subscription owes, written down as plainly as it can be said, to hold the ledger against: for every day the price of the
 * quantity that is held on it, divided by the days of the billing period that it lies in; summed exactly, rounded once. It shares no
 * code with the engine: days are numbers, quantities are thousandths of a unit, prices millionths of the currency.
 */

export type OraclePeriod = { readonly unit: 'day' | 'month' | 'year'; readonly count: number };
export type OracleRate = {
  readonly model: 'flat' | 'tiered' | 'volume';
  /** From which quantity on (thousandths), and the unit price there (millionths). The first is from 0. */
  readonly tiers: readonly (readonly [limit: bigint, price: bigint])[];
};

/** Days since 1970-01-01. */
export function dayOf(text: string): number {
  return Date.parse(`${text}T00:00:00Z`) / 86_400_000;
}

export function textOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

/** A date so many months later, or the last day of that month where it has no such day. */
function plusMonths(day: number, months: number): number {
  const [year = 0, month = 0, dayOfMonth = 0] = textOf(day).split('-').map(Number);
  const last = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return Date.UTC(year, month - 1 + months, Math.min(dayOfMonth, last)) / 86_400_000;
}

export function boundaryOf(anchor: number, period: OraclePeriod, n: number): number {
  if (period.unit === 'day') return anchor + n * period.count;
  return plusMonths(anchor, n * period.count * (period.unit === 'year' ? 12 : 1));
}

/** The billing period that a day lies in, found by walking there from the anchor. */
export function periodOf(anchor: number, period: OraclePeriod, day: number): { start: number; end: number } {
  let n = 0;
  while (boundaryOf(anchor, period, n) > day) n -= 1;
  while (boundaryOf(anchor, period, n + 1) <= day) n += 1;
  return { start: boundaryOf(anchor, period, n), end: boundaryOf(anchor, period, n + 1) };
}

/**
 * The term after one that ends on a day: its grid is the one there is where that has a boundary on the day; else the one that keeps the
 * anchor's day of the month; else it begins on the day. It ends so many months later on the grid of months.
 */
export function nextTerm(
  anchor: number,
  period: OraclePeriod,
  from: number,
  months: number,
): { readonly anchor: number; readonly end: number } {
  const isOn = (grid: OraclePeriod): boolean => periodOf(anchor, grid, from).start === from;
  const month = { unit: 'month', count: 1 } as const;
  let n = 0;
  while (boundaryOf(anchor, month, n) < from) n += 1;
  while (boundaryOf(anchor, month, n) > from) n -= 1;
  const end = isOn(month) ? boundaryOf(anchor, month, n + months) : plusMonths(from, months);
  if (isOn(period)) return { anchor, end };
  if (period.unit === 'day' || !isOn(month)) return { anchor: from, end };
  const length = period.count * (period.unit === 'year' ? 12 : 1);
  const before = Array.from({ length: 9 }, (_, back) => boundaryOf(anchor, month, n - back * length));
  const dayOfMonth = (day: number): number => Number(textOf(day).slice(8));
  const largest = Math.max(...before.map(dayOfMonth));
  return { anchor: before.find((day) => dayOfMonth(day) === largest)!, end };
}

/** What a quantity costs for a whole period, in thousandths of millionths. */
export function costOf({ model, tiers }: OracleRate, quantity: bigint): bigint {
  if (model === 'flat') return quantity * tiers[0]![1];
  let sum = 0n;
  for (const [index, [limit, price]] of tiers.entries()) {
    const next = tiers[index + 1]?.[0];
    const isLast = next === undefined || quantity < next;
    if (model === 'volume' && isLast) return quantity * price;
    if (model === 'tiered') sum += ((isLast ? quantity : next) - limit) * price;
    if (isLast) break;
  }
  return sum;
}

export type OracleDay = { readonly quantity: bigint; readonly rate: OracleRate; readonly anchor: number };

/** The days from one (counted) to another (not counted), in whole minor units, a half rounded away from zero. */
export function owed(
  days: { readonly from: number; readonly to: number },
  period: OraclePeriod,
  digits: number,
  on: (day: number) => OracleDay,
): bigint {
  let numerator = 0n;
  let denominator = 1n;
  const add = (n: bigint, d: bigint): void => {
    if (denominator % d !== 0n) {
      numerator *= d;
      denominator *= d;
    }
    numerator += n * (denominator / d);
  };
  let grid = { start: 0, end: 0 };
  let anchorBefore: number | undefined;
  for (let day = days.from; day < days.to; day += 1) {
    const { quantity, rate, anchor } = on(day);
    if (day >= grid.end || day < grid.start || anchor !== anchorBefore) grid = periodOf(anchor, period, day);
    anchorBefore = anchor;
    if (quantity > 0n) add(costOf(rate, quantity), BigInt(grid.end - grid.start));
  }
  return halfAway(numerator * 10n ** BigInt(digits), denominator * 10n ** 9n);
}

/** The nearest whole number; of two that are as near the one farther from zero. */
export function halfAway(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator;
  const below = size / denominator;
  const nearest = (size - below * denominator) * 2n >= denominator ? below + 1n : below;
  return numerator < 0n ? -nearest : nearest;
}
