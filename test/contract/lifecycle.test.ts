import { newId } from '@tierline/kernel';
import { afterAll, describe, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls, keysOf, type Answered } from './calls.ts';

// What our own API says of the life of a subscription, to each account of its channel.

const world = await openWorld({ at: '2026-03-01T09:00:00Z' });
afterAll(() => world.close());
const { call } = apiCalls(world.engine);
const channel = await world.channel();
const { provider, distributor, reseller, customer, sibling, base, addOn } = channel;

const keys = await keysOf(world, { provider, distributor, reseller, sibling: sibling.reseller });
type Who = keyof typeof keys;

type Charge = {
  readonly seller_id: string;
  readonly type: string;
  readonly amount: { readonly amount: string };
  readonly source: { readonly kind: string };
};
type Order = {
  readonly id: string;
  readonly total: { readonly amount: string };
  readonly charges: readonly Charge[];
  readonly edges: readonly { readonly seller_id: string; readonly total: { readonly amount: string } }[];
};
type Outcome = {
  readonly order: Order | null;
  readonly subscriptions: readonly { readonly id?: string; readonly version?: number; readonly end_on: string }[];
  readonly planned: readonly { readonly id: string; readonly version: number }[];
  readonly warnings: readonly { readonly code: string }[];
};

async function sold(quantity = '5'): Promise<string> {
  const order = await world.order(customer, [{ mpn: base.mpn, quantity }]);
  return order.subscriptions[0]!.id;
}

