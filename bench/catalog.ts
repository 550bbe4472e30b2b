import type { AccountId } from '@tierline/kernel';
import type { Engine } from '@tierline/server/app/engine.ts';
import type { Database } from '@tierline/server/db';
import { buildChannel, cause } from './channel.ts';

export type CatalogSize = {
  readonly plans: number;
  readonly ratesEach: number;
  /** Resellers below the distributor. */
  readonly partners: number;
  /** So many of them sell every plan; each of the others sells `planShare` plans. */
  readonly wholePartners: number;
  readonly planShare: number;
};

export type Catalog = {
  readonly size: CatalogSize;
  /** Resellers that sell everything, and those that sell a share. */
  readonly whole: readonly AccountId[];
  readonly shared: readonly AccountId[];
  /** What the template's calls are signed with: all partners have the same subscription key. */
  readonly subscriptionKey: string;
};

type Step = (parameters: CatalogSize) => string;

/**
 * A large catalog, made set by set in PostgreSQL: plans copied from one that was made through the use cases, a price of the
 * provider for each rate, and a markup of the distributor and of each reseller on top.
 */
const steps: readonly Step[] = [
  () => `create temp table template as
    select sp.id as plan_id, sp.account_id as provider_id, sp.root_id, d.account_id as distributor_id, r.account_id as reseller_id
    from service_plans sp
    join delegations d on d.plan_id = sp.id join accounts da on da.id = d.account_id and da.kind = 'distributor'
    join delegations r on r.plan_id = sp.id join accounts ra on ra.id = r.account_id and ra.kind = 'reseller' limit 1`,
  ({ ratesEach }) => `insert into resources
    select uuidv7(), s.root_id, s.product_id, s.vendor_id, 'MPN-' || i, 'Resource ' || i, s.unit_type, 1, now()
    from (select r.* from resources r, template t where r.root_id = t.root_id order by mpn limit 1) s, generate_series(1, ${ratesEach}) i`,
  ({ plans }) => `insert into service_plans
    select uuidv7(), s.root_id, s.account_id, nextval('plan_number_seq'), s.product_id, 'Bulk plan ' || i, 'A plan of the bench', '', s.status,
      s.current_version, s.rate_count, s.version, now(), now()
    from service_plans s, template t, generate_series(1, ${plans}) i where s.id = t.plan_id`,
  ({ ratesEach }) => `update service_plans set rate_count = ${ratesEach} where name like 'Bulk plan %'`,
  ({ ratesEach }) => `insert into plan_versions
    select p.id, v.version, v.license_version, v.subscription_unit, v.subscription_count, v.billing_unit, v.billing_count, v.billing_model,
      v.activation_policy, v.chargeable_months, v.auto_renewal_months, v.expiration_notice_days, v.grace_months, v.data_center, v.unit_type,
      v.managed, v.pricing, v.policies, ${ratesEach}, now()
    from plan_versions v, template t, service_plans p where v.plan_id = t.plan_id and p.name like 'Bulk plan %'`,
  () => 'drop index resource_rates_rate, resource_rates_number, resource_rates_mpn',
  () => `insert into resource_rates
    select p.id, p.current_version, r.position - 1, uuidv7(), 10000000 + (row_number() over ()), r.id, r.name, 1, 5000, 'flat', '{recurring}', '{}', r.mpn,
      'bench-vendor', 'BENCH'
    from service_plans p,
      (select r.id, r.name, r.mpn, row_number() over (order by id) as position from resources r where mpn like 'MPN-%') r
    where p.name like 'Bulk plan %'`,
  () => 'create index resource_rates_rate on resource_rates (rate_id, version)',
  () => 'create index resource_rates_number on resource_rates (number)',
  () => 'create index resource_rates_mpn on resource_rates (mpn, plan_id, version)',
  ({ partners }) => `insert into accounts
    select a.id, t.distributor_id, t.root_id, array[t.root_id, t.distributor_id, a.id], s.kind, 'Bulk reseller ' || a.i, s.currency, s.time_zone, s.country,
      s.language, s.status, 50000000 + a.i, null, null, null, s.price_floor, s.profile, 1, now(), now()
    from template t join accounts s on s.id = t.reseller_id,
      (select uuidv7() as id, i from generate_series(1, ${partners}) i) a`,
  () => `insert into revisions select id, 1, 1, pg_current_xact_id() from accounts where name like 'Bulk reseller %'`,
  () => `create temp table partner as
    select id, row_number() over (order by number) - 1 as place from accounts where name like 'Bulk reseller %'`,
  () => `create temp table bulk_plan as
    select id, row_number() over (order by number) - 1 as place, count(*) over () as total from service_plans where name like 'Bulk plan %'`,
  () => 'drop index delegations_plan',
  () => `insert into delegations
    select t.distributor_id, p.id, 'active', null, null, 'none', 1, now(), now() from template t, bulk_plan p`,
  // Neighbors share plans, as partners of one region do, but no two have quite the same.
  ({ wholePartners, planShare }) => `insert into delegations
    select a.id, p.id, 'active', null, null, 'none', 1, now(), now() from partner a
    join bulk_plan p on a.place < ${wholePartners} or (p.place + p.total - a.place % p.total) % p.total < ${planShare}`,
  () => 'create index delegations_plan on delegations (plan_id)',
  () => `insert into price_lists
    select uuidv7(), a.id, 'Bulk', s.currency, 'global', null, null, s.effective_from, null, 1, now(), now()
    from template t join lateral (select * from price_lists l where l.account_id = t.reseller_id limit 1) s on true,
      (select id from partner union all select distributor_id from template union all select provider_id from template) a`,
  () => `insert into price_rules
    select uuidv7(), l.id, 'all', null, null, 10, 0, 2, l.effective_from, now()
    from price_lists l, template t where l.name = 'Bulk' and l.account_id <> t.provider_id`,
  () => 'drop index prices_target',
  () => `insert into prices
    select l.id, r.rate_id, 'recurring', l.effective_from, 0, 'rate', (r.number % 10000) / 100.0 + 1, now()
    from resource_rates r, price_lists l, template t where l.name = 'Bulk' and l.account_id = t.provider_id and r.vendor_code = 'bench-vendor'`,
  () => 'create index prices_target on prices (target_id, price_list_id)',
  () => `insert into simpleapi_users
    select uuidv7(), p.id, 'bulk' || p.place || '@tierline.api', s.password_hash, s.client_id, s.client_secret_hash, s.subscription_key_hash,
      s.marketplace, s.profile, now(), null
    from partner p, (select * from simpleapi_users limit 1) s`,
  () => 'update revisions set catalog_revision = catalog_revision + 1, changed_xid = pg_current_xact_id()',
  () => 'analyze',
];

export async function buildCatalog(engine: Engine, db: Database, size: CatalogSize): Promise<Catalog> {
  const channel = await buildChannel(engine, { resellers: 1, customersEach: 1 });
  const acting = { accountId: channel.resellers[0]!.id, role: 'owner' as const };
  const user = { marketplace: 'US', profile: '21.0' as const };
  const { login } = await engine.access.createSimpleApiUser(cause(), acting, acting.accountId, user);
  const client = await db.connect();
  try {
    await client.query("set maintenance_work_mem = '512MB'");
    for (const step of steps) {
      const began = performance.now();
      await client.query(step(size));
      if (process.env['BENCH_LOG'] !== undefined) {
        console.log(
          `${((performance.now() - began) / 1000).toFixed(1)} s  ${step(size).slice(0, 60).replaceAll(/\s+/g, ' ')}`,
        );
      }
    }
    const { rows } = await client.query<{ id: AccountId }>('select id from partner order by place');
    await engine.revisions.refresh();
    const ids = rows.map(({ id }) => id);
    return {
      size,
      whole: ids.slice(0, size.wholePartners),
      shared: ids.slice(size.wholePartners),
      subscriptionKey: login.subscriptionKey,
    };
  } finally {
    client.release();
  }
}
