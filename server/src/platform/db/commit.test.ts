import { newId, Temporal, TierlineError, versionMismatch, type AccountId } from '@tierline/kernel';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../../test/support/database.ts';
import { commit, findAnswer, once, type Cause, type Commit, type Write } from './commit.ts';
import { isDataRefusal, isRetryable } from './errors.ts';

let database: TestDatabase;
let account: AccountId;
const at = Temporal.Instant.from('2026-03-02T09:00:00Z');

beforeAll(async () => {
  database = await testDatabase({ poolSize: 8 });
  account = await anAccount();
});
afterAll(() => database.close());

/** The rows that every event and key stands on; written as they are, since this is below the modules. */
async function anAccount(): Promise<AccountId> {
  const id = newId<'account'>();
  await sql`insert into accounts (id, root_id, path, kind, name, currency, time_zone, country, language, status, number,
      price_floor, profile, version, created_at, updated_at)
    values (${id}, ${id}, array[${id}]::uuid[], 'provider', 'Provider', 'EUR', 'UTC', 'DE', 'en', 'active',
      nextval('account_number_seq'), 'none', '{}', 1, ${at.toString()}, ${at.toString()})`.execute(database.db.kysely);
  return id;
}

const vendor = (code: string, id: string = newId<'vendor'>()): Write => ({
  run: database.db.kysely
    .insertInto('vendors')
    .values({
      id,
      root_id: account,
      code,
      name: code,
      provisioning: 'instant',
      webhook_url: null,
      webhook_secret_encrypted: null,
      policies: '{}',
      version: 1,
      created_at: at.toString(),
    })
    .returning('id'),
  expect: 1,
});

const rename = (code: string, version: number, otherwise?: TierlineError): Write => ({
  run: database.db.kysely
    .updateTable('vendors')
    .set({ name: `version ${version}`, version })
    .where('root_id', '=', account)
    .where('code', '=', code)
    .where('version', '=', version - 1)
    .returning('id'),
  expect: 1,
  ...(otherwise === undefined ? {} : { otherwise }),
});

function cause(key?: string, request = 'the request'): Cause {
  const plain = { actor: 'user:1', requestId: 'request-1', at };
  if (key === undefined) return plain;
  return { ...plain, idempotency: { ownerId: account, scope: 'test', key, requestHash: Buffer.from(request) } };
}

function work<Answer>(answer: Answer, writes: readonly Write[], facts: Partial<Commit<Answer>> = {}): Commit<Answer> {
  const subjectId = newId<'vendor'>();
  const event = { ownerId: account, type: 'test.done', subjectKind: 'vendor', subjectId, data: { answer } };
  return { cause: cause(), writes, events: [event], subjectId, answer, ...facts };
}

/** How many rows each table has that a commit may write to. */
async function counts(): Promise<Record<string, number>> {
  const { rows } = await sql<Record<string, number>>`select
      (select count(*)::int from vendors) as vendors, (select count(*)::int from events) as events,
      (select count(*)::int from idempotency_keys) as keys,
      (select coalesce(sum(catalog_revision), 0)::int from revisions) as revisions`.execute(database.db.kysely);
  return rows[0]!;
}

async function added<Result>(run: () => Promise<Result>): Promise<Record<string, number>> {
  const before = await counts();
  await run();
  const after = await counts();
  return Object.fromEntries(Object.keys(after).map((table) => [table, after[table]! - before[table]!]));
}

const nothing = { vendors: 0, events: 0, keys: 0, revisions: 0 };

describe('one statement', () => {
  test('the change, its event, the revision and the key are there together', async () => {
    const revise = [{ accountId: account, what: 'catalog' }] as const;
    const done = work({ ok: true }, [vendor('together')], { cause: cause('together'), revise });
    expect(await added(() => commit(database.db, done))).toEqual({ vendors: 1, events: 1, keys: 1, revisions: 1 });
    const event = await database.db.kysely
      .selectFrom('events')
      .selectAll()
      .where('subject_id', '=', done.subjectId)
      .executeTakeFirstOrThrow();
    expect(event).toMatchObject({
      owner_id: account,
      type: 'test.done',
      actor: 'user:1',
      request_id: 'request-1',
      data: { answer: { ok: true } },
    });
    expect(event.at.toString()).toBe(at.toString());
  });

  test('is one round trip in one transaction', async () => {
    const statements: string[] = [];
    const counting = database.db.kysely.withPlugin({
      transformQuery: ({ node }) => {
        statements.push(node.kind);
        return node;
      },
      transformResult: ({ result }) => Promise.resolve(result),
    });
    const several = work('ok', [vendor('one'), vendor('two')], {
      cause: cause('one round trip'),
      revise: [{ accountId: account, what: 'account' }],
    });
    await commit({ ...database.db, kysely: counting }, several);
    expect(statements).toEqual(['RawNode']);
  });

  test('a revision grows by one with each commit', async () => {
    const own = await anAccount();
    const revise = (what: 'account' | 'catalog') =>
      commit(database.db, work(what, [], { revise: [{ accountId: own, what }] }));
    await revise('catalog');
    await revise('catalog');
    await revise('account');
    const row = await database.db.kysely
      .selectFrom('revisions')
      .selectAll()
      .where('account_id', '=', own)
      .executeTakeFirstOrThrow();
    // The first commit makes the row, at 1 and 1.
    expect(row).toMatchObject({ catalog_revision: 2n, account_revision: 2n });
  });
});

