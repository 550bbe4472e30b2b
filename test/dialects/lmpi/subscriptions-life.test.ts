import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { refusal } from './setup.ts';
import { expectEmpty, invalid, openSubscriptions, type Detail, type SubscriptionWorld } from './subscription-world.ts';

// Disable, Suspend and Unsuspend: LMPI reference, part 1, 7.6 to 7.8. Each test begins on March 2, 2026, 09:00 UTC.

let world: SubscriptionWorld;
beforeAll(async () => {
  world = await openSubscriptions();
});
beforeEach(() => world.moveTo('2026-03-02T09:00:00Z'));
afterAll(() => world.stop());

async function held(terms: Parameters<SubscriptionWorld['planOf']>[1] = {}) {
  const customer = await world.customer();
  const plan = await world.planOf(world.product, terms);
  const id = await world.created(customer, { service_plan_id: plan.id, units_per_license: 10 });
  const put = (rest: string, body?: unknown, version = 'v2') => world.put(customer, id, rest, body, version);
  const read = (): Promise<Detail> => world.detail(customer, id);
  return { customer, plan, id, put, read };
}

/** The last day with the right to use, in the seller's zone. */
const lastDay = ({ licenses }: Detail): string => {
  const at = new Date(licenses[0]!.license_expiration_date);
  return at.toLocaleDateString('sv-SE', { timeZone: world.partners.distributor.timeZone });
};

async function moveTo(at: string): Promise<void> {
  world.moveTo(at);
  await world.work();
}

describe('disable', () => {
  it.each(['v2', 'v3'])('ends it at once and for good, with an empty 200, in %s', async (version) => {
    const { put, read } = await held();
    expectEmpty(await put('/disable', undefined, version));
    const after = await read();
    expect(after).toMatchObject({ enabled: false, licenses: [{ enabled: false }] });
    expect(lastDay(after)).toBe('2026-03-01');
    // Again it is 200 without effect (our choice).
    expectEmpty(await put('/disable', undefined, version));
    expect(await read()).toEqual(after);
    expect(refusal(await put('/unsuspend'))).toEqual(invalid('subscription_id'));
    expect(refusal(await put('/suspend'))).toEqual(invalid('subscription_id'));
  });

  it('ends a trial, one that is suspended, and one that has not begun', async () => {
    const trial = await held({ licenseVersion: 'trial', subscriptionPeriod: { unit: 'month', count: 1 } });
    expectEmpty(await trial.put('/disable'));
    expect(await trial.read()).toMatchObject({ enabled: false });
    const suspended = await held();
    expectEmpty(await suspended.put('/suspend'));
    expectEmpty(await suspended.put('/disable'));
    expect(await suspended.read()).toMatchObject({ enabled: false });
    const customer = await world.customer();
    const body = { service_plan_id: world.yearly.id, units_per_license: 1, license_start_date: '2026-06-01T12:00:00Z' };
    const later = await world.created(customer, body);
    expectEmpty(await world.put(customer, later, '/disable'));
    const after = await world.detail(customer, later);
    expect(after).toMatchObject({ enabled: false });
    expect(lastDay(after)).toBe('2026-05-31');
  });

  it('is never put off to the end of the term', async () => {
    const strict = await held({ policies: { preset: 'adobe_like' } });
    await moveTo('2026-03-20T09:00:00Z');
    expect(refusal(await strict.put('/disable'))).toEqual(invalid('subscription_id'));
    expect(await strict.read()).toMatchObject({ enabled: true });
  });
});

