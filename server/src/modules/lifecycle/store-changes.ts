import type { Database, Statement } from '../../platform/db/index.ts';
import { turns } from '../../platform/turns.ts';
import type { ChangeWrite } from './change-write.ts';
import { fatesOf, movedText, shortText, type Fate, type FateRow } from '../pools/index.ts';
import { unborn } from './split.ts';
import { madeColumns, parts } from './store-change-columns.ts';

/**
 * Stores many decisions in one statement, each with all that belongs to it: subscriptions, items, licenses, order, lines, charges,
 * intents, events, what is due next, and the key under which a retry finds it. A decision that was made with an older version of a
 * subscription is left out, as is one whose key was used before, or which takes more units than a license pool has; the others are stored.
 *
 * A subscription that changes between the statement's first look and its update makes the whole statement fail (`refuse_unless`); the
 * caller runs each alone then.
 */
const storeStatement: Statement = {
  name: 'store_changes',
  text: `
with ${shortText(127)}, writes as (
  select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::uuid[], $7::bigint[], $8::text[], $9::uuid[],
    $10::text[], $11::text[], $12::text[], $13::numeric[], $14::uuid[], $15::text[], $16::text[], $17::bytea[], $18::jsonb[], $19::uuid[],
    $112::text[], $120::text[], $126::timestamptz[])
    with ordinality as w (owner_id, subject_id, actor, request_id, at, order_id, serial, type, customer_id, po_number, surface, currency, total,
      key_owner_id, key_scope, key, request_hash, response, sandbox_id, status, plan, recorded_at, place)
), states as (
  -- JSON travels as one array: in an array of texts each quote would be escaped here and unescaped there.
  select w.owner_id, w.at, s.* from rows from (unnest($20::int[], $21::uuid[], $22::int[], $23::uuid[], $24::int[], $25::text[], $26::text[],
    $27::text[], $28::boolean[], $29::int[], $30::date[], $31::date[], $32::date[], $33::date[], $35::boolean[], $37::timestamptz[]),
    jsonb_array_elements($34::jsonb), jsonb_array_elements($36::jsonb))
    as s (place, id, version, plan_id, plan_version, name, status, hold_reason, auto_renewal, auto_renewal_months, anchor_on, start_on, end_on,
      start_charge_on, not_for_resale, due_at, attributes, life)
  join writes w using (place)
), candidates as (
  select w.* from writes w where not exists (select from pool_short s where s.place = w.place) and not exists (
    select from states s where s.place = w.place and s.version > 0
      and not exists (select from subscriptions b where b.owner_id = s.owner_id and b.id = s.id and b.version = s.version))
), keyed as (
  insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, response, created_at)
  select key_owner_id, key_scope, key, request_hash, subject_id, response, $111::timestamptz from candidates where key is not null
  order by key_owner_id, key_scope, key
  on conflict do nothing returning owner_id, scope, key
), accepted as materialized (
  select c.* from candidates c where c.key is null
    or exists (select from keyed k where k.owner_id = c.key_owner_id and k.scope = c.key_scope and k.key = c.key)
), updated as (
  update subscriptions b set plan_id = s.plan_id, plan_version = s.plan_version, name = s.name, status = s.status, hold_reason = s.hold_reason,
    auto_renewal = s.auto_renewal, auto_renewal_months = s.auto_renewal_months, anchor_on = s.anchor_on, start_on = s.start_on,
    end_on = s.end_on, start_charge_on = s.start_charge_on, attributes = s.attributes, not_for_resale = s.not_for_resale, life = s.life,
    version = b.version + 1, updated_at = greatest(b.updated_at, s.at)
  from states s join accepted a using (place)
  where b.owner_id = s.owner_id and b.id = s.id and b.version = s.version
  returning s.place
), new_orders as (
  insert into orders (owner_id, id, serial, type, status, customer_id, po_number, surface, placed_by, currency, total, attributes, version,
    placed_at, completed_at)
  select owner_id, order_id, serial, type, status, customer_id, po_number, surface, actor, currency, total,
    nullif($121::jsonb -> (place::int - 1), 'null'), 1, at, case when status = 'completed' then at end
  from accepted where order_id is not null and plan is distinct from 'carried_out'
), carried_out as (
  update orders o set status = a.status, currency = a.currency, total = a.total, version = o.version + 1,
    completed_at = case when a.status = 'completed' then a.at end
  from accepted a where a.plan = 'carried_out' and o.owner_id = a.owner_id and o.id = a.order_id
), given_up as (
  update orders o set status = g.status, version = o.version + 1
  from unnest($123::int[], $124::uuid[], $125::text[]) as g (place, order_id, status)
  join accepted a using (place)
  where o.owner_id = a.owner_id and o.id = g.order_id and o.status = 'processing'
), planned_lines as (
  -- Lines of a plan stand before 0.
  delete from order_lines l using accepted a
  where a.plan = 'carried_out' and l.owner_id = a.owner_id and l.order_id = a.order_id and l.position < 0
), new_lines as (
  insert into order_lines (owner_id, order_id, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code, name,
    quantity, previous_quantity, origin, parameters)
  select a.owner_id, a.order_id, l.position, l.subscription_id, l.plan_id, l.plan_version, l.rate_id, l.resource_id, l.mpn, l.vendor_code,
    l.name, l.quantity, l.previous_quantity, l.origin, null
  from unnest($38::int[], $39::int[], $40::uuid[], $41::uuid[], $42::int[], $43::uuid[], $44::uuid[], $45::text[], $46::text[], $47::text[],
    $48::numeric[], $49::numeric[], $50::text[])
    as l (place, position, subscription_id, plan_id, plan_version, rate_id, resource_id, mpn, vendor_code, name, quantity, previous_quantity,
      origin)
  join accepted a using (place) where a.order_id is not null
), new_charges as (
  insert into charges (owner_id, id, order_id, position, subscription_id, rate_id, seller_id, buyer_id, type, quantity, unit_price,
    fraction_numerator, fraction_denominator, period_start, period_end, currency, amount, booked_on, source)
  select a.owner_id, c.id, a.order_id, c.position, c.subscription_id, c.rate_id, c.seller_id, c.buyer_id, c.type, c.quantity, c.unit_price,
    c.fraction_numerator, c.fraction_denominator, c.period_start, c.period_end, c.currency, c.amount, c.booked_on, ($67::jsonb[])[c.source]
  from unnest($51::int[], $52::int[], $53::uuid[], $54::uuid[], $55::uuid[], $56::text[], $57::numeric[], $58::numeric[], $59::int[], $60::int[],
    $61::date[], $62::date[], $63::text[], $64::numeric[], $65::date[], $66::int[], $68::uuid[], $69::uuid[])
    as c (place, position, id, seller_id, buyer_id, type, quantity, unit_price, fraction_numerator, fraction_denominator, period_start,
      period_end, currency, amount, booked_on, source, subscription_id, rate_id)
  join accepted a using (place)
), gone_items as (
  delete from subscription_items i using (
    select a.owner_id, g.subscription_id, g.rate_id from unnest($70::int[], $71::uuid[], $72::uuid[]) as g (place, subscription_id, rate_id)
    join accepted a using (place)) g
  where i.owner_id = g.owner_id and i.subscription_id = g.subscription_id and i.rate_id = g.rate_id
), kept_items as (
  insert into subscription_items (owner_id, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity)
  select a.owner_id, i.subscription_id, i.rate_id, i.resource_id, i.mpn, i.vendor_code, i.name, i.quantity
  from unnest($73::int[], $74::uuid[], $75::uuid[], $76::uuid[], $77::text[], $78::text[], $79::text[], $80::numeric[])
    as i (place, subscription_id, rate_id, resource_id, mpn, vendor_code, name, quantity)
  join accepted a using (place)
  on conflict (owner_id, subscription_id, rate_id) do update set quantity = excluded.quantity, name = excluded.name
), kept_licenses as (
  update licenses l set product_id = n.product_id, license_version = n.license_version, units = n.units, start_on = n.start_on,
    end_on = n.end_on, start_charge_on = n.start_charge_on, grace_months = n.grace_months, enabled = n.enabled
  from unnest($81::int[], $82::uuid[], $83::uuid[], $84::text[], $85::numeric[], $86::date[], $87::date[], $88::date[], $89::int[], $90::boolean[])
    as n (place, id, product_id, license_version, units, start_on, end_on, start_charge_on, grace_months, enabled)
  join accepted a using (place)
  where l.owner_id = a.owner_id and l.id = n.id
), history as (
  -- What each license was, where something changes that reports tell of: read as it stands, since nothing here sees what the statement
  -- itself does to it.
  insert into license_history (owner_id, license_id, until_at, version, subscription_id, plan_id, plan_version, name, status, product_id,
    license_version, units, start_on, end_on, start_charge_on, enabled)
  select b.owner_id, l.id, a.recorded_at, b.version, b.id, b.plan_id, b.plan_version, b.name, b.status, l.product_id, l.license_version,
    l.units, l.start_on, l.end_on, l.start_charge_on, l.enabled
  from states s join accepted a using (place)
  join subscriptions b on b.owner_id = s.owner_id and b.id = s.id
  join licenses l on l.owner_id = s.owner_id and l.subscription_id = s.id
  where b.status <> s.status or b.plan_id <> s.plan_id or b.plan_version <> s.plan_version or b.name <> s.name
    or l.id = any ($82::uuid[])
), new_intents as (
  insert into intents (owner_id, id, subscription_id, kind, moment, due_on, command, status, reason, order_id, version, created_by, created_at,
    updated_at)
  select a.owner_id, n.id, n.subscription_id, n.kind, n.moment, n.due_on, n.command, 'waiting', null, n.order_id, 1, a.actor, a.at, a.at
  from unnest($91::int[], $92::uuid[], $93::uuid[], $94::text[], $95::text[], $96::date[], $97::jsonb[], $122::uuid[])
    as n (place, id, subscription_id, kind, moment, due_on, command, order_id)
  join accepted a using (place)
), ended_intents as (
  update intents t set status = e.status, reason = e.reason, moment = e.moment, due_on = e.due_on, command = e.command,
    order_id = case when e.status = 'done' then coalesce(a.order_id, t.order_id) else t.order_id end, version = t.version + 1, updated_at = a.at
  from unnest($98::int[], $99::uuid[], $100::text[], $101::text[], $102::text[], $103::date[], $104::jsonb[])
    as e (place, id, status, reason, moment, due_on, command)
  join accepted a using (place)
  where t.owner_id = a.owner_id and t.id = e.id
), new_events as (
  insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
  select a.owner_id, e.id, e.type, e.subject_kind, e.subject_id, a.actor, a.request_id, a.at, e.data
  from rows from (unnest($105::int[], $106::uuid[], $107::text[], $108::text[], $109::uuid[]), jsonb_array_elements($110::jsonb))
    as e (place, id, type, subject_kind, subject_id, data)
  join accepted a using (place)
), new_work as (
  insert into order_work (owner_id, subscription_id, version, order_id, job_id, change)
  select a.owner_id, k.subscription_id, k.version, a.order_id, k.job_id, k.change
  from unnest($113::int[], $114::uuid[], $115::int[], $116::uuid[], $117::jsonb[]) as k (place, subscription_id, version, job_id, change)
  join accepted a using (place)
), new_jobs as (
  insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, locked_until, last_error, payload, created_at)
  select a.owner_id, j.id, 'order', a.order_id, $111::timestamptz, 0, null, null, '{}'::jsonb, $111::timestamptz
  from unnest($118::int[], $119::uuid[]) as j (place, id) join accepted a using (place)
), nothing_due as (
  delete from subscription_due d using states s join accepted a using (place)
  where s.due_at is null and d.owner_id = s.owner_id and d.subscription_id = s.id
), next_due as (
  insert into subscription_due (owner_id, subscription_id, sandbox_id, due_at)
  select s.owner_id, s.id, a.sandbox_id, s.due_at from states s join accepted a using (place) where s.due_at is not null
  on conflict (owner_id, subscription_id) do update set due_at = excluded.due_at
), ${movedText}
select place::int, false as short, null::boolean as again, refuse_unless(
  (select count(*) from updated) = (select count(*) from states join accepted using (place) where version > 0), 'lifecycle.changed_meanwhile') as stored
from accepted
union all select place, true, again, null from pool_refused`,
};

