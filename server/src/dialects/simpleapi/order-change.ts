import { compareDecimal, dateIn, invalid, isZero, Temporal, type AccountId } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import { dateText, plainDate } from '../../modules/billing/index.ts';
import type { Asked, Command } from '../../modules/lifecycle/index.ts';
import type { Operation } from '../../modules/access/index.ts';
import type { RateName } from '../../modules/catalog/index.ts';
import { dealsOf, isPriced, type Occasion } from './order-deals.ts';
import { heldItems, itemsAcross, itemsIn, type Reasons } from './order-items.ts';
import type { ReadOrder, ScheduledOn } from './order-request.ts';
import type { PlanRates, Subject, Subjects } from './order-subject.ts';

/** What an order about a subscription asks the engine for. */
export type Wanted = {
  readonly command: Command;
  readonly operation: Exclude<Operation, `lmpi.${string}`>;
  /** By the index of each item, the line that it comes from; -1: none. */
  readonly lineOf: readonly number[];
};

/** A change order (SimpleAPI reference 4.4): quantities, products, plan or period, a move, or an end that is aligned. */
export async function changeWanted(
  found: Subjects,
  caller: AccountNode,
  subject: Subject,
  order: ReadOrder,
): Promise<Wanted> {
  const reasons: Reasons = [];
  const wanted = await wantedOf(found, caller.account.id, subject, order, reasons);
  if (reasons.length > 0) throw invalid(reasons);
  return withDeals(wanted, caller, subject, order, 'change');
}

async function wantedOf(
  found: Subjects,
  accountId: AccountId,
  subject: Subject,
  order: ReadOrder,
  reasons: Reasons,
): Promise<Wanted> {
  if (order.isMove || targetOf(order) !== undefined) return moveWanted(found, accountId, subject, order, reasons);
  const target = await targetPlan(found, subject, order);
  if (order.align !== undefined) {
    const endOn = await alignedEnd(found, accountId, subject, order, target !== undefined);
    return { command: { kind: 'expiry', endOn }, operation: 'subscriptions.expiry', lineOf: [] };
  }
  if (target !== undefined) {
    checkModel(target, order, reasons);
    const across = itemsAcross(subject, target, order.lines, reasons);
    const start = order.upgradeStart === 'FROM_OLD_START_DATE' ? 'keep' : 'now';
    const command = { kind: 'switch', planId: target.plan.planId, start, items: across?.items ?? null } as const;
    return { command, operation: 'subscriptions.switch', lineOf: across?.lineOf ?? [] };
  }
  checkModel(subject, order, reasons);
  if (order.upgradeStart !== undefined) {
    const message = 'This belongs to a switch: name the plan with planId, or the subscriptionPeriod.';
    reasons.push({ code: 'simpleapi.no_switch', field: 'upgradeStartType', message });
  }
  if (order.lines.length === 0) {
    reasons.push({ code: 'simpleapi.required_field', field: 'products', message: 'Say what is to change.' });
  }
  const { items, lineOf } = itemsIn(subject, order.lines, reasons);
  return { command: { kind: 'change', items, cascade: false }, operation: 'subscriptions.change', lineOf };
}

/** Prices go with the items that the lines make. */
function withDeals(
  wanted: Wanted,
  caller: AccountNode,
  { node, plan, customer }: Subject,
  { lines, period }: ReadOrder,
  occasion: Occasion,
): Wanted {
  const { command, lineOf } = wanted;
  const line = lines.find(isPriced);
  if (line === undefined) return wanted;
  if (!isPriceable(command) || command.items === null) {
    return refuse(
      `products[${line.index}]`,
      'no_prices_here',
      'Prices go with quantities, a new product or another plan.',
    );
  }
  const sides = { caller, owner: node, customerNumber: customer.number };
  const term = (occasion === 'renewal' ? period : undefined) ?? plan.subscriptionPeriod;
  const deals = lines.map((one) => dealsOf(sides, one, term, occasion));
  const items = command.items.map((item, index) => {
    const own = isZero(item.quantity) ? [] : (deals[lineOf[index] ?? -1] ?? []);
    return own.length === 0 ? item : { ...item, deals: own };
  });
  return { ...wanted, command: { ...command, items } };
}

