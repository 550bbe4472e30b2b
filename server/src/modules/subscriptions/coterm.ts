import { boundary, invalid } from '@tierline/kernel';
import { anchorFrom, dateText, lastAnchor, laterDate, plainDate } from '../billing/index.ts';
import type { PlanVersion } from '../catalog/index.ts';
import type { Subscription } from './subscription.ts';

/** What the end of a term is brought to: the end of another subscription's term, or the first day of the next month. */
export type CotermTarget = (
  | { readonly kind: 'calendar_month' }
  | { readonly kind: 'subscription'; readonly other: Subscription | undefined }
) & {
  /** Where it is asked for, when not in `align`: refusals name it. */
  readonly field?: string;
};

/**
 * Where a term that begins on these dates, one for each edge, ends when it is aligned. Each thing that forbids it has a code of its own;
 * what counts is the owner's date, the last. A calendar month is the owner's on every edge: a seller whose calendar is a day ahead when
 * the month ends has an empty first term.
 */
export function cotermEnds(plan: CotermPlan, target: CotermTarget, starts: readonly string[]): string[] {
  const { coterm } = plan.policies;
  const refuse: Refuse = refuserOf(target);
  if (!coterm.allowed) refuse('not_allowed', `${plan.name} has its own term and can't be aligned.`);
  const from = starts.at(-1)!;
  const ends =
    target.kind === 'calendar_month'
      ? monthEnds(plan, refuse, starts, from)
      : otherEnds(plan, refuse, target.other, starts);
  const end = ends.at(-1)!;
  if (end <= from) refuse('in_the_past', `The other term ends on ${end}, before this one would begin.`);
  const days = plainDate(from).until(plainDate(end)).days;
  if (days < coterm.minDays)
    refuse('too_short', `The first term would have ${days} days; at least ${coterm.minDays} are needed.`);
  const most = dateText(boundary(plainDate(from), 1, plan.subscriptionPeriod));
  if (end > most)
    refuse(
      'too_long',
      `The other term ends on ${end}; a term of ${plan.name} from ${from} on ends on ${most} at the latest.`,
    );
  return ends.map((one, index) => laterDate(one, starts[index]!));
}

/**
 * Where the grid of an aligned term is anchored on an edge: at its end, but with the anchor of the other subscription where there is one,
 * so that what ends on February 28 for want of a 31st ends on the 31st of March together with it (rules of dates, 2).
 */
export function cotermAnchor(
  plan: Pick<PlanVersion, 'billingPeriod'>,
  endOn: string,
  other: string | undefined,
): string {
  return other === undefined ? endOn : anchorFrom(plan, other, endOn);
}

/** The anchors of a subscription's last term, edge by edge. */
export function anchorsOf({ ledger }: Pick<Subscription, 'ledger'>): string[] {
  return ledger.map(lastAnchor);
}

type CotermPlan = Pick<PlanVersion, 'name' | 'policies' | 'subscriptionPeriod'>;

function monthEnds({ name, policies }: CotermPlan, refuse: Refuse, starts: readonly string[], from: string): string[] {
  if (!policies.coterm.toCalendarMonth) refuse('month_not_allowed', `${name} can't be aligned to the end of a month.`);
  const end = dateText(plainDate(from).with({ day: 1 }).add({ months: 1 }));
  return starts.map(() => end);
}

function otherEnds(
  { name, policies }: CotermPlan,
  refuse: Refuse,
  other: Subscription | undefined,
  starts: readonly string[],
): string[] {
  if (!policies.coterm.toSubscription)
    refuse('subscription_not_allowed', `${name} can't be aligned to another subscription.`);
  if (other === undefined || other.ledger.length !== starts.length)
    refuse('unknown', 'The customer has no such subscription.');
  if (other.status !== 'active') refuse('not_active', 'The other subscription is not active, so its end may move.');
  return other.ledger.map(({ endOn }) => endOn);
}

type Refuse = (why: keyof typeof codes, message: string) => never;

function refuserOf({ field = 'align' }: CotermTarget): Refuse {
  return (why, message) => {
    throw invalid([{ code: codes[why], field, message }]);
  };
}

const codes = {
  not_allowed: 'subscriptions.coterm_not_allowed',
  in_the_past: 'subscriptions.coterm_in_the_past',
  too_short: 'subscriptions.coterm_too_short',
  too_long: 'subscriptions.coterm_too_long',
  month_not_allowed: 'subscriptions.coterm_month_not_allowed',
  subscription_not_allowed: 'subscriptions.coterm_subscription_not_allowed',
  unknown: 'subscriptions.coterm_unknown',
  not_active: 'subscriptions.coterm_not_active',
} as const;
