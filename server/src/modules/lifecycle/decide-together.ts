import { isTierlineError } from '@tierline/kernel';
import type { Subscription } from '../subscriptions/index.ts';
import type { Command, TogetherCommand } from './command.ts';
import type { Context } from './context.ts';
import type { Decision, DecidedCharge, DecidedLine } from './draft.ts';
import { refuse } from './refusals.ts';

/**
 * Several changes as one decision: each is decided on what the ones before it have made of the subscription. What a policy would put off
 * to the end of the term stands in the way of all of them.
 */
export function decideTogether(
  context: Context,
  subscription: Subscription,
  { commands }: TogetherCommand,
  decideOne: (context: Context, subscription: Subscription, command: Command) => Decision,
): Decision {
  let state = subscription;
  let joined: Decision | undefined;
  for (const command of commands) {
    const decision = decidePart(() => decideOne(onPlanOf(context, state), state, command), commands.length);
    if (decision === undefined) continue;
    refusePutOff(decision, command);
    state = stateAfter(decision);
    joined = joined === undefined ? decision : join(joined, decision);
  }
  if (joined === undefined) {
    refuse('lifecycle.nothing_changes', 'subscription', 'Nothing is asked for. Say what is to change.');
  }
  return joined;
}

/** Beside others, what changes nothing is done already. */
function decidePart(decideIt: () => Decision, count: number): Decision | undefined {
  try {
    return decideIt();
  } catch (error) {
    if (count > 1 && isTierlineError(error) && error.code === 'lifecycle.nothing_changes') return undefined;
    throw error;
  }
}

/** After a switch the plan that was switched to is the one that counts. */
function onPlanOf(context: Context, { planId }: Subscription): Context {
  return { ...context, current: context.plans.get(planId) ?? context.current };
}

const fields: Readonly<Partial<Record<Command['kind'], string>>> = { change: 'items', switch: 'items' };

function refusePutOff({ intents }: Decision, { kind }: Command): void {
  if (!intents.some((change) => change.kind === 'add')) return;
  refuse(
    'lifecycle.not_before_end',
    fields[kind] ?? 'subscription',
    'This can only be done at the end of the term, and now is asked for.',
  );
}

/** Each of the changes is about the one subscription. */
function stateAfter({ subscriptions }: Decision): Subscription {
  return subscriptions[0]!.after;
}

function join(first: Decision, second: Decision): Decision {
  const lines: DecidedLine[] = [...first.lines];
  const places = second.lines.map((line) => {
    const known = lines.findIndex(({ rate }) => rate.rateId === line.rate.rateId);
    if (known === -1) return lines.push(line) - 1;
    const { previousQuantity, origin } = lines[known]!;
    lines[known] = { ...line, previousQuantity, origin };
    return known;
  });
  const charges = second.charges.map((charge): DecidedCharge => ({
    ...charge,
    position: places[charge.position] ?? charge.position,
  }));
  return {
    order: first.order,
    subscriptions: first.subscriptions.map(({ before }) => ({ before, after: stateAfter(second) })),
    lines,
    charges: [...first.charges, ...charges],
    intents: [...first.intents, ...second.intents],
    events: [...first.events, ...second.events],
    warnings: [...first.warnings, ...second.warnings],
  };
}
