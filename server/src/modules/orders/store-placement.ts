import { formatDecimal, newId, type AccountId, type OrderId } from '@tierline/kernel';
import { columns, jsonArray, placed, type Database, type Placed, type Statement } from '../../platform/db/index.ts';
import { chargeColumns } from '../billing/index.ts';
import { fatesOf, moveColumns, movedText, shortText, type Fate, type FateRow, type PoolMove } from '../pools/index.ts';
import { fieldsOf, lifeText } from '../subscriptions/index.ts';
import type { OrderDetail } from './order.ts';

/** A decided order on its way to the database, with the key under which a retry is to find it. */
export type PlacementWrite = {
  readonly order: OrderDetail;
  /** The version of the customer that the order was decided with. */
  readonly customerVersion: number;
  /** Plans of which the customer must hold nothing that is active; null: none. */
  readonly unlessHeld: readonly string[] | null;
  readonly requestId: string;
  /** When it was placed in real time, which is not that of an order in a sandbox. */
  readonly realAt: string;
  /** When something happens to each subscription by itself. */
  readonly due: readonly { readonly subscriptionId: string; readonly at: string }[];
  readonly sandboxId: string | null;
  /** Plans of which the customer has its one trial with this order. */
  readonly trials: readonly string[];
  /** Units that it takes from license pools; one move for each pool. */
  readonly pools: readonly PoolMove[];
  readonly idempotency:
    | { readonly ownerId: AccountId; readonly scope: string; readonly key: string; readonly requestHash: Buffer }
    | undefined;
};

/**
 * Stores many decided orders in one statement: orders, lines, subscriptions, items, licenses, charges, events, work to do and
 * idempotency keys, as arrays. Each order stands or falls alone: one whose key was used before, or whose customer was
 * changed meanwhile, is left out with all its rows, as is one that takes more units than a license pool has; the others are stored.
 *
 * Rows name their order by its place in the batch, a charge its line by its position, and its source by its place among the
 * sources of the batch: what is sent and read twice is a good part of what an order costs.
 */
