import { isTierlineError, Temporal } from '@tierline/kernel';
import { dueWorker, type Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import type { Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lawsOf } from '../../support/lifecycle-laws.ts';
import { openStory, table, type Story } from '../../support/story.ts';
import { openWorld, type World } from '../../support/world.ts';

let world: World;
let story: Story;
beforeAll(async () => {
  world = await openWorld({ poolSize: 12 });
  story = await openStory(world, {
    sellers: [
      { name: 'Provider', zone: 'America/Los_Angeles', prices: { SEAT: '10' } },
      { name: 'Berlin', zone: 'Europe/Berlin', prices: { SEAT: '31' } },
    ],
  });
});
afterAll(() => world.close());

const by = { surface: 'api' };
const sold = async (day: string): Promise<Subscription> =>
  (await story.on(day, () => story.sell({ SEAT: '5' }))).subscriptions[0]!;

type Wanted = { readonly to: string; readonly at: string; readonly key?: string; readonly expectedVersion?: number };

function place(of: Subscription, { to, at, key, expectedVersion }: Wanted): Promise<Outcome> {
  const cause = world.cause({ at, ...(key === undefined ? {} : { key, request: `${of.id} to ${to}` }) });
  const quantity = { coefficient: BigInt(to), scale: 0 };
  const command = { kind: 'change', items: [{ rateId: story.main.rates['SEAT']!, quantity }], cascade: false } as const;
  return world.engine.lifecycle.place(
    cause,
    story.owner.id,
    of.id,
    { command, moment: { at: 'now' } },
    {
      ...by,
      expectedVersion,
    },
  );
}

describe('two writers on one subscription', () => {
  test('with the version that both have read, one of them is told the version that there is now', async () => {
    const seats = await sold('2026-03-02');
    const at = '2026-03-10T12:00:00Z';
    await story.until(at);
    const { version } = await story.get(seats);
    const both = await Promise.allSettled(['6', '7'].map((to) => place(seats, { to, at, expectedVersion: version })));
    const refused = both.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(1);
    const now = await story.get(seats);
    expect(now.version).toBe(version + 1);
    expect(refused[0]!.reason).toMatchObject({
      code: 'subscriptions.version_mismatch',
      kind: 'conflict',
      details: { current_version: version + 1 },
    });
    const changes = (await story.booked(seats)).filter((line) => line.includes('2026-03-10 Berlin'));
    expect(changes).toHaveLength(1);
  });

  test('ten writers who try again until it is stored: none is lost, none counts twice', async () => {
    const seats = await sold('2026-03-02');
    const at = '2026-03-12T12:00:00Z';
    await story.until(at);
    const insist = async (to: string): Promise<void> => {
      for (;;) {
        try {
          await place(seats, { to, at });
          return;
        } catch (error) {
          if (!isTierlineError(error) || error.code !== 'lifecycle.changed_meanwhile') throw error;
        }
      }
    };
    const before = (await story.get(seats)).version;
    await Promise.all(Array.from({ length: 10 }, (_, index) => insist(`${100 + index}`)));
    const now = await story.get(seats);
    expect(now.version).toBe(before + 10);
    const orders = (await world.engine.lifecycle.timeline(story.owner.id, seats.id)).orders;
    const steps = orders
      .filter(({ type }) => type === 'change')
      .toSorted((a, b) => Number(a.serial) - Number(b.serial));
    expect(steps).toHaveLength(10);
    // 21 of 31 days at 31: every seat costs 21, whatever the order in which they came and went.
    const held = now.items[0]!.quantity.coefficient;
    expect(await story.total(seats, 'Berlin')).toBe(`${5n * 31n + (held - 5n) * 21n}`);
    expect(await lawsOf(world.db, now)).toEqual([]);
  });
});

test('a change that meets the renewal: it counts once, for the new term, whoever comes first', async () => {
  for (let round = 0; round < 10; round += 1) {
    const seats = await sold('2026-05-02');
    const at = '2026-06-02T08:00:00Z';
    const changed = place(seats, { to: '6', at }).catch((error: unknown) => error);
    await Promise.all([changed, world.engine.worker.runDue({ sandboxId: null }, Temporal.Instant.from(at))]);
    const outcome = await changed;
    if (outcome instanceof Error) {
      expect(outcome).toMatchObject({ code: 'lifecycle.changed_meanwhile', kind: 'conflict' });
      await place(seats, { to: '6', at });
    }
    expect(await story.booked(seats, { seller: 'Berlin', from: '2026-06-01' })).toEqual(
      table(`
        2026-06-02 Berlin: recurring 5 SEAT x 31, 2026-06-02 to 2026-07-02 = 155
        2026-06-02 Berlin: recurring 1 SEAT x 31, 2026-06-02 to 2026-07-02 = 31
      `),
    );
  }
});

test('50 retries at once with one key: one order, and all get the same answer', async () => {
  const seats = await sold('2026-07-02');
  const at = '2026-07-10T12:00:00Z';
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => place(seats, { to: '9', at, key: 'fifty at once' })),
  );
  expect(new Set(answers.map(({ order }) => order!.id)).size).toBe(1);
  const figures = answers.map((answer) => JSON.stringify([story.bill(answer), answer.order!.total, answer.warnings]));
  expect(new Set(figures).size).toBe(1);
  expect(new Set(answers.map(({ subscriptions }) => subscriptions[0]!.version)).size).toBe(1);
  const { orders } = await world.engine.lifecycle.timeline(story.owner.id, seats.id);
  expect(orders.map(({ type }) => type).toSorted()).toEqual(['change', 'sales']);
  await expect(place(seats, { to: '8', at, key: 'fifty at once' })).rejects.toMatchObject({ kind: 'conflict' });
});

