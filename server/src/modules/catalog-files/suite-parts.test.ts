import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountNode } from '../accounts/index.ts';
import { filesWorld, outcome, refusals } from './testing.ts';

let world: Awaited<ReturnType<typeof filesWorld>>;
beforeAll(async () => {
  world = await filesWorld();
});
afterAll(() => world.close());

const head =
  'vendor_code,product_code,product_name,product_type,product_parts,plan_name,subscription_period,unit_type,mpn,currency,recurring_price';
const row = (code: string, type: string, parts: string, mpn: string): string =>
  `acme,${code},${code},${type},${parts},${code} monthly,1 month,U,${mpn},EUR,5`;
// The suite comes before its parts, in two rows that name one part each, and one of them twice.
const suite = [
  head,
  row('SUITE0001', 'suite', 'MAIL00001', 'S-ONE'),
  row('SUITE0001', 'suite', 'STORE0001;MAIL00001', 'S-TWO'),
  row('MAIL00001', 'saas', '', 'M-SEAT'),
  row('STORE0001', 'saas', '', 'ST-GB'),
];
const file = (lines: readonly string[]) => lines.join('\n');

async function partsOf(node: AccountNode, code: string): Promise<string[]> {
  const rows = await world.db.kysely
    .selectFrom('suite_parts')
    .innerJoin('products as suite', 'suite.id', 'suite_parts.suite_id')
    .innerJoin('products as part', 'part.id', 'suite_parts.product_id')
    .select('part.code')
    .where('suite.code', '=', code)
    .where('suite.root_id', '=', node.account.id)
    .orderBy('part.code')
    .execute();
  return rows.map((one) => one.code);
}
const warnings = (records: Awaited<ReturnType<typeof world.importText>>): string[] =>
  records.flatMap((record) => (record.type === 'warning' ? [`${record.line} ${record.field} ${record.code}`] : []));

describe('parts of a suite', () => {
  test('are those that rows name, wherever they stand; the same file again changes nothing', async () => {
    const node = await world.provider();
    const first = await world.importText(node, file(suite));
    expect([refusals(first), warnings(first)]).toEqual([[], []]);
    expect(await partsOf(node, 'SUITE0001')).toEqual(['MAIL00001', 'STORE0001']);
    const events = await world.events(node.account.id);
    expect(events.filter((type) => type === 'product.parts_added')).toHaveLength(1);
    expect(outcome(await world.importText(node, file(suite)))).toEqual({ rows: 4, unchanged: 4 });
    expect(await world.events(node.account.id)).toEqual(events);
  });

  test('are added to those that it has, and none is taken out', async () => {
    const node = await world.provider();
    await world.importText(node, file(suite));
    const more = [head, row('SUITE0001', 'suite', 'CHAT00001', 'S-ONE'), row('CHAT00001', 'saas', '', 'C-SEAT')];
    await world.importText(node, file(more), { missing: 'keep' });
    expect(await partsOf(node, 'SUITE0001')).toEqual(['CHAT00001', 'MAIL00001', 'STORE0001']);
  });

  test('come back in an export, which another provider imports', async () => {
    const node = await world.provider();
    await world.importText(node, file(suite));
    const exported = await world.exportText(node);
    expect(exported.split('\n').filter((line) => line.includes('MAIL00001;STORE0001'))).toHaveLength(2);
    const other = await world.provider();
    expect(refusals(await world.importText(other, exported))).toEqual([]);
    expect(await partsOf(other, 'SUITE0001')).toEqual(['MAIL00001', 'STORE0001']);
    expect(outcome(await world.importText(node, exported))).toEqual({ rows: 4, unchanged: 4 });
  });

  test('that can not be are told, and the others are added', async () => {
    const node = await world.provider();
    const odd = [
      head,
      row('SUITE0001', 'suite', 'SUITE0001;NONE00001;MAIL00001', 'S-ONE'),
      row('MAIL00001', 'saas', 'SUITE0001', 'M-SEAT'),
    ];
    const records = await world.importText(node, file(odd));
    expect(warnings(records)).toEqual([
      '3 product_parts catalog.parts_of_no_suite',
      '2 product_parts catalog.unknown_part',
      '2 product_parts catalog.part_of_itself',
    ]);
    expect(await partsOf(node, 'SUITE0001')).toEqual(['MAIL00001']);
    expect(await partsOf(node, 'MAIL00001')).toEqual([]);
    const bad = await world.importText(node, file([head, row('SUITE0001', 'suite', 'mail', 'S-ONE')]));
    expect(refusals(bad)).toEqual(['2 product_parts catalog.invalid_cell']);
  });

  test('are not stored by a preview, which knows the products of the file', async () => {
    const node = await world.provider();
    await world.importText(node, file([head, row('SUITE0001', 'suite', '', 'S-ONE')]));
    const preview = await world.importText(node, file(suite), { preview: true });
    expect(warnings(preview)).toEqual([]);
    expect(await partsOf(node, 'SUITE0001')).toEqual([]);
  });
});
