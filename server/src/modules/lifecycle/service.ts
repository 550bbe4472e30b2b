import {
  instantText,
  isTierlineError,
  newId,
  notFound,
  Temporal,
  TierlineError,
  versionMismatch,
  type AccountId,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { combine, isDataRefusal, keyReused, retried, type Cause, type Numbers } from '../../platform/db/index.ts';
import { orderNumber, type OrderDetail, type OrdersService } from '../orders/index.ts';
import {
  nextDue,
  type DatedIntent,
  type Due,
  type Subscription,
  type SubscriptionsService,
} from '../subscriptions/index.ts';
import { currencyOfDecision, type ChangeWrite } from './change-write.ts';
import type { Asked, Command } from './command.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import { decideDue } from './decide-due.ts';
import { withHeldLines, type Decision } from './draft.ts';
import { dueOn, type Intent, type LaterMoment } from './intent.ts';
import { editIntent } from './decide-intent.ts';
import { loader, type LoadDependencies } from './service-load.ts';
import { workOf } from './order-work.ts';
import { noId, orderOf } from './plan-order.ts';
import { outcomeAgain, outcomeOf, type Outcome } from './outcome.ts';
import { resolve, type NamedAsked, type NamedCommand } from './resolve.ts';
import { lifeHistory } from './service-history.ts';
import { checkSellers } from './service-deals.ts';
import { nextDues } from './service-next-due.ts';
import { selectIntents, selectOutcome } from './store.ts';
import { storeChanges } from './store-changes.ts';
import type { Met } from './store-load.ts';

export type LifecycleService = ReturnType<typeof lifecycleService>;

type Dependencies = LoadDependencies & {
  readonly subscriptions: SubscriptionsService;
  readonly orders: OrdersService;
  readonly orderSerials: Numbers;
  readonly batchMax: number;
  readonly batchesAtOnce: number;
};

/** How a command came in. */
export type AskedBy = {
  readonly surface: string;
  readonly poNumber?: string | null;
  readonly attributes?: Readonly<Record<string, string>> | null;
  /** Whether what is put off is an order, too: it waits in `processing` until its moment. */
  readonly ordersPlans?: boolean;
  /** The version that the caller decided with; another one is a conflict. */
  readonly expectedVersion?: number | undefined;
};

/** Overdue boundaries of one subscription that are worked off before a command: years of months. */
const catchUpMax = 500;

/** When what waits after a decision comes due. */
function waitingAfter({ intents }: Context, decision: Decision, added: readonly Intent[]): DatedIntent[] {
  const ended = new Set(decision.intents.flatMap((change) => (change.kind === 'end' ? [change.intent.id] : [])));
  const edited = new Map(
    decision.intents.flatMap((change) => (change.kind === 'edit' ? [[change.intent.id, change.moment] as const] : [])),
  );
  const kept = intents.filter(({ id }) => !ended.has(id)).map(({ id, moment }) => edited.get(id) ?? moment);
  return [...kept, ...added.map(({ moment }) => moment)].map((moment) => ({ dueOn: dueOn(moment) }));
}

/** Use cases of what happens to subscriptions. Callers have authorized the actor; `within` is the account the actor acts for. */
export function lifecycleService(dependencies: Dependencies) {
  const { db, directory, subscriptions, orders, orderSerials } = dependencies;
  const load = loader(dependencies);

  const store = changeStore(dependencies);

  async function write(
    cause: Cause,
    context: Context,
    decided: Decision,
    by: AskedBy,
    real: boolean,
  ): Promise<ChangeWrite> {
    const { timeZone, sandboxId } = context.owner.account;
    const terms = (after: Subscription) => {
      const plan = context.others.get(after.id)?.loaded.plan ?? context.current.plan;
      return after.planId === plan.planId ? plan : (context.plans.get(after.planId)?.plan ?? plan);
    };
    const drafted = decided.intents.flatMap((change) =>
      change.kind === 'add' ? [newIntent(cause, decided, change, real)] : [],
    );
    const work = workOf(context, decided, terms, drafted);
    const made = work === null ? decided : withHeldLines(context.current, decided);
    const { order, plan, orderId } = orderOf(context, made, by, real);
    const decision = { ...made, ...order };
    const waitsAs = plan === 'placed' || decision.order === null ? orderId : null;
    const newIntents = drafted.map((intent) => ({ ...intent, orderId: waitsAs }));
    const waiting = waitingAfter(context, decision, newIntents);
    return {
      cause,
      decision,
      plan,
      attributes: by.attributes ?? null,
      surface: by.surface,
      poNumber: by.poNumber ?? null,
      orderId: decision.order === null ? null : orderId,
      // What was placed before has its number.
      orderSerial:
        orderId === null ? null : real && plan !== 'carried_out' ? (await orderSerials.next()).toString() : '0',
      currency: currencyOfDecision(decision, context.owner.account.currency),
      sandboxId,
      due: decision.subscriptions.map(({ after }, index) =>
        dueText(nextDue(after, terms(after), timeZone, index === 0 ? waiting : datesOf(context, after.id))),
      ),
      newIntents,
      chargeIds: decision.charges.map(() => (real ? newId<'charge'>() : noId)),
      work: decision.order === null ? null : work,
    };
  }

  /** A subscription with all overdue boundaries worked off, so that a command meets it as it is at its moment. */
  async function current(cause: Cause, within: AccountId, id: SubscriptionId): Promise<Met> {
    for (let step = 0; step < catchUpMax; step += 1) {
      const met = await load.meet(id);
      if (met === null || !(await isVisible(within, met.subscription))) throw notFound('subscription');
      const overdue = await dueStep(met, cause.at);
      if (overdue === undefined) return met;
      // Whoever came first has worked it off: what is left is seen when it is read again.
      await store(overdue).catch((error: unknown) => {
        if (!isChangedMeanwhile(error)) throw error;
      });
    }
    throw new TierlineError(
      'lifecycle.too_far_behind',
      'unavailable',
      'The subscription is being caught up. Try again soon.',
    );
  }

  async function isVisible(within: AccountId, { ownerId }: Subscription): Promise<boolean> {
    if (ownerId === within) return true;
    const owner = directory.peek(ownerId) ?? (await directory.get(ownerId));
    return owner.account.path.includes(within);
  }

  /** The next overdue moment of a subscription, decided; undefined when nothing is overdue. */
  async function dueStep(met: Met, now: Temporal.Instant): Promise<ChangeWrite | undefined> {
    const due = await load.due(met);
    if (due === undefined || Temporal.Instant.compare(due.at, now) > 0) return undefined;
    const then = await load.context(met, due.at, undefined);
    const decision = decideDue(then, met.subscription, due);
    return write(systemCause(due.at), then, decision, { surface: 'system' }, true);
  }

  async function decided(cause: Cause, met: Met, named: NamedAsked, real: boolean, by: AskedBy): Promise<ChangeWrite> {
    const { subscription } = met;
    if (!isBeside(named)) await refuseInWork(met);
    const asked: Asked = { ...named, command: await resolved(subscription, named.command) };
    const others = await namedBeside(cause, subscription, asked.command);
    if (asked.command.kind === 'move') for (const other of others) await refuseInWork(other);
    const context = await load.context(met, cause.at, asked.command, others);
    return write(cause, context, decide(context, subscription, asked), by, real);
  }

  /** While its vendor has not answered an order, nothing else is changed: whoever asks is told which order that is. */
  async function refuseInWork({ subscription, inWork }: Met): Promise<void> {
    const id = inWork ?? (subscription.status === 'pending' ? subscription.orderId : null);
    if (id === null) return;
    const [order] = await orders.page({ scope: { ownerId: subscription.ownerId }, id }, { limit: 1 });
    if (order === undefined) return;
    const number = orderNumber(order.type, order.serial);
    const message = `Order ${number} of the subscription is ${order.status}, and nothing else can be changed until it has ended.`;
    const details = { order_id: id, order_number: number, order_status: order.status };
    throw new TierlineError('lifecycle.order_in_work', 'conflict', message, { details });
  }

  /** A command with the rates that its MPNs name in the plan of the subscription, or in the one that it is to have. */
  function resolved(subscription: Subscription, command: NamedCommand): Promise<Command> {
    return resolve(command, (of) => load.planNamed(subscription, of.kind === 'switch' ? of.planId : undefined));
  }

  /** The other subscription that a command names, worked off as the first one is; none where the customer has no such. */
  async function namedBeside(cause: Cause, { ownerId, customerId }: Subscription, command: Command): Promise<Met[]> {
    const id =
      command.kind === 'move'
        ? command.targetId
        : command.kind === 'renew' && command.align?.kind === 'subscription'
          ? command.align.subscriptionId
          : undefined;
    const known = id && (await load.meet(id));
    if (!known || known.subscription.ownerId !== ownerId || known.subscription.customerId !== customerId) return [];
    return [await current(cause, ownerId, known.subscription.id)];
  }

  /** What a command would come to: the same decision as placing it, and nothing is stored. */
  async function preview(
    cause: Cause,
    within: AccountId,
    id: SubscriptionId,
    asked: NamedAsked,
    by: AskedBy,
  ): Promise<Outcome> {
    const met = await current(cause, within, id);
    checkVersion(met.subscription, by);
    await checkSellers(directory, within, met.subscription, asked.command);
    return outcomeOf(await decided(cause, met, asked, false, by));
  }

  /** Decides and stores. Of two at the same moment the second is told the current version. */
  async function place(
    cause: Cause,
    within: AccountId,
    id: SubscriptionId,
    asked: NamedAsked,
    by: AskedBy,
  ): Promise<Outcome> {
    const { idempotency } = cause;
    try {
      const met = await current(cause, within, id);
      checkVersion(met.subscription, by);
      await checkSellers(directory, within, met.subscription, asked.command);
      const change = await decided(cause, met, asked, true, by);
      const { stored } = await store(change);
      if (stored) return outcomeOf(change);
    } catch (error) {
      // What came first may have been this very request.
      const mayBe = idempotency !== undefined && (isRefusal(error) || isChangedMeanwhile(error));
      const before = mayBe ? await placedBefore(cause, within) : undefined;
      if (before !== undefined) return before;
      throw isChangedMeanwhile(error) ? await conflict(within, id, by) : error;
    }
    const before = await placedBefore(cause, within);
    if (before !== undefined) return before;
    throw await conflict(within, id, by);
  }

  /** Of two at one moment the second learns what the first has made of it. */
  async function conflict(within: AccountId, id: SubscriptionId, by: AskedBy): Promise<TierlineError> {
    const { version } = await subscriptions.get(within, { id });
    if (by.expectedVersion === undefined) {
      const met = await load.meet(id);
      if (met !== null) await refuseInWork(met);
    }
    if (by.expectedVersion !== undefined) return versionMismatch('subscription', version);
    const message = `The subscription was changed at the same moment and has version ${version} now. Read it and ask again.`;
    return new TierlineError('lifecycle.changed_meanwhile', 'conflict', message, { details: { version } });
  }

  async function placedBefore({ idempotency }: Cause, within: AccountId): Promise<Outcome | undefined> {
    if (idempotency === undefined) return undefined;
    const known = await selectOutcome(db, idempotency.ownerId, idempotency.scope, idempotency.key);
    if (known === undefined) return undefined;
    if (!known.requestHash.equals(idempotency.requestHash)) throw keyReused();
    const { outcome } = known;
    const ids = outcome.states.map((state) => state.id as SubscriptionId);
    const found = await subscriptions.page({ scope: { within }, ids }, { limit: ids.length }, true);
    const order = outcome.order_id === null ? null : await orders.get(within, { id: outcome.order_id as OrderId });
    return outcomeAgain(outcome, found, order);
  }

  /** Takes back or changes what was to happen later; `expectedVersion` is that of the intent. */
  async function changeIntent(
    cause: Cause,
    within: AccountId,
    id: SubscriptionId,
    intentId: string,
    wanted:
      | { readonly cancel: true }
      | { readonly moment: LaterMoment | undefined; readonly command: NamedCommand | undefined },
    by: AskedBy,
    real = true,
  ): Promise<Outcome> {
    const met = await current(cause, within, id);
    const { subscription } = met;
    const before = real ? await placedBefore(cause, within) : undefined;
    if (before !== undefined) return before;
    const intent = met.waiting.find((one) => one.id === intentId);
    if (intent === undefined) throw await intentOver(subscription, intentId);
    if (by.expectedVersion !== undefined && by.expectedVersion !== intent.version) {
      throw versionMismatch('intent', intent.version);
    }
    const asked = 'cancel' in wanted || wanted.command === undefined ? undefined : wanted.command;
    const command = asked && (await resolved(subscription, asked));
    const context = await load.context(met, cause.at, command);
    const edit = 'cancel' in wanted ? wanted : { moment: wanted.moment, command };
    const change = await write(cause, context, editIntent(context, subscription, intent, edit), by, real);
    if (!real) return outcomeOf(change);
    const { stored } = await store(change);
    if (stored) return outcomeOf(change);
    const meanwhile = await placedBefore(cause, within);
    if (meanwhile !== undefined) return meanwhile;
    throw await conflict(within, id, by);
  }

  /** What was planned with an order: the youngest intent of it, since policy may have put off one as another. */
  async function planOf({
    id,
    ownerId,
    lines,
  }: Pick<OrderDetail, 'id' | 'ownerId' | 'lines'>): Promise<Intent | undefined> {
    const subscriptionIds = [...new Set(lines.map(({ subscriptionId }) => subscriptionId))];
    return (await selectIntents(db, [ownerId], subscriptionIds, true)).findLast(({ orderId }) => orderId === id);
  }

  async function intentOver({ ownerId, id }: Subscription, intentId: string): Promise<TierlineError> {
    const all = await selectIntents(db, [ownerId], [id], true);
    const past = all.find((one) => one.id === intentId);
    if (past === undefined) return notFound('intent');
    const message = `It is ${past.status} already and can't be changed. Ask for the change itself instead.`;
    return new TierlineError('lifecycle.intent_over', 'conflict', message, { details: { status: past.status } });
  }

  return {
    preview,
    place,
    changeIntent,
    planOf,
    current,
    ...lifeHistory(dependencies),
    nextDues: nextDues(dependencies),
    load,
    write,
  };
}

/** Days for which something waits for another subscription of the decision. */
function datesOf({ others }: Context, id: SubscriptionId): { dueOn: string | null }[] {
  return (others.get(id)?.intents ?? []).map(({ moment }) => ({ dueOn: dueOn(moment) }));
}

/** What is set without an order is set whatever is in work. */
function isBeside({ command, moment }: NamedAsked): boolean {
  return moment.at === 'now' && (command.kind === 'details' || command.kind === 'auto_renewal');
}

function dueText(due: Due | undefined): string | null {
  return due === undefined ? null : instantText(due.at);
}

/** Stores decisions, those that arrive together in one statement; tells of each whether it was stored. */
function changeStore({ db, batchMax, batchesAtOnce }: Dependencies) {
  return combine<ChangeWrite, { stored: boolean }>({
    run: async (writes) => {
      const stored = await retried(() => storeChanges(db, writes));
      return writes.map((_, index) => ({ stored: stored.has(index) }));
    },
    batchMax,
    parallel: batchesAtOnce,
    isRefusal: isDataRefusal,
  });
}

export function systemCause(at: Temporal.Instant): Cause {
  return { actor: 'system', requestId: newId<'request'>(), at };
}

function newIntent(
  cause: Cause,
  decision: Decision,
  { moment, command }: Pick<Intent, 'moment' | 'command'>,
  real: boolean,
): Intent {
  const { after } = decision.subscriptions[0]!;
  const at = instantText(cause.at);
  return {
    id: real ? newId() : noId,
    ownerId: after.ownerId,
    subscriptionId: after.id,
    moment,
    command,
    status: 'waiting',
    reason: null,
    orderId: null,
    version: 1,
    createdBy: cause.actor,
    createdAt: at,
    updatedAt: at,
  };
}

function checkVersion(subscription: Subscription, { expectedVersion }: AskedBy): void {
  if (expectedVersion !== undefined && expectedVersion !== subscription.version) {
    throw versionMismatch('subscription', subscription.version);
  }
}

function isRefusal(error: unknown): boolean {
  return isTierlineError(error) && error.kind !== 'bug';
}

function isChangedMeanwhile(error: unknown): boolean {
  return isDataRefusal(error) && String(error).includes('lifecycle.changed_meanwhile');
}
