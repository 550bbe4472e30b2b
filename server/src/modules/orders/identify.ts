import { samePeriod, type Period, type Reason } from '@tierline/kernel';
import type { NamedRate, RateName } from '../catalog/index.ts';

/** How a line names what it wants. MPNs are not unique, so more may be given; from the most to the least important. */
export type ProductName = {
  readonly name: RateName;
  readonly vendorCode?: string | undefined;
  readonly subscriptionPeriod?: Period | undefined;
  readonly billingPeriod?: Period | undefined;
};

/** The names of the fields in the caller's own spelling, for messages. */
export type FieldNames = {
  readonly vendor: string;
  readonly subscriptionPeriod: string;
  readonly billingPeriod: string;
  readonly id: string;
};

export const ownFieldNames: FieldNames = {
  vendor: 'vendor',
  subscriptionPeriod: 'subscription_period',
  billingPeriod: 'billing_period',
  id: 'rate_id',
};

/**
 * The one rate that is meant, or the reason why there is none or more than one. An MPN that several rates share needs
 * more: the message names what would tell them apart, and which values there are.
 */
export function identify(
  candidates: readonly NamedRate[],
  wanted: ProductName,
  field: string,
  fields: FieldNames,
): NamedRate | Reason {
  const what = 'mpn' in wanted.name ? `MPN ${wanted.name.mpn}` : 'this id';
  if (candidates.length === 0) {
    return { code: 'orders.unknown_product', field, message: `Your catalog has no product with ${what}.` };
  }
  const matching = candidates.filter(
    ({ rate, plan }) =>
      (wanted.vendorCode === undefined || rate.vendorCode === wanted.vendorCode) &&
      (wanted.subscriptionPeriod === undefined || samePeriod(plan.subscriptionPeriod, wanted.subscriptionPeriod)) &&
      (wanted.billingPeriod === undefined || samePeriod(plan.billingPeriod, wanted.billingPeriod)),
  );
  if (matching.length === 1) return matching[0]!;
  if (matching.length === 0) {
    return {
      code: 'orders.no_matching_product',
      field,
      message: `No product with ${what} matches. There is: ${listed(candidates, fields)}.`,
    };
  }
  const distinguishing = [
    {
      name: fields.vendor,
      given: wanted.vendorCode,
      differs: new Set(matching.map(({ rate }) => rate.vendorCode)).size > 1,
    },
    {
      name: fields.subscriptionPeriod,
      given: wanted.subscriptionPeriod,
      differs: new Set(matching.map(({ plan }) => periodText(plan.subscriptionPeriod))).size > 1,
    },
    {
      name: fields.billingPeriod,
      given: wanted.billingPeriod,
      differs: new Set(matching.map(({ plan }) => periodText(plan.billingPeriod))).size > 1,
    },
  ].filter(({ given, differs }) => given === undefined && differs);
  const add = distinguishing.length > 0 ? distinguishing.map(({ name }) => name).join(', ') : fields.id;
  return {
    code: 'orders.ambiguous_product',
    field,
    message: `${matching.length} products have ${what}. Provide additional parameters to identify the product: ${add}. There is: ${listed(matching, fields)}.`,
  };
}

export function isReason(value: NamedRate | Reason): value is Reason {
  return 'code' in value;
}

function listed(candidates: readonly NamedRate[], fields: FieldNames): string {
  return candidates
    .slice(0, 10)
    .map(
      ({ rate, plan }) =>
        `${fields.vendor} ${rate.vendorCode}, ${fields.subscriptionPeriod} ${periodText(plan.subscriptionPeriod)}, ` +
        `${fields.billingPeriod} ${periodText(plan.billingPeriod)} (${fields.id} ${fields.id === 'id' ? `PRD${rate.number}` : rate.rateId})`,
    )
    .join('; ');
}

function periodText(period: Period): string {
  return `${period.count} ${period.unit}`;
}
