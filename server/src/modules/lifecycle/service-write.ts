import { instantText, newId, type OrderId, type SubscriptionId } from '@tierline/kernel';
import type { Cause, Numbers } from '../../platform/db/index.ts';
import type { Offers } from '../catalog/index.ts';
import { nextDue, type DatedIntent, type Due, type Subscription } from '../subscriptions/index.ts';
import { currencyOfDecision, type ChangeWrite } from './change-write.ts';
import type { Context } from './context.ts';
import { withHeldLines, type Decision } from './draft.ts';
import { dueOn, type Intent } from './intent.ts';
import { workOf } from './order-work.ts';
import { noId, orderOf } from './plan-order.ts';
import { poolMovesOf, statesWithoutPlan, type PoolMoves } from './pool-moves.ts';
import { unborn } from './split.ts';

/** How a command came in. */
export type AskedBy = {
  readonly surface: string;
  readonly poNumber?: string | null;
  readonly attributes?: Readonly<Record<string, string>> | null;
  /** Whether what is put off is an order, too: it waits in `processing` until its moment. */
  readonly ordersPlans?: boolean;
  /** The version that the caller decided with; another one is a conflict. */
  readonly expectedVersion?: number | undefined;
  /** Whether it takes an order back: what that gave back to license pools is taken again, whatever is left there. */
  readonly takesBack?: boolean;
};

/** Makes of a decision what is stored of it; nothing that is only previewed takes an id or a number. */
export function changeWriter({
  orderSerials,
  offers,
}: {
  readonly orderSerials: Numbers;
  readonly offers: Pick<Offers, 'planVersions'>;
}) {
  async function poolsOf(context: Context, decision: Decision): Promise<PoolMoves> {
    const without = statesWithoutPlan(context, decision).map(({ planId, planVersion: version }) => ({
      planId,
      version,
    }));
    const more = without.length === 0 ? [] : await offers.planVersions(context.owner, without);
    return poolMovesOf(context, decision, more);
  }

  return async function write(
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
    const decision = withOrder({ ...made, ...order }, orderId);
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
      pools: { ...(await poolsOf(context, decision)), isForced: by.takesBack === true },
    };
  };
}

/** What a decision makes belongs to the order that makes it. */
function withOrder(decision: Decision, orderId: OrderId | null): Decision {
  if (orderId === null || decision.subscriptions.every(({ before }) => before.version !== unborn)) return decision;
  const subscriptions = decision.subscriptions.map((state) =>
    state.before.version === unborn ? { ...state, after: { ...state.after, orderId } } : state,
  );
  return { ...decision, subscriptions };
}

/** When what waits after a decision comes due. */
function waitingAfter({ intents }: Context, decision: Decision, added: readonly Intent[]): DatedIntent[] {
  const ended = new Set(decision.intents.flatMap((change) => (change.kind === 'end' ? [change.intent.id] : [])));
  const edited = new Map(
    decision.intents.flatMap((change) => (change.kind === 'edit' ? [[change.intent.id, change.moment] as const] : [])),
  );
  const kept = intents.filter(({ id }) => !ended.has(id)).map(({ id, moment }) => edited.get(id) ?? moment);
  return [...kept, ...added.map(({ moment }) => moment)].map((moment) => ({ dueOn: dueOn(moment) }));
}

/** Days for which something waits for another subscription of the decision. */
function datesOf({ others }: Context, id: SubscriptionId): { dueOn: string | null }[] {
  return (others.get(id)?.intents ?? []).map(({ moment }) => ({ dueOn: dueOn(moment) }));
}

function dueText(due: Due | undefined): string | null {
  return due === undefined ? null : instantText(due.at);
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
