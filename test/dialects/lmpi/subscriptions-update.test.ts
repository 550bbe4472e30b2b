import { randomUUID } from 'node:crypto';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal } from './setup.ts';
import { invalid, membersOf, openSubscriptions, type Detail, type SubscriptionWorld } from './subscription-world.ts';

// Subscription :: Update and cross grade: LMPI reference, part 1, 7.2 and 7.5. It is March 2, 2026, 09:00 UTC.

let world: SubscriptionWorld;
beforeAll(async () => {
  world = await openSubscriptions();
});
afterAll(() => world.stop());

/** A customer with a subscription of ten units, in a plan that does not renew by itself unless another is named. */
async function held(terms: Parameters<SubscriptionWorld['planOf']>[1] = { autoRenewalMonths: null }) {
  const customer = await world.customer();
  const plan = await world.planOf(world.product, terms);
  const id = await world.created(customer, { service_plan_id: plan.id, units_per_license: 10 });
  return { customer, plan, id };
}

/** The expiration some days away from the one that a subscription has. */
function shifted({ licenses }: Detail, days: number): string {
  const end = Date.parse(licenses[0]!.license_expiration_date);
  return `${new Date(end + days * 86_400_000).toISOString().slice(0, 19)}Z`;
}

const ordersOf = async (customer: Customer) => {
  const text = 'select type, total::text from orders where customer_id = $1 order by id';
  return world.db.query<{ type: string; total: string }>({ name: 'orders_of', text }, [customer.id]);
};

