import {
  priceListRoutes,
  type Impact,
  type PriceEntry as ShownEntry,
  type PriceList as Shown,
  type PriceRule as ShownRule,
} from '@tierline/contract';
import { isUuid, notFound, type AccountId, type CustomerId } from '@tierline/kernel';
import { afterId, created, decodeCursor, ok, pageById, pageOf, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountNode, AccountsService } from '../accounts/index.ts';
import { chargeTypes } from '../catalog/index.ts';
import type { PriceEntry, PriceList, PriceRule, RuleScope } from './price.ts';
import type { PriceLists } from './service-lists.ts';
import type { NewPrice, PricingService } from './service.ts';
import type { Supposition } from './supposition.ts';

type Services = {
  readonly pricing: PricingService;
  readonly lists: PriceLists;
  readonly accounts: AccountsService;
  /** The account directly below the seller, or the customer of its own, that has this id. */
  readonly buyerOf: (seller: AccountId, id: string) => Promise<AccountId | CustomerId | undefined>;
  /** Whether the account can price such a thing: one of its catalog, or of its channel. */
  readonly hasTarget: (
    node: AccountNode,
    scope: Exclude<RuleScope, 'all'> | 'resource',
    id: string,
  ) => Promise<boolean>;
  /** What a change would do to renewals, as the account may see it. */
  readonly impactOf: (
    accountId: AccountId,
    change: { readonly kind: 'prices'; readonly list: PriceList; readonly supposed: Supposition },
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ) => Promise<Impact>;
};

export function bindPriceLists(bind: Bind<Principal>, services: Services): void {
  bindListReads(bind, services);
  bindListWrites(bind, services);
}

const isDecimal = (part: string): boolean => /^\d{1,15}(\.\d{1,30})?$/.test(part);
const isDate = (part: string): boolean => /^\d{4}-\d\d-\d\d$/.test(part);
const isChargeType = (part: string): boolean => chargeTypes.some((type) => type === part);

function bindListReads(bind: Bind<Principal>, { pricing, lists, accounts }: Services): void {
  bind(priceListRoutes.listPriceLists, async ({ caller, query }) => {
    const accountId = query.account_id ?? caller.accountId;
    await accounts.visible(caller.accountId, accountId, 'account_id');
    const rows = await lists.of(accountId, { after: afterId<'price_list'>(query), limit: query.limit + 1 });
    return ok(pageById(rows, query, showList));
  });

  bind(priceListRoutes.getPriceList, async ({ caller, params }) => {
    const { list } = await lists.visible(caller.accountId, params.price_list_id);
    return ok({ ...showList(list), rules: (await lists.rules(list.id)).map(showRule) }, list.version);
  });

  bind(priceListRoutes.listPrices, async ({ caller, params, query }) => {
    const { list } = await lists.visible(caller.accountId, params.price_list_id);
    const checks = [isUuid, isChargeType, isDate, isDecimal];
    const parts = query.cursor === undefined ? undefined : decodeCursor(query.cursor, checks);
    const [targetId = '', chargeType = '', effectiveFrom = '', lowerLimit = ''] = parts ?? [];
    const after = parts && { targetId, chargeType, effectiveFrom, lowerLimit };
    const rows = await pricing.entries(list.id, { after, limit: query.limit + 1 });
    const key = (row: PriceEntry) => [row.targetId, row.chargeType, row.effectiveFrom, row.lowerLimit];
    return ok(pageOf(rows, query, showEntry, key));
  });
}

