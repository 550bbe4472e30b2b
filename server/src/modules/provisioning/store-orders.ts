import type { AccountId, OrderId, SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database, Write } from '../../platform/db/index.ts';
import type { Address } from '../accounts/index.ts';
import type { StoredWork } from '../lifecycle/index.ts';
import { orderNumber, type OrderStatus, type OrderType } from '../orders/index.ts';
import type { ChangedSubscription, ChangeRequest, ToldState } from './provisioning.ts';
import type { VendorEnd } from './service-webhook.ts';

/** What an order changed about one subscription, and its place among the orders of that subscription. */
export type WorkRow = {
  readonly subscriptionId: SubscriptionId;
  readonly version: number;
  readonly change: StoredWork;
};

/** An order that its vendor has not answered yet, with all that is needed to tell it and to undo it. */
export type OrderInWork = {
  readonly orderId: OrderId;
  readonly status: OrderStatus;
  readonly type: OrderType;
  readonly surface: string;
  readonly jobId: string;
  readonly isBegun: boolean;
  /** Its subscription could not be made real, so all that was charged for it is given back already. */
  readonly isGone: boolean;
  /** Something of the same subscription was placed before it, and is not done. */
  readonly isBlocked: boolean;
  readonly rows: readonly WorkRow[];
  readonly vendor: VendorEnd;
  readonly request: ChangeRequest;
};

type Row = {
  readonly type: OrderType;
  readonly serial: bigint;
  readonly status: OrderStatus;
  readonly surface: string;
  readonly customer_id: string;
  readonly customer_name: string;
  readonly address: Address;
  readonly subscription_id: SubscriptionId;
  readonly version: number;
  readonly job_id: string;
  readonly change: StoredWork;
  readonly is_begun: boolean;
  readonly is_blocked: boolean;
  readonly is_gone: boolean;
  readonly product_code: string;
  readonly vendor_id: string;
  readonly provisioning: VendorEnd['provisioning'];
  readonly webhook_url: string | null;
  readonly webhook_secret_encrypted: Buffer | null;
};

/** Undefined when nothing of the order is in work any more. */
export async function selectWork(db: Database, ownerId: AccountId, orderId: OrderId): Promise<OrderInWork | undefined> {
  const { rows } = await sql<Row>`
    select o.type, o.serial, o.status, o.surface, c.id as customer_id, c.name as customer_name, c.address,
      k.subscription_id, k.version, k.job_id, k.change, k.begun_at is not null as is_begun, p.code as product_code,
      v.id as vendor_id, v.provisioning, v.webhook_url, v.webhook_secret_encrypted,
      s.status = 'removed' and k.change -> 'after' ->> 'status' <> 'removed' as is_gone,
      s.status = 'pending' or exists (select from order_work e
        where e.owner_id = k.owner_id and e.subscription_id = k.subscription_id and e.version < k.version) as is_blocked
    from order_work k
    join orders o on o.owner_id = k.owner_id and o.id = k.order_id
    join customers c on c.owner_id = o.owner_id and c.id = o.customer_id
    join subscriptions s on s.owner_id = k.owner_id and s.id = k.subscription_id
    join service_plans sp on sp.id = (k.change -> 'after' ->> 'plan_id')::uuid
    join products p on p.id = sp.product_id
    join vendors v on v.id = (k.change ->> 'vendor_id')::uuid
    where k.owner_id = ${ownerId} and k.order_id = ${orderId} order by k.subscription_id`.execute(db.kysely);
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    orderId,
    status: first.status,
    type: first.type,
    surface: first.surface,
    jobId: first.job_id,
    isBegun: first.is_begun,
    isGone: rows.some((row) => row.is_gone),
    isBlocked: rows.some((row) => row.is_blocked),
    rows: rows.map((row) => ({ subscriptionId: row.subscription_id, version: row.version, change: row.change })),
    vendor: {
      vendorId: first.vendor_id,
      provisioning: first.provisioning,
      webhookUrl: first.webhook_url,
      webhookSecretEncrypted: first.webhook_secret_encrypted,
    },
    request: {
      type: 'subscription.change',
      action: first.change.action,
      order_id: orderId,
      order_number: orderNumber(first.type, first.serial.toString()),
      order_type: first.type,
      owner_id: ownerId,
      customer: { id: first.customer_id, name: first.customer_name, country: first.address.countryCode },
      subscriptions: rows.map(toldChange),
    },
  };
}

