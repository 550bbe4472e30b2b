import { randomUUID } from 'node:crypto';
import type { Product } from '@tierline/server/modules/catalog/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, refusal, type Answer, type LmpiWorld } from './setup.ts';

// Partners :: Service Plan :: Create: LMPI reference, part 2, 3.8, and the sample of its page.

let lmpi: LmpiWorld;
let saas: Product;
let software: Product;
let suite: Product;
let visionOne: Product;
let unseen: Product;
beforeAll(async () => {
  lmpi = await openLmpi();
  const { distributor, isp } = lmpi.partners;
  saas = await lmpi.stocked(
    { code: 'NNZBXXE1X', name: 'Worry Free', unitTypes: ['U', 'E'], dataCenters: ['22', '31'] },
    [[distributor, 100n]],
  );
  software = await lmpi.stocked({ code: 'SWZBXXE1X', type: 'software', dataCenters: [] }, [[distributor, 100n]]);
  suite = await lmpi.stocked({ code: 'STZBXXE1X', type: 'suite' }, [[distributor, 100n]]);
  visionOne = await lmpi.stocked({ code: 'VVZBXXE1X', family: 'vision_one' }, [[distributor, 100n]]);
  unseen = await lmpi.stocked({ code: 'UUZBXXE1X' }, [[isp, 100n]]);
});
afterAll(() => lmpi.stop());

let count = 0;
const newName = (): string => `Plan by LMPI ${(count += 1)}`;

/** The page's sample, in which every value is a string. */
const sample = () => ({
  partner_id: lmpi.partners.distributor.id as string,
  product_id: saas.id as string,
  service_plan_name: newName(),
  type: 'SaaS',
  version: '1',
  period: '12',
  activation_type: '0',
  price_type: 'U',
  dc_code: '22',
  auto_renewal_month: '12',
  managed: 'true',
  chargeable_month: '1',
});

type Created = { service_plan_id: string };
const create = (body: unknown, version = 'v3', role: 'distributor' | 'isp' | 'msp' = 'distributor') =>
  lmpi.post(lmpi.credentials[role], `/LMPI/${version}/partners/serviceplan`, body);
const idOf = (answer: Answer): string => (answer.json as Created).service_plan_id;

async function stored(answer: Answer) {
  const text = `select v.*, s.account_id, s.status, s.name, (select json_agg(r.*) from resource_rates r where r.plan_id = s.id) as rates
    from service_plans s join plan_versions v on v.plan_id = s.id and v.version = s.current_version where s.id = $1`;
  const rows = await lmpi.db.query<Record<string, unknown>>({ name: 'stored_plan', text }, [idOf(answer)]);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

async function plansStored(): Promise<bigint> {
  const text = 'select (select count(*) from service_plans) + (select count(*) from events) as rows';
  return (await lmpi.db.query<{ rows: bigint }>({ name: 'rows_stored', text }, []))[0]!.rows;
}

const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });

describe('200', () => {
  it.each(['v2', 'v3'])('answers exactly the members of the sample, all strings, in %s', async (version) => {
    const body = sample();
    const answer = await create(body, version);
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      service_plan_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      service_plan_name: body.service_plan_name,
      type: 'SaaS',
      version: 'full',
      auto_renewal_month: '12',
      managed: 'true',
      period: '12',
      price_type: 'U',
      dc_code: '22',
    });
    const members =
      'service_plan_id,service_plan_name,type,version,auto_renewal_month,managed,period,price_type,dc_code';
    expect(Object.keys(answer.json as object).join()).toBe(members);
  });

  it('stores a published plan with the terms that were asked for, made of the first resource of the product', async () => {
    const body = { ...sample(), price_type: 'E', dc_code: '31', activation_type: '1', chargeable_month: '3' };
    expect(await stored(await create(body))).toMatchObject({
      account_id: lmpi.partners.distributor.id,
      status: 'published',
      name: body.service_plan_name,
      license_version: 'full',
      subscription_unit: 'month',
      subscription_count: 12,
      billing_unit: 'month',
      billing_count: 1,
      billing_model: 'before_billing_period',
      activation_policy: 'first_sign_in',
      chargeable_months: 3,
      auto_renewal_months: 12,
      data_center: '31',
      unit_type: 'E',
      managed: true,
      pricing: 'free',
      rates: [{ mpn: 'MPN-NNZBXXE1X', quantity_min: 1, quantity_max: 999_999 }],
    });
  });

  it('takes numbers and booleans as such (part 1, 2), GUIDs in any letter case, and ignores what it does not know', async () => {
    const { partner_id, product_id, ...rest } = sample();
    const answer = await create({
      ...rest,
      partner_id: partner_id.toUpperCase(),
      product_id: product_id.toUpperCase(),
      version: 1,
      period: 24,
      activation_type: 1,
      dc_code: 22,
      auto_renewal_month: 1,
      managed: false,
      chargeable_month: 2,
      colour: 'red',
      phone: { number: '1' },
    });
    expect(answer).toMatchObject({
      status: 200,
      json: { version: 'full', period: '24', auto_renewal_month: '1', managed: 'false', dc_code: '22' },
    });
    expect(await stored(answer)).toMatchObject({ subscription_count: 24, managed: false, chargeable_months: 2 });
    // Part 1, 7.6, 7.7 and 9: what may happen to it is as the protocol has it.
    expect(await stored(answer)).toMatchObject({ policies: { preset: 'lmpi_like' } });
  });

  it.each([undefined, null, ''])('takes %j for an optional member as not given', async (absent) => {
    const optional = { dc_code: absent, auto_renewal_month: absent, managed: absent, chargeable_month: absent };
    const answer = await create({ ...sample(), ...optional });
    expect(answer).toMatchObject({ status: 200, json: { auto_renewal_month: '0', managed: 'false', dc_code: '' } });
    const without = { data_center: null, auto_renewal_months: null, managed: false, chargeable_months: 0 };
    expect(await stored(answer)).toMatchObject(without);
  });

  it.each([1, 66])('takes a period of %i months', async (period) => {
    const answer = await create({ ...sample(), period, auto_renewal_month: period });
    expect(answer).toMatchObject({ status: 200, json: { period: String(period) } });
  });

  it.each(['x', 'x'.repeat(150), '株'.repeat(150), '🎉'.repeat(150)])('takes the name %.10s', async (text) => {
    expect(await create({ ...sample(), service_plan_name: text })).toMatchObject({
      status: 200,
      json: { service_plan_name: text },
    });
  });

  it('makes a trial of one month', async () => {
    const answer = await create({ ...sample(), version: '0', period: '1' });
    expect(answer).toMatchObject({ status: 200, json: { version: 'trial', period: '1' } });
    expect(await stored(answer)).toMatchObject({ license_version: 'trial', subscription_count: 1 });
  });

  it('makes a plan of software, and of Trend Vision One in v3', async () => {
    const plain = { ...sample(), product_id: software.id, type: 'Software', dc_code: '' };
    expect(await create(plain, 'v2')).toMatchObject({ status: 200, json: { type: 'Software' } });
    expect(await create({ ...sample(), product_id: visionOne.id }, 'v3')).toMatchObject({ status: 200 });
  });

  it('makes a plan for a partner below, who then has it in both lists', async () => {
    const { msp, reseller } = lmpi.partners;
    for (const [partner, role] of [[msp, 'msp'] as const, [reseller, 'reseller'] as const]) {
      const body = { ...sample(), partner_id: partner.id };
      const answer = await create(body);
      expect(await stored(answer)).toMatchObject({ account_id: partner.id });
      const { json } = await lmpi.get(lmpi.credentials[role], '/LMPI/v3/me/serviceplans');
      expect(json).toMatchObject([{ name: body.service_plan_name, initial_license_period_month: 12 }]);
    }
    const { json } = await lmpi.get(lmpi.credentials.msp, '/LMPI/v3/partners/product');
    expect(json).toMatchObject({ products: [{ product_code: 'NNZBXXE1X', service_plans: [{}] }] });
  });
});

describe('200, again', () => {
  it('the same content is the same plan, however it is spelled', async () => {
    const body = sample();
    const first = await create(body);
    const before = await plansStored();
    const reordered = Object.fromEntries(Object.entries(body).toReversed());
    const retries = [
      await create(body),
      await create(reordered, 'v2'),
      await create({ ...body, period: 12, managed: true, unknown: 1 }),
      await create(JSON.stringify(body, null, 2)),
    ];
    for (const retry of retries) expect(retry.text).toBe(first.text);
    expect(await plansStored()).toBe(before);
  });

  it('eight at once make one plan', async () => {
    const body = sample();
    const answers = await Promise.all(Array.from({ length: 8 }, () => create(body)));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 200 });
  });

  it('the same content for another owner is another plan', async () => {
    const body = sample();
    const own = await create(body);
    const theirs = await create({ ...body, partner_id: lmpi.partners.msp.id });
    expect(theirs.status).toBe(200);
    expect(idOf(theirs)).not.toBe(idOf(own));
  });
});

