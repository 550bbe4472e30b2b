import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aCustomerBody, matching, openSimpleApi, rowCounts, type Client, type SimpleApi } from './setup.ts';

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let reseller: Client;
let sibling: Client;
let distributor: Client;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  reseller = await api.client(channel.reseller);
  sibling = await api.client(channel.sibling.reseller);
  distributor = await api.client(channel.distributor);
});
afterAll(() => api.close());

const idsOf = (body: Record<string, unknown>): string[] => (body['data'] as { id: string }[]).map(({ id }) => id);

// SimpleAPI reference 4.1
describe('POST /customers', () => {
  test('answers 200 with the whole customer, under the caller', async () => {
    const answer = await reseller.post('/customers', aCustomerBody({ taxRegId: '00-1', externalId: 'EXT-1' }));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      ...aCustomerBody({ taxRegId: '00-1', externalId: 'EXT-1' }),
      id: matching(/^\d{7}$/),
      attributes: {},
      status: 'active',
      resellerId: channel.reseller.number,
    });
    const read = await reseller.get(`/customers/${String(answer.body['id'])}`);
    expect(read.text).toBe(answer.text);
  });

  test('ignores id, resellerId and what is unknown, and takes nulls for absent', async () => {
    const body = aCustomerBody({ id: '7', resellerId: '1', contact: {}, taxId: 'x', taxRegId: null, externalId: null });
    const answer = await reseller.post('/customers/', body);
    expect(answer.status).toBe(200);
    expect(answer.body['id']).not.toBe('7');
    expect(answer.body).not.toHaveProperty('externalId');
  });

  const withLogin = (login: object, changes: object = {}) => {
    const [person] = aCustomerBody()['contactPersons'] as object[];
    return aCustomerBody({ contactPersons: [{ ...person, ...login }], ...changes });
  };
  test('login and password of the admin contact make a user of its panel; the password is shown and kept nowhere', async () => {
    const { contactPersons } = aCustomerBody();
    const login = { login: 'Imani.O@example.com', password: 'Ecx$cvdazv' };
    const answer = await reseller.post('/customers', withLogin(login, { externalId: 'EXT-login' }));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/cvdazv|Imani\.O@/);
    expect(answer.body['contactPersons']).toEqual(contactPersons);
    const signIn = (name: string, password: string) =>
      api.engine.access.customerUser(channel.distributor.id, name, password);
    const { id: customerId } = await api.engine.customers.get(channel.reseller.id, {
      number: String(answer.body['id']),
    });
    for (const name of ['imani.o@example.com', 'IMANI.O@EXAMPLE.COM']) {
      expect(await signIn(name, 'Ecx$cvdazv')).toMatchObject({
        customerId,
        email: 'imani.okafor@example.com',
        name: 'Imani Okafor',
      });
    }
    expect(await signIn('imani.o@example.com', 'Ecx$cvdazW')).toBeUndefined();
    expect(await signIn('nobody', 'Ecx$cvdazv')).toBeUndefined();
    for (const table of ['customers', 'customer_users', 'events', 'idempotency_keys']) {
      const text = `select 1 from ${table} t where t::text like '%cvdazv%'`;
      expect(await api.db.query({ name: `search_${table}`, text }, [])).toEqual([]);
    }
  });

  test('a login is generated where only a password is given, and is in use once', async () => {
    const answer = await reseller.post('/customers', withLogin({ password: 'Abcdefg1' }));
    const { id, ownerId } = await api.engine.customers.get(channel.reseller.id, { number: String(answer.body['id']) });
    const [user] = await api.engine.access.listCustomerUsers(ownerId, id);
    expect(user?.login).toMatch(new RegExp(`^${String(answer.body['id'])}-[0-9a-f]{6}$`));
    const before = await rowCounts(api);
    const taken = await sibling.post('/customers', withLogin({ login: user!.login, password: 'Abcdefg1' }));
    expect(taken.status).toBe(409);
    expect(taken.body['details']).toMatchObject([{ field: 'contactPersons[0].login' }]);
    expect(await rowCounts(api)).toEqual(before);
  });

  test('the same content with an external id within 24 hours is a retry; after that, and with another, it is not', async () => {
    const own = await openSimpleApi();
    const { reseller: account } = await own.channel();
    const client = await own.client(account);
    const body = aCustomerBody({ externalId: 'EXT-retry' });
    const first = await client.post('/customers', body);
    expect((await client.post('/customers', body)).text).toBe(first.text);
    const other = await client.post('/customers', { ...body, name: 'Blackbriar Freight' });
    expect(other.body['id']).not.toBe(first.body['id']);
    own.moveTo('2026-03-03T10:00:00Z');
    const later = await own.client(account);
    const again = await later.post('/customers', body);
    expect(again.body['id']).not.toBe(first.body['id']);
    expect((await later.post('/customers', body)).text).toBe(again.text);
    await own.close();
  });

  test('without an external id two are two', async () => {
    const [one, two] = [
      await reseller.post('/customers', aCustomerBody()),
      await reseller.post('/customers', aCustomerBody()),
    ];
    expect(one.body['id']).not.toBe(two.body['id']);
  });

  const [contact] = aCustomerBody()['contactPersons'] as Record<string, unknown>[];
  const address = aCustomerBody()['address'] as Record<string, unknown>;
  const withContact = (changes: object) => ({ contactPersons: [{ ...contact, ...changes }] });
  const withAddress = (changes: object) => ({ address: { ...address, ...changes } });

  test.each([
    ['name', { name: undefined }],
    ['name', { name: ' ' }],
    ['name', { name: {} }],
    ['name', { name: 'x'.repeat(256) }],
    ['language', { language: null }],
    ['language', { language: 'English' }],
    ['address', { address: undefined }],
    ['address', { address: 'Albany' }],
    ['address.streetAddress', withAddress({ streetAddress: null })],
    ['address.postalCode', withAddress({ postalCode: [] })],
    ['address.city', withAddress({ city: '' })],
    ['address.countryCode', withAddress({ countryCode: 'usa' })],
    ['address.state', withAddress({ state: true })],
    ['contactPersons', { contactPersons: undefined }],
    ['contactPersons', { contactPersons: [] }],
    ['contactPersons', { contactPersons: {} }],
    ['contactPersons[0]', { contactPersons: [7] }],
    ['contactPersons[0].type', withContact({ type: 'boss' })],
    ['contactPersons[0].firstName', withContact({ firstName: null })],
    ['contactPersons[0].lastName', withContact({ lastName: null })],
    ['contactPersons[0].email', withContact({ email: 'nobody' })],
    ['contactPersons[0].phoneNumber', withContact({ phoneNumber: '+1 518 555' })],
    ['contactPersons[0].login', withContact({ login: 'a b' })],
    ['contactPersons[0].password', withContact({ password: 'short' })],
    ['attributes', { attributes: [] }],
    ['attributes.a', { attributes: { a: {} } }],
    ['status', { status: 'asleep' }],
    ['contactPersons[0].password', withContact({ password: 'onlysmall' })],
    ['contactPersons[0].login', withContact({ type: 'billing', login: 'billing.person' })],
    ['contactPersons[0].email', withContact({ email: `${'x'.repeat(251)}@a.b` })],
    ['taxRegId', { taxRegId: 'x'.repeat(101) }],
    ['externalId', { externalId: { a: 1 } }],
  ])('400 naming %s, and nothing is stored (%#)', async (field, changes) => {
    const before = await rowCounts(api);
    const answer = await reseller.post('/customers', aCustomerBody(changes));
    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(`${field}: `);
    expect(answer.body['details']).toEqual([expect.objectContaining({ field })]);
    expect(await rowCounts(api)).toEqual(before);
  });

  test('400 with every reason at once', async () => {
    const answer = await reseller.post('/customers', {});
    const details = answer.body['details'] as { field: string }[];
    expect(details.map(({ field }) => field)).toEqual(['name', 'address', 'contactPersons', 'language']);
  });

  test('403 below a suspended account', async () => {
    const own = await openSimpleApi();
    const { reseller: account } = await own.channel();
    await own.engine.accounts.change(own.cause(), account.id, account.id, { status: 'suspended' });
    const client = await own.client(account);
    expect((await client.post('/customers', aCustomerBody())).status).toBe(403);
    expect((await client.get('/customers')).status).toBe(200);
    await own.close();
  });
});