describe('suspend', () => {
  it.each(['v2', 'v3'])('without a body: renewal off, licenses expire now, an empty 200, in %s', async (version) => {
    const { put, read } = await held();
    expectEmpty(await put('/suspend', undefined, version));
    const after = await read();
    expect(after).toMatchObject({ enabled: true, is_auto_renewal: false, auto_renewal_month: 0 });
    expect(after.licenses[0]).toMatchObject({ enabled: false });
    expect(lastDay(after)).toBe('2026-03-01');
  });

  it('on a date: licenses last until then', async () => {
    const { put, read } = await held();
    expectEmpty(await put('/suspend', { license_expiration_date: '2026-05-31T12:00:00Z' }));
    const after = await read();
    expect(after).toMatchObject({ is_auto_renewal: false, licenses: [{ enabled: true }] });
    expect(lastDay(after)).toBe('2026-05-31');
    await moveTo('2026-06-02T09:00:00Z');
    expect(await read()).toMatchObject({ licenses: [{ enabled: false }] });
  });

  it('takes the original expiration, and a day since the start that has passed as now', async () => {
    const whole = await held();
    const { license_expiration_date: original } = (await whole.read()).licenses[0]!;
    expectEmpty(await whole.put('/suspend', { license_expiration_date: original }));
    expect(lastDay(await whole.read())).toBe('2027-03-01');
    const past = await held();
    await moveTo('2026-04-10T09:00:00Z');
    expectEmpty(await past.put('/suspend', { license_expiration_date: '2026-03-15T12:00:00Z' }));
    expect(lastDay(await past.read())).toBe('2026-04-09');
  });

  it.each(['2026-02-20T12:00:00Z', '2027-04-01T00:00:00Z', 'soon', 7])(
    '400: license_expiration_date = %j, which is not between start and expiration',
    async (date) => {
      const { put, read } = await held();
      const before = await read();
      expect(refusal(await put('/suspend', { license_expiration_date: date }))).toEqual(
        invalid('license_expiration_date'),
      );
      expect(await read()).toEqual(before);
    },
  );

  it('400: only with auto-renewal on, so not twice either', async () => {
    const plain = await held({ autoRenewalMonths: null });
    expect(refusal(await plain.put('/suspend'))).toEqual(invalid('subscription_id'));
    const { put } = await held();
    await put('/suspend');
    expect(refusal(await put('/suspend'))).toEqual(invalid('subscription_id'));
  });
});

describe('unsuspend', () => {
  it.each(['v2', 'v3'])('restores expiration and renewal, an empty 200, in %s', async (version) => {
    const { put, read } = await held();
    const before = await read();
    await put('/suspend', undefined, version);
    expectEmpty(await put('/unsuspend', undefined, version));
    expect(await read()).toEqual(before);
    expect(await put('', { units_per_license: 11 })).toMatchObject({ status: 200 });
  });

  it('sets an expiration between the current one and the end of the grace period', async () => {
    const { put, read } = await held();
    await put('/suspend', { license_expiration_date: '2026-03-31T12:00:00Z' });
    expectEmpty(await put('/unsuspend', { license_expiration_date: '2026-04-15T12:00:00Z' }));
    const after = await read();
    expect(after).toMatchObject({ is_auto_renewal: true, licenses: [{ enabled: true }] });
    expect(lastDay(after)).toBe('2026-04-15');
  });

  it.each(['2026-03-10T12:00:00Z', '2027-06-01T12:00:00Z', 'later'])(
    '400: license_expiration_date = %j',
    async (date) => {
      const { put } = await held();
      await put('/suspend', { license_expiration_date: '2026-03-31T12:00:00Z' });
      expect(refusal(await put('/unsuspend', { license_expiration_date: date }))).toEqual(
        invalid('license_expiration_date'),
      );
    },
  );

  it('400: not once the grace period is over, and not where nothing is suspended', async () => {
    const { put, read } = await held();
    expect(refusal(await put('/unsuspend'))).toEqual(invalid('subscription_id'));
    await put('/suspend');
    await moveTo('2026-04-03T09:00:00Z');
    expect(refusal(await put('/unsuspend'))).toEqual(invalid('subscription_id'));
    expect(await read()).toMatchObject({ enabled: false });
  });
});

