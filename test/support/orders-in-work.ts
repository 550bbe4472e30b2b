import {
  addMoney,
  decimal,
  formatMoney,
  manualClock,
  Temporal,
  zeroMoney,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { openWorld, type World } from './world.ts';
import { jobRunner, type JobRunner } from '@tierline/server/platform/jobs/index.ts';
import type { NamedCommand, Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import type { OrderDetail } from '@tierline/server/modules/orders/index.ts';
import { aVendorServer, provisioned } from '@tierline/server/modules/provisioning/testing.ts';

// Orders of vendors that take their time: a channel, and what is asked of it. Whoever imports this has it opened and closed.

export let world: World;
export let vendorServer: Awaited<ReturnType<typeof aVendorServer>>;
export let channel: Awaited<ReturnType<typeof aChannel>>;
export let runner: JobRunner;
export const failures: unknown[] = [];
export const clock = manualClock('2026-03-01T09:00:00Z');
export const secret = 'a secret of some length';

beforeAll(async () => {
  world = await openWorld({ clock, poolSize: 10 });
  vendorServer = await aVendorServer();
  channel = await aChannel();
  const { provisioning } = world.engine;
  const handlers = { provision: provisioning.run, order: provisioning.runOrder, transfer: provisioning.runTransfer };
  runner = jobRunner({ db: world.db, clock, handlers, onError: (error) => void failures.push(error) });
});
afterAll(async () => {
  await vendorServer.close();
  await world.close();
});
beforeEach(async () => {
  await sql`delete from jobs`.execute(world.db.kysely);
  await sql`delete from subscription_due`.execute(world.db.kysely);
  failures.length = 0;
  vendorServer.react(provisioned);
  clock.set(Temporal.Instant.from('2026-03-01T09:00:00Z'));
});

/** Three edges in three zones; the same plan of a vendor that is told by webhook and of one that works by hand. */
async function aChannel() {
  const provider = await world.provider({ timeZone: 'Pacific/Kiritimati' });
  const distributor = await world.distributor(provider, { timeZone: 'UTC' });
  const reseller = await world.reseller(distributor, { timeZone: 'America/New_York' });
  const sell = async (mpn: string, vendor: Parameters<World['vendor']>[1]) => {
    const { id: vendorId } = await world.vendor(provider, vendor);
    const product = await world.product(provider, { vendorId });
    const rates = [{ mpn, prices: '3.33' }];
    const plan = await world.plan(provider, { product, name: `Plan ${mpn}`, rates, terms: { autoRenewalMonths: 1 } });
    await world.delegate([provider, distributor, reseller], plan);
  };
  await sell('HOOK', { provisioning: 'webhook', webhookUrl: vendorServer.url, webhookSecret: secret });
  await sell('HAND', { provisioning: 'manual' });
  await sell('NOW', { provisioning: 'instant' });
  await world.priceList(distributor, { markup: '10' });
  await world.priceList(reseller, { markup: '10' });
  return { provider, distributor, reseller, customer: await world.customer(reseller) };
}

export const on = (day: string): void => clock.set(Temporal.Instant.from(day.includes('T') ? day : `${day}T15:00:00Z`));
export const cause = () => world.cause({ at: clock.now().toString() });
export const later = (seconds: number): void => clock.set(clock.now().add({ seconds }));

/** A subscription of ten units that is there. */
export async function sold(mpn: string): Promise<SubscriptionId> {
  const order = await world.order(channel.customer, [{ mpn, quantity: '10' }], { cause: cause() });
  const { id } = order.subscriptions[0]!;
  if (mpn !== 'NOW') await world.engine.provisioning.acknowledge(cause(), channel.reseller.id, id, 'active', null);
  await sql`delete from jobs`.execute(world.db.kysely);
  return id;
}

export function ask(id: SubscriptionId, command: NamedCommand): Promise<Outcome> {
  const asked = { command, moment: { at: 'now' } } as const;
  return world.engine.lifecycle.place(cause(), channel.reseller.id, id, asked, { surface: 'api' });
}

export const toUnits = (mpn: string, quantity: string): NamedCommand => ({
  kind: 'change',
  items: [{ mpn, quantity: decimal(quantity) }],
  cascade: false,
});

export const get = (id: SubscriptionId) => world.engine.subscriptions.get(channel.reseller.id, { id });
export const order = (id: OrderId): Promise<OrderDetail> => world.engine.orders.get(channel.reseller.id, { id });
export const due = () => world.engine.worker.runDue({ sandboxId: null }, clock.now());
export const acknowledge = (id: SubscriptionId, outcome: 'active' | 'removed', of?: OrderId): Promise<void> =>
  world.engine.provisioning.acknowledge(cause(), channel.reseller.id, id, outcome, 'No such tenant.', of);
export const cancel = (id: OrderId): Promise<void> =>
  world.engine.provisioning.cancel(cause(), channel.reseller.id, id, 'Not wanted any more.');

export async function ordersOf(id: SubscriptionId) {
  const filter = { scope: { within: channel.reseller.id }, subscriptionId: id };
  const found = await world.engine.orders.page(filter, { limit: 50 });
  return (await world.engine.orders.details(found)).toReversed();
}

/** What each edge was charged for a subscription, over all of its orders; and that orders and charges say the same. */
export async function edges(id: SubscriptionId): Promise<Record<string, string>> {
  const orders = await ordersOf(id);
  for (const { charges, total, customerId, currency } of orders) {
    const paid = charges.filter(({ buyerId }) => buyerId === customerId);
    expect(formatMoney(paid.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(currency)))).toBe(total);
  }
  const bySeller = Map.groupBy(
    orders.flatMap(({ charges }) => charges),
    ({ sellerId }) => sellerId,
  );
  const names = new Map<string, string>(
    [channel.provider, channel.distributor, channel.reseller].map((account, index) => [account.id, `edge ${index}`]),
  );
  return Object.fromEntries(
    [...bySeller]
      .map(([seller, charges]): [string, string] => [
        names.get(seller)!,
        formatMoney(charges.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(charges[0]!.amount.currency))),
      ])
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );
}

export async function stored(id: SubscriptionId) {
  return world.db.kysely.selectFrom('subscriptions').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

export const ledgerOf = async (id: SubscriptionId): Promise<unknown> =>
  ((await stored(id)).life as { readonly ledger: unknown }).ledger;

export async function eventsOf(id: string): Promise<string[]> {
  const rows = await world.db.kysely
    .selectFrom('events')
    .select('type')
    .where('subject_id', '=', id)
    .orderBy('id')
    .execute();
  return rows.map(({ type }) => type);
}

export const inWork = async (): Promise<number> =>
  (await world.db.kysely.selectFrom('order_work').select('order_id').execute()).length;
