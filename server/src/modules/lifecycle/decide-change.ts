import { formatDecimal, isZero, type Decimal, type RateId } from '@tierline/kernel';
import type { Subscription } from '../subscriptions/index.ts';
import type { ChangeCommand } from './command.ts';
import type { Context, LoadedPlan } from './context.ts';
import { draft, type Decision } from './draft.ts';
import { notBeforeEnd } from './not-before-end.ts';
import { applyQuantities } from './quantities.ts';
import { cascaded, nearestValid, orphans, quantityReasons } from './rules.ts';
import { refuse, refuseAll, requireActive } from './refusals.ts';

/** Other quantities from now on: more, fewer, new items, removed ones. */
export function decideChange(context: Context, subscription: Subscription, command: ChangeCommand): Decision {
  requireActive(subscription);
  const wanted = wantedQuantities(context, subscription, command);
  const decided = draft('change');
  decided.open(subscription);
  const stuck = applyQuantities(decided, context, context.current, subscription.id, wanted, command);
  if (stuck.length === 0) {
    if (decided.lines.length === 0)
      refuse(
        'lifecycle.nothing_changes',
        'items',
        'The subscription holds exactly this already. Ask for other quantities.',
      );
    decided.event('subscription.changed', subscription.id);
    return decided.done();
  }
  return notBeforeEnd(context.current, subscription, command, stuck, shown(context.current, wanted));
}

/** What the subscription is to hold: what it holds, with what is asked for over it. Throws every reason against it. */
export function wantedQuantities(
  { current }: Pick<Context, 'current'>,
  { items }: Pick<Subscription, 'items'>,
  command: Pick<ChangeCommand, 'items' | 'cascade'>,
  isWithinTerm = true,
): Map<RateId, Decimal> {
  const { plan, rates } = current;
  const { policies } = plan;
  const wanted = new Map(items.map(({ rateId, quantity }) => [rateId, quantity]));
  for (const [index, { rateId, quantity }] of command.items.entries()) {
    if (!rates.has(rateId))
      refuse(
        'lifecycle.unknown_rate',
        `items.${index}.rate_id`,
        'The plan of this subscription has no such product. Name one of its own, or switch the plan.',
      );
    wanted.set(rateId, quantity);
  }
  const asked = new Set(command.items.map(({ rateId }) => rateId));
  const takesAlong = command.cascade || policies.orphans === 'cascade';
  const withThem = cascaded({ rates, wanted, policies });
  const inTheWay = takesAlong ? [] : orphans({ rates, wanted, policies }).filter(({ rate }) => !asked.has(rate.rateId));
  refuseAll(
    inTheWay.map(({ rate, most }) => ({
      code: 'lifecycle.add_on_in_the_way',
      field: `items.${rate.mpn}`,
      message: `${rate.name} stands on what is to go; it may have ${formatDecimal(most)} at most. Name it too, or ask for cascade.`,
    })),
    { nearest_valid: { items: shown(current, withThem) } },
  );
  // What was asked for is not made less in silence: it is refused where its base does not allow it.
  const complete = takesAlong ? cascaded({ rates, wanted, policies }, asked) : wanted;
  const rules = { rates, policies, items, wanted: complete, isWithinTerm };
  const nearest = nearestValid(rules);
  refuseAll(
    quantityReasons(rules),
    nearest === undefined ? undefined : { nearest_valid: { items: shown(current, nearest) } },
  );
  if ([...complete.values()].every(isZero)) {
    refuse('lifecycle.nothing_left', 'items', 'Nothing would be left. Cancel the subscription instead.');
  }
  return complete;
}

function shown({ rates }: LoadedPlan, wanted: ReadonlyMap<RateId, Decimal>) {
  return [...wanted].map(([rateId, quantity]) => ({
    rate_id: rateId,
    mpn: rates.get(rateId)?.mpn ?? null,
    quantity: formatDecimal(quantity),
  }));
}
