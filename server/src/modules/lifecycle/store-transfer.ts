import {
  instantText,
  newId,
  type AccountId,
  type CustomerId,
  type PlanId,
  type SubscriptionId,
} from '@tierline/kernel';
import {
  isDataRefusal,
  realTimeOf,
  retried,
  type Cause,
  type Database,
  type Statement,
} from '../../platform/db/index.ts';
import { insertCustomer, updateCustomer, type Customer } from '../customers/index.ts';
import { storePlacements, type PlacementWrite } from '../orders/index.ts';
import type { ChangeWrite } from './change-write.ts';
import { storeCommand } from './command-json.ts';
import { dueOn } from './intent.ts';
import { storeChanges } from './store-changes.ts';
import { inTransaction, within } from './store-due.ts';
import type { StoredTransfer } from './transfer-answer.ts';
import type { Transfer } from './transfer.ts';

/** A decided transfer on its way to the database. */
export type TransferWrite = {
  readonly cause: Cause;
  readonly fromOwnerId: AccountId;
  readonly fromCustomerId: CustomerId;
  /** The customer that moves as a whole, as it is left behind; null where it stays. */
  readonly left: Customer | null;
  /** The customer that is made; null where there is one already. */
  readonly made: Customer | null;
  readonly toOwnerId: AccountId;
  readonly toCustomerId: CustomerId;
  /** What ends at the old owner, and what begins at the new one: one of each for every subscription. */
  readonly changes: readonly ChangeWrite[];
  readonly placements: readonly PlacementWrite[];
  /** Subscriptions whose vendor is told by webhook what they are called now. */
  readonly told: readonly { readonly id: SubscriptionId; readonly fromId: SubscriptionId }[];
  readonly transfer: Transfer;
  readonly answer: StoredTransfer;
};

/** Something that the transfer was decided with is not so any more. */
class Overtaken extends Error {}

/**
 * Stores both sides of a transfer in one transaction, so that there is no moment at which something is with both partners or with
 * none. False: somebody else was faster, or the key was used before; then nothing is stored.
 */
export async function storeTransfer(db: Database, write: TransferWrite): Promise<boolean> {
  try {
    await retried(() => inTransaction(db, (client) => steps(db, client, write)));
    return true;
  } catch (error) {
    if (error instanceof Overtaken || isDataRefusal(error)) return false;
    throw error;
  }
}

type Client = Awaited<ReturnType<Database['connect']>>;

async function steps(db: Database, client: Client, write: TransferWrite): Promise<void> {
  const tx = within(client);
  const { fromOwnerId, fromCustomerId, left, made, changes, placements } = write;
  const ids = changes.map(({ decision }) => decision.subscriptions[0]!.before.id);
  const run = async (query: ReturnType<typeof updateCustomer> | ReturnType<typeof insertCustomer>): Promise<void> => {
    const { sql, parameters } = query.compile();
    const { rowCount } = await client.query(sql, [...parameters]);
    if (rowCount !== 1) throw new Overtaken();
  };
  if (left !== null) {
    // What is being sold to the customer at this moment ends first; what is sold afterwards finds the customer canceled.
    await client.query('select from customers where owner_id = $1 and id = $2 for update', [
      fromOwnerId,
      fromCustomerId,
    ]);
    await run(updateCustomer(db, left));
    await checkAll(client, write, ids.length);
  }
  // Due work takes these rows first, too, so that neither waits for the other for ever.
  await client.query(
    'select from subscription_due where owner_id = $1 and subscription_id = any($2) order by subscription_id for update',
    [fromOwnerId, ids],
  );
  if (made !== null) await run(insertCustomer(db, made));
  if (changes.length > 0) {
    const stored = await storeChanges(tx, changes);
    const placed = await storePlacements(tx, placements);
    if (stored.size !== changes.length || placed.size !== placements.length) throw new Overtaken();
  }
  await tx.query(restStatement, restColumns(write));
}

/** A customer leaves with everything it has: also what was sold to it since that was read. */
async function checkAll(client: Client, { fromOwnerId, fromCustomerId }: TransferWrite, count: number): Promise<void> {
  const { rows } = await client.query<{ live: number }>(
    `select count(*)::int as live from subscriptions
      where owner_id = $1 and customer_id = $2 and status in ('pending', 'active', 'hold')`,
    [fromOwnerId, fromCustomerId],
  );
  if (rows[0]?.live !== count) throw new Overtaken();
}

/**
 * What a sale does not have: changes that wait, members of the caller, trials that the customer had, events of both sides, and the
 * key under which a retry finds the answer.
 */