/** The same with subscriptions that decisions make. A statement of its own, since hardly any decision makes one. */
const makingStatement: Statement = {
  name: 'store_making_changes',
  text: storeStatement.text.replace(
    '), updated as (',
    `), made as (
  insert into subscriptions (owner_id, id, serial, order_id, customer_id, plan_id, plan_version, name, status, hold_reason, auto_renewal,
    auto_renewal_months, anchor_on, start_on, end_on, start_charge_on, attributes, not_for_resale, life, version, created_at, updated_at)
  select s.owner_id, s.id, m.serial, a.order_id, a.customer_id, s.plan_id, s.plan_version, s.name, s.status, s.hold_reason, s.auto_renewal,
    s.auto_renewal_months, s.anchor_on, s.start_on, s.end_on, s.start_charge_on, s.attributes, s.not_for_resale, s.life, 1, s.at, s.at
  from unnest($136::uuid[], $137::bigint[]) as m (id, serial)
  join states s on s.id = m.id and s.version = 0
  join accepted a using (place)
), made_licenses as (
  insert into licenses (owner_id, id, subscription_id, product_id, license_version, activation_code, units, start_on, end_on,
    start_charge_on, grace_months, enabled)
  select a.owner_id, l.id, l.subscription_id, l.product_id, l.license_version, l.activation_code, l.units, l.start_on, l.end_on,
    l.start_charge_on, l.grace_months, l.enabled
  from unnest($138::int[], $139::uuid[], $140::uuid[], $141::uuid[], $142::text[], $143::text[], $144::numeric[], $145::date[], $146::date[],
    $147::date[], $148::int[], $149::boolean[])
    as l (place, subscription_id, id, product_id, license_version, activation_code, units, start_on, end_on, start_charge_on, grace_months,
      enabled)
  join accepted a using (place)
), updated as (`,
  ),
};

/** Answers which decisions were stored, by their index. */
export async function storeChanges(db: Pick<Database, 'query'>, writes: readonly ChangeWrite[]): Promise<Set<number>> {
  const fates = await changeTogether(db, writes);
  return new Set(writes.flatMap((_, index) => (fates[index] === 'stored' ? [index] : [])));
}

/** Answers what became of each decision. */
export async function changeTogether(db: Pick<Database, 'query'>, writes: readonly ChangeWrite[]): Promise<Fate[]> {
  const values: unknown[] = [];
  const pause = turns();
  for (const part of parts) {
    values.push(...part(writes));
    await pause();
  }
  const makes = writes.some(({ decision }) => decision.subscriptions.some(({ before }) => before.version === unborn));
  if (makes) values.push(...madeColumns(writes));
  return fatesOf(writes.length, await db.query<FateRow>(makes ? makingStatement : storeStatement, values));
}
