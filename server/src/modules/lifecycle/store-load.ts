import { decimal, type CustomerId, type OrderId, type SubscriptionId } from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';
import {
  subscriptionFromRow,
  type Item,
  type License,
  type Subscription,
  type SubscriptionRow,
} from '../subscriptions/index.ts';
import { readCommand, type StoredCommand } from './command-json.ts';
import type { Intent, LaterMoment } from './intent.ts';

/** A subscription with all that is stored about it and that a decision depends on. */
export type Met = {
  readonly subscription: Subscription;
  readonly waiting: readonly Intent[];
  readonly customer: CustomerState;
  /** The earliest order of it that its vendor has not answered; null: none. */
  readonly inWork: OrderId | null;
};

export type CustomerState = {
  readonly id: CustomerId;
  readonly status: string;
  readonly buyerGroup: string | null;
  readonly billingCurrency?: string | null;
};

type Row = SubscriptionRow & {
  readonly items: readonly (readonly [string, string, string, string, string, string])[];
  readonly licenses: readonly StoredLicense[];
  readonly intents: readonly StoredIntent[];
  readonly customer_status: string;
  readonly buyer_group: string | null;
  readonly billing_currency: string | null;
  readonly work_order_id: OrderId | null;
};

type StoredLicense = readonly [
  id: string,
  productId: string,
  version: string,
  activationCode: string,
  units: string,
  startOn: string,
  endOn: string,
  startChargeOn: string,
  graceMonths: number,
  enabled: boolean,
];

type StoredIntent = {
  readonly id: string;
  readonly moment: 'renewal' | 'date';
  readonly due_on: string | null;
  readonly command: StoredCommand;
  readonly reason: string | null;
  readonly order_id: string | null;
  readonly version: number;
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
};

/** One round trip for any number of subscriptions; numbers travel as text, so that none loses a digit. */
const whole: Statement = {
  name: 'meet_subscriptions',
  text: `
select s.*, c.status as customer_status, c.buyer_group, c.billing_currency,
  coalesce((select jsonb_agg(jsonb_build_array(i.rate_id, i.resource_id, i.mpn, i.vendor_code, i.name, i.quantity::text) order by i.rate_id)
    from subscription_items i where i.owner_id = s.owner_id and i.subscription_id = s.id), '[]') as items,
  coalesce((select jsonb_agg(jsonb_build_array(l.id, l.product_id, l.license_version, l.activation_code, l.units::text, l.start_on, l.end_on,
      l.start_charge_on, l.grace_months, l.enabled) order by l.id)
    from licenses l where l.owner_id = s.owner_id and l.subscription_id = s.id), '[]') as licenses,
  coalesce((select jsonb_agg(to_jsonb(t) order by t.id)
    from intents t where t.owner_id = s.owner_id and t.subscription_id = s.id and t.status = 'waiting'), '[]') as intents,
  (select k.order_id from order_work k where k.owner_id = s.owner_id and k.subscription_id = s.id order by k.version limit 1) as work_order_id
from unnest($1::uuid[]) as wanted (id)
join subscriptions s on s.id = wanted.id
join customers c on c.owner_id = s.owner_id and c.id = s.customer_id`,
};

export async function selectMet(db: Pick<Database, 'query'>, ids: readonly SubscriptionId[]): Promise<Met[]> {
  if (ids.length === 0) return [];
  return (await db.query<Row>(whole, [ids])).map(metFromRow);
}

function metFromRow(row: Row): Met {
  const items = row.items.map(([rateId, resourceId, mpn, vendorCode, name, quantity]) => ({
    rateId: rateId as Item['rateId'],
    resourceId: resourceId as Item['resourceId'],
    mpn,
    vendorCode,
    name,
    quantity: decimal(quantity),
  }));
  const subscription = subscriptionFromRow(row, items, row.licenses.map(licenseFrom));
  const { id, ownerId, customerId } = subscription;
  return {
    subscription,
    waiting: row.intents.map((stored) => intentFrom(stored, { ownerId, subscriptionId: id })),
    customer: {
      id: customerId,
      status: row.customer_status,
      buyerGroup: row.buyer_group,
      billingCurrency: row.billing_currency,
    },
    inWork: row.work_order_id,
  };
}

function licenseFrom([id, productId, version, activationCode, units, ...rest]: StoredLicense): License {
  const [startOn, endOn, startChargeOn, graceMonths, enabled] = rest;
  return {
    id: id as License['id'],
    productId: productId as License['productId'],
    version: version as License['version'],
    activationCode,
    units: decimal(units),
    startOn,
    endOn,
    startChargeOn,
    graceMonths,
    enabled,
  };
}

function intentFrom(stored: StoredIntent, of: Pick<Intent, 'ownerId' | 'subscriptionId'>): Intent {
  const moment: LaterMoment = stored.moment === 'date' ? { at: 'date', on: stored.due_on! } : { at: 'renewal' };
  return {
    ...of,
    id: stored.id,
    moment,
    command: readCommand(stored.command),
    status: 'waiting',
    reason: stored.reason,
    orderId: stored.order_id as OrderId | null,
    version: stored.version,
    createdBy: stored.created_by,
    createdAt: stored.created_at,
    updatedAt: stored.updated_at,
  };
}
