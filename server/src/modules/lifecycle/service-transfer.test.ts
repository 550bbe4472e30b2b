import { isTierlineError, newId, type SubscriptionId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plain, refusalOf, rowsAdded } from '../../../../test/support/rows.ts';
import { table } from '../../../../test/support/story.ts';
import { transferChannel, type ChannelWanted } from '../../../../test/support/transfer-channel.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { fieldsOf, fold, type Subscription } from '../subscriptions/index.ts';
import type { Transfer, TransferWanted } from './index.ts';
import { selectTimeline, setOf } from './store.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld({ poolSize: 12 });
});
afterAll(() => world.close());

/** Five seats and two disks, sold by Ada on March 1; then it is the day of the test. */
async function soldOn(day: string, wanted: ChannelWanted = {}) {
  const channel = await transferChannel(world, wanted);
  const order = await channel.on('2028-03-01', () => channel.sell({ SEAT: '5', DISK: '2' }));
  await channel.until(day);
  const sold = await channel.get(order.subscriptions[0]!);
  const to = (ownerId: Subscription['ownerId']): TransferWanted => ({
    subscriptionIds: [sold.id],
    toOwnerId: ownerId,
    toCustomerId: 'copy',
  });
  return { channel, sold, to, ...channel.accounts };
}
type Sold = Awaited<ReturnType<typeof soldOn>>;

const codesOf = ({ blockers, parts }: Transfer): string[] =>
  [...blockers, ...parts.flatMap((part) => part.blockers)].map(({ code }) => code.replace('lifecycle.transfer_', ''));

/** What a preview lists, which a placement has to refuse just the same, with nothing stored. */
async function blockedBy(
  { channel, provider }: Pick<Sold, 'channel' | 'provider'>,
  wanted: TransferWanted,
): Promise<string[]> {
  const { engine } = world;
  const codes = codesOf(await engine.transfers.preview(channel.at(), provider.id, wanted));
  const { error, stored } = await refusalOf(world.db, () => engine.transfers.place(channel.at(), provider.id, wanted));
  expect(stored).toEqual([]);
  if (!isTierlineError(error)) throw new Error(`It was not refused: ${codes.join()}`, { cause: error });
  expect(error.kind).toBe('conflict');
  expect(error.reasons.map(({ code }) => code.replace('lifecycle.transfer_', ''))).toEqual(codes);
  return codes;
}

