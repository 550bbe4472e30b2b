import type { Temporal } from '@tierline/kernel';
import type { SubscriptionFilter } from '../../modules/subscriptions/index.ts';
import { invalidParameter } from './errors.ts';
import type { Fields } from './request.ts';
import type { Call } from './route.ts';
import type { SubscriptionDependencies } from './subscription-call.ts';
import { toListed } from './subscription-wire.ts';

/** Pages as everywhere in this protocol (LMPI reference, part 1, 2). */
const pages = { min: 1, max: 1_000_000 };
const limits = { min: 1, max: 100 };

type Ranges = Pick<SubscriptionFilter, 'createdBetween' | 'changedBetween'>;

/** Subscriptions :: List of v2.5 (LMPI reference, part 1, 7.9): of all customers of the caller, the newest first. */
export async function listSubscriptions(
  { subscriptions, offers }: Pick<SubscriptionDependencies, 'subscriptions' | 'offers'>,
  { principal, query }: Call,
): Promise<string> {
  const fields = query();
  const ranges = readRanges(fields);
  const page = fields.optionalInteger('page', pages) ?? 1;
  const limit = fields.optionalInteger('limit', limits) ?? 25;
  const filter = { scope: { within: principal.accountId }, ...ranges };
  const [total, rows] = await Promise.all([
    subscriptions.count(filter),
    subscriptions.page(filter, { offset: (page - 1) * limit, limit }),
  ]);
  const keys = new Map(rows.map(({ planId, planVersion: version }) => [`${planId}/${version}`, { planId, version }]));
  const plans = new Map(
    (await offers.planVersions(principal.node, [...keys.values()])).map((plan) => [
      `${plan.planId}/${plan.version}`,
      plan,
    ]),
  );
  return JSON.stringify({
    paging: { total, limit, page },
    subscriptions: rows.map((row) => toListed(row, plans.get(`${row.planId}/${row.planVersion}`)!)),
  });
}

/** Exactly one of the two ranges, both of its ends. */
function readRanges(fields: Fields): Ranges {
  const isCreated = has(fields, 'created');
  const isModified = has(fields, 'modified');
  if (isCreated === isModified) {
    const message = 'Give either created_start and created_end, or modified_start and modified_end.';
    throw invalidParameter('created_start', message);
  }
  return isCreated ? { createdBetween: between(fields, 'created') } : { changedBetween: between(fields, 'modified') };
}

type RangeName = 'created' | 'modified';

function has(fields: Fields, name: RangeName): boolean {
  return fields.value(`${name}_start`) !== undefined || fields.value(`${name}_end`) !== undefined;
}

function between(fields: Fields, name: RangeName): { after: string; before: string } {
  const start: Temporal.Instant = fields.instant(`${name}_start`);
  const end = fields.instant(`${name}_end`);
  if (start.epochMilliseconds >= end.epochMilliseconds) {
    throw invalidParameter(`${name}_end`, `The field ${name}_end must be later than ${name}_start.`);
  }
  return { after: start.toString(), before: end.toString() };
}
