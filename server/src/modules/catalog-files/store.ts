import type { Database } from '../../platform/db/index.ts';
import type { RowRefusal } from './import-state.ts';
import type { ImportRow } from './row.ts';

/** Rows of one import, kept in temporary tables of a connection of their own until all are read. */

export type Staging = Awaited<ReturnType<typeof openStaging>>;

/** A staged row: bad ones stand there without their row, so that their plan is known to be incomplete. */
export type StagedRow = { readonly line: number; readonly planName: string; readonly row: ImportRow | undefined };

/** A product that is said to have parts, and the first line that says so. */
export type StagedSuite = { readonly code: string; readonly parts: readonly string[]; readonly line: number };

const createTables = `
  create temporary table import_rows (line int not null, plan_name text collate "C" not null, content text);
  create temporary table import_products (code text primary key, content text not null);
  create temporary table import_parts (code text, part text, line int not null, primary key (code, part));
  create temporary table import_refusals (id bigint generated always as identity, line int not null, field text,
    code text not null, message text not null)`;

const stageRows = `insert into import_rows (line, plan_name, content)
  select * from unnest($1::int[], $2::text[], $3::text[])`;

const stageProducts = `insert into import_products (code, content)
  select * from unnest($1::text[], $2::text[]) on conflict do nothing`;

const stageParts = `insert into import_parts (code, part, line)
  select * from unnest($1::text[], $2::text[], $3::int[]) on conflict do nothing`;

const nextSuites = `select code, array_agg(part order by part) as parts, min(line) as line from import_parts
  where code > $1 group by code order by code limit $2`;

const stageRefusals = `insert into import_refusals (line, field, code, message)
  select * from unnest($1::int[], $2::text[], $3::text[], $4::text[])`;

// Rows are read in the order of their plans, by what was read last.
const indexRows = `create index import_rows_plan on import_rows (plan_name, line); analyze import_rows`;

const nextRows = `select line, plan_name, content from import_rows
  where (plan_name, line) > ($1::text, $2::int) order by plan_name, line limit $3`;

const announcedProducts = `select code, content from import_products where code = any($1::text[])`;

const nextRefusals = `select id, line, field, code, message from import_refusals where id > $1 order by id limit $2`;

export async function openStaging(db: Database) {
  const client = await db.connect();
  // A lost connection is told by the query that needed it; unheard, it would end the process.
  client.on('error', () => undefined);
  await client.query(createTables);

  return {
    async addRows(rows: readonly { line: number; planName: string; row: ImportRow | undefined }[]): Promise<void> {
      await client.query({
        name: 'import_stage_rows',
        text: stageRows,
        values: [
          rows.map(({ line }) => line),
          rows.map(({ planName }) => planName),
          rows.map(({ row }) => (row === undefined ? null : JSON.stringify(row))),
        ],
      });
    },
    /** Keeps the first row of the file that says what a product is. */
    async addProducts(rows: readonly ImportRow[]): Promise<void> {
      await client.query({
        name: 'import_stage_products',
        text: stageProducts,
        values: [rows.map((row) => row.productCode), rows.map((row) => JSON.stringify(row))],
      });
    },
    async addParts(rows: readonly ImportRow[]): Promise<void> {
      const parts = rows.flatMap(({ productCode, productParts = [], line }) =>
        productParts.map((part) => ({ productCode, part, line })),
      );
      await client.query({
        name: 'import_stage_parts',
        text: stageParts,
        values: [
          parts.map(({ productCode }) => productCode),
          parts.map(({ part }) => part),
          parts.map(({ line }) => line),
        ],
      });
    },
    /** Suites with all parts that rows of the file name, by their codes. */
    async suitesAfter(code: string, limit: number): Promise<StagedSuite[]> {
      const { rows } = await client.query<StagedSuite>({
        name: 'import_next_suites',
        text: nextSuites,
        values: [code, limit],
      });
      return rows;
    },
    async announced(codes: readonly string[]): Promise<Map<string, ImportRow>> {
      const { rows } = await client.query<{ code: string; content: string }>({
        name: 'import_announced_products',
        text: announcedProducts,
        values: [codes],
      });
      return new Map(rows.map(({ code, content }) => [code, fromContent(content)]));
    },
    async addRefusals(refusals: readonly RowRefusal[]): Promise<void> {
      await client.query({
        name: 'import_stage_refusals',
        text: stageRefusals,
        values: [
          refusals.map(({ line }) => line),
          refusals.map(({ field }) => field),
          refusals.map(({ code }) => code),
          refusals.map(({ message }) => message),
        ],
      });
    },
    async finish(): Promise<void> {
      await client.query(indexRows);
    },
    async rowsAfter(planName: string, line: number, limit: number): Promise<StagedRow[]> {
      const { rows } = await client.query<{ line: number; plan_name: string; content: string | null }>({
        name: 'import_next_rows',
        text: nextRows,
        values: [planName, line, limit],
      });
      return rows.map(({ line: at, plan_name, content }) => ({
        line: at,
        planName: plan_name,
        row: content === null ? undefined : fromContent(content),
      }));
    },
    async refusalsAfter(id: bigint, limit: number): Promise<(RowRefusal & { readonly id: bigint })[]> {
      const { rows } = await client.query<RowRefusal & { id: bigint }>({
        name: 'import_next_refusals',
        text: nextRefusals,
        values: [id, limit],
      });
      return rows;
    },
    /** Ends the connection, which ends its temporary tables too, whatever state it is in. */
    close(): void {
      client.release(true);
    },
  };
}

/** Written by this file and by nobody else. */
function fromContent(content: string): ImportRow {
  return JSON.parse(content) as ImportRow;
}
