import { dateIn, Temporal, type AccountId } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { remember } from '../../platform/remember.ts';
import { catalogRevision, type AccountNode } from '../accounts/index.ts';
import type { ChargeType, NamedRate } from '../catalog/index.ts';
import type { Exchange, MissingRate, RateLookup } from './exchange.ts';
import {
  applicable,
  priceOnEdge,
  type Buyer,
  type EdgePrice,
  type PriceEntry,
  type PriceList,
  type PriceRule,
  type PriceTarget,
} from './price.ts';
import { selectRatesOn, type RateWanted } from './store-exchange.ts';
import { selectEntries, selectFloors, selectLists } from './store.ts';
import { supposedEntries, supposedExchanges, supposedRules, type Supposition } from './supposition.ts';

/** All prices of one rate on one edge. An account without a price for its buyers yet has an empty record. */
export type EdgePrices = {
  readonly sellerId: AccountId;
  /** The account that buys; null: customers of the seller. */
  readonly buyerId: AccountId | null;
  /** The date in the seller's time zone that these prices are for. */
  readonly date: string;
  readonly byType: Partial<Record<ChargeType, EdgePrice>>;
  /** Whether a price below cost may be sold at on this edge. */
  readonly floor: 'none' | 'cost';
  /** What the buyer is billed in, where that is not left to the price lists. */
  readonly billedIn?: string;
  /** Exchange rates that a price, or the floor under it, lacks. */
  readonly missing?: Readonly<Partial<Record<ChargeType, MissingRate>>>;
};

/** Prices of one rate from the root of the channel down to the account's own customers: one element per edge. */
export type RatePrices = readonly EdgePrices[];

/** An instant, which is a date on each edge, or these dates from the root of the channel down. */
export type PriceMoment = Temporal.Instant | readonly string[];

export type Prices = ReturnType<typeof pricesOf>;

/**
 * Prices on every edge above and below an account; remembered per account, rate and set of lists that apply, until a
 * price or a catalog from the root down to the account changes, or until the day ends in one of the sellers' zones.
 * `supposed`: prices as they would be with a change that nobody has published.
 */
export function pricesOf(db: Database, supposed?: Supposition) {
  const listsByAccount = remember<{ lists: PriceList[]; rules: PriceRule[] }>(20_000);
  const remembered = remember<RatePrices>(400_000);
  const rememberedRates = remember<RatesByEdge>(20_000);

  async function listsOf(node: AccountNode) {
    return Promise.all(
      node.chain.map((account, index) => {
        const cell = node.cells[index]!;
        return listsByAccount.get(account.id, cell.catalog + cell.account, () => selectLists(db, account.id));
      }),
    );
  }

  function datesOf(node: AccountNode, at: PriceMoment): readonly string[] {
    if (!(at instanceof Temporal.Instant)) return at;
    return node.chain.map((account) => dateIn(at, account.timeZone).toString());
  }

  /** The lists on each edge, and one text that names this choice of lists and days. */
  async function edgesFor(node: AccountNode, buyer: Buyer | undefined, at: PriceMoment) {
    const all = await listsOf(node);
    const dates = datesOf(node, at);
    const lists = node.chain.map((_, index) => {
      const below = node.chain[index + 1];
      return applicable(all[index]!.lists, below ?? buyer, dates[index]!);
    });
    // The last edge is billed as the customer is; of accounts the revision tells when that changes.
    const last = buyer?.billingCurrency ?? null;
    const billedIn = node.chain.map((_, index) => {
      const below = node.chain[index + 1];
      return below === undefined ? last : below.billingCurrency;
    });
    const key = `${dates.join()}/${lists.map((edge) => edge.map((list) => list.id).join()).join(';')}/${last ?? ''}`;
    return { lists, dates, billedIn, rules: all.map(({ rules }) => supposedRules(rules, supposed)), key };
  }

  /** Exchange rates between all currencies that meet in the chain, on each edge; nothing is read where only one does. */
  async function ratesFor(
    node: AccountNode,
    { lists, dates, billedIn }: Pick<Edges, 'lists' | 'dates' | 'billedIn'>,
    more: readonly string[] = [],
  ): Promise<RatesByEdge> {
    const named = [...lists.flat().map(({ currency }) => currency), ...billedIn, ...more];
    const currencies = [...new Set(named.filter((currency) => currency !== null))].toSorted();
    if (currencies.length < 2) return new Map();
    const key = `${node.account.id}/${dates.join()}/${currencies.join()}`;
    return rememberedRates.get(key, catalogRevision(node), async () => {
      const wanted = node.chain.flatMap((_, place) => wantedRates(node, place, dates[place]!, currencies));
      return byEdge(supposedExchanges(wanted, await selectRatesOn(db, wanted), supposed));
    });
  }

  /** The rate that counts for the sales of an account to its buyers; undefined: there is none. */
  async function exchange(node: AccountNode, from: string, to: string, at: PriceMoment): Promise<Exchange | undefined> {
    const none = { lists: [], dates: datesOf(node, at), billedIn: [] };
    const rates = await ratesFor(node, none, [from, to]);
    return lookup(rates, node.chain.length - 1)(from, to);
  }

  /** Prices of some rates for the account and one of its customers (undefined: for any customer). In order. */
  async function of(
    node: AccountNode,
    rates: readonly NamedRate[],
    buyer: Buyer | undefined,
    at: PriceMoment,
  ): Promise<RatePrices[]> {
    // Taken before anything is read: what changes meanwhile must not pass for what was read before.
    const revision = catalogRevision(node);
    const edges = await edgesFor(node, buyer, at);
    const keyOf = (named: NamedRate) => `${node.account.id}/${named.rate.rateId}/${named.rate.version}/${edges.key}`;
    const known = rates.map((named) => remembered.peek(keyOf(named), revision));
    const missing = rates.filter((_, index) => known[index] === undefined);
    if (missing.length === 0) return known.filter((prices) => prices !== undefined);
    const listIds = edges.lists.flat().map((list) => list.id);
    const targets = missing.flatMap(({ rate }) => [rate.rateId, rate.resourceId]);
    const [exchanges, entries, floors] = await Promise.all([
      ratesFor(node, edges),
      selectEntries(db, targets, listIds),
      selectFloors(db, [...new Set(missing.map(({ plan }) => plan.planId))], node.account.path),
    ]);
    const byTarget = Map.groupBy(supposedEntries(entries, supposed), (entry) => entry.targetId as string);
    return rates.map((named, index) => {
      const before = known[index];
      if (before !== undefined) return before;
      const { rateId, resourceId } = named.rate;
      const concerning = [...(byTarget.get(rateId) ?? []), ...(byTarget.get(resourceId) ?? [])];
      const floored = new Set(
        floors.filter((floor) => floor.planId === named.plan.planId).map((floor) => floor.accountId),
      );
      const resolved = resolve(node, named, { ...edges, exchanges }, concerning, floored);
      remembered.put(keyOf(named), revision, resolved);
      return resolved;
    });
  }

  return { of, exchange, listsOf };
}