it.each(['/disable', '/suspend', '/unsuspend'])(
  "%s: another tenant's is refused word for word as what does not exist",
  async (rest) => {
    const { customer, id, read } = await held();
    const before = await read();
    const { isp } = world.credentials;
    const foreign = await world.put(customer, id, rest, undefined, 'v2', isp);
    expect(refusal(foreign)).toEqual(invalid('customer_id'));
    expect(foreign.text).toBe((await world.put({ id: randomUUID() as never }, id, rest, undefined, 'v2', isp)).text);
    const other = await world.customer();
    expect(refusal(await world.put(other, id, rest))).toEqual(invalid('subscription_id'));
    expect(refusal(await world.put(other, 'x', rest))).toEqual(invalid('subscription_id'));
    expect(await read()).toEqual(before);
  },
);

it('a year: bought, extended in units, renewed, suspended, taken up again, suspended for good', async () => {
  const { put, read } = await held({ subscriptionPeriod: { unit: 'month', count: 1 }, autoRenewalMonths: 3 });
  expect(lastDay(await read())).toBe('2026-04-01');
  await moveTo('2026-03-20T09:00:00Z');
  expect(await put('', { units_per_license: 15 })).toMatchObject({ status: 200 });
  // It renews by the plan's months.
  await moveTo('2026-04-05T09:00:00Z');
  const renewed = await read();
  expect(lastDay(renewed)).toBe('2026-07-01');
  expect(renewed).toMatchObject({ auto_renewal_month: 3, licenses: [{ units: 15, enabled: true }] });
  await moveTo('2026-05-10T09:00:00Z');
  expectEmpty(await put('/suspend'));
  await moveTo('2026-05-25T09:00:00Z');
  expectEmpty(await put('/unsuspend'));
  expect(lastDay(await read())).toBe('2026-07-01');
  await moveTo('2026-07-03T09:00:00Z');
  expect(lastDay(await read())).toBe('2026-10-01');
  // Nobody takes it up again within its month of grace.
  expectEmpty(await put('/suspend', { license_expiration_date: '2026-07-31T12:00:00Z' }));
  await moveTo('2026-08-20T09:00:00Z');
  expect(await read()).toMatchObject({ enabled: true, licenses: [{ enabled: false }] });
  await moveTo('2026-09-02T09:00:00Z');
  expect(await read()).toMatchObject({ enabled: false });
  expect(refusal(await put('/unsuspend'))).toEqual(invalid('subscription_id'));
});

it('what does not renew expires, is out of use after its grace, and is read as ended', async () => {
  const { put, read } = await held({ subscriptionPeriod: { unit: 'month', count: 1 }, autoRenewalMonths: null });
  await moveTo('2026-04-10T09:00:00Z');
  expect(await read()).toMatchObject({ enabled: true, licenses: [{ enabled: true }] });
  expect(refusal(await put('', { units_per_license: 3 }))).toEqual(invalid('subscription_id'));
  await moveTo('2026-05-03T09:00:00Z');
  expect(await read()).toMatchObject({ enabled: false, licenses: [{ enabled: false }] });
});

it('what has not begun yet takes units for its first day, and neither ends nor expires before it', async () => {
  const customer = await world.customer();
  const plan = await world.planOf(world.product, { autoRenewalMonths: null });
  const start = { units_per_license: 1, license_start_date: '2026-06-01T12:00:00Z' };
  const id = await world.created(customer, { service_plan_id: plan.id, ...start });
  const early = await world.put(customer, id, '', { license_expiration_date: '2026-05-20T12:00:00Z' });
  expect(refusal(early)).toEqual(invalid('license_expiration_date'));
  expect(await world.put(customer, id, '', { units_per_license: 9 })).toMatchObject({ status: 200 });
  const renewing = await world.created(customer, { service_plan_id: world.yearly.id, ...start });
  expectEmpty(await world.put(customer, renewing, '/suspend'));
  expect(lastDay(await world.detail(customer, renewing))).toBe('2026-05-31');
  expectEmpty(await world.put(customer, renewing, '/unsuspend'));
  await moveTo('2026-06-02T09:00:00Z');
  expect(await world.detail(customer, id)).toMatchObject({ enabled: true, licenses: [{ units: 9, enabled: true }] });
  expect(lastDay(await world.detail(customer, renewing))).toBe('2027-05-31');
});
