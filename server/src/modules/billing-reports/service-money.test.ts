import {
  addDecimal,
  decimal,
  formatDecimal,
  Temporal,
  zero,
  type AccountId,
  type SubscriptionId,
} from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chosenSeed, seededRandom } from '../../../../test/support/random.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { ReportWithLines } from './index.ts';
import { billingChannel, type BillingChannel } from './testing.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
afterAll(() => world.close());

type Sum = { seller_id: AccountId; buyer_id: AccountId; month: string; currency: string; amount: string };

/** The ledger of every edge that is told in a report, by month of booking, for months that are over. */
async function ledgerOf(channel: BillingChannel, before: string): Promise<string[]> {
  const { rows } =
    await sql<Sum>`select seller_id, buyer_id, to_char(booked_on, 'YYYY-MM') as month, currency, sum(amount) as amount
    from charges where owner_id in (select id from accounts where path @> array[${channel.root.id}]::uuid[])
      and buyer_id in (select id from accounts) and booked_on < ${before}::date
    group by 1, 2, 3, 4`.execute(world.db.kysely);
  // Edges below an MSP and to a reseller are those of others: they make no reports.
  const { root, distributor, msp, isp, ispMsp } = channel.sellers;
  const edges = new Set(
    [
      [root, distributor],
      [root, isp],
      [distributor, msp],
      [isp, ispMsp],
    ].map((edge) => edge.map(({ id }) => id).join(' ')),
  );
  return rows
    .filter((row) => edges.has(`${row.seller_id} ${row.buyer_id}`))
    .map((row) => `${row.seller_id} ${row.buyer_id} ${row.month} ${row.currency} ${formatDecimal(decimal(row.amount))}`)
    .toSorted();
}

/** The same of every edge that is told in a report: what the lines of all reports come to. */
async function toldOf(channel: BillingChannel): Promise<string[]> {
  const sums = new Map<string, ReturnType<typeof decimal>>();
  const add = (
    sellerId: string,
    buyerId: string,
    month: string,
    side: ReportWithLines['lines'][number]['price'],
  ): void => {
    if (side === null) return;
    const key = `${sellerId} ${buyerId} ${month} ${side.currency}`;
    const sum = [decimal(side.charges), decimal(side.credits)].reduce(addDecimal, sums.get(key) ?? zero);
    sums.set(key, sum);
  };
  const reports = await channel.reports();
  for (const { id } of reports) {
    const report = await world.engine.billingReports.get(channel.root.id, id);
    for (const line of report.lines) {
      add(report.sellerId, report.ownerId, report.monthOn.slice(0, 7), line.price);
      if (report.upperId !== null) add(report.upperId, report.sellerId, report.monthOn.slice(0, 7), line.cost);
    }
  }
  return [...sums].map(([key, sum]) => `${key} ${formatDecimal(sum)}`).toSorted();
}

// For any month and edge: the lines of reports sum to the ledger, to the cent, whatever happened.
test('money: the lines of all reports are the ledger', async () => {
  const seed = chosenSeed();
  const random = seededRandom(seed);
  const zones = {
    root: 'America/Los_Angeles',
    distributor: 'Europe/Berlin',
    msp: 'Australia/Sydney',
    isp: 'Asia/Kolkata',
  };
  const channel = await billingChannel(world, zones);
  const { sellers } = channel;
  const owners = [sellers.distributor, sellers.msp, sellers.branch, sellers.reseller, sellers.isp, sellers.ispMsp];
  const customers = await Promise.all(owners.map((owner) => channel.customer(owner)));
  const held: { owner: Account; id: SubscriptionId }[] = [];
  let now = Temporal.Instant.from('2026-01-05T09:00:00Z');
  for (let step = 0; step < 30; step += 1) {
    now = now.add({ hours: random.integer(24 * 7), minutes: random.integer(60) });
    await channel.advance(now.toString());
    const customer = random.pick(customers);
    const one = random.pick(held);
    const quantity = String(1 + random.integer(20));
    if (one === undefined || random.chance(0.4)) {
      const owner = owners[customers.indexOf(customer)]!;
      held.push({ owner, id: await channel.sell(customer, quantity) });
    } else {
      // What a policy does not allow at the moment is left.
      await channel.change(one.owner, one.id, quantity).catch(() => undefined);
    }
  }
  const last = now.toZonedDateTimeISO('UTC').toPlainDate().with({ day: 1 }).add({ months: 1 });
  await channel.advance(`${last.toString()}T23:00:00Z`);

  const ledger = await ledgerOf(channel, last.toString());
  expect(ledger.length, `seed ${seed}`).toBeGreaterThan(6);
  expect(await toldOf(channel), `seed ${seed}`).toEqual(ledger);
}, 120_000);

test('money: a renewal that is made in the month after its own is in the report of that one', async () => {
  const channel = await billingChannel(world);
  const { msp } = channel.sellers;
  const customer = await channel.customer(msp);
  const status = (value: 'active' | 'credit_hold') =>
    world.engine.customers.change(channel.cause(), msp.id, { id: customer.id }, { status: value });
  await channel.advance('2026-01-28T09:00:00Z');
  await channel.sell(customer, '4');
  await channel.advance('2026-02-20T09:00:00Z');
  await status('credit_hold');
  // Its term ends on February 28; the report of February is opened while the renewal is tried again.
  await channel.advance('2026-03-02T09:00:00Z');
  expect((await channel.report(msp, '2026-02')).lines).toMatchObject([{ price: null }]);
  await status('active');
  await channel.advance('2026-04-02T09:00:00Z');
  const ledger = await ledgerOf(channel, '2026-04-01');
  expect(ledger).toHaveLength(4);
  expect(await toldOf(channel)).toEqual(ledger);
});
