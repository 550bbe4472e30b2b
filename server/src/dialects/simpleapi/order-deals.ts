import { invalid, type AccountId, type Period, type Reason } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { ChargeType } from '../../modules/catalog/index.ts';
import type { Deal } from '../../modules/pricing/index.ts';
import type { ReadLine } from './order-lines.ts';
import type {
  DealAgreement,
  DealDiscount,
  DealPriceType,
  Parties,
  ReadPrice,
  VendorDiscount,
} from './order-pricing.ts';

/** Who orders, for whom, and who sells to that customer. */
export type Sides = { readonly caller: AccountNode; readonly owner: AccountNode; readonly customerNumber: string };

/** What is ordered: a discount names the occasions that it is for. A renewal's own term begins with it, so what is for renewals counts from there. */
export type Occasion = 'sale' | 'change' | 'renewal';

/**
 * What the prices that a line brings along come to (SimpleAPI reference 4.4 and 5). `specialPrice` is what the caller takes from the one below it;
 * what the caller pays is its seller's to set, and can't be brought along. It counts for this term, and for all terms where prices are frozen.
 */
export function dealsOf(sides: Sides, line: ReadLine, termOf: Period | undefined, occasion: Occasion): Deal[] {
  const reasons: Reason[] = [];
  const { specialPrice, specialCost, deals, vendorDiscounts } = line.pricing;
  const self = sides.caller.account.id;
  if (specialCost !== undefined) {
    reasons.push({ code: 'simpleapi.cost_of_seller', field: specialCost.at, message: costMessage });
  }
  const found: Deal[] = [
    ...(specialPrice === undefined ? [] : [priced(self, 'recurring', specialPrice, { from: 'now', terms: 1 })]),
    ...(deals?.agreements ?? []).flatMap((agreement) =>
      ofAgreement(agreement, sellerOf(sides, agreement, reasons), {
        isFrozen: deals!.freezePrices,
        term: termOf,
        occasion,
        reasons,
      }),
    ),
    ...vendorDiscounts.flatMap((discount) => ofDiscount(discount, sellerOf(sides, discount, reasons), termOf, reasons)),
  ];
  if (reasons.length > 0) throw invalid(reasons);
  return found;
}

/** Whether a line brings prices along. */
export function isPriced({ pricing: { specialPrice, specialCost, deals, vendorDiscounts } }: ReadLine): boolean {
  return specialPrice !== undefined || specialCost !== undefined || deals !== undefined || vendorDiscounts.length > 0;
}

const costMessage = 'What you pay is set by your seller. Ask it, or leave this out.';

type Since = Pick<Deal, 'from' | 'terms'>;

function priced(sellerId: AccountId, chargeType: ChargeType, { tiers, currency }: ReadPrice, since: Since): Deal {
  return { sellerId, chargeType, ...since, kind: 'price', tiers, currency };
}

/** The account that sells on the edge that is meant; `self` is the caller, who also sells where nothing is said. */
function sellerOf(
  { caller, owner, customerNumber }: Sides,
  { at, sellerId, buyerId }: Parties,
  reasons: Reason[],
): AccountId | undefined {
  const { chain } = owner;
  const self = chain.findIndex(({ id }) => id === caller.account.id);
  const placeOf = (number: string): number =>
    number.toLowerCase() === 'self' ? self : chain.findIndex((one) => one.number === number);
  const named = sellerId === undefined ? undefined : placeOf(sellerId);
  // Customers and sellers are numbered apart, so a buyer's number may be that of either.
  const selling =
    buyerId === undefined ? [] : [placeOf(buyerId) - 1, ...(buyerId === customerNumber ? [chain.length - 1] : [])];
  const place = named ?? selling.findLast((one) => one >= 0) ?? self;
  if (named === -1 || (buyerId !== undefined && !selling.includes(place))) {
    const message = 'No seller of this order sells to this buyer. Name two accounts, one right below the other.';
    reasons.push({ code: 'simpleapi.no_such_edge', field: at, message });
    return undefined;
  }
  if (place >= self) return chain[place]!.id;
  reasons.push({ code: 'simpleapi.cost_of_seller', field: at, message: costMessage });
  return undefined;
}

