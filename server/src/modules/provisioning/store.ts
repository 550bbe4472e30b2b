import type { AccountId, OrderId, SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database, Write } from '../../platform/db/index.ts';
import type { Address } from '../accounts/index.ts';
import type { ProvisioningRequest } from './provisioning.ts';
import type { VendorEnd } from './service-webhook.ts';

export type Pending = {
  readonly request: ProvisioningRequest;
  readonly status: string;
  readonly version: number;
  readonly vendor: VendorEnd;
};

/** A subscription with everything that its vendor needs to know, in one read. */
export async function selectPending(
  db: Database,
  ownerId: AccountId,
  id: SubscriptionId,
): Promise<Pending | undefined> {
  const row = await db.kysely
    .selectFrom('subscriptions as s')
    .innerJoin('customers as c', (join) =>
      join.onRef('c.owner_id', '=', 's.owner_id').onRef('c.id', '=', 's.customer_id'),
    )
    .innerJoin('service_plans as sp', 'sp.id', 's.plan_id')
    .innerJoin('products as p', 'p.id', 'sp.product_id')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['s.order_id', 's.status', 's.version', 's.plan_id', 's.plan_version', 's.name', 's.start_on', 's.end_on'])
    .select(['c.id as customer_id', 'c.name as customer_name', 'c.address', 'p.code', 'v.id as vendor_id'])
    .select(['v.provisioning', 'v.webhook_url', 'v.webhook_secret_encrypted'])
    .select(
      sql<
        { mpn: string; quantity: string }[]
      >`(select coalesce(jsonb_agg(jsonb_build_object('mpn', i.mpn, 'quantity', i.quantity::text)
        order by i.rate_id), '[]') from subscription_items i where i.owner_id = s.owner_id and i.subscription_id = s.id)`.as(
        'items',
      ),
    )
    .where('s.owner_id', '=', ownerId)
    .where('s.id', '=', id)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    request: {
      type: 'subscription.provision',
      subscription_id: id,
      order_id: row.order_id as OrderId,
      owner_id: ownerId,
      customer: { id: row.customer_id, name: row.customer_name, country: (row.address as Address).countryCode },
      plan: { id: row.plan_id, version: row.plan_version, name: row.name, product_code: row.code },
      items: row.items,
      start_on: row.start_on,
      end_on: row.end_on,
    },
    status: row.status,
    version: row.version,
    vendor: {
      vendorId: row.vendor_id,
      provisioning: row.provisioning as VendorEnd['provisioning'],
      webhookUrl: row.webhook_url,
      webhookSecretEncrypted: row.webhook_secret_encrypted,
    },
  };
}

type Settled = {
  readonly status: 'active' | 'removed';
  readonly at: string;
  /** What the vendor calls it, where it said so. */
  readonly vendorSubscriptionId: string | undefined;
};

/** What the vendor calls a subscription, told with an order that changed it. */
export function noteVendorId(ownerId: AccountId, id: SubscriptionId, vendorSubscriptionId: string): Write {
  return {
    run: sql`update subscriptions set vendor_subscription_id = ${vendorSubscriptionId}
      where owner_id = ${ownerId} and id = ${id} returning 1`,
  };
}

/** `version`: the one that was read, since what is booked with it was read then. */
export function settleSubscription(
  db: Database,
  ownerId: AccountId,
  id: SubscriptionId,
  version: number,
  { status, at, vendorSubscriptionId }: Settled,
) {
  const told = vendorSubscriptionId === undefined ? {} : { vendor_subscription_id: vendorSubscriptionId };
  return db.kysely
    .updateTable('subscriptions')
    .set({ status, version: sql<number>`version + 1`, updated_at: at, ...told })
    .where('owner_id', '=', ownerId)
    .where('id', '=', id)
    .where('status', '=', 'pending')
    .where('version', '=', version)
    .returning('id');
}

/** Ends an order of which nothing is pending any more; one that is ended already, or not yet, is left as it is. */
export function settleOrder(db: Database, ownerId: AccountId, orderId: OrderId, at: string, reason: string | null) {
  return db.kysely
    .updateTable('orders')
    .set({
      status: sql<string>`case when exists (select 1 from subscriptions s where s.owner_id = orders.owner_id
        and s.order_id = orders.id and s.status = 'removed') then 'error' else 'completed' end`,
      status_reason: sql<
        string | null
      >`case when exists (select 1 from subscriptions s where s.owner_id = orders.owner_id
        and s.order_id = orders.id and s.status = 'removed') then ${reason}::text end`,
      version: sql<number>`version + 1`,
      completed_at: at,
    })
    .where('owner_id', '=', ownerId)
    .where('id', '=', orderId)
    .where('status', '=', 'processing')
    .where(
      sql<boolean>`not exists (select 1 from subscriptions s where s.owner_id = orders.owner_id and s.order_id = orders.id and s.status = 'pending')`,
    )
    .returning('status');
}

/** Ends subscriptions that never came to be, as they were read. */
export function removePending(
  ownerId: AccountId,
  subscriptions: readonly { readonly id: SubscriptionId; readonly version: number }[],
  at: string,
) {
  const ids = subscriptions.map(({ id }) => id);
  const versions = subscriptions.map(({ version }) => version);
  return sql`update subscriptions s set status = 'removed', version = s.version + 1, updated_at = ${at}::timestamptz
    from unnest(${ids}::uuid[], ${versions}::int[]) as w (id, version)
    where s.owner_id = ${ownerId} and s.id = w.id and s.version = w.version and s.status = 'pending' returning 1`;
}

/** The jobs of a sale that nobody has taken yet; those that are done by hand ask nobody. */
export function dropSaleJobs(ownerId: AccountId, ids: readonly SubscriptionId[]) {
  return sql`delete from jobs j where j.owner_id = ${ownerId} and j.kind = 'provision' and j.subject_id = any(${[...ids]}::uuid[])
    and (j.attempts = 0 or exists (select from subscriptions s
      join service_plans sp on sp.id = s.plan_id join products p on p.id = sp.product_id join vendors v on v.id = p.vendor_id
      where s.owner_id = j.owner_id and s.id = j.subject_id and v.provisioning = 'manual')) returning 1`;
}
