export type { Event } from './event.ts';
export { bindEvents } from './routes.ts';
export { eventsService, type EventsService } from './service.ts';
export type { EventFilter } from './store.ts';
