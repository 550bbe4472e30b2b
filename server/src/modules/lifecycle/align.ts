import { anchorsOf, cotermAnchor, cotermEnds } from '../subscriptions/index.ts';
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

/** Where the grid of a term that is aligned so is anchored on an edge. */
export function alignedAnchor({ current, others }: Context, align: Alignment, endOn: string, index: number): string {
  const other = align.kind === 'subscription' ? others.get(align.subscriptionId)?.subscription : undefined;
  return cotermAnchor(current.plan, endOn, other && anchorsOf(other)[index]);
}
