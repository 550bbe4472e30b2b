import {
  firstIdAt,
  newId,
  startOfDay,
  Temporal,
  type AccountId,
  type ReportGeneratorId,
  type ReportId,
} from '@tierline/kernel';
import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { Database, Tables, Write } from '../../platform/db/index.ts';
import type { Report, ReportFormat, ReportGenerator, ReportStatus, ReportType } from './report.ts';

function generatorFromRow(row: Selectable<Tables['report_generators']>): ReportGenerator {
  return {
    id: row.id as ReportGeneratorId,
    ownerId: row.owner_id as AccountId,
    name: row.name,
    dataSet: row.data_set as ReportGenerator['dataSet'],
    format: row.format as ReportFormat,
    schedule: row.schedule as ReportGenerator['schedule'],
    status: row.status as ReportGenerator['status'],
    nextOn: row.next_on,
    nextAt: row.next_at?.toString() ?? null,
    sandboxId: row.sandbox_id as AccountId | null,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

export function insertGenerator(db: Database, generator: ReportGenerator) {
  return db.kysely
    .insertInto('report_generators')
    .values({
      owner_id: generator.ownerId,
      id: generator.id,
      name: generator.name,
      data_set: generator.dataSet,
      format: generator.format,
      schedule: generator.schedule,
      status: generator.status,
      next_on: generator.nextOn,
      next_at: generator.nextAt,
      sandbox_id: generator.sandboxId,
      version: generator.version,
      created_at: generator.createdAt,
      updated_at: generator.updatedAt,
    })
    .returning('id');
}

/** Writes the changed generator where the stored one is still of the version before it. */
export function updateGenerator(db: Database, generator: ReportGenerator) {
  return db.kysely
    .updateTable('report_generators')
    .set({
      name: generator.name,
      format: generator.format,
      status: generator.status,
      next_on: generator.nextOn,
      next_at: generator.nextAt,
      version: generator.version,
      updated_at: generator.updatedAt,
    })
    .where('owner_id', '=', generator.ownerId)
    .where('id', '=', generator.id)
    .where('version', '=', generator.version - 1)
    .returning('id');
}

export type GeneratorKey = { readonly id: ReportGeneratorId } | { readonly name: string };

export async function selectGenerator(
  db: Database,
  ownerId: AccountId,
  key: GeneratorKey,
): Promise<ReportGenerator | undefined> {
  const query = db.kysely.selectFrom('report_generators').selectAll().where('owner_id', '=', ownerId);
  const row = await (
    'id' in key ? query.where('id', '=', key.id) : query.where('name', '=', key.name)
  ).executeTakeFirst();
  return row && generatorFromRow(row);
}

export type GeneratorPage = { readonly after?: ReportGeneratorId | undefined; readonly limit: number };

export async function selectGenerators(
  db: Database,
  ownerId: AccountId,
  { after, limit }: GeneratorPage,
): Promise<ReportGenerator[]> {
  let query = db.kysely.selectFrom('report_generators').selectAll().where('owner_id', '=', ownerId);
  if (after !== undefined) query = query.where('id', '>', after);
  return (await query.orderBy('id').limit(limit).execute()).map(generatorFromRow);
}

/** Whose clock: a sandbox's, or the real one (null). */
export type Domain = { readonly sandboxId: AccountId | null };

export async function selectDueGenerators(
  db: Database,
  { sandboxId }: Domain,
  until: Temporal.Instant,
  limit: number,
): Promise<ReportGenerator[]> {
  const query = db.kysely
    .selectFrom('report_generators')
    .selectAll()
    .where('next_at', '<=', sql<never>`${until.toString()}::timestamptz`)
    .where('sandbox_id', sandboxId === null ? 'is' : '=', sandboxId)
    .where('next_at', 'is not', null);
  return (await query.orderBy('next_at').limit(limit).execute()).map(generatorFromRow);
}

/** Where due generators go on, as one write: each must still stand where it was found, or nothing of all this happens. */
export function advanceGenerators(
  found: readonly ReportGenerator[],
  next: readonly Pick<ReportGenerator, 'nextOn' | 'nextAt'>[],
): Write {
  const rows = JSON.stringify(
    found.map(({ ownerId, id, nextOn }, index) => ({
      owner_id: ownerId,
      id,
      found_on: nextOn,
      next_on: next[index]?.nextOn,
      next_at: next[index]?.nextAt,
    })),
  );
  return {
    expect: found.length,
    run: sql`update report_generators g set next_on = f.next_on, next_at = f.next_at
      from jsonb_to_recordset(${rows}::jsonb) as f (owner_id uuid, id uuid, found_on date, next_on date, next_at timestamptz)
      where g.owner_id = f.owner_id and g.id = f.id and g.next_on = f.found_on returning 1`,
  };
}

function reportFromRow(row: Selectable<Tables['reports']>): Report {
  return {
    id: row.id as ReportId,
    ownerId: row.owner_id as AccountId,
    generatorId: row.generator_id as ReportGeneratorId,
    name: row.name,
    customizationName: row.customization_name,
    dataSet: row.data_set as Report['dataSet'],
    format: row.format as ReportFormat,
    type: row.type as ReportType,
    status: row.status as ReportStatus,
    startOn: row.start_on,
    endOn: row.end_on,
    dueAt: row.due_at.toString(),
    isQueued: row.is_queued,
    sandboxId: row.sandbox_id as AccountId | null,
    attempt: row.attempt,
    rowCount: row.row_count?.toString() ?? null,
    byteCount: row.byte_count?.toString() ?? null,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    createdAt: row.created_at.toString(),
    completedAt: row.completed_at?.toString() ?? null,
    expiresAt: row.expires_at.toString(),
  };
}

/**
 * Reports with the jobs that make those that can be made already: one write each, for any number. A period that was reported by
 * itself before, perhaps under another time zone, is not reported again; its job finds nothing to do.
 */
export function insertReports(reports: readonly Report[], realNow: Temporal.Instant): Write[] {
  const rows = JSON.stringify(
    reports.map((report) => ({
      owner_id: report.ownerId,
      id: report.id,
      generator_id: report.generatorId,
      name: report.name,
      customization_name: report.customizationName,
      data_set: report.dataSet,
      format: report.format,
      type: report.type,
      start_on: report.startOn,
      end_on: report.endOn,
      due_at: report.dueAt,
      is_queued: report.isQueued,
      sandbox_id: report.sandboxId,
      created_at: report.createdAt,
      expires_at: report.expiresAt,
    })),
  );
  const queued = reports.filter(({ isQueued }) => isQueued);
  return [
    {
      run: sql`insert into reports (owner_id, id, generator_id, name, customization_name, data_set, format, type, status, start_on, end_on,
          due_at, is_queued, sandbox_id, attempt, created_at, expires_at)
        select owner_id, id, generator_id, name, customization_name, data_set, format, type, 'submitted', start_on, end_on,
          due_at, is_queued, sandbox_id, 0, created_at, expires_at
        from jsonb_to_recordset(${rows}::jsonb) as r (owner_id uuid, id uuid, generator_id uuid, name text, customization_name text,
          data_set text, format text, type text, start_on date, end_on date, due_at timestamptz, is_queued boolean, sandbox_id uuid,
          created_at timestamptz, expires_at timestamptz)
        on conflict (owner_id, generator_id, start_on) where type <> 'onetime' do nothing returning 1`,
    },
    ...(queued.length === 0 ? [] : [insertJobs(queued, realNow)]),
  ];
}

/** Jobs run in real time, also those of a sandbox. */
function insertJobs(reports: readonly Pick<Report, 'ownerId' | 'id'>[], realNow: Temporal.Instant): Write {
  const rows = JSON.stringify(
    reports.map(({ ownerId, id }) => ({ owner_id: ownerId, id: newId<'job'>(), report: id })),
  );
  return {
    expect: reports.length,
    run: sql`insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, payload, created_at)
      select owner_id, id, 'report', report, ${realNow.toString()}::timestamptz, 0, '{}', ${realNow.toString()}::timestamptz
      from jsonb_to_recordset(${rows}::jsonb) as j (owner_id uuid, id uuid, report uuid) returning 1`,
  };
}

export type ReportFilter = {
  readonly ownerId: AccountId;
  readonly generatorId?: ReportGeneratorId | undefined;
  readonly name?: string | undefined;
  readonly format?: ReportFormat | undefined;
  readonly status?: ReportStatus | undefined;
  readonly types?: readonly ReportType[] | undefined;
  /** Instants as ISO text; from is included, to is not. */
  readonly createdFrom?: string | undefined;
  readonly createdTo?: string | undefined;
};

function filtered<Of>(query: SelectQueryBuilder<Tables, 'reports', Of>, filter: ReportFilter) {
  let narrowed = query.where('owner_id', '=', filter.ownerId);
  if (filter.generatorId !== undefined) narrowed = narrowed.where('generator_id', '=', filter.generatorId);
  if (filter.name !== undefined) narrowed = narrowed.where('name', '=', filter.name);
  if (filter.format !== undefined) narrowed = narrowed.where('format', '=', filter.format);
  if (filter.status !== undefined) narrowed = narrowed.where('status', '=', filter.status);
  if (filter.types !== undefined) narrowed = narrowed.where('type', 'in', [...filter.types]);
  if (filter.createdFrom !== undefined)
    narrowed = narrowed.where('created_at', '>=', sql<never>`${filter.createdFrom}::timestamptz`);
  if (filter.createdTo !== undefined)
    narrowed = narrowed.where('created_at', '<', sql<never>`${filter.createdTo}::timestamptz`);
  return narrowed;
}

export type ReportPage = { readonly after?: ReportId | undefined; readonly offset?: number; readonly limit?: number };

/** Reports newest first. */
export async function selectReports(db: Database, filter: ReportFilter, page: ReportPage): Promise<Report[]> {
  let query = filtered(db.kysely.selectFrom('reports').selectAll(), filter).orderBy('id', 'desc');
  if (page.limit !== undefined) query = query.limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '<', page.after);
  if (page.offset !== undefined && page.offset > 0) query = query.offset(page.offset);
  return (await query.execute()).map(reportFromRow);
}

export async function countReports(db: Database, filter: ReportFilter): Promise<number> {
  const counted = filtered(db.kysely.selectFrom('reports').select(sql<number>`count(*)::int`.as('total')), filter);
  return (await counted.executeTakeFirstOrThrow()).total;
}

/** How many reports of an account are still to be made. */
export async function countWaiting(db: Database, ownerId: AccountId): Promise<number> {
  const row = await db.kysely
    .selectFrom('reports')
    .select(sql<number>`count(*)::int`.as('total'))
    .where('owner_id', '=', ownerId)
    .where('status', 'in', ['submitted', 'processing'])
    .executeTakeFirstOrThrow();
  return row.total;
}

/** A report of an account, or of whomever, for those who hold a link to it. */
export async function selectReport(
  db: Database,
  { ownerId, id }: { readonly ownerId?: AccountId; readonly id: ReportId },
): Promise<Report | undefined> {
  let query = db.kysely.selectFrom('reports').selectAll().where('id', '=', id);
  if (ownerId !== undefined) query = query.where('owner_id', '=', ownerId);
  const row = await query.executeTakeFirst();
  return row && reportFromRow(row);
}

/** Queues reports whose time has come since they were asked for. Answers how many. */
export async function queueDue(
  db: Database,
  { sandboxId }: Domain,
  until: Temporal.Instant,
  realNow: Temporal.Instant,
  limit: number,
): Promise<number> {
  const due = await db.kysely
    .selectFrom('reports')
    .select(['owner_id', 'id'])
    .where('is_queued', '=', false)
    .where('due_at', '<=', sql<never>`${until.toString()}::timestamptz`)
    .where('sandbox_id', sandboxId === null ? 'is' : '=', sandboxId)
    .orderBy('due_at')
    .limit(limit)
    .execute();
  if (due.length === 0) return 0;
  const rows = JSON.stringify(due.map(({ owner_id, id }) => ({ owner_id, id, job: newId<'job'>() })));
  // Whoever sets the mark makes the job: two who found the same report make one.
  const { rows: made } = await sql`with marked as (
      update reports r set is_queued = true
      from jsonb_to_recordset(${rows}::jsonb) as d (owner_id uuid, id uuid, job uuid)
      where r.owner_id = d.owner_id and r.id = d.id and not r.is_queued returning r.owner_id, d.job, r.id)
    insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, payload, created_at)
    select owner_id, job, 'report', id, ${realNow.toString()}::timestamptz, 0, '{}', ${realNow.toString()}::timestamptz
    from marked returning 1`.execute(db.kysely);
  return made.length;
}

/** Removes reports that are past their time, with their files. Answers how many. */
export async function removeExpired(
  db: Database,
  { sandboxId }: Domain,
  until: Temporal.Instant,
  limit: number,
): Promise<number> {
  const { rows } = await sql`delete from reports r using (
      select owner_id, id from reports
      where expires_at <= ${until.toString()}::timestamptz and sandbox_id is not distinct from ${sandboxId}::uuid
      order by expires_at limit ${limit}
    ) old where r.owner_id = old.owner_id and r.id = old.id returning 1`.execute(db.kysely);
  return rows.length;
}

/** Takes a report up under the number of its job's attempt; answers whether there is anything to do. */
export async function beginReport(db: Database, { ownerId, id }: Report, attempt: number): Promise<boolean> {
  const { rows } = await sql`with begun as (
      update reports set status = 'processing', attempt = ${attempt}
      where owner_id = ${ownerId} and id = ${id} and status in ('submitted', 'processing') and attempt < ${attempt}
      returning owner_id, id),
    cleared as (
      delete from report_pieces p using begun b where p.owner_id = b.owner_id and p.report_id = b.id returning 1)
    select 1 from begun`.execute(db.kysely);
  return rows.length === 1;
}

/** What a report came to: refused when somebody else took it up meanwhile. */
export function endReport(
  db: Database,
  { ownerId, id, attempt }: Pick<Report, 'ownerId' | 'id' | 'attempt'>,
  at: Temporal.Instant,
  outcome:
    | { readonly rows: bigint; readonly bytes: bigint; readonly hash: Buffer }
    | { readonly code: string; readonly message: string },
) {
  const common = { completed_at: at.toString() };
  const values =
    'rows' in outcome
      ? { status: 'completed', row_count: outcome.rows, byte_count: outcome.bytes, content_hash: outcome.hash }
      : { status: 'error', error_code: outcome.code, error_message: outcome.message };
  return db.kysely
    .updateTable('reports')
    .set({ ...common, ...values })
    .where('owner_id', '=', ownerId)
    .where('id', '=', id)
    .where('status', '=', 'processing')
    .where('attempt', '=', attempt)
    .returning('id');
}

export type PieceKey = Pick<Report, 'ownerId' | 'id' | 'attempt'>;

export async function insertPiece(db: Database, key: PieceKey, position: number, content: Buffer): Promise<void> {
  await db.kysely
    .insertInto('report_pieces')
    .values({ owner_id: key.ownerId, report_id: key.id, attempt: key.attempt, position, content })
    .execute();
}

export async function selectPiece(db: Database, key: PieceKey, position: number): Promise<Buffer | undefined> {
  const row = await db.kysely
    .selectFrom('report_pieces')
    .select('content')
    .where('owner_id', '=', key.ownerId)
    .where('report_id', '=', key.id)
    .where('attempt', '=', key.attempt)
    .where('position', '=', position)
    .executeTakeFirst();
  return row?.content;
}

export async function removePieces(db: Database, key: PieceKey): Promise<void> {
  await db.kysely
    .deleteFrom('report_pieces')
    .where('owner_id', '=', key.ownerId)
    .where('report_id', '=', key.id)
    .where('attempt', '=', key.attempt)
    .execute();
}

/** The instants of a report's days, and the lowest id that a charge booked on one of them can have. */
export function boundsOf({ startOn, endOn, sandboxId }: Report, timeZone: string) {
  const from = startOfDay(Temporal.PlainDate.from(startOn), timeZone);
  const to = startOfDay(Temporal.PlainDate.from(endOn), timeZone);
  // Nothing is booked on a day that has not begun anywhere. In a sandbox the clock that dates it is not the one that ids come from.
  const lowest = sandboxId === null ? firstIdAt(from.subtract({ hours: 48 }).epochMilliseconds) : firstIdAt(0);
  return { from, to, lowest };
}
