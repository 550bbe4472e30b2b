import type { OrderDetail, Outcome } from '@tierline/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDeal } from './deals.ts';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
let channel: Awaited<ReturnType<(typeof cli)['world']['channel']>>;
let key: string;
beforeAll(async () => {
  cli = await cliWorld();
  channel = await cli.world.channel();
  key = (await cli.world.credentials(channel.reseller)).apiKey;
});
afterAll(() => cli.close());

const run = (...words: string[]) => cli.tierline(words, { key });
const prices = ({ charges }: Pick<OrderDetail, 'charges'>) =>
  charges.filter(({ seller_id: seller }) => seller === channel.reseller.id).map(({ unit_price: price }) => price);

test('a deal is a price, a share or an amount off, with what else is agreed on', () => {
  const seller = '0190f3a2-1111-7222-8333-444455556666';
  expect(parseDeal('HR=SEAT=18.50')).toEqual({ name: { mpn: 'HR=SEAT' }, deal: { unit_price: '18.50' } });
  expect(parseDeal(`rate:${seller}=12.5%,terms=3,from=renewal`)).toEqual({
    name: { rate_id: seller },
    deal: { discount: { percent: '12.5' }, terms: 3, from: 'renewal' },
  });
  expect(parseDeal(`X=-2, terms=all, seller=${seller}, type=setup, currency=EUR`).deal).toEqual({
    discount: { amount: '2' },
    terms: null,
    seller_id: seller,
    charge_type: 'setup',
    currency: 'EUR',
  });
});

describe('deals', () => {
  test('of an order', async () => {
    const { mpn } = channel.base;
    const words = ['--customer', channel.customer.id, '--line', `${mpn}=3`, '--deal', `${mpn}=10%,terms=2`];
    const preview = json(await run('order', 'preview', ...words, '--json')) as OrderDetail;
    const placed = json(await run('order', 'place', ...words, '--json')) as OrderDetail;
    expect([prices(preview), prices(placed)]).toEqual([['17.82'], ['17.82']]);
  });

  test('of what is planned are told, listed and taken', async () => {
    const { mpn } = channel.base;
    const order = await cli.world.order(channel.customer, [{ mpn, quantity: '5' }]);
    const { id } = order.subscriptions[0]!;
    const words = ['subscription', 'change', id, '--item', `${mpn}=6`, '--deal', `${mpn}=18.5,terms=all`];
    expect((await run(...words)).err).toContain('holds this already');
    const told = `change to ${mpn}=6 (18.5, all terms)`;
    expect((await run(...words, '--at', 'renewal', '--preview')).out).toContain(told);
    const planned = json(await run(...words, '--at', 'renewal', '--json')) as Outcome;
    expect((await run('subscription', 'intents', id)).out).toContain(told);
    const edit = ['subscription', 'intent-change', id, planned.planned[0]!.id, '--item', `${mpn}=7`];
    expect((await run(...edit, '--deal', `${mpn}=-0.5`)).out).toContain(`change to ${mpn}=7 (0.5 off, 1 term)`);
    const renewal = ['subscription', 'renew', id, '--from', 'now', '--item', `${mpn}=5`, '--deal', `${mpn}=50%`];
    const { order: renewed } = json(await run(...renewal, '--preview', '--json')) as Outcome;
    expect(prices(renewed!)).toContain('9.9');
  });

  test('that are not said right, or about nothing, are told before anything is sent', async () => {
    const { mpn } = channel.base;
    const order = ['order', 'place', '--customer', channel.customer.id, '--line', `${mpn}=3`];
    const change = ['subscription', 'change', channel.customer.id, '--item', `${mpn}=6`];
    for (const deal of ['x', `${mpn}=`, `${mpn}=a`, `${mpn}=-5%`, `${mpn}=1,terms=0`, `${mpn}=1,for=x`, 'OTHER=1']) {
      for (const words of [order, change]) {
        expect((await run(...words, '--deal', deal)).exitCode, `${words.join(' ')} ${deal}.`).toBe(2);
      }
    }
    expect((await run(...order, '--deal', `${mpn}=1,from=then`)).exitCode).toBe(2);
    expect((await run('order', 'place', '--file', 'x.json', '--deal', `${mpn}=1`)).exitCode).toBe(2);
  });
});

test('what a customer is billed in is set and shown', async () => {
  const { id } = await cli.world.customer(channel.reseller);
  expect((await run('customer', 'get', id)).out).toMatch(/billed in +the currency of the price list/);
  expect((await run('customer', 'change', id, '--billing-currency', 'EUR')).out).toMatch(/billed in +EUR/);
  const back = await run('customer', 'change', id, '--billing-currency', 'list', '--if-version', '2', '--json');
  expect(json(back)).toMatchObject({ billing_currency: null, version: 3 });
  expect((await run('customer', 'change', id, '--name', 'X', '--if-version', '2')).exitCode).toBe(5);
  expect((await run('customer', 'change', id)).exitCode).toBe(2);
});
