import { manualClock, newId, type AccountId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { backoffSeconds, jobRunner, type Job, type JobHandler } from './index.ts';

let world: World;
let ownerId: AccountId;
const clock = manualClock('2026-03-02T09:00:00Z');
beforeAll(async () => {
  world = await openWorld({ clock, poolSize: 8 });
  ownerId = (await world.provider()).id;
});
afterAll(() => world.close());
afterEach(async () => {
  await sql`delete from jobs`.execute(world.db.kysely);
});

async function aJob(facts: { runAt?: string; kind?: string } = {}): Promise<string> {
  const id = newId<'job'>();
  const runAt = facts.runAt ?? clock.now().toString();
  await sql`insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, payload, created_at)
    values (${ownerId}, ${id}, ${facts.kind ?? 'work'}, ${newId()}, ${runAt}, 0, '{"a":1}', ${runAt})`.execute(
    world.db.kysely,
  );
  return id;
}

function aRunner(work: JobHandler, onError = vi.fn<(error: unknown, job?: Job) => void>()) {
  return { ...jobRunner({ db: world.db, clock, handlers: { work }, onError }), onError };
}

async function stored(id: string) {
  const rows = await world.db.kysely
    .selectFrom('jobs')
    .select(['attempts', 'run_at', 'locked_until', 'last_error'])
    .where('id', '=', id)
    .execute();
  return rows[0];
}

const later = (seconds: number): void => clock.set(clock.now().add({ seconds }));

/** A handler that is held until the test lets it go, and tells when it was called. */
function held(outcome: Awaited<ReturnType<JobHandler>> = { done: true }) {
  const called = Promise.withResolvers<Job>();
  const released = Promise.withResolvers<void>();
  const work = vi.fn<JobHandler>(async (job) => {
    called.resolve(job);
    await released.promise;
    return outcome;
  });
  return { work, called: called.promise, release: () => released.resolve() };
}

describe('what is due', () => {
  test('is run and removed; the handler is told everything about it', async () => {
    const id = await aJob();
    const work = vi.fn<JobHandler>(() => Promise.resolve({ done: true }));
    expect(await aRunner(work).runDue()).toBe(1);
    expect(work).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ ownerId, id, kind: 'work', attempts: 1, payload: { a: 1 } }),
      expect.any(Function),
    );
    expect(await stored(id)).toBeUndefined();
  });

  test('does not hold what is due later, nor what nobody here can run', async () => {
    await aJob({ runAt: clock.now().add({ seconds: 1 }).toString() });
    await aJob({ kind: 'of a later version' });
    const work = vi.fn<JobHandler>(() => Promise.resolve({ done: true }));
    expect(await aRunner(work).runDue()).toBe(0);
    later(1);
    expect(await aRunner(work).runDue()).toBe(1);
  });

  test('comes again when the handler asks for it', async () => {
    const id = await aJob();
    const runner = aRunner(() => Promise.resolve({ later: 30 }));
    expect(await runner.runDue()).toBe(1);
    expect(await stored(id)).toMatchObject({ locked_until: null, last_error: null });
    later(29);
    expect(await runner.runDue()).toBe(0);
    later(1);
    expect(await runner.runDue()).toBe(1);
  });
});

describe('failures', () => {
  test('are tried again after ever longer waits, and the reason is kept', async () => {
    const id = await aJob();
    const runner = aRunner(() => Promise.reject(new Error('no answer')));
    for (const seconds of [1, 2, 4, 8, 16]) {
      expect(await runner.runDue()).toBe(1);
      expect(await stored(id)).toMatchObject({ locked_until: null, last_error: 'no answer' });
      later(seconds - 1);
      expect(await runner.runDue()).toBe(0);
      later(1);
    }
    expect(await stored(id)).toMatchObject({ attempts: 5 });
    expect(runner.onError).toHaveBeenCalledTimes(5);
  });

  test('wait an hour at most, however many there were', () => {
    const waits = Array.from({ length: 2000 }, (_, index) => backoffSeconds(index + 1));
    expect(waits.slice(0, 13)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600]);
    expect(Math.max(...waits)).toBe(3600);
  });

  test('of one job are none of another', async () => {
    const bad = await aJob();
    const good = await aJob();
    const work: JobHandler = ({ id }) =>
      id === bad ? Promise.reject(new Error('bad')) : Promise.resolve({ done: true });
    expect(await aRunner(work).runDue()).toBe(2);
    expect(await stored(bad)).toMatchObject({ last_error: 'bad' });
    expect(await stored(good)).toBeUndefined();
  });
});

