import { newId, Temporal, type AccountId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { commit } from './commit.ts';
import type { Database } from './connect.ts';
import { revisions, type Revisions } from './revisions.ts';

let database: TestDatabase;
const started: Revisions[] = [];
beforeAll(async () => {
  database = await testDatabase({ poolSize: 10 });
});
afterAll(() => database.close());
afterEach(() => {
  for (const server of started.splice(0)) server.stop();
});

const at = Temporal.Instant.from('2026-03-02T09:00:00Z');

async function anAccount(): Promise<AccountId> {
  const id = newId<'account'>();
  await sql`insert into accounts (id, root_id, path, kind, name, currency, time_zone, country, language, status, number,
      price_floor, profile, version, created_at, updated_at)
    values (${id}, ${id}, array[${id}]::uuid[], 'provider', 'Provider', 'EUR', 'UTC', 'DE', 'en', 'active',
      nextval('account_number_seq'), 'none', '{}', 1, ${at.toString()}, ${at.toString()})`.execute(database.db.kysely);
  return id;
}

/** What a write of a server does to the revisions: here without anything that is written beside. */
function bump(accountId: AccountId, what: 'account' | 'catalog' = 'catalog'): Promise<unknown> {
  return commit(database.db, {
    cause: { actor: 'system', requestId: 'request', at },
    writes: [],
    events: [{ ownerId: accountId, type: 'test', subjectKind: 'account', subjectId: accountId, data: {} }],
    revise: [{ accountId, what }],
    subjectId: accountId,
    answer: null,
  });
}

const bumpText = `insert into revisions values ($1, 1, 1, pg_current_xact_id())
  on conflict (account_id) do update set catalog_revision = revisions.catalog_revision + 1, changed_xid = pg_current_xact_id()`;

/** A transaction that has changed a revision and is not committed yet. */
async function openTransaction(accountId: AccountId) {
  const client = await database.db.connect();
  await client.query('begin');
  await client.query(bumpText, [accountId]);
  return {
    async end(how: 'commit' | 'rollback'): Promise<void> {
      await client.query(how);
      client.release();
    },
  };
}

describe('two servers over one database', () => {
  test('each sees what the other changed after its next look', async () => {
    const [a, b] = [revisions(database.db), revisions(database.db)];
    const [account, other] = [await anAccount(), await anAccount()];
    await bump(account);
    await a.refresh();
    const [before, unchanged] = [{ ...a.cell(account) }, { ...a.cell(other) }];
    await bump(account);
    await b.refresh();
    expect(a.cell(account)).toEqual(before);
    await a.refresh();
    expect(a.cell(account)).toEqual({ ...before, catalog: before.catalog + 1n });
    expect(a.cell(account)).toEqual(b.cell(account));
    expect(a.cell(other)).toEqual(unchanged);
  });

  test('a cell is updated in place, so that whoever holds it sees the change', async () => {
    const server = revisions(database.db);
    const account = await anAccount();
    const held = server.cell(account);
    await bump(account, 'account');
    await server.refresh();
    expect(held).toEqual({ account: 1n, catalog: 1n });
    expect(server.cell(account)).toBe(held);
  });

  test('a server that starts later knows all that happened before', async () => {
    const account = await anAccount();
    for (let count = 0; count < 3; count += 1) await bump(account);
    const late = revisions(database.db);
    await late.refresh();
    expect(late.cell(account).catalog).toBe(3n);
  });

  test('listeners hear of changed accounts, not of changed catalogs', async () => {
    const server = revisions(database.db);
    const account = await anAccount();
    await bump(account);
    await server.refresh();
    const heard: AccountId[] = [];
    server.onAccountChange((changed) => void heard.push(changed));
    await bump(account, 'catalog');
    await server.refresh();
    expect(heard).toEqual([]);
    await bump(account, 'account');
    await server.refresh();
    await server.refresh();
    expect(heard).toEqual([account]);
  });
});

/** Transactions commit in another order than they began; a look that only went forward would pass by the late ones. */
describe('a transaction that commits late', () => {
  test('is not missed, though later ones were seen before', async () => {
    const server = revisions(database.db);
    const [late, early] = [await anAccount(), await anAccount()];
    await server.refresh();
    const open = await openTransaction(late);
    for (let count = 0; count < 5; count += 1) await bump(early);
    await server.refresh();
    await server.refresh();
    expect(server.cell(early).catalog).toBe(5n);
    expect(server.cell(late).catalog).toBe(0n);
    await open.end('commit');
    await server.refresh();
    expect(server.cell(late).catalog).toBe(1n);
  });

  test('is not missed behind another that is open for longer, and one that is rolled back changes nothing', async () => {
    const server = revisions(database.db);
    const [longest, late, dropped] = [await anAccount(), await anAccount(), await anAccount()];
    const open = [await openTransaction(longest), await openTransaction(late), await openTransaction(dropped)] as const;
    await server.refresh();
    await open[1].end('commit');
    await open[2].end('rollback');
    await server.refresh();
    expect([longest, late, dropped].map((account) => server.cell(account).catalog)).toEqual([0n, 1n, 0n]);
    await open[0].end('commit');
    await server.refresh();
    expect(server.cell(longest).catalog).toBe(1n);
  });
});

describe('looking', () => {
  test('after its own commit a server sees at least that commit, however many look at once', async () => {
    const server = revisions(database.db);
    const accounts = await Promise.all(Array.from({ length: 12 }, () => anAccount()));
    await Promise.all(
      accounts.map(async (account) => {
        for (let count = 1n; count <= 15n; count += 1n) {
          await bump(account);
          await server.refresh();
          expect(server.cell(account).catalog).toBeGreaterThanOrEqual(count);
        }
      }),
    );
  });

  /** A look that is under way may have read before the change of who asks; that one has to wait for a look of its own. */
  test('who asks during a look gets one that began after the asking', async () => {
    let held: { began: () => void; release: Promise<void> } | undefined;
    const slow: Database = {
      ...database.db,
      query: async (statement, values) => {
        const rows = await database.db.query(statement, values);
        if (statement.name === 'revisions_since' && held !== undefined) {
          const { began, release } = held;
          held = undefined;
          began();
          await release;
        }
        return rows as never;
      },
    };
    const server = revisions(slow);
    const [account, other] = [await anAccount(), await anAccount()];
    await server.refresh();
    let release!: () => void;
    const began = new Promise<void>((resolve) => {
      held = { began: resolve, release: new Promise((go) => (release = go)) };
    });
    const early = server.refresh();
    await began;
    await Promise.all([bump(account), bump(other)]);
    const late = [server.refresh(), server.refresh(), server.refresh()].map((look) =>
      look.then(() => [server.cell(account).catalog, server.cell(other).catalog]),
    );
    release();
    await early;
    expect(await Promise.all(late)).toEqual(Array.from({ length: 3 }, () => [1n, 1n]));
  });

  test('many that ask at once share looks', async () => {
    let looks = 0;
    const counted: Database = {
      ...database.db,
      query: (statement, values) => {
        looks += statement.name === 'revisions_since' ? 1 : 0;
        return database.db.query(statement, values);
      },
    };
    const server = revisions(counted);
    await Promise.all(Array.from({ length: 100 }, () => server.refresh()));
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(2);
  });

  test('a look that fails is told, and skips nothing', async () => {
    let failing = 0;
    const flaky: Database = {
      ...database.db,
      query: (statement, values) => {
        if (failing > 0 && statement.name === 'revisions_since') {
          failing -= 1;
          return Promise.reject(new Error('no database'));
        }
        return database.db.query(statement, values);
      },
    };
    const server = revisions(flaky);
    const account = await anAccount();
    await server.refresh();
    await bump(account);
    failing = 1;
    await expect(server.refresh()).rejects.toThrow('no database');
    await server.refresh();
    expect(server.cell(account).catalog).toBe(1n);
  });
});

describe('without being asked', () => {
  const changed = (server: Revisions, account: AccountId): Promise<void> =>
    new Promise((resolve) => {
      server.onAccountChange((id) => {
        if (id === account) resolve();
      });
    });

  test('a server hears of a change at once, by notification', async () => {
    const server = revisions(database.db);
    started.push(server);
    await server.start(3_600_000, () => {});
    const account = await anAccount();
    const heard = changed(server, account);
    await bump(account, 'account');
    await heard;
    expect(server.cell(account).account).toBe(1n);
  });

  test('and within a poll when there was no notification', async () => {
    const server = revisions(database.db);
    started.push(server);
    await server.start(10, () => {});
    const account = await anAccount();
    const heard = changed(server, account);
    await database.db.query({ name: 'bump_in_silence', text: bumpText }, [account]);
    await heard;
    expect(server.cell(account).account).toBe(1n);
  });
});
