import { newId, type AccountId, type Temporal } from '@tierline/kernel';
import { buildEngine } from '@tierline/server/app/engine.ts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { ClockDomain, DueWorker, NewSandbox } from './service.ts';

const realNow = '2026-03-02T09:00:00Z';
const start = '2027-01-31T09:00:00Z';

let world: World;
let provider: Account;
let maker: Account;
let other: Account;
beforeAll(async () => {
  world = await openWorld();
  provider = await world.provider();
  maker = await world.distributor(provider);
  other = await world.account('distributor', provider, { name: 'Beside' });
});
afterAll(() => world.close());

const facts: NewSandbox = {
  name: 'Next year',
  currency: 'USD',
  timeZone: 'Europe/Berlin',
  country: 'DE',
  language: 'en',
  startsAt: start,
};

/** Another node on the same database, with a worker of its own. */
function aNode(runDue: DueWorker['runDue'] = () => Promise.resolve({ steps: 0 })) {
  const settings = { orderBatchMax: 64, sessionHours: 12, simpleapiTokenSeconds: 1500, webhookTimeoutMs: 1000 };
  return buildEngine({ ...world.engine, settings, worker: { runDue } });
}

const aSandbox = async (wanted: Partial<NewSandbox> = {}) =>
  (await world.engine.sandboxes.create(world.cause(), maker.id, { ...facts, ...wanted })).sandbox;

const eventsOf = (ownerId: AccountId) =>
  world.db.kysely
    .selectFrom('events')
    .select(['type', 'at', 'data'])
    .where('owner_id', '=', ownerId)
    .orderBy('id')
    .execute();

/** A worker that is held until the test lets it go, and tells when it was called. */
function held(steps = 0) {
  const called = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const runDue = async () => {
    called.resolve();
    await released.promise;
    return { steps };
  };
  return { runDue, called: called.promise, release: () => released.resolve() };
}

describe('a new sandbox', () => {
  test('is a tree with a clock and an owner, made in one commit', async () => {
    let made: Awaited<ReturnType<typeof world.engine.sandboxes.create>> | undefined;
    const create = async () => (made = await world.engine.sandboxes.create(world.cause(), maker.id, facts));
    expect(await rowsAdded(world.db, create)).toEqual({
      accounts: 1,
      api_keys: 1,
      events: 3,
      revisions: 1,
      sandboxes: 1,
    });
    const { sandbox, key } = made!;
    expect(sandbox).toMatchObject({
      name: 'Next year',
      nowAt: start,
      status: 'standing',
      createdBy: maker.id,
      createdAt: realNow,
    });
    const owner = await world.engine.authenticate.byApiKey(key);
    expect(owner).toMatchObject({ accountId: sandbox.id, role: 'owner' });
    expect(owner?.node.account).toMatchObject({
      kind: 'provider',
      parentId: null,
      sandboxId: sandbox.id,
      currency: 'USD',
      createdAt: start,
    });
    expect(owner?.node.sandbox?.nowAt.toString()).toBe(start);
    const [ofTree, ofMaker] = [await eventsOf(sandbox.id), await eventsOf(maker.id)];
    // People and credentials live in real time.
    expect(ofTree.map(({ type, at }) => [type, at.toString()])).toEqual([
      ['account.created', start],
      ['api_key.created', realNow],
    ]);
    const last = ofMaker.at(-1);
    expect([last?.type, last?.at.toString()]).toEqual(['sandbox.created', realNow]);
  });

  test('begins now when nothing else is said, and is nobody else’s when the operator makes it', async () => {
    const { sandbox } = await world.engine.sandboxes.create(world.cause(), null, { ...facts, startsAt: undefined });
    expect(sandbox).toMatchObject({ nowAt: realNow, createdBy: null });
    expect(await world.engine.sandboxes.get(sandbox.id, sandbox.id)).toEqual(sandbox);
  });

  test('is made once under one key, and its API key stands nowhere in clear', async () => {
    const create = () =>
      world.engine.sandboxes.create(world.cause({ key: 'sandbox', owner: maker.id }), maker.id, facts);
    const [first, ...more] = await Promise.all([create(), create(), create()]);
    for (const again of [...more, await create()]) expect(again).toEqual(first);
    const stored = await world.db.kysely.selectFrom('idempotency_keys').select('response').execute();
    expect(JSON.stringify(stored)).not.toContain(first?.key);
  });

  test('is refused as a whole when its facts are wrong', async () => {
    const refused = async () => {
      await expect(aSandbox({ currency: 'EURO', timeZone: 'Mars' })).rejects.toMatchObject({
        reasons: [{ field: 'currency' }, { field: 'time_zone' }],
      });
      await expect(aSandbox({ startsAt: '2027-01-31T09:00:00.5Z' })).rejects.toMatchObject({ field: 'starts_at' });
    };
    expect(await rowsAdded(world.db, refused)).toEqual({});
  });

  test('hands its clock down to every account below, on every node', async () => {
    const { id } = await aSandbox();
    const root = (await world.engine.directory.get(id)).account;
    const reseller = await world.reseller(await world.distributor(root));
    expect(reseller.sandboxId).toBe(id);
    for (const { directory } of [world.engine, aNode()]) {
      const node = await directory.get(reseller.id);
      expect([node.sandbox?.id, node.sandbox?.nowAt.toString()]).toEqual([id, start]);
      expect((await directory.get(maker.id)).sandbox).toBeNull();
    }
  });
});

