import {
  compareDecimal,
  decimal,
  formatDecimal,
  invalid,
  isCurrency,
  parseDecimal,
  zero,
  type Reason,
} from '@tierline/kernel';
import { priceDecimalsMax, type PriceEntry, type PriceList, type PriceRule } from './price.ts';

export type NewPriceList = Pick<
  PriceList,
  'name' | 'currency' | 'audience' | 'buyerGroup' | 'buyerId' | 'effectiveFrom' | 'effectiveTo'
>;
export type NewPrice = Omit<PriceEntry, 'priceListId' | 'lowerLimit' | 'amount'> & {
  readonly tiers: readonly { readonly lowerLimit: string; readonly amount: string }[];
};
export type NewRule = Omit<PriceRule, 'id' | 'priceListId'>;

function refuse(reasons: readonly Reason[]): void {
  if (reasons.length > 0) throw invalid(reasons);
}

/** Every reason why these facts can't make a price list, all at once. */
export function checkList(facts: NewPriceList): void {
  const reasons: Reason[] = [];
  if (!isCurrency(facts.currency)) {
    reasons.push({
      code: 'pricing.unknown_currency',
      field: 'currency',
      message: 'The currency must be an active ISO 4217 code such as EUR.',
    });
  }
  if ((facts.audience === 'group') !== (facts.buyerGroup !== null)) {
    reasons.push({
      code: 'pricing.audience_unclear',
      field: 'buyer_group',
      message: 'A list of the audience group names a group, and no other list does.',
    });
  }
  if ((facts.audience === 'buyer') !== (facts.buyerId !== null)) {
    reasons.push({
      code: 'pricing.audience_unclear',
      field: 'buyer_id',
      message: 'A list of the audience buyer names a buyer, and no other list does.',
    });
  }
  if (facts.effectiveTo !== null && facts.effectiveTo <= facts.effectiveFrom) {
    reasons.push({
      code: 'pricing.never_effective',
      field: 'effective_to',
      message: 'A list ends after the day on which it begins.',
    });
  }
  refuse(reasons);
}

/** Every reason why this can't be a rule, all at once. */
export function checkRule(rule: NewRule): void {
  const reasons: Reason[] = [];
  if ((rule.scope === 'all') !== (rule.scopeId === null)) {
    reasons.push({
      code: 'pricing.scope_unclear',
      field: 'scope_id',
      message: 'A rule for all names nothing; any other names what it is for.',
    });
  }
  const percent = parseDecimal(rule.percent);
  if (percent === undefined || compareDecimal(percent, decimal('-100')) < 0) {
    reasons.push({
      code: 'pricing.invalid_percent',
      field: 'percent',
      message: 'A percentage is a decimal from -100 up, such as 12.5.',
    });
  }
  if (parseDecimal(rule.amount) === undefined) {
    reasons.push({ code: 'pricing.invalid_amount', field: 'amount', message: 'An amount is a decimal, such as 0.5.' });
  }
  const { decimals } = rule;
  if (decimals !== null && (!Number.isInteger(decimals) || decimals < 0 || decimals > priceDecimalsMax)) {
    reasons.push({
      code: 'pricing.invalid_decimals',
      field: 'decimals',
      message: `A rule rounds to 0 to ${priceDecimalsMax} decimals.`,
    });
  }
  refuse(reasons);
}

/** Every reason why these prices can't be set, all at once. */
export function checkPrices(wanted: readonly NewPrice[]): void {
  const reasons: Reason[] = [];
  const seen = new Map<string, number>();
  for (const [index, price] of wanted.entries()) {
    const key = `${price.targetId}/${price.chargeType}/${price.effectiveFrom}`;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, index);
    else {
      reasons.push({
        code: 'pricing.price_repeated',
        field: `prices.${index}`,
        message: `Price ${before} is for the same thing, charge type and date. Put all tiers into one price.`,
      });
    }
    const reason = tierReason(price, `prices.${index}.tiers`);
    if (reason !== undefined) reasons.push(reason);
  }
  refuse(reasons);
}

function tierReason(price: NewPrice, field: string): Reason | undefined {
  const limits = price.tiers.map((tier) => parseDecimal(tier.lowerLimit));
  const amounts = price.tiers.map((tier) => parseDecimal(tier.amount));
  if ([...limits, ...amounts].some((value) => value === undefined || compareDecimal(value, zero) < 0)) {
    return {
      code: 'pricing.invalid_amount',
      field,
      message: 'Limits and amounts are decimals that are not negative, such as 17.5.',
    };
  }
  const distinct = new Set(limits.map((limit) => formatDecimal(limit!)));
  if (distinct.has('0') && distinct.size === limits.length) return undefined;
  return { code: 'pricing.tiers_incomplete', field, message: 'Tiers begin at 0, and no limit stands twice.' };
}
