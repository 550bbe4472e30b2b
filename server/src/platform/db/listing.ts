import { newId } from '@tierline/kernel';
import { sql, type Compilable, type RawBuilder } from 'kysely';
import type { Database } from './connect.ts';
import { runPrepared } from './prepared.ts';

/** Where a page is: behind an id, or so many rows from the newest one. */
export type ListPage = {
  readonly after?: string | undefined;
  readonly offset?: number | undefined;
  readonly limit: number;
};

/** All rows that a filter leaves, as a select of `owner_id` and `id`; not in any order. */
type Keys = Compilable & { toOperationNode(): unknown };

type Lists<Filter> = {
  keys(filter: Filter): Keys;
  /**
   * A name for the list that the filter leaves, if rows are only ever added to it and none leaves it or changes out of it; then
   * a place in it, counted from its oldest row, is the same row for ever. Undefined for every other filter.
   */
  grows(filter: Filter): string | undefined;
};

export type Listing<Filter> = {
  /** What is true of the rows of a page and of no other row: keys are walked, rows are read for the page only. */
  page(filter: Filter, page: ListPage): Promise<RawBuilder<boolean>>;
  count(filter: Filter): Promise<number>;
};

/** Every so many rows of a list one is remembered, so a page is found by walking at most as many keys. */
const markEvery = 250;
/** Rows younger than this may still have older ones committed beside them. */
const settledAfterMs = 120_000;
/** How long what is remembered of a list is used, should anything ever happen to it that is against the rules. */
const goodForMs = 600_000;
/** How many ids are remembered for all lists together, about 100 bytes each. */
const marksMax = 200_000;
/** A list is looked at again for new marks when so many rows have none, and not all the time. */
const unmarkedMax = 4 * markEvery;
const lookAgainMs = 10_000;

/** The ids at every 250th row of a list, counted from its oldest. */
type Marks = { ids: string[]; readonly madeAtMs: number; lookedAtMs: number };

/**
 * Lists of rows in the order of their ids, which are in the order of their creation, with pages at any offset and with totals.
 *
 * An offset into a list that only grows is found without walking there: some ids are remembered with their place from the
 * oldest row on. A total is the number of rows up to the last remembered one and a count of the few after it. So neither
 * costs more far back in a large list. Other lists are walked, by their keys alone.
 */
export function listing<Filter>(db: Database, { keys, grows }: Lists<Filter>): Listing<Filter> {
  const known = new Map<string, Marks>();
  const making = new Map<string, Promise<Marks>>();
  const tails = new Map<string, Promise<number>>();
  let remembered = 0;

  async function read(filter: Filter, after: string | undefined): Promise<string[]> {
    const { rows } = await sql<{ id: string }>`select id from (
      select id, row_number() over (order by id) as place from (${keys(filter)}) listed where ${between(after, undefined)}
    ) placed where place % ${sql.lit(markEvery)} = 0 and id < ${settledBefore()} order by id`.execute(db.kysely);
    return rows.map(({ id }) => id);
  }

  async function renew(name: string, filter: Filter): Promise<Marks> {
    const nowMs = performance.now();
    const old = known.get(name);
    const isGood = old !== undefined && nowMs < old.madeAtMs + goodForMs;
    const ids = isGood ? [...old.ids, ...(await read(filter, old.ids.at(-1)))] : await read(filter, undefined);
    const marks = { ids, madeAtMs: isGood ? old.madeAtMs : nowMs, lookedAtMs: nowMs };
    forget(name);
    known.set(name, marks);
    remembered += ids.length;
    // The first in the map was made or renewed longest ago.
    for (const other of known.keys()) {
      if (remembered <= marksMax || other === name) break;
      forget(other);
    }
    return marks;
  }

  function forget(name: string): void {
    remembered -= known.get(name)?.ids.length ?? 0;
    known.delete(name);
  }

  /** What is remembered of the list; of one that is not known, it is read now, once for all who ask. */
  function marksOf(name: string, filter: Filter, isLong = false): Marks | Promise<Marks> {
    const marks = known.get(name);
    const nowMs = performance.now();
    const isStale = marks === undefined || nowMs >= marks.madeAtMs + goodForMs;
    if (!isStale && !(isLong && nowMs >= marks.lookedAtMs + lookAgainMs)) return marks;
    return shared(making, name, () => renew(name, filter));
  }

  /** How many rows the list has behind its last mark. */
  function tailOf(name: string, filter: Filter, last: string | undefined): Promise<number> {
    return shared(tails, `${name}/${last}`, () => walk(filter, last));
  }

  async function walk(filter: Filter, after: string | undefined): Promise<number> {
    const rows = await runPrepared(db, counted(db, keys(filter), after));
    return rows[0]!.total;
  }

  async function measure(name: string, filter: Filter): Promise<{ marks: readonly string[]; total: number }> {
    const { ids } = await marksOf(name, filter);
    const tail = await tailOf(name, filter, ids.at(-1));
    if (tail > unmarkedMax) await marksOf(name, filter, true);
    return { marks: ids, total: ids.length * markEvery + tail };
  }

  return {
    async page(filter, { after, offset = 0, limit }) {
      const name = after === undefined && offset > markEvery ? grows(filter) : undefined;
      if (name === undefined) return pageOf(keys(filter), { under: after, skip: offset, limit });
      const { marks, total } = await measure(name, filter);
      return pageOf(keys(filter), { ...placeOf(marks, total, offset, limit), limit });
    },
    async count(filter) {
      const name = grows(filter);
      return name === undefined ? walk(filter, undefined) : (await measure(name, filter)).total;
    },
  };
}

