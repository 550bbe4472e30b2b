import type { ProductId } from '@tierline/kernel';
import type { Engine } from '@tierline/server/app/engine.ts';
import { buildChannel, cause, masterKey, openEngine, simpleApiAccess, type Channel } from './channel.ts';
import { startLoad, startServer } from './children.ts';
import { benchDatabase } from './database.ts';
import { effortOf, interleave, ratio, withCpu, type Way } from './measure.ts';
import { postmasterOf } from './processes.ts';
import type { Report } from './report.ts';
import type { Signing } from './signed.ts';

const inFlightMax = 32;

/** Create subscription, a request for each customer; units make each another one, so that none counts as a retry. */
async function lmpiRequests(engine: Engine, channel: Channel): Promise<{ requests: string[]; signing: Signing[] }> {
  const [reseller] = channel.resellers;
  const node = await engine.directory.get(reseller!.id);
  const [named] = await engine.offers.find(node, { mpn: channel.base });
  const { plan } = named!;
  await addSibling(engine, channel, plan.product.id);
  const credentials = new Map<string, { accessToken: string; secretKey: string }>();
  for (const { id } of channel.resellers) {
    const acting = { accountId: id, role: 'owner' as const };
    credentials.set(id, await engine.access.createLmpiCredential(cause(), acting, id));
  }
  const body = `{"service_plan_id":"${plan.planId}","units_per_license":@4}`;
  // The number that takes the place of @4 has four digits.
  const length = Buffer.byteLength(body) + 2;
  const requests = channel.customers.map(
    ({ ownerId, id }) =>
      `POST /LMPI/v2/customers/${id}/subscriptions HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
      `x-access-token: ${credentials.get(ownerId)!.accessToken}\r\nx-posix-time: @time\r\nx-signature: @signature\r\n` +
      `x-traceid: bench\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
  const signing = channel.customers.map(({ ownerId }) => ({ secretKey: credentials.get(ownerId)!.secretKey }));
  return { requests, signing };
}

/** Another plan of the same product, so that a creation has to know that its customer holds none of it. */
async function addSibling(engine: Engine, { catalog, provider }: Channel, productId: ProductId): Promise<void> {
  const [product] = await engine.lists.products([productId]);
  await catalog.plan(provider, { product: product!, name: 'The other', rates: [{ mpn: 'OTHER', prices: '9' }] });
}

/** A sales order of one line under a number of the client's own, which is a key for retries as a creation has one. */
async function simpleApiRequests(engine: Engine, channel: Channel, port: number): Promise<string[]> {
  const headers = new Map<string, string>();
  for (const { id } of channel.resellers) headers.set(id, await simpleApiAccess(engine, id));
  return channel.customers.map(({ ownerId, number }) => {
    const products = [{ mpn: channel.base, quantity: 5 }];
    const body = JSON.stringify({ type: 'sales', customerId: number, poNumber: 'PO-@@', products });
    // The number that takes the place of @@ has 16 digits.
    const length = Buffer.byteLength(body) + 14;
    return `POST /marketplace/orders HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers.get(ownerId)!}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
  });
}

/** Subscription :: Create of LMPI against a sales order of SimpleAPI: one line of the same plan, three edges, both durable. */
export async function lmpiSubscriptions(quick: boolean): Promise<Report> {
  const database = await benchDatabase();
  const engine = await openEngine(database.open(4));
  const channel = await buildChannel(engine, { resellers: 20, customersEach: 50 });
  const { requests, signing } = await lmpiRequests(engine, channel);
  const server = await startServer('./server-process.ts', {
    DATABASE_URL: database.url,
    TIERLINE_MASTER_KEY: masterKey.toString('base64'),
  });
  const orders = await simpleApiRequests(engine, channel, server.port);
  const load = startLoad();
  const common = { port: server.port, connections: inFlightMax, status: 200 };
  const names = { create: 'POST /LMPI/v2/customers/{id}/subscriptions', order: 'POST /marketplace/orders, one line' };
  const ways: Way[] = [
    { name: names.create, run: (ms) => load.run({ ...common, ms, requests, signing }) },
    { name: names.order, run: (ms) => load.run({ ...common, ms, requests: orders }) },
  ];
  const processes = [server.pid, postmasterOf(database.dataDir)];
  const measured = await interleave(
    ways.map((way) => withCpu(way, processes)),
    effortOf(quick),
  );
  engine.revisions.stop();
  await Promise.all([load.stop(), server.stop()]);
  await database.close();
  return {
    title: 'lmpi-subscriptions: create subscription, three edges, durable, 32 in flight',
    measured,
    ratios: [
      { what: `${names.create} / ${names.order}`, value: ratio(measured, names.create, names.order), atLeast: 0.8 },
    ],
    notes: ['Each creation also looks whether its customer holds another plan of the product (cross grade).'],
  };
}
