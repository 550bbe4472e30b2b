import type { AccountId, PriceListId } from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Statement, Tables } from '../../platform/db/index.ts';
import type { PriceEntry, PriceList, PriceRule } from './price.ts';

export function listFromRow(row: Selectable<Tables['price_lists']>): PriceList {
  return {
    id: row.id as PriceListId,
    accountId: row.account_id as AccountId,
    name: row.name,
    currency: row.currency,
    audience: row.audience as PriceList['audience'],
    buyerGroup: row.buyer_group,
    buyerId: row.buyer_id as PriceList['buyerId'],
    effectiveFrom: row.effective_from,
    effectiveTo: row.effective_to,
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

export function ruleFromRow(row: Selectable<Tables['price_rules']>): PriceRule {
  return {
    id: row.id,
    priceListId: row.price_list_id as PriceListId,
    scope: row.scope as PriceRule['scope'],
    scopeId: row.scope_id,
    chargeType: row.charge_type as PriceRule['chargeType'],
    percent: row.percent,
    amount: row.amount,
    decimals: row.decimals,
    effectiveFrom: row.effective_from,
  };
}

export function entryFromRow(row: Omit<Selectable<Tables['prices']>, 'created_at'>): PriceEntry {
  return {
    priceListId: row.price_list_id as PriceListId,
    targetId: row.target_id as PriceEntry['targetId'],
    targetKind: row.target_kind as PriceEntry['targetKind'],
    chargeType: row.charge_type as PriceEntry['chargeType'],
    effectiveFrom: row.effective_from,
    lowerLimit: row.lower_limit,
    amount: row.amount,
  };
}

/** All lists and rules of an account; few, and remembered while nothing of the account's catalog changes. */
export async function selectLists(
  db: Database,
  accountId: AccountId,
): Promise<{ lists: PriceList[]; rules: PriceRule[] }> {
  const [lists, rules] = await Promise.all([
    db.kysely.selectFrom('price_lists').selectAll().where('account_id', '=', accountId).orderBy('id').execute(),
    db.kysely
      .selectFrom('price_rules')
      .innerJoin('price_lists', 'price_lists.id', 'price_rules.price_list_id')
      .selectAll('price_rules')
      .where('price_lists.account_id', '=', accountId)
      .orderBy('price_rules.id')
      .execute(),
  ]);
  return { lists: lists.map(listFromRow), rules: rules.map(ruleFromRow) };
}

const entriesOf: Statement = {
  name: 'price_entries_of',
  text: `select price_list_id, target_id, charge_type, effective_from, lower_limit, target_kind, amount
    from prices where target_id = any($1::uuid[]) and price_list_id = any($2::uuid[])`,
};

/** Explicit prices of some targets in some lists. */
export async function selectEntries(
  db: Database,
  targetIds: readonly string[],
  listIds: readonly string[],
): Promise<PriceEntry[]> {
  if (listIds.length === 0 || targetIds.length === 0) return [];
  const rows = await db.query<Omit<Selectable<Tables['prices']>, 'created_at'>>(entriesOf, [targetIds, listIds]);
  return rows.map(entryFromRow);
}

export async function selectList(db: Database, id: PriceListId): Promise<PriceList | undefined> {
  const row = await db.kysely.selectFrom('price_lists').selectAll().where('id', '=', id).executeTakeFirst();
  return row && listFromRow(row);
}

/** Whether somebody buys from the account: an account directly below it, or a customer of its own. */
export async function selectIsBuyer(db: Database, accountId: AccountId, buyerId: string): Promise<boolean> {
  const found = await db.query({ name: 'is_buyer', text: isBuyer }, [accountId, buyerId]);
  return found.length > 0;
}

const isBuyer = `select 1 from accounts where id = $2 and parent_id = $1
  union all select 1 from customers where owner_id = $1 and id = $2`;

export function insertList(db: Database, list: PriceList) {
  return db.kysely
    .insertInto('price_lists')
    .values({
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
    })
    .returning('id');
}

/** Moves the list to its next version where the stored one is still of the version before. */
export function touchList(db: Database, list: PriceList) {
  return db.kysely
    .updateTable('price_lists')
    .set({ version: list.version, updated_at: list.updatedAt, effective_to: list.effectiveTo, name: list.name })
    .where('id', '=', list.id)
    .where('version', '=', list.version - 1)
    .returning('id');
}

/** Takes away the tiers that the new entries replace and no longer have. */
export function deleteReplaced(entries: readonly PriceEntry[]) {
  const json = JSON.stringify(entries.map(toRow));
  return sql`delete from prices p using jsonb_to_recordset(${json}::jsonb)
      as replaced (price_list_id uuid, target_id uuid, charge_type text, effective_from date)
    where p.price_list_id = replaced.price_list_id and p.target_id = replaced.target_id
      and p.charge_type = replaced.charge_type and p.effective_from = replaced.effective_from
      and not exists (select 1 from jsonb_to_recordset(${json}::jsonb)
        as kept (price_list_id uuid, target_id uuid, charge_type text, effective_from date, lower_limit numeric)
        where kept.price_list_id = p.price_list_id and kept.target_id = p.target_id and kept.charge_type = p.charge_type
          and kept.effective_from = p.effective_from and kept.lower_limit = p.lower_limit)
    returning p.target_id`;
}

export function upsertEntries(db: Database, entries: readonly PriceEntry[], at: string) {
  const json = JSON.stringify(entries.map((entry) => ({ ...toRow(entry), created_at: at })));
  return db.kysely
    .insertInto('prices')
    .expression(sql`select * from jsonb_populate_recordset(null::prices, ${json}::jsonb)`)
    .onConflict((conflict) =>
      conflict
        .columns(['price_list_id', 'target_id', 'charge_type', 'effective_from', 'lower_limit'])
        .doUpdateSet((set) => ({ amount: set.ref('excluded.amount') })),
    )
    .returning('target_id');
}

function toRow(entry: PriceEntry) {
  return {
    price_list_id: entry.priceListId,
    target_id: entry.targetId,
    charge_type: entry.chargeType,
    effective_from: entry.effectiveFrom,
    lower_limit: entry.lowerLimit,
    target_kind: entry.targetKind,
    amount: entry.amount,
  };
}

export function insertRule(db: Database, rule: PriceRule, at: string) {
  return db.kysely
    .insertInto('price_rules')
    .values({
      id: rule.id,
      price_list_id: rule.priceListId,
      scope: rule.scope,
      scope_id: rule.scopeId,
      charge_type: rule.chargeType,
      percent: rule.percent,
      amount: rule.amount,
      decimals: rule.decimals,
      effective_from: rule.effectiveFrom,
      created_at: at,
    })
    .returning('id');
}

export async function selectListEntries(
  db: Database,
  listId: PriceListId,
  page: {
    after?: { targetId: string; chargeType: string; effectiveFrom: string; lowerLimit: string } | undefined;
    limit: number;
  },
): Promise<PriceEntry[]> {
  let query = db.kysely
    .selectFrom('prices')
    .selectAll()
    .where('price_list_id', '=', listId)
    .orderBy('target_id')
    .orderBy('charge_type')
    .orderBy('effective_from')
    .orderBy('lower_limit')
    .limit(page.limit);
  if (page.after !== undefined) {
    const { targetId, chargeType, effectiveFrom, lowerLimit } = page.after;
    query = query.where(
      sql<boolean>`(target_id, charge_type, effective_from, lower_limit) > (${targetId}::uuid, ${chargeType}, ${effectiveFrom}::date, ${lowerLimit}::numeric)`,
    );
  }
  return (await query.execute()).map(entryFromRow);
}

export async function selectFloors(
  db: Database,
  planIds: readonly string[],
  path: readonly AccountId[],
): Promise<{ accountId: AccountId; planId: string }[]> {
  const rows = await db.kysely
    .selectFrom('delegations')
    .select(['account_id', 'plan_id'])
    .where(sql<boolean>`account_id = any(${[...path]}::uuid[])`)
    .where(sql<boolean>`plan_id = any(${[...planIds]}::uuid[])`)
    .where('price_floor', '=', 'cost')
    .execute();
  return rows.map((row) => ({ accountId: row.account_id as AccountId, planId: row.plan_id }));
}

export async function selectListPage(
  db: Database,
  accountId: AccountId,
  page: { after?: PriceListId | undefined; limit: number },
): Promise<PriceList[]> {
  let query = db.kysely
    .selectFrom('price_lists')
    .selectAll()
    .where('account_id', '=', accountId)
    .orderBy('id')
    .limit(page.limit);
  if (page.after !== undefined) query = query.where('id', '>', page.after);
  return (await query.execute()).map(listFromRow);
}

export async function selectRules(db: Database, listId: PriceListId): Promise<PriceRule[]> {
  const rows = await db.kysely
    .selectFrom('price_rules')
    .selectAll()
    .where('price_list_id', '=', listId)
    .orderBy('id')
    .execute();
  return rows.map(ruleFromRow);
}