const place: Statement = {
  name: 'place_orders',
  text: `
with ${shortText(95)}, placed as (
  select i.* from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::uuid[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::numeric[], $12::jsonb[], $13::timestamptz[], $14::timestamptz[], $15::uuid[], $16::text[], $17::text[], $18::bytea[], $91::text[],
    $94::text[])
    with ordinality as i (owner_id, id, serial, status, customer_id, customer_version, po_number, surface, placed_by, currency, total,
      attributes, placed_at, completed_at, key_owner_id, key_scope, key, request_hash, type, unless_held, place)
  join customers c on c.owner_id = i.owner_id and c.id = i.customer_id and c.status = 'active' and c.version = i.customer_version
  where not exists (select from pool_short s where s.place = i.place)
    and (i.unless_held is null or not exists (
      select from subscriptions s where s.owner_id = i.owner_id and s.customer_id = i.customer_id and s.status = 'active'
        and s.plan_id = any(i.unless_held::uuid[])))
), keyed as (
  insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, response, created_at)
  select key_owner_id, key_scope, key, request_hash, id, jsonb_build_object('owner_id', owner_id), $88::timestamptz
  from placed where key is not null
  -- In one order everywhere, so that two statements with the same keys wait for each other instead of for ever.
  order by key_owner_id, key_scope, key
  on conflict do nothing returning subject_id
), accepted as materialized (
  select * from placed where key is null or id in (select subject_id from keyed)
), new_orders as (
  insert into orders (owner_id, id, serial, type, status, customer_id, po_number, surface, placed_by, currency, total, attributes,
    version, placed_at, completed_at)
  select owner_id, id, serial, type, status, customer_id, po_number, surface, placed_by, currency, total, attributes, 1,
    placed_at, completed_at
  from accepted
), new_subscriptions as (
  insert into subscriptions (owner_id, id, serial, order_id, customer_id, plan_id, plan_version, name, status, auto_renewal,
    auto_renewal_months, anchor_on, start_on, end_on, start_charge_on, attributes, version, created_at, updated_at, life,
    not_for_resale)
  select o.owner_id, s.id, s.serial, o.id, o.customer_id, s.plan_id, s.plan_version, s.name, s.status, s.auto_renewal,
    s.auto_renewal_months, s.anchor_on, s.start_on, s.end_on, s.start_charge_on, null, 1, o.placed_at, o.placed_at, s.life, s.not_for_resale
  -- JSON travels as one array: in an array of texts each quote would be escaped here and unescaped there.
  from rows from (unnest($19::int[], $20::uuid[], $21::bigint[], $22::uuid[], $23::int[], $24::text[], $25::text[], $26::boolean[], $27::int[],
    $28::date[], $29::date[], $30::date[], $92::boolean[], $93::date[]), jsonb_array_elements($83::jsonb))
    as s (place, id, serial, plan_id, plan_version, name, status, auto_renewal, auto_renewal_months, anchor_on, end_on, start_charge_on,
      not_for_resale, start_on, life)
  join accepted o using (place)
), new_licenses as (
  insert into licenses (owner_id, id, subscription_id, product_id, license_version, activation_code, units, start_on, end_on,
    start_charge_on, grace_months, enabled)
  select o.owner_id, l.id, l.subscription_id, l.product_id, l.license_version, l.activation_code, l.units, l.start_on, l.end_on,
    l.start_charge_on, l.grace_months, true
  from unnest($31::int[], $32::uuid[], $33::uuid[], $34::uuid[], $35::text[], $36::text[], $37::numeric[], $38::date[], $39::date[],
    $40::date[], $41::int[])
    as l (place, id, subscription_id, product_id, license_version, activation_code, units, start_on, end_on, start_charge_on, grace_months)
  join accepted o using (place)
), lines as materialized (
  select o.owner_id, o.id as order_id, l.*
  from unnest($42::int[], $43::int[], $44::uuid[], $45::uuid[], $46::int[], $47::uuid[], $48::uuid[], $49::text[], $50::text[],
    $51::text[], $52::numeric[], $53::text[], $54::jsonb[])
    as l (place, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code, name, quantity, origin, parameters)
  join accepted o using (place)
), new_lines as (
  insert into order_lines (owner_id, order_id, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code,
    name, quantity, origin, parameters)
  select owner_id, order_id, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code, name, quantity,
    origin, parameters from lines
), new_items as (
  insert into subscription_items (owner_id, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity)
  select owner_id, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity from lines
), new_charges as (
  insert into charges (owner_id, id, order_id, position, subscription_id, rate_id, seller_id, buyer_id, type, quantity, unit_price,
    fraction_numerator, fraction_denominator, period_start, period_end, currency, amount, booked_on, source)
  select l.owner_id, c.id, l.order_id, l.position, l.subscription_id, l.rate_id, c.seller_id, c.buyer_id, c.type, c.quantity,
    c.unit_price, c.fraction_numerator, c.fraction_denominator, c.period_start, c.period_end, c.currency, c.amount, c.booked_on,
    ($71::jsonb[])[c.source]
  from unnest($55::int[], $56::int[], $57::uuid[], $58::uuid[], $59::uuid[], $60::text[], $61::numeric[], $62::numeric[], $63::int[],
    $64::int[], $65::date[], $66::date[], $67::text[], $68::numeric[], $69::date[], $70::int[])
    as c (place, position, id, seller_id, buyer_id, type, quantity, unit_price, fraction_numerator, fraction_denominator, period_start,
      period_end, currency, amount, booked_on, source)
  join lines l using (place, position)
), new_events as (
  insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
  select o.owner_id, e.id, e.type, e.subject_kind, e.subject_id, o.placed_by, e.request_id, o.placed_at, e.data
  from rows from (unnest($72::int[], $73::uuid[], $74::text[], $75::text[], $76::uuid[], $77::text[]), jsonb_array_elements($78::jsonb))
    as e (place, id, type, subject_kind, subject_id, request_id, data)
  join accepted o using (place)
), new_due as (
  insert into subscription_due (owner_id, subscription_id, sandbox_id, due_at)
  select o.owner_id, d.subscription_id, d.sandbox_id, d.due_at
  from unnest($84::int[], $85::uuid[], $86::uuid[], $87::timestamptz[]) as d (place, subscription_id, sandbox_id, due_at)
  join accepted o using (place)
), new_trials as (
  -- One trial for each customer and plan: a second one breaks the key, and its order with it.
  insert into trials_used (owner_id, customer_id, plan_id, order_id)
  select o.owner_id, o.customer_id, t.plan_id, o.id from unnest($89::int[], $90::uuid[]) as t (place, plan_id) join accepted o using (place)
), new_jobs as (
  insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, locked_until, last_error, payload, created_at)
  select o.owner_id, j.id, j.kind, j.subject_id, $88::timestamptz, 0, null, null, '{}'::jsonb, $88::timestamptz
  from unnest($79::int[], $80::uuid[], $81::text[], $82::uuid[]) as j (place, id, kind, subject_id)
  join accepted o using (place)
), ${movedText}
select place::int, false as short, null::boolean as again from accepted
union all select place, true, again from pool_refused`,
};

