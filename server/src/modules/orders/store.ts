import {
  decimal,
  fraction,
  instantText,
  money,
  parseMoney,
  type AccountId,
  type CustomerId,
  type OrderId,
  type PlanId,
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
  type Write,
} from '../../platform/db/index.ts';
import { plainDate } from '../billing/index.ts';
import type { PriceSource } from '../pricing/index.ts';
import type { Fields } from '../subscriptions/index.ts';
import type { Order, OrderCharge, OrderLine, OrderStatus, OrderType } from './order.ts';

export function fromRow(row: Selectable<Tables['orders']>): Order {
  return {
    id: row.id as OrderId,
    ownerId: row.owner_id as AccountId,
    serial: row.serial.toString(),
    type: row.type as OrderType,
    status: row.status as OrderStatus,
    customerId: row.customer_id as CustomerId,
    poNumber: row.po_number,
    surface: row.surface,
    placedBy: row.placed_by,
    currency: row.currency,
    total: row.total,
    attributes: row.attributes as Record<string, string> | null,
    ...(row.credit_check === null ? {} : { creditCheck: row.credit_check }),
    version: row.version,
    placedAt: instantText(row.placed_at),
    completedAt: row.completed_at && instantText(row.completed_at),
    statusReason: row.status_reason,
  };
}

function lineFromRow(row: Selectable<Tables['order_lines']>): OrderLine {
  return {
    position: row.position,
    subscriptionId: row.subscription_id as SubscriptionId,
    planId: row.plan_id as PlanId,
    planVersion: row.plan_version,
    rateId: row.rate_id as RateId,
    resourceId: row.resource_id as ResourceId,
    mpn: row.mpn,
    vendorCode: row.vendor_code,
    name: row.name,
    quantity: decimal(row.quantity),
    previousQuantity: row.previous_quantity === null ? null : decimal(row.previous_quantity),
    origin: row.origin as OrderLine['origin'],
    parameters: row.parameters as OrderLine['parameters'],
  };
}

function chargeFromRow(row: Selectable<Tables['charges']>): OrderCharge {
  return {
    id: row.id,
    position: row.position,
    subscriptionId: row.subscription_id as SubscriptionId,
    rateId: row.rate_id as RateId,
    sellerId: row.seller_id,
    buyerId: row.buyer_id,
    type: row.type as OrderCharge['type'],
    quantity: decimal(row.quantity),
    unitPrice: decimal(row.unit_price),
    fraction: fraction(row.fraction_numerator, row.fraction_denominator),
    period: { start: plainDate(row.period_start), end: plainDate(row.period_end) },
    amount: parseMoney(row.amount, row.currency) ?? money(0n, row.currency),
    bookedOn: row.booked_on,
    source: row.source as PriceSource,
  };
}

export type OrderFilter = {
  /** Of one owner, or of every seller within an account. */
  readonly scope: { readonly ownerId: AccountId } | { readonly within: AccountId };
  readonly id?: OrderId | undefined;
  readonly ids?: readonly OrderId[] | undefined;
  readonly serial?: string | undefined;
  readonly type?: OrderType | undefined;
  readonly types?: readonly OrderType[] | undefined;
  readonly customerId?: CustomerId | undefined;
  readonly subscriptionId?: SubscriptionId | undefined;
  readonly statuses?: readonly OrderStatus[] | undefined;
  /** Instants as ISO text; from is included, to is not. */
  readonly placedFrom?: string | undefined;
  readonly placedTo?: string | undefined;
};

type Query<Of> = SelectQueryBuilder<Tables, 'orders', Of>;

