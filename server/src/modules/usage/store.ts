import { decimal, formatDecimal, type AccountId, type LicenseId, type SubscriptionId } from '@tierline/kernel';
import { sql, type RawBuilder } from 'kysely';
import type { Database, Statement } from '../../platform/db/index.ts';
import type { MonthUsage, ReadLicense } from './usage.ts';

const licensesStatement: Statement = {
  name: 'read_licenses',
  text: `
select s.owner_id, s.id as subscription_id, l.id as license_id, a.time_zone
from unnest($2::uuid[]) as w (id)
join subscriptions s on s.id = w.id
join accounts a on a.id = s.owner_id and a.path @> array[$1]::uuid[]
left join licenses l on l.owner_id = s.owner_id and l.subscription_id = s.id
order by l.id`,
};

/** The licenses of subscriptions within an account, by subscription; a subscription that is elsewhere is not there. */
export async function selectLicenses(
  db: Database,
  within: AccountId,
  ids: readonly SubscriptionId[],
): Promise<Map<SubscriptionId, ReadLicense[]>> {
  const rows = await db.query<{
    owner_id: AccountId;
    subscription_id: SubscriptionId;
    license_id: LicenseId | null;
    time_zone: string;
  }>(licensesStatement, [within, [...new Set(ids)]]);
  const found = new Map<SubscriptionId, ReadLicense[]>();
  for (const {
    owner_id: ownerId,
    subscription_id: subscriptionId,
    license_id: licenseId,
    time_zone: timeZone,
  } of rows) {
    const licenses = found.get(subscriptionId) ?? [];
    if (licenseId !== null) licenses.push({ ownerId, licenseId, subscriptionId, timeZone });
    found.set(subscriptionId, licenses);
  }
  return found;
}

/** Adds to what is kept of each month: the newest reading by its instant, and the highest one. */
export function upsertUsage(months: readonly MonthUsage[], at: string): RawBuilder<unknown> {
  const of = (value: (month: MonthUsage) => string): string[] => months.map(value);
  return sql`insert into license_usage (owner_id, license_id, month_on, used, read_at, highest, highest_at, subscription_id, updated_at)
    select n.*, ${at}::timestamptz
    from unnest(${of(({ ownerId }) => ownerId)}::uuid[], ${of(({ licenseId }) => licenseId)}::uuid[],
      ${of(({ monthOn }) => monthOn)}::date[], ${of(({ used }) => formatDecimal(used))}::numeric[],
      ${of(({ readAt }) => readAt.toString())}::timestamptz[], ${of(({ highest }) => formatDecimal(highest))}::numeric[],
      ${of(({ highestAt }) => highestAt.toString())}::timestamptz[], ${of(({ subscriptionId }) => subscriptionId)}::uuid[]) as n
    on conflict (owner_id, license_id, month_on) do update set
      used = case when excluded.read_at >= license_usage.read_at then excluded.used else license_usage.used end,
      read_at = greatest(excluded.read_at, license_usage.read_at),
      highest_at = case when excluded.highest > license_usage.highest then excluded.highest_at
        when excluded.highest = license_usage.highest then least(excluded.highest_at, license_usage.highest_at)
        else license_usage.highest_at end,
      highest = greatest(excluded.highest, license_usage.highest), updated_at = excluded.updated_at
    returning 1`;
}

export type UsageFilter = {
  readonly within: AccountId;
  readonly monthOn: string;
  readonly subscriptionId?: SubscriptionId | undefined;
};

/** Usage of a month in the order of licenses. */
export async function selectUsagePage(
  db: Database,
  filter: UsageFilter,
  page: { readonly after?: LicenseId | undefined; readonly limit: number },
): Promise<MonthUsage[]> {
  let query = db.kysely
    .selectFrom('license_usage')
    .selectAll()
    .where('owner_id', 'in', sql<string>`(select id from accounts where path @> array[${filter.within}]::uuid[])`)
    .where('month_on', '=', filter.monthOn)
    .orderBy('license_id')
    .limit(page.limit);
  if (filter.subscriptionId !== undefined) query = query.where('subscription_id', '=', filter.subscriptionId);
  if (page.after !== undefined) query = query.where('license_id', '>', page.after);
  return (await query.execute()).map((row) => ({
    ownerId: row.owner_id as AccountId,
    licenseId: row.license_id as LicenseId,
    subscriptionId: row.subscription_id as SubscriptionId,
    monthOn: row.month_on,
    used: decimal(row.used),
    readAt: row.read_at,
    highest: decimal(row.highest),
    highestAt: row.highest_at,
  }));
}
