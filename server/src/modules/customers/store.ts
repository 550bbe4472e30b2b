import { instantText, type AccountId, type CustomerId, type Temporal } from '@tierline/kernel';
import { sql, type Selectable, type SelectQueryBuilder } from 'kysely';
import {
  growing,
  listing,
  runPrepared,
  type Database,
  type Listing,
  type ListPage,
  type Statement,
  type Tables,
} from '../../platform/db/index.ts';
import { contactEmails, type Address, type Contact } from '../accounts/index.ts';
import type { Customer, CustomerStatus, OrderingCustomer } from './customer.ts';

export function fromRow(row: Selectable<Tables['customers']>): Customer {
  return {
    id: row.id as CustomerId,
    ownerId: row.owner_id as AccountId,
    number: row.number.toString(),
    name: row.name,
    status: row.status as CustomerStatus,
    externalId: row.external_id,
    language: row.language,
    taxRegistrationId: row.tax_registration_id,
    buyerGroup: row.buyer_group,
    billingCurrency: row.billing_currency,
    address: row.address as Address,
    contacts: row.contacts as Contact[],
    attributes: row.attributes as Record<string, string>,
    note: row.note,
    emergencyEmail: row.emergency_email,
    industry: row.industry,
    companySize: row.company_size,
    version: row.version,
    createdAt: instantText(row.created_at),
    updatedAt: instantText(row.updated_at),
  };
}

export function insertCustomer(db: Database, customer: Customer) {
  return db.kysely
    .insertInto('customers')
    .values({
      owner_id: customer.ownerId,
      id: customer.id,
      number: customer.number,
      ...changeable(customer),
      created_at: customer.createdAt,
    })
    .returning('id');
}

/** Writes the changed customer where the stored one is still of the version before it. */
export function updateCustomer(db: Database, customer: Customer) {
  return db.kysely
    .updateTable('customers')
    .set(changeable(customer))
    .where('owner_id', '=', customer.ownerId)
    .where('id', '=', customer.id)
    .where('version', '=', customer.version - 1)
    .returning('id');
}

function changeable(customer: Customer) {
  return {
    name: customer.name,
    status: customer.status,
    external_id: customer.externalId,
    language: customer.language,
    tax_registration_id: customer.taxRegistrationId,
    buyer_group: customer.buyerGroup,
    billing_currency: customer.billingCurrency,
    address: JSON.stringify(customer.address),
    contacts: JSON.stringify(customer.contacts),
    contact_emails: contactEmails(customer.contacts),
    attributes: JSON.stringify(customer.attributes),
    note: customer.note,
    emergency_email: customer.emergencyEmail,
    industry: customer.industry,
    company_size: customer.companySize,
    version: customer.version,
    updated_at: customer.updatedAt,
  };
}

/** Which customers a caller can see: those of one owner, or those of every seller within an account. */
export type CustomerScope = { readonly ownerId: AccountId } | { readonly within: AccountId };

/** A customer as the caller names it: by id or by number. */
export type CustomerKey = { readonly id: CustomerId } | { readonly number: string };

/**
 * Asked of each customer that was found. As a join it would let the planner begin with the account and read all its customers.
 */
const ownerWithin = '(select a.path from accounts a where a.id = c.owner_id) @> array[wanted.within_id]';

const byKey: Readonly<Record<'id' | 'number', Statement>> = {
  id: {
    name: 'customers_by_id',
    text: `select c.* from unnest($1::uuid[], $2::uuid[]) with ordinality as wanted (within_id, key, position)
      join customers c on c.id = wanted.key
      where ${ownerWithin}`,
  },
  number: {
    name: 'customers_by_number',
    text: `select c.* from unnest($1::uuid[], $2::bigint[]) as wanted (within_id, key)
      join customers c on c.number = wanted.key
      where ${ownerWithin}`,
  },
};

export type Wanted = { readonly within: AccountId; readonly key: CustomerKey };

/** Many customers in one round trip; in the order asked for, undefined where the caller sees none. */
export async function selectCustomers(db: Database, wanted: readonly Wanted[]): Promise<(Customer | undefined)[]> {
  const found = new Map<string, Customer>();
  for (const column of ['id', 'number'] as const) {
    const ofColumn = wanted.filter(({ key }) => column in key);
    if (ofColumn.length === 0) continue;
    const keys = ofColumn.map(({ key }) => ('id' in key ? key.id : key.number));
    const rows = await db.query<Selectable<Tables['customers']>>(byKey[column], [
      ofColumn.map(({ within }) => within),
      keys,
    ]);
    for (const row of rows) found.set(column === 'id' ? row.id : row.number.toString(), fromRow(row));
  }
  // A customer that two callers of one batch ask for may be visible to one of them only, so the owner decides again.
  return wanted.map(({ key }) => found.get('id' in key ? key.id : key.number));
}

