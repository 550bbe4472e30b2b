import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { combine } from './combine.ts';

class Refused extends Error {}

type Batch = {
  readonly items: readonly string[];
  answer(results?: readonly string[]): void;
  fail(error: Error): void;
};

/** Runs that wait until the test lets them go on, one after another. */
function gated(limits: { batchMax?: number; parallel?: number } = {}) {
  const batches: Batch[] = [];
  let awaited: { count: number; resolve: () => void } | undefined;
  const call = combine<string, string>({
    batchMax: 10,
    parallel: 1,
    ...limits,
    isRefusal: (error) => error instanceof Refused,
    run: (items) =>
      new Promise<readonly string[]>((resolve, reject) => {
        batches.push({
          items,
          answer: (results = items.map((item) => `done ${item}`)) => resolve(results),
          fail: reject,
        });
        if (awaited !== undefined && batches.length >= awaited.count) awaited.resolve();
      }),
  });
  return {
    call,
    batches,
    /** Until so many runs have begun. */
    begun: (count: number) =>
      new Promise<void>((resolve) => {
        if (batches.length >= count) resolve();
        else awaited = { count, resolve };
      }),
  };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('alone, a call goes in the next turn of the event loop, without any delay', async () => {
  const { call, batches } = gated();
  const result = call('a');
  await turn();
  expect(batches.map(({ items }) => items)).toEqual([['a']]);
  batches[0]!.answer();
  expect(await result).toBe('done a');
});

test('what arrives during a batch goes together in the next, each with its own result', async () => {
  const { call, batches, begun } = gated();
  const first = call('a');
  await begun(1);
  const others = ['b', 'c', 'd'].map((item) => call(item));
  await turn();
  expect(batches).toHaveLength(1);
  batches[0]!.answer();
  await begun(2);
  expect(batches[1]!.items).toEqual(['b', 'c', 'd']);
  batches[1]!.answer();
  expect(await Promise.all([first, ...others])).toEqual(['done a', 'done b', 'done c', 'done d']);
});

test('no batch is larger than allowed, no more are under way than allowed, and a small one waits while a larger is', async () => {
  const { call, batches, begun } = gated({ batchMax: 3, parallel: 2 });
  const results = Array.from({ length: 8 }, (_, index) => call(String(index)));
  await turn();
  expect(batches.map(({ items }) => items.length)).toEqual([3, 3]);
  batches[0]!.answer();
  await turn();
  expect(batches).toHaveLength(2);
  batches[1]!.answer();
  await begun(3);
  batches[2]!.answer();
  await expect(Promise.all(results)).resolves.toHaveLength(8);
  expect(batches.flatMap(({ items }) => items)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
});

describe('a batch that is refused', () => {
  test('is run again one by one, so that only the bad one fails', async () => {
    const { call, batches, begun } = gated();
    const results = Promise.allSettled(['a', 'bad', 'c'].map((item) => call(item)));
    await begun(1);
    batches[0]!.fail(new Refused('somewhere in it'));
    await begun(4);
    expect(batches.slice(1).map(({ items }) => items)).toEqual([['a'], ['bad'], ['c']]);
    for (const batch of batches.slice(1)) {
      if (batch.items[0] === 'bad') batch.fail(new Refused('bad itself'));
      else batch.answer();
    }
    expect(await results).toMatchObject([
      { status: 'fulfilled', value: 'done a' },
      { status: 'rejected', reason: { message: 'bad itself' } },
      { status: 'fulfilled', value: 'done c' },
    ]);
  });

  test('of one item is not run again', async () => {
    const { call, batches, begun } = gated();
    const result = call('bad');
    await begun(1);
    batches[0]!.fail(new Refused('bad'));
    await expect(result).rejects.toThrow('bad');
    await turn();
    expect(batches).toHaveLength(1);
  });
});

/** Whether such a batch was committed is unknown; running it again could do everything twice. */
test('any other error goes to all of the batch, and nothing is run again', async () => {
  const { call, batches, begun } = gated();
  const results = Promise.allSettled(['a', 'b'].map((item) => call(item)));
  await begun(1);
  batches[0]!.fail(new Error('connection lost'));
  expect((await results).map((result) => result.status === 'rejected' && String(result.reason))).toEqual([
    'Error: connection lost',
    'Error: connection lost',
  ]);
  await turn();
  expect(batches).toHaveLength(1);
  const later = call('c');
  await begun(2);
  batches[1]!.answer();
  expect(await later).toBe('done c');
});

test('a run that answers too few results fails those that have none', async () => {
  const { call, batches, begun } = gated();
  const results = Promise.allSettled(['a', 'b'].map((item) => call(item)));
  await begun(1);
  batches[0]!.answer(['done a']);
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

test('whatever the order of arrivals and answers, each call gets its own result and each item is stored at most once', async () => {
  const schedule = fc.array(fc.record({ arrive: fc.integer({ min: 0, max: 5 }), refused: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      schedule,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      async (scheduler, rounds, batchMax, parallel) => {
        const stored: string[] = [];
        const call = combine<string, string>({
          batchMax,
          parallel,
          isRefusal: (error) => error instanceof Refused,
          run: async (items) => {
            await scheduler.schedule(Promise.resolve());
            if (items.some((item) => item.startsWith('bad'))) throw new Refused(items.join());
            stored.push(...items);
            return items.map((item) => `done ${item}`);
          },
        });
        const calls: { item: string; settled: Promise<PromiseSettledResult<string>> }[] = [];
        for (const [index, { arrive, refused }] of rounds.entries()) {
          for (let n = 0; n < arrive; n += 1) {
            const item = `${refused && n === 0 ? 'bad' : 'good'} ${index} ${n}`;
            calls.push({ item, settled: Promise.allSettled([call(item)]).then(([outcome]) => outcome) });
          }
          await turn();
        }
        const settled = Promise.all(calls.map((made) => made.settled));
        await scheduler.waitFor(settled);
        for (const [index, outcome] of (await settled).entries()) {
          const { item } = calls[index]!;
          if (item.startsWith('bad')) expect(outcome).toMatchObject({ status: 'rejected' });
          else expect(outcome).toEqual({ status: 'fulfilled', value: `done ${item}` });
        }
        const good = calls.map(({ item }) => item).filter((item) => item.startsWith('good'));
        expect(stored.toSorted()).toEqual(good.toSorted());
      },
    ),
    { numRuns: 60 },
  );
});