describe('PATCH /customers/{id}', () => {
  const aCustomer = async (changes: object = {}): Promise<string> =>
    String((await reseller.post('/customers', aCustomerBody({ ...changes }))).body['id']);

  test('changes what is named, and nothing else; null and unknown members change nothing', async () => {
    const id = await aCustomer({ externalId: 'A', taxRegId: '1', attributes: { a: 'b' } });
    const before = (await reseller.get(`/customers/${id}`)).body;
    const changed = await reseller.patch(`/customers/${id}`, {
      id: '7',
      name: 'Renamed',
      externalId: 17,
      taxRegId: '2',
      address: null,
      contactPersons: null,
      language: 'de_DE',
      unknown: {},
    });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...before, name: 'Renamed', externalId: '17', taxRegId: '2' });
    const contactPersons = [
      { type: 'technical', firstName: 'A', lastName: 'B', email: 'a@b.c', phoneNumber: '81##18881234567#' },
    ];
    const other = await reseller.patch(`/customers/${id}/`, { contactPersons });
    expect(other.body).toEqual({ ...changed.body, contactPersons });
    expect((await reseller.get(`/customers/${id}`)).text).toBe(other.text);
    expect((await reseller.get('/customers?email=a%40b.c')).body['pagination']).toMatchObject({ total: 1 });
  });

  test('a login adds a user, the same login again with a password gives it another one', async () => {
    const id = await aCustomer();
    const [person] = aCustomerBody()['contactPersons'] as object[];
    const send = (more: object) => reseller.patch(`/customers/${id}`, { contactPersons: [{ ...person, ...more }] });
    const signIn = (name: string, password: string) =>
      api.engine.access.customerUser(channel.distributor.id, name, password);
    expect((await send({ login: 'patched.login', password: 'Abcdefg1' })).status).toBe(200);
    expect((await send({ login: 'Patched.Login', password: 'Abcdefg2' })).status).toBe(200);
    expect((await send({ login: 'patched.login' })).status).toBe(200);
    expect(await signIn('patched.login', 'Abcdefg1')).toBeUndefined();
    expect(await signIn('patched.login', 'Abcdefg2')).toMatchObject({ login: 'patched.login' });
  });

  test.each([
    ['name', { name: ' ' }],
    ['name', { name: [] }],
    ['status', { status: 'asleep' }],
    ['status', { status: 'cancelled' }],
    ['address.city', { address: { streetAddress: '1', postalCode: '2', countryCode: 'US' } }],
    ['contactPersons', { contactPersons: [] }],
    ['contactPersons[0].email', { contactPersons: [{ firstName: 'a', lastName: 'b', phoneNumber: '1##2#' }] }],
    ['externalId', { externalId: {} }],
    ['taxRegId', { taxRegId: true }],
  ])('400 naming %s, and nothing changes (%#)', async (field, body) => {
    const before = (await reseller.get(`/customers/${channel.customer.number}`)).text;
    const answer = await reseller.patch(`/customers/${channel.customer.number}`, body);
    expect(answer.status).toBe(400);
    expect(answer.body['details']).toEqual([expect.objectContaining({ field })]);
    expect((await reseller.get(`/customers/${channel.customer.number}`)).text).toBe(before);
  });

  test("another tenant's customer looks like none", async () => {
    const [foreign, none] = await Promise.all(
      [channel.sibling.customer.number, '9999999'].map((id) => reseller.patch(`/customers/${id}`, { name: 'x' })),
    );
    expect([foreign!.status, none!.status]).toEqual([404, 404]);
    expect(foreign!.body['message']).toBe(none!.body['message']);
    expect(foreign!.body['message']).toContain('No entity has been found');
  });
});

