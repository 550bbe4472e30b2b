import { newId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { growing, listing, placeOf } from './listing.ts';

// A page and a total are those of the plain query, wherever the page is and whatever is remembered of the list.

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await sql`create table listed_rows (owner_id uuid, id uuid, color text, primary key (owner_id, id))`.execute(
    database.db.kysely,
  );
});
afterAll(() => database.close());

type Filter = { readonly scope: { readonly ownerId: string }; readonly color?: string | undefined };

function open() {
  const { db } = database;
  let queries = 0;
  const listed = listing<Filter>(db, {
    keys: ({ scope, color }) => {
      queries += 1;
      const colored = color === undefined ? sql`` : sql`and color = ${color}`;
      return sql`select owner_id, id from listed_rows where owner_id = ${scope.ownerId}::uuid ${colored}` as never;
    },
    grows: (filter) => growing(filter),
  });
  const page = async (filter: Filter, wanted: Parameters<typeof listed.page>[1]): Promise<string[]> => {
    const isOnPage = await listed.page(filter, wanted);
    const { rows } = await sql<{ id: string }>`select id from listed_rows where ${isOnPage} order by id desc`.execute(
      db.kysely,
    );
    return rows.map(({ id }) => id);
  };
  return { page, count: listed.count, queries: () => queries };
}

const hourMs = 3_600_000;

/** Rows made so long ago, in order. Every third is red. */
async function insert(ownerId: string, count: number, agoMs: number): Promise<string[]> {
  const fresh = newId();
  const nowMs = Number.parseInt(fresh.replace('-', '').slice(0, 12), 16);
  const ids = Array.from({ length: count }, (_, index) => {
    const digits = (nowMs - agoMs).toString(16).padStart(12, '0');
    return `${digits.slice(0, 8)}-${digits.slice(8)}-7${index.toString(16).padStart(3, '0')}-8000-${fresh.slice(24)}`;
  });
  const colors = ids.map((_, index) => (index % 3 === 0 ? 'red' : 'blue'));
  await sql`insert into listed_rows select ${ownerId}::uuid, * from unnest(${ids}::uuid[], ${colors}::text[])`.execute(
    database.db.kysely,
  );
  return ids;
}

test('every page of a list that only grows, with old rows, young rows and rows that come meanwhile', async () => {
  const ownerId = newId();
  await insert(newId(), 700, hourMs);
  const newest = [...(await insert(ownerId, 1300, hourMs)), ...(await insert(ownerId, 40, 1000))].toReversed();
  const { page, count } = open();
  const filter = { scope: { ownerId } };
  for (const round of [0, 1]) {
    expect(await count(filter)).toBe(newest.length);
    for (const offset of [
      0, 1, 39, 40, 249, 250, 251, 300, 499, 500, 501, 789, 790, 1089, 1090, 1091, 1330, 1339, 1340, 5000,
    ]) {
      for (const limit of [1, 7, 50, 300, 2000]) {
        const expected = newest.slice(offset, offset + limit);
        expect(await page(filter, { offset, limit }), `${round} ${offset} ${limit}.`).toEqual(expected);
      }
    }
    newest.unshift(...(await insert(ownerId, 5, 0)).toReversed());
  }
});

test('a page after an id, and of a filter whose rows may change, is walked', async () => {
  const ownerId = newId();
  const ids = (await insert(ownerId, 600, hourMs)).toReversed();
  const { page, count } = open();
  const scope = { ownerId };
  expect(await page({ scope }, { after: ids[299]!, limit: 5 })).toEqual(ids.slice(300, 305));
  const red = ids.filter((_, index) => (599 - index) % 3 === 0);
  expect(await count({ scope, color: 'red' })).toBe(200);
  for (const offset of [0, 60, 199, 260]) {
    expect(await page({ scope, color: 'red' }, { offset, limit: 9 })).toEqual(red.slice(offset, offset + 9));
  }
});

test('whoever asks at the same time shares what is read', async () => {
  const ownerId = newId();
  await insert(ownerId, 500, hourMs);
  const { count, queries } = open();
  const totals = await Promise.all(Array.from({ length: 20 }, () => count({ scope: { ownerId } })));
  expect(new Set(totals)).toEqual(new Set([500]));
  // Once for what is remembered, once for what came after it.
  expect(queries()).toBe(2);
});

describe('the name of a list', () => {
  test('is there only for filters by scope and by what never changes', () => {
    const scope = { ownerId: 'a' };
    expect(growing({ scope })).toBeDefined();
    expect(growing({ scope, color: undefined })).toBe(growing({ scope }));
    expect(growing({ scope, color: 'red' })).toBeUndefined();
    expect(growing({ scope, color: 'red' }, ['color'])).toBeDefined();
    expect(growing({ scope, color: 'red' }, ['color'])).not.toBe(growing({ scope, color: 'blue' }, ['color']));
    expect(growing({ scope: { ownerId: 'b' } })).not.toBe(growing({ scope }));
  });
});

test('between marks at most 250 keys are walked to the first row of a page', () => {
  const marks = Array.from({ length: 40 }, (_, index) => `mark-${index}`);
  for (let offset = 0; offset < 10_000; offset += 13) {
    const { upTo, skip } = placeOf(marks, 10_100, offset, 50);
    if (upTo === undefined) expect(offset).toBeLessThan(100 + 1);
    else expect(skip).toBeLessThan(250);
  }
});
