import { accountRoutes, type Account as Shown } from '@tierline/contract';
import { afterId, created, given, ok, pageById, type ApiCaller, type Bind } from '../../platform/http/index.ts';
import type { Account } from './account.ts';
import { companyFrom, showCompany } from './company-shown.ts';
import type { AccountNode } from './service-directory.ts';
import type { AccountsService } from './service.ts';

export function bindAccounts(
  bind: Bind<ApiCaller & { readonly node: AccountNode }>,
  { accounts }: { readonly accounts: AccountsService },
): void {
  bind(accountRoutes.listAccounts, async ({ caller, query }) => {
    const { limit, name, external_id: externalId, parent_id: directlyBelow, kind, status } = query;
    const filter = { kind, status, nameContains: name, externalId, directlyBelow };
    const after = afterId<'account'>(query);
    const rows = await accounts.list({ ...filter, within: caller.accountId, after, limit: limit + 1 });
    return ok(pageById(rows, query, showAccount));
  });

  bind(accountRoutes.createAccount, async ({ caller, body, cause }) => {
    const parentId = body.parent_id ?? caller.accountId;
    await accounts.visible(caller.accountId, parentId, 'parent_id');
    const facts = {
      kind: body.kind,
      name: body.name,
      currency: body.currency,
      timeZone: body.time_zone,
      country: body.country,
      language: body.language,
      externalId: body.external_id,
      buyerGroup: body.buyer_group,
      billingCurrency: body.billing_currency,
      priceFloor: body.price_floor,
      dataCenter: body.data_center,
      remoteManager: body.remote_manager,
      visionOne: body.vision_one,
      profile: body.profile,
      company: body.company && companyFrom(body.company),
    };
    const account = await accounts.create(cause, parentId, given(facts));
    return created(showAccount(account), account.version);
  });

  bind(accountRoutes.getAccount, async ({ caller, params }) => {
    const { account } = await accounts.visible(caller.accountId, params.account_id);
    return ok(showAccount(account), account.version);
  });

  bind(accountRoutes.changeAccount, async ({ caller, params, body, cause, expectedVersion, ...call }) => {
    if (body.status === 'closed') call.require('accounts.close');
    const wanted = {
      name: body.name,
      timeZone: body.time_zone,
      country: body.country,
      language: body.language,
      status: body.status,
      externalId: body.external_id,
      buyerGroup: body.buyer_group,
      billingCurrency: body.billing_currency,
      priceFloor: body.price_floor,
      dataCenter: body.data_center,
      remoteManager: body.remote_manager,
      visionOne: body.vision_one,
      profile: body.profile,
      company: body.company && companyFrom(body.company),
    };
    const change = { ...given(wanted), expectedVersion };
    const account = await accounts.change(cause, caller.accountId, params.account_id, change);
    return ok(showAccount(account), account.version);
  });
}

/** An account as our own API shows it; what stands above its parent is nobody's business. */
export function showAccount(account: Account): Shown {
  return {
    id: account.id,
    parent_id: account.parentId,
    kind: account.kind,
    name: account.name,
    currency: account.currency,
    time_zone: account.timeZone,
    country: account.country,
    language: account.language,
    status: account.status,
    number: account.number,
    tenant_id: account.tenantId,
    external_id: account.externalId,
    buyer_group: account.buyerGroup,
    billing_currency: account.billingCurrency,
    price_floor: account.priceFloor,
    data_center: account.dataCenter,
    remote_manager: account.remoteManager,
    vision_one: account.visionOne,
    profile: account.profile,
    company: account.company && showCompany(account.company),
    version: account.version,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
  };
}