/** Stores orders; answers the ids of those that were stored. */
export async function storePlacements(
  db: Pick<Database, 'query'>,
  writes: readonly PlacementWrite[],
): Promise<Set<OrderId>> {
  const fates = await placeTogether(db, writes);
  return new Set(writes.filter((_, index) => fates[index] === 'stored').map(({ order }) => order.id));
}

/** Stores orders; answers what became of each. */
export async function placeTogether(db: Pick<Database, 'query'>, writes: readonly PlacementWrite[]): Promise<Fate[]> {
  const rows = await db.query<FateRow>(place, [
    ...orderColumns(writes),
    ...subscriptionColumns(writes),
    ...licenseColumns(writes),
    ...lineColumns(writes),
    ...chargeColumns(placedRows(writes, (order) => order.charges)),
    ...eventColumns(writes),
    ...jobColumns(writes),
    lifeColumn(writes),
    ...dueColumns(writes),
    // Work and keys are on the real clock. One instant for the batch, whose orders are milliseconds apart.
    writes[0]!.realAt,
    ...columns(
      placed(writes, ({ trials }) => trials),
      ({ place }) => place,
      ({ row }) => row,
    ),
    writes.map(({ order }) => order.type),
    writes.flatMap(({ order }) => order.subscriptions.map(({ notForResale }) => notForResale)),
    writes.flatMap(({ order }) => order.subscriptions.map(({ startOn }) => startOn)),
    // An array of arrays would need rows of one length.
    writes.map(({ unlessHeld }) => (unlessHeld === null ? null : `{${unlessHeld.join()}}`)),
    ...moveColumns(placed(writes, movesOf)),
  ]);
  return fatesOf(writes.length, rows);
}

function movesOf({ pools, requestId, order }: PlacementWrite) {
  return pools.map((move) => ({ ...move, isForced: false, requestId, at: order.placedAt }));
}

