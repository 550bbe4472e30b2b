import {
  addMoney,
  formatMoney,
  instantText,
  newId,
  Temporal,
  zeroMoney,
  type Money,
  type OrderId,
} from '@tierline/kernel';
import type { Cause } from '../../platform/db/index.ts';
import type { OrderStatus } from '../orders/index.ts';
import { changedFields, fieldsOf, type Fields, type Subscription } from '../subscriptions/index.ts';
import type { Decision } from './draft.ts';
import { storeCommand, type StoredCommand } from './command-json.ts';
import type { Intent, IntentStatus } from './intent.ts';
import type { OrderWork } from './order-work.ts';
import type { PoolMoves } from './pool-moves.ts';
import { unborn } from './split.ts';

/** A decision on its way to the database: everything that one statement stores. */
export type ChangeWrite = {
  readonly cause: Cause;
  readonly decision: Decision;
  /** Where it was asked for: `api`, `simpleapi`, `lmpi`, `system`. */
  readonly surface: string;
  readonly poNumber: string | null;
  readonly orderId: OrderId | null;
  readonly orderSerial: string | null;
  /**
   * What the order is of what is planned: `placed` with the intent, to wait in `processing`; `carried_out`, the order that was placed
   * then; null where it has nothing to do with an intent that has an order.
   */
  readonly plan: 'placed' | 'carried_out' | null;
  /** The caller's own members of the order. */
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly currency: string;
  readonly sandboxId: string | null;
  /** When something is next due for each subscription, in the order of the decision; null: nothing any more. */
  readonly due: readonly (string | null)[];
  /** Intents that the decision makes, complete. */
  readonly newIntents: readonly Intent[];
  /** Ids of its charges, in their order. */
  readonly chargeIds: readonly string[];
  /** What its vendor is still to be told; null: the order is completed with the statement that stores it. */
  readonly work: OrderWork | null;
  /** Units that it takes from license pools and gives back; `isForced`: taken even where there are too few. */
  readonly pools: PoolMoves & { readonly isForced: boolean };
};

/** How long after its moment something that came due may be told to have happened at that moment. */
const lateMinutes = 10;

/**
 * When reports about months tell of a change. What came due happened at its moment; but what was worked off much later, since the server
 * stood still meanwhile, is told when it was: the month of its moment may have been told already. Never earlier than the change before.
 */
export function recordedAt({ cause, sandboxId }: Pick<ChangeWrite, 'cause' | 'sandboxId'>): Temporal.Instant {
  if (sandboxId !== null || cause.realAt === undefined) return cause.at;
  const earliest = cause.realAt.subtract({ minutes: lateMinutes });
  return Temporal.Instant.compare(cause.at, earliest) < 0 ? earliest : cause.at;
}

/** The status with which the order of a decision is stored. */
export function statusOf({ work, plan }: Pick<ChangeWrite, 'work' | 'plan'>): OrderStatus {
  if (plan === 'placed') return 'processing';
  if (work === null) return 'completed';
  return work.waits ? 'submitted' : 'processing';
}

/** What the customer pays, or gets back, for the order of a decision. */
export function totalOf({ decision, currency }: Pick<ChangeWrite, 'decision' | 'currency'>): Money {
  const buyer = decision.subscriptions[0]?.after.customerId;
  return decision.charges
    .filter(({ buyerId, amount }) => buyerId === buyer && amount.currency === currency)
    .reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(currency));
}

export function totalText(write: Pick<ChangeWrite, 'decision' | 'currency'>): string {
  return formatMoney(totalOf(write));
}

/** Lines of what is planned stand before 0, so that they make way for those that it comes to in the statement that stores these. */
export function linePosition({ plan, decision }: Pick<ChangeWrite, 'plan' | 'decision'>, index: number): number {
  return plan === 'placed' ? index - decision.lines.length : index;
}

/** Orders whose plan ended without being carried out: one that failed is in error, one that was given up is canceled. */
export function givenUp({ decision }: Pick<ChangeWrite, 'decision'>): { id: OrderId; status: 'error' | 'canceled' }[] {
  return decision.intents.flatMap((change) => {
    if (change.kind !== 'end' || change.status === 'done' || change.intent.orderId === null) return [];
    return [{ id: change.intent.orderId, status: change.status === 'failed' ? 'error' : 'canceled' }];
  });
}

/** The currency of a decision: that of its last charge to the customer, since a term may begin in another than the one before ended in. */
export function currencyOfDecision({ charges, subscriptions }: Decision, fallback: string): string {
  const { after, before } = subscriptions[0]!;
  const charged = charges.findLast(({ buyerId }) => buyerId === after.customerId);
  return charged?.amount.currency ?? currencyOf(before, fallback);
}

