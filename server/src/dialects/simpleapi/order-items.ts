import { isZero, zero, type Decimal, type Reason } from '@tierline/kernel';
import type { Rate, RateName } from '../../modules/catalog/index.ts';
import type { WantedItem } from '../../modules/lifecycle/index.ts';
import type { Item, Subscription } from '../../modules/subscriptions/index.ts';
import type { ReadLine } from './order-lines.ts';
import { nameField, nameText, ratesNamed, type PlanRates, type Subject } from './order-subject.ts';

/** The reasons against an order about a subscription, in the order in which they are found. */
export type Reasons = Reason[];

/** Which line each item comes from, so that what is wrong with an item is said of its line. */
export type Items = { readonly items: readonly WantedItem[]; readonly lineOf: readonly number[] };

/** The product of a plan that a line means. */
export function rateOf(loaded: PlanRates, line: ReadLine, reasons: Reasons): Rate | undefined {
  const field = nameField(line);
  if (line.name === undefined) {
    reasons.push({ code: 'simpleapi.required_field', field, message: 'Name the product by its mpn or its id.' });
    return undefined;
  }
  const rate = onlyRate(loaded, line.name, { field, vendor: line.vendor }, reasons);
  if (rate === undefined) return undefined;
  if (line.alsoMpn !== undefined && line.alsoMpn !== rate.mpn) {
    const message = 'The id and the mpn name two different products.';
    reasons.push({ code: 'simpleapi.id_and_mpn_differ', field, message });
  }
  return rate;
}

export function onlyRate(
  loaded: PlanRates,
  name: RateName,
  { field, vendor }: { readonly field: string; readonly vendor?: string | undefined },
  reasons: Reasons,
): Rate | undefined {
  const matching = ratesNamed(loaded, name, vendor);
  const [rate, other] = matching;
  if (rate !== undefined && other === undefined) return rate;
  if (rate === undefined) {
    const known = [...loaded.rates.values()].slice(0, 20).map(({ mpn }) => mpn);
    const message = `${loaded.plan.name} has no product with ${nameText(name)}. It has: ${known.join(', ')}.`;
    reasons.push({ code: 'orders.unknown_product', field, message });
    return undefined;
  }
  const vendors = matching.map(({ vendorCode }) => vendorCode).join(', ');
  const message = `${matching.length} products of ${loaded.plan.name} have ${nameText(name)}. Provide additional parameters to identify the product: vendor. There is: ${vendors}.`;
  reasons.push({ code: 'orders.ambiguous_product', field, message });
  return undefined;
}

/** The quantity of a line: the total that the subscription is to hold (SimpleAPI reference 4.4 and 11). */
function quantityOf(line: ReadLine, otherwise: Decimal | undefined, reasons: Reasons): Decimal {
  const quantity = line.quantity ?? otherwise;
  if (quantity !== undefined) return quantity;
  const field = `products[${line.index}].quantity`;
  reasons.push({ code: 'simpleapi.required_field', field, message: 'This field is required.' });
  return zero;
}

/** Quantities of products of the plan that the subscription has. A product that becomes another one goes, with its quantity. */
export function itemsIn(subject: Subject, lines: readonly ReadLine[], reasons: Reasons): Items {
  const found = lines.flatMap((line) => {
    const rate = rateOf(subject, line, reasons);
    if (rate === undefined) return [];
    checkPeriods(subject, line, reasons);
    const held = heldOf(subject.subscription, rate);
    if (line.becomes === undefined) {
      return [{ index: line.index, item: { rateId: rate.rateId, quantity: quantityOf(line, undefined, reasons) } }];
    }
    requireHeld(line, held, reasons);
    const field = newField(line);
    const next = onlyRate(subject, line.becomes, { field }, reasons);
    if (next === undefined) return [];
    const before = heldOf(subject.subscription, next)?.quantity;
    if (before !== undefined) {
      const message =
        'The subscription holds this product already; give both their new quantities in lines of their own.';
      reasons.push({ code: 'simpleapi.swap_into_held', field, message });
    }
    return [
      { index: line.index, item: { rateId: rate.rateId, quantity: zero } },
      { index: line.index, item: { rateId: next.rateId, quantity: quantityOf(line, held?.quantity, reasons) } },
    ];
  });
  return { items: found.map(({ item }) => item), lineOf: found.map(({ index }) => index) };
}

/** Units of products of the subscription, as a move names them. */
export function heldItems(subject: Subject, lines: readonly ReadLine[], reasons: Reasons): Items {
  const found = lines.flatMap((line) => {
    const rate = rateOf(subject, line, reasons);
    if (rate === undefined) return [];
    const held = heldOf(subject.subscription, rate);
    requireHeld(line, held, reasons);
    return [{ index: line.index, item: { rateId: rate.rateId, quantity: quantityOf(line, held?.quantity, reasons) } }];
  });
  return { items: found.map(({ item }) => item), lineOf: found.map(({ index }) => index) };
}

