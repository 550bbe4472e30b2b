import { newId, type PlanId } from '@tierline/kernel';
import { afterAll, describe, expect, test } from 'vitest';
import { rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld } from '../../../../test/support/world.ts';
import { resolvePolicies } from '../policies/index.ts';
import type { PlanTerms } from './catalog.ts';
import { catalogBrowser } from './service-browse.ts';

const world = await openWorld();
afterAll(() => world.close());
const { catalog, directory, offers } = world.engine;
const browser = catalogBrowser({ db: world.db, directory, offers });
const provider = await world.provider();
const distributor = await world.distributor(provider);
const stranger = await world.account('provider', null, { name: 'Another installation' });

/** A plan whose version says this, of a vendor of its own. */
async function sold(policies: PlanTerms['policies'] = {}) {
  const vendor = await world.vendor(provider);
  const product = await world.product(provider, { vendorId: vendor.id });
  const plan = await world.plan(provider, {
    product,
    rates: [{ mpn: `MPN-${newId<'test'>()}` }],
    terms: { policies },
  });
  await world.delegate([provider, distributor], plan);
  return { vendor, product, plan };
}

/** The first version of a plan as its seller sees it. */
async function seen({ id }: { id: PlanId }) {
  const [version] = await offers.planVersions(await directory.get(distributor.id), [{ planId: id, version: 1 }]);
  return version!;
}

async function lastEvent(subjectId: string) {
  return world.db.kysely
    .selectFrom('events')
    .select(['type', 'data'])
    .where('subject_id', '=', subjectId)
    .orderBy('id', 'desc')
    .executeTakeFirst();
}

describe('policies', () => {
  test('of a vendor count at once for what is sold already, except where the plan says otherwise', async () => {
    const own = { renewal: { retry_days: 3 } };
    const { vendor, plan } = await sold(own);
    expect(await seen(plan)).toMatchObject({ ownPolicies: own, policies: resolvePolicies({}, own) });
    const policies = { preset: 'microsoft_like', renewal: { retry_days: 20, price: 'locked' } } as const;
    const changed = await catalog.changeVendor(world.cause(), provider, vendor.id, { policies });
    expect(changed).toMatchObject({ policies, version: 2 });
    const now = await seen(plan);
    expect(now.policies).toEqual(resolvePolicies(policies, own));
    expect(now.policies).toMatchObject({ preset: 'microsoft_like', renewal: { retryDays: 3, price: 'locked' } });
    expect(now.ownPolicies).toEqual(own);
    expect(await lastEvent(vendor.id)).toEqual({ type: 'vendor.changed', data: { changed: ['policies'], policies } });
  });

  test('of a new vendor are stored with it', async () => {
    const policies = { orphans: 'cascade' } as const;
    const { id } = await world.vendor(provider, { policies });
    expect(await browser.vendor(provider.rootId, id)).toMatchObject({ policies });
  });

  test('what an older version of the engine stored in a plan means nothing, and can be read', async () => {
    const { plan } = await sold();
    await world.db.kysely
      .updateTable('plan_versions')
      .set({ policies: JSON.stringify({ cancellation: 'within 14 days', owner: 'us' }) })
      .where('plan_id', '=', plan.id)
      .execute();
    expect(await seen(plan)).toMatchObject({ policies: resolvePolicies({}, {}), ownPolicies: {} });
  });
});

describe('a vendor', () => {
  test('can’t be provisioned by webhook without an address for it, and keeps its secret to itself', async () => {
    const { id } = await world.vendor(provider);
    const webhookSecret = 'a secret of the webhook';
    const added = await rowsAdded(world.db, async () => {
      await expect(
        catalog.changeVendor(world.cause(), provider, id, { provisioning: 'webhook', webhookSecret }),
      ).rejects.toMatchObject({ code: 'catalog.webhook_url_needed', kind: 'invalid', field: 'webhook_url' });
    });
    expect(added).toEqual({});
    const webhookUrl = 'https://vendor.example/orders';
    const wanted = { provisioning: 'webhook', webhookUrl, webhookSecret } as const;
    const changed = await catalog.changeVendor(world.cause(), provider, id, wanted);
    expect(changed).toMatchObject({ provisioning: 'webhook', webhookUrl });
    const event = await lastEvent(id);
    expect(event?.data).toEqual({
      changed: ['provisioning', 'webhook_url', 'webhook_secret'],
      provisioning: 'webhook',
    });
    const stored = () =>
      world.db.kysely.selectFrom('vendors').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const { webhook_secret_encrypted: sealed } = await stored();
    expect(sealed).not.toBeNull();
    await catalog.changeVendor(world.cause(), provider, id, { name: 'Renamed' });
    expect(await stored()).toMatchObject({ name: 'Renamed', webhook_secret_encrypted: sealed, version: 3 });
  });
});

describe('a product', () => {
  test('at its end of sale is so at once for everybody who sells it', async () => {
    const { product, plan } = await sold();
    expect((await seen(plan)).product.status).toBe('active');
    await catalog.changeProduct(world.cause(), provider, product.id, { status: 'end_of_sale' });
    expect((await seen(plan)).product.status).toBe('end_of_sale');
    expect(await lastEvent(product.id)).toEqual({ type: 'product.changed', data: { status: 'end_of_sale' } });
  });

  test('keeps what is not named, and its parts', async () => {
    const part = await world.product(provider);
    const suite = await world.product(provider, { type: 'suite', parts: [part.id] });
    const changed = await catalog.changeProduct(world.cause(), provider, suite.id, { dataCenters: ['eu-1'] });
    expect(changed).toEqual({ ...suite, dataCenters: ['eu-1'], version: 2 });
    expect(await browser.product(provider.rootId, suite.id)).toEqual(changed);
  });
});

test('a resource has a new name in new versions of plans, and the old one in those that are', async () => {
  const product = await world.product(provider);
  const mpn = `MPN-${newId<'test'>()}`;
  const resource = await world.resource(provider, product, mpn, 'Old name');
  const plan = await world.plan(provider, { product, rates: [{ mpn }] });
  await catalog.changeResource(world.cause(), provider, resource.id, { name: 'New name' });
  const node = await directory.get(provider.id);
  expect((await offers.find(node, { mpn })).map(({ rate }) => [rate.planId, rate.name])).toEqual([
    [plan.id, 'Old name'],
  ]);
  const later = await world.plan(provider, { product, rates: [{ mpn }] });
  const named = new Map((await offers.find(node, { mpn })).map(({ rate }) => [rate.planId, rate.name]));
  expect(named).toEqual(
    new Map([
      [plan.id, 'Old name'],
      [later.id, 'New name'],
    ]),
  );
});

test('a change made for another version, or from another installation, is refused', async () => {
  const { vendor, product } = await sold();
  const stale = { name: 'x', expectedVersion: 7 };
  const added = await rowsAdded(world.db, async () => {
    await expect(catalog.changeVendor(world.cause(), provider, vendor.id, stale)).rejects.toMatchObject({
      code: 'vendors.version_mismatch',
      details: { current_version: 1 },
    });
    await expect(catalog.changeVendor(world.cause(), stranger, vendor.id, { name: 'x' })).rejects.toMatchObject({
      code: 'vendors.not_found',
    });
    await expect(catalog.changeProduct(world.cause(), provider, product.id, stale)).rejects.toMatchObject({
      code: 'products.version_mismatch',
    });
    await expect(catalog.changeProduct(world.cause(), stranger, product.id, { name: 'x' })).rejects.toMatchObject({
      code: 'products.not_found',
    });
  });
  expect(added).toEqual({});
});