describe('several runners on one table', () => {
  test('share the jobs, and none is run twice at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 60 }, () => aJob()));
    const ran: string[] = [];
    const work: JobHandler = ({ id }) => {
      ran.push(id);
      return Promise.resolve({ done: true });
    };
    const runners = Array.from({ length: 4 }, () => aRunner(work));
    let taken = 0;
    for (let last = 1; last > 0; taken += last) {
      const counts = await Promise.all(runners.map((runner) => runner.runDue()));
      last = counts.reduce((sum, count) => sum + count);
    }
    expect(taken).toBe(60);
    expect(ran.toSorted()).toEqual(ids.toSorted());
  });

  test('leave alone what another holds, and take it over when its lease has ended', async () => {
    const id = await aJob();
    const dead = held();
    const deadRun = aRunner(dead.work).runDue();
    await dead.called;
    const heir = vi.fn<JobHandler>(() => Promise.resolve({ done: true }));
    expect(await aRunner(heir).runDue()).toBe(0);
    later(60);
    expect(await aRunner(heir).runDue()).toBe(0);
    later(1);
    expect(await aRunner(heir).runDue()).toBe(1);
    expect(heir).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id, attempts: 2 }), expect.any(Function));
    dead.release();
    await deadRun;
    expect(await stored(id)).toBeUndefined();
  });

  test('who holds on keeps the job past its lease, and hears when it was lost', async () => {
    await aJob();
    const idle = vi.fn<JobHandler>(() => Promise.resolve({ done: true }));
    const long: JobHandler = async (_, hold) => {
      for (let rounds = 0; rounds < 5; rounds += 1) {
        later(25);
        await hold();
        expect(await aRunner(idle).runDue()).toBe(0);
      }
      return { done: true };
    };
    expect(await aRunner(long).runDue()).toBe(1);
    expect(idle).not.toHaveBeenCalled();

    await aJob();
    const slow = aRunner(async (_, hold) => {
      later(61);
      expect(await aRunner(idle).runDue()).toBe(1);
      await hold();
      return { done: true };
    });
    await slow.runDue();
    expect(slow.onError).toHaveBeenCalledWith(expect.objectContaining({ code: 'jobs.lease_lost' }), expect.anything());
  });

  test('a late one does not give away what another has taken over', async () => {
    const id = await aJob();
    const late = held({ later: 1 });
    const lateRun = aRunner(late.work).runDue();
    await late.called;
    later(61);
    const heir = held();
    const heirRun = aRunner(heir.work).runDue();
    await heir.called;
    late.release();
    await lateRun;
    later(5);
    const third = vi.fn<JobHandler>(() => Promise.resolve({ done: true }));
    expect(await aRunner(third).runDue()).toBe(0);
    expect(await stored(id)).toMatchObject({ attempts: 2 });
    heir.release();
    await heirRun;
    expect(await stored(id)).toBeUndefined();
  });
});

test('a runner that polls takes job after job, and stops only when what it began is done', async () => {
  const many = 40;
  const ids = await Promise.all(Array.from({ length: many }, () => aJob()));
  const all = Promise.withResolvers<void>();
  const seen = new Set<string>();
  const runner = aRunner(({ id }) => {
    seen.add(id);
    if (seen.size === many) all.resolve();
    return Promise.resolve({ done: true });
  });
  runner.start(1);
  await all.promise;
  await runner.stop();
  expect([...seen].toSorted()).toEqual(ids.toSorted());
  const last = await aJob();
  expect(await stored(last)).toMatchObject({ attempts: 0 });

  const one = held();
  const second = aRunner(one.work);
  second.start(1);
  await one.called;
  const stopping = second.stop();
  let stopped = false;
  void stopping.then(() => (stopped = true));
  // Round trips to the database are long enough for whoever does not wait.
  expect(await stored(last)).toMatchObject({ attempts: 1 });
  expect(stopped).toBe(false);
  one.release();
  await stopping;
  expect(await stored(last)).toBeUndefined();
});
