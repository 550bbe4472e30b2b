import { poolRoutes } from '@tierline/contract';
import type { ProductId } from '@tierline/kernel';
import { ok, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { Account, AccountsService } from '../accounts/index.ts';
import type { LicenseVersion } from '../catalog/index.ts';
import type { Pool } from './pool.ts';
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
    await accounts.visible(caller.accountId, accountId, 'account_id');
    return ok({ data: (await pools.list(accountId)).map(showPool) });
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
}

function wanted({ product_id: productId, license_version: licenseVersion, units }: Units) {
  return { productId, licenseVersion, units };
}

function showPool({ accountId, productId, licenseVersion, available }: Pool) {
  return { account_id: accountId, product_id: productId, license_version: licenseVersion, available };
}

function showMoved({ accountId, productId, licenseVersion, units }: UnitsMoved) {
  return { account_id: accountId, product_id: productId, license_version: licenseVersion, units };
}
