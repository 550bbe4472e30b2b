import { hash as digest } from 'node:crypto';
import type { AccountId } from '@tierline/kernel';
import type { Cause, Idempotency } from '../../platform/db/index.ts';

/** How long the same request counts as a retry. */
const retryMs = 24 * 3_600_000;

/**
 * Runs a write of which the protocol has no idempotency key: the same content within 24 hours is a retry and gets the
 * first answer. Keys may be kept for longer than that; an answer that is older makes way for a new one under a key that
 * names it, so that every later retry finds the way to the newest.
 * @param content the whole request, normalized; nothing secret may be in it
 */
export async function onceByContent<Answer extends { readonly id: string }>(
  cause: Cause,
  { ownerId, scope, content }: Pick<Idempotency, 'scope'> & { ownerId: AccountId; content: string },
  createdAt: (answer: Answer) => string,
  work: (cause: Cause) => Promise<Answer>,
): Promise<Answer> {
  const requestHash = digest('sha256', content, 'buffer');
  const hash = requestHash.toString('hex');
  const oldestMs = cause.at.epochMilliseconds - retryMs;
  let key = hash;
  for (;;) {
    const answer = await work({ ...cause, idempotency: { ownerId, scope, key, requestHash } });
    if (Date.parse(createdAt(answer)) > oldestMs) return answer;
    key = `${hash}/${answer.id}`;
  }
}
