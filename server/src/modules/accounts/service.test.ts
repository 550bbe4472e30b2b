import { newId, type AccountId } from '@tierline/kernel';
import { numbers, revisions } from '@tierline/server/db';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from './account.ts';
import { directory } from './service-directory.ts';
import { accountsService, type NewAccount } from './service.ts';

let world: World;
let provider: Account;
let distributor: Account;
let reseller: Account;
let stranger: Account;
beforeAll(async () => {
  world = await openWorld();
  provider = await world.provider();
  distributor = await world.distributor(provider);
  reseller = await world.reseller(distributor);
  stranger = await world.account('provider', null, { name: 'Stranger' });
});
afterAll(() => world.close());

const facts: NewAccount = {
  kind: 'reseller',
  name: 'Reseller',
  currency: 'USD',
  timeZone: 'UTC',
  country: 'US',
  language: 'en',
};

describe('a new account', () => {
  test('stands below its parent, with a number and a tenant id of its own, and one event', async () => {
    const create = () => world.engine.accounts.create(world.cause(), distributor.id, facts);
    let made: Account | undefined;
    expect(await rowsAdded(world.db, async () => (made = await create()))).toEqual({
      accounts: 1,
      events: 1,
      revisions: 1,
    });
    expect(made).toMatchObject({
      parentId: distributor.id,
      rootId: provider.id,
      path: [provider.id, distributor.id, made!.id],
      status: 'active',
      version: 1,
    });
    const another = await create();
    expect(another.number).not.toBe(made!.number);
    expect(another.tenantId).not.toBe(made!.tenantId);
    const { directory: known } = world.engine;
    expect((await known.byNumber(made!.number))?.account).toEqual(made);
    expect((await known.byTenantId(made!.tenantId!))?.account).toEqual(made);
  });

  test('gets another tenant id when the first is taken by chance', async () => {
    const ids = [reseller.tenantId!, distributor.tenantId!, 'FRESH'];
    const service = aService(() => ids.shift()!);
    expect((await service.create(world.cause(), distributor.id, facts)).tenantId).toBe('FRESH');
    const hopeless = aService(() => 'FRESH');
    const refused = () =>
      expect(hopeless.create(world.cause(), distributor.id, facts)).rejects.toMatchObject({
        code: 'accounts.tenant_id_taken',
        kind: 'unavailable',
      });
    expect(await rowsAdded(world.db, refused)).toEqual({});
  });

  function aService(newTenantId: () => string) {
    const noticed = revisions(world.db);
    const known = directory(world.db, noticed);
    const sequence = numbers(world.db, 'account_number_seq');
    return accountsService({ db: world.db, directory: known, revisions: noticed, numbers: sequence, newTenantId });
  }

  test('is made once, however often it is asked for under one key', async () => {
    const create = () =>
      world.engine.accounts.create(world.cause({ key: 'account', owner: provider.id }), distributor.id, facts);
    const made = await Promise.all(Array.from({ length: 10 }, create));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect(await create()).toEqual(made[0]);
  });

  test('is refused below a suspended or closed parent, or where its kind does not belong', async () => {
    const parent = await world.reseller(distributor, { name: 'Parent' });
    const { accounts } = world.engine;
    for (const status of ['suspended', 'closed'] as const) {
      await accounts.change(world.cause(), distributor.id, parent.id, { status });
      const refused = () =>
        expect(accounts.create(world.cause(), parent.id, facts)).rejects.toMatchObject({
          code: 'accounts.parent_not_active',
        });
      expect(await rowsAdded(world.db, refused)).toEqual({});
    }
    await expect(accounts.create(world.cause(), reseller.id, { ...facts, kind: 'msp' })).rejects.toMatchObject({
      code: 'accounts.kind_not_allowed',
    });
    await expect(accounts.create(world.cause(), newId<'account'>(), facts)).rejects.toMatchObject({
      kind: 'not_found',
    });
  });
});

