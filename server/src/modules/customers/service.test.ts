import { newId, type CustomerId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import { customerStatuses, statusRules, type Customer } from './customer.ts';

let world: World;
let provider: Account;
let distributor: Account;
let reseller: Account;
let sibling: Account;
let stranger: Account;
let customer: Customer;
beforeAll(async () => {
  world = await openWorld();
  provider = await world.provider();
  distributor = await world.distributor(provider);
  reseller = await world.reseller(distributor);
  sibling = await world.reseller(distributor, { name: 'Sibling' });
  stranger = await world.account('provider', null, { name: 'Stranger' });
  customer = await world.customer(reseller);
});
afterAll(() => world.close());

describe('scope', () => {
  test('a customer is found by its owner and from above, by id and by number', async () => {
    const { customers } = world.engine;
    for (const account of [reseller, distributor, provider]) {
      expect(await customers.get(account.id, { id: customer.id })).toEqual(customer);
      expect(await customers.get(account.id, { number: customer.number })).toEqual(customer);
    }
  });

  test('beside, below and elsewhere it does not exist', async () => {
    const { customers } = world.engine;
    const below = await world.reseller(reseller, { name: 'Below' });
    for (const account of [sibling, below, stranger]) {
      for (const key of [{ id: customer.id }, { number: customer.number }]) {
        await expect(customers.get(account.id, key, 'customer_id')).rejects.toMatchObject({
          code: 'customers.not_found',
          field: 'customer_id',
        });
      }
    }
  });

  /** Concurrent reads share a round trip; what one caller may see must not become visible to another through it. */
  test('reads that share a round trip are decided each for itself', async () => {
    const { customers } = world.engine;
    const query = vi.spyOn(world.db, 'query');
    const callers = [reseller, sibling, provider, stranger, distributor, sibling];
    const outcomes = await Promise.allSettled(
      callers.flatMap((account) => [
        customers.get(account.id, { id: customer.id }),
        customers.get(account.id, { number: customer.number }),
        customers.getOrdering(account.id, { id: customer.id }, 'customer_id'),
      ]),
    );
    const batches = query.mock.calls.filter(([{ name }]) => name.includes('customers_by'));
    vi.restoreAllMocks();
    expect(batches.length).toBeLessThan(outcomes.length);
    expect(outcomes.map(({ status }) => status)).toEqual(
      callers.flatMap((account) => {
        const seen = [reseller, provider, distributor].includes(account);
        return Array.from({ length: 3 }, () => (seen ? 'fulfilled' : 'rejected'));
      }),
    );
  });
});

describe('changes', () => {
  test('one event each, and none for what was refused', async () => {
    const { customers } = world.engine;
    const made = await world.customer(reseller);
    const change = () =>
      customers.change(world.cause(), reseller.id, { id: made.id }, { name: 'New', expectedVersion: 1 });
    // The name it had is kept for reports of months that are over.
    expect(await rowsAdded(world.db, change)).toEqual({ events: 1, former_names: 1 });
    const stale = () => expect(change()).rejects.toMatchObject({ code: 'customers.version_mismatch' });
    expect(await rowsAdded(world.db, stale)).toEqual({});
    const wrong = () =>
      expect(
        customers.change(
          world.cause(),
          reseller.id,
          { id: made.id },
          {
            address: { ...made.address, countryCode: 'Germany' },
            contacts: [{ type: 'admin', firstName: 'A', lastName: 'B', email: 'no address', phone: '' }],
          },
        ),
      ).rejects.toMatchObject({ reasons: [{ field: 'address.country_code' }, { field: 'contacts.0.email' }] });
    expect(await rowsAdded(world.db, wrong)).toEqual({});
    expect(await customers.get(reseller.id, { id: made.id })).toMatchObject({ name: 'New', version: 2 });
  });

  test('of concurrent changes none is lost in silence', async () => {
    const { customers } = world.engine;
    const made = await world.customer(reseller);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        customers.change(world.cause(), reseller.id, { id: made.id }, { name: `Name ${index}` }),
      ),
    );
    const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect((await customers.get(reseller.id, { id: made.id })).version).toBe(1 + done);
  });

  test('a customer is made once under one key', async () => {
    const make = () =>
      world.engine.customers.create(world.cause({ key: 'customer', owner: reseller.id }), reseller.id, {
        name: 'Once',
        language: 'en',
        address: customer.address,
        contacts: [],
      });
    const made = await Promise.all(Array.from({ length: 20 }, make));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  });

  test('only an active customer may order, and every other status says why not', () => {
    expect(customerStatuses.filter((status) => statusRules[status].mayOrder)).toEqual(['active']);
    for (const status of customerStatuses) {
      if (status !== 'active') expect(statusRules[status].why).not.toBe('');
    }
  });
});

