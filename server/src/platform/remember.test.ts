import { describe, expect, test } from 'vitest';
import { remember } from './remember.ts';

/** A load that ends when the test says so, and counts how often it was asked for. */
function aLoad() {
  const waiting: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  return {
    waiting,
    load: () => new Promise<string>((resolve, reject) => void waiting.push({ resolve, reject })),
  };
}

const at =
  <Value>(value: Value) =>
  () =>
    Promise.resolve(value);

describe('under a revision', () => {
  test('what was loaded stays until the revision moves on', async () => {
    const memory = remember<string>(10);
    expect(await memory.get('a', 1n, at('old'))).toBe('old');
    expect(await memory.get('a', 1n, at('not asked'))).toBe('old');
    expect(memory.peek('a', 1n)).toBe('old');
    expect(memory.peek('a', 2n)).toBeUndefined();
    expect(await memory.get('a', 2n, at('new'))).toBe('new');
    expect(memory.peek('a', 1n)).toBeUndefined();
    expect(memory.size).toBe(1);
  });

  test('concurrent loads of one key and revision are one load', async () => {
    const memory = remember<string>(10);
    const { load, waiting } = aLoad();
    const all = Array.from({ length: 20 }, () => memory.get('a', 1n, load));
    expect(waiting).toHaveLength(1);
    waiting[0]!.resolve('once');
    expect(new Set(await Promise.all(all))).toEqual(new Set(['once']));
  });

  /** A load that began before a change may have read the state before it: who asks after the change must not get that. */
  test('a load of an earlier revision does not answer for a later one', async () => {
    const memory = remember<string>(10);
    const { load, waiting } = aLoad();
    const before = memory.get('a', 1n, load);
    const after = memory.get('a', 2n, load);
    expect(waiting).toHaveLength(2);
    waiting[1]!.resolve('new');
    expect(await after).toBe('new');
    waiting[0]!.resolve('old');
    expect(await before).toBe('old');
    expect(memory.peek('a', 2n)).not.toBe('old');
    expect(await memory.get('a', 2n, at('new again'))).toMatch(/^new/);
  });

  test('a load that fails is told to all that waited, and is not remembered', async () => {
    const memory = remember<string>(10);
    const { load, waiting } = aLoad();
    const both = Promise.allSettled([memory.get('a', 1n, load), memory.get('a', 1n, load)]);
    waiting[0]!.reject(new Error('no database'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await memory.get('a', 1n, at('now'))).toBe('now');
  });
});

describe('bounded', () => {
  test('what was not used for longest is forgotten first', async () => {
    const memory = remember<string>(2);
    memory.put('a', 1n, 'A');
    memory.put('b', 1n, 'B');
    await memory.get('a', 1n, at('not asked'));
    memory.put('c', 1n, 'C');
    expect(['a', 'b', 'c'].map((key) => memory.peek(key, 1n))).toEqual(['A', undefined, 'C']);
    expect(memory.size).toBe(2);
  });

  test('by weight, and one that is too heavy is not kept', () => {
    const memory = remember<string>(10, (value) => value.length);
    memory.put('a', 1n, 'x'.repeat(4));
    memory.put('b', 1n, 'x'.repeat(4));
    memory.put('c', 1n, 'x'.repeat(5));
    expect(memory.size).toBe(2);
    memory.put('c', 2n, 'x'.repeat(11));
    expect(memory.peek('c', 1n)).toBeUndefined();
    expect(memory.peek('c', 2n)).toBeUndefined();
    expect(memory.peek('b', 1n)).toBe('xxxx');
  });

  test('replacing a value replaces its weight', () => {
    const memory = remember<string>(10, (value) => value.length);
    for (let revision = 0n; revision < 100n; revision += 1n) memory.put('a', revision, 'x'.repeat(6));
    memory.put('b', 1n, 'xxxx');
    expect(memory.size).toBe(2);
    expect(memory.peek('a', 99n)).toBe('xxxxxx');
  });
});
