import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSimpleApi, rowCounts, type Answer, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let distributor: Client;
let sibling: Client;
let id: string;

beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller, '1.15');
  distributor = await api.client(channel.distributor);
  sibling = await api.client(channel.sibling.reseller);
  const products = [
    { mpn: channel.base.mpn, quantity: 10 },
    { mpn: channel.addOn.mpn, quantity: 3 },
  ];
  const order = await reseller.post('/orders', { customerId: channel.customer.number, products });
  id = String(order.body['subscriptionId']);
});
afterAll(() => api.close());

const usd = (amount: string) => ({ currency: 'USD', amount });
const patch = (body: unknown, of = reseller): Promise<Answer> => of.patch(`/subscriptions/${id}`, body);
const special = (products: unknown, of = reseller): Promise<Answer> =>
  of.post(`/subscriptions/${id}/specialPricing`, { products });
const productOf = ({ body }: Answer, mpn: string): Record<string, unknown> =>
  (body['products'] as Record<string, unknown>[]).find((one) => one['mpn'] === mpn) ?? {};

// SimpleAPI reference 4.7
describe('PATCH /subscriptions/{id}', () => {
  test('switches auto-renewal, and the next renewal date goes and comes with it', async () => {
    const off = await patch({ renewalStatus: false });
    expect([off.status, off.body['renewalStatus'], off.body['id']]).toEqual([200, false, id]);
    expect(off.body).not.toHaveProperty('renewalDate');
    expect((await reseller.get(`/subscriptions/${id}`)).body).toEqual(off.body);
    const on = await patch({ renewalStatus: 'true' });
    expect([on.body['renewalStatus'], on.body['renewalDate']]).toEqual([true, '2026-04-02']);
  });

  test('sets attributes; those that are not named stay, null takes one out', async () => {
    await patch({ attributes: { costCenter: '4711', project: 'Heron' } });
    const answer = await patch({ attributes: { project: null, floor: 3 } });
    expect([answer.status, answer.body['attributes']]).toEqual([200, { costCenter: '4711', floor: '3' }]);
  });

  test('a price counts from today, and everything else in the same moment', async () => {
    const answer = await patch({
      renewalStatus: false,
      attributes: { deal: 'spring' },
      products: [{ mpn: channel.base.mpn, unitPrice: { currency: 'USD', amount: 18 } }],
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      renewalStatus: false,
      attributes: { deal: 'spring' },
      totalPrice: usd('183.45'),
    });
    expect(productOf(answer, channel.base.mpn)).toMatchObject({
      unitPrice: usd('18'),
      unitCost: usd('17.5'),
      extendedPrice: usd('180'),
    });
  });

  test('what is read and sent back changes nothing, and neither does the same request again', async () => {
    const read = await reseller.get(`/subscriptions/${id}`);
    const before = await rowCounts(api);
    expect((await patch(read.body)).body).toEqual(read.body);
    expect((await patch({})).body).toEqual(read.body);
    expect((await patch({ products: [{ mpn: channel.base.mpn, unitPrice: usd('18.0') }] })).body).toEqual(read.body);
    expect(await rowCounts(api)).toEqual(before);
  });

  test('a seller above sets what it takes itself, not what its reseller takes', async () => {
    const answer = await patch({ products: [{ mpn: channel.base.mpn, unitPrice: usd('16.5') }] }, distributor);
    expect(productOf(answer, channel.base.mpn)).toMatchObject({ unitPrice: usd('16.5'), unitCost: usd('15.2') });
    const seen = await reseller.get(`/subscriptions/${id}`);
    expect(productOf(seen, channel.base.mpn)).toMatchObject({ unitPrice: usd('18'), unitCost: usd('16.5') });
  });

  // Each of these is refused whole: the good half of the body does not happen either.
  test.each<[string, string, Record<string, unknown>]>([
    ['renewalStatus', 'simpleapi.invalid_field', { renewalStatus: 'perhaps' }],
    ['attributes', 'simpleapi.invalid_field', { attributes: ['x'] }],
    ['attributes.x', 'simpleapi.invalid_field', { attributes: { x: {} } }],
    ['status', 'simpleapi.not_changed_here', { status: 'terminated' }],
    ['products', 'simpleapi.invalid_field', { products: {} }],
    ['products[0]', 'simpleapi.invalid_field', { products: ['x'] }],
    ['products[0].mpn', 'simpleapi.required_field', { products: [{ unitPrice: usd('1') }] }],
    ['products[0].mpn', 'orders.unknown_product', { products: [{ mpn: 'NONE', unitPrice: usd('1') }] }],
    ['products[0].id', 'orders.unknown_product', { products: [{ id: 'x', unitPrice: usd('1') }] }],
    ['products[0].id', 'orders.unknown_product', { products: [{ id: 'PRD99', unitPrice: usd('1') }] }],
    ['products[0].quantity', 'simpleapi.not_changed_here', { products: [{ mpn: 'BASE', quantity: 11 }] }],
    ['products[0].unitPrice', 'simpleapi.invalid_field', { products: [{ mpn: 'BASE', unitPrice: '18' }] }],
    ['products[0].unitPrice.amount', 'simpleapi.invalid_field', { products: [{ mpn: 'BASE', unitPrice: usd('-1') }] }],
    [
      'products[0].unitPrice.amount',
      'simpleapi.required_field',
      { products: [{ mpn: 'BASE', unitPrice: { currency: 'USD' } }] },
    ],
    [
      'products[0].unitPrice.currency',
      'simpleapi.required_field',
      { products: [{ mpn: 'BASE', unitPrice: { amount: '1' } }] },
    ],
    [
      'products[0].unitPrice.currency',
      'simpleapi.wrong_currency',
      { products: [{ mpn: 'BASE', unitPrice: { currency: 'EUR', amount: '1' } }] },
    ],
    ['products[0].unitCost', 'simpleapi.not_your_price', { products: [{ mpn: 'BASE', unitCost: usd('1') }] }],
    [
      'products[0].unitProviderCost',
      'simpleapi.provider_cost_not_kept',
      { products: [{ mpn: 'BASE', unitProviderCost: usd('1') }] },
    ],
    [
      'products[0].unitPrice.priceTiers',
      'simpleapi.invalid_field',
      { products: [{ mpn: 'BASE', unitPrice: { currency: 'USD', priceTiers: [{ lowerLimit: '1', amount: '1' }] } }] },
    ],
  ])('400 naming %s: %s', async (field, code, body) => {
    const text = JSON.stringify(body).replaceAll('"BASE"', JSON.stringify(channel.base.mpn));
    const before = (await reseller.get(`/subscriptions/${id}`)).text;
    const answer = await patch({ attributes: { never: 'stored' }, ...(JSON.parse(text) as object) });
    expect([answer.status, answer.body['details']]).toEqual([
      400,
      expect.arrayContaining([expect.objectContaining({ code, field })]),
    ]);
    expect((await reseller.get(`/subscriptions/${id}`)).text).toBe(before);
  });

  test("another tenant's subscription, and one that nobody has, is not found", async () => {
    for (const path of [`/subscriptions/${id}`, '/subscriptions/9999999', '/subscriptions/x']) {
      const answer = await sibling.patch(path, { renewalStatus: true });
      expect([answer.status, answer.body['message']]).toEqual([
        404,
        'No entity has been found. There is no such subscription.',
      ]);
    }
  });

  test('409 for one that is not active', async () => {
    const other = await api.customer(channel.reseller);
    const products = [{ mpn: channel.base.mpn, quantity: 1 }];
    const order = await reseller.post('/orders', { customerId: other.number, products });
    const path = `/subscriptions/${String(order.body['subscriptionId'])}`;
    const { engine, cause } = api;
    const serial = (BigInt(String(order.body['subscriptionId'])) - 1_000_000n).toString();
    const { id: subscription } = await engine.subscriptions.get(channel.reseller.id, { serial });
    const asked = { command: { kind: 'cancel', reason: null }, moment: { at: 'now' } } as const;
    await engine.lifecycle.place(cause(), channel.reseller.id, subscription, asked, { surface: 'test' });
    const answer = await reseller.patch(path, { renewalStatus: false });
    expect([answer.status, answer.body['code']]).toEqual([409, 'lifecycle.not_active']);
    expect((await reseller.get(path)).body['status']).toBe('terminated');
  });
});

