import { createHash } from 'node:crypto';
import { decimal } from '@tierline/kernel';
import type { Engine } from '@tierline/server/app/engine.ts';
import { buildChannel, cause, masterKey, openEngine, simpleApiAccess, type Channel } from './channel.ts';
import { startLoad, startServer } from './children.ts';
import { benchDatabase } from './database.ts';
import { effortOf, inFlight, interleave, ratio, withCpu, type Way } from './measure.ts';
import { postmasterOf } from './processes.ts';
import { bareClient, counting } from './recorded.ts';
import type { OrderDetail } from '@tierline/server/modules/orders/index.ts';
import type { Report } from './report.ts';

const inFlightMax = 32;
const resellers = 20;
const customersEach = 50;
/** How long the server takes orders before anything is measured. */
const settleMs = 45_000;

let placed = 0;

/** One sales order of two lines on three edges, under a key by which it could be repeated, as a dialect places it. */
export function placeOne(engine: Engine, channel: Channel): Promise<OrderDetail> {
  placed += 1;
  const customer = channel.customers[placed % channel.customers.length]!;
  const poNumber = `PO-${placed}`;
  const requestHash = createHash('sha256').update(poNumber).digest();
  const idempotency = { ownerId: customer.ownerId, scope: 'bench', key: requestHash.toString('hex'), requestHash };
  return engine.orders.place(cause({ idempotency }), customer.ownerId, {
    customer: { number: customer.number },
    lines: [
      { name: { mpn: channel.base }, quantity: decimal('5') },
      { name: { mpn: channel.addOn }, quantity: decimal('10') },
    ],
    poNumber,
    attributes: null,
    surface: 'simpleapi',
    addMissingBases: true,
  });
}

/** The same order over HTTP, once for each customer; the load makes each a new one by its number. */
async function requestsOf(engine: Engine, channel: Channel, port: number): Promise<string[]> {
  const headers = new Map<string, string>();
  for (const reseller of channel.resellers) headers.set(reseller.id, await simpleApiAccess(engine, reseller.id));
  return channel.customers.map(({ ownerId, number }) => {
    const body = JSON.stringify({
      type: 'sales',
      customerId: number,
      poNumber: 'PO-@@',
      products: [
        { mpn: channel.base, quantity: 5 },
        { mpn: channel.addOn, quantity: 10 },
      ],
    });
    // The number that takes the place of @@ has 16 digits.
    const length = Buffer.byteLength(body) + 14;
    return `POST /marketplace/orders HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers.get(ownerId)!}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
  });
}

/** POST orders, durable, against a bare client that stores the same rows. */
export async function orders(quick: boolean): Promise<Report> {
  const database = await benchDatabase();
  const main = database.open(8);
  const { db, widths } = counting(main);
  const engine = await openEngine(db);
  const channel = await buildChannel(engine, { resellers, customersEach });
  const server = await startServer('./server-process.ts', {
    DATABASE_URL: database.url,
    TIERLINE_MASTER_KEY: masterKey.toString('base64'),
  });
  const load = startLoad();
  const requests = await requestsOf(engine, channel, server.port);
  const place = (by: Engine): Promise<unknown> => placeOne(by, channel);
  const shared = { database, db: main, place, ordersPerSecondMax: 9000 };
  const bare = [
    await bareClient({ ...shared, width: 16, parallel: 2 }),
    await bareClient({ ...shared, width: 8, parallel: 4 }),
    await bareClient({ ...shared, width: 1, parallel: 8 }),
  ];
  const processes = [process.pid, postmasterOf(database.dataDir)];
  const ways: Way[] = [
    {
      name: 'POST /marketplace/orders',
      run: (ms) => load.run({ port: server.port, connections: inFlightMax, ms, requests, status: 200 }),
    },
    { name: 'orders.place, in process', run: (ms) => inFlight(inFlightMax, ms, () => placeOne(engine, channel)) },
    ...bare,
  ];
  const counted = ways.map((way) => withCpu(way, processes));
  // What is measured is a server that runs: it goes on to become faster for half a minute after its start.
  if (!quick) await ways[0]!.run(settleMs);
  const measured = await interleave(counted, effortOf(quick));
  const [http, inProcess, ...bareWays] = measured.map(({ name }) => name);
  const best = (names: readonly string[]): string => names.toSorted((a, b) => rateOf(b) - rateOf(a))[0]!;
  const rateOf = (name: string): number => measured.find((one) => one.name === name)!.perSecond;
  const setBased = best(bareWays.slice(0, 2));
  const single = bareWays[2]!;
  engine.revisions.stop();
  await Promise.all([load.stop(), server.stop(), ...bare.map((client) => client.close())]);
  await database.close();
  return {
    title: 'orders: two lines, three edges, durable, 32 in flight',
    measured,
    ratios: [
      { what: `${http} / ${setBased}`, value: ratio(measured, http!, setBased), atLeast: 0.6 },
      { what: `${http} / ${single}`, value: ratio(measured, http!, single), atLeast: 1 },
      { what: `${inProcess} / ${setBased}`, value: ratio(measured, inProcess!, setBased) },
    ],
    notes: [
      `In process, a statement stored ${(widths.reduce((sum, width) => sum + width, 0) / widths.length).toFixed(1)} orders on average.`,
    ],
  };
}
