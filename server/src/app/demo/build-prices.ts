import { dateIn, type PlanId, type RateId } from '@tierline/kernel';
import type { Account } from '../../modules/accounts/index.ts';
import type { ChargeType } from '../../modules/catalog/index.ts';
import type { NewPrice, NewPriceList, PriceList } from '../../modules/pricing/index.ts';
import { plans, type DemoPrice, type DemoPrices } from './assortment.ts';
import { planKey, type Sold } from './build-catalog.ts';
import type { Building } from './channel.ts';
import { announced, priceLists, type DemoPriceList } from './price-lists.ts';

/** Prices on every edge: the provider's from its plans, everybody else's from their lists. */
export async function priceInDemo(building: Building, sold: Sold): Promise<void> {
  const usd = await createList(building, 'provider', { name: 'Cloud catalog', audience: 'global' });
  const eur = await createList(building, 'provider', {
    name: 'Cloud catalog, euro',
    currency: 'EUR',
    audience: 'group',
    buyerGroup: 'euro',
  });
  const { provider } = building.sellers;
  const rates = await rateIds(building, provider);
  const ofProvider = plans.filter(({ maker }) => maker === 'provider');
  for (const [list, currency] of [
    [usd, 'usd'],
    [eur, 'eur'],
  ] as const) {
    const prices = ofProvider.flatMap((plan) =>
      plan.rates.flatMap(({ mpn, [currency]: wanted }) => {
        const rateId = rates.get(`${sold.plans.get(planKey(plan))!}/${mpn}`);
        return wanted === undefined || rateId === undefined ? [] : entries(building, rateId, wanted, 0);
      }),
    );
    await setPrices(building, provider, list, prices);
  }
  for (const list of priceLists) await fillList(building, sold, list);
  const rateId = rates.get(`${sold.plans.get(`provider/${announced.plan}`)!}/${announced.mpn}`)!;
  const { prices, fromDay } = announced;
  await setPrices(building, provider, usd, entries(building, rateId, prices, fromDay), 'announced');
}

/** Explicit prices, then rules for the rest. */
async function fillList(building: Building, sold: Sold, wanted: DemoPriceList): Promise<void> {
  const { engine, steps, sellers, began } = building;
  const { owner, prices, rules } = wanted;
  const list = await createList(building, owner, wanted);
  const rates = await rateIds(building, sellers[owner]);
  const explicit = prices.flatMap(({ plan, mpn, prices: given, fromDay = 0 }) =>
    entries(building, rates.get(`${sold.plans.get(`provider/${plan}`)!}/${mpn}`)!, given, fromDay),
  );
  await setPrices(building, sellers[owner], list, explicit);
  for (const [index, { scope, percent, amount = '0', decimals = null }] of rules.entries()) {
    const scoped =
      scope === 'all'
        ? { scope, scopeId: null }
        : { scope: 'product' as const, scopeId: sold.products.get(scope.product)! };
    const rule = { ...scoped, chargeType: null, percent, amount, decimals, effectiveFrom: day(building, 0) };
    await steps.step(`price_rule:${owner}/${list.name}/${index}`, began, (cause) =>
      engine.pricing.addRule(cause, sellers[owner], list.id, rule),
    );
  }
}

function createList(
  building: Building,
  owner: DemoPriceList['owner'],
  wanted: Pick<DemoPriceList, 'name' | 'audience' | 'currency' | 'buyerGroup' | 'buyer'>,
): Promise<PriceList> {
  const { engine, steps, sellers, customers, began } = building;
  const facts: NewPriceList = {
    name: wanted.name,
    currency: wanted.currency ?? sellers[owner].currency,
    audience: wanted.audience,
    buyerGroup: wanted.buyerGroup ?? null,
    buyerId: wanted.buyer === undefined ? null : customers.get(wanted.buyer)!.id,
    effectiveFrom: day(building, 0),
    effectiveTo: null,
  };
  return steps.step(`price_list:${owner}/${wanted.name}`, began, (cause) =>
    engine.pricing.createList(cause, sellers[owner], facts),
  );
}

async function setPrices(
  { engine, steps, began }: Building,
  owner: Account,
  list: PriceList,
  prices: readonly NewPrice[],
  what = 'first',
): Promise<void> {
  if (prices.length === 0) return;
  const node = await engine.directory.get(owner.id);
  await steps.step(`prices:${owner.id}/${list.name}/${what}`, began, (cause) =>
    engine.pricing.setPrices(cause, node, list.id, prices),
  );
}

/** Every rate that the account may sell, by plan and MPN. */
export async function rateIds({ engine }: Building, account: Account): Promise<Map<string, RateId>> {
  const { rates } = await engine.offers.page(await engine.directory.get(account.id), 0, 1000);
  return new Map(rates.map(({ planId, mpn, rateId }): [`${PlanId}/${string}`, RateId] => [`${planId}/${mpn}`, rateId]));
}

function entries(building: Building, rateId: RateId, prices: DemoPrices, fromDay: number): NewPrice[] {
  const each = Object.entries(prices) as [ChargeType, DemoPrice][];
  return each.map(([chargeType, price]) => ({
    targetId: rateId,
    targetKind: 'rate',
    chargeType,
    effectiveFrom: day(building, fromDay),
    tiers: (typeof price === 'string' ? [['0', price] as const] : price).map(([lowerLimit, amount]) => ({
      lowerLimit,
      amount,
    })),
  }));
}

/** A day counted from the one before the channel began, so that whatever the zone, the first has begun. */
function day({ began }: Building, count: number): string {
  return dateIn(began, 'UTC')
    .add({ days: count - 1 })
    .toString();
}
