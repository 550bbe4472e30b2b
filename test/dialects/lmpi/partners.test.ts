import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, refusal, type Answer, type LmpiWorld } from './setup.ts';

// Partners :: Create, CreatePartnerOnboarding, GetID and Remote Manager :: Register: LMPI reference, part 2, 3.1-3.3, 3.10.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
});
afterAll(() => lmpi.stop());

const guid = expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/) as string;
const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });
const membersOf = (value: unknown): string => Object.keys(value as object).join();

let count = 0;
type Json = Readonly<Record<string, unknown>>;

/** The request with the member at a dotted path replaced. */
function having(body: Json, path: string, value: unknown): Json {
  const [first = '', ...rest] = path.split('.');
  const inner = rest.length === 0 ? value : having((body[first] ?? {}) as Json, rest.join('.'), value);
  return { ...body, [first]: inner };
}

function pathsOf(body: Json, under = ''): string[] {
  return Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? pathsOf(value as Json, `${under}${name}.`) : [`${under}${name}`],
  );
}

async function rowsStored(): Promise<bigint> {
  const text =
    'select (select count(*) from accounts) + (select count(*) from users) + (select count(*) from events) as rows';
  return (await lmpi.db.query<{ rows: bigint }>({ name: 'partner_rows', text }, []))[0]!.rows;
}

async function stored(id: string) {
  return (await lmpi.engine.directory.get(id as typeof lmpi.top.id)).account;
}

/** Every broken input is refused by its name, with nothing stored; and the first of many is the one that is told. */
function brokenOneByOne(
  sample: () => Json,
  send: (body: unknown) => Promise<Answer>,
  broken: Readonly<Record<string, readonly unknown[]>>,
): void {
  it('has a broken input for each member that is read', () => {
    expect(Object.keys(broken)).toEqual(pathsOf(sample()));
  });

  it.each(Object.keys(broken))('InvalidParameters%s, and nothing is stored', async (field) => {
    const before = await rowsStored();
    for (const value of broken[field]!) {
      expect({ value, ...refusal(await send(having(sample(), field, value))) }).toEqual({ value, ...invalid(field) });
    }
    expect(await rowsStored()).toBe(before);
  });

  it('the first that is wrong is told, whatever else is', async () => {
    const fields = Object.keys(broken);
    for (const [index, field] of fields.entries()) {
      const bad = fields.slice(index).reduce((body, name) => having(body, name, { wrong: true }), sample());
      expect(refusal(await send(bad))).toEqual(invalid(field));
    }
  });
}

const absent = [undefined, null, ''];
const noText = [1, true, {}, ['x']];

