import { randomUUID } from 'node:crypto';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './setup.ts';
import { invalid, membersOf, openSubscriptions, type Created, type SubscriptionWorld } from './subscription-world.ts';

// Subscription :: Create, Get and GetID: LMPI reference, part 1, 7.1 to 7.4. It is March 2, 2026, 09:00 UTC.

let world: SubscriptionWorld;
let buyer: Customer;
let zoneOffset: string;
beforeAll(async () => {
  world = await openSubscriptions();
  buyer = await world.customer();
  zoneOffset = world.partners.distributor.timeZone;
});
afterAll(() => world.stop());

/** The first second of a day in the distributor's zone, and the last one before it. */
const firstSecond = (day: string): string => instant(day, 0);
const lastSecondBefore = (day: string): string => instant(day, -1000);
function instant(day: string, shiftMs: number): string {
  const utc = Date.parse(`${day}T00:00:00Z`);
  // What the zone's clock shows at midnight UTC, as if it was UTC, tells how far it is ahead.
  const shown = new Date(utc).toLocaleString('sv-SE', { timeZone: zoneOffset }).replace(' ', 'T');
  return `${new Date(utc - (Date.parse(`${shown}Z`) - utc) + shiftMs).toISOString().slice(0, 19)}Z`;
}

const orderCount = async (): Promise<number> => {
  const text = 'select (select count(*)::int from orders) as orders';
  return (await world.db.query<{ orders: number }>({ name: 'order_count', text }, []))[0]!.orders;
};

describe('create, 200', () => {
  it.each(['v2', 'v3'])('answers exactly the creation result of 7.1 in %s', async (version) => {
    const answer = await world.create(await world.customer(), undefined, { version });
    expect(answer.status).toBe(200);
    const tenant = world.partners.distributor.id;
    expect(answer.json).toStrictEqual({
      subscription_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
      product_name: 'Worry Free',
      service_url: expect.stringMatching(
        new RegExp(`^http://127\\.0\\.0\\.1:\\d+/portal\\?tenant=${tenant}$`),
      ) as string,
      licenses: [
        {
          product_id: 'NNZBXXE1X',
          version: 'full',
          ac_code: expect.stringMatching(/^[A-Z0-9]{2}-[A-Z0-9]{4}(-[A-Z0-9]{5}){5}$/) as string,
          units: 10,
          license_start_date: firstSecond('2026-03-02'),
          license_expiration_date: lastSecondBefore('2027-03-02'),
          start_charge_date: firstSecond('2026-03-02'),
        },
      ],
    });
    const { licenses } = answer.json as Created;
    expect(membersOf(answer.json)).toBe('subscription_id,product_name,service_url,licenses');
    expect(membersOf(licenses[0])).toBe(
      'product_id,version,ac_code,units,license_start_date,license_expiration_date,start_charge_date',
    );
    expect(licenses[0]!.ac_code).toHaveLength(37);
  });

  it('is a sale of one line, on every edge, by its seller', async () => {
    const customer = await world.customer();
    const id = await world.created(customer, { service_plan_id: world.yearly.id, units_per_license: 7 });
    const { subscriptions, orders } = world.engine;
    const subscription = await subscriptions.get(world.partners.distributor.id, { id: id as never });
    const order = await orders.get(world.partners.distributor.id, { id: subscription.orderId });
    expect(order).toMatchObject({ type: 'sales', surface: 'lmpi', status: 'completed', total: '0' });
    expect(order.lines.map(({ mpn, quantity }) => [mpn, quantity])).toEqual([
      ['MPN-NNZBXXE1X', { coefficient: 7n, scale: 0 }],
    ]);
  });

  it('takes units as text, GUIDs in any case, and "" as no date (part 1, 2)', async () => {
    const customer = await world.customer();
    const body = {
      service_plan_id: world.yearly.id.toUpperCase(),
      units_per_license: '10',
      license_start_date: '',
      note: 'ignored',
    };
    const answer = await world.createFor(customer.id.toUpperCase(), body);
    expect((answer.json as Created).licenses[0]).toMatchObject({ units: 10 });
  });

  it.each([1, 999_999])('takes %i units', async (units) => {
    const body = { service_plan_id: world.yearly.id, units_per_license: units };
    expect(await world.create(await world.customer(), body)).toMatchObject({ status: 200 });
  });

  it('starts charging after the chargeable months of the plan', async () => {
    const plan = await world.planOf(world.product, { chargeableMonths: 2 });
    const answer = await world.create(await world.customer(), { service_plan_id: plan.id, units_per_license: 1 });
    expect((answer.json as Created).licenses[0]).toMatchObject({
      license_start_date: firstSecond('2026-03-02'),
      start_charge_date: firstSecond('2026-05-02'),
    });
  });

  it('begins later where that is asked for, today for any instant of the last day', async () => {
    const create = async (date: string) => {
      const body = { service_plan_id: world.yearly.id, units_per_license: 1, license_start_date: date };
      const answer = await world.create(await world.customer(), body);
      expect(answer.status).toBe(200);
      return (answer.json as Created).licenses[0];
    };
    expect(await create('2026-04-15T12:00:00Z')).toMatchObject({
      license_start_date: firstSecond('2026-04-15'),
      license_expiration_date: lastSecondBefore('2027-04-15'),
      start_charge_date: firstSecond('2026-04-15'),
    });
    expect(await create('2026-03-01T10:00:00Z')).toMatchObject({ license_start_date: firstSecond('2026-03-02') });
    expect(await create('2026-03-02')).toMatchObject({ license_start_date: firstSecond('2026-03-02') });
  });

  it("sells for a customer of a partner below, in that partner's plan", async () => {
    const { reseller } = world.partners;
    await world.delegate([world.partners.distributor, reseller], world.yearly);
    const customer = await world.customer(reseller);
    const answer = await world.create(customer);
    expect(answer.status).toBe(200);
    expect(
      await world.create(await world.customer(reseller), undefined, { by: world.credentials.reseller }),
    ).toMatchObject({
      status: 200,
    });
    const stored = await world.engine.subscriptions.get(reseller.id, {
      id: (answer.json as Created).subscription_id as never,
    });
    expect(stored.ownerId).toBe(reseller.id);
  });

  it('a trial is answered as one', async () => {
    const trial = await world.planOf(world.product, {
      licenseVersion: 'trial',
      subscriptionPeriod: { unit: 'month', count: 1 },
      autoRenewalMonths: null,
    });
    const answer = await world.create(await world.customer(), { service_plan_id: trial.id, units_per_license: 5 });
    expect((answer.json as Created).licenses[0]).toMatchObject({ version: 'trial', units: 5 });
  });
});

