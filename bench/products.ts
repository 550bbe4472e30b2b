import type { AccountId, PriceListId, RateId } from '@tierline/kernel';
import type { Engine } from '@tierline/server/app/engine.ts';
import type { Database } from '@tierline/server/db';
import { buildCatalog, type Catalog, type CatalogSize } from './catalog.ts';
import { cause, masterKey, openEngine } from './channel.ts';
import { startLoad, startServer, type Child } from './children.ts';
import { benchDatabase, type BenchDatabase } from './database.ts';
import { fetched } from './exchange.ts';
import { effortOf, interleave, median, ratio, withCpu, type Measured, type Way } from './measure.ts';
import { residentBytes } from './processes.ts';
import type { Ratio, Report } from './report.ts';

const small: CatalogSize = { plans: 1, ratesEach: 100, partners: 1000, wholePartners: 1000, planShare: 1 };
const large: CatalogSize = { plans: 1000, ratesEach: 1000, partners: 5000, wholePartners: 50, planShare: 100 };
/** A tenth, for a quick look. */
const tenth: CatalogSize = { ...large, plans: 100, partners: 500, planShare: 10 };
const path = '/marketplace/products?limit=50';
const connections = 32;

/** A catalog in a database of its own, with the servers on it. */
type Side = {
  readonly engine: Engine;
  readonly db: Database;
  readonly catalog: Catalog;
  readonly nodes: readonly Child[];
};

async function openSide(at: Pick<BenchDatabase, 'open' | 'url'>, size: CatalogSize, nodeCount: number): Promise<Side> {
  const db = at.open(4);
  const engine = await openEngine(db);
  const catalog = await buildCatalog(engine, db, size);
  const env = { DATABASE_URL: at.url, TIERLINE_MASTER_KEY: masterKey.toString('base64') };
  const nodes = await Promise.all(Array.from({ length: nodeCount }, () => startServer('./server-process.ts', env)));
  return { engine, db, catalog, nodes };
}

/** A request for a page, the first unless said otherwise, by the user that each partner of the catalog has. */
async function requestOf({ engine, db, catalog }: Side, accountId: AccountId, target = path): Promise<string> {
  const [user] = await db.query<{ id: string }>(
    { name: 'bench_user', text: 'select id from simpleapi_users where account_id = $1 order by created_at limit 1' },
    [accountId],
  );
  const { token } = await engine.authenticate.simpleApiToken({
    principal: {
      accountId,
      node: await engine.directory.get(accountId),
      role: 'admin',
      actor: 'simpleapi',
      surface: 'simpleapi',
      credentialId: user!.id,
    },
    subscriptionKeyHash: Buffer.alloc(0),
    limits: { perMinute: null, perDay: null },
    profile: '21.0',
    marketplace: 'US',
  });
  return `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nX-Subscription-Key: ${catalog.subscriptionKey}\r\n\r\n`;
}

type Priced = { readonly list_id: PriceListId; readonly account_id: AccountId; readonly rate_id: RateId };

/** The provider's price of the first product on a page. */
async function firstPrice({ db, nodes }: Side, request: string): Promise<Priced> {
  const page = await fetched(nodes[0]!.port, request);
  const { data } = JSON.parse(page.body.toString()) as { data: { mpn: string }[] };
  const [priced] = await db.query<Priced>(
    {
      name: 'bench_price',
      text: `select l.id as list_id, l.account_id, p.target_id as rate_id from price_lists l join prices p on p.price_list_id = l.id
        where l.name = 'Bulk' and p.target_id = (select r.rate_id from resource_rates r where r.mpn = $1 order by r.plan_id limit 1) limit 1`,
    },
    [data[0]!.mpn],
  );
  return priced!;
}

/** How long after a change of the provider's price each node shows it on the first page of a partner, for some changes. */
async function changesSeenMs(side: Side, request: string, changes: number): Promise<number[]> {
  const { engine, nodes } = side;
  const { list_id: listId, account_id: accountId, rate_id: targetId } = await firstPrice(side, request);
  const node = await engine.directory.get(accountId);
  const shown = ({ port }: Child): Promise<string> => fetched(port, request).then(({ body }) => body.toString());
  const all: number[] = [];
  for (let change = 0; change < changes; change += 1) {
    const before = await Promise.all(nodes.map(shown));
    const tiers = [{ lowerLimit: '0', amount: `${500 + change}.25` }];
    await engine.pricing.setPrices(cause(), node, listId, [
      { targetId, targetKind: 'rate', chargeType: 'recurring', effectiveFrom: '2020-01-01', tiers },
    ]);
    const seen = nodes.map(async (one, index) => {
      const ms = await timed(async () => {
        const began = performance.now();
        while ((await shown(one)) === before[index]) {
          if (performance.now() - began > 10_000) throw new Error('A node never showed the new price.');
        }
      });
      all.push(ms);
    });
    await Promise.all(seen);
  }
  return all;
}

