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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chosenSeed, seededRandom } from '../../../../test/support/random.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { Customer } from '../customers/index.ts';
import { billingReportJobs, type BillingReport, type ReportWithLines, type UsageOf } from './index.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
afterAll(() => world.close());

type Sellers = Record<'root' | 'distributor' | 'msp' | 'branch' | 'reseller' | 'isp' | 'ispMsp', Account>;

/** A channel of its own in a sandbox whose clock begins in January: each kind of partner that has something to report. */
async function aChannel(zones: Partial<Record<keyof Sellers, string>> = {}) {
  const facts = { name: 'Billing', currency: 'USD', timeZone: zones.root ?? 'UTC', country: 'US', language: 'en' };
  const begins = '2026-01-05T09:00:00Z';
  const { sandbox } = await world.engine.sandboxes.create(world.cause(), null, { ...facts, startsAt: begins });
  const root = (await world.engine.directory.get(sandbox.id)).account;
  let now = begins;
  const cause = () => world.cause({ at: now });
  const make = async (kind: Account['kind'], name: keyof Sellers, parent: Account): Promise<Account> =>
    world.engine.accounts.create(cause(), parent.id, { ...facts, kind, name, timeZone: zones[name] ?? 'UTC' });
  const distributor = await make('distributor', 'distributor', root);
  const msp = await make('msp', 'msp', distributor);
  const isp = await make('isp', 'isp', root);
  const sellers: Sellers = {
    root,
    distributor,
    msp,
    branch: await make('reseller', 'branch', msp),
    reseller: await make('reseller', 'reseller', distributor),
    isp,
    ispMsp: await make('msp', 'ispMsp', isp),
  };
  const rates = [{ mpn: `SEAT-${sandbox.id}`, prices: '10' }];
  const plan = await world.plan(root, { rates, terms: { graceMonths: 1 } });
  for (const path of [
    ['distributor', 'msp', 'branch'],
    ['distributor', 'reseller'],
    ['isp', 'ispMsp'],
  ] as const) {
    await world.delegate([root, ...path.map((name) => sellers[name])], plan);
  }
  for (const [name, seller] of Object.entries(sellers))
    if (name !== 'root') await world.priceList(seller, { markup: '11.3' });

  return {
    id: sandbox.id,
    root,
    sellers,
    mpn: `SEAT-${sandbox.id}`,
    cause,
    customer: (of: Account): Promise<Customer> => world.customer(of),
    async advance(to: string): Promise<void> {
      await world.engine.sandboxes.advance(world.cause(), sandbox.id, sandbox.id, { to });
      now = to;
    },
    async sell(to: Customer, quantity: string): Promise<SubscriptionId> {
      const order = await world.order(to, [{ mpn: `SEAT-${sandbox.id}`, quantity }], { cause: cause() });
      return order.subscriptions[0]!.id;
    },
    async change(owner: Account, id: SubscriptionId, quantity: string): Promise<void> {
      const items = [{ mpn: `SEAT-${sandbox.id}`, quantity: decimal(quantity) }];
      const asked = { command: { kind: 'change', items, cascade: false }, moment: { at: 'now' } } as const;
      await world.engine.lifecycle.place(cause(), owner.id, id, asked, { surface: 'api' });
    },
    reports: (within: Account = root) => world.engine.billingReports.list({ within: within.id }, { limit: 200 }),
    async report(of: Account, month: string): Promise<ReportWithLines> {
      const [found] = await world.engine.billingReports.list(
        { within: root.id, partnerId: of.id, months: [`${month}-01`] },
        { limit: 2 },
      );
      if (found === undefined) throw new Error(`There is no report of ${of.name} for ${month}.`);
      return world.engine.billingReports.get(root.id, found.id);
    },
  };
}

type Channel = Awaited<ReturnType<typeof aChannel>>;

/** Everything that is stored of the reports of a channel, as text. */
async function contentOf(channel: Channel): Promise<string> {
  const reports = await channel.reports();
  const all = await Promise.all(reports.map(({ id }) => world.engine.billingReports.get(channel.root.id, id)));
  return JSON.stringify(all);
}

const statesOf = (reports: readonly BillingReport[]) =>
  reports.map(({ partnerName, monthOn, status }) => `${monthOn.slice(0, 7)} ${partnerName} ${status}`);

