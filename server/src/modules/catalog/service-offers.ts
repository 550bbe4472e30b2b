import type { PlanId, RateId } from '@tierline/kernel';
import { isHumanNumber, type Database } from '../../platform/db/index.ts';
import { remember } from '../../platform/remember.ts';
import { catalogRevision, type AccountNode } from '../accounts/index.ts';
import type { PlanVersion, Rate } from './catalog.ts';
import {
  selectFiltered,
  selectLabels,
  selectNamed,
  selectOffers,
  selectOverlapping,
  selectRuns,
  selectSold,
  selectVersions,
  type RateFilter,
  type RateName,
  type Run,
  type SoldKey,
} from './store-offers.ts';

/** One plan that an account may sell, in the version that is sold today. */
export type Offer = {
  readonly planId: PlanId;
  readonly number: string;
  readonly version: number;
  readonly name: string;
  readonly shortDescription: string;
};

/** All plans that an account may sell, in the order of their numbers, with the sums of their rate counts. */
export type Offering = {
  readonly offers: readonly Offer[];
  readonly byPlan: ReadonlyMap<PlanId, Offer>;
  /** `starts[i]` is how many rates stand before plan i; the last element is how many there are in all. */
  readonly starts: Int32Array;
  readonly total: number;
};

export type NamedRate = { readonly rate: Rate; readonly plan: PlanVersion };

export type Offers = ReturnType<typeof offersOf>;

