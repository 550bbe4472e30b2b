import { formatDecimal, formatMoney, newId, type AccountId, type OrderId } from '@tierline/kernel';
import type { Database, Statement } from '../../platform/db/index.ts';
import { describeSource } from './source.ts';
import type { OrderDetail } from './order.ts';

/** A decided order on its way to the database, with the key under which a retry is to find it. */
export type PlacementWrite = {
  readonly order: OrderDetail;
  readonly requestId: string;
  readonly idempotency:
    | { readonly ownerId: AccountId; readonly scope: string; readonly key: string; readonly requestHash: Buffer }
    | undefined;
};

/**
 * Stores many decided orders in one statement: orders, lines, subscriptions, items, licenses, charges, events, work to do and
 * idempotency keys, as arrays. Each order stands or falls alone: one whose key was used before, or whose customer can't
 * order any more, is left out with all its rows, and the others are stored. Answers the ids of the stored ones.
 */
const place: Statement = {
  name: 'place_orders',
  text: `
with placed as (
  select i.* from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::numeric[], $11::jsonb[], $12::timestamptz[], $13::timestamptz[], $14::uuid[], $15::text[], $16::text[], $17::bytea[])
    as i (owner_id, id, serial, status, customer_id, po_number, surface, placed_by, currency, total, attributes, placed_at,
      completed_at, key_owner_id, key_scope, key, request_hash)
  join customers c on c.owner_id = i.owner_id and c.id = i.customer_id and c.status = 'active'
), keyed as (
  insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, response, created_at)
  select key_owner_id, key_scope, key, request_hash, id, jsonb_build_object('owner_id', owner_id), placed_at
  from placed where key is not null
  -- In one order everywhere, so that two statements with the same keys wait for each other instead of for ever.
  order by key_owner_id, key_scope, key
  on conflict do nothing returning subject_id
), new_orders as (
  insert into orders (owner_id, id, serial, type, status, customer_id, po_number, surface, placed_by, currency, total, attributes,
    version, placed_at, completed_at)
  select owner_id, id, serial, 'sales', status, customer_id, po_number, surface, placed_by, currency, total, attributes, 1,
    placed_at, completed_at
  from placed where key is null or id in (select subject_id from keyed)
  returning owner_id, id, placed_at
), new_subscriptions as (
  insert into subscriptions (owner_id, id, serial, order_id, customer_id, plan_id, plan_version, name, status, auto_renewal,
    auto_renewal_months, anchor_on, start_on, end_on, start_charge_on, attributes, version, created_at, updated_at)
  select o.owner_id, s.id, s.serial, o.id, s.customer_id, s.plan_id, s.plan_version, s.name, s.status, s.auto_renewal,
    s.auto_renewal_months, s.anchor_on, s.anchor_on, s.end_on, s.start_charge_on, null, 1, o.placed_at, o.placed_at
  from unnest($18::uuid[], $19::uuid[], $20::bigint[], $21::uuid[], $22::uuid[], $23::int[], $24::text[], $25::text[], $26::boolean[],
    $27::int[], $28::date[], $29::date[], $30::date[])
    as s (order_id, id, serial, customer_id, plan_id, plan_version, name, status, auto_renewal, auto_renewal_months, anchor_on,
      end_on, start_charge_on)
  join new_orders o on o.id = s.order_id
  returning id
), new_licenses as (
  insert into licenses (owner_id, id, subscription_id, product_id, license_version, activation_code, units, start_on, end_on,
    start_charge_on, grace_months, enabled)
  select o.owner_id, l.id, l.subscription_id, l.product_id, l.license_version, l.activation_code, l.units, l.start_on, l.end_on,
    l.start_charge_on, l.grace_months, true
  from unnest($31::uuid[], $32::uuid[], $33::uuid[], $34::uuid[], $35::text[], $36::text[], $37::numeric[], $38::date[], $39::date[],
    $40::date[], $41::int[])
    as l (order_id, id, subscription_id, product_id, license_version, activation_code, units, start_on, end_on, start_charge_on, grace_months)
  join new_orders o on o.id = l.order_id
  returning id
), lines as (
  select o.owner_id, l.* from unnest($42::uuid[], $43::int[], $44::uuid[], $45::uuid[], $46::int[], $47::uuid[], $48::uuid[], $49::text[],
    $50::text[], $51::text[], $52::numeric[], $53::text[], $54::jsonb[])
    as l (order_id, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code, name, quantity, origin, parameters)
  join new_orders o on o.id = l.order_id
), new_lines as (
  insert into order_lines (owner_id, order_id, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code,
    name, quantity, origin, parameters)
  select owner_id, order_id, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code, name, quantity,
    origin, parameters from lines
  returning 1
), new_items as (
  insert into subscription_items (owner_id, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity)
  select owner_id, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity from lines
  returning 1
), new_charges as (
  insert into charges (owner_id, id, order_id, position, subscription_id, rate_id, seller_id, buyer_id, type, quantity, unit_price,
    fraction_numerator, fraction_denominator, period_start, period_end, currency, amount, booked_on, source)
  select o.owner_id, c.id, c.order_id, c.position, c.subscription_id, c.rate_id, c.seller_id, c.buyer_id, c.type, c.quantity,
    c.unit_price, c.fraction_numerator, c.fraction_denominator, c.period_start, c.period_end, c.currency, c.amount, c.booked_on, c.source
  from unnest($55::uuid[], $56::uuid[], $57::int[], $58::uuid[], $59::uuid[], $60::uuid[], $61::uuid[], $62::text[], $63::numeric[],
    $64::numeric[], $65::int[], $66::int[], $67::date[], $68::date[], $69::text[], $70::numeric[], $71::date[], $72::jsonb[])
    as c (order_id, id, position, subscription_id, rate_id, seller_id, buyer_id, type, quantity, unit_price, fraction_numerator,
      fraction_denominator, period_start, period_end, currency, amount, booked_on, source)
  join new_orders o on o.id = c.order_id
  returning 1
), new_events as (
  insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
  select o.owner_id, e.id, e.type, e.subject_kind, e.subject_id, e.actor, e.request_id, o.placed_at, e.data
  from unnest($73::uuid[], $74::uuid[], $75::text[], $76::text[], $77::uuid[], $78::text[], $79::text[], $80::jsonb[])
    as e (order_id, id, type, subject_kind, subject_id, actor, request_id, data)
  join new_orders o on o.id = e.order_id
  returning 1
), new_jobs as (
  insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, locked_until, last_error, payload, created_at)
  select o.owner_id, j.id, j.kind, j.subject_id, o.placed_at, 0, null, null, '{}'::jsonb, o.placed_at
  from unnest($81::uuid[], $82::uuid[], $83::text[], $84::uuid[]) as j (order_id, id, kind, subject_id)
  join new_orders o on o.id = j.order_id
  returning 1
)
select id from new_orders`,
};