describe('a write that did not find what it expected', () => {
  const gone = new TierlineError('vendors.version_mismatch', 'conflict', 'It was changed.');

  test('throws its own refusal, and nothing is written', async () => {
    const refused = work('never', [vendor('refused'), rename('refused', 2, gone)], {
      cause: cause('refused'),
      revise: [{ accountId: account, what: 'catalog' }],
    });
    expect(await added(() => expect(commit(database.db, refused)).rejects.toBe(gone))).toEqual(nothing);
  });

  test('the refusal is that of the write which refused, not of another', async () => {
    const other = new TierlineError('vendors.other', 'conflict', 'Other.');
    await commit(database.db, work('ok', [vendor('which')]));
    const writes = [rename('which', 2, other), rename('which-not-there', 2, gone)];
    await expect(commit(database.db, work('never', writes))).rejects.toBe(gone);
    await commit(database.db, work('ok', [rename('which', 2, other)]));
  });

  test('without a refusal of its own the error of the database stands', async () => {
    const error = await commit(database.db, work('never', [rename('nobody', 2)])).catch((thrown: unknown) => thrown);
    expect(isDataRefusal(error)).toBe(true);
    expect(error).not.toBeInstanceOf(TierlineError);
  });

  test('of many concurrent changes of one version exactly one is made', async () => {
    await commit(database.db, work('ok', [vendor('contended')]));
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, () => commit(database.db, work('done', [rename('contended', 2, gone)]))),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.every((outcome) => outcome.status === 'fulfilled' || outcome.reason === gone)).toBe(true);
  });
});

describe('constraints', () => {
  const exists = new TierlineError('vendors.exists', 'conflict', 'There is one already.');
  const constraints = { vendors_root_id_code_key: exists };

  test('a broken one means what the commit says it means', async () => {
    await commit(database.db, work('ok', [vendor('unique')]));
    const again = work('never', [vendor('unique')], { constraints });
    expect(await added(() => expect(commit(database.db, again)).rejects.toBe(exists))).toEqual(nothing);
  });

  test('one that is not named is an error of the database, told from others', async () => {
    const id = newId<'vendor'>();
    await commit(database.db, work('ok', [vendor('first', id)]));
    const sameId = work('never', [vendor('second', id)], { constraints });
    await expect(commit(database.db, sameId)).rejects.toMatchObject({ code: '23505', constraint: 'vendors_pkey' });
  });
});

