import { decimal, Temporal } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import { billingReportJobs, type BillingReport, type UsageOf } from './index.ts';
import { billingChannel, type BillingChannel } from './testing.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
});
afterAll(() => world.close());

/** Everything that is stored of the reports of a channel, as text. */
async function contentOf(channel: BillingChannel): Promise<string> {
  const reports = await channel.reports();
  const all = await Promise.all(reports.map(({ id }) => world.engine.billingReports.get(channel.root.id, id)));
  return JSON.stringify(all);
}

const statesOf = (reports: readonly BillingReport[]) =>
  reports.map(({ partnerName, monthOn, status }) => `${monthOn.slice(0, 7)} ${partnerName} ${status}`);

describe('months are opened by themselves', () => {
  test('each partner once, for what it sells itself or has sold below it', async () => {
    const channel = await billingChannel(world);
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
    const channel = await billingChannel(world);
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
    const channel = await billingChannel(world);
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
    const channel = await billingChannel(world);
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
    const channel = await billingChannel(world);
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
    expect(steps.map(({ type }) => type.replace('billing_report.', ''))).toEqual(
      'opened edited submitted rejected edited submitted approved returned approved completed'.split(' '),
    );
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
