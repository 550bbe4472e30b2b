import { Temporal } from '@tierline/kernel';

const dates = new Map<string, Temporal.PlainDate>();
const datesMax = 20_000;

/** Dates repeat from order to order, so their parsed form is remembered. */
export function plainDate(text: string): Temporal.PlainDate {
  let date = dates.get(text);
  if (date === undefined) {
    date = Temporal.PlainDate.from(text);
    if (dates.size > datesMax) dates.clear();
    dates.set(text, date);
  }
  return date;
}

const dateTexts = new WeakMap<Temporal.PlainDate, string>();

/** A date as ISO text. The dates of a day's sales are shared objects, so each is written out once. */
export function dateText(date: Temporal.PlainDate): string {
  let text = dateTexts.get(date);
  if (text === undefined) {
    text = date.toString();
    dateTexts.set(date, text);
  }
  return text;
}

const shifted = new Map<string, string>();

/** The date so many days after another, before it if there are fewer than none. Remembered: the dates of one day's work are few. */
export function daysAfter(date: string, days: number): string {
  if (days === 0) return date;
  const key = `${date}${days}`;
  let found = shifted.get(key);
  if (found === undefined) {
    found = dateText(plainDate(date).add({ days }));
    if (shifted.size > datesMax) shifted.clear();
    shifted.set(key, found);
  }
  return found;
}

/** The later of two ISO dates. */
export function laterDate(a: string, b: string): string {
  return a >= b ? a : b;
}

/** The date, or the nearest end of a range that it lies outside of. */
export function within(date: string, start: string, end: string): string {
  if (date < start) return start;
  return date > end ? end : date;
}
