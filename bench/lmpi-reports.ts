import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Database } from '@tierline/server/db';
import { buildChannel, cause, masterKey, openEngine } from './channel.ts';
import { startServer } from './children.ts';
import { benchDatabase, type BenchDatabase } from './database.ts';
import { effortOf, inFlight, interleave, ratio, type Measured } from './measure.ts';
import { placeOne } from './orders.ts';
import type { Report } from './report.ts';

const licensesEach = 5;
const customers = { many: 1000, few: 200 };
/** Changes of the month that is reported, and of others. */
const changesOfMonth = 1000;
const changesElsewhere = { many: 1_000_000, few: 10_000 };

type Credential = { readonly accessToken: string; readonly secretKey: string };
type Ask = (report: 'summary' | 'transactions') => Promise<string>;

/** Customer summaries of many and of few customers, and the transactions of one month among many rows and among few. */
export async function lmpiReports(quick: boolean): Promise<Report[]> {
  const first = await benchDatabase();
  const sizes = quick ? { many: changesElsewhere.many / 10, few: changesElsewhere.few / 10 } : changesElsewhere;
  const many = await opened(first, customers.many, sizes.many);
  const few = await opened(await first.another('few'), customers.few, sizes.few);
  // As many customers and rows to tell: only what is not asked for differs.
  const alone = await opened(await first.another('alone'), customers.many, sizes.few);
  const rowsOf = async (ask: Ask, report: 'summary' | 'transactions') =>
    (await ask(report)).split('"product_name"').length - 1;
  const names = {
    many: `summary, ${customers.many} customers with ${licensesEach} licenses each`,
    few: `summary, ${customers.few} customers with ${licensesEach} licenses each`,
    among: `transactions of a month, ${sizes.many} changes in others`,
    alone: `transactions of a month, ${sizes.few} changes in others`,
  };
  const one = (name: string, ask: Ask, report: 'summary' | 'transactions') => ({
    name,
    run: (ms: number) => inFlight(1, ms, () => ask(report)),
  });
  const summaries = await interleave(
    [one(names.many, many.ask, 'summary'), one(names.few, few.ask, 'summary')],
    effortOf(quick),
  );
  const transactions = await interleave(
    [one(names.among, many.ask, 'transactions'), one(names.alone, alone.ask, 'transactions')],
    effortOf(quick),
  );
  const counted = {
    summary: [await rowsOf(many.ask, 'summary'), await rowsOf(few.ask, 'summary')],
    transactions: [await rowsOf(many.ask, 'transactions'), await rowsOf(alone.ask, 'transactions')],
  };
  await Promise.all([many.stop(), few.stop(), alone.stop()]);
  await first.close();
  const p50 = (measured: readonly Measured[], name: string) => measured.find((way) => way.name === name)!.p50Ms;
  return [
    {
      title: 'lmpi: customer summary, signed, over a connection, one at a time',
      measured: summaries,
      ratios: [
        {
          what: `what a customer costs among few, against among many (1: linear)`,
          value: (ratio(summaries, names.many, names.few) * customers.many) / customers.few,
          atLeast: 0.7,
        },
        {
          what: 'seconds that are aimed at, against those that it takes',
          value: 1000 / p50(summaries, names.many),
          atLeast: 1,
        },
      ],
      notes: [`rows: ${counted.summary.join(', ')}`],
    },
    {
      title: 'lmpi: customer transactions of one month',
      measured: transactions,
      ratios: [
        { what: 'among many, against among few', value: ratio(transactions, names.among, names.alone), atLeast: 0.7 },
      ],
      notes: [`rows: ${counted.transactions.join(', ')}`],
    },
  ];
}

