import { createHash, createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { surfacesOf } from '@tierline/server/app/surfaces.ts';
import { loadConfig, type ConfigOverrides } from '@tierline/server/platform/config/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { expect } from 'vitest';
import { openWorld } from './world.ts';

export type Answer = { readonly status: number; readonly contentType: string; readonly text: string };

/** An operation that writes, with a caller who may: only what is sent can be wrong. */
export type Target = {
  readonly name: string;
  readonly form: Form;
  readonly method: 'POST';
  readonly path: string;
  readonly contentType: string;
  /** A body that is accepted, another one each time. */
  readonly body: () => Readonly<Record<string, unknown>>;
  /** What lets a request in. */
  readonly admission: (method: string, path: string, body: Uint8Array) => Record<string, string>;
};

/** A surface's own form of an error: throws unless the answer has it. */
export type Form = 'api' | 'lmpi' | 'simpleapi' | 'openid';

export type Wire = Awaited<ReturnType<typeof openWire>>;

/** Every surface on one server that is reached over connections, as connectors reach it. */
export async function openWire(overrides: ConfigOverrides = {}) {
  const world = await openWorld({ poolSize: 8 });
  const channel = await world.channel();
  const product = await world.product(channel.provider, { code: 'NNZBXXE1X', dataCenters: ['22'] });
  await world.resource(channel.provider, product, 'NNZBXXE1X-U');
  const units = { productId: product.id, licenseVersion: 'full', units: 1000n } as const;
  await world.engine.pools.mint(world.cause(), channel.distributor, units);
  const reseller = await world.credentials(channel.reseller);
  const distributor = await world.credentials(channel.distributor);

  async function listening(more: ConfigOverrides = {}) {
    const settings = { port: 0, ...overrides, ...more };
    const { server, lines } = aServer(surfacesOf(world.engine, loadConfig({ env: {}, overrides: settings })), settings);
    const { port, url } = await server.listen();
    return { port, url, lines, close: () => server.close() };
  }
  const server = await listening();

  let count = 0;
  const next = (): string => `T${(count += 1)}`;

  const { simpleapi: login } = reseller;
  const basic = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  const native = await fetch(`${server.url}/marketplace/token`, {
    method: 'POST',
    headers: { authorization: basic, 'x-subscription-key': login.subscriptionKey },
  });
  const { token } = (await native.json()) as { token: string };
  const key = { 'x-subscription-key': login.subscriptionKey };
  const bearer = () => ({ authorization: `Bearer ${token}`, ...key });

  function signed(method: string, path: string, body: Uint8Array): Record<string, string> {
    const { accessToken, secretKey } = distributor.lmpi!;
    const posixTime = String(Math.floor(world.clock.now().epochMilliseconds / 1000));
    const md5 = body.length === 0 ? '' : createHash('md5').update(body).digest('base64');
    const signature = createHmac('sha256', secretKey).update(`${posixTime}${method}${path}${md5}`).digest('base64');
    return {
      'x-access-token': accessToken,
      'x-posix-time': posixTime,
      'x-signature': signature,
      'x-traceid': randomUUID(),
    };
  }

  const json = { method: 'POST', contentType: 'application/json' } as const;
  const api = { ...json, form: 'api', admission: () => ({ authorization: `Bearer ${reseller.apiKey}` }) } as const;
  const simpleapi = { ...json, form: 'simpleapi', admission: bearer } as const;
  const plan = () => ({
    partner_id: channel.distributor.id,
    product_id: product.id,
    service_plan_name: `Plan ${next()}`,
    type: 'SaaS',
    version: '1',
    period: 12,
    activation_type: '0',
    price_type: 'U',
    dc_code: '22',
    auto_renewal_month: '12',
    managed: 'true',
    chargeable_month: 1,
  });
  const lmpi = { ...json, form: 'lmpi', admission: signed, body: plan } as const;

  const targets: readonly Target[] = [
    {
      ...api,
      name: 'customers of our API',
      path: '/api/v1/customers',
      body: () => ({
        name: `Customer ${next()}`,
        address: { street: '1 Main Street', city: 'Albany', state: 'NY', postal_code: '12207', country_code: 'US' },
        contacts: [{ type: 'admin', first_name: 'A', last_name: 'B', email: 'a@example.com', phone: '1' }],
        language: 'en',
        external_id: next(),
        attributes: { color: 'blue' },
      }),
    },
    {
      ...api,
      name: 'orders of our API',
      path: '/api/v1/orders',
      body: () => ({
        customer_id: channel.customer.id,
        lines: [
          { mpn: channel.base.mpn, quantity: '2', billing_period: { unit: 'month', count: 1 }, parameters: [{ a: 1 }] },
        ],
        po_number: next(),
        attributes: { project: 'north' },
      }),
    },
    { ...lmpi, name: 'plans of LMPI v2', path: '/LMPI/v2/partners/serviceplan' },
    { ...lmpi, name: 'plans of LMPI v3', path: '/LMPI/v3/partners/serviceplan' },
    {
      ...simpleapi,
      name: 'customers of SimpleAPI',
      path: '/marketplace/customers',
      body: () => ({
        name: `Customer ${next()}`,
        address: {
          streetAddress: '1 Main Street',
          postalCode: '12207',
          city: 'Albany',
          state: 'NY',
          countryCode: 'US',
        },
        contactPersons: [
          { type: 'admin', firstName: 'A', lastName: 'B', email: 'a@example.com', phoneNumber: '1#518#5550142#' },
        ],
        language: 'en_US',
        externalId: next(),
        attributes: { color: 'blue' },
      }),
    },
    {
      ...simpleapi,
      name: 'orders of SimpleAPI',
      path: '/marketplace/orders',
      body: () => ({
        type: 'sales',
        customerId: channel.customer.number,
        poNumber: next(),
        products: [
          {
            mpn: channel.base.mpn,
            quantity: 2,
            billingPeriod: { type: 'month', duration: 1 },
            parameters: [{ name: 'a' }],
          },
        ],
        attributes: { project: 'north' },
      }),
    },
    {
      ...simpleapi,
      name: 'token of SimpleAPI',
      path: '/marketplace/token',
      admission: () => ({ authorization: basic, ...key }),
      body: () => ({ marketplace: login.marketplace }),
    },
    {
      form: 'openid',
      name: 'token of OpenID Connect',
      method: 'POST',
      path: '/auth/realms/tierline/protocol/openid-connect/token',
      contentType: 'application/x-www-form-urlencoded',
      admission: () => ({}),
      body: () => ({
        grant_type: 'password',
        username: login.username,
        password: login.password,
        client_id: login.clientId,
        client_secret: login.clientSecret,
      }),
    },
  ];

  /** Sends the bytes as they are; a header that is null is not sent. */
  function send(
    { method, path, contentType, admission }: Pick<Target, 'path' | 'contentType' | 'admission'> & { method: string },
    body: Uint8Array,
    headers: Readonly<Record<string, string | null>> = {},
  ): Promise<Answer> {
    const all: Record<string, string | null> = {
      ...admission(method, path, body),
      'content-type': contentType,
      'content-length': String(body.length),
      ...headers,
    };
    const given = Object.entries(all).filter((header): header is [string, string] => header[1] !== null);
    return new Promise((resolve, reject) => {
      const to = { port: server.port, host: '127.0.0.1', method, path, headers: Object.fromEntries(given) };
      const outgoing = request({ ...to, agent: false }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          resolve({ status: incoming.statusCode ?? 0, contentType: incoming.headers['content-type'] ?? '', text });
        });
      });
      let answered = false;
      outgoing.on('response', () => (answered = true));
      // Whoever is refused in the middle of a long body hears the answer, and then that nobody listens any more.
      outgoing.on('error', (error) => (answered ? undefined : reject(error)));
      outgoing.end(body);
    });
  }

  return {
    ...world,
    channel,
    targets,
    server,
    listening,
    send,
    async stop(): Promise<void> {
      await server.close();
      await world.close();
    },
  };
}

