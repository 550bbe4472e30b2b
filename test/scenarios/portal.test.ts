import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { hidden, openPortal, read, type Browser, type Page, type Person } from '../support/portal.ts';
import { openWorld, type World } from '../support/world.ts';

let world: World;
let portal: ReturnType<typeof openPortal>;
let seller: Account;
let person: Person;
beforeAll(async () => {
  world = await openWorld();
  portal = openPortal(world);
  seller = await world.distributor(await world.provider());
  person = await portal.person(seller);
  const product = await world.product(seller, { name: 'Worry <Free> & Co' });
  await world.plan(seller, { product, name: 'A month of it', rates: [{ mpn: 'FREE-1', prices: '10' }] });
  const terms = { activationPolicy: 'first_sign_in', subscriptionPeriod: { unit: 'year', count: 1 } } as const;
  await world.plan(seller, { product, name: 'A year from now', rates: [{ mpn: 'LATER-1', prices: '10' }], terms });
  await world.order(person.customer, [{ mpn: 'FREE-1', quantity: '7' }]);
  await world.order(person.customer, [{ mpn: 'LATER-1', quantity: '3' }]);
});
afterAll(() => world.close());

async function signedIn(of: Person = person): Promise<Browser> {
  const browser = portal.browser();
  expect((await browser.signIn(of)).status).toBe(303);
  return browser;
}

const alertOf = ({ text }: Page): string => read(/role="alert">.*?<\/p>/s.exec(text)?.[0].slice(13) ?? '');

describe('signing in', () => {
  test('the first sign-in begins what waited for it, and shows what the customer holds', async () => {
    const browser = await signedIn();
    const page = await browser.home();
    expect(page.status).toBe(200);
    const text = read(page.text);
    expect(text).toContain('Okafor & Daughters Imani Okafor');
    // The world stands on March 2, 2026; the last day is told, not the first one after it.
    expect(text).toContain('A year from now Worry &lt;Free&gt; & Co 3 Mar 2, 2026 Mar 1, 2027 renews Active');
    expect(text).toContain('A month of it Worry &lt;Free&gt; & Co 7 Mar 2, 2026 Apr 1, 2026 renews Active');
    expect(page.text).not.toContain('10.00');
  });

  test('the login in any letter case; the password as it is', async () => {
    expect((await portal.browser().signIn({ ...person, login: person.login.toUpperCase() })).status).toBe(303);
    expect((await portal.browser().signIn({ ...person, password: 'Open sesame' })).status).toBe(401);
  });

  test('a wrong password, login and tenant are refused alike', async () => {
    const other = await world.isp(await world.provider());
    const pages = await Promise.all([
      portal.browser().signIn({ ...person, password: 'wrong password' }),
      portal.browser().signIn({ ...person, login: 'nobody_here' }),
      portal.browser().signIn({ ...person, tenant: other.id }),
      portal.browser().signIn({ ...person, tenant: '0190f0e2-7b5c-7c3a-9d1e-2f3a4b5c6d7e' }),
      portal.browser().signIn({ ...person, tenant: '"><script>' }),
      portal.browser().signIn({ ...person, login: '' }),
    ]);
    expect(new Set(pages.map((page) => `${page.status} ${alertOf(page)}`))).toEqual(
      new Set(['401 The login or the password is wrong.']),
    );
    expect(pages.every(({ headers }) => !headers.get('set-cookie')!.includes('tierline_portal='))).toBe(true);
  });

  test('after five failures the next try waits, also for the right password', async () => {
    const slow = await portal.person(seller);
    for (let count = 0; count < 5; count += 1) {
      expect((await portal.browser().signIn({ ...slow, password: 'wrong password' })).status).toBe(401);
    }
    const page = await portal.browser().signIn(slow);
    expect(page.status).toBe(429);
    expect(page.headers.get('retry-after')).toBe('1');
    // The same login of another tenant is another one.
    expect((await portal.browser().signIn(person)).status).toBe(303);
  });

  test('the cookie is for this site alone, and secure where the site is', async () => {
    const cookieOf = (page: Page): string =>
      page.headers.getSetCookie().find((text) => text.startsWith('tierline_portal='))!;
    const plain = cookieOf(await portal.browser().signIn(person));
    expect(plain).toMatch(
      /^tierline_portal=tl_portal_[\w-]{43}; Path=\/portal; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    );
    const secure = openPortal(world, { publicUrl: 'https://portal.example.com' });
    expect(cookieOf(await secure.browser().signIn(person))).toContain('; Secure');
    const [session] = await world.db.query<{ count: bigint }>(
      {
        name: 'tokens',
        text: "select count(*) from customer_sessions where encode(token_hash, 'escape') like '%tl_portal%'",
      },
      [],
    );
    expect(session!.count).toBe(0n);
  });

  test('pages load nothing but their style, are not framed, and not kept', async () => {
    const { headers, text } = await portal.browser().send('/portal');
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<script|style="|javascript:/i);
    const css = await portal.browser().send('/portal/portal.css');
    expect(css.headers.get('content-type')).toBe('text/css; charset=utf-8');
  });
});

