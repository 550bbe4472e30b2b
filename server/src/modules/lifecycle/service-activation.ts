import { TierlineError, type CustomerId, type AccountId } from '@tierline/kernel';
import type { Cause, Database } from '../../platform/db/index.ts';
import type { ChangeWrite } from './change-write.ts';
import { decideActivation } from './decide-activation.ts';
import type { LifecycleService } from './service.ts';
import { selectMet } from './store-load.ts';
import { isOvertaken, storeTogether } from './store-together.ts';
import { afterWait, selectWaiting } from './store-waiting.ts';

export type Activations = ReturnType<typeof activations>;

type Dependencies = { readonly db: Database; readonly lifecycle: Pick<LifecycleService, 'load' | 'write'> };

/** How often it is decided anew, because others changed a subscription between reading and writing. */
const attemptsMax = 8;

export function activations({ db, lifecycle }: Dependencies) {
  /**
   * Begins the terms of all that waits for a sign-in of the customer, all of it in one transaction. Of several at the same moment one
   * does it, and the others find nothing left to do. Answers how many began.
   */
  async function begin(cause: Cause, ownerId: AccountId, customerId: CustomerId): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const waiting = await selectWaiting(db, ownerId, customerId);
      if (waiting.length === 0) return 0;
      const changes: ChangeWrite[] = [];
      for (const met of await selectMet(db, waiting)) {
        if (met.subscription.waitsFor === null) continue;
        const context = await lifecycle.load.context(met, cause.at, undefined);
        const decision = decideActivation(context, met.subscription);
        changes.push(await lifecycle.write(cause, context, decision, { surface: 'portal' }, true));
      }
      if (changes.length === 0) return 0;
      try {
        await storeTogether(db, changes, [afterWait(changes)]);
        return changes.length;
      } catch (error) {
        if (!isOvertaken(error)) throw error;
        if (attempt === attemptsMax) throw heldUp(error);
      }
    }
  }

  return { begin };
}

function heldUp(cause: unknown): TierlineError {
  const message = 'The subscriptions of the customer are being changed by others. Try again.';
  return new TierlineError('lifecycle.held_up', 'unavailable', message, { retryAfterSeconds: 1, cause });
}
