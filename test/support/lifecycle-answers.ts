import { isTierlineError } from '@tierline/kernel';
import type { Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import { fieldsOf, type Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import { Refused } from './lifecycle-plan.ts';
import { plain } from './rows.ts';

/** The whole state as far as events tell it; windows of refunds and minimums are not told. */
export function told(subscription: Subscription): unknown {
  const { ledger: _, suspension: __, renewalFailure: ___, noticedOn: ____, items, ...state } = subscription;
  return plain({ ...state, items: items.map(({ committed: _____, batches: ______, ...item }) => item) });
}

type Answer = { readonly outcome: Outcome } | { readonly error: unknown };

export async function caught(work: Promise<Outcome>): Promise<Outcome | { error: unknown }> {
  try {
    return await work;
  } catch (error) {
    if (!isTierlineError(error) || error.kind === 'bug') throw error;
    return { error };
  }
}

/** What a preview and a placement must agree on: everything but ids and numbers. */
export function figures(of: Outcome | Answer): unknown {
  if ('error' in of) return { refused: isTierlineError(of.error) ? of.error.code : String(of.error) };
  const { order, subscriptions, ended, warnings, planned } = 'outcome' in of ? of.outcome : of;
  return plain({
    order: order && {
      type: order.type,
      total: order.total,
      lines: order.lines,
      charges: order.charges.map(({ id: _, ...charge }) => ({ ...charge, source: charge.source.kind })),
    },
    states: subscriptions.map((subscription) => fieldsOf(subscription)),
    ended,
    warnings,
    planned: planned.map(({ moment, command }) => ({ moment, command })),
  });
}

export function refusedBy(work: () => void): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}
