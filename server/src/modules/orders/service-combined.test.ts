import { decimal, isTierlineError } from '@tierline/kernel';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { plain, rowsAdded } from '../../../../test/support/rows.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { Customer } from '../customers/index.ts';
import type { OrderDetail } from './order.ts';
import type { SalesRequest } from './request.ts';

let world: World;
let provider: Account;
let sellers: { account: Account; customer: Customer }[];

beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
  provider = await world.provider();
  const plans = [
    await world.plan(provider, { rates: [{ mpn: 'A', prices: '1.5' }] }),
    await world.plan(provider, { rates: [{ mpn: 'B', prices: '2.25' }] }),
  ];
  sellers = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const account = await world.reseller(provider, { name: `Reseller ${index}`, currency: 'USD' });
      for (const plan of plans) await world.delegate([provider, account], plan);
      await world.priceList(account, { markup: '10' });
      return { account, customer: await world.customer(account) };
    }),
  );
});
afterAll(() => world.close());
afterEach(() => void vi.restoreAllMocks());

const request = (customer: Customer, facts: Partial<SalesRequest> = {}): SalesRequest => ({
  customer: { id: customer.id },
  lines: [
    { name: { mpn: 'A' }, quantity: decimal('3') },
    { name: { mpn: 'B' }, quantity: decimal('1') },
  ],
  poNumber: null,
  attributes: null,
  surface: 'api',
  addMissingBases: false,
  ...facts,
});

/** Looks at every statement that stores orders; `before` may do something before it runs. */
function watchPlacements(before: (batch: number) => Promise<unknown> = () => Promise.resolve()) {
  const { query } = world.db;
  const seen = { statements: 0, errors: [] as unknown[] };
  vi.spyOn(world.db, 'query').mockImplementation(async (statement, values) => {
    if (statement.name !== 'place_orders') return await query<never>(statement, values);
    seen.statements += 1;
    await before(seen.statements);
    try {
      return await query<never>(statement, values);
    } catch (error) {
      seen.errors.push(error);
      throw error;
    }
  });
  return seen;
}

test('200 concurrent orders of many owners are stored by a few statements, each with its own answer', async () => {
  const seen = watchPlacements();
  let orders: OrderDetail[] = [];
  const added = await rowsAdded(world.db, async () => {
    orders = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const { account, customer } = sellers[index % sellers.length]!;
        return world.engine.orders.place(world.cause(), account.id, request(customer, { poNumber: `PO ${index}` }));
      }),
    );
  });
  expect(seen.statements).toBeLessThanOrEqual(12);
  expect(added).toEqual({
    orders: 200,
    order_lines: 400,
    subscriptions: 400,
    subscription_items: 400,
    licenses: 400,
    subscription_due: 400,
    charges: 800,
    events: 600,
  });
  expect(new Set(orders.map(({ serial }) => serial)).size).toBe(200);
  for (const [index, order] of orders.entries()) {
    expect(order).toMatchObject({ poNumber: `PO ${index}`, ownerId: sellers[index % sellers.length]!.account.id });
  }
  // What was answered is what is stored, for some of them in full.
  for (const order of orders.filter((_, index) => index % 23 === 0)) {
    expect(plain(await world.engine.orders.get(order.ownerId, { id: order.id }))).toEqual(plain(order));
  }
});

