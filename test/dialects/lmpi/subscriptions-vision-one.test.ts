import { randomUUID } from 'node:crypto';
import type { PlanTerms, Product } from '@tierline/server/modules/catalog/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './setup.ts';
import { invalid, membersOf, openSubscriptions, type SubscriptionWorld } from './subscription-world.ts';

// Trend Vision One subscription :: Create of v3: LMPI reference, part 1, 7.10. It is March 2, 2026, 09:00 UTC.

type Answered = {
  subscription_id: string;
  licenses: { license_start_date: string; license_expiration_date: string }[];
};

let world: SubscriptionWorld;
let product: Product;
let full: Record<string, string>;
beforeAll(async () => {
  world = await openSubscriptions();
  product = await world.stocked({
    code: 'VVZBXXE1X',
    name: 'Vision',
    family: 'vision_one',
    dataCenters: ['22', '23', '25'],
  });
  const days = { unit: 'day', count: 30 } as const;
  const trial: Partial<PlanTerms> = {
    licenseVersion: 'trial',
    subscriptionPeriod: days,
    billingPeriod: days,
    autoRenewalMonths: null,
  };
  full = {};
  for (const dataCenter of ['22', '23']) {
    full[dataCenter] = (await world.planOf(product, { dataCenter })).id;
    await world.planOf(product, { ...trial, dataCenter });
  }
});
afterAll(() => world.stop());

const path = '/trend-vision-one-subscription';
const post = (customerId: string, body: unknown, by = world.as) =>
  world.post(by, `/LMPI/v3/customers/${customerId}${path}`, body);
async function planOf(customerId: string, body: unknown): Promise<string> {
  const answer = await post(customerId, body);
  expect(answer.status).toBe(200);
  const { distributor } = world.partners;
  const id = (answer.json as Answered).subscription_id as never;
  return (await world.engine.subscriptions.get(distributor.id, { id })).planId;
}

describe('200', () => {
  it('a trial lasts 30 days, and the answer is exactly what the page has', async () => {
    const answer = await post((await world.customer()).id, { version: 'Trial' });
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      subscription_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      product_name: 'Vision',
      service_url: expect.stringContaining(`/portal?tenant=${world.partners.distributor.id}`) as string,
      licenses: [
        {
          product_id: 'VVZBXXE1X',
          version: 'trial',
          license_start_date: expect.stringMatching(/^2026-03-0[12]T\d\d:\d\d:\d\dZ$/) as string,
          license_expiration_date: expect.stringMatching(/^2026-0[34]-\d\dT\d\d:\d\d:\d\dZ$/) as string,
        },
      ],
    });
    expect(membersOf(answer.json)).toBe('subscription_id,product_name,service_url,licenses');
    const [license] = (answer.json as Answered).licenses;
    expect(membersOf(license)).toBe('product_id,version,license_start_date,license_expiration_date');
    const lasts = Date.parse(license!.license_expiration_date) + 1000 - Date.parse(license!.license_start_date);
    expect(Math.round(lasts / 86_400_000)).toBe(30);
  });

  it("picks the plan of the data center: that of the page's code, US where nothing is said", async () => {
    const customer = async () => (await world.customer()).id;
    expect(await planOf(await customer(), { version: 'Full' })).toBe(full['22']);
    expect(await planOf(await customer(), { version: 'Full', data_center: 'US' })).toBe(full['22']);
    expect(await planOf(await customer(), { version: 'Full', data_center: 'EU', isNFR: false })).toBe(full['23']);
  });

  it("where nothing is said, that of the seller's Remote Manager, if it has one", async () => {
    const { distributor } = world.partners;
    const { accounts } = world.engine;
    await accounts.change(world.cause(), world.top.id, distributor.id, { dataCenter: 'EU' });
    expect(await planOf((await world.customer()).id, { version: 'Full' })).toBe(full['23']);
    await accounts.change(world.cause(), world.top.id, distributor.id, { dataCenter: null });
  });

  it('not for resale is a full one at no price, told apart from one for sale', async () => {
    const { id } = await world.customer();
    const first = (await post(id, { version: 'Full', isNFR: 'true' })).json as Answered;
    const subscription = await world.engine.subscriptions.get(world.partners.distributor.id, {
      id: first.subscription_id as never,
    });
    expect(subscription.notForResale).toBe(true);
    const second = (await post(id, { version: 'Full' })).json as Answered;
    expect(second.subscription_id).not.toBe(first.subscription_id);
  });

  it('the same again is the same subscription', async () => {
    const { id } = await world.customer();
    const first = await post(id, { version: 'Full' });
    expect((await post(id, { data_center: 'US', version: 'Full' })).text).toBe(first.text);
  });

  it('is read, suspended and disabled like any other', async () => {
    const customer = await world.customer();
    const { subscription_id: id } = (await post(customer.id, { version: 'Full' })).json as Answered;
    expect(await world.read(customer, id, 'v3')).toMatchObject({ status: 200, json: { enabled: true } });
    expect(await world.put(customer, id, '/suspend', undefined, 'v3')).toMatchObject({ status: 200, text: '' });
    expect(await world.put(customer, id, '/disable', undefined, 'v3')).toMatchObject({ status: 200, text: '' });
  });
});

describe('400', () => {
  it.each([
    [{}, 'version'],
    [{ version: 'full' }, 'version'],
    [{ version: 1 }, 'version'],
    [{ version: 'Full', data_center: 'XX' }, 'data_center'],
    [{ version: 'Full', data_center: 'JP' }, 'data_center'],
    [{ version: 'Full', isNFR: 'maybe' }, 'isNFR'],
    [{ version: 'Trial', isNFR: true }, 'isNFR'],
  ])('%j: %s', async (body, field) => {
    expect(refusal(await post((await world.customer()).id, body))).toEqual(invalid(field));
  });

  it.each(['US', 'CA', 'UK', 'EU', 'SG', 'JP', 'IN', 'AU', 'MEA'])('knows the data center %s', async (code) => {
    const answer = await post((await world.customer()).id, { version: 'Full', data_center: code });
    if (answer.status !== 200) {
      expect((answer.json as { error_message: string }).error_message).toContain('You have no Trend Vision One');
    }
  });

  it('a second trial names the version; a seller without a plan is told so', async () => {
    const { id } = await world.customer();
    await post(id, { version: 'Trial' });
    // Not a retry: the first one has ended.
    const { distributor, isp } = world.partners;
    const [held] = await world.engine.subscriptions.page(
      { scope: { ownerId: distributor.id }, customerId: id },
      { limit: 1 },
    );
    await world.put({ id }, held!.id, '/disable', undefined, 'v3');
    expect(refusal(await post(id, { version: 'Trial' }))).toEqual(invalid('version'));
    const theirs = await world.customer(isp);
    expect(refusal(await post(theirs.id, { version: 'Full' }, world.credentials.isp))).toEqual(invalid('version'));
  });

  it("another tenant's customer, word for word as one that does not exist", async () => {
    const theirs = await world.customer(world.partners.isp);
    const foreign = await post(theirs.id, { version: 'Full' });
    expect(refusal(foreign)).toEqual(invalid('customer_id'));
    expect(foreign.text).toBe((await post(randomUUID(), { version: 'Full' })).text);
  });
});

it('is there in v3 alone', async () => {
  const { id } = await world.customer();
  const answer = await world.post(world.as, `/LMPI/v2/customers/${id}${path}`, { version: 'Full' });
  expect(answer.status).toBe(404);
});
