import { instantText, Temporal, TierlineError, type AccountId, type SubscriptionId } from '@tierline/kernel';
import { isDataRefusal, isLockTimeout, isRetryable, type Database } from '../../platform/db/index.ts';
import { turns } from '../../platform/turns.ts';
import type { ChangeWrite } from './change-write.ts';
import { decideDue } from './decide-due.ts';
import { systemCause, type LifecycleService } from './service.ts';
import { storeChanges } from './store-changes.ts';
import { selectMet, type Met } from './store-load.ts';
import { inTransaction, isAnyDue, reschedule, takeDue, waitForDue, within, type Domain } from './store-due.ts';

export type DueWorker = {
  /** Works off everything that is due until an instant, each at its own moment. Answers how many steps were taken. */
  runDue(domain: Domain, until: Temporal.Instant): Promise<{ steps: number }>;
};

/** Batches in a row that may be overtaken by somebody else's changes. */
const conflictsMax = 20;

/** How long a sandbox waits for what another request holds: so often, so long each time. */
const waitsMax = 20;
const waitMs = 1000;

type Dependencies = {
  readonly db: Database;
  readonly lifecycle: Pick<LifecycleService, 'load' | 'write'>;
  readonly batchMax: number;
  readonly onError: (error: unknown, subscriptionId?: SubscriptionId) => void;
};

/**
 * Due work. Each round takes a batch under locks, decides one step for each of it, and stores all steps in one statement of the same
 * transaction. What has more to do is due again and comes in a later round, in order. A worker does one thing at a time, deciding or
 * waiting for the database, so that it never takes more than one core from requests; more workers share what is due.
 */
export function dueWorker({ db, lifecycle, batchMax, onError }: Dependencies): DueWorker {
  async function round(domain: Domain, until: Temporal.Instant, failed: Set<SubscriptionId>): Promise<number> {
    return inTransaction(db, async (client) => {
      const taken = await takeDue(client, domain, until, batchMax, [...failed]);
      if (taken.length === 0) return 0;
      const loaded = await selectMet(
        within(client),
        taken.map((row) => row.subscription_id),
      );
      const { writes, late } = await decideAll(loaded, domain, until, failed);
      await reschedule(client, late);
      if (writes.length > 0) await storeChanges(within(client), writes);
      return taken.length;
    });
  }

  async function decideAll(
    loaded: readonly Met[],
    domain: Domain,
    until: Temporal.Instant,
    failed: Set<SubscriptionId>,
  ) {
    const writes: ChangeWrite[] = [];
    const late: { id: SubscriptionId; dueAt: string | null }[] = [];
    const pause = turns();
    for (const met of loaded) {
      await pause();
      try {
        const step = await decideOne(met, domain, until);
        if ('decision' in step) writes.push(step);
        else late.push(step);
      } catch (error) {
        // One that can't be decided must not hold up the others; it stays due and is looked at again.
        failed.add(met.subscription.id);
        onError(error, met.subscription.id);
      }
    }
    return { writes, late };
  }

  async function decideOne(
    met: Met,
    { sandboxId }: Domain,
    until: Temporal.Instant,
  ): Promise<ChangeWrite | { id: SubscriptionId; dueAt: string | null }> {
    const { subscription } = met;
    const due = await lifecycle.load.due(met);
    if (due === undefined || Temporal.Instant.compare(due.at, until) > 0) {
      return { id: subscription.id, dueAt: due === undefined ? null : instantText(due.at) };
    }
    const context = await lifecycle.load.context(met, due.at, undefined);
    return lifecycle.write(
      systemCause(due.at, sandboxId === null ? until : undefined),
      context,
      decideDue(context, subscription, due),
      { surface: 'system' },
      true,
    );
  }

  /** Rounds one after the other, until nothing is left that nobody else holds. */
  async function rounds(domain: Domain, until: Temporal.Instant, failed: Set<SubscriptionId>): Promise<number> {
    let steps = 0;
    for (let conflicts = 0; ;) {
      try {
        const done = await round(domain, until, failed);
        if (done === 0) return steps;
        steps += done;
        conflicts = 0;
      } catch (error) {
        // Somebody changed one of the batch meanwhile: nothing was stored, and what is due still is.
        // It waits for what we hold and we for what it holds: the database ends one of the two, perhaps us.
        if ((!isDataRefusal(error) && !isRetryable(error)) || conflicts === conflictsMax) throw error;
        conflicts += 1;
      }
    }
  }

  return {
    async runDue(domain, until) {
      const failed = new Set<SubscriptionId>();
      let steps = await rounds(domain, until, failed);
      // Of the real world the next round is never far. A sandbox has only this one, so it waits for what somebody else holds.
      const { sandboxId } = domain;
      if (sandboxId === null) return { steps };
      for (let waits = 0; await isAnyDue(db, sandboxId, until, [...failed]); waits += 1) {
        if (waits === waitsMax) throw stillHeld();
        await letGo(sandboxId, until, failed);
        steps += await rounds(domain, until, failed);
      }
      return { steps };
    },
  };

  async function letGo(
    sandboxId: AccountId,
    until: Temporal.Instant,
    failed: ReadonlySet<SubscriptionId>,
  ): Promise<void> {
    try {
      await inTransaction(db, (client) => waitForDue(client, sandboxId, until, [...failed], waitMs));
    } catch (error) {
      if (!isLockTimeout(error) && !isRetryable(error)) throw error;
    }
  }
}

function stillHeld(): TierlineError {
  const message = 'Something that is due is being changed by another request. Send the same request again.';
  return new TierlineError('lifecycle.due_held', 'unavailable', message);
}
