import {
  addDecimal,
  formatDecimal,
  instantText,
  isZero,
  maxDecimal,
  minDecimal,
  periodContaining,
  subtractDecimal,
  zero,
  type RateId,
} from '@tierline/kernel';
import {
  addItem,
  dateText,
  openEdge,
  plainDate,
  startOfCharging,
  type Booked,
  type EdgeLedger,
} from '../billing/index.ts';
import type { Rate } from '../catalog/index.ts';
import type { RatePrices } from '../pricing/index.ts';
import { newItem, type Item, type Subscription } from '../subscriptions/index.ts';
import type { ConvertCommand, SwitchCommand } from './command.ts';
import { convertedPlan, effectiveDates, isBetweenTerms, type Context, type LoadedPlan } from './context.ts';
import { settle } from './decide-renewal.ts';
import { draft, heldOf, noteAccrued, type Decision, type Draft } from './draft.ts';
import { endEdge } from './end-edge.ts';
import { notBeforeEnd, type Stuck } from './not-before-end.ts';
import { coversProduct, sameLength } from './plan-switches.ts';
import { book, lockedFor, settleLicenses, shrink } from './quantities.ts';
import { planReturn } from './returns.ts';
import { nearestValid, quantityReasons } from './rules.ts';
import { dealSince, dealtPrices } from './item-deals.ts';
import { requirePrices, requireSale } from './sale-reasons.ts';
import { refuse, refuseAll, requireActive } from './refusals.ts';
import {
  checkCommitment,
  heldBy,
  isSame,
  quantityBefore,
  reductionsOf,
  type Mapped,
  type Reduction,
} from './switch-reductions.ts';

/** Another plan: an upgrade, another period, or a suite that covers what is held. */
export function decideSwitch(context: Context, subscription: Subscription, command: SwitchCommand): Decision {
  requireActive(subscription);
  const target = switchTarget(context, command);
  const decided = draft('change');
  decided.open(subscription);
  const stuck = switchPlan(decided, context, subscription, target, command);
  if (stuck.length > 0) return notBeforeEnd(context.current, subscription, command, stuck);
  decided.event('subscription.plan_switched', subscription.id, { from_plan_id: subscription.planId });
  return decided.done();
}

/** The plan that a switch names. Refuses what is none, and a way into or out of a trial. */
export function switchTarget(
  { current, plans }: Pick<Context, 'current' | 'plans'>,
  { planId }: Pick<SwitchCommand, 'planId'>,
): LoadedPlan {
  const target = plans.get(planId);
  if (target === undefined)
    refuse('lifecycle.unknown_plan', 'plan_id', 'Your catalog has no such plan. Name one that you may sell.');
  if (current.plan.licenseVersion === 'trial')
    refuse('lifecycle.trial_switch', 'plan_id', 'This is a trial; convert it instead.');
  if (target.plan.licenseVersion === 'trial')
    refuse('lifecycle.switch_to_trial', 'plan_id', `${target.plan.name} is a trial. Name a full plan.`);
  return target;
}

/** A trial becomes paid: the same subscription, from now on or from the end of the trial. */
export function decideConvert(context: Context, subscription: Subscription, command: ConvertCommand): Decision {
  requireActive(subscription);
  const target = convertTarget(context, command);
  const decided = draft('change');
  decided.open(subscription);
  convert(decided, context, subscription, target);
  return decided.done();
}

/** The plan that a trial becomes: the one that is named, or that of its policy. */
export function convertTarget(context: Pick<Context, 'current' | 'plans'>, { planId }: ConvertCommand): LoadedPlan {
  if (context.current.plan.licenseVersion !== 'trial') {
    refuse('lifecycle.not_a_trial', 'subscription', 'The subscription is not a trial. Switch its plan instead.');
  }
  const target = planId === null ? convertedPlan(context) : context.plans.get(planId);
  if (target === undefined)
    refuse('lifecycle.unknown_plan', 'plan_id', 'Name the plan that the trial becomes, one that you may sell.');
  if (target.plan.licenseVersion !== 'full')
    refuse('lifecycle.convert_to_trial', 'plan_id', 'A trial becomes a full plan. Name one.');
  return target;
}

