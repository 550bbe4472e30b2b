import { compareDecimal, zero } from '@tierline/kernel';
import {
  changeItem,
  tierParts,
  withPriceFrom,
  type Booked,
  type EdgeLedger,
  type Held,
  type LedgerItem,
  type LockedPrice,
} from '../billing/index.ts';
import {
  againstPrice,
  agreed,
  agreementReasons,
  convertTiers,
  isBelow,
  withoutAgreement,
  type Agreement,
  type Exchange,
} from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { PricesCommand } from './command.ts';
import { effectiveDates, type Context } from './context.ts';
import { setDetails } from './decide-details.ts';
import { draft, heldOf, itemOf, type Decision } from './draft.ts';
import { book } from './quantities.ts';
import { refuse, refuseAll, requireActive } from './refusals.ts';

/** Special prices from today to the end of the term: what is paid at the old price is given back by the day and charged anew. */
export function decidePrices(
  context: Context,
  subscription: Subscription,
  { prices, details }: PricesCommand,
): Decision {
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
    const agreement = agreementOf(special);
    checkPrice(context, decided.state(subscription.id), one, special, `prices.${index}`);
    decided.line({ subscription: subscription.id, rate, quantity, previousQuantity: quantity, origin: 'requested' });
    book(decided, subscription.id, (edge, at) => {
      if (at !== special.sellerIndex) return { edge, lines: [] };
      // What waits for the next term changes nothing of this one.
      if (agreement.from === 'renewal') return { edge: withPrice(edge, one, agreement, null), lines: [] };
      return repriced(plan, edge, one, agreement, dates[at]!);
    });
  }
  decided.event('subscription.prices_set', subscription.id);
  if (details !== undefined) setDetails(decided, subscription, details);
  return decided.done();
}

type Special = PricesCommand['prices'][number];

function agreementOf(special: Special): Agreement {
  if ('agreed' in special) return special.agreed;
  const tiers = [{ lowerLimit: zero, amount: special.unitPrice }];
  return { kind: 'price', from: 'now', terms: 1, currency: null, tiers };
}

/** A special price replaces one that there is, a discount is on one, and both obey the floor that the seller's prices have. */
function checkPrice(
  context: Context,
  { planId, ledger }: Subscription,
  held: Held,
  special: Special,
  place: string,
): void {
  const { rateId, sellerIndex: index } = special;
  const agreement = agreementOf(special);
  const field = agreement.kind === 'price' && agreement.tiers.length === 1 ? `${place}.unit_price` : place;
  const on = (at: number): LockedPrice | undefined =>
    ledger[at]?.items.find((item) => item.rateId === rateId)?.prices.recurring;
  const price = on(index);
  if (price === undefined)
    refuse(
      'lifecycle.unpriced',
      field,
      'The subscription has no recurring price there that a special one could replace.',
    );
  refuseAll([...agreementReasons(agreement, place), ...againstPrice(agreement, withoutAgreement(price), place)]);
  const edge = context.pricesNow(planId, rateId)?.[index];
  const cost = costIn(price.currency, on(index - 1), edge?.byType.recurring?.costExchange);
  if (edge?.floor !== 'cost' || cost === undefined) return;
  // What is for a later term is asked now too: at a renewal nobody is there to choose another.
  const { tiers } = agreed(price, { ...agreement, from: 'now' });
  const [only, ...more] = tiers;
  const isLess =
    only !== undefined && more.length === 0
      ? tierParts(held.model, cost, held.quantity).some((part) => compareDecimal(only.amount, part.unitPrice) < 0)
      : isBelow(tiers, cost);
  if (isLess) refuse('lifecycle.below_floor', field, 'That is below its cost, which the price floor forbids.');
}

/** The cost in a currency; undefined where there is none, or no rate for it. */
function costIn(currency: string, cost: LockedPrice | undefined, exchange: Exchange | undefined) {
  if (cost === undefined || cost.currency === currency) return cost?.tiers;
  return exchange?.from === cost.currency ? convertTiers(cost.tiers, exchange) : undefined;
}

function repriced(
  terms: Context['current']['plan'],
  edge: EdgeLedger,
  held: Held,
  agreement: Agreement,
  on: string,
): Booked {
  const { quantity } = held;
  const ended = changeItem(terms, edge, { ...held, before: quantity, quantity: zero }, on);
  const special = withPrice(ended.edge, held, agreement, on);
  // The units are had already: they cost no setup once more.
  const begun = changeItem(terms, special, { ...held, before: zero, quantity }, on, undefined, false);
  return { edge: begun.edge, lines: [...ended.lines, ...begun.lines] };
}

/** @param on from when it counts; null: not in this term */
function withPrice(edge: EdgeLedger, { rateId }: Held, agreement: Agreement, on: string | null): EdgeLedger {
  const items = edge.items.map((item): LedgerItem => {
    if (item.rateId !== rateId || item.prices.recurring === undefined) return item;
    const recurring = agreed(item.prices.recurring, agreement);
    return on === null ? { ...item, prices: { ...item.prices, recurring } } : withPriceFrom(item, recurring, on);
  });
  return { ...edge, items };
}
