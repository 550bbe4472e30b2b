import { expect, it } from 'vitest';
import { unchanging } from './unchanging.ts';

const world = new Map([
  [1, 'one'],
  [2, 'two'],
  [3, 'three'],
]);

function asked(max: number) {
  const loads: (readonly number[])[] = [];
  const factsOf = unchanging<number, number, string>(
    max,
    (item) => item,
    async (missing) => {
      loads.push(missing);
      return new Map(missing.flatMap((key) => (world.has(key) ? [[key, world.get(key)!] as const] : [])));
    },
  );
  return { loads, factsOf };
}

it('loads together what it does not know, and nothing twice', async () => {
  const { loads, factsOf } = asked(10);
  expect(await factsOf([1, 2])).toEqual(
    new Map([
      [1, 'one'],
      [2, 'two'],
    ]),
  );
  expect(await factsOf([2, 3, 1])).toEqual(world);
  await factsOf([1, 2, 3]);
  expect(loads).toEqual([[1, 2], [3]]);
});

it('asks again for what was not there', async () => {
  const { loads, factsOf } = asked(10);
  expect(await factsOf([9])).toEqual(new Map());
  await factsOf([9]);
  expect(loads).toEqual([[9], [9]]);
});

it('answers everything that is asked for, also when it can keep less', async () => {
  const { loads, factsOf } = asked(2);
  expect(await factsOf([1, 2, 3])).toEqual(world);
  await factsOf([1]);
  expect(loads).toEqual([[1, 2, 3], [1]]);
});