async function opened(database: Omit<BenchDatabase, 'another' | 'close'>, count: number, elsewhere: number) {
  const db = database.open(4);
  const engine = await openEngine(db);
  const channel = await buildChannel(engine, { resellers: 1, customersEach: 1 });
  const order = await placeOne(engine, channel);
  await seed(db, order.subscriptions[0]!.id, count, elsewhere);
  const { distributor } = channel;
  const acting = { accountId: distributor.id, role: 'owner' as const };
  const credential = await engine.access.createLmpiCredential(cause(), acting, distributor.id);
  engine.revisions.stop();
  const server = await startServer('./server-process.ts', {
    DATABASE_URL: database.url,
    TIERLINE_MASTER_KEY: masterKey.toString('base64'),
  });
  const ask: Ask = (report) => asked(server.port, credential, report);
  return { ask, stop: () => server.stop() };
}

/**
 * Customers like the one that has the subscription, with licenses like its own, changed in the month before the last one, and as many
 * more changes in months before and after that as are wanted.
 */
async function seed(db: Database, subscriptionId: string, count: number, elsewhere: number): Promise<void> {
  const client = await db.connect();
  const like = (alias: string, facts: string) => `(jsonb_populate_record(${alias}, jsonb_build_object(${facts}))).*`;
  const old = `(now() - interval '20 months')`;
  const all = count * licensesEach;
  const changed = (until: string, rows: number) => `
    insert into license_history (owner_id, license_id, until_at, version, subscription_id, plan_id, plan_version, name, status, product_id,
      license_version, units, start_on, end_on, start_charge_on, enabled)
    select l.owner_id, l.id, ${until}, 1 + g / ${all}, s.id, s.plan_id, s.plan_version, s.name, s.status, l.product_id,
      l.license_version, 1 + g % 50, l.start_on, l.end_on, l.start_charge_on, l.enabled
    from generate_series(0, ${rows - 1}) g
    join (select *, row_number() over (order by id) - 1 as place from licenses where subscription_id <> '${subscriptionId}') l
      on l.place = g % ${all}
    join subscriptions s on s.owner_id = l.owner_id and s.id = l.subscription_id`;
  const month = `date_trunc('month', now()) - interval '1 month'`;
  try {
    await client.query(`insert into customers
      select ${like('c', `'id', gen_random_uuid(), 'number', 900000000 + g, 'name', 'Seeded ' || g`)}
      from customers c, generate_series(1, ${count}) g
      where c.id = (select customer_id from subscriptions where id = '${subscriptionId}')`);
    await client.query(`insert into subscriptions
      select ${like('s', `'id', gen_random_uuid(), 'customer_id', c.id, 'serial', 900000000 + row_number() over (), 'created_at', ${old}, 'updated_at', ${old}`)}
      from subscriptions s, customers c, generate_series(1, ${licensesEach}) g
      where s.id = '${subscriptionId}' and c.name like 'Seeded %'`);
    await client.query(`insert into licenses
      select ${like('l', `'id', gen_random_uuid(), 'subscription_id', s.id, 'start_on', ${old}::date`)}
      from licenses l, subscriptions s where l.subscription_id = '${subscriptionId}' and s.serial >= 900000000`);
    const others = `${month} - interval '12 hours' - (g % 400) * interval '1 day' - g * interval '1 microsecond'`;
    await client.query(changed(others, elsewhere));
    await client.query(changed(`${month} + interval '5 days' + g * interval '1 second'`, changesOfMonth));
    await client.query('analyze');
  } finally {
    client.release();
  }
}

/** Last month, which is over: one signed request. */
async function asked(port: number, { accessToken, secretKey }: Credential, report: string): Promise<string> {
  const path = `/LMPI/v3/reports/${report}`;
  const last = new Date();
  last.setUTCDate(0);
  const [year, month] = last.toISOString().split('-');
  const body = JSON.stringify({ report_cycle_year: year, report_cycle_month: month });
  const time = String(Math.floor(Date.now() / 1000));
  const md5 = createHash('md5').update(body).digest('base64');
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-access-token': accessToken,
      'x-posix-time': time,
      'x-signature': createHmac('sha256', secretKey).update(`${time}POST${path}${md5}`).digest('base64'),
      'x-traceid': randomUUID(),
    },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return text;
}
