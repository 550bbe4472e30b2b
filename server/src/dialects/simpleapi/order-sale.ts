import {
  boundary,
  dateIn,
  invalid,
  one,
  periodContaining,
  type AccountId,
  type Reason,
  type Temporal,
} from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import { dateText, plainDate } from '../../modules/billing/index.ts';
import type { NamedRate, PlanVersion } from '../../modules/catalog/index.ts';
import type { Customer } from '../../modules/customers/index.ts';
import { identify, type LineRequest, type SalesRequest } from '../../modules/orders/index.ts';
import type { Deal } from '../../modules/pricing/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { alignmentOf } from './order-change.ts';
import { dealsOf, isPriced } from './order-deals.ts';
import { fieldNames, type ReadLine } from './order-lines.ts';
import type { ReadMigration, ReadOrder } from './order-request.ts';
import { nameField, type Subjects } from './order-subject.ts';

/** Orders that make a subscription: sales and migrations (SimpleAPI reference 4.4). */
export function saleReader({ offers, directory }: SimpleApiDependencies, found: Subjects) {
  async function requestOf(
    accountId: AccountId,
    node: AccountNode,
    order: ReadOrder,
    at: Temporal.Instant,
  ): Promise<SalesRequest> {
    const lines = order.lines.map((line) => lineOf(line, order));
    checkNamed(order.lines);
    await checkDoubleNames(node, order.lines);
    const hasPrices = order.lines.some(isPriced);
    const isNarrowed =
      hasPrices || order.planNumber !== undefined || order.billingModel !== undefined || order.type === 'migration';
    const named = isNarrowed ? await narrowed(node, order, lines) : undefined;
    const deals = hasPrices ? await dealsOfLines(accountId, node, order, named!) : undefined;
    const request: SalesRequest = {
      customer: { number: order.customerNumber },
      lines:
        named === undefined
          ? lines
          : lines.map((line, index) => ({
              ...line,
              name: { rateId: named[index]!.rate.rateId },
              ...(deals?.[index] === undefined ? {} : { deals: deals[index] }),
            })),
      poNumber: order.poNumber,
      attributes: order.attributes,
      surface: 'simpleapi',
      addMissingBases: true,
      fieldNames,
    };
    const sale = await saleOf(accountId, order, named, at);
    return sale === undefined ? request : { ...request, sale };
  }

  /** The prices that the lines bring along. */
  async function dealsOfLines(
    accountId: AccountId,
    node: AccountNode,
    order: ReadOrder,
    named: readonly NamedRate[],
  ): Promise<Deal[][]> {
    const { customerNumber } = order;
    const { ownerId } = await found.customerOf(accountId, order);
    const owner = directory.peek(ownerId) ?? (await directory.get(ownerId));
    return order.lines.map((line, index) =>
      dealsOf({ caller: node, owner, customerNumber }, line, named[index]!.plan.subscriptionPeriod, 'sale'),
    );
  }

  /** What is special about it; nothing for most, which then cost no further read. */
  async function saleOf(
    accountId: AccountId,
    order: ReadOrder,
    named: readonly NamedRate[] | undefined,
    at: Temporal.Instant,
  ): Promise<SalesRequest['sale']> {
    const renewal = order.autorenewal === undefined ? {} : { autoRenewal: order.autorenewal };
    if (order.type === 'migration') {
      const customer = await found.customerOf(accountId, order);
      return { ...renewal, migration: migrationOf(named![0]!.plan, order.migration, await todayOf(customer, at)) };
    }
    if (order.align !== undefined) {
      const customer = await found.customerOf(accountId, order);
      return { ...renewal, align: await alignmentOf(found, accountId, { customer }, order.align) };
    }
    return order.autorenewal === undefined ? undefined : renewal;
  }

  async function todayOf({ ownerId }: Customer, at: Temporal.Instant): Promise<string> {
    const owner = directory.peek(ownerId) ?? (await directory.get(ownerId));
    return dateText(dateIn(at, owner.account.timeZone));
  }

  /** A line with an id and an MPN that name two products is a mistake, whichever of the two was meant. */
  async function checkDoubleNames(node: AccountNode, lines: readonly ReadLine[]): Promise<void> {
    const doubly = lines.filter(({ alsoMpn }) => alsoMpn !== undefined);
    if (doubly.length === 0) return;
    const checked = await Promise.all(
      doubly.map(async ({ index, name, alsoMpn }) => {
        const candidates = await offers.find(node, name!);
        return { index, agrees: candidates.every(({ rate }) => rate.mpn === alsoMpn) };
      }),
    );
    refuseAll(
      checked
        .filter(({ agrees }) => !agrees)
        .map(({ index }) => ({
          code: 'simpleapi.id_and_mpn_differ',
          field: `products[${index}].id`,
          message: 'The id and the mpn name two different products.',
        })),
    );
  }

  /** The products of the lines within a plan, or among the plans that are billed in one way. */
  async function narrowed(node: AccountNode, order: ReadOrder, lines: readonly LineRequest[]): Promise<NamedRate[]> {
    const { planNumber, billingModel } = order;
    if (planNumber !== undefined) await found.planOf(node, planNumber);
    const reasons: Reason[] = [];
    const named: NamedRate[] = [];
    for (const [index, line] of lines.entries()) {
      const all = await offers.find(node, line.name);
      const candidates = all.filter(
        ({ plan }) =>
          (planNumber === undefined || plan.number === planNumber) &&
          (billingModel === undefined || plan.billingModel === billingModel),
      );
      const field =
        candidates.length === 0 && all.length > 0
          ? planNumber === undefined
            ? 'billingModel'
            : 'planId'
          : `products[${index}]`;
      const one = identify(candidates, line, field, fieldNames);
      if ('rate' in one) named.push(one);
      else reasons.push(one);
    }
    refuseAll(reasons);
    const plans = new Set(named.map(({ plan }) => plan.planId));
    if (order.type === 'migration' && plans.size > 1) {
      const message =
        'One migration brings over one subscription, so its products are of one plan. Place an order for each.';
      refuseAll([{ code: 'simpleapi.several_plans', field: 'products', message }]);
    }
    return named;
  }

  return { requestOf };
}

