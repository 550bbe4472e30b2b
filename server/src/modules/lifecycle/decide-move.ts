import {
  addDecimal,
  compareDecimal,
  isZero,
  maxDecimal,
  subtractDecimal,
  zero,
  type Decimal,
  type RateId,
} from '@tierline/kernel';
import type { Batch, Item, Subscription } from '../subscriptions/index.ts';
import type { MoveCommand, WantedItem } from './command.ts';
import type { Beside, Context, LoadedPlan } from './context.ts';
import { wantedQuantities } from './decide-change.ts';
import { draft, itemOf, type Decision, type Draft } from './draft.ts';
import { applyQuantities } from './quantities.ts';
import { refuse, requireActive } from './refusals.ts';
import { planReturn, withFreeReturns } from './returns.ts';
import { born, unborn, unbornTarget } from './split.ts';

/** Units of one product on their way, with the moments at which they came. */
type Moved = {
  readonly from: RateId;
  readonly to: RateId;
  readonly quantity: Decimal;
  readonly batches: readonly Batch[];
};

/** Units out of one subscription into another of the same customer: given back here, bought there, both by the day. */
export function decideMove(context: Context, subscription: Subscription, command: MoveCommand): Decision {
  requireActive(subscription);
  const other = targetOf(context, subscription, command);
  const target = other.subscription;
  const moved = command.items.map((item, index) => movedItem(context, subscription, other.loaded, item, index));
  if (subscription.items.every((item) => isZero(left(item, moved)))) {
    refuse(
      'lifecycle.nothing_left',
      'items',
      'Nothing would be left here. Cancel this subscription and change the other.',
    );
  }
  // Moving is no giving back: its windows and commitments don't count, and it is settled by the day on both sides.
  const here = withFreeReturns(context);
  const there = withFreeReturns({ ...context, current: other.loaded });
  const out = moved.map(({ from }) => ({ rateId: from, quantity: left(itemOf(subscription, from)!, moved) }));
  const inn = gained(target, moved);
  const decided = draft('change');
  decided.open(subscription);
  decided.open(target);
  if (target.version === unborn) {
    decided.set(target.id, born(target));
    decided.event('subscription.created', target.id, { status: 'active', end_on: target.endOn });
  }
  const asked = { cascade: false };
  applyQuantities(
    decided,
    here,
    here.current,
    subscription.id,
    wantedQuantities(here, subscription, { ...asked, items: out }),
    { items: out },
  );
  applyQuantities(
    decided,
    there,
    there.current,
    target.id,
    wantedQuantities(there, target, { ...asked, items: inn }),
    { items: inn },
    { hasSetup: false },
  );
  carryOver(decided, subscription, target, moved);
  decided.event('subscription.moved_out', subscription.id, { to_subscription_id: target.id });
  decided.event('subscription.moved_in', target.id, { from_subscription_id: subscription.id });
  return decided.done();
}

/** Another subscription of the customer that there is, or one that this order makes. */
function targetOf(context: Context, subscription: Subscription, command: MoveCommand): Omit<Beside, 'intents'> {
  if (command.opens !== undefined) {
    if (context.newIdentity === undefined) throw new Error('Nothing was taken for the subscription that a move makes.');
    return unbornTarget(context, subscription, command.opens, context.newIdentity);
  }
  const other = context.others.get(command.targetId);
  if (other === undefined || other.subscription.customerId !== subscription.customerId) {
    refuse(
      'lifecycle.move_target_unknown',
      'target_id',
      'The customer has no such subscription. Name another one of the same customer.',
    );
  }
  const target = other.subscription;
  if (target.id === subscription.id) refuse('lifecycle.move_to_itself', 'target_id', 'Name another subscription.');
  requireActive(target);
  return other;
}

function movedItem(
  context: Context,
  subscription: Subscription,
  loaded: LoadedPlan,
  { rateId, quantity }: WantedItem,
  index: number,
): Moved {
  const item = itemOf(subscription, rateId);
  const field = `items.${index}`;
  if (item === undefined || compareDecimal(quantity, item.quantity) > 0 || compareDecimal(quantity, zero) <= 0) {
    refuse('lifecycle.move_too_many', `${field}.quantity`, 'Give more than 0 and at most what the subscription holds.');
  }
  const to = [...loaded.rates.values()].find(({ resourceId }) => resourceId === item.resourceId);
  if (to === undefined)
    refuse('lifecycle.no_match_in_plan', `${field}.rate_id`, `${loaded.plan.name} has no ${item.name}.`);
  const { reduction } = withFreeReturns(context).current.plan.policies;
  const { timeZone } = context.owner.account;
  const { parts } = planReturn(reduction, item, quantity, subscription, context.at, timeZone);
  const batches = parts.map((part) => ({ quantity: part.quantity, at: part.cameAt.toString() }));
  return { from: rateId, to: to.rateId, quantity, batches };
}

function left({ rateId, quantity }: Item, moved: readonly Moved[]): Decimal {
  return moved
    .filter(({ from }) => from === rateId)
    .reduce((rest, one) => subtractDecimal(rest, one.quantity), quantity);
}

function gained({ items }: Subscription, moved: readonly Moved[]): WantedItem[] {
  const totals = new Map<RateId, Decimal>();
  for (const { to, quantity } of moved) {
    const before = totals.get(to) ?? items.find(({ rateId }) => rateId === to)?.quantity ?? zero;
    totals.set(to, addDecimal(before, quantity));
  }
  return [...totals].map(([rateId, quantity]) => ({ rateId, quantity }));
}

/** Moved units stay as old and as bound as they were: a move opens no new window to give them back in. */
function carryOver(decided: Draft, source: Subscription, target: Subscription, moved: readonly Moved[]): void {
  const arrived = decided.state(target.id).items.map((item): Item => {
    const ours = moved.filter(({ to }) => to === item.rateId);
    const had = itemOf(target, item.rateId);
    const batches = [...(had?.batches ?? []), ...ours.flatMap((one) => one.batches)].toSorted((a, b) =>
      a.at < b.at ? -1 : 1,
    );
    return { ...item, batches, committed: addDecimal(had?.committed ?? zero, boundOf(source, ours)) };
  });
  const stayed = decided.state(source.id).items.map((item): Item => {
    const ours = moved.filter(({ from }) => from === item.rateId);
    return { ...item, committed: subtractDecimal(item.committed, boundOf(source, ours)) };
  });
  decided.set(target.id, { items: arrived });
  decided.set(source.id, { items: stayed });
}

/** How many of the moved units their term began with: what was added later goes first. */
function boundOf(source: Subscription, moved: readonly Moved[]): Decimal {
  return moved.reduce((sum, { from, quantity }) => {
    const item = itemOf(source, from)!;
    const added = maxDecimal(subtractDecimal(item.quantity, item.committed), zero);
    const bound = maxDecimal(subtractDecimal(quantity, added), zero);
    return addDecimal(sum, bound);
  }, zero);
}
