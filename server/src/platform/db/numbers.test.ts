import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { numbers } from './numbers.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const sequences = [
  'account_number_seq',
  'customer_number_seq',
  'order_serial_seq',
  'subscription_serial_seq',
  'plan_number_seq',
  'rate_number_seq',
] as const;

/** Blocks must be as large as the sequence's increment, or two servers would give the same number. */
test.each(sequences)('numbers of %s are unique, taken at once from two servers', async (sequence) => {
  const servers = [numbers(database.db, sequence), numbers(database.db, sequence)];
  const counts = [1, 5, 40, 3, 100, 33, 32, 31, 1500];
  const taken = await Promise.all(
    servers.flatMap((server) => [
      ...counts.map((count) => server.take(count)),
      ...Array.from({ length: 50 }, async () => [await server.next()]),
    ]),
  );
  const all = taken.flat();
  expect(all).toHaveLength(2 * (counts.reduce((a, b) => a + b) + 50));
  expect(new Set(all).size).toBe(all.length);
});

test('numbers of one server ascend, and taking many costs few round trips', async () => {
  let asked = 0;
  const kysely = database.db.kysely.withPlugin({
    transformQuery: ({ node }) => {
      asked += 1;
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const server = numbers({ ...database.db, kysely }, 'order_serial_seq');
  const taken = await server.take(3200);
  expect(taken).toEqual(taken.toSorted((a, b) => Number(a - b)));
  // A hundred blocks or more, of which the more are taken at once the faster they go.
  expect(asked).toBeLessThan(20);
});

test('none are none', async () => {
  expect(await numbers(database.db, 'rate_number_seq').take(0)).toEqual([]);
});

test('after an error the next one is asked for again', async () => {
  let fail = true;
  const kysely = database.db.kysely.withPlugin({
    transformQuery: ({ node }) => {
      if (fail) throw new Error('no database');
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
  const server = numbers({ ...database.db, kysely }, 'order_serial_seq');
  const both = await Promise.allSettled([server.next(), server.next()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fail = false;
  expect(await server.next()).toBeTypeOf('bigint');
});