function filtered<Of>(query: Query<Of>, filter: OrderFilter): Query<Of> {
  let narrowed =
    'ownerId' in filter.scope
      ? query.where('owner_id', '=', filter.scope.ownerId)
      : query.where(
          'owner_id',
          'in',
          sql<string>`(select id from accounts where path @> array[${filter.scope.within}]::uuid[])`,
        );
  if (filter.id !== undefined) narrowed = narrowed.where('id', '=', filter.id);
  if (filter.ids !== undefined) narrowed = narrowed.where(sql<boolean>`id = any(${[...filter.ids]}::uuid[])`);
  if (filter.serial !== undefined) narrowed = narrowed.where('serial', '=', BigInt(filter.serial));
  if (filter.type !== undefined) narrowed = narrowed.where('type', '=', filter.type);
  if (filter.types !== undefined) narrowed = narrowed.where('type', 'in', [...filter.types]);
  if (filter.customerId !== undefined) narrowed = narrowed.where('customer_id', '=', filter.customerId);
  if (filter.statuses !== undefined) narrowed = narrowed.where('status', 'in', [...filter.statuses]);
  if (filter.placedFrom !== undefined)
    narrowed = narrowed.where('placed_at', '>=', sql<never>`${filter.placedFrom}::timestamptz`);
  if (filter.placedTo !== undefined)
    narrowed = narrowed.where('placed_at', '<', sql<never>`${filter.placedTo}::timestamptz`);
  if (filter.subscriptionId !== undefined) {
    narrowed = narrowed.where(
      sql<boolean>`(owner_id, id) in (select owner_id, order_id from order_lines where subscription_id = ${filter.subscriptionId})`,
    );
  }
  return narrowed;
}

export type Page = ListPage;

type Listed = Listing<OrderFilter>;

/** Orders newest first: their pages and how many there are. */
export function orderListing(db: Database): Listed {
  return listing<OrderFilter>(db, {
    keys: (filter) => filtered(db.kysely.selectFrom('orders').select(['owner_id', 'id']), filter),
    // An order stays of its type and with its owner.
    grows: (filter) => growing(filter, ['types']),
  });
}

export async function selectOrders(db: Database, listed: Listed, filter: OrderFilter, page: Page): Promise<Order[]> {
  const isOnPage = await listed.page(filter, page);
  const rows = await runPrepared(db, db.kysely.selectFrom('orders').selectAll().where(isOnPage).orderBy('id', 'desc'));
  return rows.map(fromRow);
}

/** Lines and charges of some orders, keyed by order: two reads for any number of orders. Lines of a plan are stored before 0. */
export async function selectParts(
  db: Database,
  orders: readonly Order[],
): Promise<Map<OrderId, { lines: OrderLine[]; charges: OrderCharge[] }>> {
  if (orders.length === 0) return new Map();
  const owners = [...new Set(orders.map((order) => order.ownerId))];
  const ids = orders.map((order) => order.id);
  const [lines, charges] = await Promise.all([
    db.kysely
      .selectFrom('order_lines')
      .selectAll()
      .where('owner_id', 'in', owners)
      .where('order_id', 'in', ids)
      .orderBy('position')
      .execute(),
    db.kysely
      .selectFrom('charges')
      .selectAll()
      .where('owner_id', 'in', owners)
      .where('order_id', 'in', ids)
      .orderBy('id')
      .execute(),
  ]);
  const linesOf = Map.groupBy(lines, (row) => row.order_id);
  const chargesOf = Map.groupBy(charges, (row) => row.order_id);
  return new Map(
    orders.map((order) => [
      order.id,
      {
        lines: (linesOf.get(order.id) ?? []).map((row, index) =>
          lineFromRow(row.position < 0 ? { ...row, position: index } : row),
        ),
        charges: (chargesOf.get(order.id) ?? []).map(chargeFromRow),
      },
    ]),
  );
}

export type KnownKey = { readonly orderId: OrderId; readonly ownerId: AccountId; readonly requestHash: Buffer };

/** The order that was placed under an idempotency key. */
export async function selectByKey(
  db: Database,
  accountId: AccountId,
  scope: string,
  key: string,
): Promise<KnownKey | undefined> {
  const row = await db.kysely
    .selectFrom('idempotency_keys')
    .select(['subject_id', 'request_hash', sql<AccountId>`(response ->> 'owner_id')::uuid`.as('owner_id')])
    .where('owner_id', '=', accountId)
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst();
  return row && { orderId: row.subject_id as OrderId, ownerId: row.owner_id, requestHash: row.request_hash };
}