describe('a change', () => {
  test('is seen by the next read of the account and of all below', async () => {
    const { accounts, directory: known } = world.engine;
    const below = await known.get(reseller.id);
    expect(below.chain[1]!.name).toBe(distributor.name);
    const changed = await accounts.change(world.cause(), provider.id, distributor.id, { name: 'Renamed' });
    expect(changed).toMatchObject({ name: 'Renamed', timeZone: distributor.timeZone });
    expect((await known.get(reseller.id)).chain[1]).toEqual(changed);
  });

  test('of an older version is refused with the current one', async () => {
    const { accounts } = world.engine;
    const made = await world.reseller(distributor, { name: 'Versioned' });
    await accounts.change(world.cause(), distributor.id, made.id, { name: 'Once', expectedVersion: 1 });
    await expect(
      accounts.change(world.cause(), distributor.id, made.id, { name: 'Twice', expectedVersion: 1 }),
    ).rejects.toMatchObject({ code: 'accounts.version_mismatch', details: { current_version: 2 } });
  });

  test('of what does not stand within the caller is not found', async () => {
    const { accounts } = world.engine;
    const cases: readonly (readonly [AccountId, AccountId])[] = [
      [reseller.id, distributor.id],
      [stranger.id, reseller.id],
      [provider.id, stranger.id],
      [provider.id, newId<'account'>()],
    ];
    for (const [within, id] of cases) {
      await expect(accounts.change(world.cause(), within, id, { name: 'Taken over' })).rejects.toMatchObject({
        code: 'accounts.not_found',
      });
    }
  });

  test('to an unknown time zone or a status that can not follow changes nothing', async () => {
    const { accounts } = world.engine;
    const made = await world.reseller(distributor, { name: 'Closed' });
    await accounts.change(world.cause(), distributor.id, made.id, { status: 'closed' });
    const refused = async () => {
      await expect(
        accounts.change(world.cause(), distributor.id, made.id, { timeZone: 'Mars/Olympus' }),
      ).rejects.toMatchObject({ code: 'accounts.unknown_time_zone' });
      await expect(accounts.change(world.cause(), distributor.id, made.id, { status: 'active' })).rejects.toMatchObject(
        { code: 'accounts.status_change_not_allowed' },
      );
    };
    expect(await rowsAdded(world.db, refused)).toEqual({});
  });
});

describe('lists', () => {
  test('show the account and what is below, page by page, and nothing beside', async () => {
    const { accounts } = world.engine;
    const all = await accounts.list({ within: distributor.id, limit: 100 });
    expect(all[0]!.id).toBe(distributor.id);
    expect(all.every(({ path }) => path.includes(distributor.id))).toBe(true);
    expect(new Set(await accounts.subtree(distributor.id))).toEqual(new Set(all.map(({ id }) => id)));
    const pages: AccountId[] = [];
    for (let after: AccountId | undefined; ;) {
      const page = await accounts.list({ within: distributor.id, limit: 2, after });
      pages.push(...page.map(({ id }) => id));
      after = page.at(-1)?.id;
      if (page.length < 2) break;
    }
    expect(pages).toEqual(all.map(({ id }) => id));
    expect(await accounts.list({ within: reseller.id, limit: 100 })).toHaveLength(1);
  });

  test('filter, and take wildcards as the characters they are', async () => {
    const { accounts } = world.engine;
    await world.reseller(distributor, { name: '100% _real_' });
    const named = async (nameContains: string) =>
      (await accounts.list({ within: provider.id, nameContains, limit: 100 })).map(({ name }) => name);
    expect(await named('100% _R')).toEqual(['100% _real_']);
    expect(await named('1%_')).toEqual([]);
    expect(await named('\\')).toEqual([]);
    const direct = await accounts.list({ within: provider.id, directlyBelow: provider.id, limit: 100 });
    expect(direct.map(({ id }) => id)).toEqual([distributor.id]);
    const closed = await accounts.list({ within: provider.id, status: 'closed', limit: 100 });
    expect(closed.every(({ status }) => status === 'closed')).toBe(true);
    expect((await accounts.roots()).map(({ id }) => id)).toEqual([provider.id, stranger.id]);
  });
});

test.each(['', 'abc', '-1', '1.5', '99999999999999999999', '1 or 1=1'])('the number %j is nobody', async (number) => {
  expect(await world.engine.directory.byNumber(number)).toBeUndefined();
});
