import type { AccountId, Temporal } from '@tierline/kernel';
import { sql, type Selectable } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { Account, AccountKind, AccountStatus, PriceFloor } from './account.ts';

export function fromRow(row: Selectable<Tables['accounts']>): Account {
  return {
    id: row.id as AccountId,
    parentId: row.parent_id as AccountId | null,
    rootId: row.root_id as AccountId,
    path: row.path as AccountId[],
    sandboxId: row.sandbox_id as AccountId | null,
    kind: row.kind as AccountKind,
    name: row.name,
    currency: row.currency,
    timeZone: row.time_zone,
    country: row.country,
    language: row.language,
    status: row.status as AccountStatus,
    number: row.number.toString(),
    tenantId: row.tenant_id,
    externalId: row.external_id,
    buyerGroup: row.buyer_group,
    billingCurrency: row.billing_currency,
    priceFloor: row.price_floor as PriceFloor,
    profile: row.profile as Account['profile'],
    version: row.version,
    createdAt: row.created_at.toString(),
    updatedAt: row.updated_at.toString(),
  };
}

export function insertAccount(db: Database, account: Account) {
  return db.kysely
    .insertInto('accounts')
    .values({
      id: account.id,
      parent_id: account.parentId,
      root_id: account.rootId,
      path: [...account.path],
      sandbox_id: account.sandboxId,
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
      profile: JSON.stringify(account.profile),
      version: account.version,
      created_at: account.createdAt,
      updated_at: account.updatedAt,
    })
    .returning('id');
}

/** Writes the changed account where the stored one is still of the version before it. */
export function updateAccount(db: Database, account: Account) {
  return db.kysely
    .updateTable('accounts')
    .set({
      name: account.name,
      time_zone: account.timeZone,
      country: account.country,
      language: account.language,
      status: account.status,
      external_id: account.externalId,
      buyer_group: account.buyerGroup,
      billing_currency: account.billingCurrency,
      price_floor: account.priceFloor,
      profile: JSON.stringify(account.profile),
      version: account.version,
      updated_at: account.updatedAt,
    })
    .where('id', '=', account.id)
    .where('version', '=', account.version - 1)
    .returning('id');
}

/** The account and all above it, and what its tree's own clock shows; null: the tree has none. */
export async function selectChain(
  db: Database,
  id: AccountId,
): Promise<{ chain: Account[]; nowAt: Temporal.Instant | null }> {
  const rows = await db.kysely
    .selectFrom('accounts')
    .leftJoin('sandboxes', 'sandboxes.root_id', 'accounts.sandbox_id')
    .selectAll('accounts')
    .select('sandboxes.now_at')
    .where('accounts.id', 'in', sql<string>`(select unnest(path) from accounts where id = ${id})`)
    .execute();
  const nowAt = rows[0]?.now_at ?? null;
  return { chain: rows.map(fromRow).sort((a, b) => a.path.length - b.path.length), nowAt };
}

export async function selectIdBy(
  db: Database,
  column: 'number' | 'tenant_id',
  value: string,
): Promise<AccountId | undefined> {
  const row = await db.kysely.selectFrom('accounts').select('id').where(column, '=', value).executeTakeFirst();
  return row?.id as AccountId | undefined;
}

export type AccountFilter = {
  /** The account whose subtree is listed, itself included. */
  readonly within: AccountId;
  readonly directlyBelow?: AccountId | undefined;
  readonly kind?: AccountKind | undefined;
  readonly status?: AccountStatus | undefined;
  readonly nameContains?: string | undefined;
  readonly externalId?: string | undefined;
  readonly after?: AccountId | undefined;
  readonly limit: number;
};

/** A page of accounts in order of their ids, which is the order of their creation. */
export async function selectAccounts(db: Database, filter: AccountFilter): Promise<Account[]> {
  let query = db.kysely
    .selectFrom('accounts')
    .selectAll()
    .where(sql<boolean>`path @> array[${filter.within}]::uuid[]`)
    .orderBy('id')
    .limit(filter.limit);
  if (filter.directlyBelow !== undefined) query = query.where('parent_id', '=', filter.directlyBelow);
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.externalId !== undefined) query = query.where('external_id', '=', filter.externalId);
  if (filter.nameContains !== undefined) query = query.where('name', 'ilike', containsPattern(filter.nameContains));
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return (await query.execute()).map(fromRow);
}

function containsPattern(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** The ids of the account and of all below it. */
export async function selectSubtree(db: Database, root: AccountId): Promise<AccountId[]> {
  const rows = await db.kysely
    .selectFrom('accounts')
    .select('id')
    .where(sql<boolean>`path @> array[${root}]::uuid[]`)
    .execute();
  return rows.map((row) => row.id as AccountId);
}

/** Roots of the real world: those of sandboxes belong to whoever made them. */
export async function selectRoots(db: Database): Promise<Account[]> {
  const rows = await db.kysely
    .selectFrom('accounts')
    .selectAll()
    .where('parent_id', 'is', null)
    .where('sandbox_id', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}