/** What a customer holds of some plans and is active, the newest first. */
export async function selectHeld(
  db: Database,
  ownerId: AccountId,
  customerId: CustomerId,
  planIds: readonly PlanId[],
): Promise<SubscriptionId[]> {
  const rows = await db.kysely
    .selectFrom('subscriptions')
    .select('id')
    .where('owner_id', '=', ownerId)
    .where('customer_id', '=', customerId)
    .where('status', '=', 'active')
    .where(sql<boolean>`plan_id = any(${[...planIds]}::uuid[])`)
    .orderBy('id', 'desc')
    .limit(20)
    .execute();
  return rows.map(({ id }) => id as SubscriptionId);
}

/** Which of these orders are stored; for a statement of which it is unknown whether it was committed. */
export async function selectStored(
  db: Database,
  orders: readonly Pick<Order, 'ownerId' | 'id'>[],
): Promise<Set<OrderId>> {
  const rows = await db.kysely
    .selectFrom('orders')
    .select('id')
    .where('owner_id', 'in', [...new Set(orders.map((order) => order.ownerId))])
    .where(
      'id',
      'in',
      orders.map((order) => order.id),
    )
    .execute();
  return new Set(rows.map((row) => row.id as OrderId));
}

export function updateCreditCheck(db: Database, order: Order, creditCheck: boolean) {
  return db.kysely
    .updateTable('orders')
    .set({ credit_check: creditCheck, version: order.version + 1 })
    .where('owner_id', '=', order.ownerId)
    .where('id', '=', order.id)
    .where('version', '=', order.version)
    .returning('id');
}

/** The serial number of the subscription of the first line of each order: one read for any number of orders. */
export async function selectFirstSubscriptions(
  db: Database,
  orders: readonly Pick<Order, 'ownerId' | 'id'>[],
): Promise<Map<OrderId, string>> {
  if (orders.length === 0) return new Map();
  const owners = [...new Set(orders.map(({ ownerId }) => ownerId))];
  const ids = orders.map(({ id }) => id);
  const rows = await db.kysely
    .selectFrom('order_lines as l')
    .innerJoin('subscriptions as s', (join) =>
      join.onRef('s.owner_id', '=', 'l.owner_id').onRef('s.id', '=', 'l.subscription_id'),
    )
    .select(['l.order_id', 's.serial'])
    .distinctOn(['l.owner_id', 'l.order_id'])
    .where(sql<boolean>`l.owner_id = any(${owners}::uuid[])`)
    .where(sql<boolean>`l.order_id = any(${ids}::uuid[])`)
    .orderBy('l.owner_id')
    .orderBy('l.order_id')
    .orderBy('l.position')
    .execute();
  return new Map(rows.map(({ order_id: id, serial }) => [id as OrderId, serial.toString()]));
}

/** The plans among some of which a customer has had its trial. */
export async function selectTrials(
  db: Database,
  ownerId: AccountId,
  customerId: CustomerId,
  planIds: readonly PlanId[],
): Promise<ReadonlySet<string>> {
  const rows = await db.kysely
    .selectFrom('trials_used')
    .select('plan_id')
    .where('owner_id', '=', ownerId)
    .where('customer_id', '=', customerId)
    .where('plan_id', 'in', [...planIds])
    .execute();
  return new Set(rows.map((row) => row.plan_id));
}

/** What subscriptions were when they were made, as the events about that say. */
export async function selectCreated(
  db: Database,
  ownerId: AccountId,
  ids: readonly SubscriptionId[],
): Promise<Map<SubscriptionId, Partial<Fields>>> {
  const rows = await db.kysely
    .selectFrom('events')
    .select(['subject_id', 'data'])
    .where('owner_id', '=', ownerId)
    .where(sql<boolean>`subject_id = any(${[...ids]}::uuid[])`)
    .where('type', '=', 'subscription.created')
    .execute();
  return new Map(
    rows.map(({ subject_id: id, data }) => [
      id as SubscriptionId,
      (data as { readonly set?: Partial<Fields> }).set ?? {},
    ]),
  );
}

/** Trials that the customer had with an order may be had again: all of them, or that of one plan. */
export function freeTrials(ownerId: AccountId, orderId: OrderId, planId: PlanId | null = null): Write {
  return {
    run: sql`delete from trials_used where owner_id = ${ownerId} and order_id = ${orderId}
      and (${planId}::uuid is null or plan_id = ${planId}) returning 1`,
  };
}
