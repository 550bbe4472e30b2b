import { manualClock, type AccountId } from '@tierline/kernel';
import { expect, test } from 'vitest';
import type { AccountNode } from '../accounts/index.ts';
import { remembered, type Found } from './remembered.ts';

/** A memory over a directory of one account, whose changes are made by hand. */
function aMemory(max?: number) {
  const clock = manualClock('2026-03-01T00:00:00Z');
  const fresh = () => ({ account: { id: 'a' as AccountId } }) as AccountNode;
  let node = fresh();
  let changes = 0;
  const memory = remembered<string>({
    directory: { peek: () => node },
    clock,
    generation: () => changes,
    ...(max === undefined ? {} : { max }),
  });
  const found = (value: string, goodUntilMs = Infinity): Found<string> => ({ value, node, goodUntilMs });
  const accountChanges = () => {
    changes += 1;
    node = fresh();
  };
  return { clock, memory, found, accountChanges };
}

test('what was loaded is good until its account changes', async () => {
  const { memory, found, accountChanges } = aMemory();
  expect(await memory.get('key', async () => found('first'))).toBe('first');
  expect(memory.peek('key')).toBe('first');
  expect(await memory.get('key', () => Promise.reject(new Error('not asked')))).toBe('first');
  accountChanges();
  expect(memory.peek('key')).toBeUndefined();
  expect(await memory.get('key', async () => found('second'))).toBe('second');
});

test('what was read before a change is answered, but not remembered after it', async () => {
  const { memory, found, accountChanges } = aMemory();
  const { promise: row, resolve } = Promise.withResolvers<string>();
  // The row is read before the change, the account's node after it: the pair must not pass for fresh.
  const reading = memory.get('key', async () => found(await row));
  accountChanges();
  resolve('stale');
  expect(await reading).toBe('stale');
  expect(memory.peek('key')).toBeUndefined();
});

test('who asks after a change does not join a load that began before it', async () => {
  const { memory, found, accountChanges } = aMemory();
  const { promise: row, resolve } = Promise.withResolvers<string>();
  const early = memory.get('key', async () => found(await row));
  const joined = memory.get('key', () => Promise.reject(new Error('shares the load under way')));
  accountChanges();
  const late = memory.get('key', async () => found('fresh'));
  resolve('stale');
  expect(await Promise.all([early, joined, late])).toEqual(['stale', 'stale', 'fresh']);
  expect(memory.peek('key')).toBe('fresh');
});

test('what is forgotten while it is loaded stays forgotten', async () => {
  const { memory, found } = aMemory();
  const { promise: row, resolve } = Promise.withResolvers<string>();
  const reading = memory.get('key', async () => found(await row));
  memory.forgetWhere((key) => key === 'key');
  resolve('gone');
  await reading;
  expect(memory.peek('key')).toBeUndefined();
});

test('nothing outlives its time, and nothing found or failed is remembered', async () => {
  const { clock, memory, found } = aMemory();
  const untilMs = clock.now().epochMilliseconds + 1000;
  await memory.get('key', async () => found('short', untilMs));
  clock.set(clock.now().add({ milliseconds: 999 }));
  expect(memory.peek('key')).toBe('short');
  clock.set(clock.now().add({ milliseconds: 1 }));
  expect(memory.peek('key')).toBeUndefined();
  expect(await memory.get('none', async () => undefined)).toBeUndefined();
  await expect(memory.get('bad', () => Promise.reject(new Error('database away')))).rejects.toThrow('away');
  expect(await memory.get('bad', async () => found('back'))).toBe('back');
});

test('it never holds more than its bound, and drops the oldest', async () => {
  const { memory, found } = aMemory(2);
  for (const key of ['a', 'b', 'c']) await memory.get(key, async () => found(key));
  expect(['a', 'b', 'c'].map((key) => memory.peek(key))).toEqual([undefined, 'b', 'c']);
});
