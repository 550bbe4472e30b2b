import { randomUUID } from 'node:crypto';
import { invalid, type Reason } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import { checkParameters, type CheckedParameter, type NamedRate } from '../../modules/catalog/index.ts';
import { identify, isReason, lineCountMax, orderTypes, type ProductName } from '../../modules/orders/index.ts';
import { readJson } from '../../platform/http/index.ts';
import type { Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { productId } from './ids.ts';
import { fieldNames, readName, readParameters, type GivenParameter } from './order-lines.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';
import { listResponse, wirePeriod } from './wire.ts';

type Product = {
  readonly name: ProductName;
  readonly parameters: readonly GivenParameter[];
  readonly draftRequestId: string;
};

type Wanted = { readonly customerNumber: string; readonly isSale: boolean; readonly products: readonly Product[] };

/**
 * `POST /validation/parameters` (SimpleAPI reference 4.6): whether activation parameters are what the plans ask for, by the check
 * that placing an order makes. What is wrong with a parameter is a result, not a refusal.
 */
export function validationHandler({ customers, directory, offers }: SimpleApiDependencies) {
  return async (c: Call, { principal }: SimpleApiCaller): Promise<Response> => {
    const { customerNumber, isSale, products } = readWanted(await readJson(c));
    const customer = await customers.get(principal.accountId, { number: customerNumber });
    const owner = directory.peek(customer.ownerId) ?? (await directory.get(customer.ownerId));
    const candidates = await Promise.all(products.map(({ name }) => offers.find(owner, name.name)));
    const found = identified(products, candidates);
    const data = products.map((product, index) => resultOf(product, index, { products, found, isSale }));
    return listResponse(data, { offset: 0, limit: data.length }, data.length);
  };
}

const anyOrderType = [...orderTypes, 'unknown'] as const;

function readWanted(body: unknown): Wanted {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const customerNumber = members.text('customerId', { required: true, max: 40 }) ?? '';
  const type = members.choice('type', anyOrderType) ?? 'sales';
  const wanted = members.members('products', { required: true, max: lineCountMax }) ?? [];
  const products = wanted.map((product) => readProduct(product, problems));
  problems.throwIfAny();
  return { customerNumber, isSale: type === 'sales', products };
}

function readProduct(members: Members, problems: Problems): Product {
  const name = {
    name: readName(members, problems),
    vendorCode: members.text('vendor'),
    subscriptionPeriod: members.period('subscriptionPeriod'),
    billingPeriod: members.period('billingPeriod'),
  };
  members.quantity('quantity');
  if (!members.has('parameters')) {
    const message = 'This field is required; an empty list asks what there is.';
    problems.add('simpleapi.required_field', members.at('parameters'), message);
  }
  const parameters = readParameters(members) ?? [];
  return { name, parameters, draftRequestId: members.text('draftRequestId') ?? randomUUID() };
}

function identified(products: readonly Product[], candidates: readonly (readonly NamedRate[])[]): NamedRate[] {
  const reasons: Reason[] = [];
  const found = products.flatMap(({ name }, index) => {
    const named = identify(candidates[index]!, name, `lines.${index}`, fieldNames);
    if (!isReason(named)) return [named];
    reasons.push(named);
    return [];
  });
  if (reasons.length > 0) throw invalid(reasons);
  return found;
}

type Whole = { readonly products: readonly Product[]; readonly found: readonly NamedRate[]; readonly isSale: boolean };

/** All products of a plan go into one subscription: what one of them brings is not missing at another. */
function resultOf({ parameters, draftRequestId }: Product, index: number, { products, found, isSale }: Whole) {
  const { rate, plan } = found[index]!;
  const others = products.flatMap((other, at) =>
    at !== index && found[at]!.plan.planId === plan.planId ? other.parameters.map(({ name }) => name) : [],
  );
  const checked =
    plan.parameters === undefined
      ? parameters.map(({ name, value }) => ({ name, value, definition: undefined, problem: undefined }))
      : checkParameters(plan.parameters, parameters, isSale);
  const isElsewhere = ({ problem, name, value }: CheckedParameter): boolean =>
    problem?.code === 'orders.parameter_missing' && value === undefined && others.includes(name);
  return {
    id: productId(rate.number),
    mpn: rate.mpn,
    vendor: rate.vendorCode,
    billingPeriod: wirePeriod(plan.billingPeriod),
    subscriptionPeriod: wirePeriod(plan.subscriptionPeriod),
    draftRequestId,
    parameters: checked
      .filter((one) => !isElsewhere(one))
      .map((one, at) => parameterToWire(one, parameters[at]?.structured_value)),
  };
}

function parameterToWire({ name, definition, value, problem }: CheckedParameter, structured: unknown) {
  const choices = definition?.choices?.map((choice) => ({
    label: choice.label ?? choice.value,
    value: choice.value,
    default: choice.default ?? false,
  }));
  return {
    name,
    result: problem === undefined ? 'success' : 'error',
    message:
      problem?.message ?? (definition ? 'The value can be ordered.' : 'The plan does not ask for it; it is kept.'),
    ...(value === undefined || (typeof value === 'object' && value === structured) ? {} : { value: textOf(value) }),
    ...(problem === undefined ? {} : { valueError: problem.message }),
    ...(choices === undefined ? {} : { valueChoices: choices }),
    ...(definition === undefined
      ? {}
      : { phase: definition.phase, reconciliation: definition.reconciliation, type: definition.type }),
    ...(structured === undefined ? {} : { structured_value: structured }),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
