import { poolRoutes } from '@tierline/contract';
import type { ProductId } from '@tierline/kernel';
import { given, ok, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { Account, AccountsService } from '../accounts/index.ts';
import type { LicenseVersion } from '../catalog/index.ts';
import { refillSource, statusOf, type Pool } from './pool.ts';
import type { PoolsService, UnitsMoved } from './service.ts';

type Services = {
  readonly pools: PoolsService;
  readonly accounts: AccountsService;
  /** Throws not_found unless the product is one of the caller's channel. */
  readonly checkProduct: (account: Account, id: ProductId, field: string) => Promise<void>;
};

type Units = { readonly product_id: ProductId; readonly license_version: LicenseVersion; readonly units: bigint };

export function bindPools(bind: Bind<Principal>, { pools, accounts, checkProduct }: Services): void {
  bind(poolRoutes.listPools, async ({ caller, query }) => {
    const accountId = query.account_id ?? caller.accountId;
    const { account } = await accounts.visible(caller.accountId, accountId, 'account_id');
    return ok({ data: (await pools.list(accountId)).map((pool) => showPool(pool, account)) });
  });

  bind(poolRoutes.mintUnits, async ({ caller, body, cause }) => {
    const { account } = caller.node;
    await checkProduct(account, body.product_id, 'product_id');
    return ok(showMoved(await pools.mint(cause, account, wanted(body))));
  });

  bind(poolRoutes.assignUnits, async ({ caller, body, cause }) => {
    const { account } = caller.node;
    await checkProduct(account, body.product_id, 'product_id');
    return ok(showMoved(await pools.assign(cause, account, body.account_id, wanted(body))));
  });

  bind(poolRoutes.refillPool, async ({ caller, body, cause }) => {
    const { account } = caller.node;
    await checkProduct(account, body.product_id, 'product_id');
    return ok(showMoved(await pools.refill(cause, account, nameOf(body))));
  });

  bind(poolRoutes.setPool, async ({ caller, body, cause }) => {
    const { account } = caller.node;
    await checkProduct(account, body.product_id, 'product_id');
    const of = { ...nameOf(body), accountId: body.account_id ?? account.id };
    const settings = given({
      refillStep: body.refill_step,
      autoRefillBelow: body.auto_refill_below,
      mayRefill: body.may_refill,
      maximum: body.maximum,
      minimum: body.minimum,
    });
    const pool = await pools.set(cause, account, of, settings);
    return ok(showPool(pool, (await accounts.visible(account.id, of.accountId, 'account_id')).account));
  });
}

function nameOf({ product_id: productId, license_version: licenseVersion }: Omit<Units, 'units'>) {
  return { productId, licenseVersion };
}

function wanted(of: Units) {
  return { ...nameOf(of), units: of.units };
}

function showPool(pool: Pool, account: Account) {
  return {
    account_id: pool.accountId,
    product_id: pool.productId,
    license_version: pool.licenseVersion,
    available: pool.available,
    owed: pool.owed,
    status: statusOf(pool),
    refill: refillSource(account),
    refill_step: pool.refillStep,
    auto_refill_below: pool.autoRefillBelow,
    may_refill: pool.mayRefill || account.id === account.rootId,
    maximum: pool.maximum,
    minimum: pool.minimum,
  };
}

function showMoved({ accountId, productId, licenseVersion, units }: UnitsMoved) {
  return { account_id: accountId, product_id: productId, license_version: licenseVersion, units };
}