type Edges = {
  readonly lists: readonly PriceList[][];
  readonly dates: readonly string[];
  readonly rules: readonly (readonly PriceRule[])[];
  readonly billedIn: readonly (string | null)[];
  readonly exchanges: RatesByEdge;
};

/** Of each edge the rate of the nearest account from its seller up that has one, by `place/from/to`. */
type RatesByEdge = ReadonlyMap<string, Exchange>;

function wantedRates(node: AccountNode, place: number, date: string, currencies: readonly string[]): RateWanted[] {
  const pairs = currencies.flatMap((from) => currencies.filter((to) => to !== from).map((to) => ({ from, to })));
  const upwards = node.chain.slice(0, place + 1).toReversed();
  return upwards.flatMap(({ id }) => pairs.map((pair) => ({ ...pair, place, accountId: id, date })));
}

/** The first of each edge and pair counts: the seller's own comes first. */
function byEdge(found: ReturnType<typeof supposedExchanges>): RatesByEdge {
  const rates = new Map<string, Exchange>();
  for (const { place, accountId: _, ...rate } of found) {
    const key = `${place}/${rate.from}/${rate.to}`;
    if (!rates.has(key)) rates.set(key, rate);
  }
  return rates;
}

function lookup(rates: RatesByEdge, place: number): RateLookup {
  return (from, to) => rates.get(`${place}/${from}/${to}`);
}

/** Goes down the channel edge by edge: the price on one edge is the cost on the next. */
function resolve(
  node: AccountNode,
  { rate, plan }: NamedRate,
  edges: Edges,
  entries: readonly PriceEntry[],
  floored: ReadonlySet<AccountId>,
): RatePrices {
  const target: PriceTarget = {
    rateId: rate.rateId,
    resourceId: rate.resourceId,
    planId: plan.planId,
    productId: plan.product.id,
    vendorId: plan.vendor.id,
  };
  let costs: EdgePrices['byType'] = {};
  return node.chain.map((seller, index) => {
    const date = edges.dates[index]!;
    const lists = edges.lists[index]!.map((list) => ({ list, entries, rules: edges.rules[index]! }));
    const floor = seller.priceFloor === 'cost' || floored.has(seller.id) ? 'cost' : 'none';
    const billedIn = edges.billedIn[index] ?? null;
    const byType: Partial<Record<ChargeType, EdgePrice>> = {};
    const missing: Partial<Record<ChargeType, MissingRate>> = {};
    for (const chargeType of rate.chargeTypes) {
      const cost = costs[chargeType];
      const lacks: MissingRate[] = [];
      const price = priceOnEdge(lists, target, chargeType, date, cost, {
        billedIn,
        rateOf: noting(lookup(edges.exchanges, index), date, lacks),
      });
      if (price !== undefined) byType[chargeType] = price;
      const isUncompared = floor === 'cost' && price !== undefined && !isComparable(price, cost);
      const [first] = isUncompared ? lacks.slice(-1) : lacks;
      if (first !== undefined && (price === undefined || isUncompared)) missing[chargeType] = first;
    }
    costs = byType;
    return {
      sellerId: seller.id,
      buyerId: node.chain[index + 1]?.id ?? null,
      date,
      byType,
      floor,
      ...(billedIn === null ? {} : { billedIn }),
      ...(Object.keys(missing).length === 0 ? {} : { missing }),
    };
  });
}

/** A lookup that notes what it did not find: that is what a price lacks. */
function noting(rateOf: RateLookup, date: string, lacks: MissingRate[]): RateLookup {
  return (from, to) => {
    const found = rateOf(from, to);
    if (found === undefined) lacks.push({ from, to, date });
    return found;
  };
}

/** Whether it is known if a price is below its cost. */
function isComparable({ currency, costExchange }: EdgePrice, cost: EdgePrice | undefined): boolean {
  return cost === undefined || cost.currency === currency || costExchange !== undefined;
}