describe('who may not be in', () => {
  test.each([
    ['admin_hold', 'is on hold'],
    ['canceled', 'is canceled'],
    ['pending', 'is not verified yet'],
    ['error', 'is in error; its account must be mended first'],
  ] as const)(
    'the people of a customer that is %s are told so after a right password, and their sessions end',
    async (status, why) => {
      const held = await portal.person(seller);
      const browser = await signedIn(held);
      await world.engine.customers.change(world.cause(), seller.id, { id: held.customer.id }, { status });
      expect(read((await browser.home()).text)).toContain('Sign in');
      const page = await portal.browser().signIn(held);
      expect({ status: page.status, alert: alertOf(page) }).toEqual({
        status: 403,
        alert: `Okafor & Daughters ${why}, so nobody can sign in for it now. Ask your provider.`,
      });
      expect((await portal.browser().signIn({ ...held, password: 'wrong password' })).status).toBe(401);
      await world.engine.customers.change(world.cause(), seller.id, { id: held.customer.id }, { status: 'active' });
      expect(read((await browser.home()).text)).toContain('Sign in');
    },
  );

  test('what waits does not begin with a refused sign-in', async () => {
    const held = await portal.person(seller);
    const { subscriptions } = await world.order(held.customer, [{ mpn: 'LATER-1' }]);
    const get = () => world.engine.subscriptions.get(seller.id, { id: subscriptions[0]!.id });
    await world.engine.customers.change(world.cause(), seller.id, { id: held.customer.id }, { status: 'admin_hold' });
    await portal.browser().signIn(held);
    await portal.browser().signIn({ ...held, password: 'wrong password' });
    expect(await get()).toMatchObject({ status: 'pending', waitsFor: 'first_sign_in' });
    await world.engine.customers.change(world.cause(), seller.id, { id: held.customer.id }, { status: 'credit_hold' });
    await signedIn(held);
    expect(await get()).toMatchObject({ status: 'active' });
  });

  test('a disabled person is out at once, and refused as for a wrong password', async () => {
    const gone = await portal.person(seller);
    const browser = await signedIn(gone);
    const of = { ownerId: seller.id, customerId: gone.customer.id };
    const [user] = await world.engine.access.listCustomerUsers(of.ownerId, of.customerId);
    await world.engine.access.changeCustomerUser(world.cause(), of, user!.id, { status: 'disabled' });
    expect(read((await browser.home()).text)).toContain('Sign in');
    const page = await portal.browser().signIn(gone);
    expect({ status: page.status, alert: alertOf(page) }).toEqual({
      status: 401,
      alert: 'The login or the password is wrong.',
    });
  });

  test('a session ends after its hours', async () => {
    const later = await openWorld();
    const own = openPortal(later);
    const somebody = await own.person(await later.provider());
    const browser = own.browser();
    await browser.signIn(somebody);
    later.moveTo('2026-03-02T20:59:59Z');
    expect(read((await browser.home()).text)).toContain('Sign out');
    later.moveTo('2026-03-02T21:00:00Z');
    expect(read((await browser.home()).text)).not.toContain('Sign out');
    await later.close();
  });
});

