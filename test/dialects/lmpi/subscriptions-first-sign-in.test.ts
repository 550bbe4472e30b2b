import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPortal } from '../../support/portal.ts';
import { refusal } from './setup.ts';
import { expectEmpty, invalid, openSubscriptions, type Created, type SubscriptionWorld } from './subscription-world.ts';

// Plans that are activated at the first sign-in (LMPI reference, part 2, 5.4 and 7.3), on the wire of part 1, 7.

let world: SubscriptionWorld;
beforeAll(async () => {
  world = await openSubscriptions();
});
afterAll(() => world.stop());

const noDates = { license_start_date: null, license_expiration_date: null };

async function waiting() {
  const portal = openPortal(world);
  const person = await portal.person(world.partners.distributor);
  const plan = await world.planOf(world.product, { activationPolicy: 'first_sign_in' });
  const answer = await world.create(person.customer, { service_plan_id: plan.id, units_per_license: 10 });
  const created = answer.json as Created;
  return { portal, person, buyer: person.customer, created, id: created.subscription_id };
}

test('dates are null until somebody signs in at the address that is told, and count from that day (1, 7.1)', async () => {
  const { portal, person, buyer, created, id } = await waiting();
  expect(created.licenses).toMatchObject([{ ...noDates, start_charge_date: null, units: 10, version: 'full' }]);
  const before = await world.detail(buyer, id);
  expect(before).toMatchObject({ enabled: true, licenses: [{ ...noDates, start_charge_date: null }] });
  const { pathname, searchParams } = new URL(before.service_url);
  expect([pathname, searchParams.get('tenant')]).toEqual(['/portal', person.tenant]);
  world.moveTo('2026-03-20T12:00:00Z');
  const browser = portal.browser();
  expect((await browser.signIn(person)).status).toBe(303);
  const { licenses } = await world.detail(buyer, id);
  expect(licenses).toMatchObject([
    {
      license_start_date: '2026-03-20T00:00:00Z',
      license_expiration_date: '2027-03-19T23:59:59Z',
      start_charge_date: '2026-03-20T00:00:00Z',
      units: 10,
    },
  ]);
  // Their expiration is not one to be set (1, 7.5).
  const sooner = await world.put(buyer, id, '', { license_expiration_date: '2027-01-31T23:59:59Z' });
  expect(refusal(sooner)).toEqual(invalid('license_expiration_date'));
});

test('until then there is nothing to update or to suspend, and Disable ends it for good (1, 7.5 to 7.7)', async () => {
  const { portal, person, buyer, id } = await waiting();
  expect(refusal(await world.put(buyer, id, '', { units_per_license: 5 }))).toEqual(invalid('subscription_id'));
  expect((await world.put(buyer, id, '/suspend')).status).toBe(400);
  expectEmpty(await world.put(buyer, id, '/disable'));
  expectEmpty(await world.put(buyer, id, '/disable'));
  expect(await world.detail(buyer, id)).toMatchObject({ enabled: false });
  expect((await portal.browser().signIn(person)).status).toBe(303);
  expect(await world.detail(buyer, id)).toMatchObject({ enabled: false });
});
