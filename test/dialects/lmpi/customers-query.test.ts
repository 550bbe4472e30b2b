import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aContact, aUser, invalid, peopleOf, type CreatedWithLogin } from './people.ts';
import { openLmpi, refusal, type Answer, type Credential, type LmpiWorld } from './setup.ts';

// Customers :: Query: LMPI reference, part 1, 5.3 (v2: users whose profile was changed) and 5.4 (v3: companies by creation).

let lmpi: LmpiWorld;
let people: ReturnType<typeof peopleOf>;
const made: CreatedWithLogin[] = [];
beforeAll(async () => {
  lmpi = await openLmpi();
  people = peopleOf(lmpi);
  const { reseller, msp } = lmpi.credentials;
  // One company a day; the profile of its user is changed in the afternoon, except the first one's.
  for (const [day, as] of [reseller, msp, reseller, reseller, reseller].entries()) {
    lmpi.moveTo(`2026-03-0${day + 2}T09:00:00Z`);
    const body = { company: { ...aCompany(), name: `Company ${day}` }, user: aUser() };
    made.push(await people.createdWith(as, body));
    if (day === 0) continue;
    lmpi.moveTo(`2026-03-0${day + 2}T15:00:00Z`);
    const { customer_id: id, user } = made[day]!;
    await people.put(as, `${id}/users/${user.id}`, { first_name: `Changed ${day}` });
  }
  lmpi.moveTo('2026-03-10T00:00:00Z');
});
afterAll(() => lmpi.stop());

const encoded = (query: Readonly<Record<string, string | number>>): string =>
  Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
const query = (version: 'v2' | 'v3', members: Readonly<Record<string, string | number>>, as?: Credential) =>
  lmpi.get(as ?? lmpi.credentials.reseller, `/LMPI/${version}/customers?${encoded(members)}`);

type Users = { paging: object; users: { user_id: string; first_name: string }[] };
type Customers = { paging: object; customers: { customer_id: string; name: string }[] };
const namesOf = (answer: Answer): string[] => (answer.json as Users).users.map(({ first_name: name }) => name);
const companiesOf = (answer: Answer): string[] => (answer.json as Customers).customers.map(({ name }) => name);
const march = { user_modified_start: '2026-03-01T00:00:00Z', user_modified_end: '2026-04-01T00:00:00Z' };
const inMarch = { created_start: '2026-03-01T00:00:00Z', created_end: '2026-03-31T23:59:59Z' };

describe('v2', () => {
  it('tells exactly these members of each user', async () => {
    const answer = await query('v2', { ...march, limit: 1 });
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      paging: { total: 3, limit: 1, page: 1 },
      users: [
        {
          user_id: made[2]!.user.id,
          customer_id: made[2]!.customer_id,
          status: 1,
          login_name: made[2]!.user.login_name,
          first_name: 'Changed 2',
          last_name: 'Okafor',
          email: 'imani@example.com',
          time_zone: 'Pacific Standard Time',
          language: 'en-US',
          note: 'Met at the fair',
          emergency_email: 'ops@example.com;it@example.com',
          phone: { area_code: '503', number: '555-0100', extension: '7' },
        },
      ],
    });
  });

  it('a profile that was never changed does not appear, nor one of somebody else', async () => {
    expect(namesOf(await query('v2', march))).toEqual(['Changed 2', 'Changed 3', 'Changed 4']);
    expect(namesOf(await query('v2', march, lmpi.credentials.msp))).toEqual(['Changed 1']);
    expect((await query('v2', march, lmpi.credentials.isp)).json).toEqual({
      paging: { total: 0, limit: 25, page: 1 },
      users: [],
    });
    // What is below is the distributor's too (ours).
    expect(namesOf(await query('v2', march, lmpi.credentials.distributor))).toHaveLength(4);
  });

  it('the ends of the period are not in it', async () => {
    const at = '2026-03-04T15:00:00Z';
    const between = (start: string, end: string) =>
      query('v2', { user_modified_start: start, user_modified_end: end }).then(namesOf);
    expect(await between(at, '2026-03-05T15:00:01Z')).toEqual(['Changed 3']);
    expect(await between('2026-03-04T14:59:59Z', at)).toEqual([]);
    expect(await between('2026-03-04T14:59:59Z', '2026-03-04T15:00:01Z')).toEqual(['Changed 2']);
    // A client east of Greenwich may write its own offset.
    expect(await between('2026-03-05T00:00:00+09:00', '2026-03-05T00:00:01+09:00')).toEqual([]);
    expect(await between('2026-03-04T23:59:59+09:00', '2026-03-05T00:00:01+09:00')).toEqual(['Changed 2']);
    expect(await between('2026-04-01T00:00:00Z', '2026-03-01T00:00:00Z')).toEqual([]);
  });

  it('a user who is disabled has status 0, and a change of the company is none of the profile', async () => {
    const { customer_id: id, user } = await people.createdWith(lmpi.credentials.isp, {
      company: aCompany(),
      user: aUser(),
    });
    await people.put(lmpi.credentials.isp, id, { name: 'Renamed' });
    expect(namesOf(await query('v2', march, lmpi.credentials.isp))).toEqual([]);
    const of = { ownerId: lmpi.partners.isp.id, customerId: id as never };
    await lmpi.engine.access.changeCustomerUser(lmpi.cause(), of, user.id, { status: 'disabled' });
    const listed = await query('v2', march, lmpi.credentials.isp);
    expect(listed.json).toMatchObject({ users: [{ user_id: user.id, status: 0 }] });
  });
});

