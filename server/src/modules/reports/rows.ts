import type { ChargeKind } from '../billing/index.ts';
import type { OrderStatus, OrderType } from '../orders/index.ts';

/** What a report says, row by row: the one place that knows its fields. */

/** A charge on one of the account's edges, with the words of its order: everything is text, amounts as the ledger has them. */
export type ReportCharge = {
  readonly order_id: string;
  readonly position: number;
  readonly rate_id: string;
  readonly type: ChargeKind;
  /** Whether the account takes this money; otherwise it pays it. */
  readonly is_price: boolean;
  readonly quantity: string;
  readonly unit_price: string;
  readonly amount: string;
  readonly currency: string;
  readonly booked_on: string;
  readonly period_start: string;
  readonly period_end: string;
  readonly numerator: number;
  readonly denominator: number;
  readonly order_serial: string;
  readonly order_type: OrderType;
  readonly order_status: OrderStatus;
  readonly placed_at: string;
  readonly completed_at: string | null;
  readonly po_number: string | null;
  readonly reseller_number: string;
  readonly reseller_name: string;
  readonly customer_number: string | null;
  readonly customer_name: string | null;
  readonly external_id: string | null;
  readonly subscription_serial: string | null;
  readonly subscription_name: string | null;
  readonly plan_number: string | null;
  readonly mpn: string | null;
  readonly vendor_code: string | null;
  readonly product_name: string | null;
};

/** The words for ids, types and states that readers of reports know from the API that they call. */
export type ReportNames = {
  orderId(serial: string): string;
  orderNumber(type: OrderType, serial: string): string;
  orderStatus(status: OrderStatus): string;
  subscriptionId(serial: string): string;
  chargeType(charge: Pick<ReportCharge, 'type' | 'numerator' | 'denominator'>): string;
};

/** What the account takes for a line beside what it pays for it; either may be missing. */
export type Pair = { readonly price: ReportCharge | undefined; readonly cost: ReportCharge | undefined };

/** The values of one row in the order of the fields; null: nothing to say. */
export type ReportRow = readonly (string | null)[];

/** `text` may have been typed by anybody; `number` is a decimal of ours; `plain` is a code, id or date of ours. */
export type FieldKind = 'text' | 'number' | 'plain';
export type Field = { readonly name: string; readonly kind: FieldKind; readonly describe: string };

type Reading = Field & { readonly of: (pair: Pair, names: ReportNames) => string | null };

const either = ({ price, cost }: Pair): ReportCharge | undefined => price ?? cost;
const fraction = (charge: ReportCharge | undefined): string | null =>
  charge === undefined ? null : `${charge.numerator}/${charge.denominator}`;

const plain = (name: string, describe: string, of: Reading['of']): Reading => ({ name, kind: 'plain', describe, of });
const text = (name: string, describe: string, of: Reading['of']): Reading => ({ name, kind: 'text', describe, of });
const number = (name: string, describe: string, of: Reading['of']): Reading => ({ name, kind: 'number', describe, of });
const mapped = <Value>(value: Value | null | undefined, word: (value: Value) => string): string | null =>
  value === null || value === undefined ? null : word(value);

