import { invalid, newId, notFound, versionMismatch, type AccountId } from '@tierline/kernel';
import { commit, once, type Cause, type Database, type Write } from '../../platform/db/index.ts';
import type { Account, Directory } from '../accounts/index.ts';
import { catalogLists, type LicenseVersion } from '../catalog/index.ts';
import { exhausted, type PoolKey } from './draws.ts';
import { checkUnits, refillSource, refillUnits, settingReasons, type Pool, type PoolSettings } from './pool.ts';
import { addUnits, changeSettings, insertRefilled, refillPool, selectPools, takeUnits } from './store.ts';

export type PoolsService = ReturnType<typeof poolsService>;
/** A pool of whom the context says. */
export type PoolName = Omit<PoolKey, 'accountId'>;
export type UnitsWanted = PoolName & { readonly units: bigint };
export type UnitsMoved = {
  readonly accountId: AccountId;
  readonly productId: string;
  readonly licenseVersion: LicenseVersion;
  readonly units: string;
};

type Dependencies = { readonly db: Database; readonly directory: Directory };
type Moving = {
  readonly to: AccountId;
  readonly writes: readonly Write[];
  readonly event: string;
  readonly why?: string;
};

/** Use cases of license pools. Callers have authorized the actor. */
export function poolsService({ db, directory }: Dependencies) {
  /** New units in a root's own pool, as its vendor grants them. */
  async function mint(cause: Cause, account: Account, wanted: UnitsWanted): Promise<UnitsMoved> {
    checkUnits(wanted.units);
    await checkProduct(account, wanted);
    return move(cause, wanted, { to: account.id, writes: [adding(cause, account.id, wanted)], event: 'pool.minted' });
  }

  /** Units from the seller's pool into the pool of an account directly below it. */
  async function assign(cause: Cause, seller: Account, buyerId: AccountId, wanted: UnitsWanted): Promise<UnitsMoved> {
    checkUnits(wanted.units);
    const { account: buyer } = await directory.childOf(seller.id, buyerId, 'account_id');
    const message = 'Your pool has fewer units of this product than you want to assign.';
    const writes = [...taking(cause, seller.id, wanted, message), adding(cause, buyer.id, wanted)];
    return move(cause, wanted, { to: buyer.id, writes, event: 'pool.assigned' });
  }

  /** A refill that the owner asks for: a step of new units at the root and its tier one, up to the maximum from the parent's pool below. */
  async function refill(cause: Cause, account: Account, name: PoolName): Promise<UnitsMoved> {
    await checkProduct(account, name);
    const [seen] = await selectPools(db, account.id, name);
    const wanted = { ...name, units: refillUnits(account, seen) };
    const key = { ...name, accountId: account.id };
    const into =
      seen === undefined
        ? adding(cause, account.id, wanted)
        : {
            run: refillPool(key, wanted.units, seen, cause.at.toString()),
            expect: 1,
            // Counted with what is not so any more: counted again.
            otherwise: versionMismatch('pool'),
          };
    const isMinted = refillSource(account) === 'minted' || account.parentId === null;
    const message = "Your parent's pool has fewer units of this product than yours lacks. Ask it to refill.";
    const from = isMinted ? [] : taking(cause, account.parentId, wanted, message);
    const why = isMinted ? 'step' : 'from_parent';
    return move(cause, wanted, { to: account.id, writes: [...from, into], event: 'pool.refilled', why });
  }

  /** How a pool of the account, or of one directly below it, is filled again. */
  async function set(
    cause: Cause,
    caller: Account,
    of: PoolName & { readonly accountId: AccountId },
    settings: PoolSettings,
  ): Promise<AccountId> {
    const isOwn = of.accountId === caller.id;
    const account = isOwn ? caller : (await directory.childOf(caller.id, of.accountId, 'account_id')).account;
    await checkProduct(account, of);
    const reasons = settingReasons(account, isOwn ? 'owner' : 'parent', settings);
    if (reasons.length > 0) throw invalid(reasons);
    const [before] = await selectPools(db, account.id, of);
    const isRoot = account.id === account.rootId;
    if (
      settings.autoRefillBelow !== undefined &&
      settings.autoRefillBelow > 0n &&
      !isRoot &&
      before?.mayRefill !== true
    ) {
      const message = 'Your parent account has not allowed this pool to be refilled by itself. Ask it to.';
      throw invalid([{ code: 'pools.refill_not_allowed', field: 'auto_refill_below', message }]);
    }
    const { productId, licenseVersion } = of;
    return commit(db, {
      cause,
      subjectId: productId,
      answer: account.id,
      writes: [
        { run: changeSettings({ ...of, accountId: account.id }, settings, isRoot, cause.at.toString()), expect: 1 },
      ],
      events: [
        {
          ownerId: account.id,
          type: 'pool.changed',
          subjectKind: 'product',
          subjectId: productId,
          data: { license_version: licenseVersion, ...told(settings) },
        },
      ],
      constraints,
    });
  }

  async function checkProduct({ rootId }: Account, { productId }: PoolName): Promise<void> {
    const [product] = await catalogLists(db).products([productId]);
    if (product?.rootId !== rootId) throw notFound('product', 'product_id');
  }

  /** Out of a pool, which may fill itself meanwhile. */
  function taking(cause: Cause, accountId: AccountId, { units, ...name }: UnitsWanted, message: string): Write[] {
    return [
      {
        name: 'taken',
        run: takeUnits({ ...name, accountId }, units, cause.at.toString()),
        expect: 1,
        otherwise: exhausted([{ code: 'pools.exhausted', field: 'units', message }]),
      },
      { run: insertRefilled('taken', newId<'event'>(), cause) },
    ];
  }

  function adding(cause: Cause, accountId: AccountId, { units, ...name }: UnitsWanted): Write {
    return { run: addUnits({ ...name, accountId }, units, cause.at.toString()), expect: 1 };
  }

  async function move(cause: Cause, wanted: UnitsWanted, { to, writes, event, why }: Moving): Promise<UnitsMoved> {
    const { productId, licenseVersion, units } = wanted;
    const answer: UnitsMoved = { accountId: to, productId, licenseVersion, units: units.toString() };
    const data = { license_version: licenseVersion, units: units.toString(), ...(why === undefined ? {} : { why }) };
    return commit(db, {
      cause,
      subjectId: productId,
      answer,
      writes,
      events: [{ ownerId: to, type: event, subjectKind: 'product', subjectId: productId, data }],
      constraints,
    });
  }

  return {
    list: (accountId: AccountId) => selectPools(db, accountId),
    mint: (...input: Parameters<typeof mint>) => once(db, input[0], () => mint(...input)),
    assign: (...input: Parameters<typeof assign>) => once(db, input[0], () => assign(...input)),
    refill: (...input: Parameters<typeof refill>) => once(db, input[0], () => refill(...input)),
    async set(...input: Parameters<typeof set>): Promise<Pool> {
      const [pool] = await selectPools(db, await once(db, input[0], () => set(...input)), input[2]);
      return pool!;
    },
  };
}

const constraints = { license_pools_product_id_fkey: notFound('product', 'product_id') };

/** Settings as events show them. */
function told({ refillStep, autoRefillBelow, mayRefill, maximum, minimum }: PoolSettings): Record<string, unknown> {
  return {
    refill_step: refillStep?.toString(),
    auto_refill_below: autoRefillBelow?.toString(),
    may_refill: mayRefill,
    maximum: maximum?.toString(),
    minimum: minimum?.toString(),
  };
}