function lineOf(
  { name, vendor, subscriptionPeriod, billingPeriod, quantity, parameters }: ReadLine,
  order: ReadOrder,
): LineRequest {
  return {
    name: name ?? { mpn: '' },
    vendorCode: vendor,
    subscriptionPeriod: subscriptionPeriod ?? order.period,
    billingPeriod,
    // The how-to page's own example of an order has no quantity, so without one it is 1.
    quantity: quantity ?? one,
    parameters,
  };
}

function checkNamed(lines: readonly ReadLine[]): void {
  refuseAll(
    lines
      .filter(({ name }) => name === undefined)
      .map((line) => ({
        code: 'simpleapi.required_field',
        field: nameField(line),
        message: 'Name the product by its mpn or its id.',
      })),
  );
}

/**
 * The dates that a migrated subscription has. The other system has billed up to the next billing date; where that is not given, the program
 * says what counts as billed there of the period in which the subscription moves.
 */
function migrationOf(plan: PlanVersion, read: ReadMigration, today: string) {
  const { startDate, expirationDate, nextBillingDate, lastBillingDate, program } = read;
  if (startDate === undefined) {
    const message = 'Give the day on which the subscription began in the other system.';
    throw invalid([{ code: 'simpleapi.required_field', field: 'startDate', message }]);
  }
  if (startDate > today) {
    const message = 'It began in the other system, so give today or a day before.';
    throw invalid([{ code: 'simpleapi.migration_date', field: 'startDate', message }]);
  }
  const moved = read.migrationDate ?? today;
  if (moved > today || moved < startDate) {
    const message = `Give a day from its start, ${startDate}, to today.`;
    throw invalid([{ code: 'simpleapi.migration_date', field: 'migrationDate', message }]);
  }
  const start = plainDate(startDate);
  const endOn = expirationDate === undefined ? endOfTerm(plan, startDate, today) : dayAfter(expirationDate);
  const lastEnd =
    lastBillingDate === undefined ? undefined : dateText(boundary(plainDate(lastBillingDate), 1, plan.billingPeriod));
  const period = periodContaining(start, plan.billingPeriod, plainDate(moved)).range;
  const byProgram = {
    count_migration_billing_period: dateText(period.end),
    prorate_migration_billing_period: today,
    do_not_count_migration_billing_period: dateText(period.start),
  }[program ?? 'count_migration_billing_period'];
  const billedUntil = nextBillingDate ?? lastEnd ?? byProgram;
  if (billedUntil < today) {
    const field =
      nextBillingDate === undefined
        ? lastEnd === undefined
          ? 'migrationProgram'
          : 'lastBillingDate'
        : 'nextBillingDate';
    const message = `What was not billed before today, ${today}, can't be billed here. Give a nextBillingDate from today on, or prorate_migration_billing_period.`;
    throw invalid([{ code: 'simpleapi.migration_billing', field, message }]);
  }
  return {
    startOn: startDate,
    endOn,
    anchorOn: nextBillingDate ?? startDate,
    billedUntil: billedUntil > endOn ? endOn : billedUntil,
    system: null,
  };
}

function endOfTerm({ subscriptionPeriod }: PlanVersion, startDate: string, today: string): string {
  return dateText(periodContaining(plainDate(startDate), subscriptionPeriod, plainDate(today)).range.end);
}

/** The dialect tells the last day of a term, the engine counts up to the first one after it. */
function dayAfter(date: string): string {
  return dateText(plainDate(date).add({ days: 1 }));
}

function refuseAll(reasons: readonly Reason[]): void {
  if (reasons.length > 0) throw invalid([...reasons]);
}
