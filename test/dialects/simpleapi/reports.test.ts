import { formatMoney, parseMoney, sumMoney } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { makeReports } from '../../support/reports.ts';
import { openSimpleApi, type Answer, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let paged: Client;
let sibling: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
  paged = await api.client(channel.reseller, '1.15');
  sibling = await api.client(channel.sibling.reseller);
  await api.order(channel.customer, [
    { mpn: channel.base.mpn, quantity: '3' },
    { mpn: channel.addOn.mpn, quantity: '2' },
  ]);
  await api.order(channel.sibling.customer, [{ mpn: channel.base.mpn, quantity: '7' }]);
  for (const [name, dataSet] of [
    ['Monthly report', 'payments'],
    ['Daily orders', 'orders'],
  ] as const) {
    const wanted = { name, dataSet, format: 'json', schedule: 'once' } as const;
    await api.engine.reports.createGenerator(api.cause(), channel.reseller.id, wanted);
  }
});
afterAll(() => api.close());

// The schema's facts (simpleapi-1.15.schema.json, Report and ResultListReport), nothing more and nothing less.
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const reportSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  customizationName: z.string().optional(),
  status: z.enum(['submitted', 'processing', 'error', 'completed', 'unknown']),
  type: z.enum(['periodic', 'daily', 'monthly', 'onetime', 'on_invoice', 'unknown']),
  format: z.enum(['csv', 'xml', 'xlsx', 'json', 'unknown']),
  creationDate: instant,
  startDate: instant,
  endDate: instant.optional(),
  downloadUrl: z.url().optional(),
});
const whole = z.int().min(0);
const listSchema = z.strictObject({
  data: z.array(reportSchema),
  pagination: z.strictObject({ offset: whole, limit: whole, total: whole }),
});
const one = (answer: Answer) => {
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-correlation-id')).toMatch(/^a8n-/);
  return reportSchema.parse(answer.body);
};
const listed = (answer: Answer) => {
  expect(answer.status).toBe(200);
  return listSchema.parse(answer.body);
};
const march = { name: 'Monthly report', startDate: '2026-03-01T00:00:00Z' };

/** A report that is made. */
async function made(body: Readonly<Record<string, unknown>>, by: Client = reseller) {
  const { id } = one(await by.post('/reports', body));
  await makeReports(api.engine);
  return one(await by.get(`/reports/${id}`));
}

async function download(url: string, headers: Record<string, string> = {}): Promise<Response & { bytes: Buffer }> {
  const { pathname, search } = new URL(url);
  const response = await api.file(pathname + search, headers);
  return Object.assign(response, { bytes: Buffer.from(await response.arrayBuffer()) });
}

/** An exact sum of dollars. */
const dollars = (amounts: readonly (string | undefined)[]): string =>
  formatMoney(
    sumMoney(
      amounts.map((amount) => parseMoney(amount ?? '0', 'USD')!),
      'USD',
    ),
  );

async function ledger(side: 'seller_id' | 'buyer_id'): Promise<string> {
  const rows = await api.db.kysely
    .selectFrom('charges')
    .select('amount')
    .where(side, '=', channel.reseller.id)
    .execute();
  expect(rows.length).toBeGreaterThan(0);
  return dollars(rows.map(({ amount }) => amount));
}