const orderingColumns = 'c.owner_id, c.id, c.number, c.status, c.buyer_group, c.billing_currency, c.version';
const orderingByKey: Readonly<Record<'id' | 'number', Statement>> = {
  id: {
    name: 'ordering_customers_by_id',
    text: `select ${orderingColumns} from unnest($1::uuid[], $2::uuid[]) as wanted (within_id, key)
      join customers c on c.id = wanted.key
      where ${ownerWithin}`,
  },
  number: {
    name: 'ordering_customers_by_number',
    text: `select ${orderingColumns} from unnest($1::uuid[], $2::bigint[]) as wanted (within_id, key)
      join customers c on c.number = wanted.key
      where ${ownerWithin}`,
  },
};

type OrderingRow = {
  owner_id: AccountId;
  id: CustomerId;
  number: bigint;
  status: CustomerStatus;
  buyer_group: string | null;
  billing_currency: string | null;
  version: number;
};

/** As `selectCustomers`, but only what an order needs to know: this is on the way of every order. */
export async function selectOrdering(
  db: Database,
  wanted: readonly Wanted[],
): Promise<(OrderingCustomer | undefined)[]> {
  const found = new Map<string, OrderingCustomer>();
  for (const column of ['id', 'number'] as const) {
    const ofColumn = wanted.filter(({ key }) => column in key);
    if (ofColumn.length === 0) continue;
    const rows = await db.query<OrderingRow>(orderingByKey[column], [
      ofColumn.map(({ within }) => within),
      ofColumn.map(({ key }) => keyText(key)),
    ]);
    for (const row of rows) {
      const { id, status, version } = row;
      const { buyer_group: buyerGroup, billing_currency: billingCurrency } = row;
      const customer = { id, ownerId: row.owner_id, status, buyerGroup, billingCurrency, version };
      found.set(column === 'id' ? row.id : row.number.toString(), customer);
    }
  }
  return wanted.map(({ key }) => found.get(keyText(key)));
}

/** Ids and numbers never look alike. */
export function keyText(key: CustomerKey): string {
  return 'id' in key ? key.id : key.number;
}

export type CustomerFilter = {
  readonly scope: CustomerScope;
  readonly status?: CustomerStatus | undefined;
  readonly nameContains?: string | undefined;
  readonly email?: string | undefined;
  readonly externalId?: string | undefined;
};

type Query<Row> = SelectQueryBuilder<Tables, 'customers', Row>;

function filtered<Row>(query: Query<Row>, filter: CustomerFilter): Query<Row> {
  let narrowed =
    'ownerId' in filter.scope
      ? query.where('owner_id', '=', filter.scope.ownerId)
      : query.where(
          'owner_id',
          'in',
          sql<string>`(select id from accounts where path @> array[${filter.scope.within}]::uuid[])`,
        );
  if (filter.status !== undefined) narrowed = narrowed.where('status', '=', filter.status);
  if (filter.externalId !== undefined) narrowed = narrowed.where('external_id', '=', filter.externalId);
  if (filter.email !== undefined) {
    narrowed = narrowed.where(sql<boolean>`contact_emails @> array[${filter.email.toLowerCase()}]::text[]`);
  }
  if (filter.nameContains !== undefined) {
    narrowed = narrowed.where('name', 'ilike', `%${filter.nameContains.replace(/[\\%_]/g, '\\$&')}%`);
  }
  return narrowed;
}

type Listed = Listing<CustomerFilter>;

/** Customers in the order of creation, newest first: their pages and how many there are. */
export function customerListing(db: Database): Listed {
  return listing<CustomerFilter>(db, {
    keys: (filter) => filtered(db.kysely.selectFrom('customers').select(['owner_id', 'id']), filter),
    grows: (filter) => growing(filter),
  });
}

/** A page in the order of creation, newest first; `after` is the last id of the page before. */
export async function selectCustomerPage(
  db: Database,
  listed: Listed,
  filter: CustomerFilter,
  page: ListPage,
): Promise<Customer[]> {
  const isOnPage = await listed.page(filter, page);
  const rows = await runPrepared(
    db,
    db.kysely.selectFrom('customers').selectAll().where(isOnPage).orderBy('id', 'desc'),
  );
  return rows.map(fromRow);
}

/** The customers of every seller within an account that were made in `[from, to)`. */
export type CreatedFilter = {
  readonly within: AccountId;
  readonly from: Temporal.Instant;
  readonly to: Temporal.Instant;
};

function created<Row>(query: Query<Row>, { within, from, to }: CreatedFilter): Query<Row> {
  return filtered(query, { scope: { within } })
    .where('created_at', '>=', sql<Temporal.Instant>`${from.toString()}::timestamptz`)
    .where('created_at', '<', sql<Temporal.Instant>`${to.toString()}::timestamptz`);
}

/** The oldest first. */
export async function selectCreated(
  db: Database,
  filter: CreatedFilter,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<Customer[]> {
  const rows = await created(db.kysely.selectFrom('customers').selectAll(), filter)
    .orderBy('created_at')
    .orderBy('id')
    .offset(offset)
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

export async function countCreated(db: Database, filter: CreatedFilter): Promise<number> {
  const counted = db.kysely.selectFrom('customers').select(sql<number>`count(*)::int`.as('total'));
  return (await created(counted, filter).executeTakeFirstOrThrow()).total;
}