describe('months are opened by themselves', () => {
  test('each partner once, for what it sells itself or has sold below it', async () => {
    const channel = await aChannel();
    const { sellers } = channel;
    for (const name of ['branch', 'reseller', 'ispMsp'] as const) {
      await channel.sell(await channel.customer(sellers[name]), '4');
    }
    await channel.advance('2026-02-01T00:30:00Z');
    expect(await channel.reports()).toEqual([]);
    await channel.advance('2026-02-02T00:00:00Z');
    expect(statesOf(await channel.reports()).toSorted()).toEqual([
      '2026-01 distributor preparing',
      '2026-01 ispMsp preparing',
      '2026-01 msp preparing',
    ]);
    expect((await channel.report(sellers.msp, '2026-01')).lines).toMatchObject([
      { provisioned: '4', used: null, chargeable: '4', price: { unit: '11.13' }, cost: { unit: '10' } },
    ]);
    // Nobody but those above sees it.
    expect(await channel.reports(sellers.isp)).toHaveLength(1);
    expect(await channel.reports(sellers.branch)).toEqual([]);
  });

  test('what is run again, at once by two and later, is the same bytes', async () => {
    const channel = await aChannel();
    const id = await channel.sell(await channel.customer(channel.sellers.msp), '4');
    await channel.advance('2026-01-20T00:00:00Z');
    await channel.change(channel.sellers.msp, id, '7');
    const domain = { sandboxId: channel.id };
    const until = Temporal.Instant.from('2026-02-03T00:00:00Z');
    await world.engine.worker.runDue(domain, until);
    const other = billingReportJobs({ ...world.engine, usageOf: async () => new Map() });
    await Promise.all([world.engine.billingReportWork.runDue(domain, until), other.runDue(domain, until)]);
    const first = await contentOf(channel);
    expect(await channel.reports()).toHaveLength(1);
    await world.engine.billingReportWork.runDue(domain, until);
    expect(await contentOf(channel)).toBe(first);
    await channel.advance('2026-02-03T00:00:00Z');
    await channel.change(channel.sellers.msp, id, '1');
    expect(await contentOf(channel)).toBe(first);
    const before = await channel.report(channel.sellers.msp, '2026-01');
    expect(before.lines[0]).toMatchObject({ provisioned: '7' });

    // Put together anew, after everything that came later, the month comes to the same.
    await channel.advance('2026-04-15T00:00:00Z');
    await world.db.kysely.deleteFrom('billing_report_lines').where('owner_id', '=', before.ownerId).execute();
    await world.db.kysely.deleteFrom('billing_reports').where('owner_id', '=', before.ownerId).execute();
    await sql`update billing_calendars set next_on = '2026-01-01', next_at = '2026-02-01T01:00:00Z'
      where owner_id = ${before.ownerId}`.execute(world.db.kysely);
    await world.engine.billingReportWork.runDue(domain, Temporal.Instant.from('2026-02-03T00:00:00Z'));
    const again = await channel.report(channel.sellers.msp, '2026-01');
    expect({ ...again, id: before.id }).toEqual(before);
  });

  test('a month waits for what is due in it', async () => {
    const channel = await aChannel();
    await channel.sell(await channel.customer(channel.sellers.msp), '4');
    const domain = { sandboxId: channel.id };
    const until = Temporal.Instant.from('2026-03-03T00:00:00Z');
    // A notice is due in January, and February is billed on the 5th.
    await world.engine.billingReportWork.runDue(domain, until);
    expect(await channel.reports()).toEqual([]);
    await world.engine.worker.runDue(domain, Temporal.Instant.from('2026-02-01T01:00:00Z'));
    await world.engine.billingReportWork.runDue(domain, until);
    expect((await channel.reports()).map(({ monthOn }) => monthOn)).toEqual(['2026-01-01']);
    await world.engine.worker.runDue(domain, until);
    await world.engine.billingReportWork.runDue(domain, until);
    expect((await channel.reports()).map(({ monthOn }) => monthOn)).toEqual(['2026-02-01', '2026-01-01']);
  });

  // The process may be killed anywhere: what was not committed is found again, and nothing is there twice.
  test('a run that is cut off at its commit is taken up again', async () => {
    const channel = await aChannel();
    await channel.sell(await channel.customer(channel.sellers.msp), '4');
    await channel.sell(await channel.customer(channel.sellers.distributor), '2');
    const domain = { sandboxId: channel.id };
    const until = Temporal.Instant.from('2026-02-20T00:00:00Z');
    await world.engine.worker.runDue(domain, until);
    const cut = new Error('killed');
    for (let reads = 0; ; reads += 1) {
      let left = reads;
      const usageOf: UsageOf = async () => {
        if (left === 0) throw cut;
        left -= 1;
        return new Map();
      };
      const killed = billingReportJobs({ ...world.engine, usageOf });
      const ended = await killed.runDue(domain, until).then(
        () => 'done',
        (error: unknown) => error,
      );
      if (ended === 'done') break;
      expect(ended).toBe(cut);
    }
    expect(statesOf(await channel.reports()).toSorted()).toEqual([
      '2026-01 distributor approved',
      '2026-01 msp approved',
    ]);
    const events = await world.engine.events.page(
      { within: channel.sellers.msp.id, type: 'billing_report.submitted' },
      { limit: 10, descending: false },
    );
    expect(events).toHaveLength(1);
    expect(events[0]?.at).toBe('2026-02-11T00:00:00Z');
  });
});

