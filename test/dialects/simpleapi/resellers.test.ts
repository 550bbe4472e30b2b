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

// SimpleAPI reference 3, 4.2

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let provider: Client;
let distributor: Client;
let reseller: Client;
let stranger: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  provider = await api.client(channel.provider);
  distributor = await api.client(channel.distributor);
  reseller = await api.client(channel.reseller);
  stranger = await api.client(await api.provider({ name: 'Another installation' }));
});
afterAll(() => api.close());

const idsOf = (body: Record<string, unknown>): string[] => (body['data'] as { id: string }[]).map(({ id }) => id);
const made = async (changes: Readonly<Record<string, unknown>> = {}, by: Client = distributor): Promise<string> => {
  const answer = await by.post('/resellers', aResellerBody(changes));
  expect(answer.status).toBe(200);
  return String(answer.body['id']);
};

describe('POST /resellers', () => {
  test('answers 200 with the whole reseller, which stands directly below the caller', async () => {
    const body = aResellerBody({
      externalId: 'RES-1',
      taxRegId: '00-1',
      attributes: { region: 'north' },
      taxationProviderName: 'Vertex',
      customerClass: 'Default',
    });
    const answer = await distributor.post('/resellers/', body);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...body, id: matching(/^\d{7}$/), status: 'active' });
    expect((await distributor.get(`/resellers/${String(answer.body['id'])}`)).text).toBe(answer.text);
    const node = await api.engine.directory.byNumber(String(answer.body['id']));
    expect(node?.account).toMatchObject({
      kind: 'reseller',
      parentId: channel.distributor.id,
      currency: 'USD',
      country: 'US',
      timeZone: channel.distributor.timeZone,
    });
  });

  test('its admin contact signs in as its owner, by login or by e-mail address; the password is shown and kept nowhere', async () => {
    const { contactPersons } = aResellerBody({}, 'owner@example.com') as { contactPersons: object[] };
    const login = { login: 'Northwind.Admin', password: 'Ecx$cvdazv' };
    const answer = await distributor.post(
      '/resellers',
      aResellerBody({ contactPersons: [{ ...contactPersons[0], ...login }] }),
    );
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/cvdazv|Northwind\.Admin/);
    const { account } = (await api.engine.directory.byNumber(String(answer.body['id'])))!;
    for (const name of ['northwind.admin', 'NORTHWIND.ADMIN', 'owner@example.com']) {
      const { principal } = await api.engine.authenticate.login(name, 'Ecx$cvdazv');
      expect(principal).toMatchObject({ accountId: account.id, role: 'owner' });
    }
    for (const table of ['users', 'accounts', 'events', 'idempotency_keys']) {
      const text = `select 1 from ${table} t where t::text like '%cvdazv%'`;
      expect(await api.db.query({ name: `search_${table}`, text }, [])).toEqual([]);
    }
  });

  test('a login or an e-mail address that is in use already is a 409 naming it, and nothing is stored', async () => {
    const person = { ...(aResellerBody()['contactPersons'] as object[])[0] };
    const withPerson = (more: object) => aResellerBody({ contactPersons: [{ ...person, ...more }] });
    const first = { email: 'first@example.com', login: 'first.login', password: 'Ecx$cvdazv' };
    expect((await distributor.post('/resellers', withPerson(first))).status).toBe(200);
    const before = await rowCounts(api);
    for (const [field, more] of [
      ['contactPersons[0].login', { ...first, email: 'second@example.com' }],
      ['contactPersons[0].email', { ...first, login: 'second.login' }],
    ] as const) {
      const answer = await distributor.post('/resellers', withPerson(more));
      expect(answer.status).toBe(409);
      expect(answer.body['details']).toMatchObject([{ field }]);
    }
    expect(await rowCounts(api)).toEqual(before);
  });

  test('the same content with an external id within 24 hours is a retry', async () => {
    const body = aResellerBody({ externalId: 'RES-retry' });
    const first = await distributor.post('/resellers', body);
    expect((await distributor.post('/resellers', body)).text).toBe(first.text);
  });

  test('a leaf reseller has none and gets a 403 for adding one', async () => {
    expect((await reseller.get('/resellers')).body).toEqual({
      data: [],
      pagination: { offset: 0, limit: 10, total: 0 },
    });
    const answer = await reseller.post('/resellers', aResellerBody());
    expect(answer.status).toBe(403);
    expect(answer.body['code']).toBe('simpleapi.no_resellers');
  });

  test.each([
    ['currency', { currency: undefined }],
    ['currency', { currency: 'usd' }],
    ['currency', { currency: 'XQZ' }],
    ['currency', { currency: 7 }],
    ['name', { name: null }],
    ['address', { address: [] }],
    ['contactPersons', { contactPersons: null }],
    ['language', { language: {} }],
    ['taxationProviderName', { taxationProviderName: {} }],
    ['customerClass', { customerClass: 'x'.repeat(256) }],
    ['status', { status: 'asleep' }],
    ['attributes', { attributes: 'x' }],
  ])('400 naming %s, and nothing is stored (%#)', async (field, changes) => {
    const before = await rowCounts(api);
    const answer = await distributor.post('/resellers', aResellerBody(changes));
    expect(answer.status).toBe(400);
    expect(answer.body['details']).toEqual([expect.objectContaining({ field })]);
    expect(await rowCounts(api)).toEqual(before);
  });

  test('400 with every reason at once', async () => {
    const answer = await distributor.post('/resellers', {});
    const details = answer.body['details'] as { field: string }[];
    expect(details.map(({ field }) => field).toSorted()).toEqual([
      'address',
      'contactPersons',
      'currency',
      'language',
      'name',
    ]);
  });
});

