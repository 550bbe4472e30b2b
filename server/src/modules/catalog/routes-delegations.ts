import { delegationRoutes, type Delegation as Shown, type Impact } from '@tierline/contract';
import { isUuid, notFound, type AccountId, type PlanId } from '@tierline/kernel';
import { decodeCursor, ok, pageOf, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { Account, AccountsService } from '../accounts/index.ts';
import type { Delegation } from './catalog.ts';
import type { CatalogBrowser } from './service-browse.ts';
import type { CatalogService } from './service.ts';

type Services = {
  readonly catalog: CatalogService;
  readonly browser: CatalogBrowser;
  readonly accounts: AccountsService;
  /** What revoking a delegation would do to renewals, as the account may see it. */
  readonly impactOf: (
    accountId: AccountId,
    change: { readonly kind: 'revoke'; readonly planId: PlanId; readonly accountId: AccountId },
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ) => Promise<Impact>;
};

export function bindDelegations(bind: Bind<Principal>, { catalog, browser, accounts, impactOf }: Services): void {
  /** The seller of an account below the caller: whoever may act for an account may act for those below it too. */
  async function sellerOf(caller: Principal, accountId: AccountId): Promise<Account> {
    const { account } = await accounts.visible(caller.accountId, accountId);
    if (account.id === caller.accountId || account.parentId === null) throw notFound('account');
    return (await accounts.visible(caller.accountId, account.parentId)).account;
  }

  bind(delegationRoutes.listDelegations, async ({ caller, query }) => {
    const sellerId = query.seller_id ?? caller.accountId;
    await accounts.visible(caller.accountId, sellerId, 'seller_id');
    const [accountId, planId] = query.cursor === undefined ? [] : decodeCursor(query.cursor, [isUuid, isUuid]);
    const after =
      accountId === undefined || planId === undefined
        ? undefined
        : { accountId: accountId as AccountId, planId: planId as PlanId };
    const filter = { accountId: query.account_id, planId: query.plan_id };
    const rows = await browser.delegations(sellerId, filter, { after, limit: query.limit + 1 });
    return ok(pageOf(rows, query, showDelegation, (row) => [row.accountId, row.planId]));
  });

  bind(delegationRoutes.putDelegation, async ({ caller, params, body, cause }) => {
    const seller = await sellerOf(caller, params.account_id);
    const { name, short_description: shortDescription, price_floor: priceFloor } = body;
    const wanted = { status: 'active' as const, name, shortDescription, priceFloor };
    const delegation = await catalog.delegate(cause, seller, params.account_id, params.plan_id, wanted);
    return ok(showDelegation(delegation), delegation.version);
  });

  bind(delegationRoutes.revokeDelegation, async ({ caller, params, query, cause }) => {
    const seller = await sellerOf(caller, params.account_id);
    await browser.delegation(params.account_id, params.plan_id);
    if (query.preview) {
      const change = { kind: 'revoke' as const, planId: params.plan_id, accountId: params.account_id };
      return ok(await impactOf(caller.accountId, change, query));
    }
    const revoked = { status: 'revoked' as const };
    const delegation = await catalog.delegate(cause, seller, params.account_id, params.plan_id, revoked);
    return ok(showDelegation(delegation), delegation.version);
  });
}

function showDelegation(delegation: Delegation): Shown {
  return {
    account_id: delegation.accountId,
    plan_id: delegation.planId,
    status: delegation.status,
    name: delegation.name,
    short_description: delegation.shortDescription,
    price_floor: delegation.priceFloor,
    version: delegation.version,
    created_at: delegation.createdAt,
    updated_at: delegation.updatedAt,
  };
}
