import { compareDecimal, decimal, isCurrency, zero, type Reason } from '@tierline/kernel';
import type { Agreement } from './deal-types.ts';
import type { EdgePrice } from './price.ts';

/** More terms than anybody agrees on. */
export const dealTermsMax = 120;
/** Digits of a percentage behind the point: a discounted price is exact, and a number has an end. */
const percentDecimalsMax = 4;

/** Why an agreement is none, whatever it is for. */
export function agreementReasons(agreement: Agreement, field: string): Reason[] {
  const reasons: Reason[] = [];
  const add = (code: string, part: string, message: string): void =>
    void reasons.push({ code, field: `${field}${part}`, message });
  const { terms } = agreement;
  if (terms !== null && (!Number.isInteger(terms) || terms < 1 || terms > dealTermsMax)) {
    add('pricing.deal_terms', '.terms', `An agreement is for 1 to ${dealTermsMax} terms, or for all.`);
  }
  if (agreement.kind === 'price') {
    const limits = agreement.tiers.map(({ lowerLimit }) => lowerLimit);
    const isBroken = agreement.tiers.some(
      ({ lowerLimit, amount }) => compareDecimal(lowerLimit, zero) < 0 || compareDecimal(amount, zero) < 0,
    );
    const isRising = limits.every((limit, index) => index === 0 || compareDecimal(limits[index - 1]!, limit) < 0);
    if (isBroken || limits[0] === undefined || compareDecimal(limits[0], zero) !== 0 || !isRising) {
      add('pricing.tiers_incomplete', '.tiers', 'Tiers begin at 0 and rise, and nothing of them is negative.');
    }
    if (agreement.currency !== null && !isCurrency(agreement.currency)) {
      add('pricing.unknown_currency', '.currency', 'The currency must be an active ISO 4217 code such as EUR.');
    }
    return reasons;
  }
  const { type, value } = agreement.discount;
  if (compareDecimal(value, zero) <= 0) {
    add('pricing.discount_amount', '.discount', 'A discount is more than nothing.');
  } else if (type === 'percent' && (compareDecimal(value, decimal('100')) > 0 || value.scale > percentDecimalsMax)) {
    const message = `A discount in percent is at most 100, with up to ${percentDecimalsMax} digits behind the point.`;
    add('pricing.discount_amount', '.discount', message);
  }
  return reasons;
}

/** Why an agreement can't be made about a price; `price` undefined: the edge has none. */
export function againstPrice(
  agreement: Agreement,
  price: Pick<EdgePrice, 'currency' | 'tiers'> | undefined,
  field: string,
): Reason[] {
  if (agreement.kind === 'price') {
    const { currency } = agreement;
    if (price === undefined || currency === null || currency === price.currency) return [];
    const message = `This edge is billed in ${price.currency}. Give the price in that currency.`;
    return [{ code: 'pricing.deal_currency', field: `${field}.currency`, message }];
  }
  if (price === undefined) {
    const message = 'There is no price here that a discount could be given on. Set one, or give a special price.';
    return [{ code: 'pricing.deal_unpriced', field: `${field}.discount`, message }];
  }
  const { type, value } = agreement.discount;
  if (type === 'percent' || price.tiers.every(({ amount }) => compareDecimal(value, amount) <= 0)) return [];
  const message = 'The discount is more than the price. Give a smaller one, or a special price of 0.';
  return [{ code: 'pricing.discount_above_price', field: `${field}.discount`, message }];
}
