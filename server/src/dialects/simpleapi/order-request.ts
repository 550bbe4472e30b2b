import { formatDecimal, Temporal, TierlineError, type Decimal, type Period } from '@tierline/kernel';
import { billingModels as catalogModels, type BillingModel } from '../../modules/catalog/index.ts';
import { lineCountMax } from '../../modules/orders/index.ts';
import { pointerOf, readLine, type Pointer, type ReadLine } from './order-lines.ts';
import { isGiven } from './order-pricing.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';
import { billingModels } from './wire.ts';

/** The types that can be asked for (SimpleAPI reference 4.4). */
const types = ['sales', 'change', 'renewal', 'cancellation', 'migration'] as const;
export type ReadType = (typeof types)[number];

const alignments = ['CO_TERM_ON_SUBSCRIPTION', 'MATCH_END_OF_CALENDAR_MONTH', 'CO_TERM_PARTIAL_UPGRADE'] as const;
const startTypes = ['FROM_DATE_OF_UPGRADE', 'FROM_OLD_START_DATE'] as const;
const migrationPrograms = [
  'count_migration_billing_period',
  'do_not_count_migration_billing_period',
  'prorate_migration_billing_period',
] as const;

export type Alignment = {
  readonly type: (typeof alignments)[number];
  readonly at: string;
  readonly other: Pointer | undefined;
};

/** When it is to happen: at the renewal, or on the day of an instant or of a date. */
export type ScheduledOn = { readonly renewal: true } | { readonly instant: string } | { readonly date: string };

export type ReadMigration = {
  readonly startDate: string | undefined;
  readonly migrationDate: string | undefined;
  readonly expirationDate: string | undefined;
  readonly lastBillingDate: string | undefined;
  readonly nextBillingDate: string | undefined;
  readonly program: (typeof migrationPrograms)[number] | undefined;
};

/** An order as its body says; what it means depends on its type. */
export type ReadOrder = {
  readonly type: ReadType;
  readonly customerNumber: string;
  readonly poNumber: string | null;
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly subscription: Pointer | undefined;
  readonly target: Pointer | undefined;
  readonly isMove: boolean;
  readonly planNumber: string | undefined;
  readonly period: Period | undefined;
  readonly billingModel: BillingModel | undefined;
  readonly upgradeStart: (typeof startTypes)[number] | undefined;
  readonly scheduledOn: ScheduledOn | undefined;
  readonly align: Alignment | undefined;
  readonly autorenewal: boolean | undefined;
  readonly migration: ReadMigration;
  readonly lines: readonly ReadLine[];
};

/**
 * Members that would change what is ordered, and that a type of order has no place for: an order with them is refused, since placed without
 * them it would be another one than the one that was asked for (SimpleAPI reference 4.4, column "For").
 */
const misplaced: Readonly<Record<ReadType, readonly string[]>> = {
  sales: [
    'subscriptionId',
    'targetSubscriptionId',
    'placementType',
    'scheduledOn',
    'upgradeStartType',
    'startDate',
    'migrationDate',
    'expirationDate',
    'migrationProgram',
  ],
  change: ['autorenewal', 'startDate', 'migrationDate', 'expirationDate', 'migrationProgram'],
  renewal: [
    'targetSubscriptionId',
    'placementType',
    'planId',
    'scheduledOn',
    'upgradeStartType',
    'autorenewal',
    'startDate',
    'migrationDate',
    'expirationDate',
    'migrationProgram',
  ],
  cancellation: [
    'targetSubscriptionId',
    'placementType',
    'planId',
    'subscriptionPeriod',
    'upgradeStartType',
    'alignExpirationDate',
    'autorenewal',
    'startDate',
    'migrationDate',
    'expirationDate',
    'migrationProgram',
  ],
  migration: [
    'subscriptionId',
    'targetSubscriptionId',
    'placementType',
    'scheduledOn',
    'upgradeStartType',
    'alignExpirationDate',
  ],
};
const misplacedInLine: Readonly<Record<ReadType, readonly string[]>> = {
  sales: ['subscriptionId', 'targetSubscriptionId', 'newMPN', 'newId'],
  change: [],
  renewal: ['targetSubscriptionId', 'newMPN', 'newId'],
  cancellation: ['targetSubscriptionId', 'newMPN', 'newId', 'specialPrice', 'specialCost', 'deals', 'vendorDiscounts'],
  migration: ['subscriptionId', 'targetSubscriptionId', 'newMPN', 'newId'],
};