/** The currency in which the customer is charged for a subscription. */
export function currencyOf({ ledger }: Subscription, fallback: string): string {
  for (const { prices } of ledger.at(-1)?.items ?? [])
    for (const { currency } of Object.values(prices)) return currency;
  return fallback;
}

export type EventRow = {
  readonly id: string;
  readonly type: string;
  readonly subjectKind: 'subscription' | 'intent';
  readonly subjectId: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/**
 * The events of a decision. The first of each subscription carries what changed about it (`set`), so that folding the events gives
 * every state it ever had.
 */
export function eventsOf(write: ChangeWrite): EventRow[] {
  const { decision, orderId, newIntents } = write;
  const told = new Set<string>();
  const rows: EventRow[] = [];
  const add = (type: string, subscriptionId: Subscription['id'], data: Readonly<Record<string, unknown>>): void => {
    const state = decision.subscriptions.find(({ after }) => after.id === subscriptionId)!;
    const set: Partial<Fields> = told.has(subscriptionId) ? {} : setOf(state);
    told.add(subscriptionId);
    const order = orderId === null ? {} : { order_id: orderId };
    const changed = Object.keys(set).length === 0 ? {} : { set };
    rows.push({
      id: newId(),
      type,
      subjectKind: 'subscription',
      subjectId: subscriptionId,
      data: { ...order, ...data, ...changed },
    });
  };
  for (const { type, subscriptionId, data } of decision.events) add(type, subscriptionId, data);
  for (const { before, after } of decision.subscriptions) {
    if (!told.has(after.id) && Object.keys(changedFields(before, after)).length > 0)
      add('subscription.changed', after.id, {});
  }
  const first = decision.subscriptions[0]!.after.id;
  for (const intent of newIntents) {
    rows.push({
      id: newId(),
      type: 'intent.planned',
      subjectKind: 'subscription',
      subjectId: intent.subscriptionId,
      data: { intent_id: intent.id, kind: intent.command.kind, moment: intent.moment },
    });
  }
  for (const change of decision.intents) {
    if (change.kind === 'add') continue;
    const type = change.kind === 'edit' ? 'intent.changed' : `intent.${change.status}`;
    if (decision.events.some((event) => event.type === type && event.data['intent_id'] === change.intent.id)) continue;
    const reason = change.kind === 'end' ? { reason: change.reason } : {};
    rows.push({
      id: newId(),
      type,
      subjectKind: 'subscription',
      subjectId: first,
      data: { intent_id: change.intent.id, ...reason },
    });
  }
  return rows;
}

/** Of a subscription that the decision makes, everything. */
function setOf({ before, after }: Decision['subscriptions'][number]): Partial<Fields> {
  return before.version === unborn ? fieldsOf(after) : changedFields(before, after);
}

/** What a retry is told: kept with its key, since the subscription may have changed since. */
export type StoredOutcome = {
  readonly owner_id: string;
  readonly order_id: string | null;
  /** Not given: completed. */
  readonly order_status?: OrderStatus;
  readonly at: string;
  readonly states: readonly { readonly id: string; readonly version: number; readonly fields: Fields }[];
  readonly planned: readonly StoredIntent[];
  readonly ended: readonly { readonly id: string; readonly status: IntentStatus; readonly reason: string | null }[];
  readonly warnings: Decision['warnings'];
};

export type StoredIntent = Omit<Intent, 'command'> & { readonly command: StoredCommand };

/** Intents that a decision makes or gives another moment or content, as they are afterwards. */
export function plannedBy({ decision, newIntents, cause }: ChangeWrite): Intent[] {
  const edited = decision.intents.flatMap((change) => {
    if (change.kind !== 'edit') return [];
    const { intent, moment, command } = change;
    return [{ ...intent, moment, command, version: intent.version + 1, updatedAt: instantText(cause.at) }];
  });
  return [...newIntents, ...edited];
}

export function storedOutcome(write: ChangeWrite): StoredOutcome {
  const { decision, orderId, cause } = write;
  return {
    at: instantText(cause.at),
    owner_id: decision.subscriptions[0]!.after.ownerId,
    order_id: orderId,
    ...(statusOf(write) === 'completed' ? {} : { order_status: statusOf(write) }),
    states: decision.subscriptions.map(({ before, after }) => ({
      id: after.id,
      version: before.version + 1,
      fields: fieldsOf(after),
    })),
    planned: plannedBy(write).map((intent) => ({ ...intent, command: storeCommand(intent.command) })),
    ended: decision.intents.flatMap((change) =>
      change.kind === 'end' ? [{ id: change.intent.id, status: change.status, reason: change.reason }] : [],
    ),
    warnings: decision.warnings,
  };
}
