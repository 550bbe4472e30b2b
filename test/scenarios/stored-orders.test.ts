import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokenRules, type rules } from '../support/stored-orders.ts';
import { openWorld, type World } from '../support/world.ts';

// The rules by which the fault tests judge what is stored would find what they are about.

let world: World;
beforeAll(async () => {
  world = await openWorld();
  const { customer, sibling, base, addOn } = await world.channel();
  for (const buyer of [customer, sibling.customer]) {
    await world.order(buyer, [{ mpn: base.mpn, quantity: '3' }, { mpn: addOn.mpn }], {
      cause: world.cause({ key: buyer.id }),
    });
    await world.order(buyer, [{ mpn: base.mpn }], { cause: world.cause({ key: `${buyer.id} again` }) });
  }
});
afterAll(() => world.close());

const one = (table: string, more = ''): string => `ctid = (select ctid from ${table} ${more} limit 1)`;
const someEvent = (
  kind: string,
): string => `insert into events (owner_id, id, type, subject_kind, subject_id, actor, at, data)
  select owner_id, gen_random_uuid(), 'x', '${kind}', gen_random_uuid(), actor, at, data from events limit 1`;

const damages: Readonly<Record<keyof typeof rules, string>> = {
  'an order without a line': 'delete from order_lines where order_id = (select order_id from order_lines limit 1)',
  'an order without a subscription': `delete from subscriptions where ${one('subscriptions')}`,
  'a line without its item, or an item without its line': `update subscription_items set quantity = quantity + 1 where ${one('subscription_items')}`,
  'a subscription without its license': `delete from licenses where ${one('licenses')}`,
  'an order without its event': `delete from events where ${one('events', `where type = 'order.placed'`)}`,
  'a subscription without its event': `delete from events where ${one('events', `where type = 'subscription.created'`)}`,
  'an event without its order': someEvent('order'),
  'an event without its subscription': someEvent('subscription'),
  'a key without its order': `delete from orders where ${one('orders')}`,
  'an order under two keys': `insert into idempotency_keys select owner_id, scope, key || ' twice', request_hash, subject_id, response,
    created_at from idempotency_keys where response ? 'owner_id' limit 1`,
  'work for a subscription that is not there': `insert into jobs (owner_id, id, kind, subject_id, run_at, attempts, payload, created_at)
    select owner_id, gen_random_uuid(), 'provision', gen_random_uuid(), now(), 0, '{}', now() from orders limit 1`,
  'a number that two orders have': `update orders set serial = (select max(serial) from orders) where ${one('orders')}`,
  'a number that two subscriptions have': `update subscriptions set serial = (select max(serial) from subscriptions)
    where ${one('subscriptions')}`,
  'an order whose charges are not its total': `update orders set total = total + 0.01 where ${one('orders')}`,
  'a charge in another currency than its order': `update charges set currency = 'CHF'
    where ${one('charges', 'where buyer_id in (select customer_id from orders)')}`,
  'an order that lacks the charges of an edge': `delete from charges c using accounts a
    where a.id = c.seller_id and a.kind = 'provider' and c.order_id = (select order_id from charges limit 1)`,
  'an edge with other charges than the one to the customer': `delete from charges
    where ${one('charges', 'where buyer_id not in (select customer_id from orders) and position > 0')}`,
};

test('nothing is wrong with what was placed in peace', async () => {
  expect(await brokenRules(world.db)).toEqual({});
});

test.each(Object.entries(damages))('finds %s', async (rule, damage) => {
  const undo = new Error('undone');
  const found = Promise.withResolvers<Readonly<Record<string, readonly string[]>>>();
  const work = world.db.kysely.transaction().execute(async (kysely) => {
    // Without the constraints of the database, which would not let it happen.
    await sql`set local session_replication_role = replica`.execute(kysely);
    await sql.raw(damage).execute(kysely);
    found.resolve(await brokenRules({ kysely }));
    throw undo;
  });
  await expect(work).rejects.toBe(undo);
  expect(Object.keys(await found.promise)).toContain(rule);
});