function orderColumns(writes: readonly PlacementWrite[]): unknown[][] {
  return columns(
    writes,
    ({ order }) => order.ownerId,
    ({ order }) => order.id,
    ({ order }) => order.serial,
    ({ order }) => order.status,
    ({ order }) => order.customerId,
    ({ customerVersion }) => customerVersion,
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

/** Rows of all orders. */
function placedRows<Row>(writes: readonly PlacementWrite[], of: (order: OrderDetail) => readonly Row[]): Placed<Row>[] {
  return placed(writes, ({ order }) => of(order));
}

function subscriptionColumns(writes: readonly PlacementWrite[]): unknown[][] {
  return columns(
    placedRows(writes, (order) => order.subscriptions),
    ({ place }) => place,
    ({ row }) => row.id,
    ({ row }) => row.serial,
    ({ row }) => row.planId,
    ({ row }) => row.planVersion,
    ({ row }) => row.name,
    ({ row }) => row.status,
    ({ row }) => row.autoRenewal,
    ({ row }) => row.autoRenewalMonths,
    ({ row }) => row.anchorOn,
    ({ row }) => row.endOn,
    ({ row }) => row.startChargeOn,
  );
}

function licenseColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = placedRows(writes, (order) =>
    order.subscriptions.flatMap(({ id, licenses }) => licenses.map((license) => ({ license, subscriptionId: id }))),
  );
  return columns(
    rows,
    ({ place }) => place,
    ({ row }) => row.license.id,
    ({ row }) => row.subscriptionId,
    ({ row }) => row.license.productId,
    ({ row }) => row.license.version,
    ({ row }) => row.license.activationCode,
    ({ row }) => formatDecimal(row.license.units),
    ({ row }) => row.license.startOn,
    ({ row }) => row.license.endOn,
    ({ row }) => row.license.startChargeOn,
    ({ row }) => row.license.graceMonths,
  );
}

function lineColumns(writes: readonly PlacementWrite[]): unknown[][] {
  return columns(
    placedRows(writes, (order) => order.lines),
    ({ place }) => place,
    ({ row }) => row.position,
    ({ row }) => row.subscriptionId,
    ({ row }) => row.planId,
    ({ row }) => row.planVersion,
    ({ row }) => row.rateId,
    ({ row }) => row.resourceId,
    ({ row }) => row.mpn,
    ({ row }) => row.vendorCode,
    ({ row }) => row.name,
    ({ row }) => formatDecimal(row.quantity),
    ({ row }) => row.origin,
    ({ row }) => (row.parameters === null ? null : JSON.stringify(row.parameters)),
  );
}

type EventRow = { readonly type: string; readonly kind: string; readonly subjectId: string; readonly data: string };

function eventColumns(writes: readonly PlacementWrite[]): unknown[] {
  const rows = placedRows(writes, (order): EventRow[] => [
    { type: 'order.placed', kind: 'order', subjectId: order.id, data: orderFacts(order) },
    ...order.subscriptions.map((subscription) => ({
      type: 'subscription.created',
      kind: 'subscription',
      subjectId: subscription.id as string,
      data: `{"order_id":"${order.id}","status":"${subscription.status}","end_on":"${subscription.endOn}","set":${JSON.stringify(fieldsOf(subscription))}}`,
    })),
  ]);
  const found = columns(
    rows,
    ({ place }) => place,
    () => newId<'event'>(),
    ({ row }) => row.type,
    ({ row }) => row.kind,
    ({ row }) => row.subjectId,
    ({ place }) => writes[place - 1]!.requestId,
  );
  return [...found, jsonArray(rows.map(({ row }) => row.data))];
}

function orderFacts(order: OrderDetail): string {
  return `{"serial":"${order.serial}","customer_id":"${order.customerId}","status":"${order.status}","currency":"${order.currency}","total":"${order.total}"}`;
}

function lifeColumn(writes: readonly PlacementWrite[]): string {
  return jsonArray(writes.flatMap(({ order }) => order.subscriptions.map((subscription) => lifeText(subscription))));
}

function dueColumns(writes: readonly PlacementWrite[]): unknown[][] {
  return columns(
    placed(writes, ({ due, sandboxId }) => due.map((row) => ({ ...row, sandboxId }))),
    ({ place }) => place,
    ({ row }) => row.subscriptionId,
    ({ row }) => row.sandboxId,
    ({ row }) => row.at,
  );
}

/** What is not provisioned at once is work that starts from a row committed with the order, unless it waits for somebody to sign in. */
function jobColumns(writes: readonly PlacementWrite[]): unknown[][] {
  const rows = placedRows(writes, (order) =>
    order.subscriptions.filter(({ status, waitsFor }) => status === 'pending' && waitsFor === null),
  );
  return columns(
    rows,
    ({ place }) => place,
    () => newId<'job'>(),
    () => 'provision',
    ({ row }) => row.id,
  );
}