describe('who finds a sandbox', () => {
  test('is who made it, and its root; for everybody else there is none', async () => {
    const sandbox = await aSandbox();
    const { sandboxes, directory } = world.engine;
    const below = await world.distributor((await directory.get(sandbox.id)).account);
    for (const of of [maker.id, sandbox.id]) expect(await sandboxes.get(of, sandbox.id)).toEqual(sandbox);
    const refused = async () => {
      for (const of of [provider.id, other.id, below.id, (await aSandbox()).id]) {
        const notFound = { code: 'sandboxes.not_found', kind: 'not_found' };
        await expect(sandboxes.get(of, sandbox.id)).rejects.toMatchObject(notFound);
        await expect(sandboxes.advance(world.cause(), of, sandbox.id, { to: start })).rejects.toMatchObject(notFound);
        expect((await sandboxes.list({ of, limit: 100 })).map(({ id }) => id)).not.toContain(sandbox.id);
      }
      await expect(sandboxes.get(maker.id, newId<'account'>())).rejects.toMatchObject({ kind: 'not_found' });
      await expect(sandboxes.get(maker.id, maker.id)).rejects.toMatchObject({ kind: 'not_found' });
    };
    await refused();
    expect(await sandboxes.get(maker.id, sandbox.id)).toEqual(sandbox);
  });

  test('lists them page by page', async () => {
    const { sandboxes } = world.engine;
    const made = [];
    for (let count = 0; count < 3; count += 1) {
      made.push((await sandboxes.create(world.cause(), other.id, facts)).sandbox);
    }
    const first = await sandboxes.list({ of: other.id, limit: 2 });
    const rest = await sandboxes.list({ of: other.id, limit: 2, after: first.at(-1)!.id });
    expect([...first, ...rest]).toEqual(made);
    expect(await sandboxes.list({ of: made[0]!.id, limit: 2 })).toEqual([made[0]]);
  });
});

