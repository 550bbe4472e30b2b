import { surfacesOf } from '@tierline/server/app/surfaces.ts';
import { loadConfig } from '@tierline/server/platform/config/index.ts';
import { afterAll, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls } from './calls.ts';

// Who signs in for a customer, over our own API.

const world = await openWorld();
afterAll(() => world.close());
const { call } = apiCalls(world.engine);
const { reseller, sibling } = await world.channel();
const token = (await world.credentials(reseller)).apiKey;
const { customer, first } = await world.engine.customers.createWithUser(world.cause(), reseller.id, {
  name: 'Okafor Freight',
  language: 'en',
  address: { street: '', extension: null, city: 'Portland', state: 'OR', postalCode: '', countryCode: 'US' },
  contacts: [],
  login: { login: 'Imani', email: 'imani@example.com', name: 'Imani Okafor', resettable: true, field: 'login' },
});
const path = `/customers/${customer.id}/users/${first.user.id}`;

test('a profile is read, changed with its version, disabled and enabled; nothing of a password is told', async () => {
  const read = await call('GET', path, { token });
  expect(read.body).toEqual({
    id: first.user.id,
    login: 'Imani',
    email: 'imani@example.com',
    name: 'Imani Okafor',
    first_name: 'Imani',
    last_name: 'Okafor',
    phone: { area_code: null, number: null, extension: null },
    time_zone: null,
    language: null,
    status: 'active',
    version: 1,
    created_at: '2026-03-02T09:00:00Z',
    modified_at: null,
  });
  world.moveTo('2026-03-02T10:00:00Z');
  const body = { last_name: 'Okafor-Lund', phone: { number: '1' }, time_zone: 'Asia/Tokyo', status: 'disabled' };
  const changed = await call('PATCH', path, { token, body, headers: { 'if-match': '"1"' } });
  expect(changed.body).toMatchObject({
    ...body,
    name: 'Imani Okafor-Lund',
    phone: { area_code: null, number: '1', extension: null },
    version: 2,
    modified_at: '2026-03-02T10:00:00Z',
  });
  const late = await call('PATCH', path, { token, body, headers: { 'if-match': '"1"' } });
  expect(late.status).toBeGreaterThanOrEqual(409);
  const channel = first.user.channelId;
  expect(await world.engine.access.customerUser(channel, 'imani', first.password)).toBeUndefined();
  expect((await call('PATCH', path, { token, body: { status: 'active' } })).status).toBe(200);
  expect(await world.engine.access.customerUser(channel, 'imani', first.password)).toMatchObject({ version: 3 });
  expect((await call('GET', `/customers/${customer.id}/users`, { token })).body).toMatchObject({
    data: [{ version: 3 }],
  });
});

test('a user is found under its own customer only, and by nobody beside', async () => {
  const other = await world.customer(reseller);
  expect((await call('GET', `/customers/${other.id}/users/${first.user.id}`, { token })).status).toBe(404);
  const stranger = (await world.credentials(sibling.reseller)).apiKey;
  expect((await call('GET', path, { token: stranger })).status).toBe(404);
  expect((await call('PATCH', path, { token: stranger, body: { first_name: 'X' } })).status).toBe(404);
});

test('the token of the link gives a password once, over a page that everybody can load', async () => {
  const body = { token: first.resetToken, password: 'a new password' };
  expect((await call('POST', '/customer-passwords', { body })).status).toBe(204);
  const again = await call('POST', '/customer-passwords', { body });
  expect(again).toMatchObject({ status: 400, body: { code: 'access.reset_refused', field: 'token' } });
  const pages = surfacesOf(world.engine, loadConfig({ env: {} })).find(({ name }) => name === 'portal');
  expect(pages?.app.routes.map(({ path: at }) => at)).toContain('/reset');
});

test('industry, size, note and emergency address are told and changed; codes are those of the lists', async () => {
  const facts = { note: 'Careful', emergency_email: 'a@b.c;d@e.f', industry: 'H', company_size: '2' };
  const changed = await call('PATCH', `/customers/${customer.id}`, { token, body: facts });
  expect(changed.body).toMatchObject(facts);
  const wrong = { emergency_email: 'nobody', industry: 'ZZ', company_size: '9' };
  const refused = await call('PATCH', `/customers/${customer.id}`, { token, body: wrong });
  expect(refused).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'industry' }, { field: 'company_size' }, { field: 'emergency_email' }] },
  });
  expect((await call('GET', `/customers/${customer.id}`, { token })).body).toMatchObject(facts);
});