const restStatement: Statement = {
  name: 'store_transfer',
  text: `
with keyed as (
  insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, response, created_at)
  select $1::uuid, $2::text, $3::text, $4::bytea, $5::uuid, $6::jsonb, $7::timestamptz where $3::text is not null
  on conflict do nothing returning 1
), kept_attributes as (
  update subscriptions s set attributes = a.attributes, vendor_subscription_id = a.vendor_subscription_id
  from unnest($8::uuid[], $9::jsonb[], $30::text[]) as a (id, attributes, vendor_subscription_id)
  where s.owner_id = $10 and s.id = a.id
), new_intents as (
  insert into intents (owner_id, id, subscription_id, kind, moment, due_on, command, status, reason, order_id, version, created_by, created_at,
    updated_at)
  select $10, n.id, n.subscription_id, n.kind, n.moment, n.due_on, n.command, 'waiting', null, null, 1, $11, $12, $12
  from unnest($13::uuid[], $14::uuid[], $15::text[], $16::text[], $17::date[], $18::jsonb[])
    as n (id, subscription_id, kind, moment, due_on, command)
), had_trials as (
  insert into trials_used (owner_id, customer_id, plan_id, order_id)
  select $10, $19::uuid, t.plan_id, t.order_id from trials_used t
  where t.owner_id = $20 and t.customer_id = $21 and ($22::uuid[] is null or t.plan_id = any($22::uuid[]))
  on conflict do nothing
), new_events as (
  insert into events (owner_id, id, type, subject_kind, subject_id, actor, request_id, at, data)
  select e.owner_id, e.id, e.type, e.subject_kind, e.subject_id, $11, $23, $12, e.data
  from unnest($24::uuid[], $25::uuid[], $26::text[], $27::text[], $28::uuid[], $29::jsonb[])
    as e (owner_id, id, type, subject_kind, subject_id, data)
), new_jobs as (
  insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, locked_until, last_error, payload, created_at)
  select $10, j.id, 'transfer', j.subscription_id, $7, 0, null, null, j.payload, $7
  from unnest($31::uuid[], $32::uuid[], $33::jsonb[]) as j (id, subscription_id, payload)
)
select refuse_unless($3::text is null or (select count(*) from keyed) = 1, 'retry')`,
};

function restColumns(write: TransferWrite): unknown[] {
  const { cause, transfer } = write;
  const { idempotency } = cause;
  const opened = transfer.parts.map(({ to }) => to!);
  const intents = transfer.parts.flatMap((part) => part.intents.map(({ to }) => to));
  const events = eventsOf(write);
  // The trial of a plan goes with the subscription; with the customer go all that it has had.
  const trialPlans: PlanId[] | null = write.left === null ? opened.map(({ planId }) => planId) : null;
  return [
    idempotency?.ownerId ?? null,
    idempotency?.scope ?? null,
    idempotency?.key ?? null,
    idempotency?.requestHash ?? null,
    write.toCustomerId,
    idempotency === undefined ? null : JSON.stringify(write.answer),
    realTimeOf(cause).toString(),
    opened.map(({ id }) => id),
    opened.map(({ attributes }) => JSON.stringify(attributes)),
    write.toOwnerId,
    cause.actor,
    instantText(cause.at),
    intents.map(({ id }) => id),
    intents.map(({ subscriptionId }) => subscriptionId),
    intents.map(({ command }) => command.kind),
    intents.map(({ moment }) => moment.at),
    intents.map(({ moment }) => dueOn(moment)),
    intents.map(({ command }) => JSON.stringify(storeCommand(command))),
    write.toCustomerId,
    write.fromOwnerId,
    write.fromCustomerId,
    trialPlans,
    cause.requestId,
    events.map(({ ownerId }) => ownerId),
    events.map(() => newId<'event'>()),
    events.map(({ type }) => type),
    events.map(({ kind }) => kind),
    events.map(({ subjectId }) => subjectId),
    events.map(({ data }) => JSON.stringify(data)),
    opened.map(({ vendorSubscriptionId }) => vendorSubscriptionId ?? null),
    write.told.map(() => newId<'job'>()),
    write.told.map(({ id }) => id),
    write.told.map(({ fromId }) => JSON.stringify({ from_subscription_id: fromId })),
  ];
}

type EventRow = {
  readonly ownerId: AccountId;
  readonly type: string;
  readonly kind: 'customer' | 'subscription';
  readonly subjectId: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Events beside those that the two sides have anyway. Neither partner is told who the other one is. */
function eventsOf({
  fromOwnerId,
  fromCustomerId,
  toOwnerId,
  toCustomerId,
  left,
  made,
  transfer,
}: TransferWrite): EventRow[] {
  const events: EventRow[] = [];
  const add = (
    ownerId: AccountId,
    kind: EventRow['kind'],
    type: string,
    subjectId: string,
    data: EventRow['data'],
  ): void => void events.push({ ownerId, type, kind, subjectId, data });
  if (left !== null) {
    add(fromOwnerId, 'customer', 'customer.transferred_out', fromCustomerId, {
      to_customer_id: toCustomerId,
      status: left.status,
    });
  }
  if (made !== null) {
    add(toOwnerId, 'customer', 'customer.created', toCustomerId, { name: made.name, number: made.number });
    add(toOwnerId, 'customer', 'customer.transferred_in', toCustomerId, { from_customer_id: fromCustomerId });
  }
  for (const { from, to, intents } of transfer.parts) {
    add(toOwnerId, 'subscription', 'subscription.transferred_in', to!.id, {
      from_subscription_id: from.id,
      order_id: to!.orderId,
    });
    for (const moved of intents) {
      add(toOwnerId, 'subscription', 'intent.planned', to!.id, {
        intent_id: moved.to.id,
        kind: moved.to.command.kind,
        moment: moved.to.moment,
        from_intent_id: moved.from.id,
      });
    }
  }
  return events;
}
