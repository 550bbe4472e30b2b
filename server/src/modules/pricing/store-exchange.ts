import type { AccountId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database, Statement } from '../../platform/db/index.ts';
import type { Exchange } from './exchange.ts';

/** A rate as it is kept. Of two for the same currencies and day the younger counts. */
export type ExchangeRate = Exchange & {
  readonly id: string;
  readonly accountId: AccountId;
  readonly setBy: string;
  readonly setAt: string;
};

/** The rate of one account that counts on a date; `place` is the edge it is asked for. */
export type RateWanted = {
  readonly place: number;
  readonly accountId: AccountId;
  readonly date: string;
  readonly from: string;
  readonly to: string;
};

/** One look into the primary key for each, however many rates there ever were. In the order asked for. */
const ratesOn: Statement = {
  name: 'exchange_rates_on',
  text: `select w.place, w.from_currency as "from", w.to_currency as "to", w.account_id as "accountId", r.rate, r.effective_on as date
    from unnest($1::int[], $2::uuid[], $3::date[], $4::text[], $5::text[])
      with ordinality as w (place, account_id, on_date, from_currency, to_currency, position)
    cross join lateral (select e.rate, e.effective_on from exchange_rates e
      where e.account_id = w.account_id and e.from_currency = w.from_currency and e.to_currency = w.to_currency
        and e.effective_on <= w.on_date
      order by e.effective_on desc, e.id desc limit 1) r
    order by w.position`,
};

type RateFound = Exchange & Pick<RateWanted, 'place' | 'accountId'>;

export async function selectRatesOn(db: Database, wanted: readonly RateWanted[]): Promise<RateFound[]> {
  if (wanted.length === 0) return [];
  return db.query<RateFound>(ratesOn, [
    wanted.map(({ place }) => place),
    wanted.map(({ accountId }) => accountId),
    wanted.map(({ date }) => date),
    wanted.map(({ from }) => from),
    wanted.map(({ to }) => to),
  ]);
}

export function insertRates(db: Database, rates: readonly ExchangeRate[]) {
  const rows = rates.map((rate) => ({
    account_id: rate.accountId,
    from_currency: rate.from,
    to_currency: rate.to,
    effective_on: rate.date,
    id: rate.id,
    rate: rate.rate,
    set_by: rate.setBy,
    set_at: rate.setAt,
  }));
  return db.kysely
    .insertInto('exchange_rates')
    .expression(sql`select * from jsonb_populate_recordset(null::exchange_rates, ${JSON.stringify(rows)}::jsonb)`)
    .returning('id');
}

export type RateFilter = {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Only those that count on a date. */
  readonly on?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
};

/** What an account has set, the youngest first. */
export async function selectRates(db: Database, accountId: AccountId, filter: RateFilter): Promise<ExchangeRate[]> {
  const { from, to, on, before, limit } = filter;
  let query = db.kysely
    .selectFrom('exchange_rates as e')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('id', 'desc')
    .limit(limit);
  if (from !== undefined) query = query.where('from_currency', '=', from);
  if (to !== undefined) query = query.where('to_currency', '=', to);
  if (before !== undefined) query = query.where('id', '<', before);
  if (on !== undefined) {
    query = query.where('effective_on', '<=', on).where(
      sql<boolean>`not exists (select from exchange_rates y where y.account_id = e.account_id
        and y.from_currency = e.from_currency and y.to_currency = e.to_currency
        and y.effective_on <= ${on}::date and (y.effective_on, y.id) > (e.effective_on, e.id))`,
    );
  }
  return (await query.execute()).map((row) => ({
    id: row.id,
    accountId: row.account_id as AccountId,
    from: row.from_currency,
    to: row.to_currency,
    date: row.effective_on,
    rate: row.rate,
    setBy: row.set_by,
    setAt: row.set_at.toString(),
  }));
}