/**
 * What the subscription holds in another plan: what lines say, and of everything else the same resource in the same quantity. Undefined where
 * nothing is said: then the engine finds the counterparts.
 */
export function itemsAcross(
  subject: Subject,
  target: PlanRates,
  lines: readonly ReadLine[],
  reasons: Reasons,
): Items | undefined {
  const said = lines.filter((line) => line.quantity !== undefined || line.becomes !== undefined);
  if (said.length === 0) return undefined;
  const quantities = new Map<Rate, { quantity: Decimal; index: number }>();
  const spoken = new Set<Item>();
  for (const line of said) {
    const { rate, held } = across(subject, target, line, reasons);
    if (held !== undefined) spoken.add(held);
    if (rate === undefined) continue;
    quantities.set(rate, { quantity: quantityOf(line, held?.quantity, reasons), index: line.index });
  }
  for (const item of subject.subscription.items) {
    if (spoken.has(item)) continue;
    const rate = counterpart(item, target);
    if (rate === undefined) {
      const message = `${item.name} has no counterpart in ${target.plan.name}. Name it with the newMPN that it becomes, or with quantity 0.`;
      reasons.push({ code: 'lifecycle.no_match_in_plan', field: 'products', message });
    } else if (!quantities.has(rate)) quantities.set(rate, { quantity: item.quantity, index: -1 });
  }
  const all = [...quantities];
  return {
    items: all.map(([{ rateId }, { quantity }]) => ({ rateId, quantity })),
    lineOf: all.map(([, { index }]) => index),
  };
}

/** A line of a switch names what is held, with or without what it becomes, or a product of the new plan. */
function across(
  subject: Subject,
  target: PlanRates,
  line: ReadLine,
  reasons: Reasons,
): { readonly rate: Rate | undefined; readonly held: Item | undefined } {
  const [known] = line.name === undefined ? [] : ratesNamed(subject, line.name, line.vendor);
  const held = known && heldOf(subject.subscription, known);
  if (line.becomes !== undefined) {
    if (rateOf(subject, line, reasons) !== undefined) requireHeld(line, held, reasons);
    return { rate: onlyRate(target, line.becomes, { field: newField(line) }, reasons), held };
  }
  const [inTarget, second] = line.name === undefined ? [] : ratesNamed(target, line.name, line.vendor);
  if (inTarget !== undefined && second === undefined) {
    const before = subject.subscription.items.find((item) => counterpart(item, target) === inTarget);
    return { rate: inTarget, held: held ?? before };
  }
  const next = held && counterpart(held, target);
  if (next !== undefined) return { rate: next, held };
  // A product that the new plan lacks may be named in order to leave it behind.
  if (held !== undefined && line.quantity !== undefined && isZero(line.quantity)) return { rate: undefined, held };
  return { rate: rateOf(target, line, reasons), held };
}

function counterpart(item: Item, { rates }: PlanRates): Rate | undefined {
  const all = [...rates.values()];
  return (
    all.find(({ resourceId }) => resourceId === item.resourceId) ??
    all.find(({ mpn, vendorCode }) => mpn === item.mpn && vendorCode === item.vendorCode)
  );
}

function heldOf({ items }: Subscription, { rateId }: Rate): Item | undefined {
  return items.find((item) => item.rateId === rateId);
}

function requireHeld(line: ReadLine, held: Item | undefined, reasons: Reasons): void {
  if (held !== undefined) return;
  const message = 'The subscription does not hold this product. Name one that it holds.';
  reasons.push({ code: 'simpleapi.not_held', field: nameField(line), message });
}

function newField({ index, becomes }: ReadLine): string {
  return `products[${index}].${becomes !== undefined && 'number' in becomes ? 'newId' : 'newMPN'}`;
}

/** Periods tell products with one MPN apart; in a subscription they are those of its plan. */
function checkPeriods({ plan }: Subject, line: ReadLine, reasons: Reasons): void {
  for (const name of ['billingPeriod', 'subscriptionPeriod'] as const) {
    const given = line[name];
    const own = plan[name];
    if (given === undefined || (given.unit === own.unit && given.count === own.count)) continue;
    const message = `The subscription has ${own.count} ${own.unit}(s). To change its period give planId or subscriptionPeriod at the top.`;
    reasons.push({ code: 'simpleapi.other_period', field: `products[${line.index}].${name}`, message });
  }
}