describe('POST /reports (SimpleAPI reference 4.9)', () => {
  test('a one-time report is submitted, made, and shown as it was asked for', async () => {
    const asked = one(await reseller.post('/reports/', { ...march, customizationName: 'Ours', format: 'XLSX' }));
    expect(asked).toMatchObject({ status: 'submitted', type: 'onetime', format: 'xlsx', customizationName: 'Ours' });
    expect(asked).toMatchObject({ ...march, endDate: '2026-03-03T00:00:00Z', creationDate: '2026-03-02T09:00:00Z' });
    expect(asked.downloadUrl).toBeUndefined();
    await makeReports(api.engine);
    expect(one(await reseller.get(`/reports/${asked.id}`))).toMatchObject({
      ...asked,
      status: 'completed',
      downloadUrl: expect.stringContaining('/marketplace/reports/') as string,
    });
  });

  test('midnight in UTC names a date, another instant a day of the account that is covered', async () => {
    const body = { ...march, startDate: '2026-02-10T03:00:00Z', endDate: '2026-02-20T15:00:00Z' };
    const { startDate, endDate } = one(await reseller.post('/reports', body));
    // The reseller is in America/New_York or the like: 03:00 in UTC is the evening before.
    const { timeZone } = channel.reseller;
    const day = (at: string) => new Intl.DateTimeFormat('en-CA', { timeZone }).format(new Date(at));
    expect(startDate).toBe(`${day('2026-02-10T03:00:00Z')}T00:00:00Z`);
    expect(endDate).toBe('2026-02-21T00:00:00Z');
    expect(one(await reseller.post('/reports', { ...march, startDate: '2026-02-10' })).startDate).toBe(
      '2026-02-10T00:00:00Z',
    );
  });

  test.each([
    ['name', undefined, 400],
    ['name', '', 400],
    ['name', 7.5, 404],
    ['name', 'Nobody set this up', 404],
    ['startDate', undefined, 400],
    ['startDate', '', 400],
    ['startDate', 'yesterday', 400],
    ['startDate', '2026-02-30', 400],
    ['startDate', '2026-13-01T00:00:00Z', 400],
    ['startDate', 20260301, 400],
    ['startDate', '2026-04-01T00:00:00Z', 400],
    ['endDate', '2026-03-01T00:00:00Z', 400],
    ['endDate', '2030-03-01T00:00:00Z', 400],
    ['endDate', [], 400],
    ['format', 'pdf', 400],
    ['format', 'unknown', 400],
    ['customizationName', {}, 400],
  ])('%s = %j is refused by name', async (field, value, status) => {
    const before = listed(await paged.get('/reports')).pagination.total;
    const answer = await reseller.post('/reports', { ...march, [field]: value });
    expect(answer.status).toBe(status);
    const details = answer.body['details'] as readonly { field?: string }[];
    expect(details.map((each) => each.field)).toContain(field);
    if (status === 404) expect(answer.body['message']).toContain('No entity has been found');
    expect(listed(await paged.get('/reports')).pagination.total).toBe(before);
  });

  test('names are those of the caller: a generator of another reseller is none', async () => {
    const { status, body } = await sibling.post('/reports', march);
    expect([status, body['message']]).toEqual([404, expect.stringContaining('No entity has been found')]);
  });
});

describe('GET /reports', () => {
  test('profile 21.0 reads neither offset nor limit, 1.15 pages (reference 1.1); newest first', async () => {
    await made(march);
    const all = listed(await reseller.get('/reports?offset=1&limit=1'));
    expect(all.pagination).toEqual({ offset: 0, limit: all.data.length, total: all.data.length });
    expect(all.data.length).toBeGreaterThan(1);
    const page = listed(await paged.get('/reports?offset=1&limit=1'));
    expect(page.pagination).toEqual({ offset: 1, limit: 1, total: all.data.length });
    expect(page.data[0]?.id).toBe(all.data[1]?.id);
    expect((await paged.get('/reports?limit=0')).status).toBe(400);
    expect(listed(await sibling.get('/reports')).data).toEqual([]);
  });

  test('filters', async () => {
    const { id } = await made({ ...march, name: 'Daily orders', format: 'xml' });
    const ids = async (query: string) => listed(await reseller.get(`/reports?${query}`)).data.map((each) => each.id);
    expect(await ids('name=Daily+orders')).toEqual([id]);
    expect(await ids('format=XML')).toEqual([id]);
    expect(await ids('format=xml&status=completed&type=onetime&from=2026-03-02&to=2026-03-02&other=1')).toEqual([id]);
    for (const none of ['type=periodic', 'status=error', 'from=2026-03-03', 'to=2026-03-01', 'name=Daily']) {
      expect([none, await ids(`format=xml&${none}`)]).toEqual([none, []]);
    }
  });

  test.each([
    ['format', 'pdf'],
    ['status', 'completed,error'],
    ['type', 'weekly'],
    ['from', 'x'],
    ['to', '2026-02-30'],
  ])('%s=%s is a 400 that names it', async (field, value) => {
    const { status, body } = await reseller.get(`/reports?${field}=${value}`);
    expect(status).toBe(400);
    expect(body['details']).toMatchObject([{ field }]);
  });

  test.each(['x', '1', '0196a000-0000-7000-8000-000000000001'])('/reports/%s: no entity', async (id) => {
    const { status, body } = await reseller.get(`/reports/${id}`);
    expect([status, body['message']]).toEqual([404, expect.stringContaining('No entity has been found')]);
  });

  test('the report of another reseller is no entity either', async () => {
    const { id } = await made(march);
    const others = await sibling.get(`/reports/${id}`);
    const nobodys = await sibling.get('/reports/0196a000-0000-7000-8000-000000000001');
    expect([others.status, others.body['message']]).toEqual([nobodys.status, nobodys.body['message']]);
  });
});

