import { dateIn, type PlanId, type RateId, type SubscriptionId, type Temporal } from '@tierline/kernel';
import { combine, type Database } from '../../platform/db/index.ts';
import type { AccountNode, Directory } from '../accounts/index.ts';
import { dateText } from '../billing/index.ts';
import type { Offers } from '../catalog/index.ts';
import { statusRules, type CustomerStatus } from '../customers/index.ts';
import { poolOf, selectStocks, type Stocks } from '../pools/index.ts';
import type { Buyer, Prices, RatePrices } from '../pricing/index.ts';
import { nextDue, type Due, type Subscription } from '../subscriptions/index.ts';
import { partsOf, type Command } from './command.ts';
import type { Context, LoadedPlan } from './context.ts';
import { dueOn, type Intent } from './intent.ts';
import { selectMet, type Met } from './store-load.ts';

export type LoadDependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly offers: Offers;
  readonly prices: Prices;
};

/** Subscriptions that one statement reads for commands that arrive together. */
const meetMax = 64;
const meetsAtOnce = 2;

export type Loader = ReturnType<typeof loader>;

/** Reads what decisions depend on. Plans and prices are mostly remembered; intents and customers are read once per batch. */
export function loader({ db, directory, offers, prices }: LoadDependencies) {
  /** What is stored about subscriptions; concurrent askers are answered by one statement. */
  const meet = combine<SubscriptionId, Met | null>({
    run: async (ids) => {
      const found = new Map((await selectMet(db, ids)).map((met) => [met.subscription.id, met]));
      return ids.map((id) => found.get(id) ?? null);
    },
    batchMax: meetMax,
    parallel: meetsAtOnce,
    isRefusal: () => false,
  });

  async function planOf(node: AccountNode, planId: PlanId, version: number): Promise<LoadedPlan> {
    const [plan] = await offers.planVersions(node, [{ planId, version }]);
    if (plan === undefined) throw new Error(`Plan ${planId} has no version ${version}.`);
    return { plan, rates: await offers.ratesOf(plan) };
  }

  /** A plan that the owner may sell today; undefined when it may not. */
  async function offered(node: AccountNode, planId: PlanId): Promise<LoadedPlan | undefined> {
    const offer = (await offers.offering(node)).byPlan.get(planId);
    return offer && planOf(node, offer.planId, offer.version);
  }

  /** The plan of a subscription, or another that its owner may sell; undefined when it may not. */
  async function planNamed(subscription: Subscription, planId?: PlanId): Promise<LoadedPlan | undefined> {
    const owner = directory.peek(subscription.ownerId) ?? (await directory.get(subscription.ownerId));
    return planId === undefined ? planOf(owner, subscription.planId, subscription.planVersion) : offered(owner, planId);
  }

  /** @param others subscriptions that the command names beside */
  async function context(
    { subscription, waiting, customer, inWork }: Met,
    at: Temporal.Instant,
    command: Command | undefined,
    others: readonly Met[] = [],
  ): Promise<Context> {
    const owner = directory.peek(subscription.ownerId) ?? (await directory.get(subscription.ownerId));
    const current = await planOf(owner, subscription.planId, subscription.planVersion);
    const plans = await otherPlans(owner, current, command, waiting);
    const { buyerGroup, billingCurrency = null } = customer;
    const buyer = { id: subscription.customerId, buyerGroup, billingCurrency };
    const today = owner.chain.map(({ timeZone }) => dateText(dateIn(at, timeZone)));
    const beside = await Promise.all(
      others.map(async (other) => ({
        subscription: other.subscription,
        intents: other.waiting,
        loaded: await planOf(owner, other.subscription.planId, other.subscription.planVersion),
      })),
    );
    const wanted = [
      ...wantedRates(subscription, current, plans, command, waiting),
      // What moves into another subscription may be new to it.
      ...beside.map(({ loaded }) => ({ loaded, rateIds: sameResources(loaded, subscription.items) })),
    ];
    const pricesNow = await pricesFor(owner, wanted, buyer, today);
    const ends = subscription.ledger.map(({ endOn }) => endOn);
    const isEnding = command === undefined || command.kind === 'renew';
    const pricesAtEnd = isEnding && ends.length > 0 ? await pricesFor(owner, wanted, buyer, ends) : pricesNow;
    const rule = statusRules[customer.status as CustomerStatus];
    const loaded = [current, ...plans.values(), ...beside.map((other) => other.loaded)];
    return {
      at,
      owner,
      current,
      sale: {
        delegated:
          (await offers.offering(owner)).byPlan.has(subscription.planId) || current.plan.planStatus === 'retired',
        retired: current.plan.planStatus === 'retired',
        productStatus: current.plan.product.status,
      },
      customer: { mayOrder: rule.mayOrder, why: rule.mayOrder ? '' : rule.why },
      intents: waiting,
      inWork,
      pricesNow: (planId, rateId) => pricesNow.get(`${planId}/${rateId}`),
      pricesAtEnd: (planId, rateId) => pricesAtEnd.get(`${planId}/${rateId}`),
      plans,
      others: new Map(beside.map((other) => [other.subscription.id, other])),
      stocks: mayTake(current, command, waiting) ? await stocksOf(loaded) : null,
    };
  }

  /** Pools are looked at only where a plan draws on one. */
  async function stocksOf(loaded: readonly LoadedPlan[]): Promise<Stocks | null> {
    const keys = loaded.flatMap(({ plan }) => poolOf(plan) ?? []);
    return keys.length === 0 ? null : selectStocks(db, keys);
  }

  async function otherPlans(
    owner: AccountNode,
    current: LoadedPlan,
    command: Command | undefined,
    intents: readonly Intent[],
  ): Promise<Map<PlanId, LoadedPlan>> {
    const ids = new Set<PlanId>();
    for (const one of [...asked(command), ...intents.map((intent) => intent.command)]) {
      if (one.kind === 'switch') ids.add(one.planId);
      if (one.kind === 'move' && one.opens?.planId) ids.add(one.opens.planId);
      if (one.kind === 'convert' && one.planId !== null) ids.add(one.planId);
    }
    const { convertTo } = current.plan.policies.trial;
    const isTrial = current.plan.licenseVersion === 'trial';
    const offering = isTrial || ids.size > 0 ? await offers.offering(owner) : undefined;
    if (isTrial && convertTo !== null) {
      const named = offering?.offers.find(({ number }) => number === convertTo);
      if (named !== undefined) ids.add(named.planId);
    }
    const plans = new Map<PlanId, LoadedPlan>();
    for (const id of ids) {
      const plan = await offered(owner, id);
      if (plan !== undefined) plans.set(id, plan);
    }
    return plans;
  }

  type Wanted = { readonly loaded: LoadedPlan; readonly rateIds: readonly RateId[] };

  async function pricesFor(
    owner: AccountNode,
    wanted: readonly Wanted[],
    buyer: Buyer,
    dates: readonly string[],
  ): Promise<Map<string, RatePrices>> {
    const named = wanted.flatMap(({ loaded, rateIds }) =>
      rateIds.flatMap((rateId) => {
        const rate = loaded.rates.get(rateId);
        return rate === undefined ? [] : [{ rate, plan: loaded.plan }];
      }),
    );
    const found = await prices.of(owner, named, buyer, dates);
    return new Map(found.map((price, index) => [`${named[index]!.plan.planId}/${named[index]!.rate.rateId}`, price]));
  }

  /** The next thing that is due for a subscription: all that is needed to know that is its plan and what waits. */
  async function due({ subscription, waiting }: Met): Promise<Due | undefined> {
    const owner = directory.peek(subscription.ownerId) ?? (await directory.get(subscription.ownerId));
    const { plan } = await planOf(owner, subscription.planId, subscription.planVersion);
    const dates = waiting.map(({ moment }) => ({ dueOn: dueOn(moment) }));
    return nextDue(subscription, plan, owner.account.timeZone, dates);
  }

  return { meet, context, due, planNamed };
}

