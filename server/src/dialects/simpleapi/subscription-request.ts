import { compareDecimal, formatDecimal, isNegative, isZero, parseDecimal, zero, type Decimal } from '@tierline/kernel';
import type { Tier } from '../../modules/pricing/index.ts';
import { rateNumberOf } from './ids.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';

/** A price as a client wants or repeats it: `tiers` from zero on, one for a price that is the same for any quantity. */
export type WantedPrice = { readonly at: string; readonly currency: string; readonly tiers: readonly Tier[] };

/** Prices of one product of a subscription. `at` is where it stands in the body. */
export type WantedProduct = {
  readonly at: string;
  readonly index: number;
  readonly mpn: string | undefined;
  readonly number: string | undefined;
  readonly quantity: Decimal | undefined;
  readonly price: WantedPrice | undefined;
  readonly cost: WantedPrice | undefined;
  readonly hasProviderCost: boolean;
};

/** What may be changed of a subscription; what is undefined stays as it is. */
export type SubscriptionUpdate = {
  readonly renewalStatus: boolean | undefined;
  /** Null takes a member out. */
  readonly attributes: Readonly<Record<string, string | null>> | undefined;
  readonly products: readonly WantedProduct[];
  /** Not to be changed here: only whether it repeats what is so. */
  readonly status: string | undefined;
};

const productsMax = 200;
const tiersMax = 50;
const tierProblem = 'Give tiers with rising lower limits, the first of 0.';

/** Reads the body of `PATCH /subscriptions/{id}` (SimpleAPI reference 4.7). Throws every reason at once. */
export function readSubscriptionUpdate(body: unknown): SubscriptionUpdate {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const update = {
    renewalStatus: readFlag(members, 'renewalStatus', problems),
    attributes: readAttributes(members),
    products: readProducts(members, false, problems),
    status: members.text('status'),
  };
  problems.throwIfAny();
  return update;
}

/** Reads the body of `POST /subscriptions/{id}/specialPricing` (SimpleAPI reference 4.7): prices, and nothing else. */
export function readSpecialPricing(body: unknown): SubscriptionUpdate {
  const problems = newProblems();
  const products = readProducts(membersOf(body, '', problems), true, problems);
  problems.throwIfAny();
  return { renewalStatus: undefined, attributes: undefined, products, status: undefined };
}

function readFlag(members: Members, name: string, problems: Problems): boolean | undefined {
  const value = members.raw(name);
  if (value === undefined || typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  problems.add('simpleapi.invalid_field', members.at(name), 'Give true or false.');
  return undefined;
}

function readAttributes(members: Members): SubscriptionUpdate['attributes'] {
  const texts = members.map('attributes');
  if (texts === undefined) return undefined;
  // The map leaves nulls out, since they are absent elsewhere; here each asks for something.
  const given: object = Object.assign({}, members.raw('attributes'));
  const nulls = Object.entries(given).flatMap(([name, value]) => (value === null ? [[name, null] as const] : []));
  return { ...texts, ...Object.fromEntries(nulls) };
}

function readProducts(members: Members, required: boolean, problems: Problems): WantedProduct[] {
  const products = members.members('products', { required, max: productsMax }) ?? [];
  return products.map((product, index) => readProduct(product, index, required, problems));
}

function readProduct(members: Members, index: number, isPricing: boolean, problems: Problems): WantedProduct {
  const id = members.text('id');
  const mpn = members.text('mpn');
  const number = id === undefined ? undefined : rateNumberOf(id);
  if (id !== undefined && number === undefined) {
    problems.add('orders.unknown_product', members.at('id'), 'The subscription has no product with this id.');
  } else if (id === undefined && mpn === undefined) {
    problems.add('simpleapi.required_field', members.at('mpn'), 'Name the product by its mpn or its id.');
  }
  const [price, cost] = [readPrice(members, 'unitPrice', problems), readPrice(members, 'unitCost', problems)];
  const hasProviderCost = members.has('unitProviderCost');
  if (isPricing && !members.has('unitPrice') && !members.has('unitCost') && !hasProviderCost) {
    problems.add('simpleapi.required_field', members.at('unitPrice'), 'Give the price that the product is to have.');
  }
  return {
    at: `products[${index}]`,
    index,
    mpn,
    number,
    quantity: members.quantity('quantity'),
    price,
    cost,
    hasProviderCost,
  };
}

function readPrice(members: Members, name: string, problems: Problems): WantedPrice | undefined {
  const price = members.member(name);
  if (price === undefined) return undefined;
  const currency = price.text('currency', {
    required: true,
    pattern: /^[A-Z]{3}$/,
    hint: 'Give a currency such as USD.',
  });
  const given = price.members('priceTiers', { max: tiersMax }) ?? [];
  const amount = given.length > 0 ? undefined : readAmount(price, 'amount', problems);
  const tiers = given.length > 0 ? readTiers(price, given, problems) : amount && [{ lowerLimit: zero, amount }];
  if (currency === undefined || tiers === undefined) return undefined;
  return { at: members.at(name), currency, tiers };
}

/** As the schema has them; C-n8n types a range with a price instead. */
function readTiers(price: Members, given: readonly Members[], problems: Problems): Tier[] | undefined {
  const tiers = given.map((tier) => {
    const lowerLimit = readAmount(tier, tier.has('range_start') ? 'range_start' : 'lowerLimit', problems);
    const amount = readAmount(tier, tier.has('price') ? 'price' : 'amount', problems);
    return lowerLimit && amount && { lowerLimit, amount };
  });
  const whole = tiers.filter((tier) => tier !== undefined);
  if (whole.length < tiers.length) return undefined;
  const rises = whole.every((tier, index) => {
    const before = whole[index - 1];
    return before === undefined ? isZero(tier.lowerLimit) : compareDecimal(before.lowerLimit, tier.lowerLimit) < 0;
  });
  if (rises) return whole;
  problems.add('simpleapi.invalid_field', price.at('priceTiers'), tierProblem);
  return undefined;
}

function readAmount(members: Members, name: string, problems: Problems): Decimal | undefined {
  const text = members.text(name, { required: true });
  if (text === undefined) return undefined;
  const amount = parseDecimal(text.trim());
  if (amount !== undefined && !isNegative(amount)) return amount;
  problems.add('simpleapi.invalid_field', members.at(name), 'Give an amount of at least 0, such as "70.5".');
  return undefined;
}

export function sameTiers(a: readonly Tier[], b: readonly Tier[]): boolean {
  const text = (tiers: readonly Tier[]): string =>
    tiers.map(({ lowerLimit, amount }) => `${formatDecimal(lowerLimit)}:${formatDecimal(amount)}`).join();
  return text(a) === text(b);
}
