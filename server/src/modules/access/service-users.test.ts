import type { UserId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessWorld, as, email, type AccessWorld } from '../../../../test/support/access.ts';

let world: AccessWorld;
beforeAll(async () => {
  world = await accessWorld();
});
afterAll(() => world.close());

describe('users and sessions', () => {
  test('sign in, act for each of their accounts, sign out', async () => {
    const { access, authenticate, distributor, msp, sibling } = await world.aChannel();
    const address = email();
    const { user, password } = await access.createUser(world.cause(), as(distributor), {
      email: ` ${address.toUpperCase()} `,
      name: 'Ann',
      memberships: [
        { accountId: distributor, role: 'sales' },
        { accountId: msp, role: 'owner' },
      ],
    });
    expect(user.email).toBe(address);
    const login = await authenticate.login(address.toUpperCase(), password!, msp);
    expect(login.principal).toMatchObject({ accountId: msp, role: 'owner', actor: `user:${user.id}`, surface: 'api' });
    expect(login.expiresAt).toEqual(world.clock.now().add({ hours: 12 }));
    expect(new Set(login.accounts.map((each) => each.accountId))).toEqual(new Set([distributor, msp]));
    expect(authenticate.peekSession(login.token)).toBeUndefined();
    expect(await authenticate.bySession(login.token)).toEqual(login.principal);
    expect(authenticate.peekSession(login.token)).toEqual(login.principal);
    expect(await authenticate.bySession(login.token, distributor)).toMatchObject({
      accountId: distributor,
      role: 'sales',
    });
    expect(await authenticate.bySession(login.token, sibling)).toBeUndefined();
    // The account in the token is part of what was hashed: nobody moves a session to another account by editing it.
    expect(await authenticate.bySession(login.token.replace(msp, distributor))).toBeUndefined();
    await authenticate.logout(login.token);
    expect(authenticate.peekSession(login.token)).toBeUndefined();
    expect(await authenticate.bySession(login.token)).toBeUndefined();
    expect(await authenticate.bySession(login.token, distributor)).toBeUndefined();
  });

  test('a session ends with its time; elsewhere a logout counts after half a second', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const other = world.aServer();
    const address = email();
    await access.createUser(world.cause(), as(msp), {
      email: address,
      name: 'Ann',
      password: 'long enough',
      memberships: [{ accountId: msp, role: 'owner' }],
    });
    const [one, two] = [
      await authenticate.login(address, 'long enough'),
      await authenticate.login(address, 'long enough'),
    ];
    expect(await other.authenticate.bySession(one.token)).toBeDefined();
    await authenticate.logout(one.token);
    world.clock.set(world.clock.now().add({ milliseconds: 500 }));
    expect(other.authenticate.peekSession(one.token)).toBeUndefined();
    expect(await other.authenticate.bySession(one.token)).toBeUndefined();
    expect(await authenticate.bySession(two.token)).toBeDefined();
    world.clock.set(world.clock.now().add({ hours: 12 }));
    expect(await authenticate.bySession(two.token)).toBeUndefined();
  });

  test('a new password and being disabled end all sessions at once', async () => {
    const { access, authenticate, distributor, msp } = await world.aChannel();
    const address = email();
    const { user } = await access.createUser(world.cause(), as(distributor), {
      email: address,
      name: 'Ann',
      password: 'first password',
      memberships: [{ accountId: msp, role: 'sales' }],
    });
    const first = await authenticate.login(address, 'first password');
    expect(await authenticate.bySession(first.token)).toBeDefined();
    await access.changeUser(world.cause(), as(distributor), user.id, {
      password: 'second password',
      expectedVersion: 1,
    });
    expect(await authenticate.bySession(first.token)).toBeUndefined();
    await expect(authenticate.login(address, 'first password')).rejects.toMatchObject({ code: 'access.login_failed' });
    const second = await authenticate.login(address, 'second password');
    await access.changeUser(world.cause(), as(distributor), user.id, { status: 'disabled', expectedVersion: 2 });
    expect(await authenticate.bySession(second.token)).toBeUndefined();
    await expect(authenticate.login(address, 'second password')).rejects.toMatchObject({ code: 'access.login_failed' });
    await expect(
      access.changeUser(world.cause(), as(distributor), user.id, { name: 'B', expectedVersion: 2 }),
    ).rejects.toMatchObject({ code: 'users.version_mismatch' });
  });

  test('a role that is taken away or changed counts at once', async () => {
    const { access, authenticate, distributor, msp } = await world.aChannel();
    const address = email();
    const { user } = await access.createUser(world.cause(), as(distributor), {
      email: address,
      name: 'Ann',
      password: 'long enough',
      memberships: [{ accountId: msp, role: 'sales' }],
    });
    const { token } = await authenticate.login(address, 'long enough');
    await authenticate.bySession(token);
    const changed = await access.changeUser(world.cause(), as(distributor), user.id, {
      memberships: [{ accountId: msp, role: 'billing' }],
    });
    expect(changed.memberships).toEqual([{ accountId: msp, role: 'billing' }]);
    expect(await authenticate.bySession(token)).toMatchObject({ role: 'billing' });
    await access.changeUser(world.cause(), as(distributor), user.id, { memberships: [{ accountId: msp, role: null }] });
    expect(await authenticate.bySession(token)).toBeUndefined();
    await expect(access.getUser(as(distributor), user.id)).rejects.toMatchObject({ code: 'users.not_found' });
  });

  test('who can not be seen does not exist; who is shared keeps name and password', async () => {
    const { access, distributor, msp, sibling, stranger } = await world.aChannel();
    const { user } = await access.createUser(world.cause(), as(distributor), {
      email: email(),
      name: 'Ann',
      memberships: [
        { accountId: msp, role: 'owner' },
        { accountId: sibling, role: 'sales' },
      ],
    });
    const lonely = await access.createUser(world.cause(), as(msp), {
      email: email(),
      name: 'Lea',
      memberships: [{ accountId: msp, role: 'sales' }],
    });
    for (const other of [sibling, stranger]) {
      const refused = { code: 'users.not_found', kind: 'not_found' };
      await expect(access.getUser(as(other), lonely.user.id)).rejects.toMatchObject(refused);
      await expect(access.changeUser(world.cause(), as(other), lonely.user.id, { name: 'X' })).rejects.toMatchObject(
        refused,
      );
    }
    expect(await access.listUsers({ within: stranger, limit: 10 })).toEqual([]);
    expect((await access.getUser(as(sibling), user.id)).memberships).toEqual([{ accountId: sibling, role: 'sales' }]);
    expect(await access.listUsers({ within: sibling, limit: 10 })).toMatchObject([
      { id: user.id, memberships: [{ accountId: sibling }] },
    ]);
    expect(await access.listUsers({ within: distributor, accountId: msp, after: user.id, limit: 10 })).toMatchObject([
      { id: lonely.user.id },
    ]);
    await expect(
      access.changeUser(world.cause(), as(sibling), user.id, { password: 'taken over' }),
    ).rejects.toMatchObject({
      code: 'users.shared',
    });
    const seen = await access.changeUser(world.cause(), as(sibling), user.id, {
      memberships: [{ accountId: sibling, role: 'admin' }],
    });
    expect(seen.memberships).toEqual([{ accountId: sibling, role: 'admin' }]);
    await expect(
      access.changeUser(world.cause(), as(sibling), user.id, { memberships: [{ accountId: msp, role: null }] }),
    ).rejects.toMatchObject({ kind: 'not_found' });
    const events = await world.db.kysely
      .selectFrom('events')
      .select(['owner_id', 'data'])
      .where('subject_id', '=', user.id)
      .where('type', '=', 'user.changed')
      .orderBy('owner_id')
      .execute();
    expect(events).toEqual(
      [
        { owner_id: msp, data: {} },
        { owner_id: sibling, data: { role: 'admin' } },
      ].toSorted((a, b) => (a.owner_id < b.owner_id ? -1 : 1)),
    );
  });

  test('an admin neither becomes owner nor takes one over, and an account keeps an owner', async () => {
    const { access, distributor, msp } = await world.aChannel();
    const owner = await access.createUser(world.cause(), as(distributor, 'admin'), {
      email: email(),
      name: 'Olga',
      memberships: [{ accountId: msp, role: 'owner' }],
    });
    const admin = await access.createUser(world.cause(), as(msp), {
      email: email(),
      name: 'Adam',
      memberships: [{ accountId: msp, role: 'admin' }],
    });
    const acting = as(msp, 'admin');
    const grant = (id: UserId, role: 'owner' | null) =>
      access.changeUser(world.cause(), acting, id, { memberships: [{ accountId: msp, role }] });
    for (const attempt of [
      () => grant(admin.user.id, 'owner'),
      () => grant(owner.user.id, null),
      () => access.changeUser(world.cause(), acting, owner.user.id, { password: 'taken over' }),
      () => access.changeUser(world.cause(), acting, owner.user.id, { status: 'disabled' }),
      () =>
        access.createUser(world.cause(), acting, {
          email: email(),
          name: 'X',
          memberships: [{ accountId: msp, role: 'owner' }],
        }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'access.role_not_grantable' });
    }
    for (const change of [{ status: 'disabled' }, { memberships: [{ accountId: msp, role: 'sales' }] }] as const) {
      await expect(access.changeUser(world.cause(), as(msp), owner.user.id, change)).rejects.toMatchObject({
        code: 'users.last_owner',
      });
    }
    await access.changeUser(world.cause(), as(msp), admin.user.id, {
      memberships: [{ accountId: msp, role: 'owner' }],
    });
    await access.changeUser(world.cause(), as(msp), owner.user.id, { status: 'disabled' });
  });

  test('every reason against a user is told at once, and an email is used once', async () => {
    const { access, msp } = await world.aChannel();
    const bad = { email: 'nobody', name: '\u0000', password: 'short', memberships: [] };
    await expect(access.createUser(world.cause(), as(msp), bad)).rejects.toMatchObject({
      reasons: [
        { code: 'users.bad_email' },
        { code: 'access.bad_name' },
        { code: 'access.bad_password' },
        { code: 'users.no_membership' },
      ],
    });
    const good = { email: email(), name: 'Ann', memberships: [{ accountId: msp, role: 'sales' }] } as const;
    await access.createUser(world.cause(), as(msp), good);
    await expect(access.createUser(world.cause(), as(msp), good)).rejects.toMatchObject({
      code: 'users.email_taken',
      kind: 'conflict',
    });
  });

  test('guessing is slowed down, for known and unknown names alike', async () => {
    const { access, authenticate, msp } = await world.aChannel();
    const known = email();
    await access.createUser(world.cause(), as(msp), {
      email: known,
      name: 'Ann',
      password: 'long enough',
      memberships: [{ accountId: msp, role: 'sales' }],
    });
    for (const name of [known, email(), 'no\u0000body']) {
      for (let guess = 1; guess <= 5; guess += 1) {
        await expect(authenticate.login(name, `guess ${guess}`)).rejects.toMatchObject({
          code: 'access.login_failed',
          kind: 'unauthenticated',
        });
      }
      await expect(authenticate.login(name, 'long enough')).rejects.toMatchObject({
        kind: 'limited',
        retryAfterSeconds: 1,
      });
    }
    world.clock.set(world.clock.now().add({ seconds: 1 }));
    expect(await authenticate.login(known, 'long enough')).toBeDefined();
  });
});
