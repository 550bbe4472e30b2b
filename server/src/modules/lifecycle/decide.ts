import { laterDate } from '../billing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import { isLater, laterKinds, partsOf, type Asked, type Command } from './command.ts';
import { datesOn, isBetweenTerms, type Context } from './context.ts';
import { decideChange } from './decide-change.ts';
import { decideCancel } from './decide-end.ts';
import { decideDetails } from './decide-details.ts';
import { checkMoment } from './decide-intent.ts';
import { decideMove } from './decide-move.ts';
import { checkPlanned } from './decide-planned.ts';
import { decideAutoRenewal, decideExpiry, decideResume, decideSuspend } from './decide-pause.ts';
import { decidePrices } from './decide-prices.ts';
import { decideRenewal } from './decide-renewal.ts';
import { decideConvert, decideSwitch } from './decide-switch.ts';
import { decideTogether } from './decide-together.ts';
import { draft, type Decision } from './draft.ts';
import { overtaken } from './overtaken.ts';
import { withinPools } from './pool-moves.ts';
import { refuse, requireActive, requireLedger } from './refusals.ts';
import { withFreeReturns } from './returns.ts';

/** The whole decision of a command: what it does, now or later, and what becomes of changes that were waiting. Pure. */
export function decide(context: Context, subscription: Subscription, asked: Asked): Decision {
  const { command, moment } = asked;
  const parts = partsOf(command);
  if (!parts.every(({ kind }) => unbilled.includes(kind))) requireLedger(subscription);
  if (parts.some(({ kind }) => selling.includes(kind))) requireSellers(context);
  // Between two terms nothing of the old one binds any more.
  const bound = isBetweenTerms(context, subscription) ? withFreeReturns(context) : context;
  const decision = moment.at === 'now' ? now(bound, subscription, command) : later(context, subscription, asked);
  const isLate = decision.order === 'renewal' || subscription.renewalFailure !== null;
  return parts.reduce(
    (decided, part) => overtaken(context, decided, { command: part, moment }),
    withinPools(context, isLate ? notBackdated(context, decision) : decision),
  );
}

/**
 * What is made late, a renewal or what is done while one is tried again, charges for days that are over, but books it on the day it is
 * made: what was booked before may have been told to somebody already.
 */
export function notBackdated({ owner, at }: Pick<Context, 'owner' | 'at'>, decision: Decision): Decision {
  const dates = new Map<string, string>(owner.chain.map(({ id }, index) => [id, datesOn(owner, at)[index]!]));
  const charges = decision.charges.map((charge) => ({
    ...charge,
    bookedOn: laterDate(charge.bookedOn, dates.get(charge.sellerId) ?? charge.bookedOn),
  }));
  return { ...decision, charges };
}

/** Nothing of these needs to know what was charged; that a cancellation gives nothing back is told. */
const unbilled: readonly Command['kind'][] = ['cancel', 'auto_renewal', 'details'];

const selling: readonly Command['kind'][] = ['change', 'switch', 'convert', 'move', 'prices'];

/** Below a seller that is not active nothing is sold; what ends or pauses something stays possible. */
function requireSellers({ owner }: Context): void {
  const inactive = owner.chain.find(({ status }) => status !== 'active');
  if (inactive === undefined) return;
  const who = inactive === owner.account ? `${inactive.name} is ${inactive.status}` : 'A seller above is not active';
  refuse('lifecycle.seller_not_active', 'subscription', `${who}, so nothing can be changed here for now.`);
}

function now(context: Context, subscription: Subscription, command: Command): Decision {
  switch (command.kind) {
    case 'change':
      return decideChange(context, subscription, command);
    case 'switch':
      return decideSwitch(context, subscription, command);
    case 'cancel':
      return decideCancel(context, subscription, command);
    case 'auto_renewal':
      return decideAutoRenewal(context, subscription, command);
    case 'renew':
      return decideRenewal(context, subscription, command);
    case 'suspend':
      return decideSuspend(context, subscription, command);
    case 'resume':
      return decideResume(context, subscription, command);
    case 'expiry':
      return decideExpiry(context, subscription, command);
    case 'convert':
      return decideConvert(context, subscription, command);
    case 'prices':
      return decidePrices(context, subscription, command);
    case 'move':
      return decideMove(context, subscription, command);
    case 'details':
      return decideDetails(subscription, command);
    case 'together':
      return decideTogether(context, subscription, command, now);
  }
}

/** Keeps a command for its moment. What names something that is not there is refused now. */
function later(context: Context, subscription: Subscription, { command, moment }: Asked): Decision {
  requireActive(subscription);
  if (moment.at === 'now' || !isLater(command)) {
    refuse(
      'lifecycle.only_now',
      'moment',
      `This can only be done now; for a later moment there are: ${laterKinds.join(', ')}.`,
    );
  }
  checkMoment(context, subscription, moment);
  const decided = draft(null);
  decided.open(subscription);
  decided.warnings.push(...checkPlanned(context, subscription, command, moment));
  decided.intents.push({ kind: 'add', moment, command });
  return decided.done();
}
