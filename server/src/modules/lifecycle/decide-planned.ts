import {
  compareDecimal,
  invalid,
  isTierlineError,
  startOfDay,
  subtractDecimal,
  zero,
  isZero,
  type Reason,
} from '@tierline/kernel';
import { plainDate } from '../billing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { ChangeCommand, Command, SwitchCommand } from './command.ts';
import type { Context, LoadedPlan } from './context.ts';
import { wantedQuantities } from './decide-change.ts';
import { checkQuantities, convertTarget, mapItems, switchTarget } from './decide-switch.ts';
import { itemOf, refusedAsPlanned, type Warning } from './draft.ts';
import { foresee, type Foreseen } from './foresee.ts';
import { checkDeals, refuseHeldDeals } from './item-deals.ts';
import type { LaterMoment } from './intent.ts';
import { refuseStuck, waitsText, type Stuck } from './not-before-end.ts';
import { isReplaced } from './overtaken.ts';
import { sameLength } from './plan-switches.ts';
import { planReturn } from './returns.ts';
import { reductionsOf, type Reduction } from './switch-reductions.ts';

/**
 * Looks at a planned command with the state that will be at its moment, what is planned before it being done. What can never be is
 * refused now: what the plan forbids, what it says against itself, what the term binds. What another command may still put right is told.
 */
export function checkPlanned(
  context: Context,
  subscription: Subscription,
  command: Command,
  moment: LaterMoment,
): Warning[] {
  // What gives way to this command does not come before it.
  const intents = context.intents.filter((intent) => !isReplaced(intent, command, moment));
  const then = foresee({ ...context, intents }, subscription, moment);
  switch (command.kind) {
    case 'change':
      return [...changeDeals(then, command, moment), ...plannedChange(then, command)];
    case 'switch':
      return [...switchDeals(then, command, moment), ...plannedSwitch(then, command)];
    case 'convert':
      convertTarget(then.context, command);
      return [];
    default:
      return [];
  }
}

/** Whether a term ends at a moment and the next one begins, as far as can be said before. */
function isTermEnd(moment: LaterMoment, { endOn }: Subscription): boolean {
  return moment.at === 'renewal' || moment.on === endOn;
}

function changeDeals({ context, subscription }: Foreseen, { items }: ChangeCommand, moment: LaterMoment): Warning[] {
  if (isTermEnd(moment, subscription)) return checkDeals(context, context.current, items, 'term_to_come');
  refuseHeldDeals(items, subscription);
  return checkDeals(context, context.current, items, 'term_of_today');
}

function switchDeals({ context, subscription }: Foreseen, command: SwitchCommand, moment: LaterMoment): Warning[] {
  const target = switchTarget(context, command);
  const isKept = command.start === 'keep' && sameLength(context.current.plan, target.plan);
  const since = isKept && isTermEnd(moment, subscription) ? 'term_to_come' : 'term_of_today';
  return checkDeals(context, target, command.items ?? [], since);
}

function plannedChange(then: Foreseen, command: ChangeCommand): Warning[] {
  const { context, subscription, isWithinTerm } = then;
  const { current } = context;
  try {
    const wanted = wantedQuantities(context, subscription, command, isWithinTerm);
    const fewer = subscription.items.flatMap((item): Reduction[] => {
      const rate = current.rates.get(item.rateId);
      const count = subtractDecimal(item.quantity, wanted.get(item.rateId)!);
      return rate === undefined || compareDecimal(count, zero) <= 0 ? [] : [{ item, rate, count }];
    });
    const isSame = [...wanted].every(
      ([rateId, quantity]) => compareDecimal(quantity, itemOf(subscription, rateId)?.quantity ?? zero) === 0,
    );
    if (isSame) return [refusedAsPlanned('The subscription would hold exactly this already.')];
    return stuckThen(then, command, fewer);
  } catch (error) {
    return toldUnlessFinal(error, (reason) => isFinal(reason, current, command));
  }
}

function plannedSwitch(then: Foreseen, command: SwitchCommand): Warning[] {
  const { context, subscription } = then;
  const target = switchTarget(context, command);
  try {
    const mapped = mapItems(subscription, target, command.items);
    checkQuantities(target, mapped);
    return stuckThen(then, command, reductionsOf(subscription, context.current, target, mapped));
  } catch (error) {
    // What follows from what is held may change; what the command names itself does not.
    return toldUnlessFinal(error, () => command.items !== null);
  }
}

/** Units that can't be given back on that day, because their window is over by then. */
function stuckThen(
  { context, subscription, on, isWithinTerm }: Foreseen,
  command: ChangeCommand | SwitchCommand,
  reductions: readonly Reduction[],
): Warning[] {
  if (!isWithinTerm) return [];
  const { timeZone } = context.owner.account;
  const { reduction } = context.current.plan.policies;
  const at = startOfDay(plainDate(on), timeZone);
  const stuck = reductions.flatMap(({ item, rate, count }): Stuck[] => {
    const { stuck: left } = planReturn(reduction, item, count, subscription, at, timeZone);
    return isZero(left) ? [] : [{ rate, count: left }];
  });
  if (stuck.length === 0) return [];
  if (reduction.after === 'refused') refuseStuck(stuck, subscription.endOn);
  return [{ code: 'lifecycle.scheduled_at_renewal', message: waitsText(command, stuck, subscription.endOn) }];
}

const neverCodes: readonly string[] = [
  'lifecycle.quantity_out_of_bounds',
  'lifecycle.below_commitment',
  'lifecycle.unknown_rate',
  'lifecycle.return_window_over',
];
const baseCodes: readonly string[] = [
  'lifecycle.base_missing',
  'lifecycle.more_than_base',
  'lifecycle.below_base_share',
];

/** Whether a reason stays one whatever else is asked for until then: bounds, the term's commitments, and a command against itself. */
function isFinal({ code, field }: Reason, { rates }: LoadedPlan, { items }: ChangeCommand): boolean {
  if (neverCodes.includes(code)) return true;
  if (!baseCodes.includes(code)) return false;
  const named = new Set(items.map(({ rateId }) => rateId));
  const rate = [...rates.values()].find(({ mpn, rateId }) => field === `items.${mpn}` && named.has(rateId));
  return rate !== undefined && rate.dependsOn.every((baseId) => named.has(baseId));
}

function toldUnlessFinal(error: unknown, isNever: (reason: Reason) => boolean): Warning[] {
  if (!isTierlineError(error) || error.kind === 'bug') throw error;
  const never = error.reasons.filter(isNever);
  if (never.length > 0) throw invalid([...never], error.details);
  return error.reasons.map(({ message }) => refusedAsPlanned(message));
}
