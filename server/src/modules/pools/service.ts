import { notFound, TierlineError, type AccountId } from '@tierline/kernel';
import { commit, once, type Cause, type Database } from '../../platform/db/index.ts';
import type { Account, Directory } from '../accounts/index.ts';
import { catalogLists, type LicenseVersion } from '../catalog/index.ts';
import { checkUnits } from './pool.ts';
import { addUnits, selectPools, takeUnits, type PoolKey } from './store.ts';

export type PoolsService = ReturnType<typeof poolsService>;
export type UnitsWanted = Omit<PoolKey, 'accountId'> & { readonly units: bigint };
export type UnitsMoved = {
  readonly accountId: AccountId;
  readonly productId: string;
  readonly licenseVersion: LicenseVersion;
  readonly units: string;
};

type Dependencies = { readonly db: Database; readonly directory: Directory };

/** Use cases of license pools. Callers have authorized the actor. */
export function poolsService({ db, directory }: Dependencies) {
  /** New units in a root's own pool, as its vendor grants them. */
  async function mint(cause: Cause, account: Account, wanted: UnitsWanted): Promise<UnitsMoved> {
    checkUnits(wanted.units);
    const [product] = await catalogLists(db).products([wanted.productId]);
    if (product?.rootId !== account.rootId) throw notFound('product', 'product_id');
    return move(cause, account.id, wanted, []);
  }

  /** Units from the seller's pool into the pool of an account directly below it. */
  async function assign(cause: Cause, seller: Account, buyerId: AccountId, wanted: UnitsWanted): Promise<UnitsMoved> {
    checkUnits(wanted.units);
    const { account: buyer } = await directory.childOf(seller.id, buyerId, 'account_id');
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
    return commit(db, {
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
      constraints: { license_pools_product_id_fkey: notFound('product', 'product_id') },
    });
  }

  return {
    list: (accountId: AccountId) => selectPools(db, accountId),
    mint: (...input: Parameters<typeof mint>) => once(db, input[0], () => mint(...input)),
    assign: (...input: Parameters<typeof assign>) => once(db, input[0], () => assign(...input)),
  };
}
