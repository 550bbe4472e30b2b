import type { AccountId, CustomerId, PlanId, ProductId } from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';

/** What a thing was called when a month was over, or is called now. */
export type Called = { readonly name: string; readonly city: string; readonly state: string };

type Row = { id: string; name: string; city: string | null; state: string | null };

/** The name that was given up first after an instant, if there is one, is what a thing was called then. */
const former = (ownerId: string, id: string, until: string) => `left join lateral (
  select * from former_names n where n.owner_id = ${ownerId} and n.subject_id = ${id} and n.until_at >= ${until}
  order by n.until_at limit 1) f on true`;

const customers: Statement = {
  name: 'report_customers',
  text: `select c.id, coalesce(f.name, c.name) as name,
      case when f.name is null then c.address ->> 'city' else f.city end as city,
      case when f.name is null then c.address ->> 'state' else f.state end as state
    from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as w (owner_id, id, until_at)
    join customers c on c.owner_id = w.owner_id and c.id = w.id ${former('w.owner_id', 'w.id', 'w.until_at')}`,
};

const accounts: Statement = {
  name: 'report_accounts',
  text: `select a.id, coalesce(f.name, a.name) as name, null::text as city, null::text as state
    from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as w (owner_id, id, until_at)
    join accounts a on a.id = w.id ${former('w.owner_id', 'w.id', 'w.until_at')}`,
};

const products: Statement = {
  name: 'report_products',
  text: `select p.id, coalesce(f.name, p.name) as name, null::text as city, null::text as state
    from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as w (owner_id, id, until_at)
    join products p on p.id = w.id ${former('p.root_id', 'w.id', 'w.until_at')}`,
};

const statements = { customers, accounts, products };

/** A thing, under whose owner its former names are, and the instant at which its name is asked for. */
export type ToName = {
  readonly ownerId: AccountId;
  readonly id: CustomerId | AccountId | ProductId;
  readonly until: string;
};

export async function selectNames(
  db: Database,
  what: keyof typeof statements,
  wanted: Iterable<ToName>,
): Promise<Map<string, Called>> {
  const unique = [...new Map(Array.from(wanted, (one) => [one.id as string, one])).values()];
  const rows = await db.query<Row>(statements[what], [
    unique.map(({ ownerId }) => ownerId),
    unique.map(({ id }) => id),
    unique.map(({ until }) => until),
  ]);
  return new Map(rows.map(({ id, name, city, state }) => [id, { name, city: city ?? '', state: state ?? '' }]));
}

export type Unit = { readonly code: string; readonly name: string };

const unitsStatement: Statement = {
  name: 'report_units',
  text: `select v.plan_id, v.version, v.unit_type as code, coalesce(u.name, v.unit_type) as name
    from unnest($1::uuid[], $2::int[]) as w (plan_id, version)
    join plan_versions v on v.plan_id = w.plan_id and v.version = w.version
    join service_plans p on p.id = v.plan_id
    left join unit_types u on u.root_id = p.root_id and u.code = v.unit_type`,
};

/** What is counted in a version of a plan, by `planVersionKey`. */
export async function selectUnits(
  db: Database,
  plans: Iterable<{ readonly planId: PlanId; readonly planVersion: number }>,
): Promise<Map<string, Unit>> {
  const unique = [...new Map(Array.from(plans, (plan) => [planVersionKey(plan), plan])).values()];
  const rows = await db.query<{ plan_id: PlanId; version: number } & Unit>(unitsStatement, [
    unique.map(({ planId }) => planId),
    unique.map(({ planVersion }) => planVersion),
  ]);
  return new Map(
    rows.map(({ plan_id: planId, version, code, name }) => [
      planVersionKey({ planId, planVersion: version }),
      { code, name },
    ]),
  );
}

export function planVersionKey(plan: { readonly planId: PlanId; readonly planVersion: number }): string {
  return `${plan.planId}/${plan.planVersion}`;
}