// SimpleAPI reference 4.1: what each status forbids
describe('the status of a customer', () => {
  const order = (customerId: string) => ({
    type: 'sales',
    customerId,
    products: [{ mpn: channel.base.mpn, quantity: 1 }],
  });

  test.each([
    ['pending', 'active'],
    ['creditHold', 'active'],
    ['adminHold', 'hold'],
    ['cancelled', 'hold'],
    ['error', 'active'],
  ])('%s forbids ordering, and an active subscription reads as %s until it is lifted', async (status, reads) => {
    const schema = await api.client(channel.reseller, '1.15');
    const { number } = await api.customer(channel.reseller, { name: 'Status Ltd' });
    expect((await schema.post('/orders', order(number))).status).toBe(200);
    const listed = () => schema.get(`/subscriptions?customerId=${number}`);
    const counts = async () => {
      const both = ['active', 'hold'].map((one) => schema.get(`/subscriptions?customerId=${number}&status=${one}`));
      return (await Promise.all(both)).map(({ body }) => (body['pagination'] as { total: number }).total);
    };
    const [{ id }] = (await listed()).body['data'] as [{ id: string }];
    expect((await schema.patch(`/customers/${number}`, { status })).body['status']).toBe(status);
    expect((await schema.get(`/customers/${number}`)).body['status']).toBe(status);
    expect((await schema.post('/orders', order(number))).status).toBe(400);
    expect((await listed()).body['data']).toMatchObject([{ id, status: reads }]);
    expect((await schema.get(`/subscriptions/${id}`)).body['status']).toBe(reads);
    expect(await counts()).toEqual(reads === 'hold' ? [0, 1] : [1, 0]);
    expect((await schema.patch(`/customers/${number}`, { status: 'active' })).status).toBe(200);
    expect((await listed()).body['data']).toMatchObject([{ id, status: 'active' }]);
    expect(await counts()).toEqual([1, 0]);
    expect((await schema.post('/orders', order(number))).status).toBe(200);
  });

  test('profile 21.0 sets active and creditHold, as the text says; the others only where they are there already', async () => {
    const { number, id } = await api.customer(channel.reseller, { name: 'Status Ltd' });
    const set = (status: string) => reseller.patch(`/customers/${number}`, { status });
    expect((await set('creditHold')).status).toBe(200);
    expect((await set('adminHold')).body['message']).toContain('status: Give one of: active, creditHold.');
    await api.engine.customers.change(api.cause(), channel.reseller.id, { id }, { status: 'admin_hold' });
    expect((await set('adminHold')).status).toBe(200);
    expect((await set('active')).body['status']).toBe('active');
  });

  test('a new customer begins in the status that is given', async () => {
    const { body } = await reseller.post('/customers', aCustomerBody({ status: 'pending' }));
    expect(body['status']).toBe('pending');
    expect((await reseller.post('/orders', order(String(body['id'])))).status).toBe(400);
  });
});

