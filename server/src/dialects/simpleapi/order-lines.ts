import type { Decimal, Period } from '@tierline/kernel';
import type { RateName } from '../../modules/catalog/index.ts';
import type { FieldNames } from '../../modules/orders/index.ts';
import { rateNumberOf } from './ids.ts';
import { readPricing, type ReadPricing } from './order-pricing.ts';
import type { Members, Problems } from './request.ts';

/** An id and where in the body it stands. */
export type Pointer = { readonly id: string; readonly field: string };

/** One element of `products`, as any type of order has it (SimpleAPI reference 4.4). */
export type ReadLine = {
  readonly index: number;
  /** By its id or its MPN; undefined where neither was given, which some types of orders allow. */
  readonly name: RateName | undefined;
  /** Both were given: they must name one product. */
  readonly alsoMpn: string | undefined;
  /** What the product becomes: `newId` or `newMPN`. */
  readonly becomes: RateName | undefined;
  readonly vendor: string | undefined;
  readonly billingPeriod: Period | undefined;
  readonly subscriptionPeriod: Period | undefined;
  readonly quantity: Decimal | undefined;
  readonly parameters: readonly unknown[] | null;
  readonly subscription: Pointer | undefined;
  readonly target: Pointer | undefined;
  readonly pricing: ReadPricing;
};

/** What tells products with one MPN apart, from the most to the least important (how-to page "products"). */
export const fieldNames: FieldNames = {
  vendor: 'vendor',
  subscriptionPeriod: 'subscriptionPeriod',
  billingPeriod: 'billingPeriod',
  id: 'id',
};

const parametersMax = 100;

export function readLine(members: Members, index: number, problems: Problems): ReadLine {
  const name = nameOf(members, 'id', 'mpn', problems);
  return {
    index,
    name,
    alsoMpn: name !== undefined && 'number' in name ? members.text('mpn') : undefined,
    becomes: nameOf(members, 'newId', 'newMPN', problems),
    vendor: members.text('vendor'),
    subscriptionPeriod: members.period('subscriptionPeriod'),
    billingPeriod: members.period('billingPeriod'),
    quantity: members.quantity('quantity'),
    parameters: readParameters(members),
    subscription: pointerOf(members, 'subscriptionId'),
    target: pointerOf(members, 'targetSubscriptionId'),
    pricing: readPricing(members, problems),
  };
}

export function pointerOf(members: Members, name: string): Pointer | undefined {
  const id = members.text(name, { max: 40 });
  return id === undefined ? undefined : { id, field: members.at(name) };
}

function nameOf(members: Members, idField: string, mpnField: string, problems: Problems): RateName | undefined {
  const id = members.text(idField);
  const mpn = members.text(mpnField);
  if (id === undefined) return mpn === undefined ? undefined : { mpn };
  const number = rateNumberOf(id);
  if (number !== undefined) return { number };
  problems.add('orders.unknown_product', members.at(idField), 'Your catalog has no product with this id.');
  return undefined;
}

/** The product of a line that must name one. */
export function readName(members: Members, problems: Problems): RateName {
  const name = nameOf(members, 'id', 'mpn', problems);
  if (name !== undefined) return name;
  if (!members.has('id')) {
    problems.add('simpleapi.required_field', members.at('mpn'), 'Name the product by its mpn or its id.');
  }
  return { mpn: '' };
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