describe('what stands in the way', () => {
  test('the partner that has it already', async () => {
    const sold = await soldOn('2028-03-17');
    expect(await blockedBy(sold, sold.to(sold.ada.id))).toEqual(['same_owner']);
  });

  test('a partner without the plan; then with the plan and without prices', async () => {
    const sold = await soldOn('2028-03-17');
    const { channel, south } = sold;
    const dan = await world.reseller(south, { name: 'Dan', timeZone: 'UTC', currency: 'USD' });
    expect(await blockedBy(sold, sold.to(dan.id))).toEqual(['plan_not_delegated']);
    await world.delegate([south, dan], channel.main);
    expect(await blockedBy(sold, sold.to(dan.id))).toEqual(['unpriced', 'unpriced']);
    await world.priceList(dan, { prices: { SEAT: '20', DISK: '2' } });
    expect(codesOf(await world.engine.transfers.preview(channel.at(), sold.provider.id, sold.to(dan.id)))).toEqual([]);
  });

  test('another currency, and a price below cost where there is a floor', async () => {
    const sold = await soldOn('2028-03-17');
    const facts = { timeZone: 'UTC', currency: 'EUR' };
    const eva = await world.reseller(sold.south, { ...facts, name: 'Eva' });
    await world.delegate([sold.south, eva], sold.channel.main);
    await world.priceList(eva, { prices: { SEAT: '20', DISK: '2' } });
    expect(await blockedBy(sold, sold.to(eva.id))).toEqual(['other_currency']);
    const fay = await world.reseller(sold.south, { ...facts, name: 'Fay', currency: 'USD', priceFloor: 'cost' });
    await world.delegate([sold.south, fay], sold.channel.main);
    await world.priceList(fay, { prices: { SEAT: '13.5', DISK: '2' } });
    await world.priceList(sold.south, { prices: { SEAT: '14' } });
    expect(await blockedBy(sold, sold.to(fay.id))).toEqual(['below_floor']);
  });

  test('a partner that is suspended, or stands below one; not one that gives it away', async () => {
    const sold = await soldOn('2028-03-17');
    const { channel, ada, south, cyd, ben } = sold;
    await world.engine.accounts.change(channel.at(), south.parentId!, south.id, { status: 'suspended' });
    expect(await blockedBy(sold, sold.to(cyd.id))).toEqual(['owner_not_active']);
    await world.engine.accounts.change(channel.at(), ada.parentId!, ada.id, { status: 'suspended' });
    const moved = await channel.transfer(sold.provider.id, sold.to(ben.id));
    expect(moved.parts[0]!.to).toMatchObject({ ownerId: ben.id, status: 'active' });
  });

  test('a customer on hold, here or there', async () => {
    const sold = await soldOn('2028-03-17');
    const { channel, ada, ben } = sold;
    const target = await world.customer(ben);
    await world.engine.customers.change(channel.at(), ben.id, { id: target.id }, { status: 'credit_hold' });
    const toTarget = { ...sold.to(ben.id), toCustomerId: target.id };
    expect(await blockedBy(sold, toTarget)).toEqual(['target_not_active']);
    await world.engine.customers.change(channel.at(), ada.id, { id: channel.customer.id }, { status: 'admin_hold' });
    expect(await blockedBy(sold, sold.to(ben.id))).toEqual(['customer_not_active']);
    expect(await blockedBy(sold, { customerId: channel.customer.id, toOwnerId: ben.id })).toEqual([
      'customer_not_active',
    ]);
  });

  test('a subscription on hold, and one that has ended', async () => {
    const sold = await soldOn('2028-03-17');
    const { channel, ben } = sold;
    await channel.ask(sold.sold, { kind: 'suspend', endOn: null });
    expect(await blockedBy(sold, sold.to(ben.id))).toEqual(['on_hold']);
    await channel.ask(sold.sold, { kind: 'cancel', reason: null });
    expect(await blockedBy(sold, sold.to(ben.id))).toEqual(['ended']);
  });

  test('a subscription that is being provisioned, with its order; all of a customer at once', async () => {
    const sold = await soldOn('2028-03-17');
    const { channel, provider, north, ada, ben } = sold;
    const vendor = await world.vendor(provider, { provisioning: 'manual' });
    const product = await world.product(provider, { vendorId: vendor.id });
    const slow = await world.plan(provider, { product, rates: [{ mpn: 'SLOW', prices: '1' }] });
    await world.delegate([provider, north, ada], slow);
    for (const account of [north, ada]) await world.priceList(account, { prices: { SLOW: '2' } });
    await channel.sell({ SLOW: '1' }, { plan: slow });
    await channel.ask(sold.sold, { kind: 'suspend', endOn: null });
    const wanted = { customerId: channel.customer.id, toOwnerId: ben.id };
    const codes = await blockedBy(sold, wanted);
    expect(codes.toSorted()).toEqual(['on_hold', 'order_processing', 'pending', 'plan_not_delegated']);
  });
});

describe('who may', () => {
  test('an account above both partners; to others the other partner, or the subscription, is not there', async () => {
    const { channel, sold, to, north, south, ada, ben, cyd } = await soldOn('2028-03-17');
    const refused = async (within: Subscription['ownerId'], wanted: TransferWanted): Promise<string> => {
      const { error, stored } = await refusalOf(world.db, () =>
        world.engine.transfers.place(channel.at(), within, wanted),
      );
      expect(stored).toEqual([]);
      return isTierlineError(error) ? `${error.code} ${error.field ?? ''}` : String(error);
    };
    expect(await refused(ada.id, to(ben.id))).toBe('accounts.not_found owner_id');
    expect(await refused(ben.id, to(ben.id))).toBe('subscriptions.not_found ');
    expect(await refused(north.id, to(cyd.id))).toBe('accounts.not_found owner_id');
    expect(await refused(south.id, to(cyd.id))).toBe('subscriptions.not_found ');
    expect(await refused(north.id, to(newId<'account'>()))).toBe('accounts.not_found owner_id');
    expect(await refused(south.id, { customerId: channel.customer.id, toOwnerId: cyd.id })).toBe(
      'customers.not_found ',
    );
    const ofCyd = await world.customer(cyd);
    expect(await refused(north.id, { ...to(ben.id), toCustomerId: ofCyd.id })).toBe('customers.not_found customer_id');
    // Also a customer that the caller sees, but which is not the new partner's.
    expect(await refused(north.id, { ...to(ben.id), toCustomerId: channel.customer.id })).toBe(
      'customers.not_found customer_id',
    );
    expect((await channel.transfer(north.id, to(ben.id))).parts[0]!.to!.ownerId).toBe(ben.id);
    expect((await channel.get(sold)).status).toBe('terminated');
  });

  test('a distributor takes a customer over itself: a shorter chain', async () => {
    const { channel, to, provider, north } = await soldOn('2028-03-17');
    const [part] = (await channel.transfer(north.id, to(north.id))).parts;
    expect(part!.kept).toEqual([{ sellerId: provider.id, buyerId: north.id }]);
    expect(channel.bill(part!.charged)).toEqual(
      table(`
        2028-03-17 North to customer: recurring 5 SEAT x 12.5 15/31, 2028-03-17 to 2028-04-01 = 30.24
        2028-03-17 North to customer: recurring 2 DISK x 1.1 15/31,  2028-03-17 to 2028-04-01 = 1.06
      `),
    );
    await channel.until('2028-04-02');
    expect(await channel.state(part!.to!)).toBe('North: active 2028-04-01 to 2028-05-01: 2 DISK, 5 SEAT');
  });
});

