import type { Subscription } from '../subscriptions/index.ts';
import { isLater, type Command } from './command.ts';
import { todayOf, type Context } from './context.ts';
import { checkPlanned } from './decide-planned.ts';
import { draft, type Decision } from './draft.ts';
import type { Intent, LaterMoment } from './intent.ts';
import { refuse } from './refusals.ts';

/** Takes back what was to happen later, or gives it another moment or content. */
export function editIntent(
  context: Context,
  subscription: Subscription,
  intent: Intent,
  wanted:
    | { readonly cancel: true }
    | { readonly moment: LaterMoment | undefined; readonly command: Command | undefined },
): Decision {
  const decided = draft(null);
  decided.open(subscription);
  if ('cancel' in wanted) {
    decided.intents.push({ kind: 'end', intent, status: 'canceled', reason: null });
    return decided.done();
  }
  const moment = wanted.moment ?? intent.moment;
  const command = wanted.command ?? intent.command;
  if (command.kind !== intent.command.kind || !isLater(command)) {
    refuse('lifecycle.intent_kind', 'command', `This is a planned ${intent.command.kind}; cancel it and plan another.`);
  }
  checkMoment(context, subscription, moment);
  const others = { ...context, intents: context.intents.filter(({ id }) => id !== intent.id) };
  decided.warnings.push(...checkPlanned(others, subscription, command, moment));
  decided.intents.push({ kind: 'edit', intent, moment, command });
  return decided.done();
}

/** A day on which something can be planned: after today, and before the end of what does not go on by itself. */
export function checkMoment(context: Context, { endOn, autoRenewal }: Subscription, moment: LaterMoment): void {
  if (moment.at !== 'date') return;
  if (moment.on <= todayOf(context)) refuse('lifecycle.moment_past', 'moment.on', 'Give a day after today.');
  if (moment.on < endOn) return;
  if (context.current.plan.licenseVersion === 'trial') {
    refuse(
      'lifecycle.moment_after_end',
      'moment.on',
      `The trial ends on ${endOn}. Give an earlier day, or ask for the renewal, which is its end.`,
    );
  }
  if (autoRenewal) return;
  refuse(
    'lifecycle.moment_after_end',
    'moment.on',
    `The subscription ends on ${endOn} and does not renew by itself. Give an earlier day, or switch its renewal on.`,
  );
}
