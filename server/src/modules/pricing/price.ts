import {
  addDecimal,
  compareDecimal,
  decimal,
  formatDecimal,
  multiplyDecimal,
  one,
  zero,
  type AccountId,
  type CustomerId,
  type Decimal,
  type PriceListId,
  type RateId,
  type ResourceId,
} from '@tierline/kernel';
import type { ChargeType } from '../catalog/index.ts';
import type { Tier } from './deal-types.ts';
import type { KeptAgreement, KeptTiers } from './deal.ts';
import { exactProduct, exactSum } from './exact.ts';
import { convertTiers, type Exchange, type RateLookup } from './exchange.ts';

/** Which buyers a price list is for; the specific beats the general. */
export const audiences = ['buyer', 'group', 'global'] as const;
export type Audience = (typeof audiences)[number];

/** Prices of one account for its buyers. JSON-safe. */
export type PriceList = {
  readonly id: PriceListId;
  readonly accountId: AccountId;
  readonly name: string;
  readonly currency: string;
  readonly audience: Audience;
  readonly buyerGroup: string | null;
  readonly buyerId: AccountId | CustomerId | null;
  readonly effectiveFrom: string;
  /** The first day on which the list is no longer valid; null: without end. */
  readonly effectiveTo: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** One tier of an explicit price, from `lowerLimit` units up. */
export type PriceEntry = {
  readonly priceListId: PriceListId;
  readonly targetId: RateId | ResourceId;
  readonly targetKind: 'rate' | 'resource';
  readonly chargeType: ChargeType;
  readonly effectiveFrom: string;
  readonly lowerLimit: string;
  readonly amount: string;
};

export const ruleScopes = ['rate', 'plan', 'product', 'vendor', 'all'] as const;
export type RuleScope = (typeof ruleScopes)[number];

/** Where no explicit price stands: cost x (1 + percent / 100) + amount, rounded to `decimals` (null: to 12). */
export type PriceRule = {
  readonly id: string;
  readonly priceListId: PriceListId;
  readonly scope: RuleScope;
  readonly scopeId: string | null;
  readonly chargeType: ChargeType | null;
  readonly percent: string;
  readonly amount: string;
  readonly decimals: number | null;
  readonly effectiveFrom: string;
};

/** Where a price comes from, and what was made of it. JSON-safe: it is stored with every charge. */
export type PriceSource = PriceOrigin & {
  /** How the price came from the currency of its list into the one that the edge is billed in. */
  readonly exchange?: Exchange;
  /** How a rule's cost came into the currency of its list. */
  readonly costExchange?: Exchange;
  /** What was agreed for this term and perhaps for more; a special price of this term alone has none. */
  readonly agreed?: KeptAgreement;
  /** What was agreed for the terms after this one. */
  readonly next?: KeptAgreement;
  /** With a discount: the price without it. */
  readonly undiscounted?: KeptTiers;
  /** With a special price: the one that it stands in place of, where there was one. */
  readonly listed?: KeptTiers;
};

type PriceOrigin =
  | {
      readonly kind: 'explicit';
      readonly priceListId: PriceListId;
      readonly priceList: string;
      readonly target: 'rate' | 'resource';
      readonly effectiveFrom: string;
    }
  | {
      readonly kind: 'rule';
      readonly priceListId: PriceListId;
      readonly priceList: string;
      readonly ruleId: string;
      readonly scope: RuleScope;
      readonly percent: string;
      readonly amount: string;
      readonly effectiveFrom: string;
    }
  | { readonly kind: 'free' }
  /** Set for one subscription. */
  | { readonly kind: 'special' };

/** The price of one rate and charge type on one edge. `belowCost` compares it with what the seller itself pays. */
export type EdgePrice = {
  readonly currency: string;
  readonly tiers: readonly Tier[];
  readonly source: PriceSource;
  readonly belowCost: boolean;
  /** How the cost came into the currency of this price, where it has another one and there is a rate. */
  readonly costExchange?: Exchange;
};

/** What of the money of an edge matters to its prices. */
export type EdgeMoney = {
  /** The currency that the buyer is billed in; null: that of the price list. */
  readonly billedIn: string | null;
  readonly rateOf: RateLookup;
};

const ownCurrencies: EdgeMoney = { billedIn: null, rateOf: () => undefined };

/** What names a rate for price lists: itself, its resource, and the scopes that rules may have. */
export type PriceTarget = {
  readonly rateId: RateId;
  readonly resourceId: ResourceId;
  readonly planId: string;
  readonly productId: string;
  readonly vendorId: string;
};

/** A list that applies on an edge, with what of it concerns one rate. Lists come in order of precedence. */
export type ApplicableList = {
  readonly list: PriceList;
  readonly entries: readonly PriceEntry[];
  readonly rules: readonly PriceRule[];
};

/** A buyer as price lists see it. */
export type Buyer = {
  readonly id: string;
  readonly buyerGroup: string | null;
  /** What it is billed in; null or absent: the currency of the price list. */
  readonly billingCurrency?: string | null;
};

/** The lists that apply to a buyer on a date: of the buyer, then of its group, then for all; the younger first. */
export function applicable(lists: readonly PriceList[], buyer: Buyer | undefined, date: string): PriceList[] {
  return lists
    .filter((list) => {
      if (list.effectiveFrom > date || (list.effectiveTo !== null && list.effectiveTo <= date)) return false;
      if (list.audience === 'global') return true;
      if (buyer === undefined) return false;
      return list.audience === 'group' ? list.buyerGroup === buyer.buyerGroup : list.buyerId === buyer.id;
    })
    .sort(
      (a, b) =>
        audiences.indexOf(a.audience) - audiences.indexOf(b.audience) ||
        compareText(b.effectiveFrom, a.effectiveFrom) ||
        compareText(b.id, a.id),
    );
}

/**
 * The price on one edge, or undefined when none is set. `cost` is what the seller itself pays on the edge above,
 * undefined at the root of the channel or where nothing is set; a rule needs a cost in its list's currency, or a rate into it.
 * A price that can't be brought into the currency that the edge is billed in is none either: `money.rateOf` knows what it lacked.
 */
export function priceOnEdge(
  lists: readonly ApplicableList[],
  target: PriceTarget,
  chargeType: ChargeType,
  date: string,
  cost: EdgePrice | undefined,
  money: EdgeMoney = ownCurrencies,
): EdgePrice | undefined {
  for (const { list, entries, rules } of lists) {
    const found =
      explicitPrice(list, entries, target, chargeType, date) ??
      rulePrice(list, rules, target, chargeType, date, costIn(list.currency, cost, money));
    if (found !== undefined) return billed({ currency: list.currency, ...found }, cost, money);
  }
  return undefined;
}

/** A price in the currency of its edge, compared with what the seller pays. */
function billed(
  listed: Pick<EdgePrice, 'currency' | 'tiers' | 'source'>,
  cost: EdgePrice | undefined,
  money: EdgeMoney,
): EdgePrice | undefined {
  let price = listed;
  const { billedIn } = money;
  if (billedIn !== null && billedIn !== listed.currency) {
    const exchange = money.rateOf(listed.currency, billedIn);
    if (exchange === undefined) return undefined;
    price = { currency: billedIn, tiers: convertTiers(listed.tiers, exchange), source: { ...listed.source, exchange } };
  }
  const compared = costIn(price.currency, cost, money)();
  return withCost(price, compared?.tiers, compared?.exchange);
}

export function withCost(
  price: Pick<EdgePrice, 'currency' | 'tiers' | 'source'>,
  cost: readonly Tier[] | undefined,
  costExchange: Exchange | undefined,
): EdgePrice {
  const belowCost = cost !== undefined && isBelow(price.tiers, cost);
  return { ...price, belowCost, ...(costExchange === undefined ? {} : { costExchange }) };
}

type Cost = { readonly tiers: readonly Tier[]; readonly exchange?: Exchange };

/** The cost in a currency, looked up only where it is needed; undefined: there is none, or no rate for it. */
function costIn(currency: string, cost: EdgePrice | undefined, { rateOf }: EdgeMoney): () => Cost | undefined {
  return () => {
    if (cost === undefined || cost.currency === currency) return cost && { tiers: cost.tiers };
    const exchange = rateOf(cost.currency, currency);
    return exchange && { tiers: convertTiers(cost.tiers, exchange), exchange };
  };
}

type Found = Pick<EdgePrice, 'tiers' | 'source'>;

function explicitPrice(
  list: PriceList,
  entries: readonly PriceEntry[],
  target: PriceTarget,
  chargeType: ChargeType,
  date: string,
): Found | undefined {
  for (const kind of ['rate', 'resource'] as const) {
    const targetId = kind === 'rate' ? target.rateId : target.resourceId;
    const matching = entries.filter(
      (entry) =>
        entry.targetId === targetId &&
        entry.chargeType === chargeType &&
        entry.effectiveFrom <= date &&
        entry.priceListId === list.id,
    );
    const effectiveFrom = matching
      .map((entry) => entry.effectiveFrom)
      .sort(compareText)
      .at(-1);
    if (effectiveFrom === undefined) continue;
    const tiers = matching
      .filter((entry) => entry.effectiveFrom === effectiveFrom)
      .map((entry) => ({ lowerLimit: decimal(entry.lowerLimit), amount: decimal(entry.amount) }))
      .sort((a, b) => compareDecimal(a.lowerLimit, b.lowerLimit));
    return {
      tiers,
      source: { kind: 'explicit', priceListId: list.id, priceList: list.name, target: kind, effectiveFrom },
    };
  }
  return undefined;
}

function rulePrice(
  list: PriceList,
  rules: readonly PriceRule[],
  target: PriceTarget,
  chargeType: ChargeType,
  date: string,
  costOf: () => Cost | undefined,
): Found | undefined {
  const scopeIds: Readonly<Record<RuleScope, string | null>> = {
    rate: target.rateId,
    plan: target.planId,
    product: target.productId,
    vendor: target.vendorId,
    all: null,
  };
  const rule = rules
    .filter(
      (candidate) =>
        candidate.priceListId === list.id &&
        candidate.scopeId === scopeIds[candidate.scope] &&
        (candidate.chargeType === null || candidate.chargeType === chargeType) &&
        candidate.effectiveFrom <= date,
    )
    .sort(
      (a, b) =>
        ruleScopes.indexOf(a.scope) - ruleScopes.indexOf(b.scope) ||
        Number(a.chargeType === null) - Number(b.chargeType === null) ||
        compareText(b.effectiveFrom, a.effectiveFrom) ||
        compareText(b.id, a.id),
    )[0];
  const cost = rule && costOf();
  if (rule === undefined || cost === undefined) return undefined;
  const { effectiveFrom, percent, amount, scope } = rule;
  return {
    tiers: cost.tiers.map((tier) => ({ lowerLimit: tier.lowerLimit, amount: markUp(tier.amount, rule) })),
    source: {
      kind: 'rule',
      priceListId: list.id,
      priceList: list.name,
      ruleId: rule.id,
      scope,
      percent,
      amount,
      effectiveFrom,
      ...(cost.exchange === undefined ? {} : { costExchange: cost.exchange }),
    },
  };
}

const hundredth = decimal('0.01');

/** How many digits behind the point a price may have, however it came about. */
export const priceDecimalsMax = 12;

function markUp(cost: Decimal, rule: PriceRule): Decimal {
  const factor = addDecimal(one, multiplyDecimal(decimal(rule.percent), hundredth));
  const price = exactSum(exactProduct(cost, factor), decimal(rule.amount));
  // Each level's percentage adds digits, and a channel may be deep: without an end, exact numbers would run out of them.
  const rounded = roundTo(price, rule.decimals ?? priceDecimalsMax);
  return compareDecimal(rounded, zero) < 0 ? zero : rounded;
}

/** Half away from zero, to so many digits behind the point. */
export function roundTo(value: Decimal, decimals: number): Decimal {
  if (value.scale <= decimals) return value;
  const unit = 10n ** BigInt(value.scale - decimals);
  const negative = value.coefficient < 0n;
  const magnitude = negative ? -value.coefficient : value.coefficient;
  const rounded = (magnitude * 2n + unit) / (unit * 2n);
  return decimal(formatDecimal({ coefficient: negative ? -rounded : rounded, scale: decimals }));
}

/** Whether some quantity would be sold for less than it costs: prices only change at the limits of either side. */
export function isBelow(price: readonly Tier[], cost: readonly Tier[]): boolean {
  return [...price, ...cost].some(
    ({ lowerLimit }) => compareDecimal(tierAt(price, lowerLimit), tierAt(cost, lowerLimit)) < 0,
  );
}

function tierAt(tiers: readonly Tier[], quantity: Decimal): Decimal {
  return (tiers.findLast((tier) => compareDecimal(tier.lowerLimit, quantity) <= 0) ?? tiers[0])?.amount ?? zero;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
