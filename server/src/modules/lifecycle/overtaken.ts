import type { Asked, ChangeCommand, Command, MoveCommand } from './command.ts';
import type { Context } from './context.ts';
import type { Decision, Warning } from './draft.ts';
import type { Intent, IntentChange, LaterMoment } from './intent.ts';

type Moment = LaterMoment | { readonly at: 'now' };

/**
 * What becomes of changes that were waiting when a later command touches what they were about. None is dropped in silence: each that
 * goes is ended with a reason, and each that stays although it may surprise is named in a warning.
 */
export function overtaken(context: Context, decision: Decision, { command, moment }: Asked): Decision {
  const touched = new Set(decision.intents.flatMap((change) => (change.kind === 'add' ? [] : [change.intent.id])));
  // What policy put off is a command for the moment to which it was put off.
  const putOff = decision.intents.find((change) => change.kind === 'add' && change.command === command);
  const meant = putOff?.kind === 'add' ? putOff.moment : moment;
  const dropped: IntentChange[] = [];
  const warnings = [...decision.warnings];
  for (const intent of context.intents) {
    if (touched.has(intent.id)) continue;
    const fate = fateOf(context, intent, command, meant, decision);
    if (fate === undefined) continue;
    if (fate.dropped) dropped.push({ kind: 'end', intent, status: 'dropped', reason: fate.why });
    const what = `The ${intent.command.kind} that was planned for ${momentText(intent)}`;
    warnings.push({
      code: fate.dropped ? 'lifecycle.intent_dropped' : 'lifecycle.intent_kept',
      message: `${what} ${fate.dropped ? 'is dropped' : 'stays'}: ${fate.why}`,
    });
  }
  if (command.kind === 'move') warnings.push(...waitingThere(context, decision, command));
  return { ...decision, intents: [...decision.intents, ...dropped], warnings };
}

/** Where units move to, changes may wait too. */
function waitingThere({ others }: Context, { lines }: Decision, { targetId }: MoveCommand): Warning[] {
  if (targetId === null) return [];
  const items = lines.filter(({ subscription }) => subscription === targetId).map(({ rate }) => rate);
  const waiting = others.get(targetId)?.intents ?? [];
  return waiting
    .filter((intent) => touches({ items }, intent))
    .map((intent) => ({
      code: 'lifecycle.intent_kept',
      message: `The change that was planned for the other subscription for ${momentText(intent)} stays: it sets the quantity again when its moment comes.`,
    }));
}

type Fate = { readonly dropped: boolean; readonly why: string };

const kept = (why: string): Fate => ({ dropped: false, why });
const drop = (why: string): Fate => ({ dropped: true, why });

function fateOf(
  context: Context,
  intent: Intent,
  command: Command,
  moment: Moment,
  decision: Decision,
): Fate | undefined {
  const planned = intent.command;
  if (isReplaced(intent, command, moment))
    return drop(`a newer one${command.kind === 'convert' ? '' : ' for the same moment'} takes its place.`);
  const ofCommand =
    moment.at === 'now' ? fateNow(context, intent, command, decision) : fateLater(intent, command, moment, decision);
  if (ofCommand !== undefined) return ofCommand;
  return planned.kind === 'cancel' ? kept('the subscription still ends then.') : undefined;
}

/** A newer command of the same kind for the same moment, which says at least everything that the older one says. */
export function isReplaced(intent: Intent, command: Command, moment: Moment): boolean {
  const planned = intent.command;
  // A trial becomes paid once, so that what is asked for last counts, whatever its moment.
  if (command.kind === 'convert' && planned.kind === 'convert') return true;
  if (command.kind !== planned.kind || !isSameMoment(intent.moment, moment)) return false;
  return command.kind !== 'change' || planned.kind !== 'change' || covers(command, planned);
}

/** Whether a change is about what the new plan does not have; one that was planned for after the switch may be about nothing else. */
function isOfPlanLeft({ items }: ChangeCommand, { plans }: Context, { subscriptions }: Decision): boolean {
  const rates = plans.get(subscriptions[0]!.after.planId)?.rates;
  return items.some(({ rateId }) => rates?.has(rateId) !== true);
}

