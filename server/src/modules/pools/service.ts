import { notFound, TierlineError, type AccountId } from '@tierline/kernel';
import { commit, once, type Cause, type Database, type Revisions } from '../../platform/db/index.ts';
import type { Account, Directory } from '../accounts/index.ts';
import { checkUnits } from './pool.ts';
import { addUnits, selectPools, takeUnits, type PoolKey } from './store.ts';

export type PoolsService = ReturnType<typeof poolsService>;
export type UnitsWanted = Omit<PoolKey, 'accountId'> & { readonly units: bigint };
export type UnitsMoved = {
  readonly accountId: AccountId;
  readonly productId: string;
  readonly licenseVersion: string;
  readonly units: string;
};

type Dependencies = { readonly db: Database; readonly directory: Directory; readonly revisions: Revisions };

/** Use cases of license pools. Callers have authorized the actor. */
export function poolsService({ db, directory, revisions }: Dependencies) {
  /** New units in a root's own pool, as its vendor grants them. */
  async function mint(cause: Cause, account: Account, wanted: UnitsWanted): Promise<UnitsMoved> {
    checkUnits(wanted.units);
    return move(cause, account.id, wanted, []);
  }

  /** Units from the seller's pool into the pool of an account directly below it. */
  async function assign(cause: Cause, seller: Account, buyerId: AccountId, wanted: UnitsWanted): Promise<UnitsMoved> {
    checkUnits(wanted.units);
    const { account: buyer } = await directory.get(buyerId).catch(() => ({ account: undefined }));
    if (buyer?.parentId !== seller.id) throw notFound('account', 'account_id');
    const take = {
      run: takeUnits(db, { ...wanted, accountId: seller.id }, wanted.units, cause.at.toString()),
      expect: 1,
      otherwise: new TierlineError(
        'pools.exhausted',
        'conflict',
        'Your pool has fewer units of this product than you want to assign.',
        { field: 'units' },
      ),
    };
    return move(cause, buyer.id, wanted, [take]);
  }

  async function move(
    cause: Cause,
    to: AccountId,
    wanted: UnitsWanted,
    before: Parameters<typeof commit>[1]['writes'],
  ): Promise<UnitsMoved> {
    const { productId, licenseVersion, units } = wanted;
    const answer: UnitsMoved = { accountId: to, productId, licenseVersion, units: units.toString() };
    const committed = await commit(db, {
      cause,
      subjectId: productId,
      answer,
      writes: [
        ...before,
        { run: addUnits(db, { accountId: to, productId, licenseVersion }, units, cause.at.toString()), expect: 1 },
      ],
      events: [
        {
          ownerId: to,
          type: before.length === 0 ? 'pool.minted' : 'pool.assigned',
          subjectKind: 'product',
          subjectId: productId,
          data: { license_version: licenseVersion, units: units.toString() },
        },
      ],
      revise: [{ accountId: to, what: 'catalog' }],
      constraints: { license_pools_product_id_fkey: notFound('product', 'product_id') },
    });
    await revisions.refresh();
    return committed;
  }

  return {
    list: (accountId: AccountId) => selectPools(db, accountId),
    mint: (...input: Parameters<typeof mint>) => once(db, input[0], () => mint(...input)),
    assign: (...input: Parameters<typeof assign>) => once(db, input[0], () => assign(...input)),
  };
}