describe('v3', () => {
  it('tells exactly these members of each company', async () => {
    const answer = await query('v3', { ...inMarch, limit: 1 });
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      paging: { total: 4, limit: 1, page: 1 },
      customers: [
        {
          customer_id: made[0]!.customer_id,
          name: 'Company 0',
          address: '12 Harbor Street',
          city: 'Portland',
          state: 'OR',
          postal_code: '97201',
          country: 'US',
          status: 1,
          note: 'Met at the fair',
          emergency_email: 'ops@example.com;it@example.com',
        },
      ],
    });
  });

  it('both ends are in the period, to the second, and what is below is there', async () => {
    const between = (start: string, end: string) =>
      query('v3', { created_start: start, created_end: end }, lmpi.credentials.distributor).then(companiesOf);
    expect(await between('2026-03-03T09:00:00Z', '2026-03-05T09:00:00Z')).toEqual(
      [1, 2, 3].map((day) => `Company ${day}`),
    );
    expect(await between('2026-03-03T09:00:01Z', '2026-03-05T08:59:59Z')).toEqual(['Company 2']);
    expect(await between('2026-03-05T00:00:00Z', '2026-03-04T00:00:00Z')).toEqual([]);
    expect(companiesOf(await query('v3', inMarch, lmpi.credentials.msp))).toEqual(['Company 1']);
  });

  it('a customer of our own API or of SimpleAPI is there, with what it does not tell left empty', async () => {
    const world = await openLmpi();
    const own = await world.customer(world.partners.msp, {
      address: {
        street: '1 A',
        extension: 'Floor 2',
        city: 'Ghent',
        state: null,
        postalCode: '9000',
        countryCode: 'BE',
      },
    });
    const held = await world.customer(world.partners.msp);
    await world.engine.customers.change(world.cause(), world.top.id, { id: held.id }, { status: 'admin_hold' });
    const answer = await world.get(world.credentials.msp, `/LMPI/v3/customers?${encoded(inMarch)}`);
    expect(answer.json).toMatchObject({
      customers: [
        { customer_id: own.id, address: '1 A, Floor 2', state: '', note: '', emergency_email: '', status: 1 },
        { customer_id: held.id, status: 0 },
      ],
    });
    await world.stop();
  });

  it('only the customers of the page are read, and none by itself', async () => {
    const text = `select count(*) from customers where owner_id = $1`;
    const [row] = await lmpi.db.query<{ count: bigint }>({ name: 'own_customers', text }, [lmpi.partners.reseller.id]);
    expect(row!.count).toBe(4n);
    expect(companiesOf(await query('v3', { ...inMarch, limit: 2, page: 2 }))).toEqual(['Company 3', 'Company 4']);
  });
});

const ends = {
  v2: ['user_modified_start', 'user_modified_end', march],
  v3: ['created_start', 'created_end', inMarch],
} as const;

describe.each(['v2', 'v3'] as const)('paging and refusals, %s', (version) => {
  const [start, end, period] = ends[version];
  const total = version === 'v2' ? 3 : 4;

  it('pages hold every row once, and one past the end is empty with the same total (part 1, 2)', async () => {
    const all = await query(version, period);
    expect(all.json).toMatchObject({ paging: { total, limit: 25, page: 1 } });
    const seen: unknown[] = [];
    for (const page of [1, 2, 3, 4, 5]) {
      const { json } = await query(version, { ...period, page, limit: 1 });
      expect(json).toMatchObject({ paging: { total, limit: 1, page } });
      seen.push(...Object.values(json as Record<string, unknown[]>)[1]!);
    }
    expect(seen).toEqual(Object.values(all.json as Record<string, unknown[]>)[1]);
    const far = await query(version, { ...period, page: 999_999_999, limit: 100 });
    expect(far.json).toMatchObject({ paging: { total, limit: 100, page: 999_999_999 } });
    expect(Object.values(far.json as object)[1]).toEqual([]);
  });

  it('the first member that is wrong is told', async () => {
    const missing = await lmpi.get(lmpi.credentials.reseller, `/LMPI/${version}/customers`);
    expect(missing.json).toEqual({
      error_subject: `InvalidParameters${start}`,
      error_message: `The ${start} field is required.`,
    });
    const cases: readonly (readonly [string, readonly (string | number)[]])[] = [
      [start, ['', 'yesterday', '2026-13-01T00:00:00Z', '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', 1]],
      [end, ['', 'x', '9999-12-31T23:59:59-12:00', '2026-03-01T25:00:00Z']],
      ['page', ['0', '-1', 'x', '1.5', '1e3', '9999999999']],
      ['limit', ['0', '101', 'all']],
    ];
    for (const [field, values] of cases) {
      for (const value of values) {
        const answer = await query(version, { ...period, [field]: value });
        expect({ value, ...refusal(answer) }).toEqual({ value, ...invalid(field) });
      }
    }
    const good: Readonly<Record<string, string>> = { ...period, page: '1' };
    const every = { [start]: 'x', [end]: 'x', page: 'x', limit: 'x' };
    for (const [index, [field]] of cases.entries()) {
      const right = Object.fromEntries(cases.slice(0, index).map(([name]) => [name, good[name]!]));
      expect(refusal(await query(version, { ...every, ...right }))).toEqual(invalid(field));
    }
  });
});

it('a contact of v3 is no user of v2', async () => {
  const credential = await lmpi.credential(await lmpi.reseller(lmpi.partners.distributor, { name: 'Of its own' }));
  await people.create(credential, { company: aCompany(), contact: aContact() }, 'v3');
  expect((await query('v2', march, credential)).json).toMatchObject({ users: [] });
  expect((await query('v3', inMarch, credential)).json).toMatchObject({ paging: { total: 1 } });
});
