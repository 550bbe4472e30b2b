import { decimal, Temporal } from '@tierline/kernel';
import { connect, type Database } from '@tierline/server/db';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFailed, test } from 'vitest';
import { addMonths, dateAfter, dateOf, midnight } from '../support/lifecycle-calendar.ts';
import { chosenSeed, seededRandom } from '../support/random.ts';
import { serverHome, type ServerHome, type ServerProcess } from '../support/server-process.ts';
import { openWorld } from '../support/world.ts';

// Whatever is due happens once and at its own date, however often the process or its database is killed while it is at it.

const kills = Number(process.env['TEST_KILLS'] ?? 20);
/** So many at a time; more of them when those that there are have only so many days left to be worked off. */
const subscriptions = 300;
const fewDays = 70;
const noticeDays = 5;
const months = 8;
const seed = chosenSeed();
const random = seededRandom(seed);

/** Three sellers who disagree on the day, the owner last; what a seat costs, in cents, before and from the day on which it rises. */
const sellers = [
  { kind: 'provider', timeZone: 'Pacific/Kiritimati', cents: [1000n, 1100n] },
  { kind: 'distributor', timeZone: 'Pacific/Honolulu', cents: [1234n, 1300n] },
  { kind: 'reseller', timeZone: 'Europe/Berlin', cents: [1999n, 2099n] },
] as const;
const ownerZone = sellers[2].timeZone;

let home: ServerHome;
beforeAll(() => {
  home = serverHome();
});
afterAll(() => home.close());

type Sold = { readonly id: string; readonly at: Temporal.Instant; readonly quantity: bigint };