/** The first page of a reseller's catalog, small and large, against a handler that has the bytes ready. */
export async function products(quick: boolean): Promise<Report> {
  const size = quick ? tenth : large;
  const partners = size.partners / 5;
  const rates = `${(size.plans * size.ratesEach).toLocaleString('en')} rates`;
  const database = await benchDatabase();
  const big = await openSide(database, size, 2);
  const little = await openSide(await database.another('small'), small, 1);
  const littleRequest = await requestOf(little, little.catalog.whole[0]!);
  const bigRequest = await requestOf(big, big.catalog.whole[0]!);
  const manyOf = (side: Side, ids: readonly AccountId[]): Promise<string[]> =>
    Promise.all(ids.slice(0, partners).map((id) => requestOf(side, id)));
  const bigRequests = await manyOf(big, big.catalog.shared);
  const littleRequests = await manyOf(little, little.catalog.whole);
  const { body, headers } = await fetched(little.nodes[0]!.port, littleRequest);
  const bare = await startServer('./bare-process.ts', {}, [
    { path: '/marketplace/products', bodyBase64: body.toString('base64'), headers },
  ]);
  const load = startLoad();
  const node = big.nodes[0]!;
  const far = `${path}&offset=${Math.floor(size.plans * size.ratesEach * 0.9)}`;
  const farRequest = await requestOf(big, big.catalog.whole[1]!, far);
  const coldMs = await timed(() => fetched(node.port, farRequest));
  // The first page of each partner is built once; what is measured is what comes after.
  const builtMs = await timed(async () => {
    for (const request of bigRequests) await fetched(node.port, request);
  });
  for (const request of littleRequests) await fetched(little.nodes[0]!.port, request);
  const way = (name: string, { port, pid }: Child, requests: readonly string[]): Way =>
    withCpu({ name, run: (ms) => load.run({ port, connections, ms, requests, status: 200, awake: true }) }, [pid]);
  const inTurn = `${partners} partners in turn`;
  const names = {
    bare: 'bare handler, the same bytes',
    small: '100 rates',
    large: rates,
    smallInTurn: `100 rates, ${inTurn}`,
    largeInTurn: `${rates}, ${inTurn}`,
  };
  const ways = [
    way(names.bare, bare, [littleRequest]),
    way(names.small, little.nodes[0]!, [littleRequest]),
    way(names.large, node, [bigRequest]),
    way(names.smallInTurn, little.nodes[0]!, littleRequests),
    way(names.largeInTurn, node, bigRequests),
  ];
  const measured = await interleave(ways, effortOf(quick));
  const seenMs = await changesSeenMs(big, bigRequest, quick ? 3 : 10);
  const resident = residentBytes(node.pid) ?? Number.NaN;
  for (const { engine } of [big, little]) engine.revisions.stop();
  await Promise.all([load, bare, ...little.nodes, ...big.nodes].map((child) => child.stop()));
  await database.close();
  return {
    title: `products: GET ${path}, ${body.length} bytes`,
    measured,
    ratios: [
      ratioOf(measured, names.small, names.bare, 0.7),
      ratioOf(measured, names.large, names.small, 0.9),
      ratioOf(measured, names.largeInTurn, names.smallInTurn, 0.9),
    ],
    notes: notesOf({ size, partners, seenMs, builtMs, coldMs, resident }),
  };
}

type Seen = {
  readonly size: CatalogSize;
  readonly partners: number;
  readonly seenMs: readonly number[];
  readonly builtMs: number;
  readonly coldMs: number;
  readonly resident: number;
};

function notesOf({ size, partners, seenMs, builtMs, coldMs, resident }: Seen): string[] {
  return [
    `${size.plans} plans with ${size.ratesEach} rates each, ${size.partners} partners: ${size.wholePartners} sell all plans, the others ${size.planShare} each.`,
    `A new price of the provider on the first page of two nodes: ${median(seenMs).toFixed(0)} ms in the median, ${Math.max(...seenMs).toFixed(0)} ms at most of ${seenMs.length}.`,
    `Pages that were never built: ${(builtMs / partners).toFixed(1)} ms in the mean of ${partners} first pages; far back in the whole catalog, as the first request to a node, ${coldMs.toFixed(0)} ms.`,
    `Resident memory of the node that answered for ${partners} partners: ${(resident / 2 ** 20).toFixed(0)} MiB.`,
  ];
}

function ratioOf(measured: readonly Measured[], name: string, to: string, atLeast: number): Ratio {
  return { what: `${name} / ${to}`, value: ratio(measured, name, to), atLeast };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
