import { isTierlineError, Temporal } from '@tierline/kernel';
import type { Due, Subscription } from '../subscriptions/index.ts';
import { convertedPlan, type Context } from './context.ts';
import { decide, notBackdated } from './decide.ts';
import { endGrace, endWithTerm, expire } from './decide-end.ts';
import { beginPause, openWithinSuspension } from './decide-pause.ts';
import { isFinal, openPeriod, renewalReasons, renewAtEnd } from './decide-renewal.ts';
import { convert } from './decide-switch.ts';
import { draft, noteHeld, type Decision, type Draft } from './draft.ts';
import type { Intent } from './intent.ts';
import { overtaken } from './overtaken.ts';
import { withinPools } from './pool-moves.ts';
import { refuseAll } from './refusals.ts';
import { failedAgain } from './renewal-retry.ts';

/** What one due moment does to a subscription. Never throws a refusal: what can't be done is noted and tried again or given up. */
export function decideDue(context: Context, subscription: Subscription, due: Due): Decision {
  const decision = step(context, subscription, due);
  // What came to be due while it waited for its vendor is made up for now: the report of an earlier month may have been opened.
  const changedAt = Temporal.Instant.from(subscription.updatedAt);
  const isMadeUp = Temporal.Instant.compare(changedAt, context.at) > 0;
  return isMadeUp ? notBackdated({ owner: context.owner, at: changedAt }, decision) : decision;
}

function step(context: Context, subscription: Subscription, due: Due): Decision {
  switch (due.kind) {
    case 'intent':
      return runIntent(context, subscription);
    case 'notice':
      return notice(subscription);
    case 'window':
      return bill(context, subscription);
    case 'pause':
      return pause(context, subscription);
    case 'term':
      return endOfTerm(context, subscription);
    case 'retry':
      return notBackdated(context, endOfTerm(context, subscription));
    case 'grace':
      return graceOver(context, subscription);
  }
}

/** The oldest intent whose date has come. A refusal ends it as failed, with the reasons; the subscription stays as it is. */
function runIntent(context: Context, subscription: Subscription): Decision {
  const intent = context.intents
    .filter(({ moment }) => moment.at === 'date')
    .toSorted((a, b) => order(a).localeCompare(order(b)))[0]!;
  return carryOut(context, subscription, intent);
}

function order({ moment, createdAt, id }: Intent): string {
  return `${moment.at === 'date' ? moment.on : ''} ${createdAt} ${id}`;
}

/** Does what an intent asks for, and ends the intent. */
function carryOut(context: Context, subscription: Subscription, intent: Intent): Decision {
  // What waits beside it is looked at as by any command; the intent itself does not wait any more.
  const others = { ...context, intents: context.intents.filter(({ id }) => id !== intent.id) };
  try {
    const decision = decide(others, subscription, { command: intent.command, moment: { at: 'now' } });
    // A policy may put off what it asks for; then it goes on as another intent, and says so.
    const isPutOff = decision.intents.some((change) => change.kind === 'add');
    const reason = isPutOff ? decision.warnings.map(({ message }) => message).join(' ') : null;
    return { ...decision, intents: [...decision.intents, { kind: 'end', intent, status: 'done', reason }] };
  } catch (error) {
    if (!isTierlineError(error) || error.kind === 'bug') throw error;
    const decided = draft(null);
    decided.open(subscription);
    const reason = error.reasons.map(({ message }) => message).join(' ');
    decided.intents.push({ kind: 'end', intent, status: 'failed', reason });
    decided.event('intent.failed', subscription.id, { intent_id: intent.id, reason });
    return decided.done();
  }
}

function notice(subscription: Subscription): Decision {
  const decided = draft(null);
  decided.open(subscription);
  decided.set(subscription.id, { noticedOn: subscription.endOn });
  decided.event('subscription.expiring', subscription.id, {
    end_on: subscription.endOn,
    auto_renewal: subscription.autoRenewal,
  });
  return decided.done();
}

/** A billing period of the term begins, or a term that was renewed before. */
function bill(context: Context, subscription: Subscription): Decision {
  const decided = draft('billing');
  decided.open(subscription);
  noteHeld(decided, context.current, subscription.id, 'renewed');
  if (subscription.status === 'hold') openWithinSuspension(decided, context, subscription.id);
  else openPeriod(decided, context, subscription.id);
  decided.event('subscription.billed', subscription.id);
  return decided.done();
}

