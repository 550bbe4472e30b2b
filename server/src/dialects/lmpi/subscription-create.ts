import { hash as digest } from 'node:crypto';
import {
  dateIn,
  isTierlineError,
  type Decimal,
  type PlanId,
  type SubscriptionId,
  type Temporal,
} from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import { dateText } from '../../modules/billing/index.ts';
import type { OrderingCustomer } from '../../modules/customers/index.ts';
import type { SalesRequest } from '../../modules/orders/index.ts';
import type { Subscription } from '../../modules/subscriptions/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import { invalidParameter } from './errors.ts';
import { requestFields } from './request.ts';
import type { Call } from './route.ts';
import { causeOf, customerOf, ownerOf, planOf, sellable } from './subscription-call.ts';
import type { Sellable, SubscriptionDependencies } from './subscription-call.ts';
import { inWords } from './subscription-errors.ts';
import { toCreated } from './subscription-wire.ts';

/** Units of one subscription (LMPI reference, part 1, 7.2 and 7.5). */
export const unitsBounds = { min: 1, max: 999_999 };

/** Subscription :: Create (LMPI reference, part 1, 7.2): a sale of one line, or the way of what is held into the new plan. */
export async function createSubscription(dependencies: SubscriptionDependencies, call: Call): Promise<string> {
  // Where everything is in mind nothing is waited for before the sale itself.
  const found = customerOf(dependencies, call);
  const customer = found instanceof Promise ? await found : found;
  const near = ownerOf(dependencies, customer);
  const owner = near instanceof Promise ? await near : near;
  const fields = requestFields(call.body);
  const planId = fields.guid<'plan'>('service_plan_id');
  const sold = await sellable(dependencies, owner, call.version, planId);
  const units = fields.integer('units_per_license', unitsBounds);
  const cause = causeOf(dependencies, call);
  const startOn = startOf(fields.optionalInstant('license_start_date'), cause.at, owner);
  const content = `${customer.id} ${planId} ${units} ${startOn ?? ''}`;
  const subscription = await sell(dependencies, call, cause, content, {
    customer,
    owner,
    sold,
    units: { coefficient: BigInt(units), scale: 0 },
    sale: startOn === undefined ? undefined : { startOn },
  });
  const plan = isOn(subscription, sold) ? sold.plan : await planOf(dependencies, owner, subscription);
  return toCreated({ subscription, plan, owner, origin: call.origin() });
}

function isOn({ planId, planVersion }: Subscription, { plan }: Sellable): boolean {
  return planId === plan.planId && planVersion === plan.version;
}

const dayMs = 24 * 3_600_000;

/**
 * The day on which it is to begin, undefined for today. Where a day begins is another instant for the client than for the seller, so what
 * is not a day ago is today; what is longer ago is refused.
 */
function startOf(
  start: Temporal.Instant | undefined,
  now: Temporal.Instant,
  { account }: AccountNode,
): string | undefined {
  if (start === undefined) return undefined;
  const today = dateText(dateIn(now, account.timeZone));
  const startOn = dateText(dateIn(start, account.timeZone));
  if (startOn > today) return startOn;
  if (startOn === today || now.epochMilliseconds - start.epochMilliseconds <= dayMs) return undefined;
  throw invalidParameter('license_start_date', 'The field license_start_date must not be in the past.');
}

export type Sale = {
  readonly customer: OrderingCustomer;
  readonly owner: AccountNode;
  readonly sold: Sellable;
  readonly units: Decimal;
  readonly sale: SalesRequest['sale'];
};

type Sold = { readonly subscription: Subscription; readonly isRepeat: boolean };

/** How long the same request counts as a retry: a client of the original tries six times, ten seconds apart (part 1, 2.1). */
const retryMs = 600_000;
const scope = 'lmpi.subscriptions.create';

/**
 * Sells once. The protocol carries no key for a retry, so what is asked for is the key: the same again within ten minutes is answered with
 * the same subscription, unless that has ended.
 */
export async function sell(
  dependencies: SubscriptionDependencies,
  call: Call,
  cause: Cause,
  content: string,
  sale: Sale,
  spelled: Parameters<typeof inWords>[1] = {},
): Promise<Subscription> {
  const requestHash = digest('sha256', `${sale.owner.account.id} ${content}`, 'buffer');
  const hash = requestHash.toString('hex');
  let key = hash;
  for (;;) {
    const idempotency = { ownerId: call.principal.accountId, scope, key, requestHash };
    const { subscription, isRepeat } = await sellUnder(dependencies, call, { ...cause, idempotency }, sale).catch(
      (error: unknown) => {
        throw inWords(error, spelled);
      },
    );
    if (!isRepeat) return subscription;
    if (isRecent(cause, subscription) && !(await hasEnded(dependencies, call, subscription.id))) return subscription;
    key = `${hash}/${subscription.id}`;
  }
}

