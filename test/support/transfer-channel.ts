import { addMoney, decimal, formatDecimal, formatMoney, Temporal, zeroMoney, type AccountId } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { PlanTerms } from '@tierline/server/modules/catalog/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import type { Command, LaterMoment, Transfer, TransferWanted } from '@tierline/server/modules/lifecycle/index.ts';
import type { OrderCharge, OrderDetail } from '@tierline/server/modules/orders/index.ts';
import type { Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import type { BuiltPlan, PricesWanted, RateWanted } from './world-catalog.ts';
import type { World } from './world.ts';

export type TransferChannel = Awaited<ReturnType<typeof transferChannel>>;

type Zones = Partial<Record<'Provider' | 'North' | 'South' | 'Ada' | 'Ben' | 'Cyd', string>>;
type Prices = Partial<Record<keyof Zones, Readonly<Record<string, PricesWanted>>>>;

export type ChannelWanted = {
  readonly zones?: Zones;
  readonly terms?: Partial<PlanTerms>;
  readonly rates?: readonly RateWanted[];
  readonly prices?: Prices;
};

const standard: Required<Prices> = {
  Provider: { SEAT: '10', DISK: '1' },
  North: { SEAT: '12.5', DISK: '1.1' },
  South: { SEAT: '13', DISK: '1.2' },
  Ada: { SEAT: '20', DISK: '2' },
  Ben: { SEAT: '18', DISK: '1.9' },
  Cyd: { SEAT: '19', DISK: '1.8' },
};

/**
 * One provider with two distributors: North, below which Ada and Ben sell, and South, below which Cyd sells. All of them sell one plan of
 * a seat and a disk by the month, each at prices of its own. Time only moves by what is called here.
 */
export async function transferChannel(world: World, wanted: ChannelWanted = {}) {
  const { engine } = world;
  const zone = (name: keyof Zones) => ({ name, timeZone: wanted.zones?.[name] ?? 'UTC', currency: 'USD' });
  const provider = await world.provider(zone('Provider'));
  const north = await world.distributor(provider, zone('North'));
  const south = await world.distributor(provider, zone('South'));
  const ada = await world.reseller(north, zone('Ada'));
  const ben = await world.reseller(north, zone('Ben'));
  const cyd = await world.reseller(south, zone('Cyd'));
  const accounts: readonly Account[] = [provider, north, south, ada, ben, cyd];
  const mpnOf = new Map<string, string>();

  async function plan(
    facts: { terms?: Partial<PlanTerms>; rates?: readonly RateWanted[]; name?: string } = {},
  ): Promise<BuiltPlan> {
    const made = await world.plan(provider, { rates: [{ mpn: 'SEAT' }, { mpn: 'DISK' }], ...facts });
    for (const [mpn, rateId] of Object.entries(made.rates)) mpnOf.set(rateId, mpn);
    return made;
  }
  const main = await plan(
    wanted.rates === undefined ? { terms: wanted.terms ?? {} } : { terms: wanted.terms ?? {}, rates: wanted.rates },
  );
  await world.delegate([provider, north, ada], main);
  await world.delegate([north, ben], main);
  await world.delegate([provider, south, cyd], main);
  for (const account of accounts) {
    const prices = { ...standard, ...wanted.prices }[account.name as keyof Zones];
    const sold = Object.entries(prices).filter(([mpn]) => main.rates[mpn] !== undefined);
    if (sold.length > 0) await world.priceList(account, { prices: Object.fromEntries(sold) });
  }
  const customer = await world.customer(ada);

  let now = Temporal.Instant.from('2028-01-01T00:00:00Z');
  const instantOf = (day: string): Temporal.Instant =>
    Temporal.Instant.from(day.endsWith('Z') ? day : `${day}T12:00:00Z`);
  const at = (key?: string, request?: string) =>
    world.cause({
      at: now.toString(),
      actor: 'user:story',
      owner: provider.id,
      ...(key === undefined ? {} : { key }),
      ...(request === undefined ? {} : { request }),
    });

  async function until(day: string): Promise<{ steps: number }> {
    now = instantOf(day);
    return engine.worker.runDue({ sandboxId: null }, now);
  }
  /** Works off what is due until a day (noon in UTC, or an instant), and does something then. */
  async function on<Result>(day: string, work: () => Promise<Result>): Promise<Result> {
    await until(day);
    return work();
  }

  function sell(
    quantities: Readonly<Record<string, string>>,
    of: { plan?: BuiltPlan; customer?: Customer } = {},
  ): Promise<OrderDetail> {
    const buyer = of.customer ?? customer;
    return engine.orders.place(at(), buyer.ownerId, {
      customer: { id: buyer.id },
      lines: Object.entries(quantities).map(([mpn, quantity]) => ({
        name: { rateId: (of.plan ?? main).rates[mpn]! },
        quantity: decimal(quantity),
      })),
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
    });
  }

  const ask = (
    of: Pick<Subscription, 'id' | 'ownerId'>,
    command: Command,
    moment: LaterMoment | { at: 'now' } = { at: 'now' },
  ) => engine.lifecycle.place(at(), of.ownerId, of.id, { command, moment }, { surface: 'api' });

  const change = (
    of: Pick<Subscription, 'id' | 'ownerId'>,
    quantities: Readonly<Record<string, string>>,
    moment?: LaterMoment,
  ) => {
    const items = Object.entries(quantities).map(([mpn, quantity]) => ({
      rateId: main.rates[mpn]!,
      quantity: decimal(quantity),
    }));
    return ask(of, { kind: 'change', items, cascade: false }, moment);
  };

  /** Asked twice, as a preview and as a placement, which must come to the same. */
  async function transfer(within: AccountId, request: TransferWanted, key?: string): Promise<Transfer> {
    const previewed = await engine.transfers.preview(at(), within, request);
    const placed = await engine.transfers.place(at(key), within, request);
    const [before, after] = [previewed, placed].map((one) => JSON.stringify(figures(one)));
    if (before !== after) throw new Error(`The preview said ${before}, the placement ${after}.`);
    return placed;
  }
  const figures = (of: Transfer) => ({
    parts: of.parts.map((part) => [
      bill(part.givenBack),
      bill(part.charged),
      part.to?.endOn,
      part.intents.map(({ to }) => to.moment),
      part.kept.map(({ sellerId }) => sellerId),
      part.warnings,
    ]),
    warnings: of.warnings,
  });

  const nameOf = (id: string): string => accounts.find((account) => account.id === id)?.name ?? 'customer';
  function charge({
    sellerId,
    buyerId,
    type,
    quantity,
    rateId,
    unitPrice,
    fraction,
    period,
    amount,
    bookedOn,
  }: OrderCharge): string {
    const share = fraction.numerator === fraction.denominator ? '' : ` ${fraction.numerator}/${fraction.denominator}`;
    const what = `${formatDecimal(quantity)} ${mpnOf.get(rateId) ?? rateId} x ${formatDecimal(unitPrice)}${share}`;
    const days = `${period.start.toString()} to ${period.end.toString()}`;
    return `${bookedOn} ${nameOf(sellerId)} to ${nameOf(buyerId)}: ${type} ${what}, ${days} = ${formatMoney(amount)}`;
  }
  /** The charges of an order, edge by edge from the root down. */
  function bill(order: OrderDetail | null): string[] {
    const charges = order?.charges ?? [];
    return accounts.flatMap(({ id }) => charges.filter(({ sellerId }) => sellerId === id).map(charge));
  }
  const get = (of: Pick<Subscription, 'id'>): Promise<Subscription> =>
    engine.subscriptions.get(provider.id, { id: of.id });

  /** All that was ever charged on an edge for some subscriptions; to a customer when no buyer is named. */
  async function total(of: readonly Pick<Subscription, 'id'>[], seller: Account, buyer?: Account): Promise<string> {
    let sum = zeroMoney('USD');
    for (const { id } of of) {
      const { orders } = await engine.lifecycle.timeline(provider.id, id);
      for (const { subscriptionId, sellerId, buyerId, amount } of orders.flatMap(({ charges }) => charges)) {
        const isToBuyer = buyer === undefined ? nameOf(buyerId) === 'customer' : buyerId === buyer.id;
        if (subscriptionId === id && sellerId === seller.id && isToBuyer) sum = addMoney(sum, amount);
      }
    }
    return formatMoney(sum);
  }

  return {
    engine,
    world,
    accounts: { provider, north, south, ada, ben, cyd },
    customer,
    main,
    plan,
    now: () => now,
    at,
    on,
    until,
    /** Time passes, and nothing that is due is worked off: no worker runs. */
    skipTo(day: string): void {
      now = instantOf(day);
    },
    sell,
    ask,
    change,
    transfer,
    bill,
    get,
    total,
    async events(of: Pick<Subscription, 'id'>): Promise<string[]> {
      const { events } = await engine.lifecycle.timeline(provider.id, of.id);
      return events.map(({ at: when, type }) => `${when.slice(0, 10)} ${type}`);
    },
    async state(of: Pick<Subscription, 'id'>): Promise<string> {
      const { status, startOn, endOn, items, ownerId } = await get(of);
      const held = items.map(({ mpn, quantity }) => `${formatDecimal(quantity)} ${mpn}`).toSorted();
      return `${nameOf(ownerId)}: ${status} ${startOn} to ${endOn}: ${held.join(', ')}`;
    },
  };
}
