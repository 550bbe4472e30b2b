import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReports } from './report-world.ts';
import { refusal } from './setup.ts';

// Report :: Customer :: Transaction: LMPI reference, part 2, 4.2 and 5.9.

type World = Awaited<ReturnType<typeof openReports>>;
let lmpi: World;
beforeAll(async () => {
  lmpi = await openReports();
});
afterAll(() => lmpi.stop());

const march = { report_cycle_year: '2026', report_cycle_month: '03' };
const april = { report_cycle_year: '2026', report_cycle_month: '04' };
type Row = Record<string, string>;
const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });

async function told(world: World, body: object, as: 'distributor' | 'msp' = 'distributor'): Promise<Row[]> {
  const answer = await world.report(world.credentials[as], 'transactions', body);
  expect(answer.status, `${answer.text}.`).toBe(200);
  return (answer.json as { transaction: Row[] }).transaction;
}
const brief = (rows: readonly Row[]) =>
  rows.map((row) => [
    row['type'],
    row['version'],
    row['previous_units_allocated'],
    row['units_allocated'],
    row['change_units'],
  ]);

describe('200', () => {
  it.each(['v2', 'v3'])('answers the members of the sample, all strings, in %s', async (version) => {
    const name = `Members in ${version}`;
    await lmpi.sell(await lmpi.customer(lmpi.partners.msp, { name }), lmpi.full, 10);
    const answer = await lmpi.report(lmpi.credentials.distributor, 'transactions', march, version);
    const row = (answer.json as { transaction: Row[] }).transaction.find((one) => one['customer_company'] === name);
    expect(Object.entries(row!)).toEqual([
      ['type', 'New Purchase'],
      ['vendor_company_name', lmpi.partners.msp.name],
      ['created_by', lmpi.partners.msp.name],
      ['customer_company', name],
      ['product_name', 'Worry Free'],
      ['version', 'Full'],
      ['previous_units_allocated', '0'],
      ['units_allocated', '10'],
      ['change_units', '10'],
      ['unit', 'User'],
      // Without the space that the sample prints in the name.
      ['previous_start_charge_date', ''],
      ['new_start_charge_date', '2026-03-02'],
    ]);
  });

  it('has the list also when there is nothing', async () => {
    expect((await lmpi.report(lmpi.credentials.isp, 'transactions', march)).text).toBe('{"transaction":[]}');
  });

  it('tells sales, changes, renewals, ends and conversions, each in the month in which it was made, by type', async () => {
    const world = await openReports();
    try {
      const customer = await world.customer(world.partners.msp, { name: 'A' });
      const grown = await world.sell(customer, world.full, 10);
      const tried = await world.sell(customer, world.trial, 3);
      await world.passTo('2026-03-10T10:00:00Z');
      await world.change(grown, 'WF', 12);
      await world.command(tried, { kind: 'convert', planId: world.full.id });
      await world.passTo('2026-04-02T23:00:00Z');
      await world.command(grown, { kind: 'cancel', reason: null });
      const inMarch = await told(world, march);
      expect(brief(inMarch)).toEqual([
        ['New Purchase', 'Full', '0', '10', '10'],
        ['New Purchase', 'Trial', '0', '3', '3'],
        ['License Change', 'Full', '10', '12', '2'],
        ['License Convert', 'Full', '3', '3', '0'],
      ]);
      const inApril = await told(world, april);
      expect(brief(inApril)).toEqual([
        // Renewed by itself: nothing but the end moves (console: any change including auto-renewal).
        ['License Change', 'Full', '12', '12', '0'],
        ['License Change', 'Full', '12', '0', '-12'],
      ]);
      const only = async (type: string) =>
        (await told(world, { ...march, transaction_type: type })).map((row) => row['type']);
      expect(await only('New Purchase')).toEqual(['New Purchase', 'New Purchase']);
      expect(await only('License Change')).toEqual(['License Change']);
      expect(await only('License Convert')).toEqual(['License Convert']);
      expect(await told(world, { ...march, product_id: world.email.id })).toEqual([]);
      expect(await told(world, { ...march, product_id: world.worryFree.id })).toEqual(inMarch);
      // The same rows later on, whatever became of the licenses since.
      await world.passTo('2026-05-20T00:00:00Z');
      expect(await told(world, march)).toEqual(inMarch);
      // April was not over when it was asked for.
      expect((await told(world, april)).slice(0, 2)).toEqual(inApril);
      const german = await told(world, { ...march, language_code: 'de-DE', transaction_type: 'License Convert' });
      expect(german[0]).toMatchObject({ type: 'Lizenzumwandlung', unit: 'Benutzer', product_name: 'Worry Free' });
    } finally {
      await world.stop();
    }
  });

  it('cuts months in the Windows time zone that is asked for', async () => {
    const world = await openReports();
    try {
      await world.passTo('2026-03-31T20:00:00Z');
      await world.sell(await world.customer(world.partners.msp, { name: 'At the edge' }), world.full, 1);
      await world.passTo('2026-04-01T03:00:00Z');
      const count = async (cycle: object, timeZone?: string) =>
        (await told(world, { ...cycle, ...(timeZone === undefined ? {} : { time_zone: timeZone }) })).length;
      expect([await count(march), await count(april)]).toEqual([1, 0]);
      expect([await count(march, 'Tokyo Standard Time'), await count(april, 'Tokyo Standard Time')]).toEqual([0, 1]);
      expect(await count(march, 'Pacific Standard Time')).toBe(1);
    } finally {
      await world.stop();
    }
  });

  it('an MSP sees its own, and nobody sees a price', async () => {
    const rows = await told(lmpi, march, 'msp');
    expect(rows.every((row) => row['vendor_company_name'] === lmpi.partners.msp.name)).toBe(true);
    expect(JSON.stringify(rows)).not.toMatch(/price|amount|USD|cost/i);
  });
});

describe('400', () => {
  it('names the first member that is wrong, in the order of the page', async () => {
    const wrong: Record<string, unknown> = {
      report_cycle_year: '',
      report_cycle_month: 0,
      transaction_type: 'Suite Composition Change',
      product_id: 'x',
      language_code: 'en',
      // Matched exactly (part 1, 2.2).
      time_zone: 'tokyo standard time',
    };
    const right: Record<string, unknown> = {
      ...march,
      transaction_type: 'New Purchase',
      product_id: lmpi.email.id,
      language_code: 'ja-JP',
      time_zone: 'GMT Standard Time',
    };
    for (const name of Object.keys(wrong)) {
      const answer = await lmpi.report(lmpi.credentials.distributor, 'transactions', wrong);
      expect(refusal(answer)).toEqual(invalid(name));
      wrong[name] = right[name];
    }
    expect((await lmpi.report(lmpi.credentials.distributor, 'transactions', wrong)).status).toBe(200);
  });
});
