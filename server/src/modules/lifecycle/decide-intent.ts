import type { Subscription } from '../subscriptions/index.ts';
import { isLater, type Command } from './command.ts';
import { todayOf, type Context } from './context.ts';
import { convertTarget } from './decide-switch.ts';
import { draft, type Decision } from './draft.ts';
import type { Intent, LaterMoment } from './intent.ts';
import { refuse } from './refusals.ts';
import { dealsLater, refuseDeals } from './sale-reasons.ts';

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
  checkNames(context, command);
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

/** What a planned command names must be there when it is planned; the rest is decided at its moment. */
export function checkNames(context: Context, command: Command): void {
  const { current, plans, intents } = context;
  if (command.kind === 'convert') convertTarget(context, command);
  if (command.kind !== 'change' && command.kind !== 'switch') return;
  refuseDeals(command.items ?? [], dealsLater);
  const target = command.kind === 'switch' ? plans.get(command.planId) : current;
  if (target === undefined)
    refuse('lifecycle.unknown_plan', 'plan_id', 'Your catalog has no such plan. Name one that you may sell.');
  // A switch that waits may bring the product before the change comes.
  if (command.kind === 'change' && intents.some((one) => one.command.kind === 'switch')) return;
  for (const [index, { rateId }] of (command.items ?? []).entries()) {
    if (!target.rates.has(rateId)) {
      refuse(
        'lifecycle.unknown_rate',
        `items.${index}.rate_id`,
        `${target.plan.name} has no such product. Name one of its own.`,
      );
    }
  }
}
