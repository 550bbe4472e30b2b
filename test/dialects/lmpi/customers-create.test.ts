import { parseId, type CustomerId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aCompany, aContact, aUser, invalid, newLogin, peopleOf, withMember, type CreatedWithLogin } from './people.ts';
import { openLmpi, refusal, type Credential, type LmpiWorld } from './setup.ts';

// Customers :: Create: LMPI reference, part 1, 5.1 (v2) and 5.2 (v3).

let lmpi: LmpiWorld;
let people: ReturnType<typeof peopleOf>;
let reseller: Credential;
beforeAll(async () => {
  lmpi = await openLmpi();
  people = peopleOf(lmpi);
  reseller = lmpi.credentials.reseller;
});
afterAll(() => lmpi.stop());

const v2Body = () => ({ company: aCompany(), user: aUser() });
const v3Body = () => ({ company: aCompany(), contact: aContact() });
const bodies = { v2: v2Body, v3: v3Body };
const stored = (id: string, of = lmpi.partners.reseller) =>
  lmpi.engine.customers.get(of.id, { id: parseId<'customer'>(id)! });
const guid: unknown = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

describe('v2, 200', () => {
  it('makes the company and its first login, and tells the password and the link once, in exactly these members', async () => {
    const body = v2Body();
    const answer = await people.create(reseller, body);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      customer_id: guid,
      user: {
        id: guid,
        login_name: body.user.login_name,
        password: expect.stringMatching(/^[\w-]{20,}$/) as string,
        resetpasswordURL: expect.stringMatching(/^http:\/\/[^/]+\/portal\/reset\?token=tl_reset_[\w-]{43}$/) as string,
      },
    });
    const { customer_id: id, user } = answer.json as CreatedWithLogin;
    expect(await stored(id)).toMatchObject({
      ownerId: lmpi.partners.reseller.id,
      name: 'Okafor Freight',
      status: 'active',
      language: 'en-US',
      address: {
        street: '12 Harbor Street',
        extension: null,
        city: 'Portland',
        state: 'OR',
        postalCode: '97201',
        countryCode: 'US',
      },
      note: 'Met at the fair',
      emergencyEmail: 'ops@example.com;it@example.com',
      industry: 'H',
      companySize: '2',
      contacts: [
        { type: 'admin', firstName: 'Imani', lastName: 'Okafor', email: 'imani@example.com', phone: '#503#555-0100#7' },
      ],
    });
    const channel = lmpi.partners.distributor.id;
    const { access } = lmpi.engine;
    expect(await access.customerUser(channel, body.user.login_name, user.password)).toMatchObject({
      id: user.id,
      customerId: id,
      name: 'Imani Okafor',
      timeZone: 'America/Los_Angeles',
      language: 'en-US',
      phone: { areaCode: '503', number: '555-0100', extension: '7' },
      modifiedAt: null,
    });
    expect(await access.customerUser(channel, body.user.login_name, 'another password')).toBeUndefined();
  });

  it('the password and the token of the link are stored as hashes, and logged nowhere', async () => {
    const { user } = await people.createdWith(reseller, v2Body());
    const token = user.resetpasswordURL.split('token=')[1]!;
    const tables = ['customers', 'customer_users', 'events', 'idempotency_keys'];
    for (const table of tables) {
      for (const secret of [user.password, token]) {
        const text = `select 1 from ${table} t where strpos(t::text, $1) > 0`;
        expect(await lmpi.db.query({ name: `search_people_${table}`, text }, [secret])).toEqual([]);
      }
    }
    const logged = JSON.stringify(lmpi.lines);
    expect(lmpi.lines.length).toBeGreaterThan(0);
    expect([user.password, token].some((secret) => logged.includes(secret))).toBe(false);
  });

  it('needs the members of the minimum only, and any other is as if it was not there', async () => {
    const { name, city, state, country } = aCompany();
    const { phone: _, ...user } = aUser();
    const given = await people.createdWith(reseller, { company: { name, city, state, country, color: 'red' }, user });
    expect(await stored(given.customer_id)).toMatchObject({
      address: { street: '', postalCode: '' },
      note: null,
      emergencyEmail: null,
      industry: null,
      companySize: null,
      contacts: [{ phone: '' }],
    });
    for (const absent of [null, '']) {
      const optional = { address: absent, postal_code: absent, note: absent, emergency_email: absent };
      const company = { name, city, state, country, ...optional, industry: absent, size: absent };
      const noPhone = { area_code: absent, number: absent, extension: absent };
      await people.createdWith(reseller, { company, user: { ...aUser(), phone: noPhone } });
      await people.createdWith(reseller, { company, user: { ...aUser(), phone: null } });
    }
  });

  it('lengths count characters, and a name may be in any script', async () => {
    const letter = '𠮷';
    const company = { ...aCompany(), name: letter.repeat(128), city: '東'.repeat(64), note: letter.repeat(500) };
    const { customer_id: id } = await people.createdWith(reseller, { company, user: aUser() });
    expect(await stored(id)).toMatchObject({ name: letter.repeat(128), note: letter.repeat(500) });
    const longer = await people.create(reseller, { company: { ...company, name: letter.repeat(129) }, user: aUser() });
    expect(refusal(longer)).toEqual(invalid('company.name'));
  });
});

