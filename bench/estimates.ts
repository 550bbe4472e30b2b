import { customers } from '@tierline/server/app/demo/cast.ts';
import type { Engine } from '@tierline/server/app/engine.ts';
import type { AccountId } from '@tierline/kernel';
import { buildCatalog } from './catalog.ts';
import { cause, masterKey, openEngine, simpleApiAccess } from './channel.ts';
import { startLoad, startServer } from './children.ts';
import { benchDatabase } from './database.ts';
import { effortOf, interleave, ratio, withCpu, type Way } from './measure.ts';
import { postmasterOf } from './processes.ts';
import type { Report } from './report.ts';

const rates = 1000;
const limit = 50;
const connections = 16;

async function aCustomer(engine: Engine, ownerId: AccountId): Promise<string> {
  const { contact, language, address, name } = customers[0]!;
  const contacts = [{ type: 'admin' as const, email: 'customer@example.com', ...contact }];
  const { number } = await engine.customers.create(cause(), ownerId, { name, language, address, contacts });
  return number;
}

/**
 * Estimates of two lines against pages of 50 products that are built anew: the memory for ready pages is the smallest there is, and
 * the pages asked for are many more than it holds.
 */
export async function estimates(quick: boolean): Promise<Report> {
  const database = await benchDatabase();
  const db = database.open(4);
  const engine = await openEngine(db);
  const size = { plans: 1, ratesEach: rates, partners: 1, wholePartners: 1, planShare: 1 };
  const ownerId = (await buildCatalog(engine, db, size)).whole[0]!;
  const number = await aCustomer(engine, ownerId);
  const access = await simpleApiAccess(engine, ownerId);
  const server = await startServer('./server-process.ts', {
    DATABASE_URL: database.url,
    TIERLINE_MASTER_KEY: masterKey.toString('base64'),
    TIERLINE_CATALOG_CACHE_BYTES: String(1024 * 1024),
  });
  const load = startLoad();
  const head = (method: string, target: string): string =>
    `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${access}`;
  const pages = Array.from(
    { length: rates - limit },
    (_, offset) => `${head('GET', `/marketplace/products?limit=${limit}&offset=${offset}`)}\r\n`,
  );
  const products = [
    { mpn: 'MPN-1', quantity: 5 },
    { mpn: 'MPN-2', quantity: 10 },
  ];
  const body = JSON.stringify({ type: 'sales', customerId: number, products });
  const estimate = `${head('POST', '/marketplace/orders/estimate')}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const processes = [server.pid, postmasterOf(database.dataDir)];
  const way = (name: string, requests: readonly string[]): Way =>
    withCpu(
      { name, run: (ms) => load.run({ port: server.port, connections, ms, requests: [...requests], status: 200 }) },
      processes,
    );
  const names = { page: `GET /products?limit=${limit}, not remembered`, estimate: 'POST /orders/estimate, two lines' };
  const measured = await interleave([way(names.page, pages), way(names.estimate, [estimate])], effortOf(quick));
  engine.revisions.stop();
  await Promise.all([load.stop(), server.stop()]);
  await database.close();
  return {
    title: `estimates, in a catalog of ${rates} rates`,
    measured,
    ratios: [
      { what: `${names.estimate} / ${names.page}`, value: ratio(measured, names.estimate, names.page), atLeast: 0.7 },
    ],
    notes: [],
  };
}
