import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aCustomerBody, openSimpleApi, type SimpleApi } from './setup.ts';

// What a published workflow node for this API does (SimpleAPI reference, facts marked C-n8n), with nothing but addresses and
// credentials of ours: how it gets tokens, which headers it sends, how it pages, what it reads of an error.

/** As the node sees a failure: everything else of the answer is lost to it. */
class NodeError extends Error {
  readonly code: string;
  readonly httpCode: number;
  readonly details: unknown;
  constructor(message: string, code: string, httpCode: number, details: unknown) {
    super(message);
    this.code = code;
    this.httpCode = httpCode;
    this.details = details;
  }
}

type Body = Record<string, unknown>;
type Params = Readonly<Record<string, string | number | undefined | null>>;
const pageMax = 500;

/** @param login credentials as a user types them in */
function aNode(api: SimpleApi, login: Awaited<ReturnType<SimpleApi['client']>>['login']) {
  const nowMs = (): number => api.engine.clock.now().epochMilliseconds;
  let token: { text: string; untilMs: number } | undefined;
  let logins = 0;

  async function authenticate(): Promise<string> {
    logins += 1;
    const { username, password, clientId, clientSecret } = login;
    const form = { grant_type: 'password', username, password, client_id: clientId, client_secret: clientSecret };
    const answer = await api.send('POST', '/auth/realms/tierline/protocol/openid-connect/token', {
      raw: new URLSearchParams({ ...form, scope: 'openid' }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: '*/*',
        'accept-encoding': 'gzip, deflate, br',
      },
    });
    if (answer.status !== 200) throw new NodeError('Authentication failed', 'AUTH_ERROR', answer.status, answer.body);
    const { access_token: text, expires_in: seconds } = answer.body;
    token = { text: String(text), untilMs: nowMs() + (Number(seconds) - 300) * 1000 };
    return token.text;
  }

  async function request(method: string, path: string, data?: unknown, params: Params = {}): Promise<Body> {
    const bearer = token === undefined || nowMs() >= token.untilMs ? await authenticate() : token.text;
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params))
      if (value !== undefined && value !== null) query.append(name, String(value));
    const search = query.size === 0 ? '' : `?${query.toString()}`;
    const answer = await api.send(method, `/marketplace${path}${search}`, {
      ...(data === undefined ? {} : { body: data }),
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${bearer}`,
        'x-subscription-key': login.subscriptionKey,
      },
    });
    const { message, code, details } = answer.body;
    if (answer.status >= 300)
      throw new NodeError(String(message), typeof code === 'string' ? code : 'API_ERROR', answer.status, details);
    // An answer without a body fails there.
    return JSON.parse(answer.text) as Body;
  }

  /** Everything, or as many as are wanted: the first page tells the total, and the last may be empty. */
  async function getMany(path: string, wanted: number | 'all', params: Params = {}): Promise<Body[]> {
    const page = async (offset: number, limit: number) =>
      (await request('GET', path, undefined, { ...params, limit, offset })) as {
        data: Body[];
        pagination: { total: number };
      };
    const first = await page(0, wanted === 'all' ? pageMax : Math.min(wanted, pageMax));
    let found = first.data;
    const { total } = first.pagination;
    const target = wanted === 'all' ? total : Math.min(wanted, total);
    while (found.length < target) {
      const next = await page(found.length, Math.min(pageMax, target - found.length));
      if (next.data.length === 0) break;
      found = [...found, ...next.data];
    }
    return found;
  }

  return { request, getMany, loginCount: () => logins };
}

let api: SimpleApi;
let channel: Awaited<ReturnType<SimpleApi['channel']>>;
let node: ReturnType<typeof aNode>;
beforeAll(async () => {
  api = await openSimpleApi();
  channel = await api.channel();
  node = aNode(api, (await api.client(channel.reseller)).login);
});
afterAll(() => api.close());

const refusalOf = async (work: Promise<unknown>): Promise<NodeError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof NodeError) return error;
  throw new Error('It was not refused.');
};

describe('customers', () => {
  test('create sends members of its own beside the documented ones; get and getMany read them', async () => {
    const own = {
      contact: { email: 'imani@example.com' },
      taxId: 'X',
      description: 'From a workflow',
      type: 'company',
    };
    const created = await node.request(
      'POST',
      '/customers',
      aCustomerBody({ name: 'Foxglove Dental', externalId: 'n8n-1', ...own }),
    );
    expect(created).toMatchObject({
      id: expect.any(String) as unknown,
      name: 'Foxglove Dental',
      externalId: 'n8n-1',
    });
    expect(await node.request('GET', `/customers/${String(created['id'])}`)).toEqual(created);
    for (const params of [{ name: 'glove dent' }, { externalId: 'n8n-1' }]) {
      expect(await node.getMany('/customers', 'all', params)).toEqual([created]);
    }
    const update = {
      name: 'Foxglove Dental Care',
      externalId: 'n8n-2',
      description: 'Renamed',
      taxId: 'Y',
      type: 'company',
    };
    const changed = await node.request('PATCH', `/customers/${String(created['id'])}`, update);
    expect(changed).toEqual({ ...created, name: 'Foxglove Dental Care', externalId: 'n8n-2', taxRegId: 'Y' });
    expect(await node.getMany('/customers', 'all', { resellerId: String(created['resellerId']) })).toContainEqual(
      changed,
    );
  });
});

// What its form for a new customer sends, and nothing else (SimpleAPI reference 8).
describe('the form for a new customer', () => {
  const form = (changes: Body = {}): Body => ({
    name: 'Clover Field Vets',
    contact: { email: 'june@example.com', firstName: 'June', lastName: 'Alder', phone: '+1 518 555 0142' },
    address: {
      address1: '9 Mill Lane',
      address2: 'Floor 2',
      city: 'Albany',
      state: 'NY',
      postalCode: '12207',
      country: 'us',
    },
    description: 'From a workflow',
    externalId: 'form-1',
    taxId: 'US-77',
    ...changes,
  });

  test('makes a customer as the documented members would; it can order, and is updated by the form', async () => {
    const created = await node.request('POST', '/customers', form());
    expect(created).toMatchObject({
      name: 'Clover Field Vets',
      status: 'active',
      externalId: 'form-1',
      taxRegId: 'US-77',
      language: 'en_US',
      address: {
        streetAddress: '9 Mill Lane',
        addressExtension: 'Floor 2',
        postalCode: '12207',
        city: 'Albany',
        state: 'NY',
        countryCode: 'US',
      },
      contactPersons: [
        {
          type: 'admin',
          firstName: 'June',
          lastName: 'Alder',
          email: 'june@example.com',
          phoneNumber: '1##5185550142#',
        },
      ],
    });
    expect(await node.request('POST', '/customers', form())).toEqual(created);
    expect(await node.getMany('/customers', 'all', { email: 'june@example.com' })).toEqual([created]);
    const products = [{ mpn: channel.base.mpn, quantity: 1 }];
    const order = await node.request('POST', '/orders', { customerId: created['id'], products });
    expect(order).toMatchObject({ customerId: created['id'], status: 'completed' });
    const path = `/customers/${String(created['id'])}`;
    const changed = await node.request('PATCH', path, { description: 'x', externalId: 'form-2', taxId: 'US-78' });
    expect(changed).toEqual({ ...created, externalId: 'form-2', taxRegId: 'US-78' });
  });

  test('only what its form requires, and as its collections are kept', async () => {
    const least = {
      name: 'Clover Field',
      contact: { value: { email: 'least@example.com' } },
      address: { value: { address1: '9 Mill Lane', city: 'Albany', postalCode: '12207', country: 'US' } },
    };
    expect(await node.request('POST', '/customers', least)).toMatchObject({
      contactPersons: [{ firstName: 'Clover', lastName: 'Field', email: 'least@example.com' }],
      address: { streetAddress: '9 Mill Lane', countryCode: 'US' },
    });
  });

  test.each<[string, Body]>([
    ['contact.email', { contact: { firstName: 'June' } }],
    ['contact.email', { contact: { email: 'no address' } }],
    ['contact.phone', { contact: { email: 'a@example.com', phone: 'call me' } }],
    ['contact', { contact: 'june@example.com' }],
    ['address.country', { address: { address1: 'x', city: 'y', postalCode: '1', country: 'United States' } }],
    ['address.streetAddress', { address: { city: 'y', postalCode: '1', country: 'US' } }],
    ['taxId', { taxId: 'x'.repeat(101) }],
    ['address', { address: undefined }],
    ['contactPersons', { contact: undefined }],
    ['contactPersons', { contactPersons: [] }],
  ])('%s is named as it was sent', async (field, changes) => {
    const { httpCode, details } = await refusalOf(node.request('POST', '/customers', form({ ...changes })));
    expect([httpCode, (details as { field: string }[]).map((one) => one.field)]).toEqual([
      400,
      expect.arrayContaining([field]),
    ]);
  });
});

describe('orders', () => {
  test('create, get, getMany with its filters', async () => {
    const products = [{ mpn: channel.base.mpn, quantity: 2 }];
    const order = await node.request('POST', '/orders', {
      type: 'sales',
      customerId: channel.customer.number,
      products,
    });
    expect(order).toMatchObject({ id: expect.any(String) as unknown, status: 'completed' });
    expect(await node.request('GET', `/orders/${String(order['id'])}`)).toEqual(order);
    const params = {
      status: 'completed',
      customerId: channel.customer.number,
      creationTimeFrom: '2026-03-01T00:00:00Z',
      creationTimeTo: '2026-03-03T00:00:00Z',
    };
    expect((await node.getMany('/orders', 10, params)).map(({ id }) => id)).toEqual([order['id']]);
  });
});

describe('subscriptions', () => {
  const first = async (): Promise<Body> => {
    const [entry] = await node.getMany('/subscriptions', 1, { offset: 0 });
    if (entry === undefined) throw new Error('There is none.');
    return entry;
  };

  test('getMany and get', async () => {
    const entry = await first();
    expect(entry).toMatchObject({ renewalStatus: true, status: 'active', planId: Number(channel.plan.number) });
    const params = { creationDateFrom: '2026-03-02', creationDateTo: '2026-03-02' };
    expect(await node.getMany('/subscriptions', 'all', params)).toContainEqual(entry);
    expect(await node.request('GET', `/subscriptions/${String(entry['id'])}`)).toMatchObject(entry);
  });

  test('update sends products, attributes and renewalStatus, and reads the whole subscription', async () => {
    const { id } = await first();
    const unitPrice = { currency: 'USD', amount: '19' };
    const updated = await node.request('PATCH', `/subscriptions/${String(id)}`, {
      products: [{ mpn: channel.base.mpn, unitPrice }],
      attributes: { from: 'n8n' },
      renewalStatus: false,
    });
    expect(updated).toMatchObject({ id, renewalStatus: false, attributes: { from: 'n8n' }, products: [{ unitPrice }] });
  });
});

describe('plans', () => {
  test('getMany and get', async () => {
    const [plan] = await node.getMany('/plans', 'all');
    expect(plan).toMatchObject({ id: channel.plan.number });
    expect(await node.request('GET', `/plans/${channel.plan.number}`)).toEqual({ ...plan, planSwitches: [] });
  });
});

describe('what it depends on', () => {
  test('a token serves until five minutes before its end, then it asks for another', async () => {
    const own = await openSimpleApi();
    const { reseller } = await own.channel();
    const fresh = aNode(own, (await own.client(reseller)).login);
    await fresh.getMany('/plans', 'all');
    own.moveTo('2026-03-02T09:19:59Z');
    await fresh.getMany('/plans', 'all');
    expect(fresh.loginCount()).toBe(1);
    own.moveTo('2026-03-02T09:20:00Z');
    await fresh.getMany('/plans', 'all');
    expect(fresh.loginCount()).toBe(2);
    await own.close();
  });

  test('more than a page of 500 is read whole, each once, newest first', async () => {
    const facts = (index: number) => aCustomerBody({ name: `Paged ${index}` });
    for (let index = 0; index < 503; index += 1) {
      const { engine, cause } = api;
      const { address, contacts } = channel.customer;
      const rest = { language: 'en_US', externalId: null, taxRegistrationId: null, attributes: {} };
      const name = String(facts(index)['name']);
      await engine.customers.create(cause(), channel.reseller.id, { name, address, contacts, ...rest });
    }
    const found = await node.getMany('/customers', 'all', { name: 'Paged' });
    expect(found.map(({ name }) => name)).toEqual(Array.from({ length: 503 }, (_, index) => `Paged ${502 - index}`));
  });

  test.each(['customers', 'orders', 'subscriptions', 'plans'])(
    'an unknown id of %s is what it takes for not found',
    async (kind) => {
      const { httpCode, message } = await refusalOf(node.request('GET', `/${kind}/9999999`));
      expect(httpCode === 404 || (httpCode === 400 && message.includes('No entity has been found'))).toBe(true);
    },
  );

  test('a refusal has a message, a code and details; the message alone tells what is wrong', async () => {
    const products = [{ mpn: 'NONE', quantity: 1 }];
    const error = await refusalOf(node.request('POST', '/orders', { customerId: channel.customer.number, products }));
    expect(error).toMatchObject({ httpCode: 400, code: 'orders.unknown_product' });
    expect(error.message).toContain('No entity has been found. products[0]: ');
    expect(error.details).toMatchObject([{ field: 'products[0]' }]);
  });

  test('wrong credentials fail when it signs in, and a wrong key at the first call', async () => {
    const { login } = await api.client(channel.reseller);
    const wrong = await refusalOf(aNode(api, { ...login, clientSecret: 'wrong' }).getMany('/plans', 1));
    expect(wrong).toMatchObject({ code: 'AUTH_ERROR', httpCode: 401 });
    const key = await refusalOf(aNode(api, { ...login, subscriptionKey: 'wrong' }).getMany('/plans', 1));
    expect(key).toMatchObject({ httpCode: 401, code: 'simpleapi.wrong_subscription_key' });
  });
});
