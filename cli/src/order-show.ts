import type { OrderDetail, OrderPreview } from '@tierline/contract';
import type { Column, Show } from './show.ts';

type Charge = OrderPreview['charges'][number];
type Line = OrderPreview['lines'][number];

const lineColumns: readonly Column<Line>[] = [
  { title: 'LINE', of: ({ position }) => String(position), right: true },
  { title: 'MPN', of: ({ mpn }) => mpn },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'QUANTITY', of: inSteps, right: true },
  { title: 'BECAUSE', of: ({ origin }) => origin },
];

const chargeColumns: readonly Column<Charge>[] = [
  { title: 'LINE', of: ({ position }) => String(position), right: true },
  { title: 'CHARGE', of: ({ type }) => type },
  { title: 'QUANTITY', of: ({ quantity }) => quantity, right: true },
  { title: 'UNIT PRICE', of: ({ unit_price }) => unit_price, right: true },
  { title: 'SHARE', of: ({ fraction }) => shareOf(fraction), right: true },
  { title: 'FROM', of: ({ period_start }) => period_start },
  { title: 'TO', of: ({ period_end }) => period_end },
  { title: 'AMOUNT', of: ({ amount }) => inWords(amount), right: true },
  { title: 'BECAUSE', of: because },
];

/** What was held and what is held afterwards: `5 -> 7`, or the quantity alone where nothing was. */
function inSteps({ previous_quantity: before, quantity }: Line): string {
  return before === null ? quantity : `${before} -> ${quantity}`;
}

/** What was made of the price that the list says. */
function because({ source, exchange, discount }: Charge): string {
  const less = discount && `${discount.value}${discount.type === 'percent' ? ' %' : ' per unit'} off`;
  const rate = exchange && `${exchange.from} at ${exchange.rate} of ${exchange.date}`;
  return [source.kind === 'special' ? 'special price' : undefined, less, rate].filter(Boolean).join(', ');
}

function shareOf({ numerator, denominator }: Charge['fraction']): string {
  return denominator === 1 ? String(numerator) : `${numerator}/${denominator}`;
}

export function inWords({ amount, currency }: { readonly amount: string; readonly currency: string }): string {
  return `${amount} ${currency}`;
}

/** The lines, and per edge what is charged there. */
export function orderParts(show: Show, order: OrderPreview | OrderDetail): string[] {
  const charges: readonly Charge[] = order.charges;
  return [
    ...(order.lines.length === 0 ? [] : [show.table<Line>(order.lines, lineColumns)]),
    ...order.edges.flatMap(({ seller_id, buyer_id, total }) => {
      const own = charges.filter((charge) => charge.seller_id === seller_id && charge.buyer_id === buyer_id);
      const title = `${seller_id} sells to ${buyer_id}: ${inWords(total)}`;
      return [`${title}\n${own.length === 0 ? '' : show.table(own, chargeColumns)}`];
    }),
  ];
}
