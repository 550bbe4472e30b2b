import { formatDecimal, one, TierlineError, zero, type Decimal } from '@tierline/kernel';
import type { RateName } from '../../modules/catalog/index.ts';
import {
  lineCountMax,
  orderTypes,
  type FieldNames,
  type LineRequest,
  type SalesRequest,
} from '../../modules/orders/index.ts';
import { rateNumberOf } from './ids.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';

/** What tells products with one MPN apart, from the most to the least important (how-to page "products"). */
export const fieldNames: FieldNames = {
  vendor: 'vendor',
  subscriptionPeriod: 'subscriptionPeriod',
  billingPeriod: 'billingPeriod',
  id: 'id',
};

/**
 * Documented members that would change what is sold, at what price or when. As long as they can't be followed, an order
 * with them is refused: placed without them, it would be another order than the one that was asked for.
 */
const notYetOfOrder = [
  'subscriptionId',
  'targetSubscriptionId',
  'planId',
  'subscriptionPeriod',
  'scheduledOn',
  'alignExpirationDate',
  'placementType',
  'startDate',
  'vendorBillingSettings',
];
const notYetOfProduct = [
  'subscriptionId',
  'targetSubscriptionId',
  'newMPN',
  'newId',
  'specialPrice',
  'specialCost',
  'specialProviderCost',
  'deals',
  'margins',
  'vendorDiscounts',
  'vendorRatedExtendedCost',
  'vendorAlreadyAccountedTcvs',
];

const parametersMax = 100;

/** A sales order as it was asked for: what the engine is to do, and the same as text, by which a retry is known. */
export type ReadOrder = {
  readonly customerNumber: string;
  readonly request: SalesRequest;
  readonly content: string;
  /** Lines that give an id and an MPN: the two must name one product. */
  readonly doublyNamed: readonly { readonly index: number; readonly mpn: string; readonly number: string }[];
};

/** Reads the body of `POST /orders` and `POST /orders/estimate` (SimpleAPI reference 4.4, 4.5). Throws every reason at once. */
export function readOrder(body: unknown): ReadOrder {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  checkType(members);
  const customerNumber = members.text('customerId', { required: true, max: 40 }) ?? '';
  const poNumber = members.text('poNumber') ?? null;
  const attributes = members.map('attributes') ?? null;
  const products = members.members('products', { required: true, max: lineCountMax }) ?? [];
  const lines = products.map((product) => readLine(product, problems));
  refuseNotYet(members, notYetOfOrder, problems);
  for (const product of products) refuseNotYet(product, notYetOfProduct, problems);
  problems.throwIfAny();
  const request: SalesRequest = {
    customer: { number: customerNumber },
    lines,
    poNumber,
    attributes,
    surface: 'simpleapi',
    addMissingBases: true,
    fieldNames,
  };
  return { customerNumber, request, content: contentOf(customerNumber, request), doublyNamed: doublyNamed(products) };
}

function checkType(members: Members): void {
  const type = members.text('type')?.toLowerCase() ?? 'sales';
  if (type === 'sales') return;
  if (orderTypes.some((known) => known === type)) {
    const message = `Orders of type ${type} are not available yet; only sales are.`;
    throw new TierlineError('simpleapi.order_type_not_available', 'invalid', message, { field: 'type' });
  }
  const message = `Give one of: ${orderTypes.join(', ')}.`;
  throw new TierlineError('simpleapi.unknown_order_type', 'invalid', message, { field: 'type' });
}

function refuseNotYet(members: Members, names: readonly string[], problems: Problems): void {
  for (const name of names) {
    const value = members.raw(name);
    const isEmpty = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) {
      problems.add('simpleapi.not_available_yet', members.at(name), 'This field is not available for sales yet.');
    }
  }
}

function readLine(members: Members, problems: Problems): LineRequest {
  return {
    name: readName(members, problems),
    vendorCode: members.text('vendor'),
    subscriptionPeriod: members.period('subscriptionPeriod'),
    billingPeriod: members.period('billingPeriod'),
    quantity: readQuantity(members),
    parameters: readParameters(members),
  };
}

/** The how-to page's own example of an order has no quantity, so without one it is 1. */
function readQuantity(members: Members): Decimal {
  if (!members.has('quantity')) return one;
  return members.quantity('quantity') ?? zero;
}

export function readName(members: Members, problems: Problems): RateName {
  const id = members.text('id');
  const mpn = members.text('mpn');
  if (id !== undefined) {
    const number = rateNumberOf(id);
    if (number !== undefined) return { number };
    problems.add('orders.unknown_product', members.at('id'), 'Your catalog has no product with this id.');
  } else if (mpn === undefined) {
    problems.add('simpleapi.required_field', members.at('mpn'), 'Name the product by its mpn or its id.');
  }
  return { mpn: mpn ?? '' };
}

/** An activation parameter; a plan may say which there are. */
export type GivenParameter = { readonly name: string; readonly value?: unknown; readonly structured_value?: unknown };

/** Activation parameters are kept as they come; their names and values are the vendor's business. */
export function readParameters(members: Members): readonly GivenParameter[] | null {
  const parameters = members.members('parameters', { max: parametersMax });
  if (parameters === undefined) return null;
  return parameters.map((parameter) => {
    const value = parameter.raw('value');
    const structured = parameter.raw('structured_value');
    const name = parameter.text('name', { required: true });
    return {
      name: name ?? '',
      ...(value === undefined ? {} : { value }),
      ...(structured === undefined ? {} : { structured_value: structured }),
    };
  });
}

function doublyNamed(products: readonly Members[]): ReadOrder['doublyNamed'] {
  return products.flatMap((product, index) => {
    const id = product.text('id');
    const mpn = product.text('mpn');
    const number = id === undefined ? undefined : rateNumberOf(id);
    return number === undefined || mpn === undefined ? [] : [{ index, mpn, number }];
  });
}

/** The order as one text: the same for the same order, however its body was written. */
function contentOf(customerNumber: string, { lines, poNumber, attributes }: SalesRequest): string {
  return JSON.stringify({
    customerNumber,
    poNumber,
    lines: lines.map((line) => ({ ...line, quantity: formatDecimal(line.quantity) })),
    attributes: attributes === null ? null : Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  });
}