export function convert(decided: Draft, context: Context, subscription: Subscription, target: LoadedPlan): void {
  switchPlan(decided, context, subscription, target, { start: 'now', items: null });
  decided.set(subscription.id, { origin: { kind: 'trial' } });
  decided.event('subscription.converted', subscription.id, { from_plan_id: subscription.planId });
}

type Way = Pick<SwitchCommand, 'start' | 'items'>;

function switchPlan(
  decided: Draft,
  context: Context,
  subscription: Subscription,
  target: LoadedPlan,
  { start, items }: Way,
): Stuck[] {
  const { id } = subscription;
  checkWay(context, target);
  const mapped = mapItems(subscription, target, items);
  checkQuantities(target, mapped);
  noteSwitch(decided, context, subscription, mapped);
  if (isBetweenTerms(context, subscription)) settle(decided, context, id);
  const stuck = takeAway(decided, context, subscription, reductionsOf(subscription, context.current, target, mapped));
  if (stuck.length > 0) return stuck;
  const dates = effectiveDates(context, decided.state(id));
  const held = heldOf(decided.state(id), context.current);
  // A term that is kept may be at its end: then the one to come is the first of the new plan.
  const isKept = start === 'keep' && sameLength(context.current.plan, target.plan);
  const since = isKept ? dealSince(context, decided.state(id)) : 'term_of_today';
  const prices = mapped.map(({ rate }) => {
    const found = context.pricesNow(target.plan.planId, rate.rateId);
    const place = items?.findIndex(({ rateId }) => rateId === rate.rateId) ?? -1;
    const deals = items?.[place]?.deals ?? [];
    const dealt = dealtPrices(context, rate, found, deals, { field: `items.${place}`, since });
    return requirePrices(context, target, rate, dealt);
  });
  book(decided, id, (edge, index): Booked => {
    const ended = endEdge(context.current.plan, edge, held, dates[index]!, true);
    const opened = openedOn(context, target, edge, dates[index]!, start);
    const sold = sellAll(target, opened, mapped, prices, {
      index,
      on: dates[index]!,
      notForResale: subscription.notForResale,
    });
    return { edge: sold.edge, lines: [...ended.lines, ...sold.lines] };
  });
  become(decided, context, subscription, target, { mapped, start, startOn: dates.at(-1)! });
  return [];
}

/** Fewer units are given back as any are, by the policies of the plan that is left; what is kept is settled by the day. */
function takeAway(
  decided: Draft,
  context: Context,
  subscription: Subscription,
  reductions: readonly Reduction[],
): Stuck[] {
  const { current, owner, at } = context;
  checkCommitment(subscription, current, reductions);
  const returned = reductions.map(({ item, rate, count }) => ({
    item,
    rate,
    plan: planReturn(current.plan.policies.reduction, item, count, subscription, at, owner.account.timeZone),
  }));
  const stuck = returned.filter(({ plan }) => !isZero(plan.stuck));
  if (stuck.length > 0) return stuck.map(({ rate, plan }) => ({ rate, count: plan.stuck }));
  const { id } = subscription;
  const work = {
    decided,
    context,
    loaded: current,
    id,
    dates: effectiveDates(context, decided.state(id)),
    hasSetup: true,
    since: 'term_of_today' as const,
  };
  for (const { item, rate, plan } of returned) shrink(work, item, plan, rate);
  return [];
}

function checkWay(context: Context, target: LoadedPlan): void {
  const { plan } = target;
  const current = context.current.plan;
  if (!coversProduct(current, plan)) {
    refuse(
      'lifecycle.no_way_to_plan',
      'plan_id',
      `${plan.name} is of ${plan.product.name}, which does not cover ${current.product.name}. Name a plan of the same product, or of a suite that has it.`,
    );
  }
  if (plan.planId === current.planId && plan.version === current.version) {
    refuse('lifecycle.nothing_changes', 'plan_id', 'The subscription is on this plan already. Name another one.');
  }
  requireSale(context, target);
}

