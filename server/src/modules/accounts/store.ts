import type { AccountId, Temporal } from '@tierline/kernel';
import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import type { Database, Tables } from '../../platform/db/index.ts';
import type { Account, AccountKind, AccountStatus, PriceFloor } from './account.ts';
import { contactEmails, type Company } from './company.ts';

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
    dataCenter: row.data_center,
    remoteManager: row.remote_manager,
    visionOne: row.vision_one,
    profile: row.profile as Account['profile'],
    company: row.company as Company | null,
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
      ...placeColumns(account),
      profile: JSON.stringify(account.profile),
      ...companyColumns(account),
      version: account.version,
      created_at: account.createdAt,
      updated_at: account.updatedAt,
    })
    .returning('id');
}

function placeColumns({ dataCenter, remoteManager, visionOne }: Account) {
  return { data_center: dataCenter, remote_manager: remoteManager, vision_one: visionOne };
}

function companyColumns({ company }: Account) {
  return {
    company: company === null ? null : JSON.stringify(company),
    contact_emails: contactEmails(company?.contacts ?? []),
  };
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
      ...placeColumns(account),
      profile: JSON.stringify(account.profile),
      ...companyColumns(account),
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

/** Who stands directly below an account, in order of creation, without those that are closed. */
export async function selectChildren(
  db: Database,
  parentId: AccountId,
): Promise<Pick<Account, 'id' | 'name' | 'kind' | 'tenantId'>[]> {
  const rows = await db.kysely
    .selectFrom('accounts')
    .select(['id', 'name', 'kind', 'tenant_id'])
    .where('parent_id', '=', parentId)
    .where('status', '!=', 'closed')
    .orderBy('id')
    .execute();
  return rows.map(({ id, name, kind, tenant_id: tenantId }) => ({
    id: id as AccountId,
    name,
    kind: kind as AccountKind,
    tenantId,
  }));
}

/** A page of accounts in order of their ids, which is the order of their creation. */
export async function selectAccounts(db: Database, filter: AccountFilter): Promise<Account[]> {
  let query = named(db.kysely.selectFrom('accounts').selectAll(), filter).orderBy('id').limit(filter.limit);
  if (filter.directlyBelow !== undefined) query = query.where('parent_id', '=', filter.directlyBelow);
  if (filter.kind !== undefined) query = query.where('kind', '=', filter.kind);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.after !== undefined) query = query.where('id', '>', filter.after);
  return (await query.execute()).map(fromRow);
}

type Named = Pick<AccountFilter, 'within' | 'nameContains' | 'externalId'>;

/** Sellers below an account, as they are looked for by their facts. */
export type AccountListFilter = Named & { readonly email?: string | undefined };

type Query<Of> = SelectQueryBuilder<Tables, 'accounts', Of>;

function named<Of>(query: Query<Of>, { within, nameContains, externalId }: Named): Query<Of> {
  let narrowed = query.where(sql<boolean>`path @> array[${within}]::uuid[]`);
  if (externalId !== undefined) narrowed = narrowed.where('external_id', '=', externalId);
  if (nameContains !== undefined) narrowed = narrowed.where('name', 'ilike', containsPattern(nameContains));
  return narrowed;
}

function below<Of>(query: Query<Of>, filter: AccountListFilter): Query<Of> {
  const narrowed = named(query, filter).where('id', '!=', filter.within);
  if (filter.email === undefined) return narrowed;
  return narrowed.where(sql<boolean>`contact_emails @> array[${filter.email.toLowerCase()}]::text[]`);
}

/** A page of the sellers below an account, newest first, itself not included. */
export async function selectBelow(
  db: Database,
  filter: AccountListFilter,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<Account[]> {
  const keys = below(db.kysely.selectFrom('accounts').select('id'), filter).orderBy('id', 'desc');
  const rows = await db.kysely
    .selectFrom('accounts')
    .selectAll()
    .where('id', 'in', keys.offset(offset).limit(limit))
    .orderBy('id', 'desc')
    .execute();
  return rows.map(fromRow);
}

export async function countBelow(db: Database, filter: AccountListFilter): Promise<number> {
  const counted = below(db.kysely.selectFrom('accounts').select(sql<number>`count(*)::int`.as('total')), filter);
  return (await counted.executeTakeFirstOrThrow()).total;
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