describe('what a session sees', () => {
  test('nothing of another customer, of the same seller or of another, whatever it asks for', async () => {
    const other = await portal.person(seller, { name: 'Somebody Else' });
    const { subscriptions } = await world.order(other.customer, [{ mpn: 'FREE-1', quantity: '99' }]);
    const browser = await signedIn();
    for (const query of [
      `after=${subscriptions[0]!.id}`,
      `customer_id=${other.customer.id}`,
      `tenant=${other.tenant}`,
    ]) {
      const page = await browser.send(`/portal?${query}`);
      expect(page.status).toBe(200);
      expect(page.text).toContain('Okafor &amp; Daughters');
      expect(page.text).not.toMatch(/Somebody Else|>99</);
    }
  });

  test('pages of fifty, the newest first', async () => {
    const many = await portal.person(seller);
    for (let count = 0; count < 51; count += 1) {
      await world.order(many.customer, [{ mpn: 'FREE-1', quantity: String(1000 + count) }]);
    }
    const browser = await signedIn(many);
    const first = (await browser.home()).text;
    expect(first.match(/data-title="Plan"/g)).toHaveLength(50);
    const [, more] = /href="(\/portal\?after=[^"]*)"/.exec(first) ?? [];
    const second = (await browser.send(more!)).text;
    expect(second.match(/data-title="Plan"/g)).toHaveLength(1);
    expect(read(second)).toContain(' 1000 ');
  });

  test('signed out, the session is over for whoever has its cookie', async () => {
    const browser = await signedIn();
    const token = browser.cookies.get('tierline_portal')!;
    const page = await browser.fill('/portal', '/portal/sign-out', {});
    expect({ status: page.status, to: page.headers.get('location') }).toEqual({
      status: 303,
      to: `/portal?tenant=${person.tenant}`,
    });
    const thief = portal.browser();
    thief.cookies.set('tierline_portal', token);
    expect(read((await thief.home()).text)).not.toContain('Sign out');
  });
});

describe('passwords', () => {
  const typed = (current: string, password: string, again = password) => ({ current, password, again });

  test('somebody changes the own one: other sessions end, this one stays', async () => {
    const own = await portal.person(seller);
    const [browser, elsewhere] = [await signedIn(own), await signedIn(own)];
    const page = await browser.fill('/portal/password', '/portal/password', typed(own.password, 'a new password'));
    expect(read(page.text)).toContain('It is saved.');
    expect(read((await browser.home()).text)).toContain('Sign out');
    expect(read((await elsewhere.home()).text)).not.toContain('Sign out');
    expect((await portal.browser().signIn(own)).status).toBe(401);
    await signedIn({ ...own, password: 'a new password' });
  });

  test('what is wrong is told, and guessing the current one is slowed down', async () => {
    const own = await portal.person(seller);
    const browser = await signedIn(own);
    const change = (fields: Record<string, string>) => browser.fill('/portal/password', '/portal/password', fields);
    const told = async (fields: Record<string, string>) => {
      const page = await change(fields);
      return `${page.status} ${alertOf(page)}`;
    };
    expect(await told(typed(own.password, 'short'))).toBe('400 A password has 8 to 200 characters.');
    expect(await told(typed(own.password, 'a new password', 'another one'))).toMatch(/^400 The two new passwords/);
    for (let count = 0; count < 5; count += 1) {
      expect(await told(typed('wrong', 'a new password'))).toBe('403 This is not the current password.');
    }
    expect(await told(typed(own.password, 'a new password'))).toMatch(/^429 /);
    expect(read((await browser.home()).text)).toContain('Sign out');
  });

  test('a link chooses one, once, and ends all sessions', async () => {
    const { customers } = world.engine;
    const { first } = await customers.createWithUser(world.cause(), seller.id, {
      name: 'Fresh',
      language: 'en',
      address: { street: '', extension: null, city: 'Bend', state: null, postalCode: '', countryCode: 'US' },
      contacts: [],
      login: { login: 'fresh_one', email: 'a@example.com', name: 'A B', resettable: true, field: 'login' },
    });
    const login = { login: 'fresh_one', tenant: person.tenant };
    const before = portal.browser();
    expect((await before.signIn({ ...login, password: first.password })).status).toBe(303);
    const path = `/portal/reset?token=${first.resetToken!}`;
    const browser = portal.browser();
    const choose = (password: string, again = password) => browser.fill(path, '/portal/reset', { password, again });
    expect((await choose('chosen by me', 'chosen by you')).status).toBe(400);
    expect(alertOf(await choose('short'))).toBe('A password has 8 to 200 characters.');
    const done = await choose('chosen by me');
    expect(done.text).toContain(`href="/portal?tenant=${person.tenant}"`);
    expect(read((await before.home()).text)).not.toContain('Sign out');
    expect((await portal.browser().signIn({ ...login, password: 'chosen by me' })).status).toBe(303);
    const again = await choose('chosen again');
    expect({ status: again.status, alert: alertOf(again) }).toEqual({
      status: 400,
      alert: 'This link is unknown, was used before, or has expired. Ask for a new one.',
    });
  });
});