describe('the file', () => {
  // Each edge is its own ledger: what a report says adds up to it, to the cent.
  test('pairs prices with costs, and sums to the ledger', async () => {
    const { downloadUrl } = await made(march);
    const file = await download(downloadUrl!);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(file.headers.get('content-length')).toBe(String(file.bytes.length));
    expect(file.headers.get('content-disposition')).toBe(
      'attachment; filename="monthly-report.2026-03-01.2026-03-03.json"',
    );
    const rows = JSON.parse(file.bytes.toString()) as Record<string, string>[];
    expect(rows).toHaveLength(2);
    expect(dollars(rows.map((row) => row['extendedPrice']))).toBe(await ledger('seller_id'));
    expect(dollars(rows.map((row) => row['extendedCost']))).toBe(await ledger('buyer_id'));
    expect(rows.find((row) => row['mpn'] === channel.base.mpn)).toMatchObject({
      quantity: '3',
      unitPrice: '19.8',
      extendedPrice: '59.4',
      unitCost: '17.5',
      extendedCost: '52.5',
      customerId: channel.customer.number,
      type: 'recurring',
    });
    // Ids are those of the API.
    const order = await reseller.get(`/orders/${rows[0]!['orderId']}`);
    expect(order.body).toMatchObject({ orderNumber: rows[0]!['orderNumber'] });
    expect((await reseller.get(`/subscriptions/${rows[0]!['subscriptionId']}`)).status).toBe(200);
    expect(file.bytes.toString()).not.toContain(channel.sibling.customer.name);
  });

  test.each(['csv', 'xml', 'xlsx', 'json'])('as %s is there, and stays the same bytes', async (format) => {
    const { downloadUrl } = await made({ ...march, format });
    const first = await download(downloadUrl!);
    expect(first.status).toBe(200);
    expect(first.bytes.length).toBeGreaterThan(500);
    if (format === 'csv') expect(first.bytes.toString().split('\r\n')).toHaveLength(4);
    if (format === 'xml') expect(first.bytes.toString().match(/<row>/g)).toHaveLength(2);
    const again = await download(downloadUrl!);
    expect(again.bytes.equals(first.bytes)).toBe(true);
  });

  test('a distributor sees its own edges only', async () => {
    const wanted = { name: 'All', dataSet: 'payments', format: 'json', schedule: 'once' } as const;
    await api.engine.reports.createGenerator(api.cause(), channel.distributor.id, wanted);
    const distributor = await api.client(channel.distributor);
    const { downloadUrl } = await made({ name: 'All', startDate: '2026-03-01' }, distributor);
    const rows = JSON.parse((await download(downloadUrl!)).bytes.toString()) as Record<string, string>[];
    expect(rows.map((row) => row['unitPrice'])).not.toContain('19.8');
    expect(rows.some((row) => row['resellerId'] === channel.sibling.reseller.number)).toBe(true);
  });

  test('a link that was changed leads nowhere; another tenant is told nothing', async () => {
    const { downloadUrl } = await made(march);
    const other = await made(march);
    const good = new URL(downloadUrl!);
    const changed = (change: (url: URL) => void): string => {
      const url = new URL(good);
      change(url);
      return url.toString();
    };
    const links = [
      changed((url) => url.searchParams.delete('sig')),
      changed((url) => url.searchParams.set('sig', `${good.searchParams.get('sig')}A`)),
      changed((url) => url.searchParams.set('sig', 'A'.repeat(43))),
      changed((url) => url.searchParams.set('se', '2036-01-01T00:00:00Z')),
      changed((url) => (url.pathname = new URL(other.downloadUrl!).pathname)),
      changed((url) => (url.pathname = url.pathname.replace('.json', '.exe'))),
      changed((url) => (url.pathname = url.pathname.replace(/reports\/[^/]+/, 'reports/x'))),
    ];
    for (const link of links) expect({ link, status: (await download(link)).status }).toEqual({ link, status: 404 });
    const as = (client: Client) => download(downloadUrl!, { authorization: `Bearer ${client.token}` });
    expect((await as(sibling)).status).toBe(404);
    expect((await as(reseller)).status).toBe(200);
  });
});

test('after 90 days link, file and report are gone', async () => {
  const { id, downloadUrl } = await made(march);
  api.moveTo('2026-05-31T08:59:59Z');
  expect((await download(downloadUrl!)).status).toBe(200);
  api.moveTo('2026-05-31T09:00:00Z');
  expect((await download(downloadUrl!)).status).toBe(403);
  await api.engine.reportWork.runDue({ sandboxId: null }, api.clock.now());
  const fresh = await api.client(channel.reseller);
  expect((await fresh.get(`/reports/${id}`)).status).toBe(404);
  expect((await download(downloadUrl!)).status).toBe(403);
  const pieces = await api.db.kysely.selectFrom('report_pieces').select('position').execute();
  expect(pieces).toEqual([]);
});