describe('Partners :: Create, v2', () => {
  /** The flattened sample of part 2, 3.1, in its order. */
  function sample() {
    count += 1;
    return {
      partner: {
        type: 'MSP',
        name: `New partner ${count}`,
        address: '8F, No. 198, Tun-Hwa S. Road',
        city: 'Taipei',
        state: 'Taiwan',
        postal_code: '106',
        country: 'TW',
      },
      user: {
        login_name: `NewUser_${count}`,
        first_name: 'Mei',
        last_name: 'Lin',
        phone: { area_code: '886', number: '2378-9666', extension: '1' },
        email: `mei.${count}@example.com`,
        time_zone: 'Pacific Standard Time',
        language: 'en-US',
      },
    };
  }
  const create = (body: unknown, role: 'distributor' | 'isp' = 'distributor') =>
    lmpi.post(lmpi.credentials[role], '/LMPI/v2/partners', body);
  type Created = { partner_id: string; user: { id: string; login_name: string; password: string } };

  it.each(['MSP', 'Reseller'])('makes a %s and tells who signs in, with exactly these members', async (type) => {
    const body = sample();
    const answer = await create({ ...body, partner: { ...body.partner, type } });
    expect(answer.status).toBe(200);
    const { user } = body;
    expect(answer.json).toStrictEqual({
      partner_id: guid,
      user: { id: guid, login_name: user.login_name, password: expect.any(String) as string },
    });
    expect([membersOf(answer.json), membersOf((answer.json as Created).user)]).toEqual([
      'partner_id,user',
      'id,login_name,password',
    ]);
    const account = await stored((answer.json as Created).partner_id);
    const { distributor } = lmpi.partners;
    expect(account).toMatchObject({
      parentId: distributor.id,
      kind: type.toLowerCase(),
      status: 'active',
      name: body.partner.name,
      country: 'TW',
      timeZone: 'America/Los_Angeles',
      language: 'en-US',
      currency: distributor.currency,
      tenantId: expect.stringMatching(/^[A-Z]{5}$/) as string,
      visionOne: false,
      company: {
        address: { street: '8F, No. 198, Tun-Hwa S. Road', city: 'Taipei', state: 'Taiwan', postalCode: '106' },
        contacts: [{ type: 'admin', firstName: 'Mei', lastName: 'Lin', phone: '886 2378-9666 ext. 1' }],
      },
    });
  });

  it('the first user is its owner, signs in with login and password, and the password is stored nowhere in clear', async () => {
    const { json } = await create(sample());
    const { partner_id: partnerId, user } = json as Created;
    const login = await lmpi.engine.authenticate.login(user.login_name, user.password);
    expect(login.accounts).toMatchObject([{ accountId: partnerId, role: 'owner' }]);
    const text = `select count(*)::int as found from (select response::text as text from idempotency_keys
      union all select data::text from events union all select u::text from users u) all_text where text like '%' || $1 || '%'`;
    const found = await lmpi.db.query<{ found: number }>({ name: 'password_found', text }, [user.password]);
    expect(found).toEqual([{ found: 0 }]);
  });

  it('takes what can be left out as left out, and ignores what it does not know', async () => {
    const { partner, user } = sample();
    const { type, name, country } = partner;
    const { phone: _, ...needed } = user;
    const answer = await create({ partner: { type, name, country, colour: 'red' }, user: needed, more: 1 });
    expect(answer.status).toBe(200);
    expect(await stored((answer.json as Created).partner_id)).toMatchObject({
      company: { address: { street: '', city: '', state: null, postalCode: '' }, contacts: [{ phone: '' }] },
    });
  });

  it('the same content again is told the same, and eight at once make one partner', async () => {
    const body = sample();
    const first = await create(body);
    const before = await rowsStored();
    expect((await create(JSON.stringify(body, null, 2))).text).toBe(first.text);
    expect(await rowsStored()).toBe(before);
    const other = sample();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(other)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.status).toBe(200);
  });

  it('user.login_name and user.email are taken once, in any letter case, also by the partners of others (part 1, 3.4)', async () => {
    const taken = sample();
    await create(taken);
    const before = await rowsStored();
    const sameLogin = having(sample(), 'user.login_name', taken.user.login_name.toUpperCase());
    expect(refusal(await create(sameLogin, 'isp'))).toEqual(invalid('user.login_name'));
    const sameEmail = having(sample(), 'user.email', taken.user.email.toUpperCase());
    expect(refusal(await create(sameEmail, 'isp'))).toEqual(invalid('user.email'));
    expect(await rowsStored()).toBe(before);
  });

  brokenOneByOne(sample, create, {
    'partner.type': [...absent, ...noText, 'msp', 'ISP', 'Distributor', 'DFIR', 'Customer'],
    'partner.name': [...absent, ...noText, '  ', 'x'.repeat(129), '🎉'.repeat(129)],
    'partner.address': [...noText, 'x'.repeat(129)],
    'partner.city': [...noText, 'x'.repeat(65)],
    'partner.state': [...noText, 'x'.repeat(65)],
    'partner.postal_code': [...noText, 'x'.repeat(11)],
    'partner.country': [...absent, ...noText, 'T', 'TWN', 'ZZ', 'tw', 'T\u0000'],
    'user.login_name': [...absent, ...noText, 'abc', 'x'.repeat(26), 'a b c', 'a@example.com', 'äöüß'],
    'user.first_name': [...absent, ...noText, 'x'.repeat(51)],
    'user.last_name': [...absent, ...noText, 'x'.repeat(51)],
    'user.phone.area_code': [...noText, '123456', '+1', 'x'],
    'user.phone.number': [...noText, '1'.repeat(17), '12 34', 'x'],
    'user.phone.extension': [...noText, '1'.repeat(11), '-1', 'x'],
    'user.email': [...absent, ...noText, 'x', 'a@b@c', 'a b@example.com', `${'x'.repeat(120)}@example.com`],
    'user.time_zone': [...absent, ...noText, 'Europe/London', 'pacific standard time', 'UTC+1', 'x'.repeat(101)],
    'user.language': [...absent, ...noText, 'english', 'en', 'en_US', 'en-us', '1'],
  });

  it.each([{ partner: 1 }, { partner: [] }, { partner: 'x' }, []])('%j', async (body) => {
    const subject = Array.isArray(body) ? 'body' : 'partner';
    expect(refusal(await create(body))).toEqual(invalid(subject));
  });

  it('is one of v2 only', async () => {
    const answer = await lmpi.post(lmpi.credentials.distributor, '/LMPI/v3/partners', sample());
    expect(refusal(answer)).toEqual({ status: 404, subject: 'NotFound' });
  });
});

