import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, type LmpiWorld } from './setup.ts';

// Partners :: Service Plan :: List: LMPI reference, part 2, 3.9, and the sample of its page.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
  const { distributor } = lmpi.partners;
  const product = await lmpi.stocked({ code: 'AAZBXXE1X', name: 'Deep Security - Network Security' });
  const rates = [{ mpn: 'MPN-AAZBXXE1X' }];
  await lmpi.plan(distributor, {
    product,
    rates,
    name: 'Worry Free Business Security Service',
    terms: { dataCenter: '22' },
  });
  await lmpi.plan(distributor, {
    product,
    rates,
    name: 'A year, not renewed',
    terms: { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: null },
  });
  const days = (count: number) => ({
    licenseVersion: 'trial' as const,
    subscriptionPeriod: { unit: 'day', count } as const,
    billingPeriod: { unit: 'day', count } as const,
  });
  await lmpi.plan(distributor, { product, rates, name: 'Trial of 30 days', terms: days(30) });
  await lmpi.plan(distributor, { product, rates, name: 'Trial of 7 days', terms: days(7) });
  await lmpi.plan(distributor, { product, rates, name: 'Trial of 90 days', terms: days(90) });
  await lmpi.plan(distributor, { product, rates, name: 'A draft', publish: false });
  const visionOne = await lmpi.stocked({ code: 'VVZBXXE1X', name: 'Vision One', family: 'vision_one' });
  await lmpi.plan(distributor, { product: visionOne, rates: [{ mpn: 'MPN-VVZBXXE1X' }], name: 'Vision One' });
});
afterAll(() => lmpi.stop());

type Listed = { service_plan_id: string; name: string; initial_license_period_month: number }[];

const target = (version: string) => `/LMPI/${version}/me/serviceplans`;
type Role = keyof LmpiWorld['credentials'];
const list = async (role: Role, version = 'v2') =>
  (await lmpi.get(lmpi.credentials[role], target(version))).json as Listed;
const names = async (role: Role, version = 'v2') => (await list(role, version)).map((plan) => plan.name);

describe('200', () => {
  it('is a bare array with exactly the members of the sample, in its order, with its types', async () => {
    const plans = await list('distributor');
    expect(plans[0]).toStrictEqual({
      service_plan_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      name: 'Worry Free Business Security Service',
      product: 'Deep Security - Network Security',
      product_code: 'AAZBXXE1X',
      version: 'full',
      initial_license_period_month: 1,
      data_center_code: '22',
      data_center: 'USA',
      auto_renewal: true,
    });
    const members =
      'service_plan_id,name,product,product_code,version,initial_license_period_month,data_center_code,data_center,auto_renewal';
    for (const plan of plans) expect(Object.keys(plan).join()).toBe(members);
  });

  it('has published plans only, in the order in which they were made', async () => {
    expect(await names('distributor')).toEqual([
      'Worry Free Business Security Service',
      'A year, not renewed',
      'Trial of 30 days',
      'Trial of 7 days',
      'Trial of 90 days',
    ]);
  });

  it('counts every period in months', async () => {
    const periods = (await list('distributor')).map((plan) => plan.initial_license_period_month);
    expect(periods).toEqual([1, 12, 1, 1, 3]);
  });

  it('has empty texts where a plan has no data center', async () => {
    expect((await list('distributor'))[1]).toMatchObject({
      version: 'full',
      auto_renewal: false,
      data_center_code: '',
      data_center: '',
    });
  });

  it('has plans of Trend Vision One in v3 only', async () => {
    expect(await names('distributor', 'v3')).toContain('Vision One');
    expect(await names('distributor', 'v2')).not.toContain('Vision One');
  });

  it('is not paged: parameters change nothing', async () => {
    const answer = await lmpi.get(lmpi.credentials.distributor, `${target('v2')}?page=2&limit=1`);
    expect(answer.json).toHaveLength(5);
  });

  it('shows a delegated plan under the name it was passed on with, and no longer once it is taken back', async () => {
    const { distributor, reseller } = lmpi.partners;
    expect(await names('reseller')).toEqual([]);
    const [plan] = await list('distributor');
    const id = plan!.service_plan_id as Parameters<typeof lmpi.delegate>[1]['id'];
    await lmpi.delegate([distributor, reseller], { id }, { name: 'For resellers' });
    expect(await names('reseller')).toEqual(['For resellers']);
    expect(await names('msp')).toEqual([]);
    await lmpi.delegate([distributor, reseller], { id }, { status: 'revoked' });
    expect(await names('reseller')).toEqual([]);
  });

  it('shows a data center under its new name as soon as it has one', async () => {
    const rename = (name: string) =>
      lmpi.engine.catalog.defineCodes(lmpi.cause(), lmpi.top, 'data_centers', [{ code: '22', name }]);
    await rename('United States');
    expect((await list('distributor'))[0]).toMatchObject({ data_center: 'United States' });
    await rename('USA');
    expect((await list('distributor'))[0]).toMatchObject({ data_center: 'USA' });
  });

  it('answers every time what it answered the first time', async () => {
    const first = await lmpi.get(lmpi.credentials.distributor, target('v3'));
    const second = await lmpi.get(lmpi.credentials.distributor, target('v3'));
    expect(second.text).toBe(first.text);
    expect(second.headers['content-length']).toBe(String(Buffer.byteLength(first.text)));
  });
});
