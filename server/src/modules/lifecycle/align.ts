import { cotermEnds } from '../subscriptions/index.ts';
import type { Alignment } from './command.ts';
import type { Context } from './context.ts';

/** The end of a term that is aligned, on each edge: as of the other subscription's, or the first day of the next month. */
export function alignedEnds({ current, others }: Context, align: Alignment, starts: readonly string[]): string[] {
  if (align.kind === 'calendar_month') return cotermEnds(current.plan, align, starts);
  return cotermEnds(
    current.plan,
    { kind: 'subscription', other: others.get(align.subscriptionId)?.subscription },
    starts,
  );
}
