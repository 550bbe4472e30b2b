import type { ParameterDefinition } from '@tierline/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matching, openSimpleApi, rowCounts, type Answer, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let sibling: Client;

const ordering = { phase: 'ordering', reconciliation: false } as const;
const parameters: readonly ParameterDefinition[] = [
  {
    ...ordering,
    name: 'domain',
    type: 'string',
    required: true,
    pattern: '([a-z0-9-]+\\.)+[a-z]{2,}',
    max: '40',
    reconciliation: true,
  },
  { ...ordering, name: 'seats', type: 'number', required: false, min: '1', max: '10.5' },
  { ...ordering, name: 'backup', type: 'boolean', required: false },
  {
    ...ordering,
    name: 'region',
    type: 'choice',
    required: false,
    choices: [{ value: 'eu', label: 'Europe', default: true }, { value: 'us' }],
  },
  { ...ordering, name: 'contact', type: 'object', required: false },
  { ...ordering, name: 'tenantId', type: 'string', required: true, phase: 'fulfillment' },
];

beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  const { provider, distributor } = channel;
  const rates = [
    { mpn: 'MAIL', prices: '9' },
    { mpn: 'ARCHIVE', prices: '2' },
  ];
  const plan = await api.plan(provider, { rates, terms: { parameters } });
  await api.delegate([provider, distributor, channel.reseller], plan);
  for (const account of [distributor, channel.reseller])
    await api.priceList(account, { prices: { MAIL: '9', ARCHIVE: '2' } });
  reseller = await api.client(channel.reseller);
  sibling = await api.client(channel.sibling.reseller);
});
afterAll(() => api.close());

const validate = (products: unknown, changes: Record<string, unknown> = {}): Promise<Answer> =>
  reseller.post('/validation/parameters', { customerId: channel.customer.number, products, ...changes });
const order = (products: unknown): Promise<Answer> =>
  reseller.post('/orders', { customerId: channel.customer.number, products });
const mail = (...given: unknown[]) => [{ mpn: 'MAIL', quantity: 1, parameters: given }];
type Result = { name: string; result: string; message: string; valueError?: string };
const resultsOf = ({ body }: Answer): Result[] =>
  (body['data'] as { parameters: Result[] }[]).flatMap((one) => one.parameters);
const month = { type: 'month', duration: 1 };

// SimpleAPI reference 4.6
describe('POST /validation/parameters', () => {
  test('answers a list with an entry per product and, in it, one per parameter', async () => {
    const { status, body } = await validate(
      mail({ name: 'domain', value: 'example.org' }, { name: 'region', value: 'asia' }),
    );
    expect(status).toBe(200);
    const message = 'region: Give one of: eu, us.';
    expect(body).toEqual({
      data: [
        {
          id: matching(/^PRD\d+$/),
          mpn: 'MAIL',
          vendor: matching(/^vendor-/),
          billingPeriod: month,
          subscriptionPeriod: month,
          draftRequestId: matching(/^[0-9a-f-]{36}$/),
          parameters: [
            {
              name: 'domain',
              result: 'success',
              message: 'The value can be ordered.',
              value: 'example.org',
              phase: 'ordering',
              reconciliation: true,
              type: 'string',
            },
            {
              name: 'region',
              result: 'error',
              message,
              value: 'asia',
              valueError: message,
              valueChoices: [
                { label: 'Europe', value: 'eu', default: true },
                { label: 'us', value: 'us', default: false },
              ],
              phase: 'ordering',
              reconciliation: false,
              type: 'choice',
            },
          ],
        },
      ],
      pagination: { offset: 0, limit: 1, total: 1 },
    });
  });

  test('an empty list tells what is missing, and the draft id of an answer comes back in the next', async () => {
    const first = await validate(mail());
    expect(resultsOf(first)).toMatchObject([
      { name: 'domain', result: 'error', valueError: 'The parameter domain is required.' },
    ]);
    const [{ draftRequestId } = { draftRequestId: '' }] = first.body['data'] as { draftRequestId: string }[];
    const again = await validate([{ mpn: 'MAIL', draftRequestId, parameters: [] }]);
    expect(again.body['data']).toMatchObject([{ draftRequestId }]);
  });

  test('products of one plan go into one subscription, so one of them brings what is required', async () => {
    const products = [...mail({ name: 'domain', value: 'example.org' }), { mpn: 'ARCHIVE', parameters: [] }];
    expect((await validate(products)).body['data']).toMatchObject([
      { parameters: [{ result: 'success' }] },
      { parameters: [] },
    ]);
  });

  test('only a sale has to bring what is required', async () => {
    expect(resultsOf(await validate(mail(), { type: 'change' }))).toEqual([]);
    expect(resultsOf(await validate(mail(), { type: null }))).toHaveLength(1);
  });

  test('a plan that asks for nothing takes whatever comes', async () => {
    const products = [
      {
        mpn: channel.base.mpn,
        parameters: [
          { name: 'any', value: 5 },
          { name: 'other', structured_value: { a: 1 } },
        ],
      },
    ];
    expect(resultsOf(await validate(products))).toEqual([
      { name: 'any', result: 'success', message: 'The plan does not ask for it; it is kept.', value: '5' },
      {
        name: 'other',
        result: 'success',
        message: 'The plan does not ask for it; it is kept.',
        structured_value: { a: 1 },
      },
    ]);
  });

  test.each<[string, unknown]>([
    ['customerId', { customerId: undefined }],
    ['type', { type: 'rent' }],
    ['products', { products: undefined }],
    ['products', { products: [] }],
    ['products[0].mpn', { products: [{ parameters: [] }] }],
    ['products[0].parameters', { products: [{ mpn: 'MAIL' }] }],
    ['products[0].parameters', { products: [{ mpn: 'MAIL', parameters: 'x' }] }],
    ['products[0].parameters[0].name', { products: [{ mpn: 'MAIL', parameters: [{ value: 'x' }] }] }],
    ['products[0].quantity', { products: [{ mpn: 'MAIL', quantity: -1, parameters: [] }] }],
    ['products[0]', { products: [{ mpn: 'NONE', parameters: [] }] }],
  ])('400 naming %s', async (field, changes) => {
    const answer = await validate(mail(), changes as Record<string, unknown>);
    expect(answer.status).toBe(400);
    expect(answer.body['details']).toEqual(expect.arrayContaining([expect.objectContaining({ field })]));
  });

  test("another tenant's customer, and one that nobody has, is not found", async () => {
    for (const customerId of [channel.customer.number, '9999999']) {
      const answer = await sibling.post('/validation/parameters', { customerId, products: mail() });
      expect([answer.status, answer.body['message']]).toEqual([
        404,
        'No entity has been found. There is no such customer.',
      ]);
    }
  });
});