/** The clock of a sandbox can stand still, so there the real time of both counts too, which an id begins with. */
function isRecent({ at, realAt }: Cause, { id, createdAt, updatedAt }: Subscription): boolean {
  const toldMs = Math.max(Date.parse(createdAt), Date.parse(updatedAt));
  if (at.epochMilliseconds - toldMs > retryMs) return false;
  const madeMs = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
  return realAt === undefined || realAt.epochMilliseconds - madeMs <= retryMs;
}

async function hasEnded({ subscriptions }: SubscriptionDependencies, { principal }: Call, id: SubscriptionId) {
  const { status } = await subscriptions.get(principal.accountId, { id });
  return status === 'terminated' || status === 'removed';
}

async function sellUnder(
  dependencies: SubscriptionDependencies,
  { principal }: Call,
  cause: Cause,
  { customer, owner, sold, units, sale }: Sale,
): Promise<Sold> {
  const { orders, lifecycle, offers } = dependencies;
  const within = principal.accountId;
  const unlessHeld = await overlappingPlans(offers, owner, sold, sale);
  const request: SalesRequest = {
    customer: { id: customer.id },
    lines: [{ name: { rateId: sold.base.rateId }, quantity: units }],
    poNumber: null,
    attributes: null,
    surface: 'lmpi',
    addMissingBases: true,
    ...(sale === undefined ? {} : { sale }),
  };
  const place = async (wanted: SalesRequest): Promise<Sold> => {
    const order = await orders.place(cause, within, wanted);
    return { subscription: order.subscriptions[0]!, isRepeat: orders.isRepeat(order) };
  };
  if (unlessHeld.length === 0) return place(request);
  try {
    return await place({ ...request, unlessHeld });
  } catch (error) {
    if (!isTierlineError(error)) throw error;
    if (error.code === 'orders.overlaps') {
      return (await moved(dependencies, within, cause, error.details, { sold, units })) ?? place(request);
    }
    // What was moved under this key is held in the new plan now, and is no order of a sale.
    const before = error.code === 'orders.customer_changed' ? await lifecycle.answered(cause, within) : undefined;
    if (before === undefined) throw error;
    return { subscription: before.subscriptions[0]!, isRepeat: true };
  }
}

const noPlans: readonly PlanId[] = [];

/** What begins later, is not for resale or a trial takes nothing over. */
function overlappingPlans(
  offers: SubscriptionDependencies['offers'],
  owner: AccountNode,
  { plan }: Sellable,
  sale: SalesRequest['sale'],
): readonly PlanId[] | Promise<readonly PlanId[]> {
  if (plan.licenseVersion === 'trial' || sale !== undefined) return noPlans;
  return offers.overlapping(owner, plan);
}

/**
 * Cross grade (LMPI reference, part 1, 7.2): the license that the customer holds of a service that the plan has is moved into it, at once.
 * Of several, the newest that may be moved; undefined where none may.
 */
async function moved(
  { lifecycle }: SubscriptionDependencies,
  within: OrderingCustomer['ownerId'],
  cause: Cause,
  details: Readonly<Record<string, unknown>> | undefined,
  { sold, units }: Pick<Sale, 'sold' | 'units'>,
): Promise<Sold | undefined> {
  const { planId } = sold.plan;
  const held = (details?.['subscription_ids'] ?? []) as readonly SubscriptionId[];
  const items = [{ rateId: sold.base.rateId, quantity: units }];
  const command = { kind: 'together', commands: [{ kind: 'switch', planId, start: 'now', items }] } as const;
  for (const id of held) {
    try {
      const outcome = await lifecycle.place(cause, within, id, { command, moment: { at: 'now' } }, { surface: 'lmpi' });
      return { subscription: outcome.subscriptions[0]!, isRepeat: false };
    } catch (error) {
      // An exhausted pool is a reason against the sale as well; other reasons are about this way only.
      if (!isTierlineError(error) || error.kind === 'bug' || error.code === 'pools.exhausted') throw error;
    }
  }
  return undefined;
}
