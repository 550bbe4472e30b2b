import { createHash } from 'node:crypto';
import {
  catalogRoutes,
  type CatalogEntry,
  type PriceSource as ShownSource,
  type PriceStep as ShownStep,
} from '@tierline/contract';
import { dateIn, invalid, notFound, type Temporal } from '@tierline/kernel';
import { decodeCursor, encodeCursor, given, ok, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import { catalogRevision, type AccountNode, type AccountsService } from '../accounts/index.ts';
import { showRate, type NamedRate, type Offering, type Offers, type Rate, type RateFilter } from '../catalog/index.ts';
import type { Buyer, EdgePrice, PriceSource } from './price.ts';
import type { EdgePrices, Prices, RatePrices } from './service-prices.ts';
import { tiersToText, type PriceStep, type PricingService } from './service.ts';

type Services = {
  readonly pricing: PricingService;
  readonly offers: Offers;
  readonly prices: Prices;
  readonly accounts: AccountsService;
  /** The customer as a buyer, with the account whose it is; throws not_found for one that is not within the account. */
  readonly customerWithin: (principal: Principal, id: string) => Promise<{ buyer: Buyer; owner: AccountNode }>;
};

export function bindCatalog(bind: Bind<Principal>, services: Services): void {
  const { offers, prices, accounts } = services;

  bind(catalogRoutes.listCatalog, async ({ caller, query, cause, knows, context }) => {
    const node = await accounts.visible(caller.accountId, query.account_id ?? caller.accountId, 'account_id');
    const etag = etagOf(node, cause.at, new URL(context.req.url).search);
    if (knows(etag)) return { status: 304, etag };
    const { rates, total, next } = await pageOfRates(offers, node, query);
    const named = await offers.withPlans(node, rates);
    const resolved = await prices.of(node, named, undefined, cause.at);
    const data = named.map((each, index) => showEntry(each, resolved[index] ?? []));
    return { ...ok({ data, next_cursor: next, total }), etag };
  });

  bind(catalogRoutes.explainPrice, async ({ caller, params, query, cause }) => {
    const { node, buyer } = await askedFor(services, caller, query);
    const [named] = await offers.find(node, { rateId: params.rate_id });
    if (named === undefined) throw notFound('rate');
    const steps = await services.pricing.explain(node, named, buyer, cause.at);
    const { rateId, mpn, name, chargeTypes } = named.rate;
    const shown = visibleSteps(caller, node, steps);
    return ok({ rate_id: rateId, mpn, name, charge_types: [...chargeTypes], steps: shown });
  });
}

type WhyQuery = {
  readonly account_id?: AccountNode['account']['id'] | undefined;
  readonly customer_id?: string | undefined;
};

async function askedFor(
  { accounts, customerWithin }: Services,
  caller: Principal,
  { account_id: accountId, customer_id: customerId }: WhyQuery,
): Promise<{ node: AccountNode; buyer: Buyer | undefined }> {
  if (customerId === undefined) {
    const node = await accounts.visible(caller.accountId, accountId ?? caller.accountId, 'account_id');
    return { node, buyer: undefined };
  }
  const { buyer, owner } = await customerWithin(caller, customerId);
  if (accountId !== undefined && accountId !== owner.account.id) {
    const message = 'The customer is one of another account. Leave account_id out.';
    throw invalid([{ code: 'pricing.other_owner', field: 'account_id', message }]);
  }
  return { node: owner, buyer };
}

/**
 * What the caller may see of a chain of prices: the edge on which it buys, and those below. How its seller decided is the
 * seller's own business: a markup would tell what the seller pays.
 */
function visibleSteps(caller: Principal, node: AccountNode, steps: readonly PriceStep[]): ShownStep[] {
  const own = node.chain.findIndex(({ id }) => id === caller.accountId);
  return steps.flatMap((step) => {
    const seller = node.chain.findIndex(({ id }) => id === step.sellerId);
    if (seller < own - 1) return [];
    const isOfSeller = seller < own;
    return [
      {
        seller_id: step.sellerId,
        seller_name: step.sellerName,
        buyer_id: step.buyerId,
        date: step.date,
        charge_type: step.chargeType,
        currency: step.currency,
        tiers: step.tiers.map(({ lowerLimit, amount }) => ({ lower_limit: lowerLimit, amount })),
        source: isOfSeller ? { kind: 'seller' as const } : showSource(step.source),
        // What the list says is for the buyer's eyes, and so is how it came to what the buyer pays.
        ...given({ exchange: step.source.exchange }),
        below_cost: isOfSeller ? null : step.belowCost,
      },
    ];
  });
}

/** Where a price comes from, for those who may know. */
export function showSource(source: PriceSource): ShownSource {
  switch (source.kind) {
    case 'free':
    case 'special':
      return { kind: source.kind };
    case 'explicit': {
      const { kind, priceListId, priceList, target, effectiveFrom } = source;
      return { kind, price_list_id: priceListId, price_list: priceList, target, effective_from: effectiveFrom };
    }
    case 'rule': {
      const { kind, priceListId, priceList, ruleId, scope, percent, amount, effectiveFrom, costExchange } = source;
      const list = { price_list_id: priceListId, price_list: priceList };
      const cost = given({ cost_exchange: costExchange });
      return { kind, ...list, rule_id: ruleId, scope, percent, amount, effective_from: effectiveFrom, ...cost };
    }
  }
}

type CatalogQuery = {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly name?: string | undefined;
  readonly mpn?: string | undefined;
  readonly vendor?: string | undefined;
  readonly service?: string | undefined;
};

const isWhole = (part: string): boolean => /^\d{1,15}$/.test(part);

/**
 * Without filters the cursor is the plan's number and the rate's position in it, so a plan that comes or goes
 * meanwhile makes no other rate appear twice or not at all. With filters it is how many there were before.
 */
async function pageOfRates(
  offers: Offers,
  node: AccountNode,
  { cursor, limit, name, mpn, vendor, service }: CatalogQuery,
): Promise<{ rates: readonly Rate[]; total: number; next: string | null }> {
  const filter: RateFilter = { mpn, vendorCode: vendor, serviceName: service, nameContains: name };
  if (Object.values(filter).some((value) => value !== undefined)) {
    const [before = '0'] = cursor === undefined ? [] : decodeCursor(cursor, [isWhole]);
    const offset = Number(before);
    const { rates, total } = await offers.search(node, filter, { offset, limit });
    const end = offset + rates.length;
    return { rates, total, next: rates.length > 0 && end < total ? encodeCursor([String(end)]) : null };
  }
  const offering = await offers.offering(node);
  const [number, position] = cursor === undefined ? [] : decodeCursor(cursor, [isWhole, isWhole]);
  const offset = number === undefined || position === undefined ? 0 : offsetAfter(offering, number, Number(position));
  const { rates, total } = await offers.page(node, offset, limit);
  const last = rates.at(-1);
  const offer = last && offering.byPlan.get(last.planId);
  const hasMore = offset + rates.length < total;
  const next = last && offer && hasMore ? encodeCursor([offer.number, String(last.position)]) : null;
  return { rates, total, next };
}

function offsetAfter(offering: Offering, number: string, position: number): number {
  const index = offering.offers.findIndex((offer) => BigInt(offer.number) >= BigInt(number));
  if (index === -1) return offering.total;
  const start = offering.starts[index]!;
  if (offering.offers[index]!.number !== number) return start;
  return Math.min(start + position + 1, offering.starts[index + 1]!);
}

/** Changes whenever a plan, a delegation or a price may have changed from the root down, or a seller's day has ended. */
function etagOf(node: AccountNode, at: Temporal.Instant, search: string): string {
  const days = node.chain.map(({ timeZone }) => dateIn(at, timeZone).toString()).join();
  const text = `${node.account.id}\n${catalogRevision(node)}\n${days}\n${search}`;
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

function showEntry({ rate, plan }: NamedRate, edges: RatePrices): CatalogEntry {
  return {
    ...showRate(rate),
    plan: {
      id: plan.planId,
      number: plan.number,
      version: plan.version,
      name: plan.name,
      short_description: plan.shortDescription,
      license_version: plan.licenseVersion,
      subscription_period: plan.subscriptionPeriod,
      billing_period: plan.billingPeriod,
      billing_model: plan.billingModel,
      data_center: plan.dataCenter,
      unit_type: plan.unitType,
    },
    product: { id: plan.product.id, code: plan.product.code, name: plan.product.name, type: plan.product.type },
    costs: showPrices(edges.at(-2)),
    prices: showPrices(edges.at(-1)),
  };
}

function showPrices(edge: EdgePrices | undefined): CatalogEntry['prices'] {
  const { setup, recurring, overuse } = edge?.byType ?? {};
  return given({ setup: showPrice(setup), recurring: showPrice(recurring), overuse: showPrice(overuse) });
}

function showPrice(price: EdgePrice | undefined) {
  if (price === undefined) return undefined;
  const tiers = tiersToText(price).map(({ lowerLimit, amount }) => ({ lower_limit: lowerLimit, amount }));
  return { currency: price.currency, tiers };
}
