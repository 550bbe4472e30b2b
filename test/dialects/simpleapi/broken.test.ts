import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  aCustomerBody,
  aResellerBody,
  matching,
  openSimpleApi,
  rowCounts,
  type Client,
  type SimpleApi,
} from './setup.ts';

// Every member of a valid body broken in every way, one at a time: a refusal stores nothing, and nothing is ever a failure.

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
});
afterAll(() => api.close());

const brokenValues: readonly unknown[] = [
  null,
  true,
  '',
  ' ',
  '\u202e\u0007',
  'x'.repeat(100_000),
  '-1',
  '1e400',
  '999999999999999999999999',
  0,
  -1,
  0.1,
  1e308,
  Number.MIN_VALUE,
  9_007_199_254_740_994,
  [],
  [[]],
  [null],
  {},
  { toString: 1, constructor: { prototype: [] } },
];

type Path = readonly (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([name, member]) =>
      pathsOf(member, [...path, Array.isArray(value) ? Number(name) : name]),
    ),
  ];
}

function replaced(value: unknown, [first, ...rest]: Path, by: unknown): unknown {
  if (first === undefined) return by;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === first ? replaced(item, rest, by) : item));
  return Object.fromEntries(
    Object.entries(value as object).map(([name, member]) => [
      name,
      name === first ? replaced(member, rest, by) : member,
    ]),
  );
}

async function breakEverything(path: string, body: unknown, by: Client = reseller, method: 'post' | 'patch' = 'post') {
  let refused = 0;
  for (const place of pathsOf(body)) {
    for (const value of brokenValues) {
      const broken = replaced(body, place, value);
      const before = await rowCounts(api);
      const answer = await by[method](path, broken);
      if (answer.status === 200) continue;
      refused += 1;
      // The place and the value stand in what is compared, so that a failure tells them.
      const what = `${place.join('.')} = ${JSON.stringify(value).slice(0, 60)}`;
      const seen = {
        what,
        isRefusal: [400, 404, 409].includes(answer.status),
        rows: await rowCounts(api),
        message: answer.body['message'],
      };
      expect(seen).toEqual({ what, isRefusal: true, rows: before, message: matching(/\S/) });
    }
  }
  return refused;
}

const anOrder = () => ({
  type: 'sales',
  customerId: channel.customer.number,
  poNumber: 'PO',
  attributes: { a: 'b' },
  products: [
    {
      mpn: channel.base.mpn,
      quantity: 2,
      billingPeriod: { type: 'month', duration: 1 },
      subscriptionPeriod: { type: 'month', duration: 1 },
      parameters: [{ name: 'domain', value: 'x' }],
    },
  ],
});

describe('one broken member at a time', () => {
  test('of an order', async () => {
    expect(await breakEverything('/orders', anOrder())).toBeGreaterThan(150);
  });

  test('of an estimate', async () => {
    expect(await breakEverything('/orders/estimate', anOrder())).toBeGreaterThan(150);
  });

  test('of a customer', async () => {
    expect(await breakEverything('/customers', aCustomerBody({ attributes: { a: 'b' } }))).toBeGreaterThan(150);
  });

  test('of a reseller', async () => {
    const distributor = await api.client(channel.distributor);
    // Nobody signs in with an address twice, so all but the first are refused for that at the latest.
    const body = aResellerBody({
      attributes: { a: 'b' },
      taxationProviderName: 'x',
      customerClass: 'y',
      taxRegId: 'z',
    });
    expect(await breakEverything('/resellers', body, distributor)).toBeGreaterThan(150);
    const path = `/resellers/${channel.reseller.number}/customers`;
    expect(await breakEverything(path, aCustomerBody(), distributor)).toBeGreaterThan(150);
  });

  test('of a change of a customer and of a reseller', async () => {
    const { name, address, contactPersons } = aCustomerBody({});
    const change = { name, address, contactPersons, externalId: 'x', taxRegId: 'y', status: 'active' };
    expect(await breakEverything(`/customers/${channel.customer.number}`, change, reseller, 'patch')).toBeGreaterThan(
      100,
    );
    const distributor = await api.client(channel.distributor);
    const path = `/resellers/${channel.reseller.number}`;
    expect(await breakEverything(path, change, distributor, 'patch')).toBeGreaterThan(100);
  });

  const fields = {
    resellers: ['name', 'email', 'externalId'],
    products: ['name', 'serviceName', 'mpn', 'vendor'],
    plans: [],
    customers: ['name', 'email', 'externalId', 'resellerId'],
    orders: [
      'customerId',
      'subscriptionId',
      'orderNumber',
      'status',
      'statusCode',
      'creationTimeFrom',
      'creationTimeTo',
    ],
    reports: ['name', 'format', 'status', 'type', 'from', 'to'],
    subscriptions: ['customerId', 'creationDateFrom', 'creationDateTo', 'status'],
  };
  test.each(Object.entries(fields))('of the query of /%s', async (list, names) => {
    for (const name of [...names, 'offset', 'limit']) {
      for (const value of brokenValues) {
        const text = typeof value === 'string' ? value.slice(0, 4000) : JSON.stringify(value);
        const answer = await reseller.get(`/${list}?${name}=${encodeURIComponent(text)}`);
        const seen = { name, text, isKnown: [200, 400].includes(answer.status) };
        expect(seen).toEqual({ name, text, isKnown: true });
      }
    }
  });

  test.each(['customers', 'resellers', 'orders', 'plans', 'reports', 'subscriptions'])(
    'of the path of /%s',
    async (list) => {
      for (const value of brokenValues) {
        const text = typeof value === 'string' ? value.slice(0, 4000) : JSON.stringify(value);
        if (text === '') continue;
        const { status } = await reseller.get(`/${list}/${encodeURIComponent(text)}`);
        expect({ text, status }).toEqual({ text, status: 404 });
      }
    },
  );
});
