import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiCalls } from '../../../../test/contract/calls.ts';
import { openWorld } from '../../../../test/support/world.ts';

type World = Awaited<ReturnType<typeof openWorld>>;
let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
let call: ReturnType<typeof apiCalls>['call'];
let tokens: Record<'reseller' | 'sibling' | 'distributor' | 'auditor', string>;
let own: string;
let foreign: string;
beforeAll(async () => {
  world = await openWorld();
  ({ call } = apiCalls(world.engine));
  channel = await world.channel();
  const token = async (of: typeof channel.reseller, role?: 'read_only') =>
    (await world.credentials(of, role === undefined ? {} : { role })).apiKey;
  tokens = {
    reseller: await token(channel.reseller),
    sibling: await token(channel.sibling.reseller),
    distributor: await token(channel.distributor),
    auditor: await token(channel.reseller, 'read_only'),
  };
  const sold = async (to: typeof channel.customer) =>
    (await world.order(to, [{ mpn: channel.base.mpn }])).subscriptions[0]!.id;
  own = await sold(channel.customer);
  foreign = await sold(channel.sibling.customer);
});
afterAll(() => world.close());

type Used = { subscription_id: string; used: string; highest: string };
const listed = async (as: keyof typeof tokens = 'reseller', query: Record<string, string> = {}) => {
  const { status, body } = await call('GET', '/usage', { token: tokens[as], query });
  expect(status).toBe(200);
  return (body as { data: Used[] }).data.map(({ subscription_id: id, used, highest }) => [id, used, highest]);
};
const put = (body: unknown, as: keyof typeof tokens = 'reseller', path = '/usage') =>
  call('PUT', path, { token: tokens[as], body });
describe('usage', () => {
  test('readings come in one by one or many at once, and the newest and the highest of a month stay', async () => {
    expect(await listed()).toEqual([]);
    const path = `/subscriptions/${own}/usage`;
    expect((await put({ used: '7', at: '2026-03-01T12:00:00Z' }, 'reseller', path)).body).toMatchObject({
      subscription_id: own,
      month: '2026-03',
      used: '7',
    });
    expect((await put({ readings: [{ subscription_id: own, used: 3 }] })).status).toBe(200);
    // Late, and lower than another one: it changes nothing.
    await put({ readings: [{ subscription_id: own, used: 5, at: '2026-03-01T13:00:00Z' }] });
    await put({ used: '7', at: '2026-03-01T12:00:00Z' }, 'reseller', path);
    expect(await listed()).toEqual([[own, '3', '7']]);
    expect(await listed('distributor', { month: '2026-03', subscription_id: own })).toEqual([[own, '3', '7']]);
    expect(await listed('reseller', { month: '2026-02' })).toEqual([]);
    expect(await listed('sibling')).toEqual([]);
  });

  test('all readings of a request or none, and every reason at once', async () => {
    const before = await listed();
    const answer = await put({
      readings: [
        { subscription_id: own, used: 99 },
        { subscription_id: own, used: 1, at: '2026-02-28T12:00:00Z' },
        { subscription_id: own, used: 1, license_id: newId() },
        { subscription_id: own, used: 1, at: '2026-03-02T09:00:01Z' },
      ],
    });
    expect(answer.status, `${answer.text}.`).toBe(400);
    expect(answer.text).toContain('readings.1.at');
    expect(answer.text).toContain('usage.month_closed');
    expect(answer.text).toContain('readings.2.license_id');
    expect(answer.text).toContain('usage.in_the_future');
    expect(await listed()).toEqual(before);
    expect((await put({ readings: [{ subscription_id: own, used: -1 }] })).status).toBe(400);
    expect((await put({ readings: [] })).status).toBe(400);
  });

  test("another tenant's subscription is not found, in the same words as none", async () => {
    for (const as of [foreign, newId()]) {
      const one = await put({ used: 1 }, 'reseller', `/subscriptions/${as}/usage`);
      const many = await put({
        readings: [
          { subscription_id: own, used: 1 },
          { subscription_id: as, used: 1 },
        ],
      });
      expect([one.status, many.status]).toEqual([404, 404]);
      expect(many.body).toMatchObject({ code: 'subscriptions.not_found', field: 'readings.1.subscription_id' });
    }
    expect(
      (await call('GET', '/usage', { token: tokens.reseller, query: { account_id: channel.sibling.reseller.id } }))
        .status,
    ).toBe(404);
    expect((await put({ used: 1 }, 'auditor', `/subscriptions/${own}/usage`)).status).toBe(403);
  });

  test('a file: bad rows are told with their lines, and the rest is stored', async () => {
    const send = async (body: string, contentType = 'text/csv') => {
      const headers = { 'content-type': contentType };
      const { status, text } = await call('POST', '/usage/import', { token: tokens.distributor, body, headers });
      return { status, text };
    };
    const file = [
      'subscription_id;used;at',
      `${foreign};12;2026-03-02T08:00:00Z`,
      `${newId()};1;`,
      'nothing;1;',
      `${foreign};1;2025-01-01T00:00:00Z`,
      '"',
    ].join('\n');
    for (const _ of [1, 2]) {
      const answer = await send(file);
      const records = answer.text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const refused = records.filter(({ type }) => type === 'row_error');
      expect(refused.map(({ line, code }) => `${String(line)} ${String(code)}`).toSorted()).toEqual([
        '3 usage.unknown_subscription',
        '4 usage.invalid_cell',
        '5 usage.month_closed',
        '6 usage.row_unreadable',
      ]);
      expect(records.at(-1)).toEqual({ type: 'done', rows: 5, stored: 1, failed: 4 });
    }
    expect(await listed('sibling')).toEqual([[foreign, '12', '12']]);
    expect([(await send('')).status, (await send('seats\n1')).status, (await send('x', 'text/plain')).status]).toEqual([
      400, 400, 415,
    ]);
  });
});
