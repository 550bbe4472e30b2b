import type { Database } from '../../platform/db/index.ts';
import { selectEvents, type EventFilter } from './store.ts';

export type EventsService = ReturnType<typeof eventsService>;

/** Reading the log. Writing it is part of every commit. */
export function eventsService({ db }: { readonly db: Database }) {
  return { page: (filter: EventFilter, page: Parameters<typeof selectEvents>[2]) => selectEvents(db, filter, page) };
}