describe('once, or not at all', () => {
  test('a retry with the same key is told the same, whatever has happened since', async () => {
    const { channel, to, north, ben, sold } = await soldOn('2028-03-17');
    await channel.change(sold, { SEAT: '7' }, { at: 'renewal' });
    const { engine } = world;
    const place = (request = 'a') => engine.transfers.place(channel.at('move', request), north.id, to(ben.id));
    const first = await place();
    await channel.change(first.parts[0]!.to!, { DISK: '9' });
    const { error, stored } = await refusalOf(world.db, async () =>
      expect(plain(shown(await place()))).toEqual(plain(shown(first))),
    );
    expect([error, stored]).toEqual([undefined, []]);
    await expect(place('b')).rejects.toMatchObject({ code: 'idempotency.key_reused' });
  });

  test('of two transfers at once one wins, and the other is told of the conflict', async () => {
    const { channel, sold, to, provider, ben, cyd } = await soldOn('2028-03-17');
    const { engine } = world;
    const both = await Promise.allSettled(
      [ben, cyd].map(({ id }) => engine.transfers.place(channel.at(), provider.id, to(id))),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [lost] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(lost).toMatchObject({ kind: 'conflict' });
    const live = await engine.subscriptions.page({ scope: { within: provider.id }, status: 'active' }, { limit: 10 });
    expect(live).toHaveLength(1);
    expect([ben.id, cyd.id]).toContain(live[0]!.ownerId);
    expect((await channel.get(sold)).version).toBe(sold.version + 1);
  });

  test('a change that races the transfer counts where it was made: before it, or not at all', async () => {
    const { channel, sold, to, provider, ben } = await soldOn('2028-03-17');
    const [changed, moved] = await Promise.allSettled([
      channel.change(sold, { SEAT: '7' }),
      world.engine.transfers.place(channel.at(), provider.id, to(ben.id)),
    ]);
    const opened = moved.status === 'fulfilled' ? moved.value.parts[0]!.to! : undefined;
    const seats = changed.status === 'fulfilled' ? '7' : '5';
    expect(await channel.state(opened!)).toBe(`Ben: active 2028-03-01 to 2028-04-01: 2 DISK, ${seats} SEAT`);
    if (changed.status === 'rejected') expect(changed.reason).toMatchObject({ kind: 'conflict' });
  });

  test('what is sold to a customer while it moves goes along', async () => {
    const { channel, north, ada, ben, sold } = await soldOn('2028-03-17');
    const { customer } = channel;
    const holder = await world.db.connect();
    await holder.query('begin');
    await holder.query('select from customers where owner_id = $1 and id = $2 for key share', [ada.id, customer.id]);
    const moving = world.engine.transfers.place(channel.at(), north.id, { customerId: customer.id, toOwnerId: ben.id });
    await waitingFor(holder);
    const late = await channel.sell({ SEAT: '1' });
    await holder.query('rollback');
    holder.release();
    const moved = await moving;
    const both = [sold.id, late.subscriptions[0]!.id];
    expect(moved.parts.map(({ from }) => from.id).toSorted()).toEqual(both.toSorted());
    const live = await world.engine.subscriptions.page({ scope: { ownerId: ada.id }, status: 'active' }, { limit: 10 });
    expect(live).toEqual([]);
  });

  test('twenty retries with one key at once are one transfer', async () => {
    const { channel, north, ben } = await soldOn('2028-03-17');
    const wanted = { customerId: channel.customer.id, toOwnerId: ben.id };
    const all: Transfer[] = [];
    const added = await rowsAdded(world.db, async () => {
      const asked = Array.from({ length: 20 }, () =>
        world.engine.transfers.place(channel.at('once'), north.id, wanted),
      );
      all.push(...(await Promise.all(asked)));
    });
    for (const one of all) expect(plain(shown(one))).toEqual(plain(shown(all[0]!)));
    expect(added).toMatchObject({ customers: 1, subscriptions: 1, licenses: 1, orders: 2, idempotency_keys: 1 });
  });

  test('cut off just before its end, it leaves nothing on either side; and the same request does it', async () => {
    const { channel, north, ben, sold } = await soldOn('2028-03-17');
    const wanted = { customerId: channel.customer.id, toOwnerId: ben.id };
    const cause = channel.at('cut');
    const { ownerId, scope, key, requestHash } = cause.idempotency!;
    // Somebody else holds the key and has not committed: the transfer has written everything, and waits for the last row.
    const holder = await world.db.connect();
    await holder.query('begin');
    await holder.query(
      `insert into idempotency_keys (owner_id, scope, key, request_hash, subject_id, created_at) values ($1, $2, $3, $4, $5, now())`,
      [ownerId, scope, key, requestHash, newId()],
    );
    const added = await rowsAdded(world.db, async () => {
      const cut = world.engine.transfers.place(cause, north.id, wanted).catch((error: unknown) => error);
      const pid = await waitingFor(holder);
      await world.db.query({ name: 'cut', text: 'select pg_terminate_backend($1)' }, [pid]);
      expect(isTierlineError(await cut)).toBe(false);
      await holder.query('rollback');
      holder.release();
    });
    expect(added).toEqual({});
    expect(await channel.get(sold)).toMatchObject({ status: 'active', version: sold.version });
    const moved = await world.engine.transfers.place(cause, north.id, wanted);
    expect(moved.parts[0]!.to).toMatchObject({ status: 'active', ownerId: ben.id });
  });
});

/** The server process that waits for a row that a client holds. */
async function waitingFor(holder: Awaited<ReturnType<World['db']['connect']>>): Promise<number> {
  const { rows } = await holder.query<{ pid: number }>('select pg_backend_pid() as pid');
  for (;;) {
    const [blocked] = await world.db.query<{ pid: number }>(
      { name: 'blocked', text: 'select pid from pg_stat_activity where $1 = any(pg_blocking_pids(pid))' },
      [rows[0]!.pid],
    );
    if (blocked !== undefined) return blocked.pid;
  }
}

/** What a caller is shown of it, as far as it is about both sides. */
function shown({ parts, ...rest }: Transfer): unknown {
  const state = (of: Subscription | null) => of && { id: of.id, version: of.version, ...fieldsOf(of) };
  return {
    ...rest,
    parts: parts.map(({ from, to, givenBack, charged, intents, ...part }) => ({
      ...part,
      from: state(from),
      to: state(to),
      orders: [givenBack, charged].map((order) => order && { ...order, subscriptions: order.subscriptions.map(state) }),
      intents: intents.map((moved) => [moved.from.id, moved.to]),
    })),
  };
}

describe('what moves', () => {
  test('the customer with its facts; what ended stays as history; the old one is canceled', async () => {
    const channel = await transferChannel(world);
    const { north, ada, ben } = channel.accounts;
    const facts = {
      externalId: 'CRM-7',
      taxRegistrationId: 'DE 1',
      buyerGroup: 'gold',
      attributes: { branch: 'north' },
    };
    const customer = await world.customer(ada, facts);
    const [ended, kept, other] = await channel.on('2028-03-01', async () => [
      (await channel.sell({ SEAT: '1' }, { customer })).subscriptions[0]!,
      (await channel.sell({ SEAT: '2' }, { customer })).subscriptions[0]!,
      (await channel.sell({ DISK: '3' }, { customer })).subscriptions[0]!,
    ]);
    await channel.ask(ended, { kind: 'cancel', reason: null });
    await channel.ask(kept, {
      kind: 'details',
      autoRenewal: false,
      autoRenewalMonths: null,
      attributes: { room: '4' },
    });
    const wanted = { customerId: customer.id, toOwnerId: ben.id };
    const moved = await channel.on('2028-03-17', () => channel.transfer(north.id, wanted));
    expect(moved.parts.map(({ from }) => from.id).toSorted()).toEqual([kept.id, other.id].toSorted());
    const { id, number, ownerId, version, createdAt, updatedAt, buyerGroup, ...same } = moved.customer;
    expect([ownerId, version, buyerGroup]).toEqual([ben.id, 1, null]);
    expect(customer).toMatchObject(same);
    expect(number).not.toBe(customer.number);
    expect([createdAt, updatedAt]).toEqual([channel.now().toString(), channel.now().toString()]);
    expect(moved.warnings.map(({ code }) => code)).toEqual(['lifecycle.transfer_buyer_group']);
    expect(await world.engine.customers.get(ben.id, { id })).toEqual(moved.customer);
    expect(await world.engine.customers.get(ada.id, { id: customer.id })).toMatchObject({
      status: 'canceled',
      ...facts,
    });
    const movedKept = moved.parts.find(({ from }) => from.id === kept.id)!.to!;
    expect(await channel.get(movedKept)).toMatchObject({
      attributes: { room: '4' },
      autoRenewal: false,
      customerId: id,
    });
    expect(movedKept.licenses[0]!.activationCode).toBe(kept.licenses[0]!.activationCode);
    expect((await channel.get(ended)).customerId).toBe(customer.id);
    await expect(channel.sell({ SEAT: '1' }, { customer })).rejects.toMatchObject({
      code: 'orders.customer_may_not_order',
    });
  });

  test('both sides are what their events say', async () => {
    const { channel, sold, to, north, ben } = await soldOn('2028-03-17');
    await channel.ask(sold, { kind: 'details', autoRenewal: null, autoRenewalMonths: null, attributes: { room: '4' } });
    const [part] = (await channel.transfer(north.id, to(ben.id))).parts;
    for (const { ownerId, id } of [part!.from, part!.to!]) {
      const events = await selectTimeline(world.db, ownerId, id);
      expect(plain(fold(events.map(setOf)))).toEqual(plain(fieldsOf(await channel.get({ id }))));
    }
    const given = await world.engine.orders.get(north.id, { id: part!.givenBack!.id });
    const charged = await world.engine.orders.get(north.id, { id: part!.charged!.id });
    expect([given.type, given.total, charged.type, charged.total]).toEqual([
      'cancellation',
      '-50.33',
      'migration',
      '45.39',
    ]);
    expect((await channel.get(part!.to!)).origin).toEqual({ kind: 'transfer', subscriptionId: sold.id });
  });

  test('a trial stays the one trial of the customer', async () => {
    const channel = await transferChannel(world);
    const { provider, north, ada, ben } = channel.accounts;
    const terms = { licenseVersion: 'trial', pricing: 'free', autoRenewalMonths: null } as const;
    const trial = await world.plan(provider, { rates: [{ mpn: 'TRY' }], terms });
    await world.delegate([provider, north, ada], trial);
    await world.delegate([north, ben], trial);
    const sold = await channel.on('2028-03-01', () => channel.sell({ TRY: '1' }, { plan: trial }));
    const { id } = sold.subscriptions[0]!;
    const wanted = { subscriptionIds: [id], toOwnerId: ben.id, toCustomerId: 'copy' } as const;
    const { customer } = await channel.on('2028-03-10', () => channel.transfer(north.id, wanted));
    await expect(channel.sell({ TRY: '1' }, { plan: trial, customer })).rejects.toMatchObject({
      code: 'orders.trial_used',
    });
  });

  test('into a customer that the new partner has; and only subscriptions of one customer at a time', async () => {
    const { channel, sold, to, north, ada, ben } = await soldOn('2028-03-17');
    const target = await world.customer(ben);
    const other = await channel.sell({ SEAT: '1' }, { customer: await world.customer(ada) });
    const both = [sold.id, other.subscriptions[0]!.id];
    const asked = (subscriptionIds: readonly SubscriptionId[]) =>
      channel.transfer(north.id, { ...to(ben.id), subscriptionIds, toCustomerId: target.id });
    await expect(asked(both)).rejects.toMatchObject({ code: 'lifecycle.transfer_several_customers' });
    await expect(asked([])).rejects.toMatchObject({ code: 'lifecycle.transfer_nothing' });
    const moved = await asked([sold.id]);
    expect(moved).toMatchObject({ isNewCustomer: false, customer: target });
    expect(moved.parts[0]!.to!.customerId).toBe(target.id);
    expect((await world.engine.customers.get(ada.id, { id: channel.customer.id })).status).toBe('active');
  });
});