export function checkQuantities({ rates, plan }: LoadedPlan, mapped: readonly Mapped[]): void {
  if (mapped.length === 0)
    refuse('lifecycle.nothing_left', 'items', 'Nothing would be left. Cancel the subscription instead.');
  const wanted = new Map(mapped.map(({ rate, quantity }) => [rate.rateId, quantity]));
  const rules = { rates, policies: plan.policies, items: [], wanted, isWithinTerm: false };
  const nearest = nearestValid(rules);
  const shown =
    nearest &&
    [...nearest].map(([rateId, quantity]) => ({
      rate_id: rateId,
      mpn: rates.get(rateId)?.mpn ?? null,
      quantity: formatDecimal(quantity),
    }));
  refuseAll(quantityReasons(rules), shown && { nearest_valid: { items: shown } });
}

function noteSwitch(
  decided: Draft,
  { current }: Context,
  { id, items }: Subscription,
  mapped: readonly Mapped[],
): void {
  for (const one of mapped) {
    const { rate, quantity } = one;
    decided.line({ subscription: id, rate, quantity, previousQuantity: quantityBefore(one), origin: 'requested' });
  }
  for (const item of items) {
    const rate = current.rates.get(item.rateId);
    if (rate === undefined || mapped.some((one) => one.rate.rateId === item.rateId)) continue;
    decided.line({ subscription: id, rate, quantity: zero, previousQuantity: item.quantity, origin: 'requested' });
  }
  noteAccrued(decided, current, id);
}

/** The edge of the new plan from a date on, with nothing on it yet. */
function openedOn(
  { current }: Context,
  { plan }: LoadedPlan,
  edge: EdgeLedger,
  on: string,
  start: SwitchCommand['start'],
): EdgeLedger {
  const isTrial = current.plan.licenseVersion === 'trial';
  const isKept = start === 'keep' && sameLength(current.plan, plan);
  const anchorOn = start === 'keep' ? edge.anchorOn : on;
  return openEdge(plan, {
    sellerId: edge.sellerId,
    buyerId: edge.buyerId,
    startOn: on,
    anchorOn,
    // Months free of charge come with the first full license, not with every switch.
    chargeFrom: isTrial ? dateText(startOfCharging(plan, plainDate(on))) : edge.chargeFrom,
    endOn: isKept ? edge.endOn : endOf(plan, anchorOn, on),
  });
}

type Selling = { readonly index: number; readonly on: string; readonly notForResale: boolean };

function sellAll(
  { plan }: LoadedPlan,
  edge: EdgeLedger,
  mapped: readonly Mapped[],
  prices: readonly RatePrices[],
  { index, on, notForResale }: Selling,
): Booked {
  let booked: Booked = { edge, lines: [] };
  for (const [place, { rate, quantity }] of mapped.entries()) {
    const one = { rateId: rate.rateId, model: rate.priceModel, quantity };
    const added = addItem(plan, booked.edge, one, lockedFor(notForResale, prices[place]![index]), on);
    booked = { edge: added.edge, lines: [...booked.lines, ...added.lines] };
  }
  return booked;
}

type Switched = {
  readonly mapped: readonly Mapped[];
  readonly start: SwitchCommand['start'];
  readonly startOn: string;
};

function become(
  decided: Draft,
  context: Context,
  subscription: Subscription,
  target: LoadedPlan,
  { mapped, start, startOn }: Switched,
): void {
  const { plan } = target;
  const isTrial = context.current.plan.licenseVersion === 'trial';
  const last = decided.state(subscription.id).ledger.at(-1)!;
  const begins = start === 'now' ? { startOn } : {};
  decided.set(subscription.id, {
    ...begins,
    planId: plan.planId,
    planVersion: plan.version,
    name: plan.name,
    anchorOn: last.anchorOn,
    endOn: last.endOn,
    startChargeOn: last.chargeFrom,
    autoRenewal: plan.autoRenewalMonths !== null && (isTrial || subscription.autoRenewal),
    autoRenewalMonths: plan.autoRenewalMonths,
    renewalFailure: null,
    noticedOn: null,
    items: mapped
      .map((one) => itemOf(one, context, decided.state(subscription.id), start))
      .sort((a, b) => (a.rateId < b.rateId ? -1 : 1)),
    licenses: subscription.licenses.map((license) => ({
      ...license,
      ...begins,
      productId: plan.product.id,
      version: plan.licenseVersion,
      endOn: last.endOn,
      startChargeOn: last.chargeFrom,
      graceMonths: plan.graceMonths,
      enabled: true,
    })),
  });
  settleLicenses(decided, target, subscription.id);
}

