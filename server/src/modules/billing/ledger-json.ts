import { decimal, formatDecimal, formatRatio, parseRatio, type AccountId, type RateId } from '@tierline/kernel';
import { chargeTypes, type ChargeType, type PriceModel } from '../catalog/index.ts';
import type { PriceSource } from '../pricing/index.ts';
import type { Accrual, EdgeLedger, LedgerItem, LockedPrice, LockedPrices, Upcoming } from './ledger.ts';

/** How ledgers are stored with a subscription. Members are short: every subscription has one of these per edge. */
type StoredPrice = {
  readonly currency: string;
  readonly tiers: readonly (readonly [string, string])[];
  readonly source: PriceSource;
};
type StoredItem = {
  readonly rate: string;
  /** Flat where it is missing. */
  readonly model?: PriceModel;
  readonly prices: Readonly<Partial<Record<ChargeType, StoredPrice>>>;
  readonly exact: string;
  readonly setup?: readonly [currency: string, exact: string];
  readonly accrued?: readonly StoredAccrual[];
  readonly accrues?: string;
};
/** The price is there only where it is not the one that the item has. */
type StoredAccrual = readonly [from: string, to: string, quantity: string, price?: StoredPrice | null];
type StoredUpcoming = {
  readonly from: string;
  readonly anchor: string;
  readonly prices: Readonly<Record<string, StoredItem['prices']>>;
};
export type StoredLedger = {
  readonly seller: string;
  readonly buyer: string;
  readonly anchor: string;
  readonly charge: string;
  readonly end: string;
  readonly window: readonly [string, string];
  readonly items: readonly StoredItem[];
  /** The terms that come, one after the other. */
  readonly upcoming?: readonly StoredUpcoming[];
};

export function storeLedger(ledger: readonly EdgeLedger[]): StoredLedger[] {
  return ledger.map((edge) => ({
    seller: edge.sellerId,
    buyer: edge.buyerId,
    anchor: edge.anchorOn,
    charge: edge.chargeFrom,
    end: edge.endOn,
    window: [edge.window.start, edge.window.end],
    items: edge.items.map(storeItem),
    ...(edge.upcoming === null ? {} : { upcoming: storeUpcoming(edge.upcoming) }),
  }));
}

function storeUpcoming(first: Upcoming): StoredUpcoming[] {
  const stored: StoredUpcoming[] = [];
  for (let term: Upcoming | null = first; term !== null; term = term.next) {
    stored.push({ from: term.from, anchor: term.anchorOn, prices: mapValues(term.prices, storePrices) });
  }
  return stored;
}

function storeItem(item: LedgerItem): StoredItem {
  return {
    rate: item.rateId,
    ...(item.model === 'flat' ? {} : { model: item.model }),
    prices: storePrices(item.prices),
    exact: formatRatio(item.exact),
    ...(item.setup === null ? {} : { setup: [item.setup.currency, formatRatio(item.setup.exact)] as const }),
    ...(item.accrued.length === 0 ? {} : { accrued: item.accrued.map((part) => storeAccrual(part, item)) }),
    ...(item.accruesFrom === null ? {} : { accrues: item.accruesFrom }),
  };
}

function storeAccrual({ from, to, quantity, price }: Accrual, { prices }: LedgerItem): StoredAccrual {
  const days = [from, to, formatDecimal(quantity)] as const;
  if (price === (prices.recurring ?? null)) return days;
  return [...days, price === null ? null : storePrice(price)];
}

/** Prices are shared by many subscriptions, so their stored form is made once. */
const storedPrices = new WeakMap<LockedPrices, StoredItem['prices']>();

function storePrices(prices: LockedPrices): StoredItem['prices'] {
  let stored = storedPrices.get(prices);
  if (stored === undefined) {
    const entries = chargeTypes.flatMap((type) => {
      const price = prices[type];
      return price === undefined ? [] : [[type, storePrice(price)] as const];
    });
    stored = Object.fromEntries(entries);
    storedPrices.set(prices, stored);
  }
  return stored;
}

function storePrice({ currency, tiers, source }: LockedPrice): StoredPrice {
  return {
    currency,
    tiers: tiers.map(({ lowerLimit, amount }) => [formatDecimal(lowerLimit), formatDecimal(amount)] as const),
    source,
  };
}

export function readLedger(stored: readonly StoredLedger[]): EdgeLedger[] {
  return stored.map((edge) => ({
    sellerId: edge.seller as AccountId,
    buyerId: edge.buyer,
    anchorOn: edge.anchor,
    chargeFrom: edge.charge,
    endOn: edge.end,
    window: { start: edge.window[0], end: edge.window[1] },
    items: edge.items.map(readItem),
    upcoming: (edge.upcoming ?? []).reduceRight(readUpcoming, null),
  }));
}

function readUpcoming(next: Upcoming | null, { from, anchor, prices }: StoredUpcoming): Upcoming {
  return { from, anchorOn: anchor, prices: mapValues(prices, readPrices), next };
}

function readItem(item: StoredItem): LedgerItem {
  const prices = readPrices(item.prices);
  return {
    rateId: item.rate as RateId,
    model: item.model ?? 'flat',
    prices,
    exact: parseRatio(item.exact),
    setup: item.setup === undefined ? null : { currency: item.setup[0], exact: parseRatio(item.setup[1]) },
    accrued: (item.accrued ?? []).map((part) => readAccrual(part, prices)),
    accruesFrom: item.accrues ?? null,
  };
}

function readAccrual([from, to, quantity, price]: StoredAccrual, prices: LockedPrices): Accrual {
  const had = price === undefined ? (prices.recurring ?? null) : price === null ? null : readPrice(price);
  return { from, to, quantity: decimal(quantity), price: had };
}

function readPrices(prices: StoredItem['prices']): LockedPrices {
  return mapValues(prices, readPrice);
}

function mapValues<Value, Result>(
  of: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, map(value)]));
}

function readPrice({ currency, tiers, source }: StoredPrice): LockedPrice {
  return {
    currency,
    tiers: tiers.map(([lowerLimit, amount]) => ({ lowerLimit: decimal(lowerLimit), amount: decimal(amount) })),
    source,
  };
}
