import { expect, test } from 'vitest';
import { fatesOf, storeEach, type Fate } from './fate.ts';

test('places that are not answered were left out', () => {
  const rows = [
    { place: 1, short: false, again: null },
    { place: 3, short: true, again: true },
    { place: 4, short: true, again: false },
  ];
  expect(fatesOf(4, rows)).toEqual(['stored', 'left_out', 'again', 'short']);
});

test('what was short only beside others has a turn of its own; the others have none', async () => {
  const batches: number[][] = [];
  const first: Fate[] = ['stored', 'again', 'short', 'again'];
  const fates = await storeEach([1, 2, 3, 4], (writes) => {
    batches.push([...writes]);
    return Promise.resolve(writes.length > 1 ? first : [writes[0] === 2 ? 'stored' : 'short']);
  });
  expect(batches).toEqual([[1, 2, 3, 4], [2], [4]]);
  expect(fates).toEqual(['stored', 'stored', 'short', 'short']);
});

test('what is short alone is short, whatever is said of it', async () => {
  expect(await storeEach([1], () => Promise.resolve(['again']))).toEqual(['short']);
});
