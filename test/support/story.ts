import { addMoney, decimal, formatDecimal, formatMoney, Temporal, zeroMoney } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { PlanTerms } from '@tierline/server/modules/catalog/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import type { Command, LaterMoment, Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import type { OrderCharge, OrderDetail } from '@tierline/server/modules/orders/index.ts';
import type { Agreement, Deal } from '@tierline/server/modules/pricing/index.ts';
import type { Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import { entriesOf, type BuiltPlan, type PricesWanted, type RateWanted } from './world-catalog.ts';
import type { World } from './world.ts';

/** A seller of a story's channel, from the root down. Prices are what it takes from its buyers, by MPN. */
export type StorySeller = {
  readonly name: string;
  readonly zone?: string;
  readonly currency?: string;
  /** What its own seller bills it in; as the price list says where it is not given. */
  readonly billedIn?: string;
  readonly prices: Readonly<Record<string, PricesWanted>>;
};

export type StoryPlan = {
  readonly name?: string;
  readonly terms?: Partial<PlanTerms>;
  readonly rates?: readonly RateWanted[];
  /** What each seller takes, by its name and by MPN; where a seller is not named, as for the first plan. */
  readonly prices?: Readonly<Record<string, Readonly<Record<string, PricesWanted>>>>;
};

export type StoryDeal = Agreement & { readonly seller?: string; readonly chargeType?: Deal['chargeType'] };

export type Story = Awaited<ReturnType<typeof openStory>>;

const kinds = ['provider', 'distributor', 'reseller', 'reseller'] as const;

/**
 * A channel of its own with a calendar: `on` works off what is due until a day and does something on that day. Nothing else moves
 * time. Days are the last seller's; at noon unless an hour is given (`2026-03-17T23:30`), or an instant (`2026-03-17T10:00Z`).
 */
export async function openStory(
  world: World,
  of: {
    readonly sellers: readonly StorySeller[];
    readonly plan?: StoryPlan;
    readonly rates?: readonly RateWanted[];
    /** What the customer is billed in. */
    readonly billedIn?: string;
  },
) {
  const { engine } = world;
  const accounts: Account[] = [];
  for (const [index, { zone, currency, billedIn = null, name }] of of.sellers.entries()) {
    const facts = { timeZone: zone ?? 'UTC', currency: currency ?? 'USD', billingCurrency: billedIn, name };
    accounts.push(await world.account(kinds[index]!, accounts.at(-1) ?? null, facts));
  }
  const owner = accounts.at(-1)!;
  const root = accounts[0]!;
  const mpns = Object.keys(of.sellers[0]!.prices);
  const product = await world.product(root);
  const lists = new Map<string, Awaited<ReturnType<World['priceList']>>>();

  async function plan(wanted: StoryPlan = {}): Promise<BuiltPlan> {
    const rates = wanted.rates ?? mpns.map((mpn) => ({ mpn }));
    const { prices: _, ...facts } = wanted;
    const made = await world.plan(root, { ...facts, product, rates });
    await world.delegate(accounts, made);
    for (const { name, prices } of of.sellers) {
      await setPrices(name, made, wanted.prices?.[name] ?? prices, '2020-01-01');
    }
    plans.set(made.id, made);
    for (const [mpn, rateId] of Object.entries(made.rates)) rateMpns.set(rateId, mpn);
    return made;
  }

  async function setPrices(
    name: string,
    made: BuiltPlan,
    prices: Readonly<Record<string, PricesWanted>>,
    effectiveFrom: string,
  ): Promise<void> {
    const seller = accounts.find((account) => account.name === name)!;
    const list = lists.get(name) ?? (await world.priceList(seller, {}));
    lists.set(name, list);
    const wanted = Object.entries(prices)
      .filter(([mpn]) => made.rates[mpn] !== undefined)
      .flatMap(([mpn, price]) => entriesOf(made.rates[mpn]!, price, effectiveFrom));
    if (wanted.length === 0) return;
    await engine.pricing.setPrices(world.cause(), await engine.directory.get(seller.id), list.id, wanted);
  }

  const plans = new Map<string, BuiltPlan>();
  const rateMpns = new Map<string, string>();
  const main = await plan({ ...of.plan, ...(of.rates === undefined ? {} : { rates: of.rates }) });
  const customer = await world.customer(owner, { billingCurrency: of.billedIn ?? null });

  let now = Temporal.Instant.from('2020-01-01T00:00:00Z');

  function instantOf(day: string): Temporal.Instant {
    if (day.endsWith('Z')) return Temporal.Instant.from(day);
    const time = day.includes('T') ? day : `${day}T12:00`;
    return Temporal.PlainDateTime.from(time).toZonedDateTime(owner.timeZone).toInstant();
  }

  const dealOf = ({ seller, chargeType = 'recurring', ...agreement }: StoryDeal): Deal => ({
    ...agreement,
    chargeType,
    sellerId: (accounts.find(({ name }) => name === seller) ?? owner).id,
  });

  /** A seller's exchange rate from a day on. */
  async function exchange(name: string, from: string, to: string, rate: string, date: string): Promise<void> {
    const seller = accounts.find((account) => account.name === name)!;
    await engine.rates.set(world.cause(), seller.id, [{ from, to, rate, date }]);
  }

  /** Works off everything that is due until a day. */
  async function until(day: string): Promise<{ steps: number }> {
    now = instantOf(day);
    return engine.worker.runDue({ sandboxId: null }, now);
  }

  async function on<Result>(day: string, work: () => Promise<Result>): Promise<Result> {
    await until(day);
    return work();
  }

  /** As `on`, but nothing that is due has been worked off before: the worker was down. */
  function meanwhile<Result>(day: string, work: () => Promise<Result>): Promise<Result> {
    now = instantOf(day);
    return work();
  }

  const at = () => world.cause({ at: now.toString(), actor: 'user:story' });

  async function sell(
    quantities: Readonly<Record<string, string>>,
    wanted: {
      readonly plan?: BuiltPlan;
      readonly customer?: Customer;
      readonly alignedTo?: Of;
      /** By MPN; of the owner's own sale, and recurring, where nothing else is said. */
      readonly deals?: Readonly<Record<string, readonly StoryDeal[]>>;
      /** Who places it; the owner where nobody is named. */
      readonly as?: string;
    } = {},
  ): Promise<OrderDetail> {
    const { rates } = wanted.plan ?? main;
    const placing = wanted.as === undefined ? owner : accounts.find(({ name }) => name === wanted.as)!;
    return engine.orders.place(at(), placing.id, {
      customer: { id: (wanted.customer ?? customer).id },
      lines: Object.entries(quantities).map(([mpn, quantity]) => ({
        name: { rateId: rates[mpn]! },
        quantity: decimal(quantity),
        deals: (wanted.deals?.[mpn] ?? []).map((deal) => dealOf(deal)),
      })),
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
      ...(wanted.alignedTo === undefined
        ? {}
        : { sale: { align: { kind: 'subscription', subscriptionId: wanted.alignedTo.id } as const } }),
    });
  }

  type Of = { readonly id: Subscription['id'] };

  /** Asks for a command twice, as a preview and as a placement, which must come to the same. */
  async function ask(of: Of, command: Command, moment: LaterMoment | { at: 'now' } = { at: 'now' }): Promise<Outcome> {
    const asked = { command, moment };
    const previewed = await engine.lifecycle.preview(at(), owner.id, of.id, asked, { surface: 'api' });
    const placed = await engine.lifecycle.place(at(), owner.id, of.id, asked, { surface: 'api' });
    const [before, after] = [previewed, placed].map((outcome) => JSON.stringify([bill(outcome), outcome.warnings]));
    if (before !== after) throw new Error(`The preview said ${before}, the placement ${after}.`);
    return placed;
  }

  const get = (of: Of): Promise<Subscription> => engine.subscriptions.get(owner.id, { id: of.id });

  async function change(of: Of, quantities: Readonly<Record<string, string>>, moment?: LaterMoment): Promise<Outcome> {
    const { rates } = plans.get((await get(of)).planId)!;
    const items = Object.entries(quantities).map(([mpn, quantity]) => ({
      rateId: rates[mpn]!,
      quantity: decimal(quantity),
    }));
    return ask(of, { kind: 'change', items, cascade: false }, moment);
  }

  /** A seller takes other prices from a day on. */
  const reprice = (
    name: string,
    from: string,
    prices: Readonly<Record<string, PricesWanted>>,
    made = main,
  ): Promise<void> => setPrices(name, made, prices, from);

  function charge({ sellerId, type, quantity, rateId, unitPrice, fraction, period, amount, bookedOn }: OrderCharge) {
    const name = accounts.find(({ id }) => id === sellerId)!.name;
    const share = fraction.numerator === fraction.denominator ? '' : ` ${fraction.numerator}/${fraction.denominator}`;
    const what = `${formatDecimal(quantity)} ${rateMpns.get(rateId) ?? rateId} x ${formatDecimal(unitPrice)}${share}`;
    const days = `${period.start.toString()} to ${period.end.toString()}`;
    return `${bookedOn} ${name}: ${type} ${what}, ${days} = ${formatMoney(amount)}`;
  }

  /** The charges of an order or an outcome, edge by edge from the root down. */
  function bill(of: OrderDetail | Outcome): string[] {
    const order = 'charges' in of ? of : of.order;
    const charges = order?.charges ?? [];
    return accounts.flatMap(({ id }) => charges.filter(({ sellerId }) => sellerId === id).map(charge));
  }

  /** Everything that was charged for a subscription, in the order in which it was booked; of one seller when named. */
  async function booked(of: Of, wanted: { readonly seller?: string; readonly from?: string } = {}): Promise<string[]> {
    const { orders } = await engine.lifecycle.timeline(owner.id, of.id);
    const inOrder = orders.toSorted((a, b) => Number(a.serial) - Number(b.serial));
    return inOrder
      .flatMap(({ charges }) => charges)
      .filter(({ subscriptionId }) => subscriptionId === of.id)
      .filter(({ bookedOn }) => wanted.from === undefined || bookedOn >= wanted.from)
      .filter(({ sellerId }) => {
        const { name } = accounts.find(({ id }) => id === sellerId)!;
        return wanted.seller === undefined || name === wanted.seller;
      })
      .map(charge);
  }

  /** What a seller takes for a subscription altogether. */
  async function total(of: Of, name: string): Promise<string> {
    const { orders } = await engine.lifecycle.timeline(owner.id, of.id);
    const seller = accounts.find((account) => account.name === name)!;
    const amounts = orders
      .flatMap(({ charges }) => charges)
      .filter(({ sellerId, subscriptionId }) => sellerId === seller.id && subscriptionId === of.id)
      .map(({ amount }) => amount);
    const currency = amounts[0]?.currency ?? seller.currency;
    return formatMoney(amounts.reduce((sum, amount) => addMoney(sum, amount), zeroMoney(currency)));
  }

  /** What happened to a subscription by its events, each with the owner's date. */
  async function events(of: Of): Promise<string[]> {
    const { events: all } = await engine.lifecycle.timeline(owner.id, of.id);
    return all.map(({ at, type }) => {
      const date = Temporal.Instant.from(at).toZonedDateTimeISO(owner.timeZone).toPlainDate();
      return `${date.toString()} ${type}`;
    });
  }

  return {
    accounts,
    owner,
    customer,
    main,
    plan,
    listOf: (name: string) => lists.get(name)!,
    now: () => now,
    at,
    on,
    until,
    meanwhile,
    sell,
    ask,
    change,
    get,
    reprice,
    exchange,
    bill,
    booked,
    total,
    events,
    /** The state in one line: status, term and quantities. */
    async state(of: Of): Promise<string> {
      const { status, holdReason, startOn, endOn, items } = await get(of);
      const held = items.map(({ mpn, quantity }) => `${formatDecimal(quantity)} ${mpn}`).toSorted();
      const why = holdReason === null ? '' : ` (${holdReason})`;
      return `${status}${why} ${startOn} to ${endOn}: ${held.join(', ')}`;
    },
  };
}

/** The lines of a table in a test: blank lines and the spaces that align its columns don't count. */
export function table(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/ +/g, ' '))
    .filter((line) => line !== '');
}
