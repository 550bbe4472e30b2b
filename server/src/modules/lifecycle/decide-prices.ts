import { compareDecimal, isZero, zero, type Decimal } from '@tierline/kernel';
import {
  changeItem,
  tierParts,
  type Booked,
  type EdgeLedger,
  type Held,
  type LedgerItem,
  type LockedPrice,
} from '../billing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { PricesCommand } from './command.ts';
import { effectiveDates, type Context } from './context.ts';
import { draft, heldOf, itemOf, type Decision } from './draft.ts';
import { book, setUp } from './quantities.ts';
import { refuse, requireActive } from './refusals.ts';

/** Special prices from today to the end of the term: what is paid at the old price is given back by the day and charged anew. */
export function decidePrices(context: Context, subscription: Subscription, { prices }: PricesCommand): Decision {
  requireActive(subscription);
  if (subscription.notForResale)
    refuse('lifecycle.not_for_resale', 'prices', 'The subscription is not for resale, so all of it is free.');
  const decided = draft('change');
  decided.open(subscription);
  const dates = effectiveDates(context, subscription);
  const { plan, rates } = context.current;
  const held = heldOf(subscription, context.current);
  for (const [index, special] of prices.entries()) {
    const item = itemOf(subscription, special.rateId);
    const rate = rates.get(special.rateId);
    if (item === undefined || rate === undefined) {
      refuse(
        'lifecycle.unknown_rate',
        `prices.${index}.rate_id`,
        'The subscription does not hold this product. Name one that it holds.',
      );
    }
    const { quantity } = item;
    const one = held.find(({ rateId }) => rateId === special.rateId)!;
    checkPrice(context, decided.state(subscription.id), one, special, `prices.${index}.unit_price`);
    decided.line({ subscription: subscription.id, rate, quantity, previousQuantity: quantity, origin: 'requested' });
    book(decided, subscription.id, (edge, at) =>
      at === special.sellerIndex ? repriced(plan, edge, one, special.unitPrice, dates[at]!) : { edge, lines: [] },
    );
  }
  decided.event('subscription.prices_set', subscription.id);
  return decided.done();
}

type Special = PricesCommand['prices'][number];

/** A special price replaces one that there is, and obeys the floor that the seller's prices have. */
function checkPrice(
  context: Context,
  { planId, ledger }: Subscription,
  held: Held,
  special: Special,
  field: string,
): void {
  const { rateId, unitPrice, sellerIndex: index } = special;
  const on = (at: number): LockedPrice | undefined =>
    ledger[at]?.items.find((item) => item.rateId === rateId)?.prices.recurring;
  const price = on(index);
  if (price === undefined)
    refuse(
      'lifecycle.unpriced',
      field,
      'The subscription has no recurring price there that a special one could replace.',
    );
  const cost = on(index - 1);
  const hasFloor = context.pricesNow(planId, rateId)?.[index]?.floor === 'cost';
  if (!hasFloor || cost?.currency !== price.currency) return;
  const isBelow = tierParts(held.model, cost.tiers, held.quantity).some(
    (part) => compareDecimal(unitPrice, part.unitPrice) < 0,
  );
  if (isBelow) refuse('lifecycle.below_floor', field, 'That is below its cost, which the price floor forbids.');
}

function repriced(
  terms: Context['current']['plan'],
  edge: EdgeLedger,
  held: Held,
  unitPrice: Decimal,
  on: string,
): Booked {
  const { quantity, rateId } = held;
  const ended = changeItem(terms, edge, { ...held, before: quantity, quantity: zero }, on);
  const special = withPrice(ended.edge, held, (price) => ({
    ...price,
    tiers: [{ lowerLimit: zero, amount: unitPrice }],
    source: { kind: 'special' },
  }));
  if (isZero(quantity)) return { edge: special, lines: ended.lines };
  // The units are had already: they cost no setup once more.
  const begun = setUp(edge, rateId, false, changeItem(terms, special, { ...held, before: zero, quantity }, on));
  return { edge: begun.edge, lines: [...ended.lines, ...begun.lines] };
}

function withPrice(edge: EdgeLedger, { rateId }: Held, of: (price: LockedPrice) => LockedPrice): EdgeLedger {
  const items = edge.items.map((item): LedgerItem => {
    if (item.rateId !== rateId || item.prices.recurring === undefined) return item;
    return { ...item, prices: { ...item.prices, recurring: of(item.prices.recurring) } };
  });
  return { ...edge, items };
}