describe('Partners :: CreatePartnerOnboarding, v3', () => {
  /** Members in the order of the page's table: the required ones first. */
  function sample() {
    count += 1;
    const name = `Onboarded ${count}`;
    const contact = { first_name: 'Mei', last_name: 'Lin', email: `mei.lin-${count}@example.com` };
    return { company: { type: 'MSP', data_center: 'EU', name, country: 'DE' }, contact };
  }
  const onboard = (body: unknown) => lmpi.post(lmpi.credentials.distributor, '/LMPI/v3/partners/onboarding', body);
  type Onboarded = { partner_id: string };

  it('makes an MSP with a contact and nobody who signs in', async () => {
    const body = sample();
    const optional = {
      industry: '62',
      size: '2',
      state: 'Bayern',
      city: 'München',
      address: 'A',
      postal_code: '80331',
    };
    const answer = await onboard({ ...body, company: { ...body.company, ...optional } });
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({ partner_id: guid });
    const { distributor } = lmpi.partners;
    const { partner_id: partnerId } = answer.json as Onboarded;
    expect(await stored(partnerId)).toMatchObject({
      parentId: distributor.id,
      kind: 'msp',
      name: body.company.name,
      country: 'DE',
      timeZone: distributor.timeZone,
      currency: distributor.currency,
      language: distributor.language,
      dataCenter: 'EU',
      remoteManager: false,
      visionOne: true,
      company: {
        address: { street: 'A', city: 'München', state: 'Bayern', postalCode: '80331', countryCode: 'DE' },
        contacts: [{ firstName: 'Mei', lastName: 'Lin', email: body.contact.email }],
        attributes: { industry: '62', size: '2' },
      },
    });
    const { id } = await stored(partnerId);
    expect(await lmpi.engine.access.listUsers({ within: distributor.id, accountId: id, limit: 9 })).toEqual([]);
  });

  it.each(['US', 'CA', 'UK', 'EU', 'SG', 'JP', 'AU', 'IN'])('takes the data center %s', async (dataCenter) => {
    expect(await onboard(having(sample(), 'company.data_center', dataCenter))).toMatchObject({ status: 200 });
  });

  it('the same content again is the same partner', async () => {
    const body = sample();
    const answers = await Promise.all(Array.from({ length: 6 }, () => onboard(body)));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect((await onboard(body)).text).toBe(answers[0]!.text);
  });

  brokenOneByOne(sample, onboard, {
    'company.type': [...absent, ...noText, 'msp', 'Reseller'],
    'company.data_center': [...absent, ...noText, 'us', 'MEA', '22'],
    'company.name': [...absent, ...noText, ' ', 'x'.repeat(129)],
    'company.country': [...absent, ...noText, 'D', 'DEU'],
    'contact.first_name': [...absent, ...noText, 'x'.repeat(51)],
    'contact.last_name': [...absent, ...noText, 'x'.repeat(51)],
    'contact.email': [
      ...absent,
      ...noText,
      'x',
      'a@',
      'a+b@example.com',
      'ä@example.com',
      `${'x'.repeat(117)}@example.com`,
    ],
  });

  it.each([
    ['company.industry', ['1234', '1 2', '00', 1]],
    ['company.size', ['123', '-', 'ZZ', 1]],
    ['company.state', ['x'.repeat(65), 1]],
    ['company.city', ['x'.repeat(65), {}]],
    ['company.address', ['x'.repeat(129), []]],
    ['company.postal_code', ['x'.repeat(11), true]],
  ] as const)('InvalidParameters%s', async (field, values) => {
    for (const value of values) {
      expect(refusal(await onboard(having(sample(), field, value)))).toEqual(invalid(field));
    }
  });

  it('is one of v3 only', async () => {
    const answer = await lmpi.post(lmpi.credentials.distributor, '/LMPI/v2/partners/onboarding', sample());
    expect(refusal(answer)).toEqual({ status: 404, subject: 'NotFound' });
  });
});