function isPriceable(command: Command): command is Extract<Command, { kind: 'change' | 'switch' | 'renew' }> {
  return command.kind === 'change' || command.kind === 'switch' || command.kind === 'renew';
}

function checkModel({ plan }: PlanRates, { billingModel }: ReadOrder, reasons: Reasons): void {
  if (billingModel === undefined || billingModel === plan.billingModel) return;
  const message = `${plan.name} is billed in another way. Leave this out, or name a plan that is billed so.`;
  reasons.push({ code: 'simpleapi.other_billing_model', field: 'billingModel', message });
}

/** The plan of a switch: named, or found by its period or by a product that the subscription is to have. Undefined: the plan stays. */
async function targetPlan(found: Subjects, subject: Subject, order: ReadOrder): Promise<PlanRates | undefined> {
  const { plan } = subject;
  if (order.planNumber !== undefined) {
    const isSame = order.planNumber === plan.number;
    if (isSame && order.lines.length > 0) return undefined;
    const target = await found.planOf(subject.node, order.planNumber);
    const { subscriptionPeriod: own } = target.plan;
    if (order.period !== undefined && (order.period.unit !== own.unit || order.period.count !== own.count)) {
      refuse('subscriptionPeriod', 'other_period', `${target.plan.name} has a period of ${own.count} ${own.unit}(s).`);
    }
    return target;
  }
  const { period } = order;
  if (
    period !== undefined &&
    (period.unit !== plan.subscriptionPeriod.unit || period.count !== plan.subscriptionPeriod.count)
  ) {
    return planOfPeriod(found, subject, order, period);
  }
  return planOfSwap(found, subject, order);
}

async function planOfPeriod(
  found: Subjects,
  { node, plan, subscription }: Subject,
  order: ReadOrder,
  { unit, count }: NonNullable<ReadOrder['period']>,
): Promise<PlanRates> {
  const becomes = order.lines.flatMap((line) => line.becomes ?? []);
  const names: RateName[] = becomes.length > 0 ? becomes : subscription.items.map(({ mpn }) => ({ mpn }));
  const all = await found.plansWith(node, names);
  const fitting = all.filter(
    ({ plan: { product, subscriptionPeriod: of, licenseVersion, vendor } }) =>
      of.unit === unit &&
      of.count === count &&
      licenseVersion === 'full' &&
      (product.id === plan.product.id || vendor.id === plan.vendor.id),
  );
  return only(fitting, 'subscriptionPeriod', `Your catalog has no plan of ${count} ${unit}(s) with these products.`);
}

/** A product that the plan does not have comes with another plan. */
async function planOfSwap(found: Subjects, subject: Subject, order: ReadOrder): Promise<PlanRates | undefined> {
  const becomes = order.lines.flatMap((line) => line.becomes ?? []);
  if (becomes.length === 0) return undefined;
  const isWithin = becomes.every((name) =>
    [...subject.rates.values()].some((rate) =>
      'mpn' in name ? rate.mpn === name.mpn : 'number' in name && rate.number === name.number,
    ),
  );
  if (isWithin) return undefined;
  const line = order.lines.find((one) => one.becomes !== undefined)!;
  const field = `products[${line.index}].${line.becomes !== undefined && 'number' in line.becomes ? 'newId' : 'newMPN'}`;
  const plans = await found.plansWith(subject.node, becomes);
  const { subscriptionPeriod: own } = subject.plan;
  const alike = plans.filter(({ plan: { subscriptionPeriod: of } }) => of.unit === own.unit && of.count === own.count);
  return only(
    alike.length > 0 ? alike : plans,
    field,
    'Your catalog has no product with this name.',
    'orders.unknown_product',
  );
}

function only(plans: readonly PlanRates[], field: string, none: string, code = 'simpleapi.no_such_plan'): PlanRates {
  const [plan, other] = plans;
  if (plan !== undefined && other === undefined) return plan;
  if (plan === undefined) throw invalid([{ code, field, message: none }]);
  const names = plans.map((one) => `${one.plan.number} (${one.plan.name})`).join(', ');
  return refuse('planId', 'ambiguous_plan', `Several plans fit. Name one with planId: ${names}.`);
}