describe('200', () => {
  it.each(['v2', 'v3'])('units, up and down, answered by the detail in %s', async (version) => {
    const { customer, id } = await held();
    const before = await world.detail(customer, id);
    for (const units of [25, 3, '7']) {
      const answer = await world.put(customer, id, '', { units_per_license: units }, version);
      expect(answer.status).toBe(200);
      const [license] = before.licenses;
      expect(answer.json).toStrictEqual({ ...before, licenses: [{ ...license, units: Number(units) }] });
      expect(membersOf(answer.json)).toBe(membersOf(before));
      expect(await world.detail(customer, id)).toEqual(answer.json);
    }
  });

  it('an earlier expiration', async () => {
    const { customer, id } = await held({});
    const before = await world.detail(customer, id);
    const wanted = shifted(before, -60);
    const answer = await world.put(customer, id, '', { license_expiration_date: wanted });
    expect((answer.json as Detail).licenses[0]!.license_expiration_date).toBe(wanted);
    expect(answer.json).toMatchObject({ is_auto_renewal: true });
  });

  it('a later expiration where it does not renew by itself, and the days are charged', async () => {
    const rates = [{ mpn: 'MPN-NNZBXXE1X', quantityMin: '1', quantityMax: '999999', prices: '31' }];
    const terms = { autoRenewalMonths: null, policies: { preset: 'lmpi_like' } } as const;
    const priced = await world.plan(world.partners.distributor, { product: world.product, rates, terms });
    await world.priceList(world.top, {});
    const customer = await world.customer();
    const id = await world.created(customer, { service_plan_id: priced.id, units_per_license: 2 });
    const before = await world.detail(customer, id);
    const wanted = shifted(before, 31);
    const answer = await world.put(customer, id, '', { license_expiration_date: wanted });
    expect((answer.json as Detail).licenses[0]!.license_expiration_date).toBe(wanted);
    expect((await ordersOf(customer)).map(({ type }) => type)).toEqual(['sales', 'change']);
    // The days beyond the month that is paid are charged when their month begins.
    world.moveTo('2026-04-02T12:00:00Z');
    await world.work();
    const orders = await ordersOf(customer);
    expect(orders.at(-1)).toMatchObject({ type: 'billing' });
    expect(Number(orders.at(-1)!.total)).toBeGreaterThan(0);
    world.moveTo('2026-03-02T09:00:00Z');
  });

  it('another plan, with the same dates and the same license', async () => {
    const { customer, id } = await held();
    const other = await world.planOf(world.product, { expirationNoticeDays: 14 }, world.partners.distributor, 'Better');
    const before = await world.detail(customer, id);
    const answer = await world.put(customer, id, '', { service_plan_id: other.id });
    expect(answer.json).toMatchObject({ subscription_id: id, name: 'Better', expiration_notification: 14 });
    expect((answer.json as Detail).licenses).toEqual(before.licenses);
    const target = world.path(customer, `serviceplan/${other.id}/getid`);
    expect((await world.get(world.as, target)).json).toEqual({ subscription_id: id });
  });

  it('units, expiration and plan in one order', async () => {
    const { customer, id } = await held();
    const other = await world.planOf(world.product, { autoRenewalMonths: null });
    const wanted = shifted(await world.detail(customer, id), -30);
    const answer = await world.put(customer, id, '', {
      units_per_license: 4,
      license_expiration_date: wanted,
      service_plan_id: other.id,
    });
    expect(answer.json).toMatchObject({
      name: other.name,
      licenses: [{ units: 4, license_expiration_date: wanted }],
    });
    expect(await world.detail(customer, id)).toEqual(answer.json);
    expect((await ordersOf(customer)).map(({ type }) => type)).toEqual(['sales', 'change']);
  });

  it('what was read and is sent back changes nothing', async () => {
    const { customer, plan, id } = await held({});
    const before = await world.detail(customer, id);
    const [license] = before.licenses;
    const answer = await world.put(customer, id, '', {
      units_per_license: license!.units,
      license_expiration_date: license!.license_expiration_date,
      service_plan_id: plan.id,
    });
    expect(answer.json).toEqual(before);
    expect(await world.put(customer, id, '', {})).toMatchObject({ json: before });
    expect(await world.put(customer, id)).toMatchObject({ json: before });
    expect(await ordersOf(customer)).toHaveLength(1);
    const { version } = await world.engine.subscriptions.get(world.partners.distributor.id, { id: id as never });
    expect(version).toBe(1);
  });

  it('the same request again is answered the same', async () => {
    const { customer, id } = await held();
    const first = await world.put(customer, id, '', { units_per_license: 12 });
    const again = await world.put(customer, id, '', { units_per_license: 12 });
    expect(again.text).toBe(first.text);
    expect(await ordersOf(customer)).toHaveLength(2);
  });

  it('of several at one moment each is carried out', async () => {
    const { customer, id } = await held();
    const answers = await Promise.all(
      [11, 12].map((units) => world.put(customer, id, '', { units_per_license: units })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect([11, 12]).toContain((await world.detail(customer, id)).licenses[0]!.units);
  });
});

describe('400', () => {
  let customer: Customer;
  let id: string;
  let untouched: Detail;
  beforeAll(async () => {
    ({ customer, id } = await held());
    untouched = await world.detail(customer, id);
  });

  it.each([
    ['units_per_license', 0],
    ['units_per_license', 1_000_000],
    ['units_per_license', 'ten'],
    ['license_expiration_date', 'never'],
    ['license_expiration_date', '2026-03-01T00:00:00Z'],
    ['license_expiration_date', '2020-03-01T00:00:00Z'],
    ['service_plan_id', 'x'],
    ['service_plan_id', randomUUID()],
  ])('%s = %j', async (field, value) => {
    expect(refusal(await world.put(customer, id, '', { [field]: value }))).toEqual(invalid(field));
  });

  it('one that is wrong stands in the way of all (all of them or none)', async () => {
    const body = { units_per_license: 5, license_expiration_date: '2026-03-01T00:00:00Z' };
    expect(refusal(await world.put(customer, id, '', body))).toEqual(invalid('license_expiration_date'));
    expect(await world.detail(customer, id)).toEqual(untouched);
  });

  it('a later expiration of what renews by itself', async () => {
    const renewing = await held({});
    const wanted = shifted(await world.detail(renewing.customer, renewing.id), 1);
    const answer = await world.put(renewing.customer, renewing.id, '', { license_expiration_date: wanted });
    expect(refusal(answer)).toEqual(invalid('license_expiration_date'));
  });

  it('whatever waits for the first sign-in', async () => {
    const later = await held({ activationPolicy: 'first_sign_in' });
    // There is no date yet that it could be moved from.
    const wanted = { license_expiration_date: '2030-01-31T23:59:59Z' };
    const answer = await world.put(later.customer, later.id, '', wanted);
    expect(refusal(answer)).toEqual(invalid('subscription_id'));
  });

  it('a trial, whatever is asked for', async () => {
    const trial = await held({ licenseVersion: 'trial', subscriptionPeriod: { unit: 'month', count: 1 } });
    for (const body of [{ units_per_license: 11 }, { license_expiration_date: '2026-03-20T00:00:00Z' }, {}]) {
      expect(refusal(await world.put(trial.customer, trial.id, '', body))).toEqual(invalid('subscription_id'));
    }
  });

  it('while suspended (part 1, 7.8), and once disabled', async () => {
    const other = await held({});
    await world.put(other.customer, other.id, '/suspend');
    const suspended = await world.put(other.customer, other.id, '', { units_per_license: 11 });
    expect(refusal(suspended)).toEqual(invalid('subscription_id'));
    await world.put(other.customer, other.id, '/disable');
    const disabled = await world.put(other.customer, other.id, '', { units_per_license: 11 });
    expect(refusal(disabled)).toEqual(invalid('subscription_id'));
  });

  it('a plan of another product, a trial, a Trend Vision One plan in v2', async () => {
    const others = await Promise.all([
      world.stocked({ code: 'OOZBXXE1X' }).then((product) => world.planOf(product)),
      world.planOf(world.product, { licenseVersion: 'trial', subscriptionPeriod: { unit: 'month', count: 1 } }),
      world.stocked({ code: 'VUZBXXE1X', family: 'vision_one' }).then((product) => world.planOf(product)),
    ]);
    for (const plan of others) {
      const answer = await world.put(customer, id, '', { service_plan_id: plan.id });
      expect(refusal(answer)).toEqual(invalid('service_plan_id'));
    }
  });

  it('an earlier expiration or fewer units than the policies of a plan allow are never put off in silence', async () => {
    const strict = await held({ autoRenewalMonths: null, policies: { preset: 'adobe_like' } });
    const answer = await world.put(strict.customer, strict.id, '', { units_per_license: 5 });
    expect(refusal(answer)).toEqual(invalid('units_per_license'));
    expect((await world.detail(strict.customer, strict.id)).licenses[0]!.units).toBe(10);
  });

  it("another tenant's, word for word as what does not exist", async () => {
    const { isp } = world.credentials;
    const foreign = await world.put(customer, id, '', { units_per_license: 11 }, 'v2', isp);
    const unknown = await world.put({ id: randomUUID() as never }, id, '', { units_per_license: 11 }, 'v2', isp);
    expect(refusal(foreign)).toEqual(invalid('customer_id'));
    expect(foreign.text).toBe(unknown.text);
    expect(await world.detail(customer, id)).toEqual(untouched);
  });
});

describe('cross grade (part 1, 7.2)', () => {
  it('what is held of a part is moved into the suite that is ordered, with its activation code', async () => {
    const { distributor } = world.partners;
    const suite = await world.stocked({ code: 'SSZBXXE1X', type: 'suite', parts: [world.product.id] }, [
      [distributor, 10n],
    ]);
    const plan = await world.planOf(suite, {}, distributor, 'The suite');
    const { customer, id } = await held();
    const before = await world.detail(customer, id);
    const answer = await world.create(customer, { service_plan_id: plan.id, units_per_license: 12 });
    expect(answer.json).toMatchObject({
      subscription_id: id,
      product_name: suite.name,
      licenses: [{ product_id: 'SSZBXXE1X', units: 12, ac_code: before.licenses[0]!.ac_code }],
    });
    expect(await world.detail(customer, id)).toMatchObject({ name: 'The suite', licenses: [{ units: 12 }] });
    expect((await ordersOf(customer)).map(({ type }) => type)).toEqual(['sales', 'change']);
    // Sent again it is the same answer, and nothing is sold.
    const again = await world.create(customer, { units_per_license: 12, service_plan_id: plan.id });
    expect(again.text).toBe(answer.text);
    expect(await ordersOf(customer)).toHaveLength(2);
  });

  it('what is held of the same product is moved into the plan, the newest first', async () => {
    const { customer, plan, id } = await held();
    const second = await world.created(customer, { service_plan_id: plan.id, units_per_license: 2 });
    const other = await world.planOf(world.product);
    const moved = await world.created(customer, { service_plan_id: other.id, units_per_license: 3 });
    expect(moved).toBe(second);
    expect((await world.detail(customer, id)).licenses[0]).toMatchObject({ units: 10 });
  });

  it('from a suite to a part of it nothing is moved, nor where nothing overlaps, nor for a trial or a later start', async () => {
    const suite = await world.stocked({ code: 'TTZBXXE1X', type: 'suite', parts: [world.product.id] });
    const whole = await world.planOf(suite);
    const customer = await world.customer();
    const suiteId = await world.created(customer, { service_plan_id: whole.id, units_per_license: 1 });
    const part = await world.created(customer, { service_plan_id: world.yearly.id, units_per_license: 1 });
    expect(part).not.toBe(suiteId);
    const trial = await world.planOf(world.product, {
      licenseVersion: 'trial',
      subscriptionPeriod: { unit: 'month', count: 1 },
    });
    const tried = await world.created(customer, { service_plan_id: trial.id, units_per_license: 1 });
    const other = await world.planOf(world.product);
    const later = await world.created(customer, {
      service_plan_id: other.id,
      units_per_license: 1,
      license_start_date: '2026-05-01T12:00:00Z',
    });
    expect(new Set([suiteId, part, tried, later]).size).toBe(4);
    expect((await world.detail(customer, suiteId)).name).toBe(whole.name);
  });

  it('what may not be moved stays, and the plan is sold beside it', async () => {
    const { customer, id } = await held({ autoRenewalMonths: null, policies: { preset: 'adobe_like' } });
    const other = await world.planOf(world.product);
    const beside = await world.created(customer, { service_plan_id: other.id, units_per_license: 3 });
    expect(beside).not.toBe(id);
    expect((await world.detail(customer, id)).licenses[0]).toMatchObject({ units: 10, enabled: true });
  });
});