const readings: readonly Reading[] = [
  plain('orderId', 'as in `GET /orders`', (pair, names) => mapped(either(pair)?.order_serial, names.orderId)),
  plain('orderNumber', 'the same', (pair, names) =>
    mapped(either(pair), (charge) => names.orderNumber(charge.order_type, charge.order_serial)),
  ),
  plain('orderType', '`sales`, `change`, `renewal`, ...', (pair) => either(pair)?.order_type ?? null),
  plain('orderStatus', 'at the time of the report', (pair, names) =>
    mapped(either(pair)?.order_status, names.orderStatus),
  ),
  plain('creationDate', 'of the order', (pair) => either(pair)?.placed_at ?? null),
  plain('provisioningDate', 'of the order', (pair) => either(pair)?.completed_at ?? null),
  text('poNumber', 'of the order', (pair) => either(pair)?.po_number ?? null),
  plain('resellerId', 'the direct seller of the customer', (pair) => either(pair)?.reseller_number ?? null),
  text('resellerName', 'its name', (pair) => either(pair)?.reseller_name ?? null),
  plain('customerId', 'as in `GET /customers`', (pair) => either(pair)?.customer_number ?? null),
  text('customerName', 'its name', (pair) => either(pair)?.customer_name ?? null),
  text('externalId', 'of the customer', (pair) => either(pair)?.external_id ?? null),
  plain('subscriptionId', 'as in `GET /subscriptions`', (pair, names) =>
    mapped(either(pair)?.subscription_serial, names.subscriptionId),
  ),
  text('subscriptionName', 'its name', (pair) => either(pair)?.subscription_name ?? null),
  plain('planId', 'as in `GET /plans`', (pair) => either(pair)?.plan_number ?? null),
  text('mpn', 'of the product', (pair) => either(pair)?.mpn ?? null),
  text('vendor', 'of the product', (pair) => either(pair)?.vendor_code ?? null),
  text('productName', 'of the order line', (pair) => either(pair)?.product_name ?? null),
  plain('type', 'of the charge, as in `details` of an order', (pair, names) => mapped(either(pair), names.chargeType)),
  number('quantity', 'charged to the buyer', ({ price }) => price?.quantity ?? null),
  number('unitPrice', 'that the buyer pays for one', ({ price }) => price?.unit_price ?? null),
  number('extendedPrice', 'what the buyer is charged', ({ price }) => price?.amount ?? null),
  plain('priceCurrency', 'of both', ({ price }) => price?.currency ?? null),
  plain('priceDate', 'date of booking, of the account', ({ price }) => price?.booked_on ?? null),
  plain('pricePeriodStart', 'first day charged for', ({ price }) => price?.period_start ?? null),
  plain('pricePeriodEnd', 'day after the last one', ({ price }) => price?.period_end ?? null),
  plain('priceFraction', 'charged days / days of the period', ({ price }) => fraction(price)),
  number('costQuantity', 'charged to the account', ({ cost }) => cost?.quantity ?? null),
  number('unitCost', 'that the account pays for one', ({ cost }) => cost?.unit_price ?? null),
  number('extendedCost', 'what the account is charged', ({ cost }) => cost?.amount ?? null),
  plain('costCurrency', 'of both', ({ cost }) => cost?.currency ?? null),
  plain('costDate', 'date of booking, of its seller', ({ cost }) => cost?.booked_on ?? null),
  plain('costPeriodStart', 'first day charged for', ({ cost }) => cost?.period_start ?? null),
  plain('costPeriodEnd', 'day after the last one', ({ cost }) => cost?.period_end ?? null),
  plain('costFraction', 'charged days / days of the period', ({ cost }) => fraction(cost)),
];

export const fields: readonly Field[] = readings;

export function rowOf(pair: Pair, names: ReportNames): ReportRow {
  return readings.map(({ of }) => of(pair, names));
}

/**
 * Pairs charges that come in the order of their orders, positions, rates, types and ids: within one line and type the first
 * price stands beside the first cost, and so on, since both edges charge a line in the same order. What has no counterpart
 * stands alone, so every charge is in exactly one row.
 */
export function pairing() {
  let group: ReportCharge[] = [];

  function close(): Pair[] {
    const prices = group.filter(({ is_price: isPrice }) => isPrice);
    const costs = group.filter(({ is_price: isPrice }) => !isPrice);
    group = [];
    return Array.from({ length: Math.max(prices.length, costs.length) }, (_, index) => ({
      price: prices[index],
      cost: costs[index],
    }));
  }

  return {
    push(charges: readonly ReportCharge[]): Pair[] {
      const pairs: Pair[] = [];
      for (const charge of charges) {
        const [first] = group;
        if (first !== undefined && !isSameLine(first, charge)) pairs.push(...close());
        group.push(charge);
      }
      return pairs;
    },
    end: close,
  };
}

function isSameLine(a: ReportCharge, b: ReportCharge): boolean {
  return a.order_id === b.order_id && a.position === b.position && a.rate_id === b.rate_id && a.type === b.type;
}
