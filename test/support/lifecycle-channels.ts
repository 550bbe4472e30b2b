import { decimal, Temporal, type RateId } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { ModelTiers } from './lifecycle-calendar.ts';
import {
  addOnRate,
  baseRate,
  type ModelEdge,
  type ModelPlan,
  type ModelPrices,
  type PriceBook,
} from './lifecycle-plan.ts';
import type { ModelReturns } from './lifecycle-returns.ts';
import { entriesOf, type BuiltPlan } from './world-catalog.ts';
import type { World } from './world.ts';

/** Three sellers, each with its own calendar and money. */
export type ModelChannel = { readonly accounts: readonly Account[]; readonly edges: readonly ModelEdge[] };

const digits: Readonly<Record<string, number>> = { USD: 2, JPY: 0, KWD: 3 };

const sellers = [
  [
    ['Pacific/Kiritimati', 'USD'],
    ['Europe/Berlin', 'JPY'],
    ['Pacific/Honolulu', 'KWD'],
  ],
  [
    ['Pacific/Honolulu', 'KWD'],
    ['America/New_York', 'USD'],
    ['Pacific/Kiritimati', 'USD'],
  ],
  [
    ['Australia/Lord_Howe', 'USD'],
    ['America/St_Johns', 'KWD'],
    ['Europe/London', 'USD'],
  ],
] as const;

const kinds = ['provider', 'distributor', 'reseller'] as const;

export async function modelChannels(world: World): Promise<ModelChannel[]> {
  const channels: ModelChannel[] = [];
  for (const chain of sellers) {
    const accounts: Account[] = [];
    for (const [index, [timeZone, currency]] of chain.entries()) {
      accounts.push(await world.account(kinds[index]!, accounts.at(-1) ?? null, { timeZone, currency }));
    }
    const edges = chain.map(([zone, currency]) => ({ zone, minorDigits: digits[currency]! }));
    channels.push({ accounts, edges });
  }
  return channels;
}

export const modelRates = ['FLAT', 'TIERED', 'VOLUME'] as const;
const models = { FLAT: 'flat', TIERED: 'tiered', VOLUME: 'volume' } as const;

export type PlanKind = Omit<ModelPlan, 'id' | 'models' | 'trial'>;
/** The first may be a trial, which becomes the second. */
export type PlanKinds = {
  readonly first: PlanKind;
  readonly second: PlanKind;
  readonly trial: 'convert' | 'expire' | null;
};
type MadePlan = { readonly plan: ModelPlan; readonly built: BuiltPlan };
type Priced = { readonly from: string; readonly prices: ModelPrices };

export type ModelCatalog = Awaited<ReturnType<typeof modelCatalog>>;

