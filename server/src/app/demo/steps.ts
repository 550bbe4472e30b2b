import type { AccountId, Temporal } from '@tierline/kernel';
import { findAnswer, type Cause, type Database } from '../../platform/db/index.ts';

/** What every event of the demo channel has as its request, so that they can be told from everything else. */
export const demoRequest = 'demo-channel';

/** Why a step is done. Tests pass their own, to stop in the middle. */
export type CauseMaker = (at: Temporal.Instant) => Cause;

export const demoCause: CauseMaker = (at) => ({ actor: 'system', requestId: demoRequest, at });

export type Steps = ReturnType<typeof stepsOf>;

/**
 * Steps that are done once, however often the process is killed between them: each is committed together with its key,
 * and a step whose key is there answers what it answered then. The key is what the thing is known by (`product:NNZBXXE1X`).
 */
export function stepsOf(db: Database, ownerId: AccountId, makeCause: CauseMaker) {
  function causeOf(key: string, at: Temporal.Instant) {
    // The same text for every step: a later build may describe the thing otherwise, and it is still the same step.
    const requestHash = Buffer.from(demoRequest);
    return { ...makeCause(at), idempotency: { ownerId, scope: 'demo', key, requestHash } };
  }

  async function step<Answer>(
    key: string,
    at: Temporal.Instant,
    work: (cause: Cause) => Promise<Answer>,
  ): Promise<Answer> {
    const cause = causeOf(key, at);
    return (await findAnswer<Answer>(db, cause.idempotency)) ?? work(cause);
  }

  return { step, causeOf };
}
