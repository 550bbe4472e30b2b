import { formatDecimal, type Decimal } from '@tierline/kernel';
import type { Rate } from '../catalog/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { ChangeCommand, SwitchCommand } from './command.ts';
import type { LoadedPlan } from './context.ts';
import { draft, type Decision } from './draft.ts';
import { refuseAll } from './refusals.ts';
import { refuseFromRenewal } from './item-deals.ts';

/** Units that can't be given back before the end of the term. */
export type Stuck = { readonly rate: Rate; readonly count: Decimal };

/** What the policy has for units that come too late to be given back: no, or the command as an intent for the end of the term. */
export function notBeforeEnd(
  { plan }: LoadedPlan,
  subscription: Subscription,
  command: ChangeCommand | SwitchCommand,
  stuck: readonly Stuck[],
  items?: unknown,
): Decision {
  const { endOn } = subscription;
  if (plan.policies.reduction.after === 'refused') refuseStuck(stuck, endOn, items);
  if (command.kind === 'change' || command.start === 'keep') refuseFromRenewal(command.items ?? []);
  const decided = draft(null);
  decided.open(subscription);
  decided.intents.push({ kind: 'add', moment: { at: 'renewal' }, command });
  decided.warnings.push({ code: 'lifecycle.scheduled_at_renewal', message: waitsText(command, stuck, endOn) });
  return decided.done();
}

export function refuseStuck(stuck: readonly Stuck[], endOn: string, items?: unknown): void {
  refuseAll(
    stuck.map(({ rate, count }) => ({
      code: 'lifecycle.return_window_over',
      field: `items.${rate.mpn}`,
      message: `${formatDecimal(count)} units of ${rate.name} can't be given back before the end of the term, ${endOn}.`,
    })),
    { nearest_valid: { moment: { at: 'renewal' }, ...(items === undefined ? {} : { items }) } },
  );
}

export function waitsText({ kind }: ChangeCommand | SwitchCommand, stuck: readonly Stuck[], endOn: string): string {
  const what = stuck.map(({ rate, count }) => `${formatDecimal(count)} units of ${rate.name}`).join(' and ');
  return `${what} can't be given back before the end of the term, ${endOn}; the whole ${kind} waits for it.`;
}
