import type { AccountId, SubscriptionId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Write } from '../../platform/db/index.ts';

/**
 * What the licenses of pending subscriptions are until they are removed, for whoever removes them in the same statement. Every other
 * change records it in the statement that stores changes.
 */
export function recordPending(ownerId: AccountId, ids: readonly SubscriptionId[], until: string): Write {
  return {
    run: sql`insert into license_history (owner_id, license_id, until_at, version, subscription_id, plan_id, plan_version, name, status,
        product_id, license_version, units, start_on, end_on, start_charge_on, enabled)
      select b.owner_id, l.id, ${until}::timestamptz, b.version, b.id, b.plan_id, b.plan_version, b.name, b.status, l.product_id,
        l.license_version, l.units, l.start_on, l.end_on, l.start_charge_on, l.enabled
      from subscriptions b join licenses l on l.owner_id = b.owner_id and l.subscription_id = b.id
      where b.owner_id = ${ownerId} and b.id = any(${[...ids]}::uuid[]) and b.status = 'pending' returning 1`,
  };
}
