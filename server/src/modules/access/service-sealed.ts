import { isTierlineError, notFound, type AccountId } from '@tierline/kernel';
import {
  commit,
  findAnswer,
  once,
  realTimeOf,
  type Cause,
  type Commit,
  type Database,
  type NewEvent,
  type Revisions,
} from '../../platform/db/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import { isWithin, type AccountNode, type Directory } from '../accounts/index.ts';
import type { Acting } from './principal.ts';

export type AccessDependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly revisions: Revisions;
  readonly secrets: Secrets;
};

/** What a use case decided: the answer, and what to commit for it (undefined: nothing has to change). */
export type Decision<Answer> = {
  readonly answer: Answer;
  readonly step:
    | (Pick<Commit<never>, 'subjectId' | 'writes' | 'constraints'> & { readonly events: readonly NewEvent[] })
    | undefined;
};

/** An answer as it is stored with an idempotency key: encrypted, for this very key. */
type SealedAnswer = { readonly sealed: string };

/**
 * Decides and commits, or finds the answer of an earlier try. Every account that gets an event is revised, so all nodes
 * look again at who may act for it.
 *
 * A retry must be told what the first request was told, secrets included, yet no secret may stand in the database in
 * clear: answers are stored encrypted. And since a request may hold a password, its hash is stored under a key too, so
 * that nobody with the database alone can try passwords on it.
 */
export async function sealedOnce<Answer>(
  { db, revisions, secrets }: AccessDependencies,
  cause: Cause,
  decide: () => Promise<Decision<Answer>>,
): Promise<Answer> {
  const { idempotency } = cause;
  const context = `answer:${idempotency?.ownerId}:${idempotency?.scope}:${idempotency?.key}`;
  const seal = (answer: Answer): SealedAnswer => ({
    sealed: secrets.encrypt(JSON.stringify(answer), context).toString('base64'),
  });
  const open = ({ sealed }: SealedAnswer): Answer =>
    JSON.parse(secrets.decrypt(Buffer.from(sealed, 'base64'), context)) as Answer;
  // People and credentials live in real time, also for a sandbox: expiry is compared with it, and a user can have roles
  // in a sandbox and outside of it.
  const real: Cause = { ...cause, at: realTimeOf(cause) };
  const keyed: Cause =
    idempotency === undefined
      ? real
      : { ...real, idempotency: { ...idempotency, requestHash: secrets.fingerprint(idempotency.requestHash) } };
  // Looked up first, unlike elsewhere: a retry should not pay for hashing a password again.
  const before = await findAnswer<SealedAnswer>(db, keyed.idempotency);
  if (before !== undefined) return open(before);
  const stored = await once(db, keyed, async () => {
    const { answer, step } = await decide();
    if (step === undefined) return seal(answer);
    const touched = new Set(step.events.map(({ ownerId }) => ownerId));
    const revise = [...touched].map((accountId) => ({ accountId, what: 'account' as const }));
    const committed = await commit(db, { ...step, cause: keyed, answer: seal(answer), revise });
    await revisions.refresh();
    return committed;
  });
  return open(stored);
}

/** The account, when it is the acting one or below it; another tenant's account does not exist. */
export async function visibleAccount(
  { directory }: AccessDependencies,
  acting: Acting,
  id: AccountId,
  field = 'account_id',
): Promise<AccountNode> {
  // The same answer for an account that is not there and for one of another tenant.
  const node = await directory.get(id).catch((error: unknown) => {
    throw isTierlineError(error) && error.kind === 'not_found' ? notFound('account', field) : error;
  });
  if (!isWithin(node.account, acting.accountId)) throw notFound('account', field);
  return node;
}
