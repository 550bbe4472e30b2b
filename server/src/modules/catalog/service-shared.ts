import type { AccountId } from '@tierline/kernel';
import {
  commit,
  once,
  type Cause,
  type Commit,
  type Database,
  type Numbers,
  type Revisions,
} from '../../platform/db/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import type { Directory } from '../accounts/index.ts';

export type CatalogDependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly revisions: Revisions;
  readonly secrets: Secrets;
  readonly planNumbers: Numbers;
  readonly rateNumbers: Numbers;
};

export type CatalogWrite<Answer> = Omit<Commit<Answer>, 'revise'> & { readonly of: AccountId };

/** Commits a change of the catalog of account `of`; from then on nothing that was remembered below it is valid. */
export async function writeCatalog<Answer>(
  { db, revisions }: CatalogDependencies,
  { of, ...work }: CatalogWrite<Answer>,
): Promise<Answer> {
  const answer = await commit(db, { ...work, revise: [{ accountId: of, what: 'catalog' }] });
  await revisions.refresh();
  return answer;
}

/** Lets a use case be repeated with the same idempotency key. */
export function repeatable<Input extends readonly unknown[], Answer>(
  db: Database,
  work: (cause: Cause, ...input: Input) => Promise<Answer>,
): (cause: Cause, ...input: Input) => Promise<Answer> {
  return (cause, ...input) => once(db, cause, () => work(cause, ...input));
}

/** What a webhook's secret is bound to where it is stored. */
export function webhookSecretContext(vendorId: string): string {
  return `vendors:${vendorId}`;
}
