import { formatDecimal, formatMoney } from '@tierline/kernel';
import { plainArrayLiteral, plainColumns, type Placed } from '../../platform/db/index.ts';
import type { PriceSource } from '../pricing/index.ts';
import type { Charge } from './charge.ts';
import { dateText } from './dates.ts';

/** A charge on its way to the database: with its id and the line of its order that it belongs to. */
export type ChargeRow = Charge & { readonly id: string; readonly position: number };

/**
 * The columns of charges that every statement that stores some takes, in this order: place, position, id, seller, buyer, type,
 * quantity, unit price, numerator and denominator of the fraction, start and end of the period, currency, amount, date of booking,
 * place of the source; last the sources as texts of JSON. A source is named by its place among the sources of the batch, since
 * many charges share one.
 */
export function chargeColumns(rows: readonly Placed<ChargeRow>[]): unknown[] {
  const sources = new Map<string, number>();
  const places = rows.map(({ row }) => {
    const text = sourceText(row.source);
    const place = sources.get(text) ?? sources.size + 1;
    sources.set(text, place);
    return place;
  });
  const ofRows = plainColumns(
    rows,
    ({ place }) => place,
    ({ row }) => row.position,
    ({ row }) => row.id,
    ({ row }) => row.sellerId,
    ({ row }) => row.buyerId,
    ({ row }) => row.type,
    ({ row }) => formatDecimal(row.quantity),
    ({ row }) => formatDecimal(row.unitPrice),
    ({ row }) => row.fraction.numerator,
    ({ row }) => row.fraction.denominator,
    ({ row }) => dateText(row.period.start),
    ({ row }) => dateText(row.period.end),
    ({ row }) => row.amount.currency,
    ({ row }) => formatMoney(row.amount),
    ({ row }) => row.bookedOn,
  );
  return [...ofRows, plainArrayLiteral(places), [...sources.keys()]];
}

const texts = new WeakMap<PriceSource, string>();

/** A price's origin as it is stored with a charge. Sources are shared by many orders, so their text is made once. */
function sourceText(source: PriceSource): string {
  let text = texts.get(source);
  if (text === undefined) {
    text = JSON.stringify(source);
    texts.set(source, text);
  }
  return text;
}