describe('a retry', () => {
  test('gets the first answer, and nothing is done twice', async () => {
    const first = work({ number: '1', nested: { list: [1, null, 'ä'] } }, [vendor('retry')], { cause: cause('retry') });
    const second = work({ number: '2', nested: { list: [] as unknown[] } }, [vendor('retry-again')], {
      cause: cause('retry'),
    });
    const answer = await commit(database.db, first);
    let again: unknown;
    const more = await added(async () => {
      again = await commit<unknown>(database.db, second);
    });
    expect(again).toEqual(answer);
    expect(more).toEqual(nothing);
  });

  test('gets the first answer also when the same request would be refused by now', async () => {
    const gone = new TierlineError('vendors.version_mismatch', 'conflict', 'It was changed.');
    await commit(database.db, work('ok', [vendor('changed')]));
    const change = () => commit(database.db, work('to 2', [rename('changed', 2, gone)], { cause: cause('change') }));
    expect([await change(), await change()]).toEqual(['to 2', 'to 2']);
  });

  test('gets the first answer from once() when a check before the commit refuses it by now', async () => {
    const refused = new TierlineError('test.refused', 'invalid', 'Refused.');
    await commit(database.db, work('accepted', [], { cause: cause('once') }));
    const refuse = () => Promise.reject(refused);
    expect(await once(database.db, cause('once'), refuse)).toBe('accepted');
    await expect(once(database.db, cause('never seen'), refuse)).rejects.toBe(refused);
    await expect(once(database.db, cause(), refuse)).rejects.toBe(refused);
    await expect(once(database.db, cause('once', 'another request'), refuse)).rejects.toMatchObject({
      code: 'idempotency.key_reused',
    });
  });

  test('is decided anew by once() when it lost a race, and not when its own condition failed', async () => {
    let decisions = 0;
    const loseTwice = () => {
      decisions += 1;
      return decisions < 3 ? Promise.reject(versionMismatch('vendor')) : Promise.resolve('done');
    };
    expect(await once(database.db, cause(), loseTwice)).toBe('done');
    expect(decisions).toBe(3);
    const condition = versionMismatch('vendor', 7);
    const fail = () => {
      decisions += 1;
      return Promise.reject(condition);
    };
    await expect(once(database.db, cause(), fail)).rejects.toBe(condition);
    expect(decisions).toBe(4);
    const always = versionMismatch('vendor');
    await expect(once(database.db, cause(), () => Promise.reject(always))).rejects.toBe(always);
  });

  test('a bug is not covered up by an earlier answer', async () => {
    const bug = new TierlineError('test.bug', 'bug', 'A bug.');
    await commit(database.db, work('accepted', [], { cause: cause('bug') }));
    await expect(once(database.db, cause('bug'), () => Promise.reject(bug))).rejects.toBe(bug);
    await expect(once(database.db, cause('bug'), () => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  });

  test('fifty at once: one is done, all get its answer', async () => {
    const answers: unknown[] = [];
    const more = await added(async () => {
      const tries = Array.from({ length: 50 }, (_, index) =>
        commit(database.db, work({ index }, [vendor(`fifty-${index}`)], { cause: cause('fifty') })),
      );
      answers.push(...(await Promise.all(tries)));
    });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(more).toEqual({ vendors: 1, events: 1, keys: 1, revisions: 0 });
  });

  test('under a key that was used for another request is a conflict, and nothing is done', async () => {
    await commit(database.db, work('first', [], { cause: cause('reused', 'a') }));
    const other = work('second', [vendor('reused')], { cause: cause('reused', 'b') });
    const refused = () =>
      expect(commit(database.db, other)).rejects.toMatchObject({
        code: 'idempotency.key_reused',
        kind: 'conflict',
        field: 'Idempotency-Key',
      });
    expect(await added(refused)).toEqual(nothing);
  });

  test('one key in two scopes, and of two accounts, is two keys', async () => {
    const idempotency = { ...cause('shared').idempotency!, scope: 'another' };
    const elsewhere = { ...cause('shared').idempotency!, ownerId: await anAccount() };
    for (const [answer, key] of [
      ['first', cause('shared').idempotency!],
      ['second', idempotency],
      ['third', elsewhere],
    ] as const) {
      expect(await commit(database.db, work(answer, [], { cause: { ...cause(), idempotency: key } }))).toBe(answer);
    }
    expect(await findAnswer(database.db, elsewhere)).toBe('third');
  });

  test('a refused request leaves its key free', async () => {
    const refused = work('never', [rename('nobody', 2)], { cause: cause('freed') });
    await expect(commit(database.db, refused)).rejects.toThrow(/write 0/);
    expect(await commit(database.db, work('later', [], { cause: cause('freed') }))).toBe('later');
  });
});

test('a serialization failure is tried again, and the work is done once', async () => {
  const { kysely } = database.db;
  // A sequence keeps counting when its transaction is rolled back, so the function fails exactly twice.
  await sql`create sequence attempts`.execute(kysely);
  await sql`create function fail_twice() returns boolean language plpgsql as $$ begin
    if nextval('attempts') < 3 then raise exception 'try again' using errcode = '40001'; end if; return true; end $$`.execute(
    kysely,
  );
  await commit(database.db, work('ok', [vendor('serialized')]));
  const touch = {
    run: sql`update vendors set version = version + 1 where code = 'serialized' and fail_twice() returning id`,
    expect: 1,
  };
  const more = await added(() => commit(database.db, work('done', [touch], { cause: cause('serialized') })));
  expect(more).toEqual({ vendors: 0, events: 1, keys: 1, revisions: 0 });
  const { rows } = await sql<{
    version: number;
    attempts: bigint;
  }>`select version, (select last_value from attempts) as attempts
    from vendors where code = 'serialized'`.execute(kysely);
  expect(rows).toEqual([{ version: 2, attempts: 3n }]);
});

test('one that fails for ever is given up, as what it is', async () => {
  const { kysely } = database.db;
  await sql`create function fail_always() returns boolean language plpgsql as $$ begin
    raise exception 'deadlock' using errcode = '40P01'; end $$`.execute(kysely);
  const touch = { run: sql`update vendors set version = version + 1 where fail_always() returning id` };
  const error = await commit(database.db, work('never', [touch])).catch((thrown: unknown) => thrown);
  expect(isRetryable(error)).toBe(true);
});
