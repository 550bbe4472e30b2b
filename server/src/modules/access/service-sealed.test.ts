import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessWorld, as, email, retried, type AccessWorld } from '../../../../test/support/access.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await accessWorld();
});
afterAll(() => world.close());

const simple = { marketplace: 'us', profile: '21.0' } as const;

/** Everything this database holds, as text: rows of all tables, with bytea as hex. */
async function everythingStored(): Promise<string> {
  const { db } = world;
  const tables = await db.query<{ name: string }>(
    { name: 'tables', text: `select table_name as name from information_schema.tables where table_schema = 'public'` },
    [],
  );
  const texts = await Promise.all(
    tables.map(({ name }) =>
      db.query<{ all: string | null }>(
        { name: `all_${name}`, text: `select string_agg(t::text, e'\\n') as all from ${name} t` },
        [],
      ),
    ),
  );
  return texts
    .flat()
    .map((row) => row.all ?? '')
    .join('\n');
}

describe('retries and secrets', () => {
  test('a retry is told the same secrets; a different request under the key is refused', async () => {
    const { access, msp } = await world.aChannel();
    const person = { email: email(), name: 'Ann', memberships: [{ accountId: msp, role: 'sales' }] } as const;
    const writes = [
      (key: string, request?: string) =>
        access.createApiKey(world.cause(retried(msp, `key ${key}`, request)), as(msp), msp, {
          name: 'k',
          role: 'sales',
        }),
      (key: string, request?: string) =>
        access.createLmpiCredential(world.cause(retried(msp, `lmpi ${key}`, request)), as(msp), msp),
      (key: string, request?: string) =>
        access.createSimpleApiUser(world.cause(retried(msp, `simple ${key}`, request)), as(msp), msp, simple),
      (key: string, request?: string) =>
        access.createUser(world.cause(retried(msp, `user ${key}`, request)), as(msp), person),
    ];
    for (const write of writes) {
      const [first, atTheSameTime] = await Promise.all([write('1'), write('1')]);
      expect(atTheSameTime).toEqual(first);
      expect(await write('1')).toEqual(first);
      await expect(write('1', 'another request')).rejects.toMatchObject({ code: 'idempotency.key_reused' });
    }
    expect(await access.listApiKeys({ within: msp, limit: 10 })).toHaveLength(1);
    expect(await access.listLmpiCredentials({ within: msp, limit: 10 })).toHaveLength(1);
  });

  test('a change that was made is told again, also after further changes', async () => {
    const { access, msp } = await world.aChannel();
    const { user } = await access.createUser(world.cause(), as(msp), {
      email: email(),
      name: 'Ann',
      memberships: [{ accountId: msp, role: 'sales' }],
    });
    const rename = () =>
      access.changeUser(world.cause(retried(msp, 'rename')), as(msp), user.id, { name: 'Anna', expectedVersion: 1 });
    const [first, second] = await Promise.all([rename(), rename()]);
    expect(second).toEqual(first);
    await access.changeUser(world.cause(), as(msp), user.id, { name: 'Annabel' });
    expect(await rename()).toEqual(first);
    expect((await access.getUser(as(msp), user.id)).name).toBe('Annabel');
  });

  test('no secret stands anywhere in the database in clear', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const { key } = await access.createApiKey(world.cause(retried(msp, 'a')), as(msp), msp, {
      name: 'k',
      role: 'sales',
    });
    const { secretKey } = await access.createLmpiCredential(world.cause(retried(msp, 'b')), as(msp), msp);
    const { login } = await access.createSimpleApiUser(world.cause(retried(msp, 'c')), as(msp), msp, simple);
    const address = email();
    const request = JSON.stringify({ password: 'a spoken password' });
    const { user, password } = await access.createUser(world.cause(retried(msp, 'd')), as(msp), {
      email: address,
      name: 'Ann',
      memberships: [{ accountId: msp, role: 'sales' }],
    });
    await access.changeUser(world.cause(retried(msp, 'e', request)), as(msp), user.id, {
      password: 'a spoken password',
    });
    const session = await authenticate.login(address, 'a spoken password');
    const bearer = await authenticate.simpleApiToken(
      (await authenticate.simpleApiPassword(login.username, login.password))!,
    );
    const stored = await everythingStored();
    expect(stored).toContain(address);
    const found = [
      key,
      secretKey,
      login.password,
      login.clientSecret,
      login.subscriptionKey,
      password!,
      'a spoken password',
      session.token,
      bearer.token,
      request,
    ];
    for (const secret of found) {
      const asBytes = Buffer.from(secret, 'utf8');
      for (const form of [secret, asBytes.toString('hex'), asBytes.toString('base64')])
        expect(stored).not.toContain(form);
    }
  });
});