/** The name of the list that a filter leaves, when it asks for nothing but a scope and for what never changes of a row. */
export function growing<Filter extends { readonly scope: object }>(
  { scope, ...rest }: Filter,
  constant: readonly string[] = [],
): string | undefined {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return given.every(([name]) => constant.includes(name)) ? JSON.stringify([scope, given]) : undefined;
}

type Place = {
  readonly under?: string | undefined;
  readonly upTo?: string | undefined;
  readonly above?: string | undefined;
  readonly skip: number;
};

/** Where a page is between the marks around it. Places are counted from the oldest row, which is 1. */
export function placeOf(marks: readonly string[], total: number, offset: number, limit: number): Place {
  const top = total - offset;
  const over = Math.ceil(top / markEvery);
  const bottom = Math.max(1, top - limit + 1);
  const below = Math.ceil(bottom / markEvery) - 1;
  const upTo = top < 1 ? undefined : marks[over - 1];
  const above = marks[Math.min(below, marks.length) - 1];
  return upTo === undefined ? { above, skip: offset } : { upTo, above, skip: over * markEvery - top };
}

function pageOf(
  keys: Keys,
  { under, upTo, above, skip, limit }: Place & { readonly limit: number },
): RawBuilder<boolean> {
  const from = upTo === undefined ? between(above, under) : sql`${between(above, undefined)} and id <= ${uuid(upTo)}`;
  // As literals, so that the plan is one for so many rows, and not for a tenth of all.
  return sql<boolean>`(owner_id, id) in (select owner_id, id from (${keys}) listed where ${from} order by id desc
    offset ${sql.lit(skip)} limit ${sql.lit(limit)})`;
}

function counted(db: Database, keys: Keys, after: string | undefined): Compilable<{ total: number }> {
  const query = sql<{
    total: number;
  }>`select count(*)::int as total from (${keys}) listed where ${between(after, undefined)}`;
  return { compile: () => query.compile(db.kysely) };
}

function between(above: string | undefined, under: string | undefined): RawBuilder<boolean> {
  const bounds = [
    ...(above === undefined ? [] : [sql<boolean>`id > ${uuid(above)}`]),
    ...(under === undefined ? [] : [sql<boolean>`id < ${uuid(under)}`]),
  ];
  return bounds.length === 0 ? sql<boolean>`true` : sql.join(bounds, sql` and `);
}

function uuid(id: string): RawBuilder<string> {
  return sql<string>`${sql.lit(id)}::uuid`;
}

/** The id that one made long enough ago would have had at least. */
function settledBefore(): RawBuilder<string> {
  const madeMs = Number.parseInt(newId().replace('-', '').slice(0, 12), 16) - settledAfterMs;
  const digits = madeMs.toString(16).padStart(12, '0');
  return uuid(`${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`);
}

/** Whoever asks while the answer is on its way gets the same one. */
function shared<Answer>(
  running: Map<string, Promise<Answer>>,
  name: string,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const under = running.get(name);
  if (under !== undefined) return under;
  const answer = work().finally(() => running.delete(name));
  running.set(name, answer);
  return answer;
}
