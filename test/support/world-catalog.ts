import type { RateId } from '@tierline/kernel';
import { dataCenters, samples, unitTypes } from '@tierline/server/app/demo/cast.ts';
import type { Engine } from '@tierline/server/app/engine.ts';
import type { Cause } from '@tierline/server/db';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type {
  ChargeType,
  Delegation,
  NewProduct,
  NewVendor,
  Plan,
  PlanTerms,
  Product,
  RateDraft,
  Resource,
  Vendor,
} from '@tierline/server/modules/catalog/index.ts';
import type { NewPriceList, NewRule, PriceList } from '@tierline/server/modules/pricing/index.ts';

/** One amount, or amounts from lower limits on: `[['0', '9'], ['10', '8.5']]`. */
export type PriceWanted = string | readonly (readonly [lowerLimit: string, amount: string])[];

/** The recurring price, or prices by charge type. */
export type PricesWanted = PriceWanted | Partial<Record<ChargeType, PriceWanted>>;

export type RateWanted = Partial<RateDraft> & {
  readonly mpn: string;
  /** What the plan's maker takes for it, in its standard price list. */
  readonly prices?: PricesWanted;
};

/** A plan with the ids of its rates by MPN (none for a draft). */
export type BuiltPlan = Plan & { readonly rates: Readonly<Record<string, RateId>> };

export type PriceListWanted = Partial<NewPriceList> & {
  /** By MPN: every rate of this MPN that the account may sell. */
  readonly prices?: Readonly<Record<string, PricesWanted>>;
  /** Percent on top of the cost of everything, or a whole rule. */
  readonly markup?: string | Partial<NewRule>;
};

const sampleMpns = { base: samples.base.mpn, addOn: samples.addOn.mpn } as const;

/** The first day of every price list that says nothing else. */
const longAgo = '2020-01-01';

const defaultTerms: PlanTerms = {
  licenseVersion: 'full',
  subscriptionPeriod: { unit: 'month', count: 1 },
  billingPeriod: { unit: 'month', count: 1 },
  billingModel: 'before_billing_period',
  activationPolicy: 'immediate',
  chargeableMonths: 0,
  autoRenewalMonths: 1,
  expirationNoticeDays: 30,
  graceMonths: 0,
  dataCenter: null,
  unitType: 'U',
  managed: false,
  pricing: 'required',
  licensePool: 'none',
  policies: {},
};

