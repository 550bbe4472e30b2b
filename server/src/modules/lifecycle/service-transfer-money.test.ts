import { decimal } from '@tierline/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { table } from '../../../../test/support/story.ts';
import { transferChannel, type ChannelWanted } from '../../../../test/support/transfer-channel.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import type { Transfer } from './index.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Ada sells on a day; on another one it goes to Ben, or, with no edge in common, to Cyd. */
async function moved(
  wanted: ChannelWanted,
  {
    soldOn,
    on,
    quantities = { SEAT: '5' },
    to = 'ben',
  }: { soldOn: string; on: string; quantities?: Record<string, string>; to?: 'ben' | 'cyd' },
) {
  const channel = await transferChannel(world, wanted);
  const order = await channel.on(soldOn, () => channel.sell(quantities));
  const sold = order.subscriptions[0]!;
  const { provider, [to]: owner } = channel.accounts;
  const transfer = (): Promise<Transfer> =>
    channel.transfer(provider.id, { subscriptionIds: [sold.id], toOwnerId: owner.id, toCustomerId: 'copy' });
  await channel.until(on);
  return { channel, sold, transfer, ...channel.accounts };
}

test('setup was paid with the units: it is not charged again, and not given back where it was never paid', async () => {
  // Cancellation gives everything back within seven days, setup included.
  const policies = { cancellation: { window: { count: 7, unit: 'day' }, refund: 'full', after: 'refused' } } as const;
  const setup = (recurring: string, once: string) => ({ SEAT: { recurring, setup: once } });
  const { channel, transfer, ben } = await moved(
    {
      terms: { policies },
      rates: [{ mpn: 'SEAT', chargeTypes: ['recurring', 'setup'] }],
      prices: {
        Provider: setup('10', '1'),
        North: setup('12.5', '2'),
        Ada: setup('20', '5'),
        Ben: setup('18', '4'),
        South: {},
        Cyd: {},
      },
    },
    { soldOn: '2028-03-15', on: '2028-03-17' },
  );
  const [part] = (await transfer()).parts;
  const bill = (lines: string[]): string[] =>
    lines.filter((line) => line.includes('Ada to') || line.includes('Ben to'));
  expect(bill(channel.bill(part!.givenBack))).toEqual(
    table('2028-03-17 Ada to customer: refund 5 SEAT x 20 29/31, 2028-03-17 to 2028-04-15 = -93.55'),
  );
  expect(bill(channel.bill(part!.charged))).toEqual(
    table('2028-03-17 Ben to customer: recurring 5 SEAT x 18 29/31, 2028-03-17 to 2028-04-15 = 84.19'),
  );
  // Two more come the day after, with setup. All seven go back on the next: no more than was paid at Ben.
  await channel.on('2028-03-18', () => channel.change(part!.to!, { SEAT: '7' }));
  expect(await channel.total([part!.to!], ben)).toBe('124.71');
  const canceled = await channel.on('2028-03-19', () => channel.ask(part!.to!, { kind: 'cancel', reason: null }));
  expect(bill(channel.bill(canceled.order))).toEqual(
    table(`
      2028-03-19 Ben to customer: refund 2 SEAT x 4,        2028-03-19 to 2028-04-15 = -8
      2028-03-19 Ben to customer: refund 2 SEAT x 18 28/31, 2028-03-18 to 2028-04-15 = -32.52
      2028-03-19 Ben to customer: refund 5 SEAT x 18 29/31, 2028-03-17 to 2028-04-15 = -84.19
    `),
  );
  expect(await channel.total([part!.to!], ben)).toBe('0');
});