function toldChange({ subscription_id: id, change: { before, after }, product_code: code }: Row): ChangedSubscription {
  return {
    subscription_id: id,
    plan: { id: after.plan_id, version: after.plan_version, name: after.name, product_code: code },
    before: toldState(before),
    after: toldState(after),
  };
}

function toldState(of: StoredWork['before']): ToldState {
  return {
    status: of.status,
    plan_id: of.plan_id,
    items: of.items.map(({ mpn, quantity }) => ({ mpn, quantity })),
    start_on: of.start_on,
    end_on: of.end_on,
    auto_renewal: of.auto_renewal,
  };
}

/** Orders of a subscription that are in work, in the order in which they were placed. */
export async function selectQueue(db: Database, ownerId: AccountId, id: SubscriptionId): Promise<OrderId[]> {
  const rows = await db.kysely
    .selectFrom('order_work')
    .select('order_id')
    .where('owner_id', '=', ownerId)
    .where('subscription_id', '=', id)
    .orderBy('version')
    .execute();
  return rows.map((row) => row.order_id as OrderId);
}

/** Orders in work that were placed after another one on the same subscriptions, with their jobs. */
export async function selectLater(
  db: Database,
  ownerId: AccountId,
  rows: readonly WorkRow[],
): Promise<{ orderId: OrderId; jobId: string }[]> {
  const found = await sql<{ order_id: OrderId; job_id: string }>`
    select distinct k.order_id, k.job_id from order_work k
    join unnest(${rows.map((row) => row.subscriptionId)}::uuid[], ${rows.map((row) => row.version)}::int[]) as w (id, version)
      on k.subscription_id = w.id and k.version > w.version
    where k.owner_id = ${ownerId} order by k.order_id`.execute(db.kysely);
  return found.rows.map((row) => ({ orderId: row.order_id, jobId: row.job_id }));
}

/** The vendor may be told from now on, so that the order can't be canceled any more. */
export function beginWork(ownerId: AccountId, orderId: OrderId, at: string) {
  return sql`update order_work set begun_at = coalesce(begun_at, ${at}::timestamptz)
    where owner_id = ${ownerId} and order_id = ${orderId} returning 1`;
}

/** What of an order its vendor was not told, held until the transaction ends, so that it is not told meanwhile. */
export function holdUnbegun(ownerId: AccountId, orderId: OrderId) {
  return sql`select 1 from order_work where owner_id = ${ownerId} and order_id = ${orderId} and begun_at is null for update`;
}

/** The turn of an order that waited for another one has come. */
export function takeTurn(db: Database, ownerId: AccountId, orderId: OrderId) {
  return db.kysely
    .updateTable('orders')
    .set({ status: 'processing', version: sql<number>`version + 1` })
    .where('owner_id', '=', ownerId)
    .where('id', '=', orderId)
    .where('status', '=', 'submitted')
    .returning('id');
}

/** Ends an order that is not ended yet. */
export function endWork(
  db: Database,
  ownerId: AccountId,
  orderId: OrderId,
  { status, reason, at }: { readonly status: OrderStatus; readonly reason: string | null; readonly at: string },
) {
  return db.kysely
    .updateTable('orders')
    .set({ status, status_reason: reason, completed_at: at, version: sql<number>`version + 1` })
    .where('owner_id', '=', ownerId)
    .where('id', '=', orderId)
    .where('status', 'in', ['submitted', 'processing'])
    .returning('id');
}

/** Nothing is left to do for some orders. */
export function dropWork(ownerId: AccountId, orders: readonly OrderId[], jobs: readonly string[]): Write[] {
  return [
    {
      run: sql`delete from order_work where owner_id = ${ownerId} and order_id = any(${[...orders]}::uuid[]) returning 1`,
    },
    { run: sql`delete from jobs where owner_id = ${ownerId} and id = any(${[...jobs]}::uuid[]) returning 1` },
  ];
}

/** Has the orders that waited for one looked at now instead of later. */
export function wakeLater(ownerId: AccountId, jobs: readonly string[], at: string): Write {
  return {
    run: sql`update jobs set run_at = ${at}::timestamptz where owner_id = ${ownerId} and id = any(${[...jobs]}::uuid[]) returning 1`,
  };
}