test(
  `${kills} kills during due work: every boundary of every subscription happens once`,
  { timeout: 900_000 },
  async () => {
    onTestFailed(() => console.error(`TEST_SEED=${seed} repeats the plan of this run.`));
    const begun = Temporal.Now.instant();
    const riseOn = dateOf(begun.subtract({ hours: 24 * 100 }), 'UTC');
    // The database outlives its server, so that what is long overdue can be put there before anybody is at work on it.
    await (await home.start()).end('SIGKILL');
    const waves = [await sell(begun, riseOn)];

    const counted = { server: 0, 'database and server': 0, 'during its start': 0 };
    for (let round = 1; round <= kills; round += 1) {
      if (random.chance(0.15)) {
        counted['during its start'] += 1;
        await killedWhileStarting();
      }
      const how = round < kills && random.chance(0.15) ? 'database and server' : 'server';
      counted[how] += 1;
      const left = await killedAtWork(await home.start(), how);
      // A kill that finds nothing left to do would prove nothing.
      expect(left).toBeGreaterThan(0);
      if (how === 'server' && left < fewDays) waves.push(await sell(begun, riseOn));
    }

    const server = await home.start();
    const database = connect({ connection: home.connection(), poolSize: 1 });
    while ((await overdue(database)) > 0);
    for (const { sold, accounts } of waves) {
      const wanted = sold.map((one) => expected(one, accounts, riseOn, begun));
      expect(await told(database, sold)).toEqual(wanted.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    }
    const everySold = waves.flatMap((wave) => wave.sold);
    expect(await brokenOrders(database, everySold)).toEqual([]);
    const renewals = await renewalsOf(database);
    await database.close();
    console.log('killed', counted, 'renewals', renewals);
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
  },
);

/** Monthly seats that were sold months ago, and that nobody has renewed since. */
async function sell(begun: Temporal.Instant, riseOn: string): Promise<{ sold: Sold[]; accounts: string[] }> {
  const db = connect({ connection: home.connection(), poolSize: 4 });
  const at = begun.subtract({ hours: 24 * 31 * (months + 2) }).toString();
  const world = await openWorld({ at, database: { db, url: '', close: () => db.close() } });
  try {
    const accounts: Awaited<ReturnType<typeof world.account>>[] = [];
    for (const { kind, timeZone } of sellers) {
      accounts.push(await world.account(kind, accounts.at(-1) ?? null, { timeZone, currency: 'USD' }));
    }
    const plan = await world.plan(accounts[0]!, {
      rates: [{ mpn: 'KILL-SEAT' }],
      terms: { expirationNoticeDays: noticeDays },
    });
    await world.delegate(accounts, plan);
    for (const [index, { cents }] of sellers.entries()) {
      const list = await world.priceList(accounts[index]!);
      const node = await world.engine.directory.get(accounts[index]!.id);
      const entries = ['2020-01-01', riseOn].map((effectiveFrom, later) => ({
        targetId: plan.rates['KILL-SEAT']!,
        targetKind: 'rate' as const,
        chargeType: 'recurring' as const,
        effectiveFrom,
        tiers: [{ lowerLimit: '0', amount: dollars(cents[later]!) }],
      }));
      await world.engine.pricing.setPrices(world.cause(), node, list.id, entries);
    }
    const customer = await world.customer(accounts[2]!);
    const sold = await Promise.all(
      Array.from({ length: subscriptions }, async (): Promise<Sold> => {
        const when = moment(begun);
        const quantity = 1n + BigInt(random.integer(40));
        const order = await world.engine.orders.place(world.cause({ at: when.toString() }), accounts[2]!.id, {
          customer: { id: customer.id },
          lines: [{ name: { rateId: plan.rates['KILL-SEAT']! }, quantity: decimal(quantity.toString()) }],
          poNumber: null,
          attributes: null,
          surface: 'api',
          addMissingBases: false,
        });
        return { id: order.subscriptions[0]!.id, at: when, quantity };
      }),
    );
    return { sold, accounts: accounts.map(({ id }) => id) };
  } finally {
    await world.close();
  }
}

/** A moment about so many months ago, none of whose boundaries is near today: the test may take a while. */
function moment(begun: Temporal.Instant): Temporal.Instant {
  for (;;) {
    const at = begun.subtract({ hours: 24 * 30 * months - random.integer(24 * 40) });
    const today = dateOf(begun, ownerZone);
    const near = [-1, 0, 1, 2].flatMap((days) => [dateAfter(today, days), dateAfter(today, days + noticeDays)]);
    if (!boundaries(at).some((date) => near.includes(date))) return at;
  }
}

/** All boundaries of a monthly subscription, on the owner's calendar, with some that are to come. */
function boundaries(at: Temporal.Instant): string[] {
  const anchor = dateOf(at, ownerZone);
  return Array.from({ length: months + 4 }, (_, index) => addMonths(anchor, index + 1));
}

/** Kills a server when it has done something of what is due, or the database with it; answers how many days its work was behind. */
async function killedAtWork(server: ServerProcess, how: 'server' | 'database and server'): Promise<number> {
  const database = connect({ connection: home.connection(), poolSize: 1 });
  const before = await stepsDone(database);
  const more = 1 + random.integer(120);
  let left: number;
  try {
    do {
      left = await daysBehind(database);
    } while (left > 0 && (await stepsDone(database)) < before + more);
  } finally {
    if (how === 'database and server') process.kill(home.postmaster()!.pid, 'SIGKILL');
    await server.end('SIGKILL');
    await database.close().catch(() => undefined);
  }
  return left;
}

/** Kills a process somewhere between its first step and its readiness. */
async function killedWhileStarting(): Promise<void> {
  const starting = home.attempt();
  setTimeout(() => void starting.end('SIGKILL'), random.integer(1500));
  await starting.exited;
}

/** Every step that is stored gives a subscription its next version. */
async function stepsDone(database: Database): Promise<number> {
  const { rows } = await sql<{ done: number }>`select sum(version)::int as done from subscriptions`.execute(
    database.kysely,
  );
  return rows[0]!.done;
}

async function renewalsOf(database: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from orders where type = 'renewal'`.execute(database.kysely);
  return rows[0]!.count;
}

/** How long ago the oldest thing that is due should have happened. What is due is worked off in order. */
async function daysBehind(database: Database): Promise<number> {
  const { rows } = await sql<{ days: number }>`
    select coalesce(extract(day from now() - min(due_at)), 0)::int as days from subscription_due where due_at <= now()`.execute(
    database.kysely,
  );
  return rows[0]!.days;
}

/** How many subscriptions have something that is due. */
async function overdue(database: Database): Promise<number> {
  const { rows } = await sql<{ due: number }>`
    select count(*)::int as due from subscription_due where due_at <= now()`.execute(database.kysely);
  return rows[0]!.due;
}

/** What a subscription comes to: how often it was renewed and told to end, its end, and each seller's charges by their first day. */
type Told = {
  readonly id: string;
  readonly renewals: number;
  readonly notices: number;
  readonly version: number;
  readonly status: string;
  readonly endOn: string;
  readonly charges: readonly string[];
};

/** The same, counted on the calendar. */
function expected(
  { id, at, quantity }: Sold,
  accounts: readonly string[],
  riseOn: string,
  now: Temporal.Instant,
): Told {
  const isPast = (date: string): boolean => Temporal.Instant.compare(midnight(date, ownerZone), now) <= 0;
  const ends = boundaries(at);
  const renewals = ends.filter(isPast).length;
  const notices = ends.filter((date) => isPast(dateAfter(date, -noticeDays))).length;
  const charges = sellers.flatMap(({ timeZone, cents }, index) => {
    const anchor = dateOf(at, timeZone);
    return Array.from({ length: renewals + 1 }, (_, n) => {
      const start = addMonths(anchor, n);
      const amount = dollars(quantity * cents[start < riseOn ? 0 : 1]);
      return `${accounts[index]!} recurring ${start} ${addMonths(anchor, n + 1)} ${start} ${amount}`;
    });
  });
  return {
    id,
    renewals,
    notices,
    version: 1 + renewals + notices,
    status: 'active',
    endOn: ends[renewals]!,
    charges: charges.toSorted(),
  };
}

async function told(database: Database, sold: readonly Sold[]): Promise<readonly Told[]> {
  const { rows } = await sql<Told>`
    select s.id, s.version, s.status, s.end_on as "endOn",
      (select count(*)::int from events e where e.owner_id = s.owner_id and e.subject_id = s.id
        and e.type = 'subscription.renewed') as renewals,
      (select count(*)::int from events e where e.owner_id = s.owner_id and e.subject_id = s.id
        and e.type = 'subscription.expiring') as notices,
      (select array_agg(concat_ws(' ', c.seller_id, c.type, c.period_start, c.period_end, c.booked_on, c.amount::numeric(20, 2)))
        from charges c where c.owner_id = s.owner_id and c.subscription_id = s.id) as charges
    from subscriptions s where s.id = any (${sold.map(({ id }) => id)}::uuid[]) order by s.id`.execute(database.kysely);
  return rows.map((row) => ({ ...row, charges: row.charges.toSorted() }));
}

/** What must be true of all of them together: orders are whole and come to their charges, one for each renewal. */
async function brokenOrders(database: Database, sold: readonly Sold[]): Promise<readonly string[]> {
  const { rows } = await sql<{ why: string }>`
    select 'its charges are not its total: ' || o.id as why from orders o where o.total <> coalesce(
      (select sum(c.amount) from charges c where c.owner_id = o.owner_id and c.order_id = o.id and c.buyer_id = o.customer_id), 0)
    union all select 'it has no line: ' || o.id from orders o
      where not exists (select from order_lines l where l.owner_id = o.owner_id and l.order_id = o.id)
    union all select 'it lacks an edge: ' || o.id from orders o where o.type = 'renewal' and exists (select from order_lines l
      where l.order_id = o.id and l.subscription_id = any (${sold.map(({ id }) => id)}::uuid[])) and ${sellers.length} <>
      (select count(*) from charges c where c.owner_id = o.owner_id and c.order_id = o.id)
    union all select 'two have its number: ' || min(o.id::text) from orders o group by o.serial having count(*) > 1
    union all select 'renewed and not ordered, or twice: ' || e.subject_id from events e where e.type = 'subscription.renewed'
      group by e.owner_id, e.subject_id having count(*) <> (select count(distinct l.order_id) from order_lines l
        join orders o on o.owner_id = l.owner_id and o.id = l.order_id and o.type = 'renewal'
        where l.owner_id = e.owner_id and l.subscription_id = e.subject_id)`.execute(database.kysely);
  return rows.map(({ why }) => why);
}

function dollars(cents: bigint): string {
  return `${cents / 100n}.${(cents % 100n).toString().padStart(2, '0')}`;
}
