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

  test('takes login and password and shows and keeps neither', async () => {
    const [contact] = aCustomerBody()['contactPersons'] as Record<string, unknown>[];
    const contactPersons = [{ ...contact, login: 'imani.o@example.com', password: 'Ecx$cvdazv' }];
    const answer = await reseller.post('/customers', aCustomerBody({ contactPersons, externalId: 'EXT-login' }));
    expect(answer.status).toBe(200);
    expect(answer.text).not.toContain('Ecx$cvdazv');
    expect(answer.body['contactPersons']).toEqual([contact]);
    for (const table of ['customers', 'events', 'idempotency_keys']) {
      const text = `select 1 from ${table} t where t::text like '%cvdazv%'`;
      expect(await api.db.query({ name: `search_${table}`, text }, [])).toEqual([]);
    }
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
    ['status', { status: 'creditHold' }],
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
