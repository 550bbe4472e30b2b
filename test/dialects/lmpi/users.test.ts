import { randomUUID } from 'node:crypto';
import { parseId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aUser, invalid, peopleOf, type CreatedWithLogin } from './people.ts';
import { openLmpi, refusal, type Answer, type LmpiWorld } from './setup.ts';

// Customers :: Users :: Update and List: LMPI reference, part 1, 6.1 and 6.2. That v3 has them too is ours.

let lmpi: LmpiWorld;
let people: ReturnType<typeof peopleOf>;
let made: CreatedWithLogin;
beforeAll(async () => {
  lmpi = await openLmpi();
  people = peopleOf(lmpi);
});
afterAll(() => lmpi.stop());

const create = async () => {
  made = await people.createdWith(lmpi.credentials.reseller, { company: aCompany(), user: aUser() });
};
const put = (body: unknown, version = 'v2') =>
  people.put(lmpi.credentials.reseller, `${made.customer_id}/users/${made.user.id}`, body, version);
const list = (version = 'v2', query = '', id = made.customer_id): Promise<Answer> =>
  lmpi.get(lmpi.credentials.reseller, `/LMPI/${version}/customers/${id}/users${query}`);

const profile = {
  first_name: 'Imani',
  last_name: 'Okafor',
  email: 'imani@example.com',
  time_zone: 'Pacific Standard Time',
  language: 'en-US',
  phone: { area_code: '503', number: '555-0100', extension: '7' },
};

describe.each(['v2', 'v3'])('Update, 200, %s', (version) => {
  it.each([
    ['first_name', 'Ada'],
    ['last_name', '大川'],
    ['email', 'ada+new@example.com'],
    ['time_zone', 'Tokyo Standard Time'],
    ['language', 'ja-JP'],
  ])('%s alone changes, and exactly the profile is told', async (name, value) => {
    await create();
    const answer = await put({ [name]: value, login_name: 'another', color: 'red' }, version);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({ user_id: made.user.id, ...profile, [name]: value });
    expect((await list(version)).json).toMatchObject({ users: [{ login_name: made.user.login_name, [name]: value }] });
  });

  it('parts of a phone number change by themselves, and an empty one goes', async () => {
    await create();
    const first = await put({ phone: { number: '+1.(2)-3' } }, version);
    expect(first.json).toMatchObject({ phone: { area_code: '503', number: '+1.(2)-3', extension: '7' } });
    const gone = await put({ phone: { area_code: '', extension: null } }, version);
    expect(gone.json).toMatchObject({ phone: { area_code: null, number: '+1.(2)-3', extension: '7' } });
  });

  it('a body without a member changes nothing: the profile does not count as changed', async () => {
    await create();
    const rows = await people.rowsStored();
    for (const body of [undefined, {}, { phone: {} }, { first_name: null }]) {
      expect((await put(body, version)).json).toStrictEqual({ user_id: made.user.id, ...profile });
    }
    expect(await people.rowsStored()).toBe(rows);
  });
});

const wrong: Readonly<Record<string, readonly unknown[]>> = {
  first_name: [' ', 'x'.repeat(51), 1],
  last_name: ['x'.repeat(51), {}],
  email: ['nobody', 'a b@c.d', `${'a'.repeat(125)}@b.c`, 1],
  time_zone: ['Asia/Tokyo', 'tokyo standard time', 'Tokyo  Standard Time', 'x'.repeat(65), 9],
  language: ['ja', 'ja_JP', 'JA-jp', 'x'.repeat(17)],
  'phone.area_code': ['123456', '+81', 81],
  'phone.number': ['1'.repeat(17), '1 2', 5],
  'phone.extension': ['12345678901', 'x'],
};
const bodyWith = (field: string, value: unknown): object => {
  const [name = '', part] = field.split('.');
  return part === undefined ? { [name]: value } : { [name]: { [part]: value } };
};

