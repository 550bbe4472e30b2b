import { isZero, subtractDecimal, zero } from '@tierline/kernel';
import { closeWindow, laterDate } from '../billing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { CancelCommand } from './command.ts';
import { effectiveDates, isBetweenTerms, todayOf, type Context } from './context.ts';
import { settle } from './decide-renewal.ts';
import { draft, heldOf, itemOf, noteAccrued, type Decision, type Draft } from './draft.ts';
import { endEdge } from './end-edge.ts';
import { book, giveBack } from './quantities.ts';
import { refuse } from './refusals.ts';
import { planReturn, together, type ReturnPlan } from './returns.ts';

/** Ends a subscription now. Outside of the policy's window that is refused, or waits for the end of the term, or brings no refund. */
export function decideCancel(context: Context, subscription: Subscription, command: CancelCommand): Decision {
  if (subscription.status === 'pending' && subscription.waitsFor !== null)
    return neverBegun(context, subscription, command);
  if (subscription.status === 'pending') {
    refuse('lifecycle.not_active', 'subscription', 'The subscription is being provisioned; wait until that has ended.');
  }
  if (subscription.status !== 'active' && subscription.status !== 'hold') {
    refuse(
      'lifecycle.already_ended',
      'subscription',
      `The subscription is ${subscription.status} already. Order it anew where it is still wanted.`,
    );
  }
  const { cancellation } = context.current.plan.policies;
  const { timeZone } = context.owner.account;
  const returns = subscription.items.map((item) => ({
    item,
    plan: planReturn(cancellation, item, item.quantity, subscription, context.at, timeZone),
  }));
  const isStuck = returns.some((one) => !isZero(one.plan.stuck));
  if (isStuck && subscription.status === 'active') return atTermEnd(context, subscription, command);
  const decided = draft('cancellation');
  decided.open(subscription);
  noteEnd(decided, context, subscription);
  if (isBetweenTerms(context, subscription)) settle(decided, context, subscription.id);
  if (subscription.ledger.length === 0) {
    const message = 'It was sold before charges could be carried on, so nothing is given back by itself.';
    decided.warnings.push({ code: 'lifecycle.no_refund', message });
  }
  for (const { item, plan } of returns) returnItem(decided, context, subscription.id, item.rateId, plan);
  finish(decided, context, subscription.id, todayOf(context));
  decided.event('subscription.canceled', subscription.id, { reason: command.reason });
  dropIntents(decided, context, 'The subscription was canceled.');
  return decided.done();
}

/** Nobody signed in yet, so nothing was charged and no vendor was asked: it is as if it had never been. */
function neverBegun(context: Context, subscription: Subscription, { reason }: CancelCommand): Decision {
  const { id, licenses } = subscription;
  const decided = draft('cancellation');
  decided.open(subscription);
  noteEnd(decided, context, subscription);
  decided.set(id, {
    status: 'removed',
    waitsFor: null,
    licenses: licenses.map((license) => ({ ...license, enabled: false })),
  });
  decided.event('subscription.canceled', id, { reason });
  dropIntents(decided, context, 'The subscription was canceled.');
  return decided.done();
}

/** What can't be given back any more ends with its term, if the policy has that; otherwise that is what to ask for. */
function atTermEnd(context: Context, subscription: Subscription, command: CancelCommand): Decision {
  const { id, endOn } = subscription;
  if (context.current.plan.policies.cancellation.after === 'refused') {
    refuse(
      'lifecycle.cancellation_window_over',
      'moment',
      `It can't be canceled before the end of the term, ${endOn}; ask for that moment instead.`,
      { nearest_valid: { moment: { at: 'renewal' } } },
    );
  }
  const decided = draft(null);
  decided.open(subscription);
  decided.intents.push({ kind: 'add', moment: { at: 'renewal' }, command });
  decided.warnings.push({
    code: 'lifecycle.scheduled_at_renewal',
    message: `It ends with its term on ${decided.state(id).endOn}; until then nothing changes.`,
  });
  return decided.done();
}

/** Ends it with its term: nothing is left to give back. */
export function endWithTerm(decided: Draft, context: Context, id: Subscription['id'], reason: string | null): void {
  const subscription = decided.state(id);
  noteEnd(decided, context, subscription);
  settle(decided, context, id);
  finish(decided, context, id, subscription.endOn);
  decided.event('subscription.canceled', id, { reason });
  dropIntents(decided, context, 'The subscription ended with its term.');
}