describe('v3, 200', () => {
  it('makes the company with a contact and without a login', async () => {
    const answer = await people.create(reseller, v3Body(), 'v3');
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({ customer_id: guid });
    const { customer_id: id } = answer.json as { customer_id: CustomerId };
    const customer = await stored(id);
    expect(customer).toMatchObject({
      language: 'en',
      industry: 'H',
      companySize: '2',
      note: 'Met at the fair',
      contacts: [{ type: 'admin', firstName: 'Imani', lastName: 'Okafor', email: 'imani@example.com', phone: '' }],
    });
    expect(await lmpi.engine.access.listCustomerUsers(customer.ownerId, customer.id)).toEqual([]);
  });

  it('the same content again is another customer (ours)', async () => {
    const body = v3Body();
    const [first, second] = [await people.create(reseller, body, 'v3'), await people.create(reseller, body, 'v3')];
    expect(second.status).toBe(200);
    expect(second.text).not.toBe(first.text);
  });
});

const wrongCompany: Readonly<Record<string, readonly unknown[]>> = {
  'company.name': [undefined, null, '', '  ', 'x'.repeat(129), 7, {}],
  'company.city': [undefined, '', 'x'.repeat(65), []],
  'company.state': [undefined, null, 'x'.repeat(65)],
  'company.country': [undefined, '', 'us', 'USA', 'XX', 'UK', 1],
};
const wrongOptional: Readonly<Record<string, readonly unknown[]>> = {
  'company.address': ['x'.repeat(129), 1],
  'company.postal_code': ['12345678901', 97_201],
  'company.note': ['x'.repeat(501), ['a']],
  'company.emergency_email': ['nobody', 'a@b.c,d@e.f', 'ä@b.c', `${'a'.repeat(245)}@b.cde`],
};
const wrongCodes: Readonly<Record<string, readonly unknown[]>> = {
  'company.industry': ['Z', 'h', 'HHHH', 1],
  'company.size': ['0', '22', '222'],
};
const wrongUser: Readonly<Record<string, readonly unknown[]>> = {
  'user.login_name': [undefined, '', 'abc', 'x'.repeat(26), 'with space', 'dot.ted', 'ümlaut', 12_345],
  'user.first_name': [undefined, null, 'x'.repeat(51)],
  'user.last_name': [undefined, ' ', 'x'.repeat(51)],
  'user.email': [undefined, 'nobody', 'a b@c.d', `${'a'.repeat(125)}@b.c`],
  'user.time_zone': [undefined, 'Pacific standard time', 'America/Los_Angeles', 'Pacific Standard Time '],
  'user.language': [undefined, 'en', 'en-us', 'en_US', 'xx-XX'],
};
const wrongPhone: Readonly<Record<string, readonly unknown[]>> = {
  'user.phone.area_code': ['123456', '+1', 503],
  'user.phone.number': ['1'.repeat(17), '555 0100', 'ext'],
  'user.phone.extension': ['12345678901', 'x1'],
};
const wrongContact: Readonly<Record<string, readonly unknown[]>> = {
  'contact.first_name': [undefined, '', 'x'.repeat(51)],
  'contact.last_name': [undefined, 'x'.repeat(51)],
  'contact.email': [undefined, 'nobody', 'a+b@c.d', `${'a'.repeat(125)}@b.c`],
};

