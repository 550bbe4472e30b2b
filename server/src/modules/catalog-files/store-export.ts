import type { AccountId, PlanId, RateId, ResourceId } from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';

/** One rate with all that a row of a catalog file says of it, apart from its prices. */
export type ExportRow = {
  readonly plan_id: PlanId;
  readonly rate_id: RateId;
  readonly resource_id: ResourceId;
  readonly vendor_code: string;
  readonly vendor_name: string;
  readonly product_code: string;
  readonly product_name: string;
  readonly product_type: string;
  readonly product_family: string;
  readonly product_service_name: string;
  readonly product_parts: string[];
  readonly license_version: string;
  readonly subscription_unit: 'day' | 'month' | 'year';
  readonly subscription_count: number;
  readonly billing_unit: 'day' | 'month' | 'year';
  readonly billing_count: number;
  readonly billing_model: string;
  readonly activation_policy: string;
  readonly chargeable_months: number;
  readonly auto_renewal_months: number | null;
  readonly expiration_notice_days: number;
  readonly grace_months: number;
  readonly data_center: string | null;
  readonly unit_type: string;
  readonly managed: boolean;
  readonly pricing: string;
  readonly license_pool: string | null;
  readonly policies: unknown;
  readonly parameters: unknown;
  readonly mpn: string;
  readonly name: string;
  readonly quantity_min: string;
  readonly quantity_max: string;
  readonly price_model: string;
  readonly charge_types: string[];
  readonly depends_on: string[];
};

const ratesForExport: Statement = {
  name: 'export_rates',
  text: `select r.plan_id, r.rate_id, r.resource_id, r.vendor_code, ve.name as vendor_name, p.code as product_code,
      p.name as product_name, p.type as product_type, p.family as product_family,
      p.service_name as product_service_name,
      case when p.type = 'suite' then array(select q.code from suite_parts s join products q on q.id = s.product_id
        where s.suite_id = p.id order by q.code) else '{}'::text[] end as product_parts, v.license_version, v.subscription_unit, v.subscription_count,
      v.billing_unit, v.billing_count, v.billing_model, v.activation_policy, v.chargeable_months,
      v.auto_renewal_months, v.expiration_notice_days, v.grace_months, v.data_center, v.unit_type, v.managed,
      v.pricing, v.license_pool, v.policies, v.parameters, r.mpn, r.name, r.quantity_min, r.quantity_max, r.price_model, r.charge_types,
      case when r.depends_on = '{}' then '{}'::text[] else array(select b.mpn from resource_rates b
        where b.plan_id = r.plan_id and b.version = r.version and b.rate_id = any(r.depends_on)
        order by b.position) end as depends_on
    from unnest($1::uuid[], $2::int[]) with ordinality as wanted (plan_id, version, place)
    join plan_versions v on v.plan_id = wanted.plan_id and v.version = wanted.version
    join service_plans sp on sp.id = v.plan_id
    join products p on p.id = sp.product_id
    join resource_rates r on r.plan_id = wanted.plan_id and r.version = wanted.version
    join vendors ve on ve.root_id = $3 and ve.code = r.vendor_code
    order by wanted.place, r.position`,
};

/** All rates of some plan versions, in the order of the plans. */
export function selectExportRows(
  db: Database,
  rootId: AccountId,
  keys: readonly { readonly planId: PlanId; readonly version: number }[],
): Promise<ExportRow[]> {
  return db.query<ExportRow>(ratesForExport, [keys.map((key) => key.planId), keys.map((key) => key.version), rootId]);
}
