export type { Event } from './event.ts';
export { eventsService, type EventsService } from './service.ts';
export type { EventFilter } from './store.ts';