describe('an advance', () => {
  test('works off what is due before the clock shows the instant, and every account of the tree sees it at once', async () => {
    const seen: unknown[] = [];
    const { key, sandbox } = await world.engine.sandboxes.create(world.cause(), maker.id, facts);
    const { id } = sandbox;
    const node = aNode(async (domain: ClockDomain, until: Temporal.Instant) => {
      const stored = await node.sandboxes.get(id, id);
      seen.push([domain, until.toString(), stored.nowAt, stored.status]);
      return { steps: seen.length === 1 ? 7 : 0 };
    });
    // It has looked before, so what it notices next is the advance.
    await node.revisions.refresh();
    await node.authenticate.byApiKey(key);
    const to = '2027-02-28T09:00:00Z';
    const advanced = await node.sandboxes.advance(world.cause(), maker.id, id, { by: { unit: 'month', count: 1 } });
    expect(advanced).toMatchObject({ id, nowAt: to, status: 'standing', advancingTo: null, version: 3 });
    const domain = { sandboxId: id };
    // Then once more for what was bought while the clock moved.
    expect(seen).toEqual([
      [domain, to, start, 'advancing'],
      [domain, to, to, 'standing'],
    ]);
    expect((await node.authenticate.byApiKey(key))?.node.sandbox?.nowAt.toString()).toBe(to);
    const last = (await eventsOf(id)).at(-1);
    expect([last?.type, last?.at.toString(), last?.data]).toEqual([
      'sandbox.advanced',
      to,
      { from: start, to, steps: 7 },
    ]);
  });

  test('is seen by another node with its next look at the revisions', async () => {
    const sandbox = await aSandbox();
    const elsewhere = aNode();
    await elsewhere.revisions.refresh();
    expect((await elsewhere.directory.get(sandbox.id)).sandbox?.nowAt.toString()).toBe(start);
    const to = '2027-03-01T00:00:00Z';
    await world.engine.sandboxes.advance(world.cause(), sandbox.id, sandbox.id, { to });
    await elsewhere.revisions.refresh();
    expect((await elsewhere.directory.get(sandbox.id)).sandbox?.nowAt.toString()).toBe(to);
  });

  test('back in time is refused, and nothing is due', async () => {
    const runDue = vi.fn<DueWorker['runDue']>();
    const node = aNode(runDue);
    const { id } = await aSandbox();
    const back = () =>
      expect(node.sandboxes.advance(world.cause(), maker.id, id, { to: '2027-01-31T08:59:59Z' })).rejects.toMatchObject(
        { code: 'sandboxes.clock_goes_backwards' },
      );
    expect(await rowsAdded(world.db, back)).toEqual({});
    expect(runDue).not.toHaveBeenCalled();
    expect(await node.sandboxes.get(maker.id, id)).toMatchObject({ nowAt: start, status: 'standing' });
  });

  test('during another one is a conflict; two sandboxes don’t wait for each other', async () => {
    const worker = held();
    const node = aNode(worker.runDue);
    const [one, two] = [await aSandbox(), await aSandbox()];
    const go = (id: AccountId, to: string) => node.sandboxes.advance(world.cause(), maker.id, id, { to });
    const first = go(one.id, '2027-06-01T00:00:00Z');
    await worker.called;
    await expect(go(one.id, '2027-07-01T00:00:00Z')).rejects.toMatchObject({
      code: 'sandboxes.being_advanced',
      kind: 'conflict',
    });
    await world.engine.sandboxes.advance(world.cause(), maker.id, two.id, { to: '2028-01-01T00:00:00Z' });
    worker.release();
    expect(await first).toMatchObject({ nowAt: '2027-06-01T00:00:00Z' });
    expect(await go(one.id, '2027-07-01T00:00:00Z')).toMatchObject({ nowAt: '2027-07-01T00:00:00Z' });
  });

  test('under one key moves the clock once, however often it is sent', async () => {
    const { id } = await aSandbox();
    const node = aNode();
    const send = () =>
      node.sandboxes.advance(world.cause({ key: `by ${id}`, owner: maker.id }), maker.id, id, {
        by: { unit: 'day', count: 1 },
      });
    const first = await send();
    expect(first.nowAt).toBe('2027-02-01T09:00:00Z');
    expect(await send()).toEqual(first);
    expect(await node.sandboxes.get(maker.id, id)).toEqual(first);
    await expect(
      node.sandboxes.advance(world.cause({ key: `by ${id}`, owner: maker.id, request: 'another' }), maker.id, id, {
        by: { unit: 'day', count: 1 },
      }),
    ).rejects.toMatchObject({ code: 'idempotency.key_reused' });
  });
});