/** The term ends and is not renewed: a grace period begins, or, without one, the subscription ends. */
export function expire(decided: Draft, context: Context, id: Subscription['id'], why: string): void {
  const { plan } = context.current;
  settle(decided, context, id);
  const subscription = decided.state(id);
  const held = heldOf(subscription, context.current);
  book(decided, id, (edge) => closeWindow(plan, edge, held));
  const hasGrace = plan.graceMonths > 0;
  decided.set(id, {
    status: hasGrace ? 'hold' : 'terminated',
    holdReason: hasGrace ? 'expired' : null,
    renewalFailure: null,
    // In the grace period the right to use goes on.
    licenses: subscription.licenses.map((license) => ({ ...license, enabled: hasGrace })),
  });
  decided.event('subscription.expired', id, { why, grace_months: plan.graceMonths });
  if (!hasGrace) dropIntents(decided, context, 'The subscription expired.');
}

/** Nobody renewed or resumed it in time. */
export function endGrace(decided: Draft, context: Context, id: Subscription['id']): void {
  const { licenses, holdReason } = decided.state(id);
  decided.set(id, {
    status: 'terminated',
    holdReason: null,
    suspension: null,
    licenses: licenses.map((license) => ({ ...license, enabled: false })),
  });
  decided.event('subscription.ended', id, {
    why: holdReason === 'suspended' ? 'suspension not lifted' : 'grace period over',
  });
  dropIntents(decided, context, 'The subscription ended.');
}

/** Intents that wait can't happen any more; each is told so, none is lost. */
export function dropIntents(decided: Draft, context: Context, reason: string): void {
  for (const intent of context.intents) {
    const isEnded = decided.intents.some((change) => change.kind === 'end' && change.intent.id === intent.id);
    if (!isEnded) decided.intents.push({ kind: 'end', intent, status: 'dropped', reason });
  }
}

function noteEnd(decided: Draft, context: Context, subscription: Subscription): void {
  for (const { rateId, quantity } of subscription.items) {
    const rate = context.current.rates.get(rateId);
    if (rate === undefined) continue;
    decided.line({
      subscription: subscription.id,
      rate,
      quantity: zero,
      previousQuantity: quantity,
      origin: 'requested',
    });
  }
  noteAccrued(decided, context.current, subscription.id);
}

function returnItem(
  decided: Draft,
  context: Context,
  id: Subscription['id'],
  rateId: Subscription['items'][number]['rateId'],
  { parts, stuck }: ReturnPlan,
): void {
  const loaded = context.current;
  const work = { decided, context, loaded, id, dates: effectiveDates(context, decided.state(id)) };
  const model = loaded.rates.get(rateId)?.priceModel ?? 'flat';
  let before = itemOf(decided.state(id), rateId)!.quantity;
  for (const part of together(parts)) {
    const quantity = subtractDecimal(before, part.quantity);
    giveBack(work, part, { rateId, model, before, quantity });
    before = quantity;
  }
  if (!isZero(stuck) || parts.some(({ refund }) => refund === 'none')) {
    const known = decided.warnings.some(({ code }) => code === 'lifecycle.no_refund');
    if (!known) decided.warnings.push({ code: 'lifecycle.no_refund', message: 'What was paid is not refunded.' });
  }
}

/** The rights end, and nothing is charged from here on; what is billed afterwards is billed up to here. */
function finish(decided: Draft, context: Context, id: Subscription['id'], today: string): void {
  const subscription = decided.state(id);
  const { plan } = context.current;
  const held = heldOf(subscription, context.current);
  const dates = effectiveDates(context, subscription);
  book(decided, id, (edge, index) => endEdge(plan, edge, held, dates[index]!, false));
  // What ends before it has begun has no day.
  const last = laterDate(today, subscription.startOn);
  const earlier = (date: string): string => (date < last ? date : last);
  decided.set(id, {
    status: 'terminated',
    holdReason: null,
    suspension: null,
    renewalFailure: null,
    endOn: earlier(subscription.endOn),
    licenses: subscription.licenses.map((license) => ({ ...license, enabled: false, endOn: earlier(license.endOn) })),
  });
}
