import {
  decimal,
  instantText,
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
import {
  growing,
  listing,
  runPrepared,
  type Database,
  type Listing,
  type ListPage,
  type Tables,
} from '../../platform/db/index.ts';
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
    createdAt: instantText(row.created_at),
    updatedAt: instantText(row.updated_at),
    licenses,
    notForResale: row.not_for_resale,
    ...(row.vendor_subscription_id === null ? {} : { vendorSubscriptionId: row.vendor_subscription_id }),
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
  readonly planId?: PlanId | undefined;
  /** Created, or last changed, after one instant and before another. */
  readonly createdBetween?: Between | undefined;
  readonly changedBetween?: Between | undefined;
};

/** Instants as ISO text; neither is included. */
export type Between = { readonly after: string; readonly before: string };

type Query<Of> = SelectQueryBuilder<Tables, 'subscriptions', Of>;

/** Customers whose services don't run, of the sellers of a scope: few, and an index has them. */
function heldCustomers(scope: SubscriptionFilter['scope']) {
  return sql`select id from customers where status in ('admin_hold', 'canceled') and ${ownersOf(scope)}`;
}

function ownersOf(scope: SubscriptionFilter['scope']) {
  return 'ownerId' in scope
    ? sql`owner_id = ${scope.ownerId}`
    : sql`owner_id in (select id from accounts where path @> array[${scope.within}]::uuid[])`;
}

/** An active subscription of a customer whose services don't run is on hold as long as that lasts. */
function hasStatus(status: SubscriptionStatus, scope: SubscriptionFilter['scope']) {
  const isHeld = sql`customer_id in (${heldCustomers(scope)})`;
  if (status === 'active') return sql<boolean>`status = 'active' and not ${isHeld}`;
  if (status === 'hold') return sql<boolean>`(status = 'hold' or (status = 'active' and ${isHeld}))`;
  return sql<boolean>`status = ${status}`;
}

/**
 * As it is to be read: what its customer's status does to an active subscription is no change of the subscription, so it is not
 * stored with it, and it is over when the status is.
 */
function asHeld(subscription: Subscription): Subscription {
  if (subscription.status !== 'active') return subscription;
  const licenses = subscription.licenses.map((license) => ({ ...license, enabled: false }));
  return { ...subscription, status: 'hold', holdReason: 'admin', licenses };
}

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
  if (filter.status !== undefined) narrowed = narrowed.where(hasStatus(filter.status, filter.scope));
  if (filter.createdFrom !== undefined)
    narrowed = narrowed.where('created_at', '>=', sql<never>`${filter.createdFrom}::timestamptz`);
  if (filter.createdTo !== undefined)
    narrowed = narrowed.where('created_at', '<', sql<never>`${filter.createdTo}::timestamptz`);
  if (filter.planId !== undefined) narrowed = narrowed.where('plan_id', '=', filter.planId);
  for (const [column, range] of [
    ['created_at', filter.createdBetween],
    ['updated_at', filter.changedBetween],
  ] as const) {
    if (range === undefined) continue;
    narrowed = narrowed
      .where(touchedWithin(filter.scope, range))
      .where(column, '>', sql<never>`${range.after}::timestamptz`)
      .where(column, '<', sql<never>`${range.before}::timestamptz`);
  }
  return narrowed;
}

/**
 * What created or changed a subscription is an event of that instant, and events have an index by it: they never change, where an index
 * on a subscription's own instants would cost each of its changes. As an array, so that what is read are these rows and not all that are
 * newer, whatever the planner takes the list to be.
 */
function touchedWithin(scope: SubscriptionFilter['scope'], { after, before }: Between) {
  return sql<boolean>`id = any(array(select distinct e.subject_id from events e
    where ${ownersOf(scope)} and e.subject_kind = 'subscription'
      and e.at > ${after}::timestamptz and e.at < ${before}::timestamptz))`;
}

export type Page = ListPage;

type Listed = Listing<SubscriptionFilter>;

/** Subscriptions newest first: their pages and how many there are. */
export function subscriptionListing(db: Database): Listed {
  return listing<SubscriptionFilter>(db, {
    keys: (filter) => filtered(db.kysely.selectFrom('subscriptions').select(['owner_id', 'id']), filter),
    grows: (filter) => growing(filter),
  });
}

/** Subscriptions newest first, with their items and licenses when `whole`: three reads for any number of them. */
export async function selectSubscriptions(
  db: Database,
  listed: Listed,
  filter: SubscriptionFilter,
  page: Page,
  whole: boolean,
): Promise<Subscription[]> {
  const isOnPage = await listed.page(filter, page);
  const query = db.kysely
    .selectFrom('subscriptions')
    .selectAll()
    .select(
      sql<boolean>`exists (select from customers c where c.owner_id = subscriptions.owner_id
        and c.id = subscriptions.customer_id and c.status in ('admin_hold', 'canceled'))`.as('is_held'),
    )
    .where(isOnPage)
    .orderBy('id', 'desc');
  const rows = await runPrepared(db, query);
  const read = (row: (typeof rows)[number], items: StoredItem[], licenses: License[]): Subscription => {
    const subscription = subscriptionFromRow(row, items, licenses);
    return row.is_held ? asHeld(subscription) : subscription;
  };
  if (!whole || rows.length === 0) return rows.map((row) => read(row, [], []));
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
    read(row, (itemsOf.get(row.id) ?? []).map(itemFromRow), (licensesOf.get(row.id) ?? []).map(licenseFromRow)),
  );
}
