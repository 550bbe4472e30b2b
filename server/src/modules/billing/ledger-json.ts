import { decimal, formatDecimal, formatRatio, parseRatio, type AccountId, type RateId } from '@tierline/kernel';
import { chargeTypes, type ChargeType, type PriceModel } from '../catalog/index.ts';
import type { PriceSource } from '../pricing/index.ts';
import { readPast, storePast, type StoredPast } from './ledger-past.ts';
import type { Accrual, EdgeLedger, LedgerItem, LockedPrice, LockedPrices, Upcoming } from './ledger.ts';

/** How ledgers are stored with a subscription. Members are short: every subscription has one of these per edge. */
type StoredPrice = {
  readonly currency: string;
  readonly tiers: readonly (readonly [string, string])[];
  readonly source: PriceSource;
};
type StoredItem = StoredPast<StoredPrice> & {
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

/**
 * Ledgers as the text of JSON, put together piece by piece: this is written with every order and every renewal, and what it is made of
 * (ids, dates, numbers, codes) never needs to be escaped. Prices, which can, are shared by many subscriptions and written once.
 */
export function ledgerText(ledger: readonly EdgeLedger[]): string {
  return `[${ledger.map(edgeText).join()}]`;
}

function edgeText(edge: EdgeLedger): string {
  const { sellerId, buyerId, anchorOn, chargeFrom, endOn, window, items, upcoming } = edge;
  const terms = upcoming === null ? '' : `,"upcoming":[${upcomingTexts(upcoming).join()}]`;
  return `{"seller":"${sellerId}","buyer":"${buyerId}","anchor":"${anchorOn}","charge":"${chargeFrom}","end":"${endOn}","window":["${window.start}","${window.end}"],"items":[${items.map(itemText).join()}]${terms}}`;
}

function upcomingTexts(first: Upcoming): string[] {
  const texts: string[] = [];
  for (let term: Upcoming | null = first; term !== null; term = term.next) {
    const prices = Object.entries(term.prices).map(([rateId, own]) => `"${rateId}":${pricesText(own)}`);
    texts.push(`{"from":"${term.from}","anchor":"${term.anchorOn}","prices":{${prices.join()}}}`);
  }
  return texts;
}

function itemText(item: LedgerItem): string {
  const { rateId, model, prices, exact, setup, accrued, accruesFrom } = item;
  let rest = '';
  if (model !== 'flat') rest += `,"model":"${model}"`;
  if (setup !== null) rest += `,"setup":["${setup.currency}","${formatRatio(setup.exact)}"]`;
  if (accrued.length > 0) rest += `,"accrued":[${accrued.map((part) => accrualText(part, item)).join()}]`;
  if (accruesFrom !== null) rest += `,"accrues":"${accruesFrom}"`;
  // Only after a special price, or where something can be given back whole.
  if (item.was !== undefined || item.past !== undefined) {
    rest += `,${JSON.stringify(storePast(item, storePrice)).slice(1, -1)}`;
  }
  return `{"rate":"${rateId}","prices":${pricesText(prices)},"exact":"${formatRatio(exact)}"${rest}}`;
}

function accrualText({ from, to, quantity, price }: Accrual, { prices }: LedgerItem): string {
  const days = `"${from}","${to}","${formatDecimal(quantity)}"`;
  if (price === (prices.recurring ?? null)) return `[${days}]`;
  return `[${days},${price === null ? 'null' : JSON.stringify(storePrice(price))}]`;
}

const priceTexts = new WeakMap<LockedPrices, string>();

function pricesText(prices: LockedPrices): string {
  let text = priceTexts.get(prices);
  if (text === undefined) {
    const entries = chargeTypes.flatMap((type) => {
      const price = prices[type];
      return price === undefined ? [] : [`"${type}":${JSON.stringify(storePrice(price))}`];
    });
    text = `{${entries.join()}}`;
    priceTexts.set(prices, text);
  }
  return text;
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
    ...(item.was === undefined && item.past === undefined ? {} : readPast(item, readPrice)),
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
