import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { arrayLiteral } from './array-literal.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ poolSize: 1 });
});
afterAll(() => database.close());

/** What PostgreSQL reads out of a literal, element by element. */
async function read(type: string, elements: readonly unknown[]): Promise<unknown[]> {
  const statement = {
    name: `read_${type}`,
    text: `select element from unnest($1::${type}[]) with ordinality as u (element, place) order by place`,
  };
  const rows = await database.db.query<{ element: unknown }>(statement, [arrayLiteral(elements)]);
  return rows.map(({ element }) => element);
}

const awkward = [
  '',
  'null',
  'NULL',
  'Null',
  '{',
  '}',
  ',',
  '"',
  '\\',
  '\\"',
  ' ',
  ' a',
  'a ',
  'a\nb',
  '\t',
  '{a,b}',
  '\\x00',
  '{}',
];
// PostgreSQL has no NUL in texts, and a lone surrogate is no UTF-8.
const text = fc.oneof(
  fc.constantFrom(...awkward),
  fc.string({ unit: 'grapheme' }).map((any) => any.replaceAll('\0', '').toWellFormed()),
);

test('whatever texts an array has, PostgreSQL reads the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { maxLength: 20 }), async (elements) => {
      expect(await read('text', elements)).toEqual(elements);
    }),
    { numRuns: 300 },
  );
});

test('numbers, truth values, bytes, dates and none', async () => {
  expect(await read('int', [1, -2, null, 0])).toEqual([1, -2, null, 0]);
  expect(await read('bigint', [9_007_199_254_740_993n])).toEqual([9_007_199_254_740_993n]);
  expect(await read('boolean', [true, false, null])).toEqual([true, false, null]);
  expect(await read('date', ['2026-02-28', null])).toEqual(['2026-02-28', null]);
  expect(await read('numeric', ['17.50', '-0.001'])).toEqual(['17.50', '-0.001']);
  const bytes = [Buffer.from([0, 34, 92, 255]), Buffer.alloc(0)];
  expect(await read('bytea', bytes)).toEqual(bytes);
  expect(await read('text', [])).toEqual([]);
});

test('a column of plain elements has no quotes', () => {
  expect(arrayLiteral(['019a-7b', '2026-01-01', 5])).toBe('{019a-7b,2026-01-01,5}');
});
