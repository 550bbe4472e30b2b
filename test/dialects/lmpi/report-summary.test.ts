import { randomUUID } from 'node:crypto';
import { decimal } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReports } from './report-world.ts';
import { refusal } from './setup.ts';

// Report :: Customer :: Summary: LMPI reference, part 2, 4.1.

type World = Awaited<ReturnType<typeof openReports>>;
let lmpi: World;
beforeAll(async () => {
  lmpi = await openReports();
});
afterAll(() => lmpi.stop());

const march = { report_cycle_year: '2026', report_cycle_month: '03' };
const april = { report_cycle_year: '2026', report_cycle_month: '04' };
type Row = Record<string, string | number | null>;
const rowsOf = (answer: { json: unknown }): Row[] => (answer.json as { summary: Row[] }).summary;
const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });

async function summaryOf(customer: string, cycle: object = march, version = 'v3'): Promise<Row[]> {
  const answer = await lmpi.report(lmpi.credentials.distributor, 'summary', cycle, version);
  expect(answer.status).toBe(200);
  return rowsOf(answer).filter((row) => row['customer'] === customer);
}

describe('200', () => {
  it.each(['v2', 'v3'])('answers exactly the members of the sample and of the client, in %s', async (version) => {
    const name = `Members in ${version}`;
    const customer = await lmpi.customer(lmpi.partners.msp, { name });
    await lmpi.sell(customer, lmpi.full, 10);
    const [row] = await summaryOf(name, march, version);
    // Numbers are numbers here (part 2, 5.10); usage that nobody read is null (part 2, 4.1, [C]).
    expect(Object.entries(row!)).toEqual([
      ['customer', name],
      ['city', customer.address.city],
      ['state', customer.address.state],
      ['owned_by_vendor', lmpi.partners.msp.name],
      ['created_by_vendor', lmpi.partners.msp.name],
      ['product_name', 'Worry Free'],
      ['service_plan', 'WFBSS-Full'],
      ['provisioned', 10],
      ['used', null],
      ['unit', 'User'],
    ]);
  });

  it('has the list also when there is nothing (part 2, 8: a client takes a missing one for an error)', async () => {
    const isp = await lmpi.report(lmpi.credentials.isp, 'summary', march);
    expect(isp.text).toBe('{"summary":[]}');
    const before = { report_cycle_year: '2024', report_cycle_month: '03' };
    expect((await lmpi.report(lmpi.credentials.distributor, 'summary', before)).text).toBe('{"summary":[]}');
  });

  it('takes the compact JSON of strings that a client sends, and numbers, and null for what is not given', async () => {
    const customer = await lmpi.customer(lmpi.partners.msp, { name: 'Compact' });
    await lmpi.sell(customer, lmpi.full, 3);
    const { distributor } = lmpi.credentials;
    const compact = await lmpi.report(
      distributor,
      'summary',
      '{"report_cycle_year":"2026","report_cycle_month":"03"}',
      'v2',
    );
    const numbers = await lmpi.report(distributor, 'summary', {
      report_cycle_year: 2026,
      report_cycle_month: 3,
      partner_id: null,
      product_id: '',
      language_code: null,
      unknown: 1,
    });
    expect(numbers.text).toBe(compact.text);
    expect(rowsOf(compact).some((row) => row['customer'] === 'Compact')).toBe(true);
  });

  it('sums the licenses of one plan, and tells plans and products apart', async () => {
    const customer = await lmpi.customer(lmpi.partners.msp, { name: 'Several' });
    await lmpi.sell(customer, lmpi.full, 3);
    await lmpi.sell(customer, lmpi.full, 4);
    await lmpi.sell(customer, lmpi.mailboxes, 5);
    const rows = await summaryOf('Several');
    expect(rows.map((row) => [row['product_name'], row['service_plan'], row['provisioned'], row['unit']])).toEqual([
      ['Email Security', 'Mailboxes', 5, 'Mailbox'],
      ['Worry Free', 'WFBSS-Full', 7, 'User'],
    ]);
  });

  it('tells units in the language asked for, where it is known, else in English', async () => {
    const customer = await lmpi.customer(lmpi.partners.msp, { name: 'Languages' });
    await lmpi.sell(customer, lmpi.full, 1);
    const unitIn = async (language: string) =>
      (await summaryOf('Languages', { ...march, language_code: language }))[0]!['unit'];
    expect([await unitIn('ja-JP'), await unitIn('de-AT'), await unitIn('fi-FI')]).toEqual([
      'ユーザー',
      'Benutzer',
      'User',
    ]);
  });

  it('has everything below the caller, or only a partner, or only a product', async () => {
    const { distributor, msp } = lmpi.partners;
    await lmpi.sell(await lmpi.customer(distributor, { name: 'Direct' }), lmpi.full, 1);
    await lmpi.sell(await lmpi.customer(msp, { name: 'By the MSP' }), lmpi.mailboxes, 2);
    const names = async (as: 'distributor' | 'msp', more: object = {}) => {
      const rows = rowsOf(await lmpi.report(lmpi.credentials[as], 'summary', { ...march, ...more }));
      return rows.map((row) => row['customer']).filter((name) => name === 'Direct' || name === 'By the MSP');
    };
    expect((await names('distributor')).toSorted()).toEqual(['By the MSP', 'Direct']);
    expect(await names('msp')).toEqual(['By the MSP']);
    expect(await names('distributor', { partner_id: msp.id.toUpperCase() })).toEqual(['By the MSP']);
    expect((await names('distributor', { partner_id: distributor.id })).toSorted()).toEqual(['By the MSP', 'Direct']);
    expect(await names('distributor', { product_id: lmpi.email.id })).toEqual(['By the MSP']);
  });

  it('tells usage where every license of the row has a reading', async () => {
    const customer = await lmpi.customer(lmpi.partners.msp, { name: 'Used' });
    const first = await lmpi.sell(customer, lmpi.full, 10);
    const second = await lmpi.sell(customer, lmpi.full, 10);
    const read = (of: typeof first, used: string) =>
      lmpi.engine.usage.report(
        lmpi.cause(),
        lmpi.partners.msp.id,
        [{ subscriptionId: of.id, used: decimal(used) }],
        (_, field) => field,
      );
    await read(first, '12');
    await read(first, '7');
    expect((await summaryOf('Used'))[0]).toMatchObject({ provisioned: 20, used: null });
    await read(second, '0');
    expect((await summaryOf('Used'))[0]).toMatchObject({ provisioned: 20, used: 12 });
  });
});

