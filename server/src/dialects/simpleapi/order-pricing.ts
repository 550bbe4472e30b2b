import { isNegative, parseDecimal, zero, type Decimal, type Period } from '@tierline/kernel';
import type { Members, Problems } from './request.ts';

/**
 * Prices that an order brings along (SimpleAPI reference 4.4 and 5): read and checked by the schema. What they come to is `order-deals.ts`.
 */

export type ReadTier = { readonly lowerLimit: Decimal; readonly amount: Decimal };
export type ReadPrice = { readonly at: string; readonly currency: string; readonly tiers: readonly ReadTier[] };

const dealPriceTypes = ['setup', 'recurring', 'overuse', 'renewal', 'transfer'] as const;
export type DealPriceType = (typeof dealPriceTypes)[number];
export type DealPrice = ReadPrice & { readonly type: DealPriceType };

const occasions = ['SALES', 'RENEWAL', 'SWITCH_PLAN'] as const;

/** Between whom something is agreed: `self` is the caller's own account. */
export type Parties = {
  readonly at: string;
  readonly sellerId: string | undefined;
  readonly buyerId: string | undefined;
};

export type DealAgreement = Parties & {
  readonly prices: readonly DealPrice[];
  readonly priceTerm: Period | undefined;
  readonly discounts: readonly DealDiscount[];
};

export type DealDiscount = {
  readonly at: string;
  readonly applicableTo: readonly (typeof occasions)[number][];
  readonly prices: readonly DealPrice[];
};

export type VendorDiscount = Parties & {
  readonly percentage: Decimal | undefined;
  readonly unitPrice: Decimal | undefined;
  readonly validity: Period | undefined;
};

export type ReadPricing = {
  readonly specialPrice: ReadPrice | undefined;
  readonly specialCost: ReadPrice | undefined;
  readonly deals: { readonly freezePrices: boolean; readonly agreements: readonly DealAgreement[] } | undefined;
  readonly vendorDiscounts: readonly VendorDiscount[];
};

const listMax = 100;
const exclusive = ['specialPrice', 'specialCost', 'specialProviderCost'] as const;

/** What only products have that a vendor rates itself; there are none of them here, so an order with it could not be followed. */
const vendorRated = ['margins', 'vendorRatedExtendedCost', 'vendorAlreadyAccountedTcvs'] as const;

export function readPricing(line: Members, problems: Problems): ReadPricing {
  const deals = line.member('deals');
  if (deals !== undefined) {
    for (const name of exclusive.filter((one) => line.has(one))) {
      problems.add('simpleapi.deals_and_special', line.at(name), 'Give either deals or special prices, not both.');
    }
  }
  for (const name of vendorRated.filter((one) => isGiven(line, one))) {
    const message = 'No product here is rated by its vendor, so this can not be followed. Leave it out.';
    problems.add('simpleapi.not_vendor_rated', line.at(name), message);
  }
  if (line.has('specialProviderCost')) {
    const message = 'What the provider pays its vendors is not kept here. Leave it out.';
    problems.add('simpleapi.provider_cost', line.at('specialProviderCost'), message);
  }
  return {
    specialPrice: price(line, 'specialPrice', problems),
    specialCost: price(line, 'specialCost', problems),
    deals: deals && readDeals(deals, problems),
    vendorDiscounts: (line.members('vendorDiscounts', { max: listMax }) ?? []).map((one) =>
      vendorDiscount(one, problems),
    ),
  };
}

export function isGiven(members: Members, name: string): boolean {
  const value = members.raw(name);
  return value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
}

function price(line: Members, name: string, problems: Problems): ReadPrice | undefined {
  const given = line.member(name);
  return given && priceOf(given, problems);
}

function priceOf(given: Members, problems: Problems): ReadPrice {
  const tiers = given.members('priceTiers', { max: listMax });
  const amount = amountOf(given, 'amount', problems);
  const currency = currencyOf(given);
  if (tiers === undefined) return { at: given.at('amount'), currency, tiers: [{ lowerLimit: zero, amount }] };
  const read = tiers.map((tier) => ({
    lowerLimit: amountOf(tier, 'lowerLimit', problems),
    amount: amountOf(tier, 'amount', problems),
  }));
  return { at: given.at('priceTiers'), currency, tiers: read };
}