/** The day to which a suspension left the right to use. */
function pause(context: Context, subscription: Subscription): Decision {
  const decided = draft(null);
  decided.open(subscription);
  beginPause(decided, context, subscription.id);
  decided.event('subscription.paused', subscription.id);
  return withOrderForCharges(decided);
}

/**
 * The end of the term: what was asked for this moment first, one at a time, each with an order of its own; then another term or none.
 * Other quantities are for a term that comes, so they wait until it can.
 */
function endOfTerm(context: Context, subscription: Subscription): Decision {
  const waiting = context.intents
    .filter(({ moment }) => moment.at === 'renewal')
    .toSorted((a, b) => order(a).localeCompare(order(b)));
  const cancel = waiting.find(({ command }) => command.kind === 'cancel');
  if (cancel !== undefined) return canceled(context, subscription, cancel);
  const decisive = waiting.find(({ command }) => command.kind !== 'change');
  const first = waiting[0];
  // A change may be about products of the plan that it is before a switch, so their order stays.
  if (first !== undefined && decisive !== undefined) return carryOut(context, subscription, first);
  const isTrial = context.current.plan.licenseVersion === 'trial';
  if (!isTrial && !subscription.autoRenewal) return expired(context, subscription, 'It does not renew by itself.');
  try {
    if (!isTrial) refuseAll(renewalReasons(context));
    if (first !== undefined) return carryOut(context, subscription, first);
    return isTrial ? endOfTrial(context, subscription) : renewed(context, subscription);
  } catch (error) {
    if (!isTierlineError(error) || error.kind === 'bug') throw error;
    return notRenewed(context, subscription, error.reasons);
  }
}

function canceled(context: Context, subscription: Subscription, intent: Intent): Decision {
  const decided = draft('cancellation');
  decided.open(subscription);
  decided.intents.push({ kind: 'end', intent, status: 'done', reason: null });
  const { command } = intent;
  endWithTerm(decided, context, subscription.id, command.kind === 'cancel' ? command.reason : null);
  return decided.done();
}

function renewed(context: Context, subscription: Subscription): Decision {
  const decided = draft('renewal');
  decided.open(subscription);
  renewAtEnd(decided, context, subscription.id);
  return decided.done();
}

function endOfTrial(context: Context, subscription: Subscription): Decision {
  const target = convertedPlan(context);
  if (context.current.plan.policies.trial.atEnd !== 'convert' || target === undefined) {
    return expired(context, subscription, 'The trial is over.');
  }
  const decided = draft('change');
  decided.open(subscription);
  convert(decided, context, subscription, target);
  const command = { kind: 'convert', planId: null } as const;
  return overtaken(context, withinPools(context, decided.done()), { command, moment: { at: 'now' } });
}

function expired(context: Context, subscription: Subscription, why: string): Decision {
  const decided = draft(null);
  decided.open(subscription);
  noteHeld(decided, context.current, subscription.id, 'renewed');
  expire(decided, context, subscription.id, why);
  return withOrderForCharges(decided);
}

/** What is billed afterwards is billed when the term ends, and that is an order. */
function withOrderForCharges(decided: Draft): Decision {
  const decision = decided.done();
  return decision.charges.length === 0 ? { ...decision, lines: [] } : { ...decision, order: 'billing' };
}

type Why = { readonly code: string; readonly message: string };

/** Tried again (`failedAgain`), and a last time when the policy's days are over; then given up. */
function notRenewed(context: Context, subscription: Subscription, reasons: readonly Why[]): Decision {
  const { retryDays } = context.current.plan.policies.renewal;
  const told = reasons.map(({ code, message }) => ({ code, message }));
  const { failure, isOver } = failedAgain(subscription.renewalFailure, context.at, retryDays, told);
  const why = reasons.map(({ message }) => message).join(' ');
  if (isOver || isFinal(context)) return expired(context, subscription, why);
  const decided = draft(null);
  decided.open(subscription);
  const { attempts, retryAt } = failure;
  decided.set(subscription.id, { renewalFailure: failure });
  decided.event('subscription.renewal_failed', subscription.id, { reasons: told, attempts, retry_at: retryAt });
  return decided.done();
}

function graceOver(context: Context, subscription: Subscription): Decision {
  const decided = draft(null);
  decided.open(subscription);
  endGrace(decided, context, subscription.id);
  return decided.done();
}