/** Reads the body of `POST /orders` and `POST /orders/estimate` (SimpleAPI reference 4.4, 4.5). Throws every reason at once. */
export function readOrder(body: unknown): ReadOrder {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const type = readType(members);
  const needsProducts = type === 'sales' || type === 'migration';
  const products = members.members('products', { required: needsProducts, max: lineCountMax }) ?? [];
  const lines = products.map((product, index) => readLine(product, index, problems));
  const read: ReadOrder = {
    type,
    customerNumber: members.text('customerId', { required: true, max: 40 }) ?? '',
    poNumber: members.text('poNumber') ?? null,
    attributes: members.map('attributes') ?? null,
    subscription: pointerOf(members, 'subscriptionId'),
    target: pointerOf(members, 'targetSubscriptionId'),
    isMove: members.choice('placementType', ['MOVE']) !== undefined,
    planNumber: members.text('planId', { max: 40 }),
    period: members.period('subscriptionPeriod'),
    billingModel: readBillingModel(members),
    upgradeStart: members.choice('upgradeStartType', startTypes),
    scheduledOn: readScheduledOn(members, problems),
    align: readAlignment(members, problems),
    autorenewal: members.boolean('autorenewal'),
    migration: {
      startDate: members.date('startDate'),
      migrationDate: members.date('migrationDate'),
      expirationDate: members.date('expirationDate'),
      lastBillingDate: members.date('lastBillingDate'),
      nextBillingDate: members.date('nextBillingDate'),
      program: members.choice('migrationProgram', migrationPrograms),
    },
    lines,
  };
  refuseMisplaced(members, type, misplaced[type], problems);
  for (const product of products) refuseMisplaced(product, type, misplacedInLine[type], problems);
  if (isGiven(members, 'vendorBillingSettings')) {
    const message = 'No product here is rated by its vendor, so this can not be followed. Leave it out.';
    problems.add('simpleapi.not_vendor_rated', 'vendorBillingSettings', message);
  }
  problems.throwIfAny();
  return read;
}

function readType(members: Members): ReadType {
  const type = members.text('type')?.toLowerCase() ?? 'sales';
  const known = types.find((one) => one === type);
  if (
    known !== undefined &&
    (members.text('type') !== undefined || members.raw('type') === undefined || members.raw('type') === '')
  )
    return known;
  const message = `Give one of: ${types.join(', ')}.`;
  throw new TierlineError('simpleapi.unknown_order_type', 'invalid', message, { field: 'type' });
}

function refuseMisplaced(members: Members, type: ReadType, names: readonly string[], problems: Problems): void {
  for (const name of names.filter((one) => isGiven(members, one))) {
    const message = `An order of type ${type} has no such field${hints[name] === undefined ? '' : `. ${hints[name]}`}.`;
    problems.add('simpleapi.misplaced_field', members.at(name), message);
  }
}

const hints: Readonly<Record<string, string>> = {
  subscriptionId: 'To add to a subscription that there is, place an order of type change',
  newMPN: 'To swap a product, place an order of type change',
  newId: 'To swap a product, place an order of type change',
};

function readBillingModel(members: Members): BillingModel | undefined {
  const names = catalogModels.map((model) => billingModels[model]);
  const given = members.choice('billingModel', [...names, 'unknown']);
  return given === undefined || given === 'unknown' ? undefined : catalogModels[names.indexOf(given)];
}

/** `renewal`, a date or a date-time (SimpleAPI reference 4.4). */
function readScheduledOn(members: Members, problems: Problems): ScheduledOn | undefined {
  const text = members.text('scheduledOn', { max: 40 });
  if (text === undefined) return undefined;
  if (text.toLowerCase() === 'renewal') return { renewal: true };
  const [, date, time, zone] =
    /^((?!0000)\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i.exec(text) ?? [];
  try {
    if (date === undefined) throw new RangeError(text);
    if (time === undefined) return { date: Temporal.PlainDate.from(date).toString() };
    return { instant: Temporal.Instant.from(`${date}T${time}${zone ?? 'Z'}`).toString() };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message = 'Give "renewal", or a date or date-time such as 2026-03-02T00:00:00Z.';
    problems.add('simpleapi.invalid_field', 'scheduledOn', message);
    return undefined;
  }
}

function readAlignment(members: Members, problems: Problems): Alignment | undefined {
  const given = members.member('alignExpirationDate');
  if (given === undefined) return undefined;
  const type = given.choice('alignmentType', alignments);
  if (!given.has('alignmentType')) {
    problems.add('simpleapi.required_field', given.at('alignmentType'), 'This field is required.');
  }
  const other = pointerOf(given, 'subscriptionId');
  if (type === 'CO_TERM_ON_SUBSCRIPTION' && other === undefined) {
    problems.add('simpleapi.required_field', given.at('subscriptionId'), 'This field is required.');
  }
  return type && { type, at: given.at('alignmentType'), other };
}

/** The order as one text: the same for the same order, however its body was written. A retry is known by it. */
export function contentOf(order: ReadOrder): string {
  return JSON.stringify(order, (name, value: unknown) => {
    if (isDecimal(value)) return formatDecimal(value);
    if (name === 'attributes' && value !== null) {
      return Object.entries(value as object).toSorted(([a], [b]) => (a < b ? -1 : 1));
    }
    return value;
  });
}

function isDecimal(value: unknown): value is Decimal {
  return typeof value === 'object' && value !== null && 'coefficient' in value && 'scale' in value;
}
