import { boundary, isZero } from '@tierline/kernel';
import {
  begunOn,
  closeWindow,
  dateText,
  daysAfter,
  laterDate,
  moveEnd,
  nextWindow,
  plainDate,
  upcomingBefore,
  type Booked,
  type Held,
} from '../billing/index.ts';
import { periodEnd, type Subscription } from '../subscriptions/index.ts';
import type { AutoRenewalCommand, ExpiryCommand, ResumeCommand, SuspendCommand } from './command.ts';
import { datesOn, effectiveDates, todayOf, type Context } from './context.ts';
import { beginAt, lengthOf, noteTerm, renewalReasons, restart } from './decide-renewal.ts';
import { draft, heldOf, noteHeld, onEdges, type Decision, type Draft } from './draft.ts';
import { book } from './quantities.ts';
import { refuse, refuseAll, requireActive } from './refusals.ts';
import { planReturn } from './returns.ts';

/**
 * Puts a subscription on hold: its renewal is switched off, and its licenses end now or on a date (LMPI reference 7.7). Billing periods
 * go on as long as the right to use does, and none begins after it; what is paid is not refunded.
 */
export function decideSuspend(context: Context, subscription: Subscription, { endOn }: SuspendCommand): Decision {
  requireActive(subscription);
  if (!subscription.autoRenewal) {
    refuse(
      'lifecycle.suspend_needs_auto_renewal',
      'subscription',
      'Only a subscription that renews by itself can be suspended. Switch its renewal on first.',
    );
  }
  const today = todayOf(context);
  // What has not begun never does.
  const earliest = laterDate(today, subscription.startOn);
  const end = endOn ?? earliest;
  if (end > subscription.endOn || end < earliest) {
    refuse('lifecycle.expiry_out_of_range', 'end_on', `Give a date from ${earliest} to ${subscription.endOn}.`);
  }
  const decided = draft('change');
  decided.open(subscription);
  decided.set(subscription.id, {
    status: 'hold',
    holdReason: 'suspended',
    autoRenewal: false,
    suspension: { on: today, autoRenewal: subscription.autoRenewal, endOn: subscription.endOn },
    endOn: end,
    licenses: subscription.licenses.map((license) => ({ ...license, endOn: end })),
  });
  if (end === today) beginPause(decided, context, subscription.id);
  decided.event('subscription.suspended', subscription.id);
  return decided.done();
}

/** The right to use ends: what is billed afterwards is billed up to here, and nothing accrues until the pause is over. */
export function beginPause(decided: Draft, context: Context, id: Subscription['id']): void {
  const subscription = decided.state(id);
  const { plan } = context.current;
  const held = heldOf(subscription, context.current);
  const dates = effectiveDates(context, subscription);
  const { ledger, lines } = onEdges(subscription, (edge, index): Booked => {
    if (plan.billingModel !== 'after_billing_period') return { edge, lines: [] };
    return closeWindow(plan, { ...edge, window: { ...edge.window, end: dates[index]! } }, held);
  });
  if (lines.length > 0) noteHeld(decided, context.current, id, 'requested');
  decided.charge(id, lines);
  decided.set(id, { ledger, licenses: subscription.licenses.map((license) => ({ ...license, enabled: false })) });
}

/** A billing period that begins while the right to use still lasts: up to its end, no further. */
export function openWithinSuspension(decided: Draft, context: Context, id: Subscription['id']): void {
  const subscription = decided.state(id);
  const { plan } = context.current;
  const held = heldOf(subscription, context.current);
  const dayAfter = daysAfter(periodEnd(subscription)!, 1);
  book(decided, id, (edge): Booked => {
    if (edge.window.end >= subscription.endOn || edge.window.end > dayAfter) return { edge, lines: [] };
    const opened = nextWindow(plan, { ...edge, endOn: subscription.endOn }, held);
    return { edge: { ...opened.edge, endOn: edge.endOn }, lines: opened.lines };
  });
}

/** Lifts a suspension: renewal is switched on again if it was, and the end restored or set (LMPI reference 7.8). */
export function decideResume(context: Context, subscription: Subscription, { endOn }: ResumeCommand): Decision {
  const { suspension, id } = subscription;
  if (subscription.holdReason !== 'suspended' || suspension === null) {
    refuse(
      'lifecycle.not_suspended',
      'subscription',
      'The subscription is not suspended, so there is nothing to resume.',
    );
  }
  const today = todayOf(context);
  const end = endOn ?? suspension.endOn;
  if (endOn !== null) checkEnd(context, subscription, suspension.endOn, endOn);
  const decided = draft('change');
  decided.open(subscription);
  if (end > today) {
    goOn(decided, context, id, endOn);
    decided.set(id, {
      endOn: end,
      licenses: subscription.licenses.map((license) => ({ ...license, endOn: end, enabled: true })),
    });
  } else {
    // Its term ended in the pause, so that it goes on with another one, from today.
    refuseAll(renewalReasons(context));
    const length = lengthOf(context.current, subscription.autoRenewalMonths);
    restart(decided, context, id, { starts: resumedOn(context, subscription), length, align: null, items: [] });
  }
  decided.set(id, {
    status: 'active',
    holdReason: null,
    suspension: null,
    autoRenewal: suspension.autoRenewal,
    noticedOn: null,
  });
  decided.event('subscription.resumed', id);
  return decided.done();
}