describe('an order with activation parameters', () => {
  const good = { name: 'domain', value: 'example.org' };

  test('is placed with what its plan asks for, and keeps it', async () => {
    const given = [
      good,
      { name: 'seats', value: '10.50' },
      { name: 'backup', value: true },
      { name: 'extra', value: 'kept' },
    ];
    const placed = await order(mail(...given));
    expect(placed.status).toBe(200);
    const { body } = await reseller.get(`/subscriptions/${String(placed.body['subscriptionId'])}`);
    expect(body['orderParameters']).toEqual(given);
  });

  // Guarantee: what validation calls an error is refused, with the same words, and nothing is stored; and the other way round.
  test.each<[string, string, readonly unknown[]]>([
    ['products[0].parameters', 'The parameter domain is required.', []],
    ['products[0].parameters[0]', 'The parameter domain is required.', [{ name: 'domain', value: '' }]],
    ['products[0].parameters[0]', 'domain: This has not the form', [{ name: 'domain', value: 'example' }]],
    [
      'products[0].parameters[0]',
      'domain: Give a text of at most 40 characters.',
      [{ name: 'domain', value: `${'x'.repeat(40)}.org` }],
    ],
    ['products[0].parameters[0]', 'domain: Give a text.', [{ name: 'domain', value: { a: 1 } }]],
    ['products[0].parameters[1]', 'seats: Give a number of 1 to 10.5.', [good, { name: 'seats', value: 11 }]],
    ['products[0].parameters[1]', 'seats: Give a number.', [good, { name: 'seats', value: 'many' }]],
    ['products[0].parameters[1]', 'backup: Give true or false.', [good, { name: 'backup', value: 'yes' }]],
    ['products[0].parameters[1]', 'region: Give one of: eu, us.', [good, { name: 'region', value: 'EU' }]],
    ['products[0].parameters[1]', 'contact: Give an object.', [good, { name: 'contact', value: 'x' }]],
    ['products[0].parameters[1]', 'The parameter domain is given twice. Give it once.', [good, good]],
  ])('is refused naming %s: %s', async (field, message, given) => {
    const before = await rowCounts(api);
    const answer = await order(mail(...given));
    expect([answer.status, answer.body['details']]).toEqual([
      400,
      [expect.objectContaining({ field, message: expect.stringContaining(message) as unknown })],
    ]);
    expect(await rowCounts(api)).toEqual(before);
    const wrong = resultsOf(await validate(mail(...given))).filter(({ result }) => result === 'error');
    expect(wrong.map((one) => one.message)).toEqual([expect.stringContaining(message)]);
  });
});