/** In the order in which the pages declare their members: part 1, 3.3. */
const wrong = {
  v2: { ...wrongCompany, ...wrongUser, ...wrongOptional, ...wrongPhone, ...wrongCodes },
  v3: {
    ...wrongCompany,
    ...wrongContact,
    'company.address': wrongOptional['company.address']!,
    'company.postal_code': wrongOptional['company.postal_code']!,
    ...wrongCodes,
    'company.note': wrongOptional['company.note']!,
    'company.emergency_email': wrongOptional['company.emergency_email']!,
  },
} as const;
const fields = (['v2', 'v3'] as const).flatMap((version) =>
  Object.entries<readonly unknown[]>(wrong[version]).map(([field, values]) => ({ version, field, values })),
);

describe('400', () => {
  it('with every member null, the first is told as recorded from the original (part 1, 3.3)', async () => {
    const company = Object.fromEntries(Object.keys(aCompany()).map((name) => [name, null]));
    const user = Object.fromEntries(Object.keys(aUser()).map((name) => [name, null]));
    for (const body of [{ company, user }, { company: null, user: null }, {}]) {
      const answer = await people.create(reseller, body);
      expect(answer.status).toBe(400);
      expect(answer.text).toBe(
        '{"error_subject":"InvalidParameterscompany.name","error_message":"The name field is required."}',
      );
    }
  });

  it.each(fields)('$version $field, and nothing is stored', async ({ version, field, values }) => {
    const before = await people.rowsStored();
    for (const value of values) {
      const answer = await people.create(reseller, withMember(bodies[version](), field, value), version);
      expect({ value, ...refusal(answer) }).toEqual({ value, ...invalid(field) });
    }
    expect(await people.rowsStored()).toBe(before);
  });

  it.each(['v2', 'v3'] as const)('%s: the first that is wrong is told, whatever else is', async (version) => {
    const names = Object.keys(wrong[version]);
    for (const [index, field] of names.entries()) {
      const body = names
        .slice(index)
        .reduce((bad, name) => withMember(bad, name, { wrong: true }), bodies[version]() as unknown);
      expect(refusal(await people.create(reseller, body, version))).toEqual(invalid(field));
    }
  });

  it('what should hold other members and is none of that kind', async () => {
    expect(refusal(await people.create(reseller, { company: 'x' }))).toEqual(invalid('company'));
    expect(refusal(await people.create(reseller, { ...v2Body(), user: [] }))).toEqual(invalid('user'));
    const phone = withMember(v2Body(), 'user.phone', '503');
    expect(refusal(await people.create(reseller, phone))).toEqual(invalid('user.phone'));
  });
});

describe('login names', () => {
  it('are in use once in the channel of the tier-one partner, in any letter case, and free in another (part 1, 5.1)', async () => {
    const body = v2Body();
    await people.createdWith(reseller, body);
    const before = await people.rowsStored();
    const again = { ...body, user: { ...body.user, login_name: body.user.login_name.toUpperCase() } };
    for (const as of [reseller, lmpi.credentials.msp, lmpi.credentials.distributor]) {
      expect(refusal(await people.create(as, again))).toEqual(invalid('user.login_name'));
    }
    expect(await people.rowsStored()).toBe(before);
    const elsewhere = await people.createdWith(lmpi.credentials.isp, again);
    expect(elsewhere.user.login_name).toBe(again.user.login_name);
  });

  it('of two at the same moment one is taken', async () => {
    const login_name = newLogin();
    const both = await Promise.all(
      [reseller, lmpi.credentials.msp].map((as) =>
        people.create(as, { ...v2Body(), user: { ...aUser(), login_name } }),
      ),
    );
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400]);
  });
});

it('the link leads to a page on which a password is chosen, once and for seven days', async () => {
  const body = v2Body();
  const { user } = await people.createdWith(reseller, body);
  const token = user.resetpasswordURL.split('token=')[1]!;
  const { access } = lmpi.engine;
  const reset = (password: string, with_ = token, at?: string) =>
    access.resetCustomerPassword(lmpi.cause(at === undefined ? {} : { at }), with_, password);
  await expect(reset('short')).rejects.toMatchObject({ reasons: [{ field: 'password' }] });
  await expect(reset('a new password', `${token}x`)).rejects.toMatchObject({ code: 'access.reset_refused' });
  await expect(reset('a new password', token, '2026-03-09T09:00:00Z')).rejects.toMatchObject({
    code: 'access.reset_refused',
  });
  await reset('a new password');
  await expect(reset('another one')).rejects.toMatchObject({ code: 'access.reset_refused' });
  const channel = lmpi.partners.distributor.id;
  expect(await access.customerUser(channel, body.user.login_name, user.password)).toBeUndefined();
  expect(await access.customerUser(channel, body.user.login_name, 'a new password')).toMatchObject({ id: user.id });
});