function checkEnd(context: Context, { endOn: paused }: Subscription, original: string, endOn: string): void {
  const { graceMonths } = context.current.plan;
  const latest = laterDate(dateText(boundary(plainDate(paused), graceMonths, { unit: 'month', count: 1 })), original);
  const earliest = laterDate(paused, daysAfter(todayOf(context), 1));
  if (endOn < earliest || endOn > latest) {
    refuse('lifecycle.expiry_out_of_range', 'end_on', `Give a date from ${earliest} to ${latest}.`);
  }
}

/** Where it goes on on each edge: today, or where its last period ended if that is later. */
function resumedOn(context: Context, { ledger }: Subscription): string[] {
  const today = datesOn(context.owner, context.at);
  return ledger.map(({ window }, index) => laterDate(window.end, today[index]!));
}

/**
 * Billing periods that lie in the pause are not charged; one that is paid already goes on, and where none is, the next one begins on the
 * day on which the pause is lifted.
 */
function goOn(decided: Draft, context: Context, id: Subscription['id'], endOn: string | null): void {
  const subscription = decided.state(id);
  const { plan } = context.current;
  const held = heldOf(subscription, context.current);
  const today = datesOn(context.owner, context.at);
  const { ledger, lines } = onEdges(subscription, (edge, index): Booked => {
    const on = today[index]!;
    const isOver = edge.window.end <= on;
    if (endOn === null) return isOver ? beginAt(plan, edge, on, held) : { edge, lines: [] };
    return isOver
      ? beginAt(plan, { ...edge, endOn, upcoming: upcomingBefore(edge.upcoming, endOn) }, on, held)
      : moveEnd(plan, edge, endOn, held, false, on);
  });
  if (lines.length > 0) noteHeld(decided, context.current, id, 'requested');
  decided.charge(id, lines);
  decided.set(id, { ledger });
  // Terms that were renewed early may have begun in the pause; the last of them is the one that it is in.
  const term = begunOn(subscription.ledger.at(-1)!.upcoming, ledger.at(-1)!.window.start).at(-1);
  if (term !== undefined) noteTerm(decided, context, id, term.from);
}

/**
 * Another end of the term: earlier, as far as it may be given back, or later and then charged for, whether or not it renews by itself at
 * that end (LMPI reference 7.5).
 */
export function decideExpiry(context: Context, subscription: Subscription, { endOn }: ExpiryCommand): Decision {
  requireActive(subscription);
  const { plan } = context.current;
  const today = todayOf(context);
  if (plan.licenseVersion === 'trial')
    refuse('lifecycle.trial_expiry', 'end_on', "The end of a trial can't be moved. Convert it instead.");
  if (endOn <= today) refuse('lifecycle.expiry_out_of_range', 'end_on', 'Give a day after today.');
  if (endOn <= subscription.startOn)
    refuse('lifecycle.expiry_out_of_range', 'end_on', `Give a day after its start, ${subscription.startOn}.`);
  if (endOn === subscription.endOn)
    refuse('lifecycle.nothing_changes', 'end_on', 'The subscription ends on that day already. Give another day.');
  const isRefunded = endOn > subscription.endOn || isReturnable(context, subscription);
  const decided = draft('change');
  decided.open(subscription);
  const held: readonly Held[] = heldOf(subscription, context.current);
  noteHeld(decided, context.current, subscription.id, 'requested');
  const dates = effectiveDates(context, subscription);
  book(decided, subscription.id, (edge, index) => moveEnd(plan, edge, endOn, held, isRefunded, dates[index]));
  if (!isRefunded) decided.warnings.push({ code: 'lifecycle.no_refund', message: 'What was paid is not refunded.' });
  decided.set(subscription.id, {
    endOn,
    renewalFailure: null,
    noticedOn: null,
    licenses: subscription.licenses.map((license) => ({ ...license, endOn })),
  });
  decided.event('subscription.expiry_changed', subscription.id);
  return decided.done();
}

/** Whether the days that go are refunded. An earlier end gives everything back from then on, so it needs what a cancellation needs. */
function isReturnable(context: Context, subscription: Subscription): boolean {
  const { cancellation } = context.current.plan.policies;
  const { timeZone } = context.owner.account;
  const parts = subscription.items.flatMap((item) => {
    const plan = planReturn(cancellation, item, item.quantity, subscription, context.at, timeZone);
    if (!isZero(plan.stuck)) {
      refuse(
        'lifecycle.cancellation_window_over',
        'end_on',
        `It can't be given back before the end of the term, ${subscription.endOn}. Switch its renewal off instead.`,
        { nearest_valid: { end_on: subscription.endOn } },
      );
    }
    return plan.parts;
  });
  return parts.every(({ refund }) => refund !== 'none');
}

/** Switches renewal on or off, perhaps with another length of the next terms. */
export function decideAutoRenewal(
  _context: Context,
  subscription: Subscription,
  command: AutoRenewalCommand,
): Decision {
  if (subscription.status !== 'pending') requireActive(subscription);
  const decided = draft(null);
  decided.open(subscription);
  decided.set(subscription.id, {
    autoRenewal: command.on,
    autoRenewalMonths: command.months ?? subscription.autoRenewalMonths,
  });
  decided.event('subscription.auto_renewal_set', subscription.id);
  return decided.done();
}
