import type { AccountId, EventId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database } from '../../platform/db/index.ts';
import type { Event } from './event.ts';

export type EventFilter = {
  readonly within: AccountId;
  readonly type?: string | undefined;
  readonly subjectId?: string | undefined;
};

/** Events in the order of their ids, which is the order of time; `descending` begins with the newest. */
export async function selectEvents(
  db: Database,
  filter: EventFilter,
  page: { after?: EventId | undefined; limit: number; descending: boolean },
): Promise<Event[]> {
  let query = db.kysely
    .selectFrom('events')
    .selectAll()
    .where('owner_id', 'in', sql<string>`(select id from accounts where path @> array[${filter.within}]::uuid[])`)
    .orderBy('id', page.descending ? 'desc' : 'asc')
    .limit(page.limit);
  if (filter.type !== undefined) query = query.where('type', '=', filter.type);
  if (filter.subjectId !== undefined) query = query.where('subject_id', '=', filter.subjectId);
  if (page.after !== undefined) query = query.where('id', page.descending ? '<' : '>', page.after);
  const rows = await query.execute();
  return rows.map((row) => ({
    id: row.id as EventId,
    ownerId: row.owner_id as AccountId,
    type: row.type,
    subjectKind: row.subject_kind,
    subjectId: row.subject_id,
    actor: row.actor,
    requestId: row.request_id,
    at: row.at.toString(),
    data: row.data as Event['data'],
  }));
}
