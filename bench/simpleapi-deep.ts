import { benchDatabase } from './database.ts';
import { masterKey, openEngine } from './channel.ts';
import { startLoad, startServer } from './children.ts';
import { effortOf, interleave, ratio, type Way } from './measure.ts';
import type { Report } from './report.ts';
import { aReseller } from './simpleapi-lists.ts';

const limit = 50;
const connections = 16;
const lists = ['orders', 'subscriptions', 'customers'] as const;

/** Lists of 50 of a reseller with 1,000,000 orders, subscriptions and customers: the last page costs what the first one costs. */
export async function simpleApiDeep(quick: boolean): Promise<Report> {
  const count = quick ? 100_000 : 1_000_000;
  const offsets = [0, count / 2, count - limit];
  const database = await benchDatabase();
  const db = database.open(4);
  const engine = await openEngine(db);
  const { access } = await aReseller(engine, db, count);
  const env = { DATABASE_URL: database.url, TIERLINE_MASTER_KEY: masterKey.toString('base64') };
  const server = await startServer('./server-process.ts', env);
  const load = startLoad();
  const firstMs: string[] = [];
  for (const list of lists) {
    const began = performance.now();
    const total = await totalOf(server.port, list, access);
    if (total < count) throw new Error(`Of ${count} ${list} the list counts ${total}.`);
    firstMs.push(`${list} ${Math.round(performance.now() - began)} ms`);
  }
  const ways = lists.flatMap((list) =>
    offsets.map((offset): Way => {
      const request = `GET /marketplace/${list}?limit=${limit}&offset=${offset} HTTP/1.1\r\nHost: 127.0.0.1\r\n${access}\r\n`;
      return {
        name: nameOf(list, offset),
        run: (ms) => load.run({ port: server.port, connections, ms, requests: [request], status: 200 }),
      };
    }),
  );
  const measured = await interleave(ways, effortOf(quick));
  engine.revisions.stop();
  await Promise.all([load.stop(), server.stop()]);
  await database.close();
  return {
    title: `simpleapi-deep: ${limit} of ${count.toLocaleString('en')}`,
    measured,
    ratios: lists.flatMap((list) =>
      offsets.slice(1).map((offset) => ({
        what: `${nameOf(list, offset)} / ${nameOf(list, 0)}`,
        value: ratio(measured, nameOf(list, offset), nameOf(list, 0)),
        atLeast: 0.8,
      })),
    ),
    notes: [`The first page ever asked for, when nothing is remembered of the list: ${firstMs.join(', ')}.`],
  };
}

const nameOf = (list: string, offset: number): string => `${list} at ${offset.toLocaleString('en')}`;

async function totalOf(port: number, list: string, access: string): Promise<number> {
  const headers = Object.fromEntries(
    access
      .trim()
      .split('\r\n')
      .map((line) => line.split(': ', 2) as [string, string]),
  );
  const answer = await fetch(`http://127.0.0.1:${port}/marketplace/${list}?limit=1`, { headers });
  const { pagination } = (await answer.json()) as { pagination: { total: number } };
  return pagination.total;
}
