import { compareDecimal, decimal } from '@tierline/kernel';
import type { Database } from '@tierline/server/db';
import { idOfSerial } from '@tierline/server/dialects/simpleapi/ids.ts';
import { expect } from 'vitest';
import {
  customersOf,
  isAcknowledged,
  readOrder,
  senderTo,
  shapes,
  simpleApiToken,
  wishes,
  type Answered,
  type Sender,
  type Wish,
} from './order-load.ts';
import type { Random } from './random.ts';
import { requestedRowCounts } from './rows.ts';
import type { ServerProcess } from './server-process.ts';
import { brokenRules, markNow, storedOrders, tablesOfOrders, type StoredOrder } from './stored-orders.ts';

export type OrderBook = Awaited<ReturnType<typeof openBook>>;

/**
 * Everything that was ever asked for and what came of it, to be compared with what is stored in the end. The server must
 * have nothing else to do meanwhile. The order numbers of a book begin with its name.
 */
export async function openBook({ ready }: ServerProcess, database: Database, random: Random, name: string) {
  const began = await markNow(database);
  const customers = await customersOf(ready);
  const samples = await samplesOf(await senderTo(ready), wishes(customers, random, `SAMPLES-${name}`), database);
  const before = await requestedRowCounts(database);
  const wish = wishes(customers, random, name);

  const acknowledged = new Map<string, Answered>();
  /** Sent at least once, and never answered with a whole answer. */
  const open = new Map<string, Wish>();
  const surprises: string[] = [];
  const seen = { unavailable: 0, foundStored: 0 };

  function acknowledge(answered: Answered, since: Date): void {
    const { key } = answered.wish;
    const known = acknowledged.get(key);
    if (known === undefined) {
      if (placedBefore(since, answered)) seen.foundStored += 1;
      acknowledged.set(key, answered);
      open.delete(key);
    } else if (JSON.stringify(known) !== JSON.stringify(answered)) {
      surprises.push(`${key}: ${JSON.stringify(known.body)} became ${JSON.stringify(answered.body)}`);
    }
  }

  return {
    acknowledged,
    open,
    surprises,
    seen,
    wish: () => wish(),
    /**
     * Sends a wish and writes down what came of it; false when it has to be sent again.
     * @param since when the server was started: what was placed before had been stored without being acknowledged
     */
    async send(send: Sender, wanted: Wish, since: Date): Promise<boolean> {
      const known = acknowledged.has(wanted.key);
      if (!known) open.set(wanted.key, wanted);
      let answered: Answered;
      try {
        answered = await send(wanted);
      } catch {
        return known;
      }
      if (isAcknowledged(answered)) {
        acknowledge(answered, since);
        return true;
      }
      // A database that is away is no reason for anything but "try again".
      if (answered.status === 503) seen.unavailable += 1;
      else surprises.push(`${wanted.key}: ${answered.status} ${JSON.stringify(answered.body)}`);
      return known;
    },

    /** Compares all of it with what is stored, and answers the figures. */
    async audit(of: Database) {
      const stored = await storedOrders(of, `${name}-`);
      const byNumber = Map.groupBy(stored, ({ poNumber }) => poNumber);
      const lost = [...acknowledged].flatMap(([key, answered]) =>
        byNumber.get(key)?.some((order) => isWhatWasTold(order, answered)) === true ? [] : [key],
      );
      const doubled = [...byNumber].flatMap(([key, orders]) => (orders.length > 1 ? [key] : []));
      const unasked = [...byNumber.keys()].filter((key) => !acknowledged.has(key) && !open.has(key));
      expect({ lost, doubled, unasked, surprises }).toEqual({ lost: [], doubled: [], unasked: [], surprises: [] });
      expect(await brokenRules(of, began)).toEqual({});

      // Each has exactly the rows that an order of its shape had in peace, and no table has any others.
      const odd = stored.filter((order) => {
        const { shape } = acknowledged.get(order.poNumber)?.wish ?? open.get(order.poNumber)!;
        return JSON.stringify(rowsOf(order)) !== JSON.stringify(samples.get(shape));
      });
      expect(odd).toEqual([]);
      const expected = Object.entries(tablesOfOrders).map(([table, count]): [string, number] => [
        table,
        stored.reduce((sum, order) => sum + count(order), before[table]!),
      ]);
      expect(await requestedRowCounts(of)).toEqual({ ...before, ...Object.fromEntries(expected) });
      return {
        acknowledged: acknowledged.size,
        lost: lost.length,
        doubled: doubled.length,
        stored: stored.length,
        neverAcknowledged: open.size,
        storedOfThose: stored.filter(({ poNumber }) => open.has(poNumber)).length,
        ...seen,
      };
    },

    /** Reads every acknowledged order again, over its own surface: it is what was acknowledged, to the last member. */
    async readAgain(server: ServerProcess): Promise<void> {
      const token = await simpleApiToken(server.ready);
      const left = [...acknowledged.values()];
      const different: unknown[] = [];
      const compare = async (): Promise<void> => {
        for (let answered = left.pop(); answered !== undefined; answered = left.pop()) {
          const now = await readOrder(server.ready, token, answered);
          if (JSON.stringify(now) !== JSON.stringify(answered.body)) different.push({ now, told: answered.body });
        }
      };
      await Promise.all(Array.from({ length: 8 }, compare));
      expect(different).toEqual([]);
    },
  };
}

function placedBefore(since: Date, { body: { placed_at: placedAt, creationDate } }: Answered): boolean {
  if (typeof placedAt === 'string') return new Date(placedAt) < since;
  // SimpleAPI tells whole seconds.
  return new Date(String(creationDate)).getTime() < Math.floor(since.getTime() / 1000) * 1000;
}

/** Whether the row is what the client was told: the same order at the same total. SimpleAPI's ids are serial numbers. */
function isWhatWasTold({ id, serial, total }: StoredOrder, { body }: Answered): boolean {
  const told = String(body['id']);
  const { amount } = body['total'] as { amount: string };
  const named = told === id || told === idOfSerial(serial);
  return named && compareDecimal(decimal(total), decimal(amount)) === 0;
}

function rowsOf({ id: _, serial: _s, poNumber: _p, total: _t, ...rows }: StoredOrder) {
  return rows;
}

/** One order of each shape, placed in peace: the rows that every later one must have. */
async function samplesOf(send: Sender, wish: ReturnType<typeof wishes>, database: Database) {
  const answers = await Promise.all(shapes.map((shape) => send(wish(shape))));
  expect(answers.map(isAcknowledged)).toEqual(shapes.map(() => true));
  const stored = new Map((await storedOrders(database, 'SAMPLES-')).map((order) => [order.poNumber, order]));
  return new Map(
    answers.map(({ wish: { key, shape } }) => {
      const rows = rowsOf(stored.get(key)!);
      const { lines, subscriptions } = shape;
      expect(rows).toMatchObject({ lines, subscriptions, items: lines, licenses: subscriptions, keys: 1, jobs: 0 });
      return [shape, rows];
    }),
  );
}