describe('the workflow', () => {
  const usage: UsageOf = async () => new Map();

  /** A channel whose MSP has a report of January: 10 units, so many of them used. */
  async function prepared(used: string | null) {
    const channel = await aChannel();
    const { msp } = channel.sellers;
    await channel.sell(await channel.customer(msp), '10');
    const usageOf: UsageOf =
      used === null
        ? usage
        : async (owners) => {
            const rows = await world.db.kysely
              .selectFrom('licenses')
              .select('id')
              .where('owner_id', 'in', [...owners])
              .execute();
            return new Map(rows.map(({ id }) => [id, decimal(used)]));
          };
    const domain = { sandboxId: channel.id };
    const jobs = billingReportJobs({ ...world.engine, usageOf });
    const run = async (to: string) => {
      await world.engine.worker.runDue(domain, Temporal.Instant.from(to));
      await jobs.runDue(domain, Temporal.Instant.from(to));
    };
    await run('2026-02-01T01:00:00Z');
    const { id } = await channel.report(msp, '2026-01');
    const act = (of: Account, action: 'submit' | 'approve' | 'reject' | 'return' | 'complete', note?: string) =>
      world.engine.billingReports.act(world.cause({ at: '2026-02-03T12:00:00Z' }), of.id, id, { action, note });
    const edit = (chargeable: string, comment: string | null, expectedVersion?: number) =>
      world.engine.billingReports.edit(world.cause({ at: '2026-02-02T12:00:00Z' }), msp.id, id, {
        lines: [{ position: 1, chargeable, comment }],
        expectedVersion,
      });
    const get = () => channel.report(msp, '2026-01');
    return { channel, id, run, act, edit, get, ...channel.sellers };
  }

  test('from the partner over its seller to the root, back and forth', async () => {
    const { channel, id, act, edit, msp, distributor, root } = await prepared('4');
    await expect(act(msp, 'submit')).rejects.toMatchObject({
      code: 'billing_reports.comment_missing',
      field: 'lines.1.comment',
    });
    await expect(edit('4', 'x', 9)).rejects.toMatchObject({ code: 'billing_reports.version_mismatch' });
    await edit('5', 'One more than was read.');
    expect(await act(msp, 'submit')).toMatchObject({ status: 'under_review', review: 'manual', submitAt: null });
    await expect(act(msp, 'approve')).rejects.toMatchObject({ code: 'billing_reports.not_your_part' });
    await expect(act(root, 'complete')).rejects.toMatchObject({ code: 'billing_reports.wrong_status' });
    expect(await act(distributor, 'reject', 'Why?')).toMatchObject({
      status: 'rejected',
      note: 'Why?',
      submitAt: '2026-02-13T00:00:00Z',
    });
    await edit('4', 'As it was read.');
    await act(msp, 'submit');
    await act(distributor, 'approve');
    expect(await act(root, 'return', 'Look again.')).toMatchObject({ status: 'under_review', review: 'returned' });
    await act(distributor, 'approve');
    expect(await act(root, 'complete')).toMatchObject({ status: 'completed', version: 10 });
    const steps = await world.engine.billingReports.history(msp.id, id, { limit: 50 });
    expect(steps.map(({ type }) => type.replace('billing_report.', ''))).toEqual([
      ...['opened', 'edited', 'submitted', 'rejected', 'edited', 'submitted', 'approved', 'returned', 'approved'],
      'completed',
    ]);
    expect(steps[1]?.data['lines']).toEqual([
      { position: 1, chargeable_units: '5', comment: 'One more than was read.', penalized: false },
    ]);
    await expect(world.engine.billingReports.get(channel.sellers.isp.id, id)).rejects.toMatchObject({
      code: 'billing_reports.not_found',
    });
  });

  test('the deadline: without a word, with a word, and after a rejection', async () => {
    const silent = await prepared('4');
    await silent.run('2026-02-10T23:59:59Z');
    expect(await silent.get()).toMatchObject({ status: 'preparing', submitAt: '2026-02-11T00:00:00Z' });
    await silent.run('2026-02-11T00:00:00Z');
    expect(await silent.get()).toMatchObject({
      status: 'under_review',
      review: 'automatic_with_penalties',
      submittedAt: '2026-02-11T00:00:00Z',
      lines: [{ provisioned: '10', used: '4', chargeable: '10', isPenalized: true }],
    });
    await silent.run('2026-02-28T00:00:00Z');
    expect(await silent.get()).toMatchObject({ version: 2 });

    const said = await prepared('4');
    await said.edit('4', 'Ordered ahead.');
    await said.run('2026-02-11T00:00:00Z');
    expect(await said.get()).toMatchObject({
      status: 'under_review',
      review: 'automatic',
      lines: [{ chargeable: '4' }],
    });
    await said.act(said.distributor, 'reject', 'No.');
    await said.run('2026-02-14T00:00:00Z');
    expect(await said.get()).toMatchObject({ status: 'under_review', review: 'automatic' });

    const used = await prepared('10');
    await used.run('2026-02-11T00:00:00Z');
    expect(await used.get()).toMatchObject({ status: 'approved', review: 'automatic' });
  });

  test('the seller says how long it waits and what it tolerates, for reports to come', async () => {
    const { channel, run, msp, distributor } = await prepared(null);
    const { billingReports } = world.engine;
    const terms = { submitAfterDays: 3, tolerancePercent: '50' };
    await billingReports.setTerms(channel.cause(), distributor.id, { submitAfterDays: 5, tolerancePercent: '20' });
    expect(await billingReports.terms(distributor.id, msp.id)).toMatchObject({ submitAfterDays: 5, version: 0 });
    await billingReports.setTerms(channel.cause(), distributor.id, { ...terms, partnerId: msp.id });
    expect(await channel.report(msp, '2026-01')).toMatchObject({ tolerancePercent: '10', submitAfterDays: 10 });
    await run('2026-03-02T00:00:00Z');
    expect(await channel.report(msp, '2026-02')).toMatchObject({
      tolerancePercent: '50',
      submitAt: '2026-03-04T00:00:00Z',
    });
    await expect(billingReports.terms(msp.id, distributor.id)).rejects.toMatchObject({ code: 'accounts.not_found' });
  });
});