/** Builders of the catalog and its prices; what a builder needs and nobody made is made by it. */
export function catalogBuilders(engine: Engine, cause: () => Cause) {
  const { catalog, pricing, directory, offers } = engine;
  const codesOf = new Map<string, Promise<unknown>>();
  const vendors = new Map<string, Promise<Vendor>>();
  const products = new Map<string, Promise<Product>>();
  const resources = new Set<string>();
  const standardLists = new Map<string, Promise<PriceList>>();
  let count = 0;
  const next = (): number => (count += 1);

  async function vendor(of: Account, facts: Partial<NewVendor> = {}): Promise<Vendor> {
    const number = next();
    const plain = {
      code: `vendor-${number}`,
      name: `Vendor ${number}`,
      provisioning: 'instant',
      webhookUrl: null,
    } as const;
    return catalog.createVendor(cause(), of, { ...plain, ...facts });
  }

  /** The data centers and unit types of the installation: asked for once per root. */
  function codes(of: Account): Promise<unknown> {
    return remembered(codesOf, of.rootId, async () => {
      await catalog.defineCodes(cause(), of, 'data_centers', [...dataCenters]);
      await catalog.defineCodes(cause(), of, 'unit_types', [...unitTypes]);
    });
  }

  async function product(of: Account, facts: Partial<NewProduct> = {}): Promise<Product> {
    await codes(of);
    const vendorId = facts.vendorId ?? (await remembered(vendors, of.rootId, () => vendor(of))).id;
    const number = next();
    return catalog.createProduct(cause(), of, {
      code: `PROD${String(number).padStart(5, '0')}`,
      name: `Product ${number}`,
      type: 'saas',
      family: 'standard',
      serviceName: `SERVICE${number}`,
      unitTypes: ['U'],
      dataCenters: ['22'],
      parts: [],
      ...facts,
      vendorId,
    });
  }

  async function resource(of: Account, made: Product, mpn: string, name?: string): Promise<Resource> {
    resources.add(`${of.rootId}/${mpn}`);
    const facts = { productId: made.id, mpn, name: name ?? `Resource ${mpn}`, unitType: 'U' };
    return catalog.createResource(cause(), of, facts);
  }

  /** A plan of the account's own, published unless said otherwise. Resources that nobody made yet are made of its product. */
  async function plan(
    maker: Account,
    wanted: {
      rates: readonly RateWanted[];
      product?: Product;
      name?: string;
      terms?: Partial<PlanTerms>;
      publish?: boolean;
    },
  ): Promise<BuiltPlan> {
    const of = wanted.product ?? (await remembered(products, maker.rootId, () => product(maker)));
    for (const { mpn, name } of wanted.rates) {
      if (!resources.has(`${maker.rootId}/${mpn}`)) await resource(maker, of, mpn, name);
    }
    const publish = wanted.publish ?? true;
    const made = await catalog.createPlan(cause(), maker, {
      productId: of.id,
      name: wanted.name ?? `Plan ${next()}`,
      shortDescription: '',
      longDescription: '',
      terms: { ...defaultTerms, ...wanted.terms },
      rates: wanted.rates.map((rate) => draftOf(rate)),
      publish,
    });
    const prices = wanted.rates.flatMap(({ mpn, prices: given }) =>
      given === undefined ? [] : [[mpn, given] as const],
    );
    if (prices.length > 0) await priceList(maker, { prices: Object.fromEntries(prices) });
    return { ...made, rates: publish ? await rateIds(maker, made) : {} };
  }

  async function rateIds(maker: Account, made: Plan): Promise<Record<string, RateId>> {
    const { rates } = await offers.page(await directory.get(maker.id), 0, 1_000_000);
    const own = rates.filter((rate) => rate.planId === made.id);
    return Object.fromEntries(own.map((rate) => [rate.mpn, rate.rateId]));
  }

  /** Passes the plan on along a path of accounts, from a seller that has it down to the last. */
  async function delegate(
    path: readonly Account[],
    of: Pick<Plan, 'id'>,
    wanted: Partial<Pick<Delegation, 'name' | 'shortDescription' | 'priceFloor' | 'status'>> = {},
  ): Promise<void> {
    for (const [index, buyer] of path.entries()) {
      const seller = path[index - 1];
      if (seller !== undefined) await catalog.delegate(cause(), seller, buyer.id, of.id, wanted);
    }
  }

  /**
   * Prices of an account. Without a name and an audience they go into its standard list, made at the first use: valid for
   * all its buyers, in its own currency, since long ago.
   */
  async function priceList(of: Account, wanted: PriceListWanted = {}): Promise<PriceList> {
    const { prices = {}, markup, ...facts } = wanted;
    const list =
      Object.keys(facts).length === 0
        ? await remembered(standardLists, of.id, () => createList(of, { name: 'Standard' }))
        : await createList(of, facts);
    const node = await directory.get(of.id);
    const entries = await Promise.all(
      Object.entries(prices).map(async ([mpn, given]) => {
        const named = await offers.find(node, { mpn });
        if (named.length === 0) throw new Error(`${of.name} has no rate with MPN ${mpn} to price.`);
        return named.flatMap(({ rate }) => entriesOf(rate.rateId, given, list.effectiveFrom));
      }),
    );
    const all = entries.flat();
    if (all.length > 0) await pricing.setPrices(cause(), node, list.id, all);
    if (markup !== undefined) {
      const rule = typeof markup === 'string' ? { percent: markup } : markup;
      await pricing.addRule(cause(), of, list.id, { ...plainRule, effectiveFrom: list.effectiveFrom, ...rule });
    }
    return list;
  }

  function createList(of: Account, facts: Partial<NewPriceList>): Promise<PriceList> {
    const audience = facts.audience ?? (facts.buyerGroup ? 'group' : facts.buyerId ? 'buyer' : 'global');
    return pricing.createList(cause(), of, {
      name: `List ${next()}`,
      currency: of.currency,
      audience,
      buyerGroup: null,
      buyerId: null,
      effectiveFrom: longAgo,
      effectiveTo: null,
      ...facts,
    });
  }

  /** Office 365 E1 with its storage add-on, as the reference's product page has them, at what the provider takes. */
  async function samplePlan(maker: Account, terms: Partial<PlanTerms> = {}): Promise<BuiltPlan> {
    const of = await product(maker, { name: 'Office 365', serviceName: 'O365' });
    const { base, addOn } = samples;
    return plan(maker, {
      product: of,
      name: 'Office 365',
      terms,
      rates: [
        {
          mpn: addOn.mpn,
          name: addOn.name,
          quantityMin: '0',
          quantityMax: '5000',
          dependsOn: [base.mpn],
          prices: '0.95',
        },
        { mpn: base.mpn, name: base.name, quantityMin: '1', quantityMax: '5000', prices: '15.2' },
      ],
    });
  }

  return { sampleMpns, vendor, product, resource, plan, delegate, priceList, samplePlan };
}

const plainRule = { scope: 'all', scopeId: null, chargeType: null, percent: '0', amount: '0', decimals: 2 } as const;

function draftOf({ prices: _, ...rate }: RateWanted): RateDraft {
  return {
    quantityMin: '0',
    quantityMax: '1000000',
    priceModel: 'flat',
    chargeTypes: ['recurring'],
    dependsOn: [],
    ...rate,
  };
}

/** Prices as a list takes them for one rate. */
export function entriesOf(targetId: RateId, given: PricesWanted, effectiveFrom: string) {
  const byType = typeof given === 'string' || Array.isArray(given) ? { recurring: given as PriceWanted } : given;
  return Object.entries(byType as Partial<Record<ChargeType, PriceWanted>>).map(([chargeType, price]) => ({
    targetId,
    targetKind: 'rate' as const,
    chargeType: chargeType as ChargeType,
    effectiveFrom,
    tiers: (typeof price === 'string' ? [['0', price] as const] : price).map(([lowerLimit, amount]) => ({
      lowerLimit,
      amount,
    })),
  }));
}

function remembered<Value>(
  known: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