describe('create, retries', () => {
  it('answers the same content within ten minutes with the same subscription', async () => {
    const customer = await world.customer();
    const first = await world.create(customer);
    const before = await orderCount();
    const again = await world.create(customer, { units_per_license: '10', service_plan_id: world.yearly.id });
    expect(again.text).toBe(first.text);
    expect(await orderCount()).toBe(before);
  });

  it('sells again for other content, and for the same once the first has ended', async () => {
    const customer = await world.customer();
    const first = await world.created(customer);
    const other = await world.created(customer, { service_plan_id: world.yearly.id, units_per_license: 11 });
    expect(other).not.toBe(first);
    await world.put(customer, first, '/disable');
    const second = await world.created(customer);
    expect(second).not.toBe(first);
    expect(await world.created(customer)).toBe(second);
  });

  it('ten at the same moment are one', async () => {
    const customer = await world.customer();
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.create(customer)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200 });
  });
});

describe('create, 400', () => {
  const good = () => ({ service_plan_id: world.yearly.id as string, units_per_license: 10 as unknown });

  it.each([
    ['service_plan_id', undefined],
    ['service_plan_id', 'no GUID'],
    ['service_plan_id', randomUUID()],
    ['units_per_license', undefined],
    ['units_per_license', 0],
    ['units_per_license', -1],
    ['units_per_license', 1_000_000],
    ['units_per_license', '1.5'],
    ['units_per_license', 1.5],
    ['units_per_license', true],
    ['license_start_date', 'tomorrow'],
    ['license_start_date', '2026-02-30T00:00:00Z'],
    ['license_start_date', '2026-02-28T12:00:00Z'],
    ['license_start_date', '2028-01-01T00:00:00Z'],
    ['license_start_date', 5],
  ])('%s = %j', async (field, value) => {
    const before = await orderCount();
    const answer = await world.create(buyer, { ...good(), [field]: value });
    expect(refusal(answer)).toEqual(invalid(field));
    expect(await orderCount()).toBe(before);
  });

  it('tells the first member that is wrong, in the order of the page (part 1, 3.1)', async () => {
    expect(refusal(await world.createFor(randomUUID(), {}))).toEqual(invalid('customer_id'));
    expect(refusal(await world.createFor('no-guid', {}))).toEqual(invalid('customer_id'));
    expect(refusal(await world.create(buyer, {}))).toEqual(invalid('service_plan_id'));
    expect(refusal(await world.create(buyer, { service_plan_id: world.yearly.id, license_start_date: 'x' }))).toEqual(
      invalid('units_per_license'),
    );
    expect(refusal(await world.create(buyer, []))).toEqual(invalid('body'));
  });

  it("another tenant's customer and plan are refused word for word as what does not exist", async () => {
    const { isp } = world.partners;
    const theirs = await world.customer(isp);
    const foreign = await world.planOf(await world.stocked({ code: 'FFZBXXE1X' }), {}, isp);
    expect((await world.create(theirs)).text).toBe((await world.createFor(randomUUID(), good())).text);
    const unknown = await world.create(buyer, { ...good(), service_plan_id: randomUUID() });
    expect((await world.create(buyer, { ...good(), service_plan_id: foreign.id })).text).toBe(unknown.text);
    // Nor does a partner below reach what its parent has.
    const below = await world.create(buyer, good(), { by: world.credentials.msp });
    expect(refusal(below)).toEqual(invalid('customer_id'));
  });

  it('v2 refuses Trend Vision One plans, v3 takes them (part 1, 7.2)', async () => {
    const visionOne = await world.stocked({ code: 'VOZBXXE1X', family: 'vision_one' });
    const plan = await world.planOf(visionOne);
    const body = { service_plan_id: plan.id, units_per_license: 1 };
    const customer = await world.customer();
    expect(refusal(await world.create(customer, body))).toEqual(invalid('service_plan_id'));
    expect(await world.create(customer, body, { version: 'v3' })).toMatchObject({ status: 200 });
  });

  it('a customer has one trial of a plan', async () => {
    const trial = await world.planOf(world.product, {
      licenseVersion: 'trial',
      subscriptionPeriod: { unit: 'month', count: 1 },
    });
    const customer = await world.customer();
    await world.created(customer, { service_plan_id: trial.id, units_per_license: 5 });
    const again = await world.create(customer, { service_plan_id: trial.id, units_per_license: 6 });
    expect(refusal(again)).toEqual(invalid('service_plan_id'));
  });

  it('units beyond the plan, a product that is not sold any more, a customer that may not order', async () => {
    const rates = [{ mpn: 'MPN-NNZBXXE1X', quantityMin: '5', quantityMax: '50' }];
    const small = await world.plan(world.partners.distributor, {
      product: world.product,
      rates,
      terms: { pricing: 'free' },
    });
    for (const units of [4, 51]) {
      const answer = await world.create(buyer, { service_plan_id: small.id, units_per_license: units });
      expect(refusal(answer)).toEqual(invalid('units_per_license'));
    }
    const held = await world.customer();
    const { customers } = world.engine;
    await customers.change(world.cause(), world.partners.distributor.id, { id: held.id }, { status: 'admin_hold' });
    expect(refusal(await world.create(held))).toEqual(invalid('customer_id'));
  });
});