describe('many subscriptions are due', () => {
  async function many(count: number, day: string): Promise<Subscription[]> {
    const orders = await story.on(day, () =>
      Promise.all(Array.from({ length: count }, () => story.sell({ SEAT: '5' }))),
    );
    return orders.map(({ subscriptions }) => subscriptions[0]!);
  }

  async function renewals(of: readonly Subscription[]): Promise<Map<string, number>> {
    const { rows } = await sql<{ id: string; renewals: number }>`
      select subscription_id as id, count(*)::int as renewals from charges
      where subscription_id in (${sql.join(of.map(({ id }) => id))}) and seller_id = ${story.owner.id} and booked_on > '2026-09-15'
      group by 1`.execute(world.db.kysely);
    return new Map(rows.map(({ id, renewals }) => [id, renewals]));
  }

  const worker = (batchMax: number) =>
    dueWorker({
      db: world.db,
      lifecycle: world.engine.lifecycle,
      batchMax,
      onError: (error) => {
        throw error;
      },
    });

  test('two workers at once over 200: each is renewed once', async () => {
    const all = await many(200, '2026-09-02');
    const until = Temporal.Instant.from('2026-10-02T06:00:00Z');
    const [a, b] = await Promise.all([7, 11].map((batchMax) => worker(batchMax).runDue({ sandboxId: null }, until)));
    expect(a!.steps + b!.steps).toBeGreaterThanOrEqual(200);
    expect([...(await renewals(all)).values()]).toEqual(all.map(() => 1));
    for (const seats of all.slice(0, 5)) expect(await lawsOf(world.db, await story.get(seats))).toEqual([]);
  });

  test('a worker whose connection is killed while it stores leaves nothing half done, and the next run finishes', async () => {
    const all = await many(20, '2026-09-03');
    const until = Temporal.Instant.from('2026-10-03T06:00:00Z');
    const blocker = await world.db.connect();
    try {
      // One subscription is held, so that the worker gets stuck in the middle of storing all of them.
      await blocker.query('begin');
      await blocker.query('select from subscriptions where id = $1 for update', [all[7]!.id]);
      const running = worker(500)
        .runDue({ sandboxId: null }, until)
        .then(
          () => 'done',
          () => 'failed',
        );
      await killStuck();
      await blocker.query('rollback');
      expect(await running).toBe('failed');
    } finally {
      blocker.release();
    }
    const before = await renewals(all);
    // What of it another round of the same worker had stored is stored whole.
    for (const seats of all) {
      const { endOn } = await story.get(seats);
      expect(endOn).toBe(before.has(seats.id) ? '2026-11-03' : '2026-10-03');
    }
    expect(before.size).toBeLessThan(20);
    await worker(500).runDue({ sandboxId: null }, until);
    expect([...(await renewals(all)).values()]).toEqual(all.map(() => 1));
  });

  /** Ends the connection that waits for a lock while it stores changes, as soon as there is one. */
  async function killStuck(): Promise<void> {
    for (;;) {
      const { rows } = await sql<{ killed: boolean }>`
        select pg_terminate_backend(pid) as killed from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%with pool_asked as%'`.execute(
        world.db.kysely,
      );
      if (rows.length > 0) return;
    }
  }
});

describe('the clock steps back', () => {
  test('within a period, a change counts for its own day, and nothing comes again', async () => {
    const seats = await sold('2026-11-02');
    await place(seats, { to: '6', at: '2026-11-20T12:00:00Z' });
    await place(seats, { to: '7', at: '2026-11-18T12:00:00Z' });
    await place(seats, { to: '5', at: '2026-11-17T12:00:00Z' });
    // 12 and 14 of 30 days at 31 each; both go back from the 17th on, when 15 days are left.
    expect(await story.booked(seats, { seller: 'Berlin', from: '2026-11-03' })).toEqual(
      table(`
        2026-11-20 Berlin: recurring 1 SEAT x 31 12/30, 2026-11-20 to 2026-12-02 = 12.4
        2026-11-18 Berlin: recurring 1 SEAT x 31 14/30, 2026-11-18 to 2026-12-02 = 14.47
        2026-11-17 Berlin: refund 2 SEAT x 31 15/30, 2026-11-17 to 2026-12-02 = -31
      `),
    );
  });

  test('over a boundary, the period that is over stays as it was billed', async () => {
    const seats = await sold('2027-01-02');
    await story.until('2027-02-02');
    const { version } = await story.get(seats);
    expect(
      await world.engine.worker.runDue({ sandboxId: null }, Temporal.Instant.from('2027-01-20T00:00:00Z')),
    ).toEqual({
      steps: 0,
    });
    await place(seats, { to: '6', at: '2027-01-31T12:00:00Z', expectedVersion: version });
    await story.until('2027-02-02T13:00');
    expect(await story.booked(seats, { seller: 'Berlin', from: '2027-02-01' })).toEqual(
      table(`
        2027-02-02 Berlin: recurring 5 SEAT x 31, 2027-02-02 to 2027-03-02 = 155
        2027-02-02 Berlin: recurring 1 SEAT x 31, 2027-02-02 to 2027-03-02 = 31
      `),
    );
  });
});