describe('GET /resellers', () => {
  test('every seller below, however far and of whatever kind, newest first; neither the caller nor others', async () => {
    const below = idsOf((await distributor.get('/resellers?limit=1000')).body);
    expect(below).toContain(channel.reseller.number);
    expect(below).not.toContain(channel.distributor.number);
    const all = idsOf((await provider.get('/resellers?limit=1000')).body);
    expect(all).toEqual(expect.arrayContaining([...below, channel.distributor.number]));
    expect(idsOf((await stranger.get('/resellers')).body)).toEqual([]);
    const newest = await made();
    const first = await distributor.get('/resellers?limit=1');
    expect(idsOf(first.body)).toEqual([newest]);
    expect(first.body['pagination']).toMatchObject({ offset: 0, limit: 1, total: below.length + 1 });
    expect(idsOf((await distributor.get('/resellers?offset=1&limit=1000')).body)).toEqual(below);
  });

  test('filters by part of the name in any case, by e-mail of any contact, by external id', async () => {
    const contactPersons = (aResellerBody({}, 'filter.me@example.com') as { contactPersons: object[] }).contactPersons;
    const id = await made({ name: 'Quill 100% Networks', externalId: 'RES-9', contactPersons });
    for (const query of ['name=quill', 'name=100%25', 'email=FILTER.me%40example.com', 'externalId=RES-9']) {
      expect(idsOf((await distributor.get(`/resellers?${query}`)).body)).toEqual([id]);
      expect(idsOf((await stranger.get(`/resellers?${query}`)).body)).toEqual([]);
    }
    for (const query of ['name=100_', 'email=filter', 'externalId=RES']) {
      expect(idsOf((await distributor.get(`/resellers?${query}`)).body)).toEqual([]);
    }
  });

  test('one that another surface made has every required member', async () => {
    const { body } = await distributor.get(`/resellers/${channel.reseller.number}`);
    expect(body).toMatchObject({
      id: channel.reseller.number,
      name: channel.reseller.name,
      currency: 'USD',
      status: 'active',
      contactPersons: [],
      address: { streetAddress: '', postalCode: '', city: '', countryCode: '' },
    });
  });
});

describe('PATCH /resellers/{id}', () => {
  test('changes what is named, and nothing else', async () => {
    const id = await made({ taxRegId: '1', customerClass: 'Default' });
    const before = (await distributor.get(`/resellers/${id}`)).body;
    const changed = await distributor.patch(`/resellers/${id}`, {
      name: 'Renamed',
      externalId: 'X',
      taxRegId: '2',
      currency: 'EUR',
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...before, name: 'Renamed', externalId: 'X', taxRegId: '2' });
    const address = { streetAddress: '1', postalCode: '2', city: 'Bergen', countryCode: 'NO' };
    expect((await distributor.patch(`/resellers/${id}/`, { address })).body).toEqual({ ...changed.body, address });
    expect((await distributor.patch(`/resellers/${id}`, {})).status).toBe(200);
  });

  test('on credit hold it sells nothing and reads and writes on; only from above it is lifted', async () => {
    const own = await openSimpleApi();
    const { distributor: above, reseller: account, customer, base } = await own.channel();
    const [seller, vendor] = [await own.client(account), await own.client(above)];
    const order = { type: 'sales', customerId: customer.number, products: [{ mpn: base.mpn, quantity: 1 }] };
    expect((await vendor.patch(`/resellers/${account.number}`, { status: 'creditHold' })).body['status']).toBe(
      'creditHold',
    );
    expect((await seller.post('/orders', order)).status).toBe(403);
    expect((await seller.get('/products')).status).toBe(200);
    expect((await seller.post('/customers', aCustomerBody())).status).toBe(200);
    await expect(
      own.engine.accounts.change(own.cause(), account.id, account.id, { status: 'active' }),
    ).rejects.toMatchObject({ code: 'accounts.status_set_above' });
    expect((await vendor.patch(`/resellers/${account.number}`, { status: 'active' })).body['status']).toBe('active');
    expect((await seller.post('/orders', order)).status).toBe(200);
    await own.close();
  });

  test.each([
    ['pending', 403, 200],
    ['adminHold', 403, 200],
    ['error', 401, 401],
  ])('in status %s writing is answered %i and reading %i', async (status, write, read) => {
    const own = await openSimpleApi();
    const { distributor: above, reseller: account } = await own.channel();
    const seller = await own.client(account);
    const vendor = await own.client(above, '1.15');
    expect((await vendor.patch(`/resellers/${account.number}`, { status })).body['status']).toBe(status);
    expect((await seller.post('/customers', aCustomerBody())).status).toBe(write);
    expect((await seller.get('/customers')).status).toBe(read);
    expect((await vendor.patch(`/resellers/${account.number}`, { status: 'active' })).status).toBe(200);
    expect((await seller.get('/customers')).status).toBe(200);
    await own.close();
  });

  test('profile 21.0 sets active and creditHold only; cancelling is final and needs more than this API has', async () => {
    const id = await made();
    const refused = await distributor.patch(`/resellers/${id}`, { status: 'adminHold' });
    expect(refused.status).toBe(400);
    expect(refused.body['message']).toContain('status: Give one of: active, creditHold.');
    const later = await api.client(channel.distributor, '1.15');
    expect((await later.patch(`/resellers/${id}`, { status: 'cancelled' })).status).toBe(403);
  });

  test('a login among the contacts is refused by name', async () => {
    const id = await made();
    const [person] = aResellerBody()['contactPersons'] as object[];
    const answer = await distributor.patch(`/resellers/${id}`, { contactPersons: [{ ...person, login: 'another' }] });
    expect(answer.status).toBe(400);
    expect(answer.body['details']).toMatchObject([{ field: 'contactPersons[0].login' }]);
  });
});