test('billed afterwards: each partner bills its own days', async () => {
  const terms = { billingModel: 'after_billing_period' } as const;
  const { channel, transfer, provider, north, ada, ben, sold } = await moved(
    { terms },
    { soldOn: '2028-03-01', on: '2028-03-17' },
  );
  const [part] = (await transfer()).parts;
  expect(channel.bill(part!.givenBack)).toEqual(
    table(`
      2028-03-17 North to Ada:    recurring 5 SEAT x 12.5 16/31, 2028-03-01 to 2028-03-17 = 32.26
      2028-03-17 Ada to customer: recurring 5 SEAT x 20 16/31,   2028-03-01 to 2028-03-17 = 51.61
    `),
  );
  expect(part!.charged!.charges).toEqual([]);
  await channel.until('2028-04-02');
  const both = [sold, part!.to!];
  expect(await channel.total(both, ada)).toBe('51.61');
  // 90 x 15/31
  expect(await channel.total(both, ben)).toBe('43.55');
  expect(await channel.total(both, north, ada)).toBe('32.26');
  expect(await channel.total(both, north, ben)).toBe('30.24');
  // The whole March, billed once, on the edge that both chains have.
  expect(await channel.total(both, provider, north)).toBe('50');
});

test('a year that was paid for at once is settled for what is left of it', async () => {
  const year = { unit: 'year', count: 1 } as const;
  const terms = { billingModel: 'before_subscription_period', subscriptionPeriod: year, billingPeriod: year } as const;
  const { channel, transfer, ada, sold } = await moved(
    { terms },
    { soldOn: '2027-03-01', on: '2027-07-01', to: 'cyd' },
  );
  const [part] = (await transfer()).parts;
  // 366 days to March 1, 2028, of which 244 are left.
  expect(channel.bill(part!.givenBack).at(-1)).toBe(
    '2027-07-01 Ada to customer: refund 5 SEAT x 20 244/366, 2027-07-01 to 2028-03-01 = -66.67',
  );
  expect(channel.bill(part!.charged).at(-1)).toBe(
    '2027-07-01 Cyd to customer: recurring 5 SEAT x 19 244/366, 2027-07-01 to 2028-03-01 = 63.33',
  );
  expect(await channel.total([sold], ada)).toBe('33.33');
  expect(part!.kept).toEqual([]);
});

test('each edge by the date of its seller: a partner in Kiritimati gives, one in Honolulu takes', async () => {
  const zones = { Ada: 'Pacific/Kiritimati', Ben: 'Pacific/Honolulu', North: 'Europe/Berlin' };
  // March 17, 11:00 in UTC: noon in Berlin, 1:00 of the 18th in Kiritimati, 1:00 of the 17th in Honolulu.
  const { channel, transfer } = await moved({ zones }, { soldOn: '2028-03-01T02:00:00Z', on: '2028-03-17T11:00:00Z' });
  const [part] = (await transfer()).parts;
  expect(channel.bill(part!.givenBack)).toEqual(
    table(`
      2028-03-17 North to Ada:    refund 5 SEAT x 12.5 15/31, 2028-03-17 to 2028-04-01 = -30.24
      2028-03-18 Ada to customer: refund 5 SEAT x 20 14/31,   2028-03-18 to 2028-04-01 = -45.16
    `),
  );
  expect(channel.bill(part!.charged)).toEqual(
    table(`
      2028-03-17 North to Ben:    recurring 5 SEAT x 12.5 15/31, 2028-03-17 to 2028-04-01 = 30.24
      2028-03-17 Ben to customer: recurring 5 SEAT x 18 15/31,   2028-03-17 to 2028-04-01 = 43.55
    `),
  );
  // The term ends on its date, which begins a day later in Honolulu than in Kiritimati.
  await channel.until('2028-04-01T09:00:00Z');
  expect(await channel.state(part!.to!)).toBe('Ben: active 2028-03-01 to 2028-04-01: 5 SEAT');
  await channel.until('2028-04-01T10:00:00Z');
  expect(await channel.state(part!.to!)).toBe('Ben: active 2028-04-01 to 2028-05-01: 5 SEAT');
});

test('what was overdue happens first, each at its own date; then it moves', async () => {
  const { channel, sold, provider, ada, ben } = await moved({}, { soldOn: '2028-01-01', on: '2028-01-20' });
  // Two boundaries pass while no worker runs, and the transfer is asked for on March 17.
  channel.skipTo('2028-03-17');
  const wanted = { subscriptionIds: [sold.id], toOwnerId: ben.id, toCustomerId: 'copy' } as const;
  const [part] = (await channel.transfer(provider.id, wanted)).parts;
  expect(part!.to).toMatchObject({ startOn: '2028-03-01', endOn: '2028-04-01' });
  // January, February, and 16 of March's 31 days.
  expect(await channel.total([sold], ada)).toBe('251.61');
  expect(await channel.total([part!.to!], ben)).toBe('43.55');
});