describe('months', () => {
  it('the highest of a month counts, and what ended within it; a later change alters no month that is over', async () => {
    const world = await openReports();
    try {
      const customer = await world.customer(world.partners.msp, { name: 'Before' });
      const grown = await world.sell(customer, world.full, 10);
      const canceled = await world.sell(customer, world.mailboxes, 5);
      await world.passTo('2026-03-10T10:00:00Z');
      await world.change(grown, 'WF', 30);
      await world.passTo('2026-03-12T10:00:00Z');
      await world.change(grown, 'WF', 20);
      await world.command(canceled, { kind: 'cancel', reason: null });
      const ask = async (cycle: object) => (await world.report(world.credentials.distributor, 'summary', cycle)).text;
      const told = async (cycle: object) =>
        rowsOf({ json: JSON.parse(await ask(cycle)) as unknown }).map((row) => [
          row['service_plan'],
          row['provisioned'],
        ]);
      await world.passTo('2026-04-05T10:00:00Z');
      expect(await told(march)).toEqual([
        ['Mailboxes', 5],
        ['WFBSS-Full', 30],
      ]);
      expect(await told(april)).toEqual([['WFBSS-Full', 20]]);
      const over = await ask(march);
      // All that a report tells changes: units, what it is, names.
      await world.change(grown, 'WF', 1);
      await world.command(grown, { kind: 'cancel', reason: null });
      const { engine, cause, partners, top } = world;
      const address = { ...customer.address, city: 'Elsewhere', state: null };
      await engine.customers.change(cause(), partners.msp.id, { id: customer.id }, { name: 'After', address });
      await engine.accounts.change(cause(), top.id, partners.msp.id, { name: 'Renamed Partner' });
      await engine.catalog.changeProduct(cause(), top, world.worryFree.id, { name: 'Renamed Product' });
      expect(await ask(march)).toBe(over);
      await world.passTo('2027-12-05T10:00:00Z');
      expect(await ask(march)).toBe(over);
      const [row] = rowsOf({ json: JSON.parse(await ask(april)) as unknown });
      expect(row).toMatchObject({
        customer: 'After',
        city: 'Elsewhere',
        state: '',
        owned_by_vendor: 'Renamed Partner',
        product_name: 'Renamed Product',
        provisioned: 20,
      });
    } finally {
      await world.stop();
    }
  });

  it('what replaces something at one moment was never there beside it', async () => {
    const world = await openReports();
    try {
      const customer = await world.customer(world.partners.msp, { name: 'Next' });
      const old = await world.sell(customer, world.full, 10);
      await world.passTo('2026-03-20T10:00:00Z');
      await world.command(old, { kind: 'cancel', reason: null });
      await world.sell(customer, world.full, 10);
      const told = async (cycle: object) =>
        rowsOf(await world.report(world.credentials.msp, 'summary', cycle)).map((row) => row['provisioned']);
      expect(await told(march)).toEqual([10]);
      await world.passTo('2026-04-03T00:00:00Z');
      expect(await told(april)).toEqual([10]);
    } finally {
      await world.stop();
    }
  });
});

