import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aUser, invalid, peopleOf } from './people.ts';
import { openLmpi, refusal, type LmpiWorld } from './setup.ts';

// Customers :: Update: LMPI reference, part 1, 5.5 (v3) and 5.6 (v2).

let lmpi: LmpiWorld;
let people: ReturnType<typeof peopleOf>;
let id: string;
beforeAll(async () => {
  lmpi = await openLmpi();
  people = peopleOf(lmpi);
});
afterAll(() => lmpi.stop());

const created = async (): Promise<string> =>
  (await people.createdWith(lmpi.credentials.reseller, { company: aCompany(), user: aUser() })).customer_id;
const put = (body: unknown, version: 'v2' | 'v3' = 'v3', customer = id) =>
  people.put(lmpi.credentials.reseller, customer, body, version);

const before = {
  name: 'Okafor Freight',
  address: '12 Harbor Street',
  city: 'Portland',
  state: 'OR',
  postal_code: '97201',
  country: 'US',
  note: 'Met at the fair',
  emergency_email: 'ops@example.com;it@example.com',
};

describe.each(['v2', 'v3'] as const)('200, %s', (version) => {
  const other = {
    name: 'Okafor Logistics',
    address: '1 Quay',
    city: 'Ghent',
    state: 'East Flanders',
    postal_code: '9000',
    country: 'BE',
    note: 'Moved',
    emergency_email: 'new@example.com',
  };

  it.each(Object.entries(other))(
    '%s alone changes, the rest keeps its values, and the whole profile is told',
    async (name, value) => {
      id = await created();
      const answer = await put({ [name]: value, color: 'red' }, version);
      expect(answer.status).toBe(200);
      expect(answer.json).toStrictEqual({ customer_id: id, ...before, [name]: value });
    },
  );

  it('everything at once', async () => {
    id = await created();
    const all = await put(other, version);
    expect(all.json).toStrictEqual({ customer_id: id, ...other });
    const members =
      version === 'v2'
        ? 'customer_id,name,state,country,city,address,postal_code,note,emergency_email'
        : 'customer_id,name,address,city,state,postal_code,country,note,emergency_email';
    expect(Object.keys(all.json as object).join()).toBe(members);
  });

  it('an empty text takes away what may be empty; null and what must not be empty count as not given', async () => {
    id = await created();
    const emptied = await put({ address: '', postal_code: '', note: '', emergency_email: '' }, version);
    const nothing = version === 'v2' ? null : '';
    const empty = { ...before, address: '', postal_code: '', note: nothing, emergency_email: '' };
    expect(emptied.json).toStrictEqual({ customer_id: id, ...empty });
    const kept = await put({ name: '', city: '', state: null, country: '', note: null }, version);
    expect(kept.json).toStrictEqual({ customer_id: id, ...empty });
  });

  it('a body without a member changes nothing and tells the profile', async () => {
    id = await created();
    const rows = await people.rowsStored();
    for (const body of [undefined, {}, { color: 'red' }]) {
      expect((await put(body, version)).json).toStrictEqual({ customer_id: id, ...before });
    }
    expect(await people.rowsStored()).toBe(rows);
  });

  it('the name of signature vector 5, and one of 128 characters beyond the first plane', async () => {
    id = await created();
    for (const name of ['株式会社テスト', '𠮷'.repeat(128)]) {
      expect((await put({ name }, version)).json).toMatchObject({ name });
    }
    expect(refusal(await put({ name: '𠮷'.repeat(129) }, version))).toEqual(invalid('name'));
  });

  it('from above too, and the GUID in any letter case', async () => {
    id = await created();
    const answer = await people.put(lmpi.credentials.distributor, id.toUpperCase(), { city: 'Salem' }, version);
    expect(answer.json).toMatchObject({ customer_id: id, city: 'Salem' });
  });
});

const wrong: Readonly<Record<string, readonly unknown[]>> = {
  name: [' ', 'x'.repeat(129), 1, {}],
  address: ['x'.repeat(129), []],
  city: ['  ', 'x'.repeat(65)],
  state: ['x'.repeat(65), true],
  postal_code: ['12345678901', 9000],
  country: ['us', 'USA', 'EU', 1],
  note: ['x'.repeat(501), 1],
  emergency_email: ['nobody', 'a@b.c d@e.f', 'a+b@c.d', 'x'.repeat(251)],
};

describe('400', () => {
  it.each(Object.keys(wrong))('InvalidParameters%s, and nothing is stored', async (field) => {
    id = await created();
    const rows = await people.rowsStored();
    for (const version of ['v2', 'v3'] as const) {
      for (const value of wrong[field]!) {
        const answer = await put({ ...before, [field]: value }, version);
        expect({ value, ...refusal(answer) }).toEqual({ value, ...invalid(field) });
      }
    }
    expect(await people.rowsStored()).toBe(rows);
  });

  it('the first that is wrong is told, whatever else is', async () => {
    id = await created();
    const names = Object.keys(wrong);
    for (const [index, field] of names.entries()) {
      const bad = Object.fromEntries(names.slice(index).map((name) => [name, { wrong: true }]));
      expect(refusal(await put(bad))).toEqual(invalid(field));
    }
  });

  it('another tenant, nobody at all and no GUID are refused in the same words, whatever the body is', async () => {
    id = await created();
    const nobody = await put({ name: 'Mine' }, 'v2', randomUUID());
    expect(refusal(nobody)).toEqual(invalid('customer_id'));
    const others = [lmpi.credentials.isp, lmpi.credentials.msp];
    for (const as of others) {
      for (const version of ['v2', 'v3']) {
        expect((await people.put(as, id, { name: 'Mine' }, version)).text).toBe(nobody.text);
        expect((await people.put(as, id, { name: 1 }, version)).text).toBe(nobody.text);
      }
    }
    for (const malformed of ['1', 'x'.repeat(36), `${id}0`, "'"]) {
      expect((await put({}, 'v2', malformed)).text).toBe(nobody.text);
    }
    expect((await put({})).json).toMatchObject({ name: 'Okafor Freight' });
  });
});

it('of changes at the same time none is lost', async () => {
  id = await created();
  const bodies = [{ name: 'A' }, { city: 'B' }, { state: 'C' }, { note: 'D' }, { address: 'E' }];
  const answers = await Promise.all(bodies.map((body) => put(body)));
  expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200));
  expect((await put({})).json).toMatchObject({ name: 'A', city: 'B', state: 'C', note: 'D', address: 'E' });
});
