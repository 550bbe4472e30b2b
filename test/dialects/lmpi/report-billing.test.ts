import { newId, Temporal, type AccountId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, refusal, type Credential, type LmpiWorld } from './setup.ts';

// Report :: Billing :: Summary and Details: LMPI reference, part 2, 4.3, 4.4, 5.7, 5.8 and 5.10.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
  await billed();
});
afterAll(() => lmpi.stop());

const summaryPath = (version = 'v3') => `/LMPI/${version}/reports/billing`;
const detailsPath = (version = 'v3') => `/LMPI/${version}/reports/billing/details`;

type Summary = Record<'id' | 'partner_company_name' | 'start_date' | 'end_date' | 'status', string> & {
  under_review_status: string | null;
};

async function reports(as: Credential, body: unknown = {}, version = 'v3'): Promise<Summary[]> {
  const answer = await lmpi.post(as, summaryPath(version), body);
  expect(answer.status, `${answer.text}.`).toBe(200);
  expect(Object.keys(answer.json as object)).toEqual(['reports']);
  return (answer.json as { reports: Summary[] }).reports;
}

let ownId: string;
let ispMsp: Awaited<ReturnType<LmpiWorld['msp']>>;

/** January and February are over: the MSP and the distributor sold at a price, and so did the MSP of the ISP. */
async function billed(): Promise<void> {
  const { engine, top, partners } = lmpi;
  const { distributor, isp, reseller } = partners;
  const early = (at: string) => lmpi.cause({ at });
  const product = await lmpi.stocked({ code: 'BILLED001', name: 'Billed' });
  const plan = await lmpi.plan(top, {
    product,
    rates: [{ mpn: 'MPN-BILLED001', quantityMin: '1', quantityMax: '1000', prices: '12' }],
    terms: { subscriptionPeriod: { unit: 'year', count: 1 }, billingPeriod: { unit: 'year', count: 1 } },
  });
  ispMsp = await engine.accounts.create(early('2026-01-05T00:00:00Z'), isp.id, {
    kind: 'msp',
    name: 'Under an ISP',
    currency: 'USD',
    timeZone: 'UTC',
    country: 'US',
    language: 'en',
  });
  await lmpi.delegate([top, distributor, partners.msp], plan);
  await lmpi.delegate([distributor, reseller], plan);
  await lmpi.delegate([top, isp, ispMsp], plan);
  for (const of of [distributor, partners.msp, reseller, isp, ispMsp]) {
    await lmpi.priceList(of, { name: 'In dollars', currency: 'USD', markup: '50' });
  }
  const sell = async (of: typeof reseller, quantity: string) => {
    const customer = await lmpi.customer(of);
    const line = { mpn: 'MPN-BILLED001', quantity };
    await lmpi.order(customer, [line], { cause: early('2026-01-12T09:00:00Z') });
  };
  await sell(partners.msp, '10');
  await sell(reseller, '3');
  await sell(ispMsp, '2');
  // Accounts were made in March by the clock; their months begin where their customers' do.
  await lmpi.db.kysely.updateTable('accounts').set({ created_at: '2026-01-01T12:00:00Z' }).execute();
  await engine.billingReportWork.runDue({ sandboxId: null }, Temporal.Instant.from('2026-03-02T09:00:00Z'));
  ownId = await idOf(partners.msp.id, '2026-01-01');
}

async function idOf(partnerId: AccountId, monthOn: string): Promise<string> {
  const filter = { within: lmpi.top.id, partnerId, months: [monthOn] };
  const [report] = await lmpi.engine.billingReports.list(filter, { limit: 1 });
  return report!.id;
}

