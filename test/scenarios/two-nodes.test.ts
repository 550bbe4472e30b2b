import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDemoChannel } from '@tierline/server/app/demo/index.ts';
import { buildEngine, type Engine } from '@tierline/server/app/engine.ts';
import { surfacesOf } from '@tierline/server/app/surfaces.ts';
import { connect, type Database } from '@tierline/server/db';
import { loadConfig } from '@tierline/server/platform/config/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openWorld, type World } from '../support/world.ts';

// Nodes remember what they have read. What one of them changes, every other serves after its next look at the database at
// the latest; looks come by themselves, and a notification only makes them come sooner.

let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
let login: Awaited<ReturnType<World['credentials']>>;
const nodes: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  world = await openWorld();
  channel = await world.channel();
  login = await world.credentials(channel.reseller);
});
afterAll(() => world.close());
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.close();
});

const settings = { orderBatchMax: 64, sessionHours: 12, simpleapiTokenSeconds: 1500, webhookTimeoutMs: 1000 };

/** Another node on the database of the world. `hears` says whether notifications reach it. */
function aNode({ hears = true } = {}) {
  const db = connect({ connection: world.url, poolSize: 3 });
  const own: Database = hears ? db : { ...db, listen: () => Promise.resolve() };
  const engine: Engine = buildEngine({ db: own, secrets: world.engine.secrets, clock: world.clock, settings });
  const config = loadConfig({ env: {} });
  const { server } = aServer(surfacesOf(engine, config));
  const { simpleapi } = login;
  const key = { 'x-subscription-key': simpleapi.subscriptionKey };
  let token: Promise<string> | undefined;

  async function signIn(): Promise<string> {
    const basic = Buffer.from(`${simpleapi.username}:${simpleapi.password}`).toString('base64');
    const headers = { authorization: `Basic ${basic}`, ...key };
    const response = await server.fetch(new Request('http://a/marketplace/token', { method: 'POST', headers }));
    return ((await response.json()) as { token: string }).token;
  }

  async function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    token ??= signIn();
    const all = { authorization: `Bearer ${await token}`, ...key, ...headers };
    return server.fetch(new Request(`http://a${path}`, { headers: all }));
  }

  nodes.push({
    async close() {
      engine.revisions.stop();
      await db.close();
    },
  });
  return {
    engine,
    get,
    /** The reseller's first page, as a connector sees it: prices by MPN, and the page's ETag. */
    async products() {
      const response = await get('/marketplace/products?limit=50');
      const { data } = (await response.json()) as { data: { mpn: string; prices: { amount: string }[] }[] };
      const prices = Object.fromEntries(data.map(({ mpn, prices: [price] }) => [mpn, price?.amount]));
      return { prices, etag: response.headers.get('etag') ?? '' };
    },
  };
}

let amount = 20;
/** A new price of the base at the reseller, set on the world's own node. */
async function changePrice(): Promise<string> {
  amount += 1;
  await world.priceList(channel.reseller, { prices: { [channel.base.mpn]: String(amount) } });
  return String(amount);
}

describe('after one look', () => {
  test('a price changed on one node is on the page of the other, under another ETag', async () => {
    const node = aNode();
    await node.engine.revisions.refresh();
    const before = await node.products();
    const price = await changePrice();
    expect(before.prices[channel.base.mpn]).not.toBe(price);
    // It may serve what it remembers until it looks.
    expect((await node.products()).etag).toBe(before.etag);
    await node.engine.revisions.refresh();
    const after = await node.products();
    expect(after.prices[channel.base.mpn]).toBe(price);
    expect(after.prices[channel.addOn.mpn]).toBe(before.prices[channel.addOn.mpn]);
    const known = await node.get('/marketplace/products?limit=50', { 'if-none-match': before.etag });
    expect(known.status).toBe(200);
    const again = await node.get('/marketplace/products?limit=50', { 'if-none-match': after.etag });
    expect(again.status).toBe(304);
  });

  test('an order at the other node is charged at the new price', async () => {
    const node = aNode();
    await node.engine.revisions.refresh();
    await node.products();
    const price = await changePrice();
    await node.engine.revisions.refresh();
    const order = await world.order(channel.customer, [{ mpn: channel.base.mpn }]);
    const elsewhere = await node.engine.orders.get(channel.reseller.id, { id: order.id });
    const preview = await node.engine.orders.preview(world.cause(), channel.reseller.id, {
      customer: { id: channel.customer.id },
      lines: [{ name: { mpn: channel.base.mpn }, quantity: { coefficient: 1n, scale: 0 } }],
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
    });
    expect([order.total, elsewhere.total, preview.total].map(Number)).toEqual([price, price, price].map(Number));
  });

  test('a plan delegated on one node is sold by the other', async () => {
    const node = aNode();
    await node.engine.revisions.refresh();
    const { prices } = await node.products();
    const { provider, distributor, reseller } = channel;
    const plan = await world.plan(provider, { rates: [{ mpn: 'NEW', prices: '3' }] });
    await world.delegate([provider, distributor, reseller], plan);
    await world.priceList(distributor, { prices: { NEW: '4' } });
    await world.priceList(reseller, { prices: { NEW: '5' } });
    await node.engine.revisions.refresh();
    expect((await node.products()).prices).toEqual({ ...prices, NEW: '5' });
  });

  test('a login revoked on one node ends on the other', async () => {
    const node = aNode();
    await node.engine.revisions.refresh();
    expect((await node.get('/marketplace/products')).status).toBe(200);
    const acting = { accountId: channel.reseller.id, role: 'owner' } as const;
    await world.engine.access.revokeSimpleApiUser(world.cause(), acting, login.simpleapi.id);
    await node.engine.revisions.refresh();
    expect((await node.get('/marketplace/products')).status).toBe(401);
    login = await world.credentials(channel.reseller);
  });
});

describe.each([
  ['a node that is notified, and would look only after an hour', { hears: true, pollMs: 3_600_000 }],
  ['a node that is never notified, and looks all the time', { hears: false, pollMs: 5 }],
])('%s', (_, { hears, pollMs }) => {
  test('shows the new price by itself', async () => {
    const node = aNode({ hears });
    await node.engine.revisions.start(pollMs, (error) => {
      throw error;
    });
    await node.products();
    const price = await changePrice();
    const shown = async () => expect((await node.products()).prices[channel.base.mpn]).toBe(price);
    await vi.waitFor(shown, { interval: 1, timeout: 20_000 });
  });
});

test('a demo channel that two nodes start at once is made once, and both know it', { timeout: 120_000 }, async () => {
  const empty = await openWorld();
  const db = connect({ connection: empty.url, poolSize: 3 });
  const other = buildEngine({ db, secrets: empty.engine.secrets, clock: empty.clock, settings });
  const dirs = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'tierline-demo-'))));
  const [one, two] = await Promise.all(
    [empty.engine, other].map((engine, index) => openDemoChannel(engine, { dataDir: dirs[index]! })),
  );
  expect(two!.accounts).toEqual(one!.accounts);
  expect(await other.accounts.roots()).toHaveLength(1);
  const customers = await empty.db.kysely.selectFrom('customers').select('external_id').execute();
  expect(customers.length).toBeGreaterThan(5);
  expect(new Set(customers.map((customer) => customer.external_id)).size).toBe(customers.length);
  other.revisions.stop();
  await db.close();
  await empty.close();
  await Promise.all(dirs.map((dir) => rm(dir, { recursive: true })));
});