test('not for resale stays free on every edge', async () => {
  const channel = await transferChannel(world);
  const { north, ada, ben } = channel.accounts;
  const [sold] = await channel.on('2028-03-01', async () => {
    const lines = [{ name: { rateId: channel.main.rates['SEAT']! }, quantity: decimal('5') }];
    const facts = {
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
      sale: { notForResale: true },
    };
    const order = await world.engine.orders.place(channel.at(), ada.id, {
      customer: { id: channel.customer.id },
      lines,
      ...facts,
    });
    return order.subscriptions;
  });
  const wanted = { subscriptionIds: [sold!.id], toOwnerId: ben.id, toCustomerId: 'copy' } as const;
  const [part] = (await channel.on('2028-03-17', () => channel.transfer(north.id, wanted))).parts;
  expect(part!.to!.notForResale).toBe(true);
  expect(part!.charged!.charges.every(({ amount }) => amount.minor === 0n)).toBe(true);
  await channel.until('2028-04-02');
  expect(await channel.total([sold!, part!.to!], ben)).toBe('0');
});

test('special prices stay behind where their edge does, with a warning; on a common edge they stay', async () => {
  const { channel, sold, transfer, ben } = await moved({}, { soldOn: '2028-03-01', on: '2028-03-10' });
  const special = (sellerIndex: number, unitPrice: string) =>
    channel.ask(sold, {
      kind: 'prices',
      prices: [{ rateId: channel.main.rates['SEAT']!, unitPrice: decimal(unitPrice), sellerIndex }],
    });
  await special(0, '8');
  await special(2, '15');
  await channel.until('2028-03-17');
  const [part] = (await transfer()).parts;
  expect(part!.warnings.map(({ code }) => code)).toEqual(['lifecycle.transfer_special_prices']);
  expect(await channel.total([part!.to!], ben)).toBe('43.55');
  const [kept, opened] = (await channel.get(part!.to!)).ledger;
  expect([kept!.items[0]!.prices.recurring!.source.kind, opened!.items[0]!.prices.recurring!.source.kind]).toEqual([
    'special',
    'explicit',
  ]);
});

test('a term that was renewed ahead goes on at the new partner, at its prices', async () => {
  const { channel, sold, transfer, ada, ben } = await moved({}, { soldOn: '2028-03-01', on: '2028-03-10' });
  await channel.ask(sold, { kind: 'renew', from: 'expiry', months: 2, items: [], align: null });
  await channel.until('2028-03-17');
  const [part] = (await transfer()).parts;
  expect(part!.warnings.map(({ code }) => code)).toEqual(['lifecycle.transfer_renewed_ahead']);
  expect(part!.to!.endOn).toBe('2028-06-01');
  await channel.until('2028-05-02');
  // 90 x 15/31, then April and May.
  expect(await channel.total([part!.to!], ben)).toBe('223.55');
  expect(await channel.total([sold], ada)).toBe('51.61');
});

test('a planned switch to a plan that the new partner lacks moves, with a warning', async () => {
  const { channel, sold, transfer, provider, north, ada } = await moved({}, { soldOn: '2028-03-01', on: '2028-03-10' });
  const other = await world.plan(provider, { rates: [{ mpn: 'SEAT' }] });
  await world.delegate([provider, north, ada], other);
  await channel.ask(sold, { kind: 'switch', planId: other.id, start: 'now', items: null }, { at: 'renewal' });
  const [part] = (await transfer()).parts;
  expect(part!.warnings.map(({ code }) => code)).toEqual(['lifecycle.transfer_planned_switch']);
  expect(part!.intents.map(({ to }) => to.command.kind)).toEqual(['switch']);
});
