import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSimpleApi, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
});
afterAll(() => api.close());

const month = { type: 'month', duration: 1 };

// SimpleAPI reference 4.8
describe('GET /plans', () => {
  const plan = () => ({
    id: channel.plan.number,
    name: 'Office 365',
    shortDescription: '',
    longDescription: '',
    published: true,
    subscriptionPeriods: [{ ...month, trial: false, active: true }],
    billingPeriod: month,
    billingModel: 'chargeBeforeBillingPeriod',
  });

  test('lists the plans of the caller', async () => {
    const { status, body } = await reseller.get('/plans/');
    expect(status).toBe(200);
    expect(body).toEqual({ data: [plan()], pagination: { offset: 0, limit: 10, total: 1 } });
    expect((await reseller.get('/plans?offset=1')).body).toEqual({
      data: [],
      pagination: { offset: 1, limit: 10, total: 1 },
    });
    expect((await reseller.get('/plans?limit=x')).status).toBe(400);
  });

  test('shows one with its switches', async () => {
    const { body } = await reseller.get(`/plans/${channel.plan.number}/`);
    expect(body).toEqual({ ...plan(), planSwitches: [] });
  });

  // Reference 4.8: what is listed is what the engine accepts, and nothing that it would refuse whatever is held.
  test('the switches of a plan are the plans of its product, and how to get there', async () => {
    const own = await openSimpleApi();
    const { provider, distributor, reseller: seller, customer } = await own.channel();
    const [product, part] = [await own.product(provider), await own.product(provider)];
    const suite = await own.product(provider, { type: 'suite', parts: [product.id] });
    const year = { subscriptionPeriod: { unit: 'year', count: 1 } } as const;
    const rate = (mpn: string) => ({ mpn, prices: '9' });
    const plans = {
      month: await own.plan(provider, { product, rates: [rate('MONTH')] }),
      other: await own.plan(provider, { product, rates: [rate('OTHER')] }),
      year: await own.plan(provider, { product, rates: [rate('YEAR')], terms: { ...year, autoRenewalMonths: 12 } }),
      suite: await own.plan(provider, { product: suite, rates: [rate('SUITE')] }),
      elsewhere: await own.plan(provider, { product: part, rates: [rate('ELSEWHERE')] }),
      trial: await own.plan(provider, {
        product,
        rates: [rate('TRIAL')],
        terms: { licenseVersion: 'trial', autoRenewalMonths: null },
      }),
      hidden: await own.plan(provider, { product, rates: [rate('HIDDEN')] }),
    };
    const sold = Object.values(plans).filter((plan) => plan !== plans.hidden);
    for (const plan of sold) await own.delegate([provider, distributor, seller], plan);
    for (const account of [distributor, seller]) await own.priceList(account, { markup: '10' });
    const client = await own.client(seller);
    const switchesOf = async ({ number }: { number: string }) =>
      (await client.get(`/plans/${number}`)).body['planSwitches'] as Record<string, unknown>[];

    const ways = await switchesOf(plans.month);
    const to = (plan: { number: string }) => ways.filter(({ planId }) => planId === Number(plan.number));
    const way = (billingPolicy: string, whenEffective: string, type = 'month') =>
      expect.objectContaining({
        billingPolicy,
        whenEffective,
        subscriptionPeriod: { type, duration: 1 },
        sourceSubscriptionPeriod: month,
      }) as unknown;
    const [now, kept, later] = [
      way('prorate_starting_new_subscription_period', 'immediately'),
      way('prorate_keeping_exp_date', 'immediately'),
      way('no_refund', 'next_subscription_period'),
    ];
    expect(to(plans.other)).toEqual([now, kept, later]);
    expect(to(plans.suite)).toEqual([now, kept, later]);
    expect(to(plans.year)).toEqual([
      way('prorate_starting_new_subscription_period', 'immediately', 'year'),
      way('no_refund', 'next_subscription_period', 'year'),
    ]);
    expect(ways).toHaveLength(8);
    expect(await switchesOf(plans.elsewhere)).toEqual([]);
    expect((await switchesOf(plans.trial)).map(({ whenEffective }) => whenEffective)).toEqual(
      Array(4).fill('immediately'),
    );

    const order = await client.post('/orders', {
      customerId: customer.number,
      products: [{ mpn: 'MONTH', quantity: 2 }],
    });
    const serial = (BigInt(String(order.body['subscriptionId'])) - 1_000_000n).toString();
    const { id } = await own.engine.subscriptions.get(seller.id, { serial });
    const previewOf = async (planId: (typeof plans.month)['id']): Promise<string> => {
      const asked = { command: { kind: 'switch', planId, start: 'now', items: null }, moment: { at: 'now' } } as const;
      const preview = own.engine.lifecycle.preview(own.cause(), seller.id, id, asked, { surface: 'test' });
      return preview.then(
        () => 'accepted',
        (error: unknown) => String((error as { code?: unknown }).code),
      );
    };
    for (const plan of Object.values(plans)) {
      expect([plan.name, await previewOf(plan.id)]).toEqual([
        plan.name,
        to(plan).length > 0 ? 'accepted' : expect.stringMatching(/^lifecycle\./),
      ]);
    }
    await own.close();
  });

  test('a billing period of days has no word of its own in plans', async () => {
    const day = { unit: 'day', count: 30 } as const;
    const rates = [{ mpn: 'DAYS', prices: '9' }];
    const terms = { subscriptionPeriod: day, billingPeriod: day, autoRenewalMonths: null };
    const plan = await api.plan(channel.distributor, { rates, terms });
    await api.delegate([channel.distributor, channel.reseller], plan);
    expect((await reseller.get(`/plans/${plan.number}`)).body).toMatchObject({
      billingPeriod: { type: 'unknown', duration: 30 },
      subscriptionPeriods: [{ type: 'day', duration: 30, trial: false, active: true }],
    });
  });

  test('404 for one that is not there or of somebody else', async () => {
    const own = await api.plan(channel.distributor, { rates: [{ mpn: 'OWN' }], name: 'Not delegated' });
    for (const id of [own.number, '9999999', 'x']) {
      const answer = await reseller.get(`/plans/${id}`);
      expect([answer.status, answer.body['message']]).toEqual([
        404,
        'No entity has been found. There is no such plan.',
      ]);
    }
  });
});