describe('get', () => {
  it.each(['v2', 'v3'])('answers exactly the detail of 7.1 in %s', async (version) => {
    const customer = await world.customer();
    const id = await world.created(customer);
    const answer = await world.read(customer, id, version);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      subscription_id: id,
      name: 'Worry Free, a year',
      enabled: true,
      is_auto_renewal: true,
      auto_renewal_month: 12,
      expiration_notification: 30,
      service_url: expect.stringContaining('/portal?tenant=') as string,
      licenses: [
        {
          ac_code: expect.stringMatching(/^[A-Z0-9-]{37}$/) as string,
          product_id: 'NNZBXXE1X',
          license_start_date: firstSecond('2026-03-02'),
          license_expiration_date: lastSecondBefore('2027-03-02'),
          start_charge_date: firstSecond('2026-03-02'),
          grace_period: 1,
          units: 10,
          enabled: true,
        },
      ],
    });
    expect(membersOf(answer.json)).toBe(
      'subscription_id,name,enabled,is_auto_renewal,auto_renewal_month,expiration_notification,service_url,licenses',
    );
  });

  it('auto_renewal_month is 0 where it does not renew by itself', async () => {
    const plan = await world.planOf(world.product, { autoRenewalMonths: null });
    const customer = await world.customer();
    const id = await world.created(customer, { service_plan_id: plan.id, units_per_license: 1 });
    expect(await world.detail(customer, id)).toMatchObject({ is_auto_renewal: false, auto_renewal_month: 0 });
  });

  it("names the id that is wrong, in the same words for another tenant's", async () => {
    const customer = await world.customer();
    const other = await world.customer();
    const id = await world.created(customer);
    const theirs = await world.customer(world.partners.isp);
    expect(refusal(await world.read(customer, 'x'))).toEqual(invalid('subscription_id'));
    const unknown = await world.read(customer, randomUUID());
    expect(refusal(unknown)).toEqual(invalid('subscription_id'));
    expect((await world.read(other, id)).text).toBe(unknown.text);
    expect((await world.read(theirs, id)).text).toBe((await world.read({ id: randomUUID() as never }, id)).text);
    expect(refusal(await world.read(theirs, id))).toEqual(invalid('customer_id'));
    expect(refusal(await world.read({ id: 'x' as never }, id))).toEqual(invalid('customer_id'));
    const foreign = await world.read(customer, id, 'v2', world.credentials.isp);
    expect(refusal(foreign)).toEqual(invalid('customer_id'));
  });
});