describe('forms of other sites', () => {
  const foreign = [
    ['another origin', { origin: 'https://evil.example.com' }],
    ['no origin at all', { origin: 'null' }],
    ['a browser that says so', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbor of the same site', { 'sec-fetch-site': 'same-site' }],
  ] as const;

  test.each(foreign)('%s', async (_name, headers) => {
    expect((await portal.browser().signIn(person, headers)).status).toBe(403);
    const browser = await signedIn();
    expect((await browser.fill('/portal', '/portal/sign-out', {}, headers)).status).toBe(403);
    expect(read((await browser.home()).text)).toContain('Sign out');
  });

  test('a form needs what the page gave to this very browser', async () => {
    const fields = { tenant: person.tenant, login: person.login, password: person.password };
    expect((await portal.browser().post('/portal/sign-in', fields)).status).toBe(403);
    const { text } = await portal.browser().send('/portal');
    const stolen = { ...fields, guard: hidden(text)['guard']! };
    const other = portal.browser();
    await other.home();
    expect((await other.post('/portal/sign-in', stolen)).status).toBe(403);
    const browser = await signedIn();
    expect((await browser.post('/portal/sign-out', { guard: stolen.guard })).status).toBe(403);
  });
});

describe('whatever is sent, it is answered with a page and never with a 5xx', () => {
  const long = 'x'.repeat(20_000);
  const bad = ['\u0000', 'a\u0000b', '\uFFFE', long, '%', '"><b>', '../..', '\u202E', ' ', "' or 1=1 --"];

  test('in the fields of forms', async () => {
    for (const text of bad) {
      for (const field of ['tenant', 'login', 'password', 'guard']) {
        const page = await portal
          .browser()
          .fill('/portal', '/portal/sign-in', { ...person, customer: '', [field]: text });
        expect(page.status).toBeGreaterThanOrEqual(303);
        expect(page.status).toBeLessThan(500);
      }
      const reset = await portal
        .browser()
        .fill('/portal/reset', '/portal/reset', { token: text, password: text, again: text });
      expect([400, 403, 413]).toContain(reset.status);
    }
  });

  test('in queries, cookies, paths, methods and bodies', async () => {
    const browser = portal.browser();
    const send = async (path: string, init?: RequestInit) => (await browser.send(path, init)).status;
    for (const text of bad.filter((one) => one !== long)) {
      expect(await send(`/portal?tenant=${encodeURIComponent(text)}&after=${encodeURIComponent(text)}`)).toBeLessThan(
        500,
      );
      expect(await send(`/portal/reset?token=${encodeURIComponent(text)}`)).toBeLessThan(500);
    }
    expect(await send('/portal?tenant=%zz')).toBe(400);
    expect(await send('/portal', { headers: { cookie: 'tierline_portal=%00%zz; tierline_portal_form="; a' } })).toBe(
      200,
    );
    expect(await send('/portal/nothing')).toBe(404);
    expect(await send('/portal/sign-in')).toBe(405);
    expect(await send('/portal', { method: 'DELETE' })).toBe(405);
    const json = { 'content-type': 'application/json' };
    expect(await send('/portal/sign-in', { method: 'POST', headers: json, body: '{}' })).toBe(415);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await send('/portal/sign-in', { method: 'POST', headers: form, body: `login=${long}` })).toBe(413);
    expect(await send('/portal/sign-in', { method: 'POST', headers: form })).toBe(403);
    const markup = await browser.send(`/portal/reset?token=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(markup.text).not.toContain('<script>');
  });
});
