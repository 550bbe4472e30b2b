import { isDeepStrictEqual } from 'node:util';

/** The forms that a recorded answer may name instead of a value. */
const forms: Readonly<Record<string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  integer: Number.isInteger,
  boolean: (value) => typeof value === 'boolean',
  guid: matching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  instant: matching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
  date: matching(/^\d{4}-\d{2}-\d{2}$/),
  'product code': matching(/^[A-Z0-9]{9}$/),
  'activation code': matching(/^[A-Z0-9]{2}-[A-Z0-9]{4}(-[A-Z0-9]{5}){5}$/),
  'tenant id': matching(/^[A-Za-z0-9]{4,6}$/),
  'number as text': matching(/^-?\d+(\.\d+)?$/),
  address: matching(/^https?:\/\/[^ ]+$/),
  null: (value) => value === null,
};

function matching(pattern: RegExp) {
  return (value: unknown): boolean => typeof value === 'string' && pattern.test(value);
}

/** What a list may end with in a record: so many elements, all told as its first one is. */
const lists: Readonly<Record<string, number>> = { '<more>': 1, '<any>': 0 };

/** An answer as its record tells it: `<guid>` where the record says so and a GUID is there, and itself everywhere else. */
export function told(value: unknown, record: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(record)) return toldList(value, record);
  if (typeof record === 'string' && /^<.+>$/.test(record)) return isOf(record.slice(1, -1), value) ? record : value;
  if (!isObject(value) || !isObject(record)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, told(one, record[name])]));
}

function toldList(values: readonly unknown[], record: readonly unknown[]): readonly unknown[] {
  const least = lists[String(record.at(-1))];
  if (least === undefined) return values.map((value, index) => told(value, record[index]));
  const all = values.map((value) => told(value, record[0]));
  const others = all.filter((one) => !isDeepStrictEqual(one, record[0]));
  return all.length < least || others.length > 0 ? all : record;
}

function isOf(form: string, value: unknown): boolean {
  return form.split(' or ').some((one) => {
    const is = forms[one];
    if (is === undefined) throw new Error(`A record names the form ${one}, which is none.`);
    return is(value);
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