describe('Partners :: GetID', () => {
  type Ids = { root: Json; downstream: Json[] };
  const ids = async (version: 'v2' | 'v3', role: 'distributor' | 'isp' = 'distributor') => {
    const answer = await lmpi.get(lmpi.credentials[role], `/LMPI/${version}/partners/id`);
    expect(answer.status).toBe(200);
    return answer.json as Ids;
  };

  it('v3: the caller and those directly below it, with exactly the members of the page', async () => {
    const { distributor, msp, reseller } = lmpi.partners;
    await lmpi.reseller(msp, { name: 'Two levels down' });
    const { root, downstream } = await ids('v3');
    expect(root).toStrictEqual({ id: distributor.id, name: distributor.name, role: 'Distributor', is_v1xsp: false });
    expect(membersOf(root)).toBe('id,name,role,is_v1xsp');
    expect(downstream).toContainEqual({ id: msp.id, name: msp.name, role: 'MSP' });
    expect(downstream).toContainEqual({ id: reseller.id, name: reseller.name, role: 'Reseller' });
    expect(downstream.map(({ name }) => name)).not.toContain('Two levels down');
    for (const each of downstream) expect(membersOf(each)).toBe('id,name,role');
    const order = downstream.map(({ id }) => String(id));
    expect(order).toEqual(order.toSorted((one, other) => (one < other ? -1 : 1)));
  });

  it('v2 (inferred): every partner with its tenant ID, which the credentials calls of v2 need', async () => {
    const { distributor, msp } = lmpi.partners;
    const { root, downstream } = await ids('v2');
    const { id, name, tenantId } = distributor;
    expect(root).toStrictEqual({ id, name, role: 'Distributor', tenant_id: tenantId });
    expect(downstream).toContainEqual({ id: msp.id, name: msp.name, role: 'MSP', tenant_id: msp.tenantId });
    for (const each of downstream) expect(membersOf(each)).toBe('id,name,role,tenant_id');
  });

  it('is_v1xsp says that the partner has moved; nobody below is an empty list', async () => {
    const { isp } = lmpi.partners;
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, isp.id, { visionOne: true });
    expect(await ids('v3', 'isp')).toStrictEqual({
      root: { id: isp.id, name: isp.name, role: 'ISP', is_v1xsp: true },
      downstream: [],
    });
  });

  it('a partner that is closed is not listed, a suspended one is', async () => {
    const { distributor } = lmpi.partners;
    const gone = await lmpi.msp(distributor, { name: 'Gone' });
    const held = await lmpi.msp(distributor, { name: 'Held' });
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, gone.id, { status: 'closed' });
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, held.id, { status: 'suspended' });
    const listed = (await ids('v3')).downstream.map(({ id }) => id);
    expect([listed.includes(gone.id), listed.includes(held.id)]).toEqual([false, true]);
  });
});

describe('Partners :: Remote Manager :: Register (path and members inferred)', () => {
  const register = (body: unknown, version = 'v2') =>
    lmpi.post(lmpi.credentials.distributor, `/LMPI/${version}/partners/remotemanager`, body);

  it.each(['v2', 'v3'])('%s: switches it on and says where, which our own API shows', async (version) => {
    const { distributor } = lmpi.partners;
    const msp = await lmpi.msp(distributor, { name: `Managed ${version}` });
    expect(await stored(msp.id)).toMatchObject({ remoteManager: false, dataCenter: null });
    const answer = await register({ partner_id: msp.id.toUpperCase(), data_center: 'JP' }, version);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({ partner_id: msp.id, data_center: 'JP' });
    const registered = await stored(msp.id);
    expect(registered).toMatchObject({ remoteManager: true, dataCenter: 'JP', visionOne: false });
    // Again it changes nothing; with another data center, that.
    await register({ partner_id: msp.id, data_center: 'JP' }, version);
    expect((await stored(msp.id)).version).toBe(registered.version);
    await register({ partner_id: msp.id, data_center: 'AU' }, version);
    expect(await stored(msp.id)).toMatchObject({ remoteManager: true, dataCenter: 'AU' });
  });

  it('InvalidParameterspartner_id, and then data_center', async () => {
    const { msp, reseller, distributor, isp } = lmpi.partners;
    const nobody = await register({ partner_id: randomUUID(), data_center: 'US' });
    expect(refusal(nobody)).toEqual(invalid('partner_id'));
    const other = await lmpi.msp(isp, { name: 'Of another' });
    for (const id of [other.id, isp.id, lmpi.top.id]) {
      expect((await register({ partner_id: id, data_center: 'US' })).text).toBe(nobody.text);
    }
    for (const id of [...absent, 'x', 1, reseller.id, distributor.id]) {
      expect(refusal(await register({ partner_id: id }))).toEqual(invalid('partner_id'));
    }
    for (const dataCenter of [...absent, 'MARS', 22, {}]) {
      const answer = await register({ partner_id: msp.id, data_center: dataCenter });
      expect(refusal(answer)).toEqual(invalid('data_center'));
    }
  });
});