type About = {
  readonly isFrozen: boolean;
  readonly term: Period | undefined;
  readonly occasion: Occasion;
  readonly reasons: Reason[];
};

function ofAgreement(
  { at, prices, priceTerm, discounts }: DealAgreement,
  sellerId: AccountId | undefined,
  { isFrozen, term, occasion, reasons }: About,
): Deal[] {
  const terms = isFrozen ? null : priceTerm === undefined ? 1 : termsIn(priceTerm, term, at, reasons);
  const since = discounts.map((discount) => sinceOf(discount, occasion, reasons));
  if (sellerId === undefined) return [];
  return [
    ...prices.map((price) =>
      priced(sellerId, typeOf(price.type), price, { from: fromOf(price.type, occasion), terms }),
    ),
    ...discounts.flatMap(({ prices: off }, index) =>
      off.map(({ type, tiers }) => {
        const discount = { type: 'amount' as const, value: tiers[0]!.amount };
        return { sellerId, chargeType: typeOf(type), ...since[index]!, kind: 'discount' as const, discount };
      }),
    ),
  ];
}

/** From when and for how long a discount counts that is for some occasions. */
function sinceOf({ at, applicableTo }: DealDiscount, occasion: Occasion, reasons: Reason[]): Since {
  const later = applicableTo.includes('RENEWAL');
  if (occasion === 'renewal') {
    if (!later && applicableTo.length > 0) {
      const message =
        'This order is a renewal, which the discount is not for. Add RENEWAL to applicableTo, or leave it out.';
      reasons.push({ code: 'simpleapi.other_occasion', field: at, message });
    }
    return { from: 'now', terms: null };
  }
  const isNow = applicableTo.includes('SALES') || applicableTo.includes('SWITCH_PLAN');
  return isNow ? { from: 'now', terms: later ? null : 1 } : { from: 'renewal', terms: null };
}

/** A transfer is what a setup is for what comes from elsewhere. */
function typeOf(type: DealPriceType): ChargeType {
  return type === 'transfer' ? 'setup' : type === 'renewal' ? 'recurring' : type;
}

function fromOf(type: DealPriceType, occasion: Occasion): Since['from'] {
  return type === 'renewal' && occasion !== 'renewal' ? 'renewal' : 'now';
}

function ofDiscount(
  { at, percentage, unitPrice, validity }: VendorDiscount,
  sellerId: AccountId | undefined,
  term: Period | undefined,
  reasons: Reason[],
): Deal[] {
  const terms = validity === undefined ? 1 : termsIn(validity, term, at, reasons);
  if (sellerId === undefined) return [];
  const of = { sellerId, chargeType: 'recurring', from: 'now', terms } as const;
  if (percentage !== undefined) return [{ ...of, kind: 'discount', discount: { type: 'percent', value: percentage } }];
  if (unitPrice === undefined) return [];
  return [
    { ...of, kind: 'price', tiers: [{ lowerLimit: { coefficient: 0n, scale: 0 }, amount: unitPrice }], currency: null },
  ];
}

/** How many terms a length of time is; one that is no whole number of them has no place in a subscription. */
function termsIn(length: Period, term: Period | undefined, field: string, reasons: Reason[]): number {
  const months = ({ unit, count }: Period): number | undefined =>
    unit === 'day' ? undefined : unit === 'year' ? count * 12 : count;
  const [all, one] = [months(length), term && months(term)];
  const count =
    all === undefined || one === undefined ? (length.unit === term?.unit ? length.count / term.count : NaN) : all / one;
  if (Number.isInteger(count) && count >= 1) return count;
  const message = 'A price is agreed on for whole subscription periods.';
  reasons.push({ code: 'simpleapi.not_whole_terms', field, message });
  return 1;
}
