import type { AccountId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Write } from '../../platform/db/index.ts';

/** What reports call a thing; city and state where it has an address that they tell. */
export type Naming = { readonly name: string; readonly city?: string | null; readonly state?: string | null };

/**
 * Keeps what something was called until now, so that reports about the past go on calling it so. Nothing where it is still called that.
 * @param ownerId of a customer its seller, of an account itself, of a product the root of its channel
 */
export function recordFormerName(
  ownerId: AccountId,
  subjectId: string,
  until: string,
  { was, is }: { readonly was: Naming; readonly is: Naming },
): Write[] {
  const isSame =
    was.name === is.name && (was.city ?? null) === (is.city ?? null) && (was.state ?? null) === (is.state ?? null);
  if (isSame) return [];
  return [
    {
      run: sql`insert into former_names (owner_id, subject_id, until_at, name, city, state)
        values (${ownerId}, ${subjectId}, ${until}::timestamptz, ${was.name}, ${was.city ?? null}, ${was.state ?? null})
        on conflict do nothing returning 1`,
    },
  ];
}
