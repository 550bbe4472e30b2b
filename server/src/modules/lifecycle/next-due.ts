import type { Temporal } from '@tierline/kernel';
import type { PlanVersion } from '../catalog/index.ts';
import { nextDue, type Subscription } from '../subscriptions/index.ts';
import { dueOn, type Intent } from './intent.ts';

export type NextKind =
  | 'planned'
  | 'notice'
  | 'billing_period'
  | 'renewal'
  | 'renewal_retry'
  | 'conversion'
  | 'cancellation'
  | 'expiry'
  | 'pause'
  | 'end_of_grace';

/** What happens to a subscription next if nobody asks for anything, and when. */
export type NextDue = { readonly kind: NextKind; readonly at: Temporal.Instant };

export function nextOf(
  subscription: Subscription,
  plan: PlanVersion,
  timeZone: string,
  waiting: readonly Intent[],
): NextDue | null {
  const due = nextDue(
    subscription,
    plan,
    timeZone,
    waiting.map(({ moment }) => ({ dueOn: dueOn(moment) })),
  );
  if (due === undefined) return null;
  const kind = due.kind === 'term' ? endOfTerm(subscription, plan, waiting) : kinds[due.kind];
  return { kind, at: due.at };
}

const kinds = {
  intent: 'planned',
  notice: 'notice',
  window: 'billing_period',
  retry: 'renewal_retry',
  pause: 'pause',
  grace: 'end_of_grace',
} as const;

/** What the end of the term comes to, by what is planned for it, the policy of a trial, and whether it renews. */
function endOfTerm(
  { autoRenewal }: Subscription,
  { licenseVersion, policies }: PlanVersion,
  waiting: readonly Intent[],
): NextKind {
  const planned = waiting.filter(({ moment }) => moment.at === 'renewal').map(({ command }) => command);
  if (planned.some(({ kind }) => kind === 'cancel')) return 'cancellation';
  if (planned.some(({ kind }) => kind === 'convert')) return 'conversion';
  if (licenseVersion === 'trial') {
    const { atEnd, convertTo } = policies.trial;
    return atEnd === 'convert' && convertTo !== null ? 'conversion' : 'expiry';
  }
  // A switch begins a term of its own or leaves the one there is, which then ends as it would have.
  const last = planned.findLast((command) => command.kind === 'auto_renewal');
  const renews = last?.kind === 'auto_renewal' ? last.on : autoRenewal;
  return renews ? 'renewal' : 'expiry';
}