describe('400: one parameter at a time, in the order of the page', () => {
  const wrong = (length: number) => ['a', 'x'.repeat(length), [], {}, true];
  const notInteger = ['0', '-1', '67', '1.5', '1e1', ' 1', 'one', '99999999999999999999', 0, 67, 1.5, 1e300, [], {}];
  const broken: Readonly<Record<string, readonly unknown[]>> = {
    partner_id: [undefined, null, '', 'abc', 1, true, {}, [], '{}', randomUUID()],
    product_id: [undefined, null, '', 'abc', 1, true, {}, [], randomUUID()],
    service_plan_name: [undefined, null, '', '  ', 'x'.repeat(151), '🎉'.repeat(151), 1, true, {}, ['x']],
    type: [undefined, null, '', 'Software', 'Suite', 'saas', 1, ...wrong(9)],
    version: [undefined, null, '', '2', 'full', 'trial', 2, -1, ...wrong(20)],
    period: [undefined, null, '', ...notInteger],
    activation_type: [undefined, null, '', '2', 2, -1, ...wrong(20)],
    price_type: [undefined, null, '', 'X', 'u', 1, ...wrong(20)],
    dc_code: ['99', 'USA', 99, ...wrong(20)],
    auto_renewal_month: notInteger,
    managed: ['yes', '1', 1, 0, {}, []],
    chargeable_month: ['0', '-1', '121', '1.5', 0, 121, 'x', {}, []],
  };

  it('has a broken input for each member of the sample', () => {
    expect(Object.keys(broken)).toEqual(Object.keys(sample()));
  });

  it.each(Object.keys(broken))('InvalidParameters%s, and nothing is stored', async (field) => {
    const before = await plansStored();
    for (const value of broken[field]!) {
      const answer = await create({ ...sample(), [field]: value });
      expect({ value, ...refusal(answer) }).toEqual({ value, ...invalid(field) });
    }
    expect(await plansStored()).toBe(before);
  });

  it('the first that is wrong is told, whatever else is', async () => {
    const fields = Object.keys(sample());
    for (const [index, field] of fields.entries()) {
      const bad = Object.fromEntries(fields.slice(index).map((name) => [name, { wrong: true }]));
      expect(refusal(await create({ ...sample(), ...bad }))).toEqual(invalid(field));
    }
    // All members null, as recorded from the original for another operation (part 1, 3.3).
    const nothing = Object.fromEntries(fields.map((name) => [name, null]));
    const answer = await create(nothing);
    expect(answer.json).toEqual({
      error_subject: 'InvalidParameterspartner_id',
      error_message: 'The partner_id field is required.',
    });
  });

  it('partner_id: another tenant is refused in the words for nobody at all', async () => {
    const nobody = await create({ ...sample(), partner_id: randomUUID() });
    expect(refusal(nobody)).toEqual(invalid('partner_id'));
    const { isp } = lmpi.partners;
    for (const stranger of [isp.id, lmpi.top.id]) {
      expect((await create({ ...sample(), partner_id: stranger })).text).toBe(nobody.text);
    }
    const upwards = await create({ ...sample(), partner_id: lmpi.partners.distributor.id }, 'v3', 'msp');
    expect(upwards.text).toBe(nobody.text);
  });

  it('partner_id: a partner below that is suspended', async () => {
    const msp = await lmpi.msp(lmpi.partners.distributor, { name: 'In trouble' });
    await lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, msp.id, { status: 'suspended' });
    expect(refusal(await create({ ...sample(), partner_id: msp.id }))).toEqual(invalid('partner_id'));
  });

  it('product_id: what is in the list of somebody else is refused in the words for nothing at all', async () => {
    const nothing = await create({ ...sample(), product_id: randomUUID() });
    expect((await create({ ...sample(), product_id: unseen.id })).text).toBe(nothing.text);
    expect((await create({ ...sample(), partner_id: lmpi.partners.isp.id }, 'v3', 'isp')).text).toBe(nothing.text);
  });

  it('product_id: a suite, and Trend Vision One in v2', async () => {
    const ofSuite = { ...sample(), product_id: suite.id };
    expect(refusal(await create(ofSuite))).toEqual(invalid('product_id'));
    expect(refusal(await create({ ...ofSuite, type: 'Suite' }))).toEqual(invalid('product_id'));
    expect(refusal(await create({ ...sample(), product_id: visionOne.id }, 'v2'))).toEqual(invalid('product_id'));
  });

  it('product_id: a product that has no resource yet', async () => {
    const bare = await lmpi.product(lmpi.top, { code: 'BBZBXXE1X' });
    const units = { productId: bare.id, licenseVersion: 'full', units: 1n } as const;
    await lmpi.engine.pools.mint(lmpi.cause(), lmpi.partners.distributor, units);
    expect(refusal(await create({ ...sample(), product_id: bare.id }))).toEqual(invalid('product_id'));
  });

  it('period: more than one month of a trial', async () => {
    expect(refusal(await create({ ...sample(), version: '0', period: '2' }))).toEqual(invalid('period'));
  });

  it('dc_code: none to choose', async () => {
    const body = { ...sample(), product_id: software.id, type: 'Software' };
    expect(refusal(await create(body))).toEqual(invalid('dc_code'));
  });

  it('service_plan_name: taken by a plan with other content, also by one that was not made here', async () => {
    const body = sample();
    await create(body);
    expect(refusal(await create({ ...body, period: '13' }))).toEqual(invalid('service_plan_name'));
    await lmpi.plan(lmpi.partners.distributor, {
      product: saas,
      rates: [{ mpn: 'MPN-NNZBXXE1X' }],
      name: 'Made there',
    });
    expect(refusal(await create({ ...sample(), service_plan_name: 'Made there' }))).toEqual(
      invalid('service_plan_name'),
    );
  });
});
