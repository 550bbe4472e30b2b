import { decimal, type RateId, type SubscriptionId } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { PlanTerms, Product, ProvisioningKind } from '@tierline/server/modules/catalog/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import type { LaterMoment, NamedCommand, Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import type { OrderDetail } from '@tierline/server/modules/orders/index.ts';
import type { BuiltPlan } from './world-catalog.ts';
import type { World } from './world.ts';

export type PoolChannel = Awaited<ReturnType<typeof poolChannel>>;

type PlanWanted = {
  /** By which it is sold; its MPN where it is the only plan with that. */
  readonly name?: string;
  readonly product?: Product;
  readonly mpn: string;
  readonly terms?: Partial<PlanTerms>;
};

/**
 * A provider, a distributor, an MSP and a reseller below it. Plans are the MSP's own and draw on its pool, whoever sells them; they cost
 * nothing, so that everything here is about units.
 */
export async function poolChannel(world: World, wanted: { readonly provisioning?: ProvisioningKind } = {}) {
  const { engine } = world;
  const provider = await world.provider();
  const distributor = await world.distributor(provider);
  const msp = await world.msp(distributor);
  const reseller = await world.reseller(msp);
  const { id: vendorId } = await world.vendor(provider, { provisioning: wanted.provisioning ?? 'instant' });
  const product = await world.product(provider, { vendorId });
  const customer = await world.customer(reseller);

  const rates = new Map<string, RateId>();

  async function plan({ product: of = product, mpn, name = mpn, terms = {} }: PlanWanted): Promise<BuiltPlan> {
    const made = await world.plan(msp, {
      product: of,
      rates: [{ mpn, quantityMin: '1' }],
      terms: { pricing: 'free', licensePool: 'owner', autoRenewalMonths: 1, ...terms },
    });
    await world.delegate([msp, reseller], made);
    rates.set(name, made.rates[mpn]!);
    return made;
  }

  const units = (count: bigint, of: Product = product, licenseVersion: 'full' | 'trial' = 'full') => ({
    productId: of.id,
    licenseVersion,
    units: count,
  });

  /** New units, passed down to the MSP. */
  async function fill(count: bigint, of: Product = product, licenseVersion: 'full' | 'trial' = 'full'): Promise<void> {
    const wanted_ = units(count, of, licenseVersion);
    await engine.pools.mint(world.cause(), provider, wanted_);
    await engine.pools.assign(world.cause(), provider, distributor.id, wanted_);
    await engine.pools.assign(world.cause(), distributor, msp.id, wanted_);
  }

  async function pool(of: Product = product, account: Account = msp, licenseVersion: 'full' | 'trial' = 'full') {
    const pools = await engine.pools.list(account.id);
    return pools.find((one) => one.productId === of.id && one.licenseVersion === licenseVersion);
  }

  const left = async (of: Product = product, account: Account = msp): Promise<number> =>
    Number((await pool(of, account))?.available ?? 0);

  const sell = (
    name: string,
    quantity: string,
    facts: { readonly to?: Customer; readonly cause?: ReturnType<World['cause']> } = {},
  ): Promise<OrderDetail> =>
    engine.orders.place(facts.cause ?? world.cause(), reseller.id, {
      customer: { id: (facts.to ?? customer).id },
      lines: [{ name: { rateId: rates.get(name)! }, quantity: decimal(quantity) }],
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
    });

  async function sold(name: string, quantity: string): Promise<SubscriptionId> {
    return (await sell(name, quantity)).subscriptions[0]!.id;
  }

  const ask = (
    id: SubscriptionId,
    command: NamedCommand,
    moment: LaterMoment | { readonly at: 'now' } = { at: 'now' },
    cause = world.cause(),
  ): Promise<Outcome> => engine.lifecycle.place(cause, reseller.id, id, { command, moment }, { surface: 'api' });

  const to = (mpn: string, quantity: string): NamedCommand => ({
    kind: 'change',
    items: [{ mpn, quantity: decimal(quantity) }],
    cascade: false,
  });
  const onto = (of: BuiltPlan, quantity: string): NamedCommand => ({
    kind: 'switch',
    planId: of.id,
    start: 'now',
    items: Object.keys(of.rates).map((mpn) => ({ mpn, quantity: decimal(quantity) })),
  });

  return {
    provider,
    distributor,
    msp,
    reseller,
    customer,
    product,
    plan,
    units,
    fill,
    pool,
    left,
    sell,
    sold,
    ask,
    to,
    onto,
    due: () => engine.worker.runDue({ sandboxId: null }, world.clock.now()),
    get: (id: SubscriptionId) => engine.subscriptions.get(reseller.id, { id }),
  };
}

/**
 * All units of a database: in pools less what pools owe, in licenses of living subscriptions that draw on one, and minted in its history.
 * Whatever happens, the first two make the third.
 */
async function unitsOf(world: World): Promise<{ readonly held: bigint; readonly minted: bigint }> {
  const [row] = await world.db.query<{ held: bigint; minted: bigint }>(
    {
      name: 'all_units',
      text: `select (coalesce((select sum(available - owed) from license_pools), 0)
          + coalesce((select sum(ceil(l.units)) from licenses l
            join subscriptions s on s.owner_id = l.owner_id and s.id = l.subscription_id and s.status in ('pending', 'active', 'hold')
            join plan_versions v on v.plan_id = s.plan_id and v.version = s.plan_version and v.license_pool = 'owner'), 0))::bigint as held,
        coalesce((select sum((data ->> 'units')::bigint) from events
          where type = 'pool.minted' or (type = 'pool.refilled' and data ->> 'why' in ('step', 'automatic'))), 0)::bigint as minted`,
    },
    [],
  );
  return row!;
}

/** Throws unless no unit came from nowhere or went there. */
export async function checkUnits(world: World): Promise<void> {
  const { held, minted } = await unitsOf(world);
  if (held !== minted) throw new Error(`${minted} units were minted, and there are ${held}.`);
}