describe('Update, 400', () => {
  it.each(Object.keys(wrong))('InvalidParameters%s, and nothing is stored', async (field) => {
    await create();
    const rows = await people.rowsStored();
    for (const value of wrong[field]!) {
      const answer = await put(bodyWith(field, value));
      expect({ value, ...refusal(answer) }).toEqual({ value, ...invalid(field) });
    }
    expect(await people.rowsStored()).toBe(rows);
  });

  it('the first that is wrong is told, whatever else is', async () => {
    await create();
    const bad = { wrong: true };
    const names = Object.keys(wrong);
    for (const [index, field] of names.entries()) {
      const left = names.slice(index);
      const top = Object.fromEntries(left.filter((name) => !name.includes('.')).map((name) => [name, bad]));
      const parts = left.filter((name) => name.includes('.')).map((name) => [name.slice('phone.'.length), bad]);
      expect(refusal(await put({ ...top, phone: Object.fromEntries(parts) as object }))).toEqual(invalid(field));
    }
    expect(refusal(await put({ phone: '503' }))).toEqual(invalid('phone'));
  });

  it("another tenant's customer, and a user of another customer, are refused as what does not exist", async () => {
    await create();
    const mine = made;
    await create();
    const body = { first_name: 'Ada' };
    const put_ = (as: keyof LmpiWorld['credentials'], customer: string, user: string) =>
      people.put(lmpi.credentials[as], `${customer}/users/${user}`, body);
    const noCustomer = await put_('reseller', randomUUID(), mine.user.id);
    expect(refusal(noCustomer)).toEqual(invalid('customer_id'));
    for (const as of ['isp', 'msp'] as const) {
      expect((await put_(as, mine.customer_id, mine.user.id)).text).toBe(noCustomer.text);
    }
    const noUser = await put_('reseller', mine.customer_id, randomUUID());
    expect(refusal(noUser)).toEqual(invalid('user_id'));
    for (const user of [made.user.id, 'x', mine.customer_id]) {
      expect((await put_('reseller', mine.customer_id, user)).text).toBe(noUser.text);
    }
    expect((await put_('distributor', mine.customer_id.toUpperCase(), mine.user.id.toUpperCase())).status).toBe(200);
  });
});

describe('List', () => {
  it.each(['v2', 'v3'])('%s tells every user with exactly these members, changed or not', async (version) => {
    await create();
    expect((await list(version)).json).toStrictEqual({
      paging: { total: 1, limit: 25, page: 1 },
      users: [
        {
          user_id: made.user.id,
          customer_id: made.customer_id,
          status: 1,
          login_name: made.user.login_name,
          ...profile,
        },
      ],
    });
  });

  /** Over SimpleAPI a person has no time zone and no language: those of the seller and the customer stand in. */
  it('people that came over another dialect are there, and pages hold each once', async () => {
    await create();
    const id = parseId<'customer'>(made.customer_id)!;
    const logins = ['second', 'third'].map((login) => ({
      login: `${login}.${made.user.login_name}`,
      email: 'other@example.com',
      name: 'Plato',
      field: 'login',
    }));
    await lmpi.engine.customers.change(lmpi.cause(), lmpi.partners.reseller.id, { id }, { logins, language: 'de' });
    const all = await list();
    expect(all.json).toMatchObject({
      paging: { total: 3 },
      users: [
        {},
        {
          login_name: `second.${made.user.login_name}`,
          first_name: 'Plato',
          last_name: '',
          time_zone: 'Eastern Standard Time',
          language: 'en-US',
          phone: { area_code: null, number: null, extension: null },
        },
        {},
      ],
    });
    const { users } = all.json as { users: unknown[] };
    for (const page of [1, 2, 3, 4]) {
      expect((await list('v2', `?page=${page}&limit=1`)).json).toEqual({
        paging: { total: 3, limit: 1, page },
        users: users.slice(page - 1, page),
      });
    }
  });

  it('400: a page that is none, somebody else’s customer', async () => {
    await create();
    expect(refusal(await list('v2', '?page=0'))).toEqual(invalid('page'));
    expect(refusal(await list('v2', '?limit=101'))).toEqual(invalid('limit'));
    const nobody = await list('v2', '', randomUUID());
    expect(refusal(nobody)).toEqual(invalid('customer_id'));
    const { isp } = lmpi.credentials;
    expect((await lmpi.get(isp, `/LMPI/v2/customers/${made.customer_id}/users`)).text).toBe(nobody.text);
  });
});