function currencyOf(given: Members): string {
  const rules = { required: true, pattern: /^[A-Z]{3}$/, hint: 'Give three capital letters, such as USD.' };
  return given.text('currency', rules) ?? '';
}

/** An amount is a text (SimpleAPI reference 1); a number is taken too. */
function amountOf(given: Members, name: string, problems: Problems): Decimal {
  const text = given.text(name, { required: true, max: 40 });
  if (text === undefined) return zero;
  const amount = parseDecimal(text.trim());
  if (amount !== undefined && !isNegative(amount)) return amount;
  problems.add('simpleapi.invalid_field', given.at(name), 'Give an amount of at least 0, such as "70.5".');
  return zero;
}

function readDeals(deals: Members, problems: Problems): NonNullable<ReadPricing['deals']> {
  const agreements = deals.members('agreements', { required: true, max: listMax }) ?? [];
  return {
    freezePrices: deals.boolean('freezePrices') ?? false,
    agreements: agreements.map((agreement) => ({
      ...partiesOf(agreement),
      prices: dealPrices(agreement, problems, false),
      priceTerm: agreement.period('priceTerm'),
      discounts: (agreement.members('discounts', { max: listMax }) ?? []).map((discount) => ({
        at: discount.at('prices'),
        applicableTo: occasionsOf(discount, problems),
        prices: dealPrices(discount, problems, true),
      })),
    })),
  };
}

function partiesOf(of: Members): Parties {
  return {
    at: of.at('sellerId'),
    sellerId: of.text('sellerId', { max: 40 }),
    buyerId: of.text('buyerId', { max: 40 }),
  };
}

function dealPrices(of: Members, problems: Problems, required: boolean): DealPrice[] {
  return (of.members('prices', { required, max: listMax }) ?? []).map((given) => {
    const type = given.choice('type', dealPriceTypes);
    if (!given.has('type')) problems.add('simpleapi.required_field', given.at('type'), 'This field is required.');
    return { ...priceOf(given, problems), type: type ?? 'recurring' };
  });
}

function occasionsOf(discount: Members, problems: Problems): (typeof occasions)[number][] {
  const given = discount.raw('applicableTo');
  const field = discount.at('applicableTo');
  if (given === undefined) problems.add('simpleapi.required_field', field, 'This field is required.');
  const list: readonly unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
  return list.slice(0, listMax).flatMap((one) => {
    const known = occasions.find((occasion) => typeof one === 'string' && one.toUpperCase() === occasion);
    if (known === undefined) problems.add('simpleapi.invalid_field', field, `Give some of: ${occasions.join(', ')}.`);
    return known === undefined ? [] : [known];
  });
}

/** Of a vendor's discount what can be followed: a share or another unit price, for a length of time. */
function vendorDiscount(of: Members, problems: Problems): VendorDiscount {
  const discount = of.member('discount', { required: true });
  const parties = partiesOf(of);
  if (discount === undefined) return { ...parties, percentage: undefined, unitPrice: undefined, validity: undefined };
  for (const name of ['effectiveStartDate', 'effectiveEndDate', 'totalAbsDiscount']) {
    if (discount.has(name)) {
      const message = 'A discount counts from this order on. Say with validity for how long, and leave this out.';
      problems.add('simpleapi.discount_dates', discount.at(name), message);
    }
  }
  const percentage = discount.has('discountPercentage')
    ? amountOf(discount, 'discountPercentage', problems)
    : undefined;
  const unitPrice = discount.has('discountedUnitPrice')
    ? amountOf(discount, 'discountedUnitPrice', problems)
    : undefined;
  if ((percentage === undefined) === (unitPrice === undefined)) {
    const message = 'Give either discountPercentage or discountedUnitPrice.';
    problems.add('simpleapi.discount_kind', discount.at('discountPercentage'), message);
  }
  return { ...parties, percentage, unitPrice, validity: discount.period('validity') };
}
