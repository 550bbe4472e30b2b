import {
  decimal,
  type AccountId,
  type CustomerId,
  type Decimal,
  type LicenseId,
  type PlanId,
  type ProductId,
  type Temporal,
} from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';
import { turns } from '../../platform/turns.ts';
import type { SubscriptionStatus } from '../subscriptions/index.ts';
import type { LicenseChange, LicenseState } from './license-state.ts';
import type { Span } from './month.ts';
import type { LicenseAtEnd } from './summary.ts';
import type { LicenseStep } from './transactions.ts';

/** Sellers and the month of each, as instants: every owner has its own calendar. */
export type OwnerSpan = Span & { readonly ownerId: AccountId };

type StateRow = {
  plan_id: PlanId;
  plan_version: number;
  plan_name: string;
  status: SubscriptionStatus;
  product_id: ProductId;
  license_version: 'trial' | 'full';
  units: string;
  start_on: string;
  end_on: string;
  start_charge_on: string;
  enabled: boolean;
};

type LicenseRow = { owner_id: AccountId; customer_id: CustomerId; license_id: LicenseId };

const spans = `unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[]) as m (owner_id, from_at, until_at)`;

/** What a row of the history says, or, where there is none (`h`), what stands with the license. */
function state(h: string): string {
  const of = (column: string, now: string) => `coalesce(${h}.${column}, ${now}) as`;
  return `${of('plan_id', 's.plan_id')} plan_id, ${of('plan_version', 's.plan_version')} plan_version, ${of('name', 's.name')} plan_name,
    ${of('status', 's.status')} status, ${of('product_id', 'l.product_id')} product_id,
    ${of('license_version', 'l.license_version')} license_version, ${of('units', 'l.units')} units, ${of('start_on', 'l.start_on')} start_on,
    ${of('end_on', 'l.end_on')} end_on, ${of('start_charge_on', 'l.start_charge_on')} start_charge_on, ${of('enabled', 'l.enabled')} enabled`;
}

/** One by one, by the key: rows of a month are few beside all that there are, which the planner can't know. */
function subscriptionOf(row: string): string {
  return `select * from subscriptions s where s.owner_id = ${row}.owner_id and s.id = ${row}.subscription_id limit 1`;
}

/**
 * Every license that was there in the month, as it was at its end: what the next change afterwards says it was, or what it is now. What
 * had ended before is left out; nothing happens to it any more.
 */
const atEnd: Statement = {
  name: 'licenses_at_end',
  text: `
select s.owner_id, s.customer_id, l.id as license_id, case when s.created_at > m.from_at then s.created_at end as begun_at, ${state('h')}
from ${spans}
join subscriptions s on s.owner_id = m.owner_id and s.created_at < m.until_at
  and not (s.status in ('terminated', 'removed') and s.updated_at < m.from_at)
join licenses l on l.owner_id = s.owner_id and l.subscription_id = s.id
left join lateral (
  select * from license_history n where n.owner_id = l.owner_id and n.license_id = l.id and n.until_at >= m.until_at
  order by n.until_at, n.version limit 1) h on true
order by l.id`,
};

/**
 * The rows of a month, found by the index for each owner. A query of its own in the join (`offset 0`): the planner, which doesn't know
 * how few they are, would read the whole table once there are many owners' months in it.
 */
const changedIn = `(select * from license_history n where n.owner_id = m.owner_id and n.until_at >= m.from_at and n.until_at < m.until_at
  offset 0)`;
const soldIn = `(select * from subscriptions n where n.owner_id = m.owner_id and n.created_at >= m.from_at and n.created_at < m.until_at
  offset 0)`;

/** The changes of the month, in their order. */
const changes: Statement = {
  name: 'license_changes',
  text: `
select h.owner_id, s.customer_id, h.license_id, h.version, h.until_at, h.plan_id, h.plan_version, h.name as plan_name, h.status, h.product_id,
  h.license_version, h.units, h.start_on, h.end_on, h.start_charge_on, h.enabled
from ${spans}
cross join lateral ${changedIn} h
cross join lateral (${subscriptionOf('h')}) s
order by h.until_at, h.version, h.license_id`,
};

/** The sales of the month, each license as it was sold: what its first change says it was, or what it is. */
const sales: Statement = {
  name: 'license_sales',
  text: `
select s.owner_id, s.customer_id, l.id as license_id, s.created_at, ${state('h')}
from ${spans}
cross join lateral ${soldIn} s
join licenses l on l.owner_id = s.owner_id and l.subscription_id = s.id
left join lateral (
  select * from license_history n where n.owner_id = l.owner_id and n.license_id = l.id order by n.until_at, n.version limit 1) h on true
order by s.created_at, l.id`,
};

