import { notFound, versionMismatch, type AccountId, type PlanId } from '@tierline/kernel';
import type { Cause } from '../../platform/db/index.ts';
import { isWithin, type Account } from '../accounts/index.ts';
import type { Delegation } from './catalog.ts';
import { repeatable, writeCatalog, type CatalogDependencies } from './service-shared.ts';
import { upsertDelegation } from './store.ts';
import { selectDelegation, selectPlan } from './store-lists.ts';

/** Passing plans on, level by level. */
export function delegationsService(dependencies: CatalogDependencies) {
  const { db, directory } = dependencies;

  /** Passes a plan on to an account directly below, changes what was passed on, or takes it back. */
  async function delegate(
    cause: Cause,
    seller: Account,
    buyerId: AccountId,
    planId: PlanId,
    wanted: Partial<Pick<Delegation, 'status' | 'name' | 'shortDescription' | 'priceFloor'>>,
  ): Promise<Delegation> {
    await directory.childOf(seller.id, buyerId, 'account_id');
    const found = await selectPlan(db, planId);
    if (found === undefined || !isWithin(seller, found.plan.accountId)) throw notFound('plan', 'plan_id');
    const own = found.plan.accountId === seller.id ? 'own' : (await selectDelegation(db, seller.id, planId))?.status;
    if (own !== 'own' && own !== 'active') throw notFound('plan', 'plan_id');
    const current = await selectDelegation(db, buyerId, planId);
    const at = cause.at.toString();
    const changed: Delegation = {
      accountId: buyerId,
      planId,
      status: wanted.status ?? 'active',
      name: wanted.name === undefined ? (current?.name ?? null) : wanted.name,
      shortDescription:
        wanted.shortDescription === undefined ? (current?.shortDescription ?? null) : wanted.shortDescription,
      priceFloor: wanted.priceFloor ?? current?.priceFloor ?? 'none',
      version: (current?.version ?? 0) + 1,
      createdAt: current?.createdAt ?? at,
      updatedAt: at,
    };
    return writeCatalog(dependencies, {
      cause,
      of: buyerId,
      subjectId: planId,
      answer: changed,
      writes: [{ run: upsertDelegation(db, changed), expect: 1, otherwise: versionMismatch('delegation') }],
      events: [
        {
          ownerId: buyerId,
          type: changed.status === 'active' ? 'plan.delegated' : 'plan.delegation_revoked',
          subjectKind: 'plan',
          subjectId: planId,
          data: { seller_id: seller.id },
        },
      ],
    });
  }

  return { delegate: repeatable(db, delegate) };
}