export async function storePlacements(db: Database, writes: readonly PlacementWrite[]): Promise<Set<OrderId>> {
  const rows = await db.query<{ id: OrderId }>(place, [
    ...orderColumns(writes),
    ...subscriptionColumns(writes),
    ...licenseColumns(writes),
    ...lineColumns(writes),
    ...chargeColumns(writes),
    ...eventColumns(writes),
    ...jobColumns(writes),
  ]);
  return new Set(rows.map((row) => row.id));
}

/** Columns of a table, from rows: the shape in which unnest takes them. */
function columns<Row>(rows: readonly Row[], ...pick: readonly ((row: Row) => unknown)[]): unknown[][] {
  return pick.map((of) => rows.map(of));
}

function orderColumns(writes: readonly PlacementWrite[]): unknown[][] {
  return columns(
    writes,
    ({ order }) => order.ownerId,
    ({ order }) => order.id,
    ({ order }) => order.serial,
    ({ order }) => order.status,
    ({ order }) => order.customerId,
    ({ order }) => order.poNumber,
    ({ order }) => order.surface,
    ({ order }) => order.placedBy,
    ({ order }) => order.currency,
    ({ order }) => order.total,
    ({ order }) => (order.attributes === null ? null : JSON.stringify(order.attributes)),
    ({ order }) => order.placedAt,
    ({ order }) => order.completedAt,
    ({ idempotency }) => idempotency?.ownerId ?? null,
    ({ idempotency }) => idempotency?.scope ?? null,
    ({ idempotency }) => idempotency?.key ?? null,
    ({ idempotency }) => idempotency?.requestHash ?? null,
  );
}