type Sum = { seller_id: AccountId; buyer_id: AccountId; month: string; currency: string; amount: string };

/** The ledger of every edge between accounts by month of booking, for months that are over. */
async function ledgerOf(channel: Channel, before: string): Promise<string[]> {
  const { rows } =
    await sql<Sum>`select seller_id, buyer_id, to_char(booked_on, 'YYYY-MM') as month, currency, sum(amount) as amount
    from charges where owner_id in (select id from accounts where path @> array[${channel.root.id}]::uuid[])
      and buyer_id in (select id from accounts) and booked_on < ${before}::date
    group by 1, 2, 3, 4`.execute(world.db.kysely);
  return rows.map(
    (row) => `${row.seller_id} ${row.buyer_id} ${row.month} ${row.currency} ${formatDecimal(decimal(row.amount))}`,
  );
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
  const channel = await aChannel(zones);
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
  // Edges below an MSP and to a reseller are those of others: they make no reports.
  const edges = new Set([
    `${sellers.root.id} ${sellers.distributor.id}`,
    `${sellers.root.id} ${sellers.isp.id}`,
    `${sellers.distributor.id} ${sellers.msp.id}`,
    `${sellers.isp.id} ${sellers.ispMsp.id}`,
  ]);
  const ledger = (await ledgerOf(channel, last.toString())).filter((row) =>
    edges.has(row.split(' ').slice(0, 2).join(' ')),
  );
  const told = [...sums].map(([key, sum]) => `${key} ${formatDecimal(sum)}`);
  expect(ledger.length, `seed ${seed}`).toBeGreaterThan(6);
  expect(told.toSorted(), `seed ${seed}`).toEqual(ledger.toSorted());
}, 120_000);