/** What each account may sell; remembered per account until a catalog, a delegation or a price above it changes. */
export function offersOf(db: Database) {
  const offerings = remember<Offering>(20_000);
  const versions = remember<PlanVersion>(20_000);
  const named = remember<readonly NamedRate[]>(50_000);
  const overlaps = remember<readonly PlanId[]>(20_000);
  const wholePlans = remember<ReadonlyMap<RateId, Rate>>(50_000, (rates) => rates.size);

  async function offering(node: AccountNode): Promise<Offering> {
    return offerings.get(node.account.id, catalogRevision(node), async () => {
      const rows = await selectOffers(db, node.account.path);
      const offers = rows.map((row) => ({
        planId: row.plan_id,
        number: row.number.toString(),
        version: row.version,
        name: row.name,
        shortDescription: row.short_description,
      }));
      const starts = new Int32Array(rows.length + 1);
      for (const [index, row] of rows.entries()) starts[index + 1] = starts[index]! + row.rate_count;
      return {
        offers,
        byPlan: new Map(offers.map((offer) => [offer.planId, offer])),
        starts,
        total: starts[rows.length]!,
      };
    });
  }

  /** The page of rates from `offset`: the plan it begins in is found in the sums, so a far page costs what the first costs. */
  async function page(node: AccountNode, offset: number, limit: number): Promise<{ rates: Rate[]; total: number }> {
    const of = await offering(node);
    return { rates: await selectRuns(db, runsOf(of, offset, limit)), total: of.total };
  }

  async function search(node: AccountNode, filter: RateFilter, page: { offset: number; limit: number }) {
    return selectFiltered(db, keysOf(await offering(node)), filter, page);
  }

  /** Plan versions by key, in order; remembered until something of their root's catalog changes. */
  async function planVersions(
    node: AccountNode,
    keys: readonly { planId: PlanId; version: number }[],
  ): Promise<PlanVersion[]> {
    const revision = node.cells[0]!.catalog;
    const key = (wanted: { planId: PlanId; version: number }) => `${wanted.planId}/${wanted.version}`;
    // Looked up once: what is remembered now may be forgotten by the time the others are loaded.
    const known = keys.map((wanted) => versions.peek(key(wanted), revision));
    const missing = keys.filter((_, index) => known[index] === undefined);
    const loaded = new Map((await selectVersions(db, missing)).map((version) => [key(version), version]));
    for (const [name, version] of loaded) versions.put(name, revision, version);
    return keys
      .map((wanted, index) => known[index] ?? loaded.get(key(wanted)))
      .filter((version) => version !== undefined);
  }

  /** Every rate that the account may sell under this name, each with its plan. */
  async function find(node: AccountNode, name: RateName): Promise<readonly NamedRate[]> {
    if ('number' in name && !isHumanNumber(name.number)) return [];
    const text = 'mpn' in name ? `mpn:${name.mpn}` : 'number' in name ? `number:${name.number}` : `rate:${name.rateId}`;
    return named.get(`${node.account.id}/${text}`, catalogRevision(node), async () => {
      const rates = await selectNamed(db, keysOf(await offering(node)), name);
      return withPlans(node, rates);
    });
  }

  async function withPlans(node: AccountNode, rates: readonly Rate[]): Promise<NamedRate[]> {
    const keys = new Map(
      rates.map((rate) => [`${rate.planId}/${rate.version}`, { planId: rate.planId, version: rate.version }]),
    );
    const plans = new Map((await planVersions(node, [...keys.values()])).map((plan) => [plan.planId, plan]));
    return rates.flatMap((rate) => {
      const plan = plans.get(rate.planId);
      return plan === undefined ? [] : [{ rate, plan }];
    });
  }

  /** The rates of one plan version with these ids; for add-ons that need their base. */
  async function ofPlan(node: AccountNode, planId: PlanId, rateIds: readonly RateId[]): Promise<readonly NamedRate[]> {
    const found = await Promise.all(rateIds.map((rateId) => find(node, { rateId })));
    return found.flat().filter(({ plan }) => plan.planId === planId);
  }

  /** What was sold, with its plan, whether or not it is offered still; the caller may see it because it was sold there. */
  async function sold(node: AccountNode, keys: readonly SoldKey[]): Promise<readonly NamedRate[]> {
    return withPlans(node, await selectSold(db, keys));
  }

  /** Every rate of a version. Plans are sold over and over, so those in use are remembered; a version never changes. */
  async function ratesOf({ planId, version, rateCount }: PlanVersion): Promise<ReadonlyMap<RateId, Rate>> {
    return wholePlans.get(`${planId}/${version}`, 0n, async () => {
      const rates = await selectRuns(db, [{ planId, version, from: 0, count: rateCount }]);
      return new Map(rates.map((rate) => [rate.rateId, rate]));
    });
  }

  /** Other full plans of the plan's product, and of the parts of a suite: what of it an account may have sold before. */
  function overlapping(node: AccountNode, { planId, product }: PlanVersion): Promise<readonly PlanId[]> {
    return overlaps.get(`${node.account.id}/${planId}`, catalogRevision(node), () =>
      selectOverlapping(db, node.account.path, [product.id, ...product.parts], planId),
    );
  }

  return {
    offering,
    overlapping,
    ratesOf,
    page,
    search,
    planVersions,
    find,
    ofPlan,
    withPlans,
    sold,
    labels: (rateIds: readonly RateId[]) => selectLabels(db, rateIds),
  };
}

function keysOf(offering: Offering) {
  return {
    planIds: offering.offers.map((offer) => offer.planId),
    versions: offering.offers.map((offer) => offer.version),
  };
}

/** Which runs of which plans make up the page. */
export function runsOf(offering: Offering, offset: number, limit: number): Run[] {
  const runs: Run[] = [];
  let index = planAt(offering.starts, offset);
  let at = offset;
  const end = Math.min(offset + limit, offering.total);
  while (at < end) {
    const start = offering.starts[index]!;
    const next = offering.starts[index + 1]!;
    const offer = offering.offers[index]!;
    const count = Math.min(next, end) - at;
    if (count > 0) runs.push({ planId: offer.planId, version: offer.version, from: at - start, count });
    at = Math.max(at, next);
    index += 1;
  }
  return runs;
}

/** The last plan whose start is not behind the offset. */
function planAt(starts: Int32Array, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
