import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLmpi, type LmpiWorld } from './setup.ts';

// Partners :: Product :: List: LMPI reference, part 2, 3.6, and the sample of its page.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
  const { distributor, msp } = lmpi.partners;
  const worryFree = await lmpi.stocked({ code: 'NNZBXXE1X', name: 'Worry Free Business Security Service' }, [
    [distributor, 1498n],
    [distributor, 20n, 'trial'],
    [msp, 7n],
  ]);
  await lmpi.stocked({ code: 'CCZBXXE1X', name: 'Cloud App Security', type: 'software' }, [[distributor, 1477n]]);
  await lmpi.stocked({ code: 'SSZBXXE1X', name: 'Everything', type: 'suite' }, [[distributor, 3n]]);
  await lmpi.stocked({ code: 'VVZBXXE1X', name: 'Vision One', family: 'vision_one' }, [[distributor, 5n]]);
  const planned = await lmpi.stocked({ code: 'PPZBXXE1X', name: 'Planned only' });
  const rates = [{ mpn: 'MPN-NNZBXXE1X' }];
  const given = await lmpi.plan(lmpi.top, { product: worryFree, name: 'Given by the provider', rates });
  await lmpi.plan(distributor, { product: worryFree, name: 'Own', rates });
  await lmpi.plan(distributor, { product: worryFree, name: 'A draft', rates, publish: false });
  await lmpi.plan(distributor, { product: planned, name: 'Without licenses', rates: [{ mpn: 'MPN-PPZBXXE1X' }] });
  await lmpi.delegate([lmpi.top, distributor], given, { name: 'As the distributor calls it' });
});
afterAll(() => lmpi.stop());

type Listed = {
  partner_id: string;
  products: { product_code: string; version: string; service_plans: { name: string }[] }[];
};

const target = (version: string) => `/LMPI/${version}/partners/product`;
const list = async (role: 'distributor' | 'msp' | 'isp', version = 'v3') =>
  (await lmpi.get(lmpi.credentials[role], target(version))).json as Listed;

describe('200', () => {
  it('has exactly the members of the sample, in its order, with its types', async () => {
    const answer = await lmpi.get(lmpi.credentials.distributor, target('v2'));
    expect(answer.status).toBe(200);
    const plan = (name: string) => ({ name, id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    const product = { product_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, used: 0 };
    expect(answer.json).toStrictEqual({
      partner_id: lmpi.partners.distributor.id,
      products: [
        {
          ...product,
          available: 1477,
          version: 'full',
          product_name: 'Cloud App Security',
          product_code: 'CCZBXXE1X',
          type: 'Software',
          service_plans: [],
        },
        {
          ...product,
          available: 1498,
          version: 'full',
          product_name: 'Worry Free Business Security Service',
          product_code: 'NNZBXXE1X',
          type: 'SaaS',
          service_plans: [plan('As the distributor calls it'), plan('Own')],
        },
        {
          ...product,
          available: 20,
          version: 'trial',
          product_name: 'Worry Free Business Security Service',
          product_code: 'NNZBXXE1X',
          type: 'SaaS',
          service_plans: [],
        },
        {
          ...product,
          available: 0,
          version: 'full',
          product_name: 'Planned only',
          product_code: 'PPZBXXE1X',
          type: 'SaaS',
          service_plans: [plan('Without licenses')],
        },
        {
          ...product,
          available: 3,
          version: 'full',
          product_name: 'Everything',
          product_code: 'SSZBXXE1X',
          type: 'Suite',
          service_plans: [],
        },
      ],
    });
    const [first] = (answer.json as { products: object[] }).products;
    const members = 'available,version,product_name,product_id,product_code,type,used,service_plans';
    expect(Object.keys(answer.json as object).join()).toBe('partner_id,products');
    expect(Object.keys(first!).join()).toBe(members);
    expect(answer.text).toMatch(/"service_plans":\[\{"name":"[^"]+","id":"[^"]+"\},/);
  });

  it('has a product of the Trend Vision One family in v3 only', async () => {
    const codes = async (version: string) =>
      (await list('distributor', version)).products.map((product) => product.product_code);
    expect(await codes('v3')).toContain('VVZBXXE1X');
    expect(await codes('v2')).not.toContain('VVZBXXE1X');
  });

  it('has `used` for a distributor and an ISP only', async () => {
    const { isp } = lmpi.partners;
    await lmpi.stocked({ code: 'ISPBXXE1X' }, [[isp, 1n]]);
    expect((await list('isp')).products[0]).toHaveProperty('used', 0);
    expect((await list('distributor')).products[0]).toHaveProperty('used', 0);
    const own = await list('msp');
    expect(own.products).toHaveLength(1);
    expect(Object.keys(own.products[0]!).join()).toBe(
      'available,version,product_name,product_id,product_code,type,service_plans',
    );
  });

  it('is about the caller: its own pools, and its own and delegated plans', async () => {
    const own = await list('msp');
    expect(own).toMatchObject({ partner_id: lmpi.partners.msp.id, products: [{ available: 7, service_plans: [] }] });
  });

  it('shows what was assigned and delegated since', async () => {
    const { msp, distributor } = lmpi.partners;
    const { id: productId } = await lmpi.stocked({ code: 'NEWBXXE1X' }, [[distributor, 10n]]);
    expect((await list('distributor')).products.map((each) => each.product_code)).toContain('NEWBXXE1X');
    const units = { productId, licenseVersion: 'full', units: 4n } as const;
    await lmpi.engine.pools.assign(lmpi.cause(), distributor, msp.id, units);
    const find = async (role: 'distributor' | 'msp') =>
      (await list(role)).products.find((each) => each.product_code === 'NEWBXXE1X');
    expect(await find('msp')).toMatchObject({ available: 4 });
    expect(await find('distributor')).toMatchObject({ available: 6 });
  });

  it('counts beyond what a JavaScript number holds', async () => {
    const { isp } = lmpi.partners;
    const product = await lmpi.stocked({ code: 'BIGBXXE1X' }, [[isp, 1n]]);
    await lmpi.db.query(
      { name: 'big', text: 'update license_pools set available = 9007199254740993 where product_id = $1' },
      [product.id],
    );
    expect((await lmpi.get(lmpi.credentials.isp, target('v3'))).text).toContain('{"available":9007199254740993,');
  });

  it('leaves out a product at its end of sale, of which nothing new is provisioned', async () => {
    const { isp } = lmpi.partners;
    const product = await lmpi.stocked({ code: 'OLDBXXE1X' }, [[isp, 1n]]);
    const codes = async () => (await list('isp')).products.map((each) => each.product_code);
    expect(await codes()).toContain('OLDBXXE1X');
    await lmpi.db.query({ name: 'eos', text: `update products set status = 'end_of_sale' where id = $1` }, [
      product.id,
    ]);
    expect(await codes()).not.toContain('OLDBXXE1X');
  });

  it('is empty for a partner with nothing', async () => {
    const fresh = await lmpi.msp(lmpi.partners.distributor, { name: `Fresh ${newId()}` });
    const answer = await lmpi.get(await lmpi.credential(fresh), target('v2'));
    expect(answer.json).toStrictEqual({ partner_id: fresh.id, products: [] });
  });
});
