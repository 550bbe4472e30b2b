import type { ReadyFile } from '@tierline/server/app/demo/index.ts';
import { samples } from '@tierline/server/app/demo/cast.ts';
import type { Random } from './random.ts';

/** What is sold: lines by MPN, over one of the surfaces, and how many lines and subscriptions it makes. */
type Shape = {
  readonly surface: 'api' | 'simpleapi';
  readonly mpns: readonly string[];
  readonly lines: number;
  readonly subscriptions: number;
};

const base = samples.base.mpn;
const addOn = samples.addOn.mpn;
const backup = 'PV-BACKUP-GB';
const room = 'LV-MEET-ROOM';

/** One plan and several, tiers, volumes, setup fees, and a base that SimpleAPI adds by itself. */
export const shapes: readonly Shape[] = [
  { surface: 'api', mpns: [base], lines: 1, subscriptions: 1 },
  { surface: 'api', mpns: [base, addOn], lines: 2, subscriptions: 1 },
  { surface: 'api', mpns: [base, backup], lines: 2, subscriptions: 2 },
  { surface: 'api', mpns: [room, addOn, base, backup], lines: 4, subscriptions: 3 },
  { surface: 'simpleapi', mpns: [base], lines: 1, subscriptions: 1 },
  { surface: 'simpleapi', mpns: [addOn], lines: 2, subscriptions: 1 },
  { surface: 'simpleapi', mpns: [room, base], lines: 2, subscriptions: 2 },
];

/** One wish for an order. However often it is sent, it is always the same request with the same key. */
export type Wish = {
  /** Idempotency-Key on our own API; everywhere the client's own order number, by which it is found in the database. */
  readonly key: string;
  readonly shape: Shape;
  readonly caller: 'reseller' | 'msp' | 'distributor';
  readonly body: Readonly<Record<string, unknown>>;
};

export type Answered = { readonly wish: Wish; readonly status: number; readonly body: Record<string, unknown> };

export type Sender = (wish: Wish) => Promise<Answered>;

type Customers = Readonly<Record<'reseller' | 'msp', readonly { readonly id: string; readonly number: string }[]>>;

/** Reads the customers that the orders are for. */
export async function customersOf(ready: ReadyFile): Promise<Customers> {
  const list = async (key: string) => {
    const headers = { authorization: `Bearer ${key}` };
    const response = await fetch(`${ready.base_url}/api/v1/customers?limit=200`, { headers });
    const { data } = (await response.json()) as { data: { id: string; number: string }[] };
    return data;
  };
  return { reseller: await list(ready.api.reseller.api_key), msp: await list(ready.api.msp.api_key) };
}

/** Makes wishes, each with a key of its own. */
export function wishes(customers: Customers, random: Random, prefix: string) {
  let count = 0;
  return (shape: Shape = random.pick(shapes)): Wish => {
    count += 1;
    const key = `${prefix}-${count}`;
    const quantity = (): number => 1 + random.integer(400);
    if (shape.surface === 'simpleapi') {
      const products = shape.mpns.map((mpn) => ({ mpn, quantity: quantity() }));
      const customerId = random.pick(customers.reseller).number;
      return { key, shape, caller: 'reseller', body: { type: 'sales', customerId, poNumber: key, products } };
    }
    // The distributor sells for its reseller: then the key is one account's and the order another's.
    const caller = random.pick(['reseller', 'msp', 'distributor'] as const);
    const customer = random.pick(customers[caller === 'msp' ? 'msp' : 'reseller']);
    const lines = shape.mpns.map((mpn) => ({ mpn, quantity: quantity() }));
    return { key, shape, caller, body: { customer_id: customer.id, po_number: key, lines } };
  };
}

/** Sends wishes to a server over HTTP. Rejects when no whole answer came back. */
export async function senderTo(ready: ReadyFile): Promise<Sender> {
  const login = ready.simpleapi.reseller;
  const token = await simpleApiToken(ready);
  return async (wish) => {
    const url = wish.shape.surface === 'api' ? `${ready.base_url}/api/v1/orders` : `${login.base_url}/orders`;
    const own: Record<string, string> =
      wish.shape.surface === 'api'
        ? { authorization: `Bearer ${ready.api[wish.caller].api_key}`, 'idempotency-key': wish.key }
        : { authorization: `Bearer ${token}`, 'x-subscription-key': login.subscription_key };
    const headers = { 'content-type': 'application/json', ...own };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(wish.body) });
    return { wish, status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
}

export async function simpleApiToken({ simpleapi }: ReadyFile): Promise<string> {
  const login = simpleapi.reseller;
  const response = await fetch(`${login.base_url}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`,
      'x-subscription-key': login.subscription_key,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ marketplace: login.marketplace }),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}

/** Reads an order again, over the surface that it was placed on. */
export async function readOrder(ready: ReadyFile, token: string, { wish, body }: Answered): Promise<unknown> {
  const login = ready.simpleapi.reseller;
  const id = String(body['id']);
  const isOurs = wish.shape.surface === 'api';
  const url = isOurs ? `${ready.base_url}/api/v1/orders/${id}` : `${login.base_url}/orders/${id}`;
  const headers: Record<string, string> = isOurs
    ? { authorization: `Bearer ${ready.api[wish.caller].api_key}` }
    : { authorization: `Bearer ${token}`, 'x-subscription-key': login.subscription_key };
  const response = await fetch(url, { headers });
  return response.json();
}

export const isAcknowledged = ({ status }: Answered): boolean => status === 200 || status === 201;