describe('POST /subscriptions/{id}/specialPricing', () => {
  test('sets prices and answers the whole subscription', async () => {
    const answer = await special([{ mpn: channel.addOn.mpn, unitPrice: usd('1.1') }]);
    expect([answer.status, answer.body['id']]).toEqual([200, id]);
    expect(productOf(answer, channel.addOn.mpn)).toMatchObject({ unitPrice: usd('1.1'), extendedPrice: usd('3.3') });
  });

  test.each<[string, unknown]>([
    ['products', undefined],
    ['products', []],
    ['products[0].unitPrice', [{ mpn: 'x' }]],
  ])('400 naming %s when it is missing', async (field, products) => {
    const answer = await special(products);
    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(`${field}: `);
  });

  test('tiers, in the form of the schema and in that of a client', async () => {
    const own = await openSimpleApi();
    const { provider, distributor: middle, reseller: seller, customer } = await own.channel();
    const tiers = [
      ['0', '10'],
      ['5', '9'],
    ] as const;
    const plan = await own.plan(provider, { rates: [{ mpn: 'TIERED', priceModel: 'tiered', prices: tiers }] });
    await own.delegate([provider, middle, seller], plan);
    for (const account of [middle, seller]) await own.priceList(account, { prices: { TIERED: tiers } });
    const client = await own.client(seller);
    const products = [{ mpn: 'TIERED', quantity: 6 }];
    const sold = await client.post('/orders', { customerId: customer.number, products });
    const path = `/subscriptions/${String(sold.body['subscriptionId'])}`;
    const schema = [
      { lowerLimit: '0', amount: '8' },
      { lowerLimit: 4, amount: '7.5' },
    ];
    const priced = await client.patch(path, {
      products: [{ mpn: 'TIERED', unitPrice: { currency: 'USD', amount: '8', priceTiers: schema } }],
    });
    expect(priced.body['totalPrice']).toEqual(usd('47'));
    expect(productOf(priced, 'TIERED')['unitPrice']).toEqual({
      ...usd('8'),
      priceTiers: [
        { lowerLimit: '0', amount: '8' },
        { lowerLimit: '4', amount: '7.5' },
      ],
    });
    const ranges = [
      { range_start: 0, range_end: 2, price: 6 },
      { range_start: 2, range_end: 100, price: 5 },
    ];
    const again = await client.patch(path, {
      products: [{ mpn: 'TIERED', unitPrice: { currency: 'USD', amount: '6', priceTiers: ranges } }],
    });
    expect(again.body['totalPrice']).toEqual(usd('32'));
    await own.close();
  });
});