function fateNow(context: Context, intent: Intent, command: Command, decision: Decision): Fate | undefined {
  const planned = intent.command;
  const { subscriptions } = decision;
  switch (command.kind) {
    case 'switch':
    case 'convert':
      if (planned.kind === 'change' && isOfPlanLeft(planned, context, decision))
        return drop('it was about products of the plan that is left.');
      return planned.kind === 'switch' ? kept('it switches the plan once more when its moment comes.') : undefined;
    case 'renew':
      return intent.moment.at === 'renewal' ? kept('it counts for the end of the term that was added.') : undefined;
    case 'change':
    case 'move':
      return touches(command, intent) ? kept('it sets the quantity again when its moment comes.') : undefined;
    case 'suspend':
      return kept('it can only be done if the suspension is lifted before.');
    case 'expiry':
      if (intent.moment.at === 'renewal') return kept('it counts for the end that was moved.');
      return isAfterEnd(intent, subscriptions[0]!.after.endOn)
        ? kept('the subscription ends before, unless it is renewed.')
        : undefined;
    case 'auto_renewal':
      return command.on || planned.kind === 'cancel' ? undefined : endless(intent, subscriptions[0]!.after.endOn);
    case 'details':
      return command.autoRenewal !== false || planned.kind === 'cancel'
        ? undefined
        : endless(intent, subscriptions[0]!.after.endOn);
    default:
      return undefined;
  }
}

/** Where there is no next term, what is planned for it can't happen. */
function endless(intent: Intent, endOn: string): Fate | undefined {
  const isLate = intent.moment.at === 'renewal' || isAfterEnd(intent, endOn);
  return isLate ? kept('it can only be done if the subscription is renewed after all.') : undefined;
}

function fateLater(
  intent: Intent,
  command: Command,
  moment: LaterMoment,
  { subscriptions }: Decision,
): Fate | undefined {
  if (command.kind === 'auto_renewal' && !command.on && intent.command.kind !== 'cancel')
    return endless(intent, subscriptions[0]!.after.endOn);
  if (command.kind === 'cancel' && isBefore(moment, intent.moment))
    return kept('the subscription ends before it could be done.');
  if (command.kind === 'convert' && intent.command.kind === 'change' && !isSooner(intent.moment, moment))
    return kept('it is dropped when the trial becomes paid, unless it is done before.');
  if (command.kind === 'change' && isSameMoment(intent.moment, moment) && touches(command, intent))
    return kept('it is done first, and the newer one after it.');
  return undefined;
}

function isSameMoment(a: Moment, b: Moment): boolean {
  return a.at === b.at && (a.at !== 'date' || b.at !== 'date' || a.on === b.on);
}

/** Whether a subscription that ends at one moment is gone at another. The end of a term is taken to come after dates; a term may be near. */
function isBefore(end: LaterMoment, other: LaterMoment): boolean {
  if (other.at === 'renewal') return true;
  return end.at === 'date' && end.on <= other.on;
}

/** Whether a moment comes before another: a day before the end of the term, or before a later day. */
function isSooner(one: LaterMoment, other: LaterMoment): boolean {
  if (one.at === 'renewal') return false;
  return other.at === 'renewal' || one.on < other.on;
}

function isAfterEnd({ moment }: Intent, endOn: string): boolean {
  return moment.at === 'date' && moment.on >= endOn;
}

function touches(
  command: { readonly items: readonly { readonly rateId: string }[] },
  { command: planned }: Intent,
): boolean {
  return (
    planned.kind === 'change' &&
    command.items.some(({ rateId }) => planned.items.some((other) => other.rateId === rateId))
  );
}

function covers(newer: ChangeCommand, older: ChangeCommand): boolean {
  return older.items.every(({ rateId }) => newer.items.some((other) => other.rateId === rateId));
}

function momentText({ moment }: Intent): string {
  return moment.at === 'date' ? moment.on : 'the end of the term';
}
