import type { Customer } from '@tierline/server/modules/customers/index.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusal, type Credential } from './setup.ts';
import { invalid, membersOf, openSubscriptions, type SubscriptionWorld } from './subscription-world.ts';

// Subscriptions :: List of v2.5: LMPI reference, part 1, 7.9, and paging of 2.

type Listed = { subscription_id: string };
type Page = { paging: { total: number; limit: number; page: number }; subscriptions: Listed[] };

let world: SubscriptionWorld;
let buyer: Customer;
/** Created on March 3 to 7, 2026, at 12:00:00 UTC. The first was changed on March 10 at the same hour. */
let ids: string[];
let below: string;
beforeAll(async () => {
  world = await openSubscriptions();
  buyer = await world.customer();
  const { distributor, reseller } = world.partners;
  await world.delegate([distributor, reseller], world.yearly);
  ids = [];
  for (const day of [3, 4, 5, 6, 7]) {
    world.moveTo(`2026-03-0${day}T12:00:00Z`);
    ids.push(await world.created(buyer, { service_plan_id: world.yearly.id, units_per_license: day }));
  }
  below = await world.created(await world.customer(reseller));
  world.moveTo('2026-03-10T12:00:00Z');
  await world.put(buyer, ids[0]!, '', { units_per_license: 30 });
});
afterAll(() => world.stop());

const list = (query: string, by: Credential = world.as) => world.get(by, `/LMPI/v2.5/customers/subscriptions?${query}`);
const created = (start: string, end: string, more = '') => list(`created_start=${start}&created_end=${end}${more}`);
const modified = (start: string, end: string) => list(`modified_start=${start}&modified_end=${end}`);
const idsOf = (json: unknown): string[] => (json as Page).subscriptions.map((one) => one.subscription_id);

describe('200', () => {
  it('answers exactly the documented members, the newest first', async () => {
    const answer = await created('2026-03-01T00:00:00Z', '2026-03-04T00:00:00Z');
    expect(answer.status).toBe(200);
    expect(answer.json).toStrictEqual({
      paging: { total: 1, limit: 25, page: 1 },
      subscriptions: [
        {
          subscription_id: ids[0],
          name: 'Worry Free, a year',
          enabled: true,
          is_auto_renewal: true,
          auto_renewal_month: 12,
          service_plan_id: world.yearly.id,
          customer_id: buyer.id,
        },
      ],
    });
    expect(membersOf(answer.json)).toBe('paging,subscriptions');
    expect(membersOf((answer.json as Page).subscriptions[0])).toBe(
      'subscription_id,name,enabled,is_auto_renewal,auto_renewal_month,service_plan_id,customer_id',
    );
  });

  it('the dates are strictly between, as real UTC', async () => {
    const between = async (start: string, end: string) => idsOf((await created(start, end)).json);
    expect(await between('2026-03-03T12:00:00Z', '2026-03-05T12:00:00Z')).toEqual([ids[1]]);
    expect(await between('2026-03-03T11:59:59Z', '2026-03-05T12:00:01Z')).toEqual([ids[2], ids[1], ids[0]]);
    expect(await between('2026-03-03T20:59:59%2B09:00', '2026-03-03T21:00:01%2B09:00')).toEqual([ids[0]]);
    expect(await between('2025-01-01', '2025-02-01')).toEqual([]);
  });

  it('the modified date is that of the last change, which takes it out of the range of an earlier one', async () => {
    const between = async (start: string, end: string) => idsOf((await modified(start, end)).json);
    expect(await between('2026-03-10T11:59:59Z', '2026-03-10T12:00:01Z')).toEqual([ids[0]]);
    expect(await between('2026-03-02T00:00:00Z', '2026-03-05T00:00:00Z')).toEqual([ids[1]]);
    expect(await between('2026-03-10T12:00:00Z', '2026-03-11T00:00:00Z')).toEqual([]);
  });

  it('has pages, whose rows together are all of them, each once; past the end it is empty with the same total', async () => {
    const range = ['2026-03-01T00:00:00Z', '2026-03-09T00:00:00Z'] as const;
    const pages = await Promise.all([1, 2, 3].map((page) => created(...range, `&page=${page}&limit=2`)));
    expect(pages.map(({ json }) => (json as Page).paging)).toEqual(
      [1, 2, 3].map((page) => ({ total: 6, limit: 2, page })),
    );
    expect(pages.flatMap(({ json }) => idsOf(json))).toEqual([below, ...ids.toReversed()]);
    const past = await created(...range, '&page=4&limit=2');
    expect(past.json).toEqual({ paging: { total: 6, limit: 2, page: 4 }, subscriptions: [] });
  });

  it('shows what has ended or is suspended as such', async () => {
    const customer = await world.customer();
    world.moveTo('2026-03-12T12:00:00Z');
    const [disabled, suspended] = [await world.created(customer), await world.created(customer, undefined, 'v3')];
    expect(suspended).toBe(disabled);
    const other = await world.created(customer, { service_plan_id: world.yearly.id, units_per_license: 2 });
    await world.put(customer, disabled, '/disable');
    await world.put(customer, other, '/suspend');
    const { json } = await created('2026-03-12T00:00:00Z', '2026-03-13T00:00:00Z');
    expect((json as Page).subscriptions).toMatchObject([
      { subscription_id: other, enabled: true, is_auto_renewal: false, auto_renewal_month: 0 },
      { subscription_id: disabled, enabled: false },
    ]);
  });

  it("a caller has its own and what is below it, and nobody else's", async () => {
    const query = 'created_start=2026-03-01T00:00:00Z&created_end=2026-03-09T00:00:00Z';
    const [reseller, isp] = await Promise.all([
      list(query, world.credentials.reseller),
      list(query, world.credentials.isp),
    ]);
    expect(idsOf(reseller.json)).toEqual([below]);
    expect(isp.json).toEqual({ paging: { total: 0, limit: 25, page: 1 }, subscriptions: [] });
  });
});

describe('400', () => {
  const c = 'created_start=2026-03-01T00:00:00Z&created_end=2026-03-09T00:00:00Z';
  const m = 'modified_start=2026-03-01T00:00:00Z&modified_end=2026-03-09T00:00:00Z';

  it.each([
    ['', 'created_start'],
    [`${c}&${m}`, 'created_start'],
    [`${c}&modified_start=2026-03-01T00:00:00Z`, 'created_start'],
    ['created_start=2026-03-01T00:00:00Z', 'created_end'],
    ['created_end=2026-03-01T00:00:00Z', 'created_start'],
    ['modified_start=2026-03-01T00:00:00Z', 'modified_end'],
    ['modified_end=2026-03-01T00:00:00Z', 'modified_start'],
    ['created_start=then&created_end=now', 'created_start'],
    ['created_start=2026-03-09T00:00:00Z&created_end=2026-03-01T00:00:00Z', 'created_end'],
    [`${c}&page=0`, 'page'],
    [`${c}&page=x`, 'page'],
    [`${c}&limit=0`, 'limit'],
    [`${c}&limit=101`, 'limit'],
  ])('?%s: %s', async (query, field) => {
    expect(refusal(await list(query))).toEqual(invalid(field));
  });
});

it('is there in v2.5 alone, and is no customer (part 1, 7.9)', async () => {
  const query = 'created_start=2026-03-01T00:00:00Z&created_end=2026-03-09T00:00:00Z';
  for (const version of ['v2', 'v3']) {
    const answer = await world.get(world.as, `/LMPI/${version}/customers/subscriptions?${query}`);
    expect([404, 405]).toContain(answer.status);
  }
});
