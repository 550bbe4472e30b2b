import type { AccountId } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { boundsOf } from './store.ts';
import type { Report } from './report.ts';
import type { ReportCharge } from './rows.ts';

/** Charges that are read at once: few enough that requests are not kept waiting while they become rows. */
const batchCharges = 250;

const instant = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/** Of `payments`: what was booked in the period. Of `orders`: everything that was charged for orders provisioned in it. */
const inPeriod: Readonly<Record<Report['dataSet'], string>> = {
  payments: 'c.id >= $2 and c.booked_on >= $3::date and c.booked_on < $4::date',
  orders: `o.status = 'completed' and o.completed_at >= $3::timestamptz and o.completed_at < $4::timestamptz and c.id >= $2`,
};

const charges = (dataSet: Report['dataSet']): string => `declare report_charges no scroll cursor for
  select c.order_id, c.position, c.rate_id, c.type, c.seller_id = $1 as is_price,
    c.quantity, c.unit_price, c.amount, c.currency, c.booked_on, c.period_start, c.period_end,
    c.fraction_numerator as numerator, c.fraction_denominator as denominator,
    o.serial::text as order_serial, o.type as order_type, o.status as order_status,
    ${instant('o.placed_at')} as placed_at, ${instant('o.completed_at')} as completed_at, o.po_number,
    owner.number::text as reseller_number, owner.name as reseller_name,
    cu.number::text as customer_number, cu.name as customer_name, cu.external_id,
    s.serial::text as subscription_serial, s.name as subscription_name,
    sp.number::text as plan_number, l.mpn, l.vendor_code, l.name as product_name
  from charges c
  join orders o on o.owner_id = c.owner_id and o.id = c.order_id
  join accounts owner on owner.id = c.owner_id
  left join customers cu on cu.owner_id = o.owner_id and cu.id = o.customer_id
  left join subscriptions s on s.owner_id = c.owner_id and s.id = c.subscription_id
  left join order_lines l on l.owner_id = c.owner_id and l.order_id = c.order_id and l.position = c.position
  left join service_plans sp on sp.id = l.plan_id
  where c.owner_id in (select id from accounts where path @> array[$1]::uuid[])
    and (c.seller_id = $1 or c.buyer_id = $1) and ${inPeriod[dataSet]}
  order by c.order_id, c.position, c.rate_id, c.type, c.id`;

/**
 * The charges on the account's own edges, in the order that pairing needs, batch by batch from one snapshot: whatever is
 * booked while a report is made is in all of it or in none. Holds one connection until it is read or returned.
 */
export async function* readCharges(
  db: Database,
  report: Report,
  timeZone: string,
): AsyncGenerator<ReportCharge[], void> {
  const { from, to, lowest } = boundsOf(report, timeZone);
  const period = report.dataSet === 'payments' ? [report.startOn, report.endOn] : [from.toString(), to.toString()];
  // What an order of the period was charged may be older than the period: it is provisioned later than it is placed.
  const first = report.dataSet === 'payments' ? lowest : lowestId;
  const client = await db.connect();
  let failed: Error | undefined;
  try {
    await client.query('begin isolation level repeatable read read only');
    // All of it is read, so a plan that is quick to its first row only is no help.
    await client.query('set local cursor_tuple_fraction = 1');
    await client.query(charges(report.dataSet), [report.ownerId satisfies AccountId, first, ...period]);
    for (;;) {
      const { rows } = await client.query<ReportCharge>(`fetch ${batchCharges} from report_charges`);
      if (rows.length > 0) yield rows;
      if (rows.length < batchCharges) return;
    }
  } catch (error) {
    failed = error instanceof Error ? error : new Error('Reading charges failed.');
    throw error;
  } finally {
    await client.query('rollback').catch((error: unknown) => {
      failed ??= error instanceof Error ? error : new Error('Reading charges could not be ended.');
    });
    // A connection in an unknown state is closed rather than given to somebody else.
    client.release(failed);
  }
}

const lowestId = '00000000-0000-0000-0000-000000000000';
