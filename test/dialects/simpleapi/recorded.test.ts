import { readdir, readFile } from 'node:fs/promises';
import { buildDemoChannel } from '@tierline/server/app/demo/index.ts';
import { parseId } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { aCustomerBody, openSimpleApi, type Answer, type Client, type SimpleApi } from './setup.ts';

// Exchanges as the documents of the API show them, or as they were seen (recorded/*.json, each with its source), replayed against the demo
// channel: what is shown is there, with its type and its form. Ids, dates and totals of lists are another installation's.

const step = z.strictObject({
  request: z.strictObject({
    method: z.enum(['GET', 'POST', 'PATCH']),
    path: z.string(),
    body: z.json().optional(),
    form: z.record(z.string(), z.string()).optional(),
  }),
  answer: z.strictObject({ status: z.int(), body: z.json() }),
  /** Members that are not there, such as `data[].products`. */
  absent: z.array(z.string()).optional(),
  /** What the message of an error names. */
  says: z.array(z.string()).optional(),
  /** Values of the answer, by their paths, that later requests name. */
  remember: z.record(z.string(), z.string()).optional(),
});
const recording = z.strictObject({
  source: z.string().min(20),
  /** Objects have no members but those that are shown, and in their order. */
  whole: z.boolean().optional(),
  profile: z.enum(['21.0', '1.15']).default('21.0'),
  as: z.enum(['reseller', 'distributor', 'login', 'openid']).default('reseller'),
  setup: z.literal('sale of 5').optional(),
  steps: z.array(step).min(1),
});
type Recording = z.infer<typeof recording>;
type Step = z.infer<typeof step>;

const directory = new URL('recorded/', import.meta.url);
const files = (await readdir(directory)).toSorted();
const recordings = await Promise.all(
  files.map(async (file): Promise<[string, Recording]> => {
    const text = await readFile(new URL(file, directory), 'utf8');
    return [file.replace('.json', ''), recording.parse(JSON.parse(text))];
  }),
);

let api: SimpleApi;
let sellers: Readonly<Record<'reseller' | 'distributor', Account>>;
const clients = new Map<string, Client>();
beforeAll(async () => {
  api = await openSimpleApi();
  const { accounts } = await buildDemoChannel(api.engine);
  const seller = async (name: string) =>
    (await api.engine.directory.get(parseId<'account'>(accounts[name] ?? '')!)).account;
  sellers = { reseller: await seller('reseller'), distributor: await seller('distributor') };
});
afterAll(() => api.close());

async function clientOf({ as, profile }: Recording): Promise<Client> {
  const seller = as === 'distributor' ? as : 'reseller';
  const key = `${seller} ${profile}`;
  const known = clients.get(key) ?? (await api.client(sellers[seller], profile));
  clients.set(key, known);
  return known;
}

type Names = Record<string, string>;

/** A customer of its own, so that lists hold nothing else; and what it has, where the exchange is about that. */
async function namesFor({ setup }: Recording, on: Client): Promise<Names> {
  const customer = String((await on.post('/customers', aCustomerBody())).body['id']);
  const [rate] = await api.engine.offers.find(await api.engine.directory.get(sellers.reseller.id), { mpn: seats });
  const names: Names = { customer, vendor: rate!.rate.vendorCode };
  if (setup === undefined) return names;
  const sale = { type: 'sales', customerId: customer, poNumber: 'PO1234', products: [{ mpn: seats, quantity: 5 }] };
  const { body } = await on.post('/orders', sale);
  const subscription = String(body['subscriptionId']);
  const held = (await on.get(`/subscriptions/${subscription}`)).body;
  return {
    ...names,
    order: String(body['id']),
    orderNumber: String(body['orderNumber']),
    subscription,
    plan: String(held['planId']),
  };
}

const seats = '91fd106f-4b2c-4938-95ac-f54f74e9a239';

function filled<Value>(value: Value, names: Names): Value {
  const text = JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? `{${name}?}`);
  return JSON.parse(text) as Value;
}

function send({ request: { method, path, body, form } }: Step, { as }: Recording, on: Client): Promise<Answer> {
  const { username, password, clientId, clientSecret, subscriptionKey } = on.login;
  if (as === 'openid') {
    const fields = { username, password, client_id: clientId, client_secret: clientSecret, ...form };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return api.send(method, path, { raw: new URLSearchParams(fields).toString(), headers });
  }
  if (as === 'login') {
    const headers = { authorization: api.basic(username, password), 'x-subscription-key': subscriptionKey };
    // The header comes with an empty body too (SimpleAPI reference 8).
    const content = { 'content-type': 'application/json' };
    return api.send(method, `/marketplace${path}`, {
      ...(body === undefined ? {} : { body }),
      headers: { ...content, ...headers },
    });
  }
  if (method === 'GET') return on.get(path);
  return method === 'POST' ? on.post(path, body) : on.patch(path, body);
}