/**
 * What only has another rate now came when it came, and more came now; where fewer are left, the oldest stay. With the dates of the term
 * its commitment stays, too.
 */
function itemOf(
  { rate, quantity, sources }: Mapped,
  { at, current, owner }: Context,
  subscription: Subscription,
  start: SwitchCommand['start'],
): Item {
  const item = newItem(rate, quantity, instantText(at));
  const kept = subscription.items.filter(({ rateId }) => sources.some((source) => source.rateId === rateId));
  if (kept.length === 0) return item;
  const held = heldBy({ sources: kept });
  const had = kept.flatMap(({ batches }) => batches).toSorted((a, b) => (a.at < b.at ? -1 : 1));
  const fewer = maxDecimal(subtractDecimal(held, quantity), zero);
  const { reduction } = current.plan.policies;
  const { batches } = planReturn(reduction, { batches: had }, fewer, subscription, at, owner.account.timeZone);
  const added = maxDecimal(subtractDecimal(quantity, held), zero);
  const bound = kept.reduce((sum, { committed }) => addDecimal(sum, committed), zero);
  return {
    ...item,
    batches: isZero(added) ? batches : [...batches, { quantity: added, at: instantText(at) }],
    committed: start === 'keep' ? minDecimal(bound, quantity) : quantity,
  };
}

/** The same resource in the new plan, in the same quantity, unless the command says otherwise. */
export function mapItems(subscription: Subscription, target: LoadedPlan, items: SwitchCommand['items']): Mapped[] {
  if (items !== null) {
    return items
      .map(({ rateId, quantity }, index) => {
        const rate = target.rates.get(rateId);
        if (rate === undefined)
          refuse(
            'lifecycle.unknown_rate',
            `items.${index}.rate_id`,
            'The new plan has no such product. Name one of its own.',
          );
        return { rate, quantity, sources: subscription.items.filter((item) => item.resourceId === rate.resourceId) };
      })
      .filter(({ quantity }) => !isZero(quantity));
  }
  const mapped = new Map<RateId, Mapped>();
  for (const item of subscription.items) {
    const rate = counterpart(item, subscription, target);
    if (rate === undefined) {
      refuse(
        'lifecycle.no_match_in_plan',
        'items',
        `${item.name} has no counterpart in ${target.plan.name}. Say in items what it becomes.`,
      );
    }
    const known = mapped.get(rate.rateId);
    // Two products that become one have its units together.
    const one =
      known === undefined
        ? { rate, quantity: item.quantity, sources: [item] }
        : { ...known, quantity: addDecimal(known.quantity, item.quantity), sources: [...known.sources, item] };
    mapped.set(rate.rateId, one);
  }
  return [...mapped.values()];
}

function counterpart(item: Item, subscription: Subscription, target: LoadedPlan): Rate | undefined {
  const rates = [...target.rates.values()];
  return (
    rates.find(({ resourceId }) => resourceId === item.resourceId) ??
    rates.find((rate) => isSame(rate, item)) ??
    onlyBase(rates, subscription)
  );
}

/** A plan of one base takes the only thing that is held, whatever that was called: a suite for a license of one of its parts. */
function onlyBase(rates: readonly Rate[], { items }: Subscription): Rate | undefined {
  const bases = rates.filter(({ dependsOn }) => dependsOn.length === 0);
  return bases.length === 1 && items.length === 1 ? bases[0] : undefined;
}

/** The end of the term that a date lies in, counted from the anchor. */
function endOf({ subscriptionPeriod }: LoadedPlan['plan'], anchorOn: string, on: string): string {
  return dateText(periodContaining(plainDate(anchorOn), subscriptionPeriod, plainDate(on)).range.end);
}
