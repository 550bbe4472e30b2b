import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { isUuid, newId, parseId } from './ids.ts';

/** A copy of the module with its own counter, so that no test sees the time of another. */
async function freshNewId(): Promise<typeof newId> {
  vi.resetModules();
  return (await import('./ids.ts')).newId;
}

function millisecondsOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

describe('newId', () => {
  test('has the version and variant of RFC 9562', () => {
    for (let k = 0; k < 5000; k += 1) {
      expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  test('starts with the milliseconds that were given', async () => {
    const fresh = await freshNewId();
    const times = [1, 0xffff_ffff, 0x1_0000_0000, Date.UTC(2026, 0, 1), 2 ** 48 - 1];
    expect(times.map((ms) => millisecondsOf(fresh(ms)))).toEqual(times);
  });

  test('ids of one process are in the order they were made and never repeat, though the clock stands still', async () => {
    const fresh = await freshNewId();
    const ids = Array.from({ length: 20_000 }, () => fresh(1_700_000_000_000));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    // 12 bits of counter hold 4,096 ids of a millisecond; more of them borrow a few milliseconds of the future.
    expect(millisecondsOf(ids.at(-1)!) - 1_700_000_000_000).toBeLessThanOrEqual(6);
  });

  test('order holds for any clock, also one that goes back', async () => {
    const fresh = await freshNewId();
    const times = fc.array(fc.integer({ min: 0, max: 2 ** 47 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(times, (list) => {
        const ids = list.map((ms) => fresh(ms));
        expect(ids.toSorted()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test('two processes at the same millisecond do not make the same ids', async () => {
    const [a, b] = [await freshNewId(), await freshNewId()];
    const ids = Array.from({ length: 2000 }, () => [a(1_700_000_000_000), b(1_700_000_000_000)]).flat();
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('every random bit takes both values', () => {
    const ones = Array.from({ length: 62 }, () => 0);
    const rounds = 2000;
    for (let k = 0; k < rounds; k += 1) {
      const random = BigInt(`0x${newId().replaceAll('-', '').slice(16)}`);
      for (let bit = 0; bit < 62; bit += 1) ones[bit]! += Number((random >> BigInt(bit)) & 1n);
    }
    // 2,000 fair coins are outside of 800 to 1,200 about once in 10^19.
    expect(ones.filter((count) => count < 800 || count > 1200)).toEqual([]);
  });
});

describe('reading ids', () => {
  test('a new id is one, in any letter case, and is read in lower case', () => {
    const id = newId();
    expect(isUuid(id)).toBe(true);
    expect(parseId(id.toUpperCase())).toBe(id);
    // Ids of other makers have other versions.
    expect(parseId('00000000-0000-4000-8000-000000000000')).toBe('00000000-0000-4000-8000-000000000000');
  });

  test.each([
    '',
    'x',
    '0',
    '018f0000-0000-7000-8000-00000000000a ',
    '018f0000-0000-7000-8000-00000000000a\n',
    '{018f0000-0000-7000-8000-00000000000a}',
    '018f00000000700080000000000000a0',
    '018f0000-0000-7000-8000-00000000000g',
  ])('%j is none', (text) => {
    expect(isUuid(text)).toBe(false);
    expect(parseId(text)).toBeUndefined();
  });
});