describe('customers and orders of a reseller', () => {
  test('are those of that reseller alone', async () => {
    const path = `/resellers/${channel.reseller.number}/customers`;
    const created = await distributor.post(path, aCustomerBody({ name: 'Below Ltd', externalId: 'BELOW-1' }));
    expect(created.status).toBe(200);
    expect(created.body['resellerId']).toBe(channel.reseller.number);
    expect(idsOf((await distributor.get(`${path}?name=below`)).body)).toEqual([created.body['id']]);
    expect(idsOf((await distributor.get(`${path}?resellerId=${channel.sibling.reseller.number}`)).body)).toContain(
      created.body['id'],
    );
    expect(idsOf((await distributor.get(path)).body)).not.toContain(channel.sibling.customer.number);
    expect((await reseller.get(`/customers/${String(created.body['id'])}`)).text).toBe(created.text);
  });

  test('orders are filtered by customer, subscription, status and time; other filters are ignored', async () => {
    const order = await api.order(channel.customer, [{ mpn: channel.base.mpn }]);
    await api.order(channel.sibling.customer, [{ mpn: channel.base.mpn }]);
    const path = `/resellers/${channel.reseller.number}/orders`;
    const all = (await distributor.get(path)).body;
    expect(all['pagination']).toEqual({ offset: 0, limit: 10, total: 1 });
    const [only] = all['data'] as { id: string; subscriptionId: string }[];
    expect(only).toMatchObject({ customerId: channel.customer.number, type: 'sales' });
    for (const [query, total] of [
      [`customerId=${channel.customer.number}`, 1],
      [`customerId=${channel.sibling.customer.number}`, 0],
      [`subscriptionId=${only!.subscriptionId}`, 1],
      [`status=${order.status}`, 1],
      ['status=cancelled', 0],
      ['creationTimeFrom=2026-03-02T09:00:00Z&creationTimeTo=2026-03-02T09:00:00Z', 1],
      ['creationTimeFrom=2026-03-02T09:00:01Z', 0],
      ['orderNumber=XX000001&statusCode=ZZ&unknown=1', 1],
    ] as const) {
      expect((await distributor.get(`${path}?${query}`)).body['pagination']).toMatchObject({ total });
    }
    expect((await distributor.get(`${path}?status=asleep`)).status).toBe(400);
  });

  const paths = (id: string) => [`/resellers/${id}`, `/resellers/${id}/customers`, `/resellers/${id}/orders`];

  test("another tenant's reseller, the caller itself and nobody are the same 404", async () => {
    const before = await rowCounts(api);
    for (const [who, id] of [
      [stranger, channel.reseller.number],
      [reseller, channel.sibling.reseller.number],
      [reseller, channel.distributor.number],
      [reseller, channel.reseller.number],
      [distributor, '9999999'],
      [distributor, 'nonsense'],
      [distributor, channel.customer.number],
    ] as const) {
      for (const path of paths(id)) {
        const answer = await who.get(path);
        expect([path, answer.status, answer.body['message']]).toEqual([
          path,
          404,
          'No entity has been found. There is no such reseller.',
        ]);
      }
      expect((await who.patch(`/resellers/${id}`, { status: 'active', name: 'x' })).status).toBe(404);
      expect((await who.post(`/resellers/${id}/customers`, aCustomerBody())).status).toBe(404);
    }
    expect(await rowCounts(api)).toEqual(before);
  });
});