/** Bytes of a valid body, in the target's own format. */
export function bytesOf({ contentType }: Target, body: Readonly<Record<string, unknown>>): Uint8Array {
  if (contentType === 'application/json') return Buffer.from(JSON.stringify(body));
  return Buffer.from(new URLSearchParams(body as Record<string, string>).toString());
}

const aText: unknown = expect.any(String);

/** What an error looks like on each surface: these members, and no others but of our own API, which may add some. */
const forms: Readonly<Record<Form, { contentType: string; body: (status: number) => Record<string, unknown> }>> = {
  api: {
    contentType: 'application/problem+json',
    body: (status) => ({ type: aText, title: aText, status, code: aText, detail: aText, request_id: aText }),
  },
  lmpi: {
    contentType: 'application/json; charset=utf-8',
    body: () => ({ error_subject: aText, error_message: aText }),
  },
  simpleapi: {
    contentType: 'application/json',
    body: (status) => ({ status, timestamp: aText, error: aText, message: aText, path: aText, correlationId: aText }),
  },
  openid: { contentType: 'application/json', body: () => ({ error: aText, error_description: aText }) },
};

/** What is wrong with this refusal; undefined when it is a 4xx in the surface's own form that shows nothing of our inside. */
export function faultOf(form: Form, { status, contentType, text }: Answer): string | undefined {
  if (status < 400 || status > 499) return `status ${status}`;
  const { contentType: own, body } = forms[form];
  if (contentType !== own) return `content type ${contentType}`;
  if (/\bat .*\.(ts|js):\d|node_modules|postgres|SELECT |insert into/i.test(text))
    return `it shows our inside: ${text}`;
  try {
    expect(JSON.parse(text)).toMatchObject(body(status));
    return undefined;
  } catch {
    return `another form: ${text.slice(0, 300)}`;
  }
}