function bindListWrites(bind: Bind<Principal>, services: Services): void {
  const { pricing, lists, accounts, buyerOf, hasTarget, impactOf } = services;
  bind(priceListRoutes.createPriceList, async ({ caller, body, cause }) => {
    const accountId = body.account_id ?? caller.accountId;
    const { account } = await accounts.visible(caller.accountId, accountId, 'account_id');
    const { buyer_group: buyerGroup = null } = body;
    const buyerId = body.buyer_id === undefined ? null : await buyerOf(account.id, body.buyer_id);
    if (buyerId === undefined) throw notFound('buyer', 'buyer_id');
    const list = await pricing.createList(cause, account, {
      name: body.name,
      currency: body.currency,
      audience: buyerId !== null ? 'buyer' : buyerGroup !== null ? 'group' : 'global',
      buyerGroup,
      buyerId,
      effectiveFrom: body.effective_from,
      effectiveTo: body.effective_to,
    });
    return created(showList(list), list.version);
  });

  bind(priceListRoutes.changePriceList, async ({ caller, params, body, cause, expectedVersion }) => {
    const { list, node } = await lists.visible(caller.accountId, params.price_list_id);
    const wanted = { name: body.name, effectiveTo: body.effective_to, expectedVersion };
    const changed = await pricing.changeList(cause, node.account, list.id, wanted);
    return ok(showList(changed), changed.version);
  });

  bind(priceListRoutes.setPrices, async ({ caller, params, query, body, cause }) => {
    const { list, node } = await lists.visible(caller.accountId, params.price_list_id);
    const prices: NewPrice[] = body.prices.map((price) => ({
      targetId: price.target_id,
      targetKind: price.target,
      chargeType: price.charge_type,
      effectiveFrom: price.effective_from,
      tiers: price.tiers.map((tier) => ({ lowerLimit: tier.lower_limit, amount: tier.amount })),
    }));
    for (const [index, { targetKind, targetId }] of prices.entries()) {
      if (targetKind === 'rate' || (await hasTarget(node, 'resource', targetId))) continue;
      throw notFound('resource', `prices.${index}.target_id`);
    }
    if (query.preview) {
      const supposed = await pricing.supposePrices(cause, node, list.id, prices);
      return ok(await impactOf(caller.accountId, { kind: 'prices', ...supposed }, query));
    }
    const changed = await pricing.setPrices(cause, node, list.id, prices);
    return ok(showList(changed), changed.version);
  });

  bind(priceListRoutes.addPriceRule, async ({ caller, params, query, body, cause }) => {
    const { list, node } = await lists.visible(caller.accountId, params.price_list_id);
    const { scope, scope_id: scopeId = null } = body;
    if (scope !== 'all' && !(scopeId !== null && (await hasTarget(node, scope, scopeId)))) {
      throw notFound('scope', 'scope_id');
    }
    const facts = {
      scope,
      scopeId,
      chargeType: body.charge_type,
      percent: body.percent,
      amount: body.amount,
      decimals: body.decimals,
      effectiveFrom: body.effective_from,
    };
    if (query.preview) {
      const supposed = await pricing.supposeRule(node.account, list.id, facts);
      return ok(await impactOf(caller.accountId, { kind: 'prices', ...supposed }, query));
    }
    const rule = await pricing.addRule(cause, node.account, list.id, facts);
    return created(showRule(rule));
  });
}

function showList(list: PriceList): Shown {
  return {
    id: list.id,
    account_id: list.accountId,
    name: list.name,
    currency: list.currency,
    audience: list.audience,
    buyer_group: list.buyerGroup,
    buyer_id: list.buyerId,
    effective_from: list.effectiveFrom,
    effective_to: list.effectiveTo,
    version: list.version,
    created_at: list.createdAt,
    updated_at: list.updatedAt,
  };
}

function showRule(rule: PriceRule): ShownRule {
  return {
    id: rule.id,
    scope: rule.scope,
    scope_id: rule.scopeId,
    charge_type: rule.chargeType,
    percent: rule.percent,
    amount: rule.amount,
    decimals: rule.decimals,
    effective_from: rule.effectiveFrom,
  };
}

function showEntry(entry: PriceEntry): ShownEntry {
  return {
    target: entry.targetKind,
    target_id: entry.targetId,
    charge_type: entry.chargeType,
    effective_from: entry.effectiveFrom,
    lower_limit: entry.lowerLimit,
    amount: entry.amount,
  };
}