describe('400', () => {
  const sent = (body: unknown, as: 'distributor' | 'msp' = 'distributor') =>
    lmpi.report(lmpi.credentials[as], 'summary', body).then(refusal);

  it('names the first member that is wrong, in the order of the page', async () => {
    const wrong: Record<string, unknown> = {
      report_cycle_year: 'x',
      report_cycle_month: '13',
      partner_id: 'x',
      product_id: 'x',
      language_code: 'xx',
    };
    const right: Record<string, unknown> = {
      ...march,
      partner_id: lmpi.partners.msp.id,
      product_id: lmpi.email.id,
      language_code: 'en-US',
    };
    for (const name of Object.keys(wrong)) {
      expect(await sent(wrong)).toEqual(invalid(name));
      wrong[name] = right[name];
    }
    const answer = await lmpi.report(lmpi.credentials.distributor, 'summary', wrong);
    expect(answer.status).toBe(200);
  });

  it('required members are told missing', async () => {
    expect(await sent({})).toEqual(invalid('report_cycle_year'));
    expect(await sent({ report_cycle_year: '2026' })).toEqual(invalid('report_cycle_month'));
    expect(await sent(undefined)).toEqual(invalid('report_cycle_year'));
  });

  it.each([
    ['2023', '12', 'report_cycle_year'],
    ['2027', '01', 'report_cycle_year'],
    ['2024', '02', 'report_cycle_month'],
    ['2026', '04', 'report_cycle_month'],
    ['2026', '00', 'report_cycle_month'],
    ['26', '03', 'report_cycle_year'],
    [true, '03', 'report_cycle_year'],
    [2026.5, '03', 'report_cycle_year'],
    ['2026', [3], 'report_cycle_month'],
  ])('%j %j is out of the last two years, or no month: %s', async (year, month, field) => {
    expect(await sent({ report_cycle_year: year, report_cycle_month: month })).toEqual(invalid(field));
  });

  it("another partner's and another channel's things are told as those that do not exist", async () => {
    const elsewhere = await lmpi.provider({ name: 'Elsewhere' });
    const foreign = await lmpi.product(elsewhere, {});
    const same = async (member: string, foreignId: string, as: 'distributor' | 'msp' = 'distributor') => {
      const answers = [foreignId, randomUUID()].map((id) =>
        lmpi.report(lmpi.credentials[as], 'summary', { ...march, [member]: id }),
      );
      const [other, unknown] = await Promise.all(answers);
      expect(refusal(other!)).toEqual(invalid(member));
      expect(other!.text).toBe(unknown!.text);
    };
    await same('partner_id', lmpi.partners.isp.id);
    await same('partner_id', lmpi.partners.distributor.id, 'msp');
    await same('partner_id', elsewhere.id);
    await same('product_id', foreign.id);
  });
});
