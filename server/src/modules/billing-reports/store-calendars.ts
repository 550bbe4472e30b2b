import type { AccountId, Temporal } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database, Write } from '../../platform/db/index.ts';
import type { Calendar, ReportTerms } from './month.ts';

/** Whose clock: a sandbox's, or the real one (null). */
export type Domain = { readonly sandboxId: AccountId | null };

/**
 * Accounts below a root that have no calendar yet.
 * @param from of the real world, only those whose id is not below it: others were looked at before
 */
export async function selectUnscheduled(
  db: Database,
  { sandboxId }: Domain,
  from: string,
  limit: number,
): Promise<{ id: AccountId; createdAt: Temporal.Instant }[]> {
  const inDomain =
    sandboxId === null
      ? sql`a.sandbox_id is null and a.id >= ${from}::uuid`
      : sql`a.path @> array[${sandboxId}]::uuid[]`;
  const { rows } = await sql<{ id: AccountId; created_at: Temporal.Instant }>`select a.id, a.created_at from accounts a
    where ${inDomain} and a.parent_id is not null
      and not exists (select 1 from billing_calendars c where c.owner_id = a.id)
    order by a.id limit ${limit}`.execute(db.kysely);
  return rows.map((row) => ({ id: row.id, createdAt: row.created_at }));
}

/** The account whose id is the highest. */
export async function newestAccount(db: Database): Promise<AccountId | undefined> {
  const { rows } = await sql<{ id: AccountId }>`select id from accounts order by id desc limit 1`.execute(db.kysely);
  return rows[0]?.id;
}

export async function insertCalendars(
  db: Database,
  calendars: readonly (Calendar & { readonly sandboxId: AccountId | null })[],
): Promise<void> {
  const rows = JSON.stringify(
    calendars.map(({ ownerId, nextOn, nextAt, sandboxId }) => ({
      owner_id: ownerId,
      next_on: nextOn,
      next_at: nextAt,
      sandbox_id: sandboxId,
    })),
  );
  await sql`insert into billing_calendars (owner_id, next_on, next_at, sandbox_id)
    select owner_id, next_on, next_at, sandbox_id
    from jsonb_to_recordset(${rows}::jsonb) as c (owner_id uuid, next_on date, next_at timestamptz, sandbox_id uuid)
    on conflict do nothing`.execute(db.kysely);
}

export type DueCalendar = { readonly ownerId: AccountId; readonly nextOn: string; readonly nextAt: string };

/** Calendars whose next month can be opened, the earliest first. */
export async function selectDueCalendars(
  db: Database,
  { sandboxId }: Domain,
  until: Temporal.Instant,
  except: readonly AccountId[],
  limit: number,
): Promise<DueCalendar[]> {
  const inDomain = sandboxId === null ? sql`sandbox_id is null` : sql`sandbox_id = ${sandboxId}`;
  const { rows } = await sql<{ owner_id: AccountId; next_on: string; next_at: Temporal.Instant }>`
    select owner_id, next_on, next_at from billing_calendars
    where next_at <= ${until.toString()}::timestamptz and ${inDomain} and owner_id <> all(${[...except]}::uuid[])
    order by next_at, owner_id limit ${limit}`.execute(db.kysely);
  return rows.map((row) => ({ ownerId: row.owner_id, nextOn: row.next_on, nextAt: row.next_at.toString() }));
}

/** Where a calendar goes on: it must still stand where it was found. */
export function advanceCalendar({ ownerId, nextOn }: DueCalendar, next: Pick<Calendar, 'nextOn' | 'nextAt'>): Write {
  return {
    expect: 1,
    run: sql`update billing_calendars set next_on = ${next.nextOn}::date, next_at = ${next.nextAt}::timestamptz
      where owner_id = ${ownerId} and next_on = ${nextOn}::date returning 1`,
  };
}

export type StoredTerms = ReportTerms & { readonly version: number };
type TermsRow = { partner_id: AccountId; submit_after_days: number; tolerance_percent: string; version: number };

/** What a seller asks of one partner, and of all that have no terms of their own. */
export async function selectTerms(
  db: Database,
  sellerId: AccountId,
  partnerId: AccountId,
): Promise<{ own: StoredTerms | undefined; all: StoredTerms | undefined }> {
  const { rows } = await sql<TermsRow>`select partner_id, submit_after_days, tolerance_percent, version
    from billing_report_terms where seller_id = ${sellerId} and partner_id in (${partnerId}, ${sellerId})`.execute(
    db.kysely,
  );
  const of = (id: AccountId): StoredTerms | undefined => {
    const row = rows.find(({ partner_id: each }) => each === id);
    return (
      row && {
        submitAfterDays: row.submit_after_days,
        tolerancePercent: row.tolerance_percent,
        version: row.version,
      }
    );
  };
  return { own: of(partnerId), all: of(sellerId) };
}

/** Writes terms where those that are there are still of the version before. */
export function putTerms(sellerId: AccountId, partnerId: AccountId, terms: StoredTerms, at: Temporal.Instant) {
  return sql`insert into billing_report_terms as t (seller_id, partner_id, submit_after_days, tolerance_percent, version, updated_at)
    values (${sellerId}, ${partnerId}, ${terms.submitAfterDays}, ${terms.tolerancePercent}, ${terms.version}, ${at.toString()}::timestamptz)
    on conflict (seller_id, partner_id) do update set submit_after_days = excluded.submit_after_days,
      tolerance_percent = excluded.tolerance_percent, version = excluded.version, updated_at = excluded.updated_at
    where t.version = excluded.version - 1 returning 1`;
}
