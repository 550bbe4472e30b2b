import { randomBytes } from 'node:crypto';
import {
  isTierlineError,
  newId,
  notFound,
  Temporal,
  TierlineError,
  versionMismatch,
  type AccountId,
  type LicenseId,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { combine, isDataRefusal, keyReused, retried, type Cause, type Numbers } from '../../platform/db/index.ts';
import type { OrdersService } from '../orders/index.ts';
import { exhausted, storeEach, type Fate } from '../pools/index.ts';
import { activationCode, type Subscription, type SubscriptionsService } from '../subscriptions/index.ts';
import type { ChangeWrite } from './change-write.ts';
import type { Asked, Command } from './command.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import { decideDue } from './decide-due.ts';
import type { LaterMoment } from './intent.ts';
import { editIntent } from './decide-intent.ts';
import { loader, type LoadDependencies } from './service-load.ts';
import { outcomeAgain, outcomeOf, type Outcome } from './outcome.ts';
import { resolve, type NamedAsked, type NamedCommand } from './resolve.ts';
import { lifeHistory } from './service-history.ts';
import { checkSellers, withDealsAbove } from './service-deals.ts';
import { pastAsked } from './service-past.ts';
import { changeWriter, type AskedBy } from './service-write.ts';
import { nextDues } from './service-next-due.ts';
import { noId } from './plan-order.ts';
import type { NewIdentity } from './split.ts';
import { selectOutcome } from './store.ts';
import { changeTogether } from './store-changes.ts';
import { storeTogether } from './store-together.ts';
import { afterWait, endsWait } from './store-waiting.ts';
import type { Met } from './store-load.ts';

export type { AskedBy } from './service-write.ts';
export type LifecycleService = ReturnType<typeof lifecycleService>;

type Dependencies = LoadDependencies & {
  readonly subscriptions: SubscriptionsService;
  readonly orders: OrdersService;
  readonly orderSerials: Numbers;
  readonly subscriptionSerials: Numbers;
  readonly batchMax: number;
  readonly batchesAtOnce: number;
};

/** Overdue boundaries of one subscription that are worked off before a command: years of months. */
const catchUpMax = 500;

/** Use cases of what happens to subscriptions. Callers have authorized the actor; `within` is the account the actor acts for. */
export function lifecycleService(dependencies: Dependencies) {
  const { db, directory, subscriptions, orders } = dependencies;
  const load = loader(dependencies);
  const write = changeWriter(dependencies);
  const { refuseInWork, planOf, intentOver } = pastAsked(dependencies);
  const store = changeStore(dependencies);

  /** A subscription with all overdue boundaries worked off, so that a command meets it as it is at its moment. */
  async function current(cause: Cause, within: AccountId, id: SubscriptionId): Promise<Met> {
    for (let step = 0; step < catchUpMax; step += 1) {
      const met = await load.meet(id);
      if (met === null || !(await isVisible(directory, within, met.subscription))) throw notFound('subscription');
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

  /** The next overdue moment of a subscription, decided; undefined when nothing is overdue. */
  async function dueStep(met: Met, now: Temporal.Instant): Promise<ChangeWrite | undefined> {
    const due = await load.due(met);
    if (due === undefined || Temporal.Instant.compare(due.at, now) > 0) return undefined;
    const then = await load.context(met, due.at, undefined);
    const decision = decideDue(then, met.subscription, due);
    const realAt = then.owner.account.sandboxId === null ? now : undefined;
    return write(systemCause(due.at, realAt), then, decision, { surface: 'system' }, true);
  }

  async function decided(cause: Cause, met: Met, named: NamedAsked, real: boolean, by: AskedBy): Promise<ChangeWrite> {
    const { subscription } = met;
    if (!isBeside(named)) await refuseInWork(met);
    const asked: Asked = { ...named, command: await resolved(subscription, named.command) };
    const others = await namedBeside(cause, subscription, asked.command);
    if (asked.command.kind === 'move') for (const other of others) await refuseInWork(other);
    const loaded = await load.context(met, cause.at, asked.command, others);
    const context = await identified(dependencies, loaded, asked.command, real);
    return write(cause, context, decide(context, subscription, asked), by, real);
  }

  /** A command with the rates that its MPNs name in the plan of the subscription, or in the one that it is to have. */
  function resolved(subscription: Subscription, command: NamedCommand): Promise<Command> {
    return resolve(command, (of) => load.planNamed(subscription, of.kind === 'switch' ? of.planId : undefined));
  }

  /** The other subscription that a command names, worked off as the first one is; none where the customer has no such. */
  async function namedBeside(cause: Cause, { ownerId, customerId }: Subscription, command: Command): Promise<Met[]> {
    const id =
      command.kind === 'move'
        ? (command.targetId ?? undefined)
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
      const fate = endsWait(change) ? await storeUnclaimed(db, change) : await store(change);
      if (fate === 'stored') return outcomeOf(change);
      if (fate === 'short') throw exhausted(change.pools.ifShort);
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
    if (asked !== undefined) await checkSellers(directory, within, subscription, asked, intent.command);
    const said = asked && (await resolved(subscription, asked));
    const command = said && withDealsAbove(await directory.get(subscription.ownerId), within, said, intent.command);
    const context = await load.context(met, cause.at, command);
    const edit = 'cancel' in wanted ? wanted : { moment: wanted.moment, command };
    const change = await write(cause, context, editIntent(context, subscription, intent, edit), by, real);
    if (!real) return outcomeOf(change);
    if ((await store(change)) === 'stored') return outcomeOf(change);
    const meanwhile = await placedBefore(cause, within);
    if (meanwhile !== undefined) return meanwhile;
    throw await conflict(within, id, by);
  }

  return {
    preview,
    place,
    changeIntent,
    planOf,
    current,
    answered: placedBefore,
    ...lifeHistory(dependencies),
    nextDues: nextDues(dependencies),
    load,
    write,
  };
}

async function isVisible(
  directory: Dependencies['directory'],
  within: AccountId,
  { ownerId }: Subscription,
): Promise<boolean> {
  if (ownerId === within) return true;
  const owner = directory.peek(ownerId) ?? (await directory.get(ownerId));
  return owner.account.path.includes(within);
}

type Serials = Pick<Dependencies, 'subscriptionSerials'>;

/** Says what a subscription is called that a command makes. Nothing that is only previewed takes a number. */
async function identified(serials: Serials, context: Context, command: Command, real: boolean): Promise<Context> {
  if (command.kind !== 'move' || command.targetId !== null) return context;
  return { ...context, newIdentity: real ? await newIdentity(serials) : previewed };
}

async function newIdentity({ subscriptionSerials }: Serials): Promise<NewIdentity> {
  return {
    id: newId<'subscription'>(),
    serial: (await subscriptionSerials.next()).toString(),
    licenseId: newId<'license'>(),
    activationCode: activationCode(randomBytes(31)),
  };
}

const previewed: NewIdentity = {
  id: noId as SubscriptionId,
  serial: '0',
  licenseId: noId as LicenseId,
  activationCode: '',
};

/** What is set without an order is set whatever is in work. */
function isBeside({ command, moment }: NamedAsked): boolean {
  return moment.at === 'now' && (command.kind === 'details' || command.kind === 'auto_renewal');
}

/** What never began takes its sale with it. */
async function storeUnclaimed(db: Dependencies['db'], change: ChangeWrite): Promise<Fate> {
  await storeTogether(db, [change], [afterWait([change])]);
  return 'stored';
}

/** Stores decisions, those that arrive together in one statement; tells what became of each. */
function changeStore({ db, batchMax, batchesAtOnce }: Dependencies) {
  return combine<ChangeWrite, Fate>({
    run: (all) => storeEach(all, (writes) => retried(() => changeTogether(db, writes))),
    batchMax,
    parallel: batchesAtOnce,
    isRefusal: isDataRefusal,
  });
}

/** @param realAt when what came due is worked off, where that is not on the clock of a sandbox */
export function systemCause(at: Temporal.Instant, realAt?: Temporal.Instant): Cause {
  const cause = { actor: 'system', requestId: newId<'request'>(), at };
  return realAt === undefined ? cause : { ...cause, realAt };
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