/** Of integers only their name tells what they are. */
const numbers: readonly (readonly [readonly string[], string])[] = [
  [['total'], 'count'],
  [['id', 'planId', 'sellerId', 'buyerId'], 'id as an integer'],
];
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
/** What differs between two installations by its form alone. */
const forms: readonly (readonly [RegExp, string])[] = [
  [/^\d{7,}$/, 'id of seven digits'],
  [/^\d{5}$/, 'plan id of five digits'],
  [/^PRD\d+$/, 'PRD and a number'],
  [/^([A-Z]{2})\d{6,}$/, 'order number $1'],
  [/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'date-time in UTC without milliseconds'],
  [/^a8n-[\da-f-]{36}$/, 'correlation id'],
  [/^eyJ.*$/, 'token'],
  [/\b\d{4}-\d\d-\d\d\b/g, 'date'],
];

/** A value of which only what two installations have in common is left. */
function normalized(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((entry) => normalized(entry));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normalized(member, key)]));
  }
  if (typeof value === 'number') return numbers.find(([names]) => names.includes(name))?.[1] ?? value;
  if (typeof value !== 'string') return value;
  if (name === 'id' && uuid.test(value)) return 'uuid';
  return forms.reduce((text, [form, word]) => text.replace(form, word), value);
}

/** What is shown is there; of lists the entries that are shown, at their places. Answers what is not as shown. */
function differences(answer: unknown, shown: unknown, whole: boolean, at: string): string[] {
  if (Array.isArray(shown)) {
    if (!Array.isArray(answer)) return [`${at} is no list`];
    if (shown.length === 0) return answer.length === 0 ? [] : [`${at} is not empty`];
    return shown.flatMap((entry, index) => differences(answer[index], entry, whole, `${at}[${index}]`));
  }
  if (typeof shown !== 'object' || shown === null) {
    return Object.is(answer, shown) ? [] : [`${at} is ${JSON.stringify(answer)} and not ${JSON.stringify(shown)}`];
  }
  if (typeof answer !== 'object' || answer === null) return [`${at} is no object`];
  const members = answer as Record<string, unknown>;
  const names = Object.keys(members).join();
  const extra = whole && names !== Object.keys(shown).join() ? [`${at} has the members ${names}`] : [];
  const within = Object.entries(shown).flatMap(([name, value]) =>
    differences(members[name], value, whole, `${at}.${name}`),
  );
  return [...extra, ...within];
}

/** The value at a path such as `data.1.id`. */
function memberAt(body: unknown, path: string): unknown {
  return path.split('.').reduce((value, name) => (value as Record<string, unknown>)[name], body);
}

/** The values at a path such as `data[].products`. */
function valuesAt(value: unknown, path: readonly string[]): unknown[] {
  const [name = '', ...rest] = path;
  const member = (value as Record<string, unknown>)[name.replace('[]', '')];
  const found = name.endsWith('[]') ? (member as unknown[]) : [member];
  return rest.length === 0 ? found : found.flatMap((one) => valuesAt(one, rest));
}

/** What of an answer is not as it was recorded. */
function faultsOf({ answer, absent = [], says = [] }: Step, given: Answer, names: Names, whole: boolean): string[] {
  if (given.status !== answer.status) return [`${given.status}: ${given.text}`];
  const there = absent.filter((path) => valuesAt(given.body, path.split('.')).some((value) => value !== undefined));
  const message = String(given.body['message']);
  return [
    ...differences(normalized(given.body), normalized(filled(answer.body, names)), whole, 'answer'),
    ...there.map((path) => `${path} is there`),
    ...says.filter((word) => !message.includes(word)).map((word) => `"${message}" does not say ${word}`),
  ];
}

describe('recorded exchanges', () => {
  test.each(recordings)('%s', async (_, wanted) => {
    const on = await clientOf(wanted);
    const names = wanted.as === 'reseller' ? await namesFor(wanted, on) : {};
    for (const one of wanted.steps) {
      const given = await send({ ...one, request: filled(one.request, names) }, wanted, on);
      const { method, path } = one.request;
      const faults = faultsOf(one, given, names, wanted.whole ?? false);
      expect({ of: `${method} ${path}`, faults }).toEqual({ of: `${method} ${path}`, faults: [] });
      for (const [name, member] of Object.entries(one.remember ?? {}))
        names[name] = String(memberAt(given.body, member));
    }
  });

  test('another value, type, form or member, or a missing one, is a fault', () => {
    expect(recordings.length).toBeGreaterThan(15);
    const shown = { id: '1000027', total: { amount: '99' }, data: [{ on: '2020-02-12' }] };
    const faults = (answer: unknown, whole = false) =>
      differences(normalized(answer), normalized(shown), whole, 'answer').length;
    expect(faults({ id: '1000999', total: { amount: '99' }, data: [{ on: '2026-03-02' }, {}], more: 1 })).toBe(0);
    expect(faults({ ...shown, more: 1 }, true)).toBe(1);
    expect(faults({ ...shown, id: 1_000_027 })).toBe(1);
    expect(faults({ ...shown, total: { amount: '98' } })).toBe(1);
    expect(faults({ ...shown, data: [{ on: '2026-03-02T09:00:00Z' }] })).toBe(1);
    expect(faults({ ...shown, data: [] })).toBe(1);
    expect(faults({ id: '1000027', data: shown.data })).toBe(1);
  });
});
