import {
  decimal,
  type AccountId,
  type CustomerId,
  type LicenseId,
  type OrderId,
  type PlanId,
  type ProductId,
  type RateId,
  type ResourceId,
  type SubscriptionId,
} from '@tierline/kernel';
import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import { readLife, type StoredLife } from './life.ts';
import type { HoldReason, Item, License, Subscription, SubscriptionStatus } from './subscription.ts';

export type SubscriptionRow = Selectable<Tables['subscriptions']>;

type StoredItem = Omit<Item, 'committed' | 'batches'>;

/** A subscription as it is stored, with what was read of its items and licenses. */
export function subscriptionFromRow(
  row: SubscriptionRow,
  items: readonly StoredItem[],
  licenses: readonly License[],
): Subscription {
  const life = readLife(row.life as StoredLife | null, items);
  return {
    id: row.id as SubscriptionId,
    ownerId: row.owner_id as AccountId,
    serial: row.serial.toString(),
    orderId: row.order_id as OrderId,
    customerId: row.customer_id as CustomerId,
    planId: row.plan_id as PlanId,
    planVersion: row.plan_version,
    name: row.name,
    status: row.status as SubscriptionStatus,
    holdReason: row.hold_reason as HoldReason | null,
    autoRenewal: row.auto_renewal,
    autoRenewalMonths: row.auto_renewal_months,
    anchorOn: row.anchor_on,
    startOn: row.start_on,
    endOn: row.end_on,
    startChargeOn: row.start_charge_on,
    attributes: (row.attributes ?? {}) as Record<string, string>,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
    licenses,
    notForResale: row.not_for_resale,
    ...life,
  };
}

function itemFromRow(row: Selectable<Tables['subscription_items']>): StoredItem {
  return {
    rateId: row.rate_id as RateId,
    resourceId: row.resource_id as ResourceId,
    mpn: row.mpn,
    vendorCode: row.vendor_code,
    name: row.name,
    quantity: decimal(row.quantity),
  };
}

function licenseFromRow(row: Selectable<Tables['licenses']>): License {
  return {
    id: row.id as LicenseId,
    productId: row.product_id as ProductId,
    version: row.license_version as License['version'],
    activationCode: row.activation_code,
    units: decimal(row.units),
    startOn: row.start_on,
    endOn: row.end_on,
    startChargeOn: row.start_charge_on,
    graceMonths: row.grace_months,
    enabled: row.enabled,
  };
}

export type SubscriptionFilter = {
  /** Of one owner, or of every seller within an account. */
  readonly scope: { readonly ownerId: AccountId } | { readonly within: AccountId };
  readonly ids?: readonly SubscriptionId[] | undefined;
  readonly serial?: string | undefined;
  readonly customerId?: CustomerId | undefined;
  readonly orderIds?: readonly OrderId[] | undefined;
  readonly status?: SubscriptionStatus | undefined;
  /** Instants as ISO text; from is included, to is not. */
  readonly createdFrom?: string | undefined;
  readonly createdTo?: string | undefined;
};

type Query<Of> = SelectQueryBuilder<Tables, 'subscriptions', Of>;

function filtered<Of>(query: Query<Of>, filter: SubscriptionFilter): Query<Of> {
  let narrowed =
    'ownerId' in filter.scope
      ? query.where('owner_id', '=', filter.scope.ownerId)
      : query.where(
          'owner_id',
          'in',
          sql<string>`(select id from accounts where path @> array[${filter.scope.within}]::uuid[])`,
        );
  if (filter.ids !== undefined) narrowed = narrowed.where(sql<boolean>`id = any(${[...filter.ids]}::uuid[])`);
  if (filter.serial !== undefined) narrowed = narrowed.where('serial', '=', BigInt(filter.serial));
  if (filter.customerId !== undefined) narrowed = narrowed.where('customer_id', '=', filter.customerId);
  if (filter.orderIds !== undefined)
    narrowed = narrowed.where(sql<boolean>`order_id = any(${[...filter.orderIds]}::uuid[])`);
  if (filter.status !== undefined) narrowed = narrowed.where('status', '=', filter.status);
  if (filter.createdFrom !== undefined)
    narrowed = narrowed.where('created_at', '>=', sql<never>`${filter.createdFrom}::timestamptz`);
  if (filter.createdTo !== undefined)
    narrowed = narrowed.where('created_at', '<', sql<never>`${filter.createdTo}::timestamptz`);
  return narrowed;
}

export type Page = { readonly after?: SubscriptionId | undefined; readonly offset?: number; readonly limit: number };

/** Subscriptions newest first, with their items and licenses when `whole`: three reads for any number of them. */
export async function selectSubscriptions(
  db: Database,
  filter: SubscriptionFilter,
  page: Page,
  whole: boolean,
): Promise<Subscription[]> {
  let query = filtered(db.kysely.selectFrom('subscriptions').selectAll(), filter)
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '<', page.after);
  if (page.offset !== undefined && page.offset > 0) query = query.offset(page.offset);
  const rows = await query.execute();
  if (!whole || rows.length === 0) return rows.map((row) => subscriptionFromRow(row, [], []));
  const owners = [...new Set(rows.map((row) => row.owner_id))];
  const ids = rows.map((row) => row.id);
  const [items, licenses] = await Promise.all([
    db.kysely
      .selectFrom('subscription_items')
      .selectAll()
      .where('owner_id', 'in', owners)
      .where('subscription_id', 'in', ids)
      .orderBy('rate_id')
      .execute(),
    db.kysely
      .selectFrom('licenses')
      .selectAll()
      .where('owner_id', 'in', owners)
      .where('subscription_id', 'in', ids)
      .orderBy('id')
      .execute(),
  ]);
  const itemsOf = Map.groupBy(items, (item) => item.subscription_id);
  const licensesOf = Map.groupBy(licenses, (license) => license.subscription_id);
  return rows.map((row) =>
    subscriptionFromRow(
      row,
      (itemsOf.get(row.id) ?? []).map(itemFromRow),
      (licensesOf.get(row.id) ?? []).map(licenseFromRow),
    ),
  );
}

export async function countSubscriptions(db: Database, filter: SubscriptionFilter): Promise<number> {
  const counted = filtered(
    db.kysely.selectFrom('subscriptions').select(sql<number>`count(*)::int`.as('total')),
    filter,
  );
  return (await counted.executeTakeFirstOrThrow()).total;
}