/** What licenses were after each change of the month: what the change after it says they were, or what they are. */
const after: Statement = {
  name: 'licenses_after',
  text: `
select c.license_id, c.version, ${state('h')}
from ${spans}
cross join lateral ${changedIn} c
cross join lateral (${subscriptionOf('c')}) s
cross join lateral (select * from licenses l where l.owner_id = c.owner_id and l.id = c.license_id limit 1) l
left join lateral (
  select * from license_history n where n.owner_id = c.owner_id and n.license_id = c.license_id
    and (n.until_at, n.version) > (c.until_at, c.version)
  order by n.until_at, n.version limit 1) h on true`,
};

function spanValues(owners: readonly OwnerSpan[]): unknown[] {
  return [
    owners.map(({ ownerId }) => ownerId),
    owners.map(({ from }) => from.toString()),
    owners.map(({ until }) => until.toString()),
  ];
}

export async function selectAtEnd(db: Database, owners: readonly OwnerSpan[]): Promise<LicenseAtEnd[]> {
  const rows = await db.query<StateRow & LicenseRow & { begun_at: Temporal.Instant | null }>(atEnd, spanValues(owners));
  return mapped(rows, (row) => ({ ...licenseFrom(row), begunAt: row.begun_at, atEnd: stateFrom(row) }));
}

type ChangeRow = StateRow & LicenseRow & { version: number; until_at: Temporal.Instant };

export async function selectChanges(db: Database, owners: readonly OwnerSpan[]): Promise<LicenseChange[]> {
  const rows = await db.query<ChangeRow>(changes, spanValues(owners));
  return mapped(rows, changeFrom);
}

function changeFrom(row: ChangeRow): LicenseChange {
  return { ...licenseFrom(row), until: row.until_at, was: stateFrom(row) };
}

/** What happened to licenses in the month: sales, then changes, each in its order. */
export async function selectSteps(db: Database, owners: readonly OwnerSpan[]): Promise<LicenseStep[]> {
  const values = spanValues(owners);
  const changed = await db.query<ChangeRow>(changes, values);
  // Rows of the history never change, so every row that was read is met again.
  const afterwards = await db.query<StateRow & { license_id: LicenseId; version: number }>(after, values);
  const sold = await db.query<StateRow & LicenseRow & { created_at: Temporal.Instant }>(sales, values);
  const begun = await mapped(sold, (row): LicenseStep => ({
    ...licenseFrom(row),
    at: row.created_at,
    was: null,
    is: stateFrom(row),
  }));
  const keyOf = (row: { license_id: LicenseId; version: number }) => `${row.license_id}/${row.version}`;
  const next = new Map(afterwards.map((row) => [keyOf(row), row]));
  const steps = await mapped(changed, (row): LicenseStep => {
    const { until, was, ...license } = changeFrom(row);
    return { ...license, at: until, was, is: stateFrom(next.get(keyOf(row)) ?? row) };
  });
  return [...begun, ...steps];
}

/** Rows of any number, with room for other requests in between. */
async function mapped<Row, Of>(rows: readonly Row[], of: (row: Row) => Of): Promise<Of[]> {
  const pause = turns();
  const made: Of[] = [];
  for (const row of rows) {
    made.push(of(row));
    await pause();
  }
  return made;
}

function licenseFrom(row: LicenseRow) {
  return { ownerId: row.owner_id, customerId: row.customer_id, licenseId: row.license_id };
}

function stateFrom(row: StateRow): LicenseState {
  return {
    planId: row.plan_id,
    planVersion: row.plan_version,
    planName: row.plan_name,
    status: row.status,
    productId: row.product_id,
    licenseVersion: row.license_version,
    units: decimal(row.units),
    startOn: row.start_on,
    endOn: row.end_on,
    startChargeOn: row.start_charge_on,
    enabled: row.enabled,
  };
}

export type Owner = { readonly id: AccountId; readonly timeZone: string };

const ownersStatement: Statement = {
  name: 'report_owners',
  text: 'select id, time_zone from accounts where path @> array[$1]::uuid[] order by id',
};

/** The account and every seller below it. */
export async function selectOwners(db: Database, within: AccountId): Promise<Owner[]> {
  const rows = await db.query<{ id: AccountId; time_zone: string }>(ownersStatement, [within]);
  return rows.map(({ id, time_zone: timeZone }) => ({ id, timeZone }));
}

const usageStatement: Statement = {
  name: 'usage_of_month',
  text: `select license_id, highest from license_usage where owner_id = any($1::uuid[]) and month_on = $2::date`,
};

/** The highest reading of each license in a month of its owner's calendar, where there is one. */
export async function selectUsage(
  db: Database,
  owners: readonly AccountId[],
  monthOn: string,
): Promise<Map<string, Decimal>> {
  const rows = await db.query<{ license_id: LicenseId; highest: string }>(usageStatement, [owners, monthOn]);
  return new Map(rows.map(({ license_id: id, highest }) => [id, decimal(highest)]));
}