const takingKinds: readonly Command['kind'][] = ['change', 'switch', 'convert', 'renew', 'move'];

/** Whether what is to be decided may need more units: a term that is renewed as it was takes none. */
function mayTake({ plan }: LoadedPlan, command: Command | undefined, intents: readonly Intent[]): boolean {
  if (command !== undefined) return partsOf(command).some(({ kind }) => takingKinds.includes(kind));
  return plan.licenseVersion === 'trial' || intents.some((intent) => takingKinds.includes(intent.command.kind));
}

type Wanted = { readonly loaded: LoadedPlan; readonly rateIds: readonly RateId[] };

/** Rates of which a decision may need a price: what is held, what is asked for, and all of a plan that is switched to. */
function wantedRates(
  { items }: Subscription,
  current: LoadedPlan,
  plans: ReadonlyMap<PlanId, LoadedPlan>,
  command: Command | undefined,
  intents: readonly Intent[],
): Wanted[] {
  const rateIds = new Set(items.map(({ rateId }) => rateId));
  for (const one of [...asked(command), ...intents.map((intent) => intent.command)]) {
    if (one.kind === 'change' || one.kind === 'renew') for (const { rateId } of one.items) rateIds.add(rateId);
  }
  const others = [...plans.values()].map((loaded) => ({
    loaded,
    rateIds: likely(loaded, items, [...asked(command), ...intents.map((intent) => intent.command)]),
  }));
  return [{ loaded: current, rateIds: [...rateIds] }, ...others];
}

function sameResources({ rates }: LoadedPlan, items: Subscription['items']): RateId[] {
  const held = new Set(items.map(({ resourceId }) => resourceId));
  return [...rates.values()].filter(({ resourceId }) => held.has(resourceId)).map(({ rateId }) => rateId);
}

/** Of another plan: what the command names, what is the same resource, and what depends on nothing. */
function likely({ rates }: LoadedPlan, items: Subscription['items'], commands: readonly Command[]): RateId[] {
  const named = commands.flatMap((part) =>
    part.kind === 'switch' || part.kind === 'change' ? (part.items ?? []) : [],
  );
  const wanted = new Set(named.map(({ rateId }) => rateId));
  return [...rates.values()]
    .filter(
      (rate) =>
        wanted.has(rate.rateId) ||
        rate.dependsOn.length === 0 ||
        items.some(({ resourceId, mpn }) => resourceId === rate.resourceId || mpn === rate.mpn),
    )
    .slice(0, 500)
    .map(({ rateId }) => rateId);
}

function asked(command: Command | undefined): readonly Command[] {
  return command === undefined ? [] : partsOf(command);
}