describe('GET /customers', () => {
  test('newest first, with paging over the whole set', async () => {
    const own = await openSimpleApi();
    const { reseller: account, customer } = await own.channel();
    const client = await own.client(account);
    const made = [customer.number];
    for (let count = 0; count < 11; count += 1) made.unshift((await own.customer(account)).number);
    const first = await client.get('/customers');
    expect(idsOf(first.body)).toEqual(made.slice(0, 10));
    expect(first.body['pagination']).toEqual({ offset: 0, limit: 10, total: 12 });
    const second = await client.get('/customers/?offset=10&limit=5&unknown=ignored');
    expect(idsOf(second.body)).toEqual(made.slice(10));
    expect(second.body['pagination']).toEqual({ offset: 10, limit: 5, total: 12 });
    expect((await client.get('/customers?offset=500')).body).toEqual({
      data: [],
      pagination: { offset: 500, limit: 10, total: 12 },
    });
    await own.close();
  });

  test('filters by part of the name in any case, by e-mail, by external id, by reseller', async () => {
    const { number } = await api.customer(channel.reseller, {
      name: 'Oakmoth 100% Publishing',
      externalId: 'EXT-9',
      contacts: [
        { type: 'admin', firstName: 'L', lastName: 'A', email: 'Lucia@example.com', phone: '+1 617 555 0177' },
      ],
    });
    for (const query of [
      'name=oakMOTH',
      'name=100%25',
      'email=lucia%40EXAMPLE.com',
      'externalId=EXT-9',
      `name=Oakmoth&resellerId=${channel.reseller.number}`,
    ]) {
      expect(idsOf((await reseller.get(`/customers?${query}`)).body)).toEqual([number]);
      expect(idsOf((await distributor.get(`/customers?${query}`)).body)).toEqual([number]);
      expect(idsOf((await sibling.get(`/customers?${query}`)).body)).toEqual([]);
    }
    const [found] = (await reseller.get('/customers?externalId=EXT-9')).body['data'] as Record<string, unknown>[];
    expect(found?.['contactPersons']).toMatchObject([{ phoneNumber: '1##6175550177#' }]);
    for (const query of [
      'email=lucia',
      'externalId=EXT',
      'name=100_',
      `resellerId=${channel.sibling.reseller.number}`,
    ]) {
      expect(idsOf((await reseller.get(`/customers?${query}`)).body)).toEqual([]);
    }
    expect(idsOf((await reseller.get('/customers?resellerId=nonsense')).body)).toEqual([]);
  });

  test('a distributor sees the customers of all its resellers, a reseller its own, and neither those of others', async () => {
    const all = idsOf((await distributor.get('/customers?limit=1000')).body);
    expect(all).toContain(channel.customer.number);
    expect(all).toContain(channel.sibling.customer.number);
    const own = idsOf((await reseller.get('/customers?limit=1000')).body);
    expect(own).toContain(channel.customer.number);
    expect(own).not.toContain(channel.sibling.customer.number);
    const number = channel.sibling.reseller.number;
    expect(idsOf((await distributor.get(`/customers?resellerId=${number}`)).body)).toEqual([
      channel.sibling.customer.number,
    ]);
  });

  test('a seller that gets a seller below it sees its customers from then on', async () => {
    await reseller.get('/customers');
    const below = await api.account('reseller', channel.reseller);
    const { number } = await api.customer(below);
    expect(idsOf((await reseller.get('/customers?limit=1000')).body)).toContain(number);
  });
});

// SimpleAPI reference 1.2 and 11: 404 whose message says what clients look for
test.each([['1'], ['9999999'], ['nonsense'], ['99999999999999999999'], ['-1'], ['1e3']])(
  'GET /customers/%s is not found',
  async (id) => {
    const answer = await reseller.get(`/customers/${id}`);
    expect(answer.status).toBe(404);
    expect(answer.body['message']).toContain('No entity has been found');
  },
);

test("another tenant's customer looks like none", async () => {
  const theirs = await reseller.get(`/customers/${channel.sibling.customer.number}`);
  const none = await reseller.get('/customers/9999999');
  const shown = ({ body }: typeof none) => ({ ...body, path: '', correlationId: '' });
  expect(theirs.status).toBe(404);
  expect(shown(theirs)).toEqual(shown(none));
});