describe('pages', () => {
  let owner: Account;
  let made: Customer[];
  beforeAll(async () => {
    owner = await world.reseller(distributor, { name: 'Many customers' });
    made = [];
    for (let index = 0; index < 9; index += 1) {
      made.push(await world.customer(owner, { name: `Company ${index % 3}`, externalId: index === 4 ? 'EXT%' : null }));
    }
  });

  test('newest first, each once, with a cursor and with an offset', async () => {
    const { customers } = world.engine;
    const filter = { scope: { ownerId: owner.id } };
    const expected = made.map(({ id }) => id).toReversed();
    for (const limit of [1, 2, 4, 9, 50]) {
      const seen: CustomerId[] = [];
      for (let after: CustomerId | undefined; ;) {
        const page = await customers.page(filter, { limit, after });
        seen.push(...page.map(({ id }) => id));
        after = page.at(-1)?.id;
        if (page.length < limit) break;
      }
      expect(seen).toEqual(expected);
      const offset = await customers.page(filter, { limit, offset: 3 });
      expect(offset.map(({ id }) => id)).toEqual(expected.slice(3, 3 + limit));
    }
    expect(await customers.count(filter)).toBe(9);
  });

  test('a customer that is added meanwhile moves nothing', async () => {
    const { customers } = world.engine;
    const filter = { scope: { ownerId: owner.id } };
    const first = await customers.page(filter, { limit: 4 });
    const added = await world.customer(owner);
    const rest = await customers.page(filter, { limit: 50, after: first.at(-1)!.id });
    expect([...first, ...rest].map(({ id }) => id)).toEqual(made.map(({ id }) => id).toReversed());
    expect((await customers.page(filter, { limit: 1 }))[0]!.id).toBe(added.id);
  });

  test('filters count what they show, and take wildcards as the characters they are', async () => {
    const { customers } = world.engine;
    const scope = { ownerId: owner.id };
    for (const [filter, count] of [
      [{ nameContains: 'company 1' }, 3],
      [{ nameContains: 'company%1' }, 0],
      [{ externalId: 'EXT%' }, 1],
      [{ externalId: 'EXT' }, 0],
      [{ email: made[0]!.contacts[0]!.email.toUpperCase(), nameContains: 'Company 0' }, 1],
      [{ status: 'canceled' as const }, 0],
    ] as const) {
      const wanted = { scope, ...filter };
      expect(await customers.count(wanted)).toBe(count);
      expect(await customers.page(wanted, { limit: 50 })).toHaveLength(count);
    }
  });

  test('within an account are those of all sellers below it, and of nobody else', async () => {
    const { customers } = world.engine;
    expect(await customers.count({ scope: { within: owner.id } })).toBe(10);
    expect(await customers.count({ scope: { within: provider.id } })).toBeGreaterThan(10);
    expect(await customers.count({ scope: { within: stranger.id } })).toBe(0);
    expect(await customers.count({ scope: { ownerId: distributor.id } })).toBe(0);
  });
});

test.each(['', 'abc', '1e3', '99999999999999999999', newId<'customer'>()])(
  'the number %j is nobody',
  async (number) => {
    await expect(world.engine.customers.get(provider.id, { number })).rejects.toMatchObject({ kind: 'not_found' });
  },
);