const send = (who: Who, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(method, `/subscriptions/${path}`, { token: keys[who], ...(body === undefined ? {} : { body }), headers });
const done = (answered: Answered, status: number): Outcome => {
  expect(answered.status, `${answered.text}.`).toBe(status);
  return answered.body as Outcome;
};
const seats = (quantity: number) => ({ items: [{ mpn: base.mpn, quantity }] });
const edgesOf = ({ order }: Outcome) => order!.edges.map(({ seller_id: seller, total }) => [seller, total.amount]);

describe('what a change costs', () => {
  test('each account sees the edge on which it buys and those below, whoever asked for it', async () => {
    // Half of a month of 30 days: two seats at 15.2, 17.5 and 19.8.
    world.moveTo('2026-04-01T09:00:00Z');
    const id = await sold();
    world.moveTo('2026-04-16T09:00:00Z');
    const asReseller = done(await send('reseller', 'POST', `${id}/change?preview=true`, seats(7)), 200);
    expect(edgesOf(asReseller)).toEqual([
      [distributor.id, '17.50'],
      [reseller.id, '19.80'],
    ]);
    expect(asReseller.order!.charges.map(({ source }) => source.kind)).toEqual(['seller', 'explicit']);
    const asProvider = done(await send('provider', 'POST', `${id}/change?preview=true`, seats(7)), 200);
    expect(edgesOf(asProvider)).toEqual([
      [provider.id, '15.20'],
      [distributor.id, '17.50'],
      [reseller.id, '19.80'],
    ]);
    const placed = done(await send('distributor', 'POST', `${id}/change`, seats(7)), 201);
    expect(edgesOf(placed)).toEqual(edgesOf(asProvider));
    expect(placed.order!.charges.map(({ source }) => source.kind)).toEqual(['seller', 'explicit', 'explicit']);
    for (const who of ['reseller', 'distributor', 'provider'] as const) {
      const { body } = await call('GET', `/orders/${placed.order!.id}`, { token: keys[who] });
      const sellers = (body as Order).edges.map(({ seller_id: seller }) => seller);
      expect(sellers).toEqual([provider.id, distributor.id, reseller.id].slice(who === 'reseller' ? 1 : 0));
    }
    expect((await send('sibling', 'POST', `${id}/change`, seats(8))).status).toBe(404);
  });

  test('a preview has the figures of the placement, no ids, and stores nothing', async () => {
    const id = await sold();
    const stored = async () => (await send('reseller', 'GET', `${id}/timeline`)).text;
    const before = await stored();
    const previewed = done(await send('reseller', 'POST', `${id}/change?preview=true`, seats(9)), 200);
    expect(await stored()).toBe(before);
    expect(previewed.order).not.toHaveProperty('id');
    expect(previewed.subscriptions[0]).not.toHaveProperty('id');
    expect(JSON.stringify(previewed)).not.toContain('00000000-0000-0000');
    const placed = done(await send('reseller', 'POST', `${id}/change`, seats(9)), 201);
    expect(placed).toMatchObject(previewed);
    expect(new Set(placed.order!.charges.map((charge) => Reflect.get(charge, 'id') as string)).size).toBe(2);
    // What was answered is what is read later, to the ids of its charges.
    const { body } = await call('GET', `/orders/${placed.order!.id}`, { token: keys.reseller });
    expect((body as Order).charges).toEqual(placed.order!.charges);
  });
});

describe('special prices', () => {
  const special = (id: string, who: Who, sellerId?: string) =>
    send(who, 'POST', `${id}/special-prices`, {
      prices: [{ mpn: base.mpn, unit_price: '16', ...(sellerId === undefined ? {} : { seller_id: sellerId }) }],
    });

  test('are of the own sale, or of one below', async () => {
    const id = await sold();
    const own = done(await special(id, 'reseller'), 201);
    expect([...new Set(own.order!.charges.map(({ seller_id: seller }) => seller))]).toEqual([reseller.id]);
    expect(own.order!.total.amount).toBe('-19.00');
    const below = done(await special(id, 'provider', distributor.id), 201);
    expect([...new Set(below.order!.charges.map(({ seller_id: seller }) => seller))]).toEqual([distributor.id]);
  });

  test('above oneself there is nobody to name', async () => {
    const id = await sold();
    for (const sellerId of [distributor.id, provider.id, sibling.reseller.id, newId()]) {
      const refused = await special(id, 'reseller', sellerId);
      expect(refused.status).toBe(404);
      expect(refused.body).toMatchObject({ code: 'accounts.not_found', field: 'prices.0.seller_id' });
    }
    const beside = await special(id, 'distributor', sibling.reseller.id);
    expect(beside.body).toMatchObject({ status: 400, code: 'lifecycle.not_a_seller', field: 'prices.0.seller_id' });
  });
});

describe('names', () => {
  test('an MPN that the plan does not have is named with its field', async () => {
    const id = await sold();
    const refused = await send('reseller', 'POST', `${id}/change`, { items: [{ mpn: 'NOPE', quantity: 1 }] });
    expect(refused.body).toMatchObject({ status: 400, code: 'lifecycle.unknown_product', field: 'items.0.mpn' });
    expect(refused.text).toContain(base.mpn);
  });

  test('what is planned names what is there', async () => {
    const id = await sold();
    const moment = { at: 'renewal' };
    const rate = { items: [{ rate_id: newId(), quantity: 1 }], moment };
    expect((await send('reseller', 'POST', `${id}/change`, rate)).body).toMatchObject({
      code: 'lifecycle.unknown_rate',
    });
    const plan = { plan_id: newId(), moment };
    expect((await send('reseller', 'POST', `${id}/switch`, plan)).body).toMatchObject({
      code: 'lifecycle.unknown_plan',
    });
  });

  test('a target of another customer is as unknown as one that never was', async () => {
    const id = await sold();
    const foreign = (await world.order(sibling.customer, [{ mpn: base.mpn }])).subscriptions[0]!.id;
    for (const target of [foreign, newId()]) {
      const refused = await send('reseller', 'POST', `${id}/move`, { ...seats(1), target_id: target });
      expect(refused.body).toMatchObject({ status: 400, code: 'lifecycle.move_target_unknown', field: 'target_id' });
    }
  });
});

describe('a move into a subscription that the order makes', () => {
  test('previews and places it; what is named badly is refused by name', async () => {
    const id = await sold();
    const items = [{ mpn: base.mpn, quantity: 1 }];
    const preview = done(
      await send('reseller', 'POST', `${id}/move?preview=true`, { items, new_subscription: {} }),
      200,
    );
    const placed = done(
      await send('reseller', 'POST', `${id}/move`, { items, new_subscription: { end: 'same' } }),
      201,
    );
    expect(placed.subscriptions).toHaveLength(2);
    expect(placed.subscriptions[1]).toMatchObject({ status: 'active', end_on: placed.subscriptions[0]!.end_on });
    expect(preview.order!.total).toEqual(placed.order!.total);
    const plan = { items, new_subscription: { plan_id: newId() } };
    expect((await send('reseller', 'POST', `${id}/move`, plan)).body).toMatchObject({
      status: 400,
      code: 'lifecycle.unknown_plan',
      field: 'new_subscription.plan_id',
    });
    for (const target of [{}, { target_id: id, new_subscription: {} }]) {
      expect((await send('reseller', 'POST', `${id}/move`, { items, ...target })).body).toMatchObject({
        status: 400,
        field: 'target_id',
      });
    }
    expect((await send('sibling', 'POST', `${id}/move`, { items, new_subscription: {} })).status).toBe(404);
  });

  test('an end that its plan does not allow is refused as it was asked for', async () => {
    const terms = { policies: { coterm: { allowed: false } } };
    const plan = await world.plan(provider, { rates: [{ mpn: 'OWN-TERM', prices: '3' }], terms });
    await world.delegate([provider, distributor, reseller], plan);
    for (const seller of [distributor, reseller]) {
      await world.priceList(seller, { name: 'Own terms', prices: { 'OWN-TERM': '5' } });
    }
    const order = await world.order(customer, [{ mpn: 'OWN-TERM', quantity: '5' }]);
    const body = { items: [{ mpn: 'OWN-TERM', quantity: 1 }], new_subscription: { end: 'same' } };
    expect((await send('reseller', 'POST', `${order.subscriptions[0]!.id}/move`, body)).body).toMatchObject({
      status: 400,
      code: 'subscriptions.coterm_not_allowed',
      field: 'new_subscription.end',
    });
  });
});

describe('versions', () => {
  test('a command with an old ETag is refused with the version that there is', async () => {
    const id = await sold();
    const etag = (await send('reseller', 'GET', id)).headers.get('etag')!;
    const first = await send('reseller', 'POST', `${id}/change`, seats(6), { 'if-match': etag });
    done(first, 201);
    expect(first.headers.get('etag')).toBe('"2"');
    for (const query of ['', '?preview=true']) {
      const late = await send('reseller', 'POST', `${id}/change${query}`, seats(7), { 'if-match': etag });
      expect(late.status).toBe(412);
      expect(late.body).toMatchObject({ current_version: 2 });
    }
  });

  test('a retry is told what was answered, whatever has happened since', async () => {
    const id = await sold();
    const headers = { 'idempotency-key': `once-${id}` };
    const first = await send('reseller', 'POST', `${id}/cancel`, { moment: { at: 'renewal' } }, headers);
    const [intent] = done(first, 201).planned;
    done(await send('reseller', 'PATCH', `${id}/intents/${intent!.id}`, { reason: 'too dear' }), 200);
    done(await send('reseller', 'POST', `${id}/change`, seats(6)), 201);
    const again = await send('reseller', 'POST', `${id}/cancel`, { moment: { at: 'renewal' } }, headers);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
  });
});

describe('what is planned', () => {
  test('is listed, changed and taken back, and none of it is lost', async () => {
    const id = await sold();
    const [intent] = done(
      await send('reseller', 'POST', `${id}/change`, { ...seats(8), moment: { at: 'renewal' } }),
      201,
    ).planned;
    const path = `${id}/intents/${intent!.id}`;
    const preview = await send('reseller', 'PATCH', `${path}?preview=true`, {
      items: [{ mpn: base.mpn, quantity: 9 }],
    });
    expect(done(preview, 200).planned).toMatchObject([{ command: { items: [{ mpn: base.mpn, quantity: '9' }] } }]);
    expect((await send('reseller', 'GET', path)).body).toMatchObject({
      version: 1,
      command: { items: [{ quantity: '8' }] },
    });
    done(
      await send('reseller', 'PATCH', path, { items: [{ mpn: base.mpn, quantity: 9 }] }, { 'if-match': '"1"' }),
      200,
    );
    expect((await send('reseller', 'PATCH', path, { reason: 'x' })).body).toMatchObject({
      code: 'lifecycle.not_of_this_intent',
      field: 'reason',
    });
    expect((await send('reseller', 'DELETE', path, undefined, { 'if-match': '"1"' })).status).toBe(412);
    done(await send('reseller', 'DELETE', `${path}?preview=true`), 200);
    const ended = await send('reseller', 'DELETE', path);
    expect(ended.body).toMatchObject({ ended: [{ id: intent!.id, status: 'canceled' }] });
    const list = await send('distributor', 'GET', `${id}/intents`);
    expect(list.body).toMatchObject({ data: [{ status: 'canceled', command: { items: [{ quantity: '9' }] } }] });
    expect((await send('reseller', 'GET', `${id}/intents?status=waiting`)).body).toMatchObject({ data: [] });
    expect((await send('reseller', 'DELETE', path)).body).toMatchObject({ status: 409, code: 'lifecycle.intent_over' });
    expect((await send('reseller', 'GET', `${id}/intents/${newId()}`)).status).toBe(404);
  });
});

describe('deals of what is planned', () => {
  type Item = { readonly mpn: string; readonly deals?: readonly { readonly seller_id: string }[] };
  type Planned = { readonly id: string; readonly command: { readonly items: readonly Item[] } };
  const moment = { at: 'renewal' };
  const dealsOf = (planned: unknown) => (planned as Planned).command.items[0]!.deals?.map((deal) => deal.seller_id);

  test('are told in the preview, kept, seen on the edges of the reader, and charged when the moment comes', async () => {
    world.moveTo('2026-07-01T09:00:00Z');
    const id = await sold();
    const deals = [
      { unit_price: '14', terms: 2, seller_id: provider.id },
      { discount: { percent: '10' }, seller_id: distributor.id },
    ];
    const asked = { items: [{ mpn: base.mpn, quantity: 5, deals }], moment };
    const previewed = done(await send('provider', 'POST', `${id}/change?preview=true`, asked), 200);
    const shown = [
      { ...deals[0], charge_type: 'recurring', from: 'now' },
      { ...deals[1], charge_type: 'recurring', from: 'now', terms: 1 },
    ];
    expect(previewed.planned).toMatchObject([{ command: { items: [{ mpn: base.mpn, deals: shown }] } }]);
    const [planned] = done(await send('provider', 'POST', `${id}/change`, asked), 201).planned;
    const path = `${id}/intents/${planned!.id}`;
    // A reseller buys from the distributor; what that one pays is not its business.
    expect(dealsOf((await send('provider', 'GET', path)).body)).toEqual([provider.id, distributor.id]);
    expect(dealsOf((await send('distributor', 'GET', path)).body)).toEqual([provider.id, distributor.id]);
    expect(dealsOf((await send('reseller', 'GET', path)).body)).toEqual([distributor.id]);
    // Whatever the reseller makes of it, what was agreed on above stays.
    const own = { unit_price: '19' };
    const items = [{ mpn: base.mpn, quantity: 6, deals: [own] }];
    const edited = done(await send('reseller', 'PATCH', path, { items }), 200);
    expect(dealsOf(edited.planned[0])).toEqual([distributor.id, reseller.id]);
    done(await send('reseller', 'PATCH', path, { cascade: true }), 200);
    world.moveTo('2026-08-02T09:00:00Z');
    await world.engine.worker.runDue({ sandboxId: null }, world.clock.now());
    const { body } = await send('provider', 'GET', `${id}/timeline`);
    type Told = { readonly type: string; readonly charges: readonly (Charge & { readonly unit_price: string })[] };
    const { charges } = (body as { data: Told[] }).data.find(({ type }) => type === 'subscription.renewed')!;
    expect(charges.map((charge) => [charge.seller_id, charge.unit_price])).toEqual([
      [provider.id, '14'],
      [distributor.id, '15.75'],
      [reseller.id, '19'],
    ]);
  });

  test('and of a renewal are the own ones or those below, and nobody names one above', async () => {
    const id = await sold();
    const renew = (who: Who, deal: object) =>
      send(who, 'POST', `${id}/renew`, { items: [{ mpn: base.mpn, quantity: 5, deals: [deal] }] });
    for (const sellerId of [distributor.id, sibling.reseller.id, newId()]) {
      const refused = await renew('reseller', { unit_price: '1', seller_id: sellerId });
      expect([refused.status, refused.body]).toMatchObject([
        404,
        { code: 'accounts.not_found', field: 'items.0.deals.0.seller_id' },
      ]);
    }
    expect((await renew('reseller', { unit_price: '1', from: 'renewal' })).body).toMatchObject({
      status: 400,
      code: 'lifecycle.deal_from_renewal',
      field: 'items.0.deals.0.from',
    });
    done(await renew('distributor', { unit_price: '16' }), 201);
    const [intent] = done(await send('reseller', 'POST', `${id}/change`, { ...seats(8), moment }), 201).planned;
    const above = { items: [{ mpn: base.mpn, quantity: 5, deals: [{ unit_price: '1', seller_id: provider.id }] }] };
    expect((await send('reseller', 'PATCH', `${id}/intents/${intent!.id}`, above)).status).toBe(404);
  });
});

describe('history', () => {
  type Entry = {
    readonly type: string;
    readonly at: string;
    readonly order: { readonly id: string } | null;
    readonly charges: readonly Charge[];
  };

  test('tells what happened, with the charges of the edges that concern the reader, each once', async () => {
    world.moveTo('2026-05-01T09:00:00Z');
    const id = await sold();
    world.moveTo('2026-05-11T09:00:00Z');
    done(await send('reseller', 'POST', `${id}/change`, { items: [{ mpn: addOn.mpn, quantity: 5 }] }), 201);
    done(await send('reseller', 'PATCH', id, { attributes: { floor: '3' } }), 200);
    world.moveTo('2026-06-02T09:00:00Z');
    done(await send('reseller', 'POST', `${id}/cancel`, { reason: 'The office was closed.' }), 201);
    const read = async (who: Who, query = '') =>
      (await send(who, 'GET', `${id}/timeline${query}`)).body as { data: Entry[]; next_cursor: string | null };
    const { data } = await read('provider');
    expect(data.map(({ type, at }) => [type, at.slice(0, 10)])).toEqual([
      ['subscription.created', '2026-05-01'],
      // What was due in between happened on its own day.
      ['subscription.expiring', '2026-05-02'],
      ['subscription.changed', '2026-05-11'],
      ['subscription.attributes_set', '2026-05-11'],
      ['subscription.renewed', '2026-06-01'],
      ['subscription.canceled', '2026-06-02'],
    ]);
    const sellersOf = (entries: readonly Entry[]) =>
      new Set(entries.flatMap(({ charges }) => charges.map((charge) => charge.seller_id)));
    expect(sellersOf(data)).toEqual(new Set([provider.id, distributor.id, reseller.id]));
    expect(sellersOf((await read('reseller')).data)).toEqual(new Set([distributor.id, reseller.id]));
    const orders = new Set(data.flatMap(({ order }) => (order === null ? [] : [order.id])));
    const charged = await Promise.all(
      [...orders].map(
        async (order) => ((await call('GET', `/orders/${order}`, { token: keys.provider })).body as Order).charges,
      ),
    );
    expect(data.flatMap(({ charges }) => charges)).toEqual(charged.flat());
    const paged: Entry[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await read('provider', `?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      paged.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(data);
  });

  test('a subscription is shown as it was', async () => {
    world.moveTo('2026-06-10T09:00:00Z');
    const id = await sold();
    world.moveTo('2026-06-12T09:00:00Z');
    done(await send('reseller', 'POST', `${id}/change`, seats(6)), 201);
    world.moveTo('2026-06-20T09:00:00Z');
    const asOf = (instant: string) => send('distributor', 'GET', `${id}?as_of=${encodeURIComponent(instant)}`);
    const then = await asOf('2026-06-11T23:00:00+02:00');
    expect(then.headers.get('etag')).toBeNull();
    expect(then.body).toMatchObject({ items: [{ quantity: '5' }], updated_at: '2026-06-10T09:00:00Z' });
    expect((await asOf('2026-06-12T09:00:00Z')).body).toMatchObject({ items: [{ quantity: '6' }] });
    expect((await asOf('2026-06-09T00:00:00Z')).status).toBe(404);
    expect((await asOf('2026-06-21T00:00:00Z')).body).toMatchObject({
      code: 'subscriptions.as_of_future',
      field: 'as_of',
    });
  });
});
