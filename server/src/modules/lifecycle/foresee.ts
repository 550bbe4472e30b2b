import {
  compareDecimal,
  isTierlineError,
  isZero,
  startOfDay,
  subtractDecimal,
  zero,
  type RateId,
  type Decimal,
} from '@tierline/kernel';
import { plainDate } from '../billing/index.ts';
import { newItem, type Item, type Subscription } from '../subscriptions/index.ts';
import type { LaterCommand } from './command.ts';
import { todayOf, type Context } from './context.ts';
import { wantedQuantities } from './decide-change.ts';
import { convertTarget, mapItems, switchTarget } from './decide-switch.ts';
import { itemOf } from './draft.ts';
import type { Intent, LaterMoment } from './intent.ts';
import { planReturn, withFreeReturns } from './returns.ts';

/** A subscription as it will be at a moment, as far as what is planned before it says: its plan, its quantities, its renewal. */
export type Foreseen = {
  readonly context: Context;
  readonly subscription: Subscription;
  /** The day of the moment, and whether the term of today still binds on it. */
  readonly on: string;
  readonly isWithinTerm: boolean;
};

/** Does in thought what waits before a moment, in the order in which it will be done. What would be refused changes nothing. */
export function foresee(context: Context, subscription: Subscription, moment: LaterMoment): Foreseen {
  const termEnd = subscription.ledger.at(-1)?.upcoming?.from ?? subscription.endOn;
  const on = moment.at === 'date' ? moment.on : subscription.endOn;
  let then: Pick<Foreseen, 'context' | 'subscription'> = { context, subscription };
  for (const intent of context.intents
    .filter((one) => isBefore(one, moment, subscription.endOn))
    .toSorted(byMoment(subscription.endOn))) {
    const day = intent.moment.at === 'date' ? intent.moment.on : subscription.endOn;
    then = afterwards(then, intent.command, day, day < termEnd);
  }
  const isWithinTerm = moment.at === 'date' && on < termEnd && on >= todayOf(context);
  return { ...then, on, isWithinTerm };
}

function isBefore({ moment }: Intent, other: LaterMoment, endOn: string): boolean {
  if (moment.at === 'date') return moment.on <= (other.at === 'date' ? other.on : endOn);
  return other.at === 'renewal' || other.on > endOn;
}

/** Days come before the end of the term that falls on one of them; what has one moment is done in the order in which it was asked for. */
function byMoment(endOn: string): (a: Intent, b: Intent) => number {
  const key = ({ moment, createdAt, id }: Intent): string =>
    `${moment.at === 'date' ? `${moment.on} 0` : `${endOn} 1`} ${createdAt} ${id}`;
  return (a, b) => (key(a) < key(b) ? -1 : 1);
}

type State = Pick<Foreseen, 'context' | 'subscription'>;

function afterwards(state: State, command: LaterCommand, day: string, isWithinTerm: boolean): State {
  const { context, subscription } = state;
  try {
    switch (command.kind) {
      case 'change': {
        const wanted = wantedQuantities(context, subscription, command, isWithinTerm);
        return { context, subscription: { ...subscription, items: held(context, subscription, wanted, day) } };
      }
      case 'switch': {
        const current = switchTarget(context, command);
        return { context: { ...context, current }, subscription: switched(state, current, command.items, day) };
      }
      case 'convert': {
        const current = convertTarget(context, command);
        return { context: { ...context, current }, subscription: switched(state, current, null, day) };
      }
      case 'auto_renewal':
        return { context, subscription: { ...subscription, autoRenewal: command.on } };
      case 'cancel':
        // That it ends before is told with the cancellation.
        return state;
    }
  } catch (error) {
    if (!isTierlineError(error) || error.kind === 'bug') throw error;
    return state;
  }
}

function held(context: Context, subscription: Subscription, wanted: ReadonlyMap<RateId, Decimal>, day: string): Item[] {
  const at = startOfDay(plainDate(day), context.owner.account.timeZone);
  const free = withFreeReturns(context).current.plan.policies.reduction;
  return [...wanted].flatMap(([rateId, quantity]): Item[] => {
    const rate = context.current.rates.get(rateId);
    const item = itemOf(subscription, rateId);
    if (rate === undefined || isZero(quantity)) return [];
    if (item === undefined) return [newItem(rate, quantity, at.toString())];
    const fewer = subtractDecimal(item.quantity, quantity);
    if (compareDecimal(fewer, zero) > 0) {
      const { batches } = planReturn(free, item, fewer, subscription, at, context.owner.account.timeZone);
      return [{ ...item, quantity, batches }];
    }
    const added = isZero(fewer) ? [] : [{ quantity: subtractDecimal(quantity, item.quantity), at: at.toString() }];
    return [{ ...item, quantity, batches: [...item.batches, ...added] }];
  });
}

function switched(
  { context, subscription }: State,
  target: Context['current'],
  items: Parameters<typeof mapItems>[2],
  day: string,
): Subscription {
  const at = startOfDay(plainDate(day), context.owner.account.timeZone).toString();
  const mapped = mapItems(subscription, target, items);
  const { planId, version } = target.plan;
  return {
    ...subscription,
    planId,
    planVersion: version,
    items: mapped.map(({ rate, quantity }) => newItem(rate, quantity, at)),
  };
}