describe('one among many', () => {
  /** Places one order of each seller at once; answers which of them were refused, by code. */
  async function placeAll(change: (index: number) => Partial<SalesRequest> = () => ({})): Promise<string[]> {
    const outcomes = await Promise.allSettled(
      sellers.map(({ account, customer }, index) =>
        world.engine.orders.place(world.cause(), account.id, request(customer, change(index))),
      ),
    );
    return outcomes.map((outcome) =>
      outcome.status === 'fulfilled'
        ? 'placed'
        : isTierlineError(outcome.reason)
          ? outcome.reason.code
          : String(outcome.reason),
    );
  }

  /** Between the decision and the statement somebody else puts a customer on hold: the statement itself has to notice. */
  test('whose customer was put on hold meanwhile fails alone, and nothing of it is stored', async () => {
    const { account, customer } = sellers[5]!;
    const hold = (status: 'admin_hold' | 'active') =>
      world.engine.customers.change(world.cause(), account.id, { id: customer.id }, { status });
    let held: Promise<unknown> | undefined;
    const seen = watchPlacements(() => (held ??= hold('admin_hold')));
    const before = await world.engine.orders.count({ scope: { ownerId: account.id } });
    const outcomes = await placeAll();
    expect(outcomes.filter((outcome) => outcome === 'placed')).toHaveLength(sellers.length - 1);
    expect(outcomes[5]).toBe('orders.customer_may_not_order');
    expect(seen.statements).toBeLessThan(sellers.length);
    expect(await world.engine.orders.count({ scope: { ownerId: account.id } })).toBe(before);
    vi.restoreAllMocks();
    await hold('active');
  });

  /** What this server remembers of a customer is never the last word, whether it would allow or refuse. */
  test('whose customer another server changed is decided with what is true', async () => {
    const { account, customer } = sellers[6]!;
    const elsewhere = (status: string) =>
      world.db.query(
        { name: 'change_elsewhere', text: 'update customers set status = $2, version = version + 1 where id = $1' },
        [customer.id, status],
      );
    const place = () => world.engine.orders.place(world.cause(), account.id, request(customer));
    await place();
    await elsewhere('credit_hold');
    await expect(place()).rejects.toMatchObject({ code: 'orders.customer_may_not_order' });
    await elsewhere('active');
    expect(await place()).toMatchObject({ customerId: customer.id });
    await elsewhere('active');
    expect(await place()).toMatchObject({ customerId: customer.id });
  });

  test('that the database refuses fails alone', async () => {
    // No surface lets a NUL character through; the engine still may not let one order take the others with it.
    const outcomes = await placeAll((index) => (index === 3 ? { poNumber: 'a\0b' } : {}));
    expect(outcomes.filter((outcome) => outcome === 'placed')).toHaveLength(sellers.length - 1);
    expect(outcomes[3]).not.toBe('placed');
  });
});

describe('retries under one key', () => {
  const keyed = (key: string, wanted = 'the request') => world.cause({ key, owner: provider.id, request: wanted });

  test('fifty at once make one order, and all get its answer', async () => {
    const { account, customer } = sellers[0]!;
    let answers: OrderDetail[] = [];
    const added = await rowsAdded(world.db, async () => {
      answers = await Promise.all(
        Array.from({ length: 50 }, () => world.engine.orders.place(keyed('fifty'), account.id, request(customer))),
      );
    });
    expect(added).toMatchObject({ orders: 1, idempotency_keys: 1, subscriptions: 2, charges: 4, events: 3 });
    for (const answer of answers) expect(plain(answer)).toEqual(plain(answers[0]));
  });

  test('a later retry gets the first answer, also when the request would be refused by now', async () => {
    const { account, customer } = sellers[1]!;
    const first = await world.engine.orders.place(keyed('later'), account.id, request(customer));
    const change = (status: 'credit_hold' | 'active') =>
      world.engine.customers.change(world.cause(), account.id, { id: customer.id }, { status });
    await change('credit_hold');
    const again = await world.engine.orders.place(keyed('later'), account.id, request(customer));
    expect(plain(again)).toEqual(plain(first));
    await change('active');
  });

  test('another request under the same key is a conflict, and stores nothing', async () => {
    const { account, customer } = sellers[2]!;
    await world.engine.orders.place(keyed('reused'), account.id, request(customer));
    const other = () =>
      expect(
        world.engine.orders.place(keyed('reused', 'another'), account.id, request(customer, { poNumber: 'other' })),
      ).rejects.toMatchObject({ code: 'idempotency.key_reused', kind: 'conflict' });
    expect(await rowsAdded(world.db, other)).toEqual({});
  });

  test('a refused request leaves its key free', async () => {
    const { account, customer } = sellers[2]!;
    const tooMany = request(customer, { lines: [{ name: { mpn: 'A' }, quantity: decimal('9999999') }] });
    await expect(world.engine.orders.place(keyed('freed'), account.id, tooMany)).rejects.toMatchObject({
      kind: 'invalid',
    });
    expect(await world.engine.orders.place(keyed('freed'), account.id, request(customer))).toMatchObject({
      version: 1,
    });
  });
});