function subscriptionColumns(writes: readonly PlacementWrite[]): unknown[][] {
  return columns(
    writes.flatMap(({ order }) => order.subscriptions),
    (row) => row.orderId,
    (row) => row.id,
    (row) => row.serial,
    (row) => row.customerId,
    (row) => row.planId,
    (row) => row.planVersion,
    (row) => row.name,
    (row) => row.status,
    (row) => row.autoRenewal,
    (row) => row.autoRenewalMonths,
    (row) => row.anchorOn,
    (row) => row.endOn,
    (row) => row.startChargeOn,
  );
}

function licenseColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = writes.flatMap(({ order }) =>
    order.subscriptions.flatMap((subscription) => subscription.licenses.map((license) => ({ license, subscription }))),
  );
  return columns(
    rows,
    ({ subscription }) => subscription.orderId,
    ({ license }) => license.id,
    ({ subscription }) => subscription.id,
    ({ license }) => license.productId,
    ({ license }) => license.version,
    ({ license }) => license.activationCode,
    ({ license }) => formatDecimal(license.units),
    ({ license }) => license.startOn,
    ({ license }) => license.endOn,
    ({ license }) => license.startChargeOn,
    ({ license }) => license.graceMonths,
  );
}

function lineColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = writes.flatMap(({ order }) => order.lines.map((line) => ({ line, orderId: order.id })));
  return columns(
    rows,
    ({ orderId }) => orderId,
    ({ line }) => line.position,
    ({ line }) => line.subscriptionId,
    ({ line }) => line.planId,
    ({ line }) => line.planVersion,
    ({ line }) => line.rateId,
    ({ line }) => line.resourceId,
    ({ line }) => line.mpn,
    ({ line }) => line.vendorCode,
    ({ line }) => line.name,
    ({ line }) => formatDecimal(line.quantity),
    ({ line }) => line.origin,
    ({ line }) => (line.parameters === null ? null : JSON.stringify(line.parameters)),
  );
}

function chargeColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = writes.flatMap(({ order }) => order.charges.map((charge) => ({ charge, orderId: order.id })));
  return columns(
    rows,
    ({ orderId }) => orderId,
    ({ charge }) => charge.id,
    ({ charge }) => charge.position,
    ({ charge }) => charge.subscriptionId,
    ({ charge }) => charge.rateId,
    ({ charge }) => charge.sellerId,
    ({ charge }) => charge.buyerId,
    ({ charge }) => charge.type,
    ({ charge }) => formatDecimal(charge.quantity),
    ({ charge }) => formatDecimal(charge.unitPrice),
    ({ charge }) => charge.fraction.numerator,
    ({ charge }) => charge.fraction.denominator,
    ({ charge }) => charge.period.start.toString(),
    ({ charge }) => charge.period.end.toString(),
    ({ charge }) => charge.amount.currency,
    ({ charge }) => formatMoney(charge.amount),
    ({ charge }) => charge.bookedOn,
    ({ charge }) => describeSource(charge.source),
  );
}

type EventRow = {
  readonly order: OrderDetail;
  readonly requestId: string;
  readonly type: string;
  readonly kind: string;
  readonly subjectId: string;
  readonly data: string;
};

function eventColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = writes.flatMap(({ order, requestId }): EventRow[] => [
    { order, requestId, type: 'order.placed', kind: 'order', subjectId: order.id, data: orderFacts(order) },
    ...order.subscriptions.map((subscription) => ({
      order,
      requestId,
      type: 'subscription.created',
      kind: 'subscription',
      subjectId: subscription.id as string,
      data: `{"order_id":"${order.id}","status":"${subscription.status}","end_on":"${subscription.endOn}"}`,
    })),
  ]);
  return columns(
    rows,
    ({ order }) => order.id,
    () => newId<'event'>(),
    ({ type }) => type,
    ({ kind }) => kind,
    ({ subjectId }) => subjectId,
    ({ order }) => order.placedBy,
    ({ requestId }) => requestId,
    ({ data }) => data,
  );
}

function orderFacts(order: OrderDetail): string {
  return `{"serial":"${order.serial}","customer_id":"${order.customerId}","status":"${order.status}","currency":"${order.currency}","total":"${order.total}"}`;
}

/** What is not provisioned at once is work that starts from a row committed with the order. */
function jobColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = writes.flatMap(({ order }) =>
    order.subscriptions.filter((subscription) => subscription.status === 'pending'),
  );
  return columns(
    rows,
    (row) => row.orderId,
    () => newId<'job'>(),
    () => 'provision',
    (row) => row.id,
  );
}