describe('an advance that is cut off', () => {
  const to = '2027-06-01T00:00:00Z';

  test('with its process is gone on with by another, to the same instant or later', async () => {
    const { id } = await aSandbox();
    const killed = held();
    const late = aNode(killed.runDue).sandboxes.advance(world.cause(), maker.id, id, { to });
    await killed.called;
    const heir = aNode(() => Promise.resolve({ steps: 2 }));
    expect(await heir.sandboxes.get(maker.id, id)).toMatchObject({
      nowAt: start,
      status: 'advancing',
      advancingTo: to,
    });
    await expect(
      heir.sandboxes.advance(world.cause(), maker.id, id, { to: '2027-05-31T23:59:59Z' }),
    ).rejects.toMatchObject({ code: 'sandboxes.advance_unfinished', details: { advancing_to: to } });
    const arrived = await heir.sandboxes.advance(world.cause(), maker.id, id, { to });
    expect(arrived).toMatchObject({ nowAt: to, status: 'standing' });
    // It was not dead, only slow: it must not take the clock anywhere any more.
    killed.release();
    await expect(late).rejects.toMatchObject({ code: 'sandboxes.being_advanced', kind: 'conflict' });
    expect(await heir.sandboxes.get(maker.id, id)).toEqual(arrived);
    const advances = (await eventsOf(id)).filter(({ type }) => type === 'sandbox.advanced');
    expect(advances.map(({ data }) => data)).toEqual([{ from: start, to, steps: 2 }]);
  });

  test('by a failure comes to the same instant when it is sent again as a length of time', async () => {
    const { id } = await aSandbox();
    const runDue = vi.fn<DueWorker['runDue']>(() => Promise.resolve({ steps: 0 }));
    const node = aNode(runDue);
    const send = () =>
      node.sandboxes.advance(world.cause({ key: `cut ${id}`, owner: maker.id }), maker.id, id, {
        by: { unit: 'month', count: 4 },
      });
    runDue.mockRejectedValueOnce(new Error('the database went away'));
    await expect(send()).rejects.toThrow('the database went away');
    expect(await node.sandboxes.get(maker.id, id)).toMatchObject({ nowAt: start, status: 'advancing' });
    expect(await send()).toMatchObject({ nowAt: '2027-05-31T08:00:00Z', status: 'standing' });
    expect(await send()).toMatchObject({ nowAt: '2027-05-31T08:00:00Z' });
  });
});

describe('what stays on the real clock', () => {
  test.each(['2001-01-01T00:00:00Z', '2090-01-01T00:00:00Z'])(
    'keys and their expiry, in a sandbox of %s',
    async (startsAt) => {
      const { sandbox, key } = await world.engine.sandboxes.create(world.cause(), maker.id, { ...facts, startsAt });
      const { access, authenticate } = world.engine;
      const at = (await world.engine.directory.get(sandbox.id)).sandbox!.nowAt;
      const cause = { ...world.cause(), at, realAt: world.clock.now() };
      const acting = { accountId: sandbox.id, role: 'owner' as const };
      const create = (expiresAt: string) =>
        access.createApiKey(cause, acting, sandbox.id, { name: 'k', role: 'sales', expiresAt });
      const made = await create('2026-03-02T09:00:01Z');
      expect(made.apiKey.createdAt).toBe(realNow);
      expect(await authenticate.byApiKey(made.key)).toBeDefined();
      expect(await authenticate.byApiKey(key)).toBeDefined();
      await expect(create(realNow)).rejects.toMatchObject({ field: 'expires_at' });
      expect((await access.revokeApiKey(cause, acting, made.apiKey.id)).revokedAt).toBe(realNow);
    },
  );
});
