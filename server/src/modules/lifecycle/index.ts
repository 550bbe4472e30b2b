export type { Alignment, Asked, Command, LaterCommand, WantedItem } from './command.ts';
export type { Warning } from './draft.ts';
export type { Intent, LaterMoment } from './intent.ts';
export { tryLater, undone, workActions, type StoredWork, type WorkAction } from './order-work.ts';
export type { EndedIntent, Outcome } from './outcome.ts';
export { switchesOf, type PlanSwitch } from './plan-switches.ts';
export { dueWorker, type DueWorker } from './service-due.ts';
export { impactOf } from './routes-impact.ts';
export { impactService, type ImpactService } from './service-impact.ts';
export { activations, type Activations } from './service-activation.ts';
export { isOvertaken, storeTogether } from './store-together.ts';
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
export { selectIntents } from './store.ts';
export type { ChangeWrite } from './change-write.ts';
export type { Decision } from './draft.ts';
export type { IntentChange } from './intent.ts';
export type { Met } from './store-load.ts';
export type { Domain } from './store-due.ts';