function refuse(field: string, code: string, message: string): never {
  throw invalid([{ code: `simpleapi.${code}`, field, message }]);
}

function targetOf({ target, lines }: ReadOrder) {
  return target ?? lines.find((line) => line.target !== undefined)?.target;
}

/** Units into another subscription of the customer (partial upgrade). */
async function moveWanted(
  found: Subjects,
  accountId: AccountId,
  subject: Subject,
  order: ReadOrder,
  reasons: Reasons,
): Promise<Wanted> {
  const pointer = targetOf(order);
  if (order.lines.length === 0) {
    reasons.push({ code: 'simpleapi.required_field', field: 'products', message: 'Say what is to move.' });
  }
  if (pointer === undefined) return splitWanted(found, subject, order, reasons);
  const other = [order.target, ...order.lines.map((line) => line.target)].find(
    (one) => one !== undefined && one.id !== pointer.id,
  );
  if (other !== undefined)
    refuse(other.field, 'several_subscriptions', 'One order moves to one subscription. Place an order for each.');
  if (order.planNumber !== undefined)
    refuse('planId', 'misplaced_field', 'A move goes to a subscription, which has its plan.');
  if (order.align !== undefined && order.align.type !== 'CO_TERM_PARTIAL_UPGRADE') {
    refuse(
      order.align.at,
      'misplaced_field',
      'What is moved ends with the subscription that it goes to: CO_TERM_PARTIAL_UPGRADE, or nothing.',
    );
  }
  const target = await found.subscriptionOf(accountId, subject.customer, pointer);
  const { items, lineOf } = heldItems(subject, order.lines, reasons);
  return { command: { kind: 'move', items, targetId: target.id }, operation: 'subscriptions.move', lineOf };
}

/** Units into a subscription that the order makes: of the plan that is named, or of the same; with the same end where that is asked for. */
async function splitWanted(
  found: Subjects,
  subject: Subject,
  { planNumber, period, align, lines }: ReadOrder,
  reasons: Reasons,
): Promise<Wanted> {
  if (period !== undefined)
    refuse(
      'subscriptionPeriod',
      'misplaced_field',
      'Name the plan of the new subscription with planId: it has its period.',
    );
  if (align !== undefined && align.type !== 'CO_TERM_PARTIAL_UPGRADE') {
    const message =
      'A new subscription ends with the one that it comes from (CO_TERM_PARTIAL_UPGRADE), or has a term of its own.';
    refuse(align.at, 'misplaced_field', message);
  }
  const plan = planNumber === undefined ? undefined : (await found.planOf(subject.node, planNumber)).plan;
  const { items, lineOf } = heldItems(subject, lines, reasons);
  const opens = { planId: plan?.planId ?? null, end: align === undefined ? 'own' : 'same' } as const;
  return { command: { kind: 'move', items, targetId: null, opens }, operation: 'subscriptions.move', lineOf };
}

/** The first day after a term that is brought to another one's end, or to the end of the calendar month in which it ends. */
async function alignedEnd(
  found: Subjects,
  accountId: AccountId,
  { plan, subscription, customer }: Subject,
  { align, lines, scheduledOn }: ReadOrder,
  isSwitch: boolean,
): Promise<string> {
  const { type, at, other } = align!;
  if (lines.some((line) => line.quantity !== undefined || line.becomes !== undefined) || isSwitch) {
    refuse(
      'alignExpirationDate',
      'one_at_a_time',
      'Align the end in an order of its own, without quantities and without a plan.',
    );
  }
  if (scheduledOn !== undefined) refuse('scheduledOn', 'misplaced_field', 'An end is aligned at once.');
  const { coterm } = plan.policies;
  const isMonth = type === 'MATCH_END_OF_CALENDAR_MONTH';
  if (!coterm.allowed || !(isMonth ? coterm.toCalendarMonth : coterm.toSubscription)) {
    refuse(at, 'not_alignable', `${plan.name} can't be aligned so.`);
  }
  if (isMonth) {
    const last = plainDate(subscription.endOn).subtract({ days: 1 });
    return dateText(last.with({ day: 1 }).add({ months: 1 }));
  }
  if (other === undefined)
    return refuse('alignExpirationDate.subscriptionId', 'required_field', 'Name the other subscription.');
  return (await found.subscriptionOf(accountId, customer, other)).endOn;
}