describe('get id', () => {
  const getId = (customer: Pick<Customer, 'id'>, planId: string, version = 'v2', by = world.as) =>
    world.get(by, world.path(customer, `serviceplan/${planId}/getid`, version));

  it.each(['v2', 'v3'])('answers the id of the one there is in %s', async (version) => {
    const customer = await world.customer();
    const id = await world.created(customer);
    const answer = await getId(customer, world.yearly.id, version);
    expect(answer.json).toStrictEqual({ subscription_id: id });
  });

  it('of several the newest that is active, else the newest that has not ended', async () => {
    const customer = await world.customer();
    const ids: string[] = [];
    for (const units of [1, 2, 3]) {
      ids.push(await world.created(customer, { service_plan_id: world.yearly.id, units_per_license: units }));
    }
    const found = async () => (await getId(customer, world.yearly.id)).json;
    expect(await found()).toEqual({ subscription_id: ids[2] });
    await world.put(customer, ids[2]!, '/suspend');
    expect(await found()).toEqual({ subscription_id: ids[1] });
    await world.put(customer, ids[1]!, '/disable');
    await world.put(customer, ids[0]!, '/disable');
    expect(await found()).toEqual({ subscription_id: ids[2] });
    await world.put(customer, ids[2]!, '/disable');
    expect(refusal(await getId(customer, world.yearly.id))).toEqual(invalid('service_plan_id'));
  });

  it('names what is wrong', async () => {
    const customer = await world.customer();
    const none = await getId(customer, randomUUID());
    expect(refusal(none)).toEqual(invalid('service_plan_id'));
    expect((await getId(customer, 'x')).text).toBe(none.text);
    const theirs = await world.customer(world.partners.isp);
    const foreign = await getId(theirs, world.yearly.id);
    expect(refusal(foreign)).toEqual(invalid('customer_id'));
    expect(foreign.text).toBe((await getId({ id: randomUUID() as never }, world.yearly.id)).text);
  });
});
