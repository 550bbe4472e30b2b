export type { Alignment, Asked, Command, LaterCommand, WantedItem } from './command.ts';
export type { Warning } from './draft.ts';
export type { Intent, LaterMoment } from './intent.ts';
export type { EndedIntent, Outcome } from './outcome.ts';
export { dueWorker, type DueWorker } from './service-due.ts';
export { impactOf } from './routes-impact.ts';
export { impactService, type ImpactService } from './service-impact.ts';
export { lifecycleService, type AskedBy, type LifecycleService } from './service.ts';
export { bindLifecycle } from './routes.ts';
export { bindTransfers } from './routes-transfer.ts';
export {
  transferService,
  type CustomerWanted,
  type SubscriptionsWanted,
  type TransferService,
  type TransferWanted,
} from './service-transfer.ts';
export type { Blocker, MovedIntent, Transfer, TransferPart } from './transfer.ts';
export type { NamedAsked, NamedCommand, NamedItem } from './resolve.ts';
export type { Domain } from './store-due.ts';