/** A renewal for the next term (SimpleAPI reference 4.4), with other quantities and at other prices where there are products. */
export async function renewalWanted(
  found: Subjects,
  caller: AccountNode,
  subject: Subject,
  order: ReadOrder,
): Promise<Wanted> {
  const { lines, align, period } = order;
  const reasons: Reasons = [];
  const asHeld = lines.filter((line) => line.quantity === undefined);
  const held = heldItems(subject, asHeld, reasons);
  const said = itemsIn(
    subject,
    lines.filter((line) => line.quantity !== undefined),
    reasons,
  );
  if (reasons.length > 0) throw invalid(reasons);
  // A line without a quantity and without a price only says what is renewed anyway.
  const kept = held.items.flatMap((item, index) =>
    isPriced(asHeld[index]!) ? [{ item, line: held.lineOf[index]! }] : [],
  );
  const command = {
    kind: 'renew',
    from: 'expiry',
    months: period === undefined ? null : monthsOf(period),
    items: [...said.items, ...kept.map(({ item }) => item)],
    align: align === undefined ? null : await alignmentOf(found, caller.account.id, subject, align),
  } as const;
  const lineOf = [...said.lineOf, ...kept.map(({ line }) => line)];
  return withDeals({ command, operation: 'subscriptions.renew', lineOf }, caller, subject, order, 'renewal');
}

function monthsOf({ unit, count }: NonNullable<ReadOrder['period']>): number {
  if (unit === 'day') return refuse('subscriptionPeriod', 'no_days', 'A term is renewed for months or years.');
  return unit === 'year' ? count * 12 : count;
}

export async function alignmentOf(
  found: Subjects,
  accountId: AccountId,
  { customer }: Pick<Subject, 'customer'>,
  { type, at, other }: NonNullable<ReadOrder['align']>,
) {
  if (type === 'MATCH_END_OF_CALENDAR_MONTH') return { kind: 'calendar_month' } as const;
  if (other === undefined)
    return refuse(`${at.split('.')[0]}.subscriptionId`, 'required_field', 'Name the other subscription.');
  const { id } = await found.subscriptionOf(accountId, customer, other);
  return { kind: 'subscription', subscriptionId: id } as const;
}

/** A cancellation ends the whole subscription; products may be named, but not a part of it (SimpleAPI reference 4.4). */
export function cancellationWanted(subject: Subject, { lines }: ReadOrder): Wanted {
  const reasons: Reasons = [];
  const { items } = heldItems(subject, lines, reasons);
  if (reasons.length > 0) throw invalid(reasons);
  const left = subject.subscription.items.filter(({ rateId }) => !items.some((item) => item.rateId === rateId));
  if (lines.length > 0 && left.length > 0) {
    const names = left.map(({ mpn }) => mpn).join(', ');
    refuse(
      'products',
      'partial_cancellation',
      `A cancellation ends all of it, also ${names}. To end a part, place a change with quantity 0.`,
    );
  }
  for (const [index, { rateId, quantity }] of items.entries()) {
    const held = subject.subscription.items.find((item) => item.rateId === rateId)!;
    const isAll = isZero(quantity) || compareDecimal(quantity, held.quantity) === 0;
    if (!isAll)
      refuse(
        `products[${index}].quantity`,
        'partial_cancellation',
        'A cancellation ends all units. For fewer, place a change.',
      );
  }
  return { command: { kind: 'cancel', reason: null }, operation: 'subscriptions.cancel', lineOf: [] };
}

/** When it is to happen: a date-time is the owner's date of it. */
export function momentOf(scheduledOn: ScheduledOn | undefined, timeZone: string): Asked['moment'] {
  if (scheduledOn === undefined) return { at: 'now' };
  if ('renewal' in scheduledOn) return { at: 'renewal' };
  if ('date' in scheduledOn) return { at: 'date', on: scheduledOn.date };
  return { at: 'date', on: dateText(dateIn(Temporal.Instant.from(scheduledOn.instant), timeZone)) };
}
