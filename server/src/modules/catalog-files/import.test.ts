import { catalogColumns } from '@tierline/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readers } from './row.ts';
import { filesWorld, outcome, refusals } from './testing.ts';

let world: Awaited<ReturnType<typeof filesWorld>>;
beforeAll(async () => {
  world = await filesWorld();
});
afterAll(() => world.close());

const head =
  'vendor_code,product_code,product_name,product_type,plan_name,subscription_period,billing_period,unit_type,mpn,rate_name,quantity_min,quantity_max,price_model,depends_on,currency,recurring_price';
const mail = [
  head,
  'acme,MAIL00001,Mail,saas,Mail yearly,1 year,1 month,U,M-SEAT,Seat,1,500,flat,,EUR,17.50',
  'acme,MAIL00001,Mail,saas,Mail yearly,1 year,1 month,U,M-STORE,Storage,1,100,tiered,M-SEAT,EUR,0:1.05;10:0.95',
  'acme,MAIL00001,Mail,saas,Mail monthly,1 month,,U,M-SEAT,Seat,1,500,,,EUR,19.8',
];
const file = (lines: readonly string[]) => lines.join('\n');

describe('an import', () => {
  test('makes what is not there, and the same file again changes nothing', async () => {
    const node = await world.provider();
    const first = await world.importText(node, file(mail));
    expect(refusals(first)).toEqual([]);
    expect(outcome(first)).toEqual({ rows: 3, created: 3, plans_created: 2 });
    const events = await world.events(node.account.id);
    expect(events.toSorted()).toEqual([
      'catalog.imported',
      'plan.published',
      'plan.published',
      'price_list.created',
      'prices.set',
      'product.created',
      'vendor.created',
    ]);
    const stored = await world.rates(node);
    expect(outcome(await world.importText(node, file(mail)))).toEqual({ rows: 3, unchanged: 3 });
    expect(await world.events(node.account.id)).toEqual(events);
    expect(await world.rates(node)).toEqual(stored);
  });

  test('gives a plan one new version when its rows differ, and none for a price', async () => {
    const node = await world.provider();
    await world.importText(node, file(mail));
    const before = await world.rates(node);
    const dearer = mail.map((line) => line.replace('17.50', '17.75'));
    world.clock.set('2026-03-02T09:00:00Z');
    expect(outcome(await world.importText(node, file(dearer)))).toEqual({ rows: 3, changed: 1, unchanged: 2 });
    expect(await world.rates(node)).toEqual(before);
    const wider = dearer.map((line) => line.replace('M-STORE,Storage,1,100', 'M-STORE,Storage,1,200'));
    expect(outcome(await world.importText(node, file(wider)))).toEqual({
      rows: 3,
      changed: 1,
      unchanged: 2,
      plans_changed: 1,
    });
    const after = await world.rates(node);
    expect(after).toEqual(before.map((rate) => rate.replace('Mail yearly v1', 'Mail yearly v2')));
    const prices = await world.db.kysely
      .selectFrom('prices')
      .innerJoin('price_lists', 'price_lists.id', 'prices.price_list_id')
      .select(['prices.effective_from', 'lower_limit', 'amount'])
      .where('account_id', '=', node.account.id)
      .orderBy('amount')
      .execute();
    // The price of the day before stays for that day.
    expect(prices.map((price) => `${price.effective_from} ${price.lower_limit} ${price.amount}`)).toEqual([
      '2026-03-01 10 0.95',
      '2026-03-01 0 1.05',
      '2026-03-01 0 17.5',
      '2026-03-02 0 17.75',
      '2026-03-01 0 19.8',
    ]);
  });

  test('reports every bad row by line, field and reason, and imports the rest', async () => {
    const node = await world.provider();
    const bad = [
      ...mail,
      'acme,MAIL00001,Mail,saas,Mail monthly,1 month,,U,M-ADD,"Add-on,\nsecond line",5,1,flat,M-NONE,EUR,abc',
      'acme,MAIL1,Mail,saas,Other,1 month,,U,M-X,X,1,2,,,XXX,-1',
      'acme,MAIL00001,Mail,saas,Mail monthly,2 months,,U,M-Y,Y,1,2,,,,',
      'acme,MAIL00001,Mail,saas,Mail monthly,1 month,,U,M-SEAT,Seat,1,2,,,,',
      '"broken" row,1',
      'too,few',
      'acme,MAIL00001,Mail,saas,Mail monthly,1 month,,U,M-DEP,Dependent,1,2,,M-NONE,EUR,1',
      'acme,MAIL00001,Mail,saas,Mail monthly,1 month,,U,M-TIER,Tiers,1,2,flat,,EUR,0:1;5:0.5',
      'acme,,,,Mail monthly,1 month,,U,,,,,,,,',
      'acme,NEWPROD01,,,New plan,1 month,,U,N-1,,,,,,,1',
      'acme,MAIL00001,,,Bad periods,1 month,2 months,U,N-2,,,,,,,1',
      'acme,MAIL00001,,,Nul,1 month,,U,N-\0,,,,,,,1',
    ];
    const records = await world.importText(node, file(bad));
    expect(refusals(records)).toEqual([
      '5 recurring_price catalog.invalid_cell',
      '7 product_code catalog.invalid_cell',
      '7 currency catalog.invalid_cell',
      '7 recurring_price catalog.invalid_cell',
      '10 - catalog.row_unreadable',
      '11 - catalog.row_unreadable',
      '14 product_code catalog.field_needed',
      '14 mpn catalog.field_needed',
      '17 mpn catalog.invalid_cell',
      '16 billing_period catalog.billing_period_does_not_divide',
      '8 subscription_period catalog.rows_disagree',
      '9 mpn catalog.mpn_repeated',
      '13 recurring_price catalog.tiers_need_model',
      '12 depends_on catalog.unknown_base',
      '15 product_name catalog.field_needed',
      '15 product_type catalog.field_needed',
    ]);
    expect(outcome(records)).toEqual({ rows: 15, created: 3, failed: 12, plans_created: 2 });
  });

  test('a refused row takes no rate away, a missing row does', async () => {
    const node = await world.provider();
    await world.importText(node, file(mail));
    const broken = [mail[0]!, mail[1]!, mail[2]!.replace('0:1.05', '5:1.05')];
    expect(outcome(await world.importText(node, file(broken)))).toEqual({ rows: 2, unchanged: 1, failed: 1 });
    const elsewhere = [mail[0]!, mail[1]!, '"broken" row'];
    expect(outcome(await world.importText(node, file(elsewhere)))).toEqual({ rows: 2, unchanged: 1, failed: 1 });
    const without = [mail[0]!, mail[1]!];
    expect(outcome(await world.importText(node, file(without), { missing: 'keep' }))).toEqual({
      rows: 1,
      unchanged: 1,
    });
    const before = await world.rates(node);
    expect(outcome(await world.importText(node, file(without)))).toEqual({
      rows: 1,
      unchanged: 1,
      removed: 1,
      plans_changed: 1,
    });
    expect(await world.rates(node)).toHaveLength(2);
    // What comes back is what it was.
    await world.importText(node, file(mail));
    expect(await world.rates(node)).toEqual(before.map((rate) => rate.replace('Mail yearly v1', 'Mail yearly v3')));
  });

  test('a preview says the same and stores nothing', async () => {
    const node = await world.provider();
    const records = await world.importText(node, file(mail), { preview: true });
    expect(outcome(records)).toEqual({ rows: 3, created: 3, plans_created: 2 });
    expect(await world.rates(node)).toEqual([]);
    expect(await world.events(node.account.id)).toEqual([]);
  });

  test('what is exported is what was imported, in both forms', async () => {
    const node = await world.provider();
    await world.importText(node, file(mail));
    const csv = await world.exportText(node);
    expect(csv.split('\r\n')[0]).toBe(catalogColumns.map(({ name }) => name).join(','));
    expect(outcome(await world.importText(node, csv))).toEqual({ rows: 3, unchanged: 3 });
    const lines = await world.exportText(node, 'ndjson');
    expect(outcome(await world.importText(node, lines, { format: 'json' }))).toEqual({ rows: 3, unchanged: 3 });
    const array = `[${lines.trim().split('\n').join(',\n')}]`;
    expect(outcome(await world.importText(node, array, { format: 'json' }))).toEqual({ rows: 3, unchanged: 3 });
    // The same file makes the same catalog elsewhere.
    const other = await world.provider();
    expect(outcome(await world.importText(other, csv))).toEqual({ rows: 3, created: 3, plans_created: 2 });
    expect(await world.exportText(other)).toBe(csv);
  });

  test('policies are a preset or JSON text, and stay where a file does not name them', async () => {
    const node = await world.provider();
    const withPolicies = (cell: string) => [`${head},policies`, ...mail.slice(1).map((line) => `${line},${cell}`)];
    const stored = async () => {
      const rows = await world.db.kysely
        .selectFrom('plan_versions')
        .innerJoin('service_plans', 'service_plans.id', 'plan_versions.plan_id')
        .select('policies')
        .whereRef('plan_versions.version', '=', 'service_plans.current_version')
        .where('account_id', '=', node.account.id)
        .execute();
      return rows.map(({ policies }) => policies);
    };
    const document = { renewal: { price: 'guarded', guard_percent: '5' }, preset: 'microsoft_like' };
    const cell = `"${JSON.stringify(document).replaceAll('"', '""')}"`;
    await world.importText(node, file(withPolicies('adobe_like')));
    expect(await stored()).toEqual([{ preset: 'adobe_like' }, { preset: 'adobe_like' }]);
    const changed = await world.importText(node, file(withPolicies(cell)));
    expect(outcome(changed)).toEqual({ rows: 3, changed: 3, plans_changed: 2 });
    expect(await stored()).toEqual([document, document]);
    for (const text of [file(withPolicies(cell)), file(mail), await world.exportText(node)]) {
      expect(outcome(await world.importText(node, text))).toEqual({ rows: 3, unchanged: 3 });
    }
    const messageFor = async (cell: string) => {
      const text = file(withPolicies(cell).slice(0, 2));
      const records = await world.importText(node, text, { missing: 'keep' });
      return records.flatMap((record) => (record.type === 'row_error' ? [`${record.field}: ${record.message}`] : []));
    };
    const expected = 'It is a preset (standard, microsoft_like, adobe_like, lmpi_like), or policies as JSON text.';
    expect(await messageFor('generous')).toEqual([`policies: ${expected}`]);
    expect(await messageFor('{')).toEqual([`policies: ${expected}`]);
    expect(await messageFor('"{""renewal"":{""retry_days"":99}}"')).toEqual([
      'policies: The field policies.renewal.retry_days must be at most 60.',
    ]);
    expect(outcome(await world.importText(node, file(withPolicies(''))))).toMatchObject({ plans_changed: 2 });
    expect(await stored()).toEqual([{}, {}]);
  });

  test('what a plan asks for is JSON text, goes out as it came in, and stays where a file does not name it', async () => {
    const node = await world.provider();
    const withCell = (cell: string) =>
      file([`${head},parameters`, ...mail.slice(1).map((line) => `${line},"${cell.replaceAll('"', '""')}"`)]);
    const asked = [
      { name: 'domain', type: 'string', required: true, pattern: '[a-z]+', phase: 'ordering' },
      { name: 'region', type: 'choice', choices: [{ value: 'eu', label: 'Europe' }], required: false },
    ];
    await world.importText(node, withCell(JSON.stringify(asked)));
    const csv = await world.exportText(node);
    expect(csv).toContain('""name"":""domain""');
    for (const text of [csv, file(mail), withCell(JSON.stringify(asked))]) {
      expect(outcome(await world.importText(node, text))).toEqual({ rows: 3, unchanged: 3 });
    }
    // The same catalog elsewhere, from either form.
    for (const [form, format] of [
      ['csv', 'csv'],
      ['ndjson', 'json'],
    ] as const) {
      const text = await world.exportText(node, form);
      expect(outcome(await world.importText(node, text, { format }))).toEqual({ rows: 3, unchanged: 3 });
      const other = await world.provider();
      await world.importText(other, text, { format });
      expect(await world.exportText(other)).toBe(csv);
    }
    const messageFor = async (cell: string) => {
      const records = await world.importText(node, withCell(cell), { missing: 'keep' });
      return records.flatMap((record) =>
        record.type === 'row_error' ? [`${record.field}: ${record.message}`] : [],
      )[0];
    };
    const wanted = 'parameters: It is what the plan asks for as JSON text: a list of objects with name and type.';
    for (const cell of ['domain', '{}', '[{"name":"x"}]']) expect(await messageFor(cell)).toContain(wanted);
    expect(await messageFor('[{"name":"x","type":"choice"}]')).toBe(
      'parameters: parameters.0.choices: A choice has choices.',
    );
    expect(await world.exportText(node)).toBe(csv);
    expect(outcome(await world.importText(node, withCell('')))).toMatchObject({ plans_changed: 2 });
    expect(outcome(await world.importText(node, withCell('')))).toEqual({ rows: 3, unchanged: 3 });
  });

  test('JSON rows: numbers as they are written, bad rows by line', async () => {
    const node = await world.provider();
    const common = { vendor_code: 'acme', product_code: 'MAIL00001', product_name: 'Mail', product_type: 'saas' };
    const plan = { plan_name: 'Mail', subscription_period: '1 month', unit_type: 'U' };
    const precise = JSON.stringify({ ...common, ...plan, mpn: 'A', depends_on: [], recurring_price: 'P' });
    const lines = [
      precise.replace('"P"', '0.123456789012'),
      '{"mpn": 1,',
      JSON.stringify({ ...common, ...plan, mpn: 'B', price: '1', recurring_price: { a: 1 } }),
      '[1]',
    ];
    const records = await world.importText(node, lines.join('\n'), { format: 'json' });
    expect(refusals(records)).toEqual([
      '2 - catalog.row_unreadable',
      '3 price catalog.unknown_column',
      '3 recurring_price catalog.invalid_cell',
      '4 - catalog.row_unreadable',
    ]);
    expect(outcome(records)).toEqual({ rows: 4, created: 1, failed: 3, plans_created: 1 });
    const [price] = await world.db.kysely.selectFrom('prices').select('amount').where('amount', '<', '0.2').execute();
    expect(price?.amount).toBe('0.123456789012');
  });

  test('refuses a file whose head it does not know', async () => {
    const node = await world.provider();
    await expect(world.importText(node, 'vendor_code,recuring_price\na,1')).rejects.toMatchObject({
      reasons: [
        { code: 'catalog.unknown_column', field: 'recuring_price' },
        { code: 'catalog.column_needed', field: 'product_code' },
        { code: 'catalog.column_needed', field: 'plan_name' },
        { code: 'catalog.column_needed', field: 'mpn' },
      ],
    });
    await expect(world.importText(node, '')).rejects.toMatchObject({ code: 'catalog.file_empty' });
  });

  test('5,000 rates of 1,200 plans in any order', async () => {
    const node = await world.provider();
    const rows = Array.from({ length: 5000 }, (_, index) => {
      const place = (index * 1201) % 5000;
      const plan = place % 1200;
      return `v${plan % 7},PROD${String(plan % 40).padStart(3, '0')}V${plan % 7},P,saas,Plan ${plan},1 year,1 month,U,R-${place},,1,10,,,EUR,${place}.5`;
    });
    const text = file([head, ...rows]);
    const records = await world.importText(node, text);
    expect(refusals(records)).toEqual([]);
    expect(outcome(records)).toMatchObject({ rows: 5000, created: 5000, plans_created: 1200 });
    expect(outcome(await world.importText(node, text))).toEqual({ rows: 5000, unchanged: 5000 });
  });

  test('whoever stops in the middle leaves whole plans, and the same file again completes it', async () => {
    const node = await world.provider();
    const rows = Array.from({ length: 2500 }, (_, index) => {
      return `acme,MAIL00001,Mail,saas,Plan ${String(index % 500).padStart(3, '0')},1 year,,U,R-${index},,1,10,,,EUR,1`;
    });
    const text = file([head, ...rows]);
    let stored = 0;
    for await (const record of world.records(node, text)) {
      if (record.type === 'progress') stored = record.rows;
      if (stored > 0) break;
    }
    const kept = await world.rates(node);
    expect(kept.length).toBe(stored);
    expect(kept.length % 5).toBe(0);
    expect(outcome(await world.importText(node, text))).toEqual({
      rows: 2500,
      created: 2500 - stored,
      unchanged: stored,
      plans_created: 500 - stored / 5,
    });
    expect(await world.rates(node)).toEqual(expect.arrayContaining(kept));
  });

  test('two at once store everything once', async () => {
    const node = await world.provider();
    const both = await Promise.all([world.importText(node, file(mail)), world.importText(node, file(mail))]);
    expect(both.flatMap(refusals)).toEqual([]);
    const made = both.map((records) => outcome(records)['created'] ?? 0).map(Number);
    expect(made.reduce((sum, count) => sum + count)).toBe(3);
    expect(await world.rates(node)).toHaveLength(3);
  });

  test('a plan with more rows than a plan may have is refused, the others are not', async () => {
    const node = await world.provider();
    const row = (plan: string, mpn: number) => `acme,MAIL00001,Mail,saas,${plan},1 year,,U,R-${mpn},,1,10,,,EUR,1`;
    const rows = Array.from({ length: 7100 }, (_, index) => row('Huge', index));
    const records = await world.importText(node, file([head, row('After', 1), ...rows, row('Zebra', 2)]));
    expect(outcome(records)).toMatchObject({ rows: 7102, created: 2, failed: 7100, plans_created: 2 });
  });
});

test('every column of the contract is read, and no other', () => {
  expect(Object.keys(readers)).toEqual(catalogColumns.map(({ name }) => name));
});