/** Two plans of one product, new for every history so that prices of one don't reach another, and what they cost when. */
export async function modelCatalog(world: World, { accounts }: ModelChannel, { first, second, trial }: PlanKinds) {
  const { engine } = world;
  const prices = new Map<string, Priced[]>();
  const byId = new Map<string, MadePlan>();
  const lists = await Promise.all(accounts.map((account) => world.priceList(account)));
  const paid = await make(second, null);
  const plans = [await make(first, trial), paid] as const;

  async function make(kind: PlanKind, atEnd: PlanKinds['trial']): Promise<MadePlan> {
    const period = (months: number) => ({ unit: 'month', count: months }) as const;
    const built = await world.plan(accounts[0]!, {
      rates: modelRates.map((mpn) => ({
        mpn,
        priceModel: models[mpn],
        chargeTypes: kind.setup ? ['recurring', 'setup'] : ['recurring'],
        dependsOn: kind.addOn !== null && mpn === addOnRate ? [baseRate] : [],
      })),
      terms: {
        licenseVersion: atEnd === null ? 'full' : 'trial',
        subscriptionPeriod: period(kind.termMonths),
        billingPeriod: period(kind.billingMonths),
        billingModel: {
          before: 'before_billing_period',
          after: 'after_billing_period',
          term: 'before_subscription_period',
        }[kind.charged] as 'before_billing_period',
        autoRenewalMonths: kind.termMonths,
        graceMonths: kind.graceMonths,
        expirationNoticeDays: 5,
        policies: {
          cancellation: documentOf(kind.cancellation),
          reduction: documentOf(kind.reduction),
          orphans: kind.addOn ?? 'refuse',
          add_ons: { within_base: kind.addOn !== null },
          renewal: renewalOf(kind.renewal),
          commitment: commitmentOf(kind.commitment),
          ...(atEnd && { trial: { at_end: atEnd, convert_to: paid.built.number, one_per_customer: false } }),
        },
      },
    });
    await world.delegate(accounts, built);
    const becomes = atEnd && { atEnd, becomes: () => paid.plan };
    const made = { plan: { ...kind, id: built.id, models, trial: becomes }, built };
    byId.set(built.id, made);
    return made;
  }

  /** Prices of a plan on one edge from some days on. */
  async function price(
    edge: number,
    { plan, built }: MadePlan,
    from: readonly (readonly [string, PricesOf])[],
  ): Promise<void> {
    const entries = from.flatMap(([from, pricesOf]) =>
      modelRates.flatMap((rate) => {
        const made = pricesOf(rate);
        const known = prices.get(`${edge}/${plan.id}/${rate}`) ?? [];
        prices.set(`${edge}/${plan.id}/${rate}`, [...known.filter((one) => one.from !== from), { from, prices: made }]);
        const { recurring, setup } = made;
        const both = plan.setup ? { recurring: texts(recurring), setup: texts(setup) } : texts(recurring);
        return entriesOf(built.rates[rate]!, both, from);
      }),
    );
    const seller = await engine.directory.get(accounts[edge]!.id);
    await engine.pricing.setPrices(world.cause(), seller, lists[edge]!.id, entries);
  }

  const book: PriceBook = (edge, plan, rate, date) => {
    const known = prices.get(`${edge}/${plan.id}/${rate}`)!.filter(({ from }) => from <= date);
    return known.reduce((last, one) => (one.from > last.from ? one : last)).prices;
  };

  return {
    plans,
    price,
    book,
    items: (planId: string, quantities: Readonly<Record<string, bigint>>) =>
      Object.entries(quantities).map(([rate, quantity]) => ({
        rateId: byId.get(planId)!.built.rates[rate] as RateId,
        quantity: decimal(quantity.toString()),
      })),
    rateOf: (rateId: string): string =>
      [...byId.values()].flatMap(({ built }) => Object.entries(built.rates)).find(([, id]) => id === rateId)![0],
  };
}

export type PricesOf = (rate: (typeof modelRates)[number]) => ModelPrices;

/** Prices that differ by edge and rate, made of one number: with up to six digits behind the point, and tiers that fall. */
export function pricesFrom(seed: number, edge: number): PricesOf {
  return (rate) => {
    const base = BigInt(1 + ((seed * 7_919 + edge * 104_729) % 99_000_000));
    return { recurring: tiersOf(rate, base), setup: tiersOf(rate, base / 3n + 1n) };
  };
}

function tiersOf(rate: (typeof modelRates)[number], base: bigint): ModelTiers {
  if (rate === 'FLAT') return [[0n, base]];
  return [
    [0n, base],
    [3n, (base * 9n) / 10n],
    [10n, (base * 4n) / 5n],
  ];
}

const texts = (tiers: ModelTiers) => tiers.map(([limit, micros]) => [limit.toString(), microText(micros)] as const);

function documentOf({ count, unit, basis, refund, after }: ModelReturns) {
  return { window: count === null ? null : { count, unit }, basis, refund, after };
}

function renewalOf(renewal: PlanKind['renewal']) {
  if (typeof renewal === 'string') return { price: renewal };
  return { price: 'guarded' as const, guard_percent: renewal.guard.toString() };
}

function commitmentOf(percent: number) {
  if (percent === 0) return {};
  return percent === 100
    ? { minimum: 'initial' as const }
    : { minimum: 'percent' as const, percent: percent.toString() };
}

export function microText(micros: bigint): string {
  return `${micros / 1_000_000n}.${(micros % 1_000_000n).toString().padStart(6, '0')}`;
}

export const instant = (text: string): Temporal.Instant => Temporal.Instant.from(text);