describe('Summary', () => {
  it('has exactly the members of the page, newest month first (4.3)', async () => {
    const { distributor } = lmpi.credentials;
    for (const version of ['v2', 'v3']) {
      const all = await reports(distributor, {}, version);
      expect(all).toHaveLength(4);
      for (const each of all) {
        expect(Object.keys(each)).toEqual([
          'id',
          'partner_company_name',
          'start_date',
          'end_date',
          'status',
          'under_review_status',
        ]);
      }
      const own = all.filter(({ partner_company_name: name }) => name === lmpi.partners.msp.name);
      expect(own.map(({ id: _, ...rest }) => rest)).toEqual([
        {
          partner_company_name: lmpi.partners.msp.name,
          start_date: '2026-02-01',
          end_date: '2026-02-28',
          status: 'Msp Preparing',
          under_review_status: null,
        },
        {
          partner_company_name: lmpi.partners.msp.name,
          start_date: '2026-01-01',
          end_date: '2026-01-31',
          // Nobody said anything, so it was submitted and approved by itself.
          status: 'Approved',
          under_review_status: 'Automatically submitted without penalty',
        },
      ]);
    }
  });

  it('filters by year, month and status; codes may be integers or strings (4.3, 5.7)', async () => {
    const { distributor } = lmpi.credentials;
    const count = async (body: unknown) => (await reports(distributor, body)).length;
    expect(await count({ report_cycle_year: '2026', report_cycle_month: '01' })).toBe(2);
    expect(await count({ report_cycle_year: 2026, report_cycle_month: 1 })).toBe(2);
    expect(await count({ report_cycle_year: '2026' })).toBe(4);
    expect(await count({ report_cycle_year: '2025' })).toBe(0);
    expect(await count({ report_cycle_month: '02' })).toBe(2);
    expect(await count({ report_status: ['0', '1'] })).toBe(2);
    expect(await count({ report_status: [2] })).toBe(2);
    expect(await count({ report_status: [3, 4] })).toBe(0);
    expect(await count({ report_status: [] })).toBe(4);
    expect(await count({ report_status: null, report_cycle_year: '', else: 1 })).toBe(4);
  });

  it('shows a partner its own, and a distributor those below it', async () => {
    const names = async (as: Credential) => new Set((await reports(as)).map((each) => each.partner_company_name));
    const { distributor, msp } = lmpi.partners;
    expect(await names(lmpi.credentials.msp)).toEqual(new Set([msp.name]));
    expect(await names(lmpi.credentials.distributor)).toEqual(new Set([msp.name, distributor.name]));
    expect(await names(lmpi.credentials.isp)).toEqual(new Set([ispMsp.name]));
  });

  it.each([
    [{ report_cycle_year: '26' }, 'report_cycle_year'],
    [{ report_cycle_year: '2023' }, 'report_cycle_year'],
    [{ report_cycle_year: '2027' }, 'report_cycle_year'],
    [{ report_cycle_year: {} }, 'report_cycle_year'],
    [{ report_cycle_month: '13' }, 'report_cycle_month'],
    [{ report_cycle_year: '2024', report_cycle_month: '02' }, 'report_cycle_month'],
    [{ report_cycle_year: '2026', report_cycle_month: '04' }, 'report_cycle_month'],
    [{ report_status: '0' }, 'report_status'],
    [{ report_status: 1 }, 'report_status'],
    [{ report_status: ['5'] }, 'report_status'],
    [{ report_status: [0, '00'] }, 'report_status'],
    [{ report_status: [[0]] }, 'report_status'],
    [{ report_status: [null] }, 'report_status'],
    [{ report_cycle_month: 'x', report_cycle_year: 'x', report_status: 'x' }, 'report_cycle_year'],
  ])('refuses %j', async (body, field) => {
    const answer = await lmpi.post(lmpi.credentials.distributor, summaryPath(), body);
    expect(refusal(answer)).toEqual({ status: 400, subject: `InvalidParameters${field}` });
  });
});

