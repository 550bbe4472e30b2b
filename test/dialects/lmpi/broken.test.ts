import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRecorded, recordedFiles, recordedIn, type Exchange, type RecordedWorld } from './recorded-world.ts';

// Every member of every recorded request, and every part of its address, broken in every way, one at a time: a refusal has the form of
// part 1, 3 and stores nothing, and nothing is ever a failure.

let recorded: RecordedWorld;
beforeAll(async () => {
  recorded = await openRecorded();
  for (const { as, method, path, request, keep } of recordedFiles.flatMap(recordedIn)) {
    const { text } = await recorded.send(as, method, recorded.filled(path), bodyOf(request));
    if (text !== '') recorded.keep(JSON.parse(text), keep);
  }
}, 180_000);
afterAll(() => recorded.close());

const bodyOf = (request: unknown): string | undefined =>
  request === undefined ? undefined : JSON.stringify(recorded.filled(request));

const gone = Symbol('left out');
const brokenValues: readonly unknown[] = [
  gone,
  null,
  true,
  '',
  ' ',
  '\u202e\u0007',
  'x'.repeat(20_000),
  '-1',
  '1e400',
  '999999999999999999999999',
  '2026-02-30T00:00:00Z',
  0,
  -1,
  0.1,
  1e308,
  9_007_199_254_740_994,
  [],
  [null],
  {},
  { toString: 1, constructor: { prototype: [] } },
];
const brokenParts = [
  '',
  '%20',
  'x',
  '0',
  '-1',
  '%00',
  '%ff',
  '%zz',
  '%F0%9F%A7%BE',
  'x'.repeat(3000),
  '00000000-0000-0000-0000-000000000000',
  "';drop",
  '2026-13-01T00:00:00Z',
];

type Place = readonly string[];

function placesIn(value: unknown, place: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [place];
  return [place, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...place, name]))];
}

function replaced(value: unknown, [first, ...rest]: Place, by: unknown): unknown {
  if (first === undefined) return by;
  const entries = Object.entries(value as object).flatMap(([name, member]): [string, unknown][] => {
    const next: unknown = name === first ? replaced(member, rest, by) : member;
    return next === gone ? [] : [[name, next]];
  });
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}

/** What is stored has an event or a key. */
async function stored(): Promise<unknown> {
  const text =
    'select (select count(*) from events)::int as events, (select count(*) from idempotency_keys)::int as keys';
  const [row] = await recorded.db.query({ name: 'count_what_is_stored', text }, []);
  return row;
}

async function sendBroken(what: string, { as, method }: Exchange, target: string, body?: string): Promise<boolean> {
  const before = await stored();
  const { status, text } = await recorded.send(as, method, target, body);
  if (status === 200) return false;
  const error = Object.keys(JSON.parse(text) as object).toSorted();
  // The place and the value stand in what is compared, so that a failure tells them.
  const seen = { what, isRefusal: status >= 400 && status < 500, error, stored: await stored(), text };
  expect(seen).toEqual({ what, isRefusal: true, error: errorMembers, stored: before, text });
  return true;
}

const errorMembers = ['error_message', 'error_subject'];
const all = recordedFiles.flatMap(recordedIn).filter(({ as }) => as !== 'nobody');
const more: Exchange[] = [
  {
    ...all.find(({ path }) => path.endsWith('/disable'))!,
    path: '/LMPI/v2/customers/{customer}/subscriptions/{subscription}',
    request: { units: 7, license_expiration_date: '2027-05-31T00:00:00Z', service_plan_id: '{plan}' },
  },
];

describe('one broken member at a time', () => {
  test.each([...all.filter(({ request }) => request !== undefined), ...more])('of $method $path', async (one) => {
    const body = recorded.filled(one.request);
    let refused = 0;
    for (const place of placesIn(body)) {
      for (const value of brokenValues) {
        if (place.length === 0 && value === gone) continue;
        const what = `${place.join('.')} = ${value === gone ? 'left out' : JSON.stringify(value).slice(0, 60)}`;
        const text = JSON.stringify(replaced(body, place, value));
        if (await sendBroken(what, one, recorded.filled(one.path), text)) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(10);
  });
});

describe('one broken part of an address at a time', () => {
  test.each(all.filter(({ path }) => /[{=]/.test(path)))('of $method $path', async (one) => {
    const body = bodyOf(one.request);
    const parts = one.path.split(/(?<=[/=&?])|(?=[/=&?])/);
    let refused = 0;
    for (const [index, part] of parts.entries()) {
      if (!part.startsWith('{')) continue;
      for (const broken of brokenParts) {
        const target = recorded.filled(parts.with(index, '@').join('')).replace('@', () => broken);
        if (await sendBroken(`${part} = ${broken.slice(0, 60)}`, one, target, body)) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(10);
  });
});