describe('Details', () => {
  const header = [
    'report_id',
    'root_partner_id',
    'partner_id',
    'partner_company_name',
    'start_date',
    'end_date',
    'report_status',
    'under_review_status',
    'currency',
    'po_number',
    'aggregator_name',
    'submit_time',
  ];
  const line = [
    'product_display_name',
    'provisioned_units',
    'charged_units',
    'credits',
    'used_units',
    'price_type',
    'usage_line_comments',
  ];

  const details = async (as: Credential, body: object, version = 'v3') => {
    const answer = await lmpi.post(as, detailsPath(version), body);
    expect(answer.status, `${answer.text}.`).toBe(200);
    return answer.json as Record<string, unknown> & { report_details: Record<string, unknown>[] };
  };

  it('is one flat object; v2 has the members that are known, and no other (4.4)', async () => {
    const found = await details(lmpi.credentials.distributor, { report_id: ownId }, 'v2');
    expect(Object.keys(found)).toEqual([...header, 'report_details']);
    expect(found).toEqual({
      report_id: ownId,
      root_partner_id: lmpi.partners.distributor.id,
      partner_id: lmpi.partners.msp.id,
      partner_company_name: lmpi.partners.msp.name,
      start_date: '2026-01-01',
      end_date: '2026-01-31',
      report_status: 'Approved',
      under_review_status: 'Automatically submitted without penalty',
      currency: 'USD',
      po_number: 'N/A',
      aggregator_name: 'N/A',
      submit_time: '2026-02-11',
      report_details: [
        {
          product_display_name: 'Billed',
          provisioned_units: '10',
          charged_units: '10',
          credits: '0',
          used_units: null,
          price_type: 'U',
          usage_line_comments: '',
        },
      ],
    });
    expect(Object.keys(found.report_details[0]!)).toEqual(line);
  });

  it('v3 has beside them what the console shows (7.9)', async () => {
    const found = await details(lmpi.credentials.distributor, { report_id: ownId });
    expect(Object.keys(found)).toEqual([...header, 'total_amount', 'report_details']);
    expect(found['total_amount']).toBe('180.00');
    expect(found.report_details).toEqual([
      expect.objectContaining({
        over_provisioned_percentage: null,
        currency: 'USD',
        unit_price: '18',
        channel_margin: '60.00',
        amount: '180.00',
      }),
    ]);
  });

  it('an MSP never sees prices (4)', async () => {
    for (const version of ['v2', 'v3']) {
      const found = await details(lmpi.credentials.msp, { report_id: ownId }, version);
      expect(found).toMatchObject({ currency: 'N/A', report_details: [{ credits: 'N/A', charged_units: '10' }] });
      expect(JSON.stringify(found)).not.toMatch(/"(USD|18|180\.00|60\.00)"/);
      if (version === 'v3') {
        expect(found['total_amount']).toBe('N/A');
        const { unit_price: price, amount, channel_margin: margin, currency } = found.report_details[0]!;
        expect([price, amount, margin, currency]).toEqual(['N/A', 'N/A', 'N/A', 'N/A']);
      }
    }
  });

  it('of what it sells without an MSP, a distributor sees what it pays', async () => {
    const id = await idOf(lmpi.partners.distributor.id, '2026-01-01');
    const found = await details(lmpi.credentials.distributor, { report_id: id.toUpperCase() });
    expect(found).toMatchObject({
      partner_id: lmpi.partners.distributor.id,
      root_partner_id: lmpi.partners.distributor.id,
      total_amount: '36.00',
      report_details: [{ provisioned_units: '3', unit_price: '12', channel_margin: 'N/A' }],
    });
  });

  it('texts of every state, through the whole review (5.7, 5.8)', async () => {
    const { engine, top, partners, cause } = lmpi;
    const { msp, distributor } = partners;
    const id = (await idOf(msp.id, '2026-02-01')) as Parameters<typeof engine.billingReports.get>[1];
    const seen: unknown[] = [];
    const look = async () => {
      const [report] = await reports(lmpi.credentials.distributor, { report_cycle_month: '02' }).then((all) =>
        all.filter((each) => each.id === id),
      );
      seen.push([report!.status, report!.under_review_status]);
    };
    const act = async (of: AccountId, action: 'submit' | 'approve' | 'reject' | 'return' | 'complete') => {
      await engine.billingReports.act(cause(), of, id, { action, note: 'x' });
      await look();
    };
    await look();
    await engine.billingReports.edit(cause(), msp.id, id, { lines: [{ position: 1, comment: 'So many.' }] });
    await act(msp.id, 'submit');
    await act(distributor.id, 'reject');
    await act(msp.id, 'submit');
    await act(distributor.id, 'approve');
    await act(top.id, 'return');
    await act(distributor.id, 'approve');
    await act(top.id, 'complete');
    expect(seen).toEqual([
      ['Msp Preparing', null],
      ['Under Review', 'Manually submitted by MSP'],
      ['Rejected', 'Manually submitted by MSP'],
      ['Under Review', 'Manually submitted by MSP'],
      ['Approved', 'Manually submitted by MSP'],
      ['Under Review', 'Returned by vendor'],
      ['Approved', 'Returned by vendor'],
      ['Completed', 'Returned by vendor'],
    ]);
    const found = await details(lmpi.credentials.msp, { report_id: id, time_zone: 'Tokyo Standard Time' });
    expect(found).toMatchObject({ submit_time: '2026-03-02', report_details: [{ usage_line_comments: 'So many.' }] });
  });

  it('the report of another partner is refused like one that does not exist (part 1, 3.4)', async () => {
    const foreign = await idOf(ispMsp.id, '2026-01-01');
    const upper = await idOf(lmpi.partners.distributor.id, '2026-01-01');
    const unknown = await lmpi.post(lmpi.credentials.msp, detailsPath(), { report_id: newId() });
    expect(refusal(unknown)).toEqual({ status: 400, subject: 'InvalidParametersreport_id' });
    for (const id of [foreign, upper]) {
      expect((await lmpi.post(lmpi.credentials.msp, detailsPath(), { report_id: id })).text).toBe(unknown.text);
    }
  });

  it.each([
    [{}, 'report_id'],
    [{ report_id: 'x' }, 'report_id'],
    [{ report_id: 7 }, 'report_id'],
    [{ report_id: '', language_code: 'x' }, 'report_id'],
    [{ language_code: 'english' }, 'language_code'],
    [{ language_code: 7 }, 'language_code'],
    [{ time_zone: 'Europe/Berlin' }, 'time_zone'],
    [{ language_code: 'xx', time_zone: 'xx' }, 'language_code'],
  ])('refuses %j', async (body, field) => {
    const sent = field === 'report_id' ? body : { report_id: ownId, ...body };
    const answer = await lmpi.post(lmpi.credentials.distributor, detailsPath(), sent);
    expect(refusal(answer)).toEqual({ status: 400, subject: `InvalidParameters${field}` });
  });

  it('what is older than two years can no longer be read (4)', async () => {
    const id = await idOf(lmpi.partners.distributor.id, '2026-01-01');
    lmpi.moveTo('2028-01-31T12:00:00Z');
    expect((await lmpi.post(lmpi.credentials.distributor, detailsPath(), { report_id: id })).status).toBe(200);
    lmpi.moveTo('2028-02-02T12:00:00Z');
    const old = await lmpi.post(lmpi.credentials.distributor, detailsPath(), { report_id: id });
    expect(refusal(old)).toEqual({ status: 400, subject: 'InvalidParametersreport_id' });
    expect((await reports(lmpi.credentials.distributor)).map((each) => each.start_date)).not.toContain('2026-01-01');
    lmpi.moveTo('2026-03-02T09:00:00Z');
  });
});

// LMPI reference, part 2, 1.2 and 4.3: an MSP only under a distributor, a reseller never.
describe('roles', () => {
  it.each([summaryPath('v2'), summaryPath('v3'), detailsPath('v2'), detailsPath('v3')])('%s', async (path) => {
    const denied = { status: 403, subject: 'AccessDenied' };
    const send = (as: Credential) => lmpi.post(as, path, { report_id: newId() });
    expect(refusal(await send(await lmpi.credential(ispMsp)))).toEqual(denied);
    expect(refusal(await send(lmpi.credentials.reseller))).toEqual(denied);
    const letIn = path.endsWith('details') ? 400 : 200;
    for (const role of ['distributor', 'isp', 'msp'] as const) {
      const { status } = await send(lmpi.credentials[role]);
      expect([role, status]).toEqual([role, letIn]);
    }
  });

  it('the role is told before anything of the request is read', async () => {
    const answer = await lmpi.post(await lmpi.credential(ispMsp), detailsPath(), { report_id: 'x' });
    expect(refusal(answer)).toEqual({ status: 403, subject: 'AccessDenied' });
  });
});
