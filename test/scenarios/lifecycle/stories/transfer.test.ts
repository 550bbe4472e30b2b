import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { table } from '../../../support/story.ts';
import { transferChannel, type TransferChannel } from '../../../support/transfer-channel.ts';
import { openWorld, type World } from '../../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Sold = Awaited<ReturnType<TransferChannel['get']>>;

describe("a reseller's customer moves to another reseller of the same distributor, and on to one of another distributor", () => {
  let channel: TransferChannel;
  let atAda: Sold;
  let atBen: Sold;
  let atCyd: Sold;

  test('March 1: Ada sells five seats and two disks', async () => {
    channel = await transferChannel(world);
    const order = await channel.on('2028-03-01', () => channel.sell({ SEAT: '5', DISK: '2' }));
    atAda = order.subscriptions[0]!;
    expect(channel.bill(order)).toEqual(
      table(`
        2028-03-01 Provider to North: recurring 5 SEAT x 10,   2028-03-01 to 2028-04-01 = 50
        2028-03-01 Provider to North: recurring 2 DISK x 1,    2028-03-01 to 2028-04-01 = 2
        2028-03-01 North to Ada:      recurring 5 SEAT x 12.5, 2028-03-01 to 2028-04-01 = 62.5
        2028-03-01 North to Ada:      recurring 2 DISK x 1.1,  2028-03-01 to 2028-04-01 = 2.2
        2028-03-01 Ada to customer:   recurring 5 SEAT x 20,   2028-03-01 to 2028-04-01 = 100
        2028-03-01 Ada to customer:   recurring 2 DISK x 2,    2028-03-01 to 2028-04-01 = 4
      `),
    );
  });

  test('March 10: two more seats are planned for April 20, and a third disk for the renewal', async () => {
    const seats = await channel.on('2028-03-10', () =>
      channel.change(atAda, { SEAT: '7' }, { at: 'date', on: '2028-04-20' }),
    );
    const disk = await channel.change(atAda, { DISK: '3' }, { at: 'renewal' });
    expect([...seats.planned, ...disk.planned].map(({ status }) => status)).toEqual(['waiting', 'waiting']);
  });

  test('March 17: the customer moves to Ben. 15 of 31 days are left; between Provider and North nothing happens', async () => {
    const { north, ben } = channel.accounts;
    const moved = await channel.on('2028-03-17', () =>
      channel.transfer(north.id, { customerId: channel.customer.id, toOwnerId: ben.id }),
    );
    const [part] = moved.parts;
    atBen = part!.to!;
    expect(channel.bill(part!.givenBack)).toEqual(
      table(`
        2028-03-17 North to Ada:    refund 5 SEAT x 12.5 15/31, 2028-03-17 to 2028-04-01 = -30.24
        2028-03-17 North to Ada:    refund 2 DISK x 1.1 15/31,  2028-03-17 to 2028-04-01 = -1.06
        2028-03-17 Ada to customer: refund 5 SEAT x 20 15/31,   2028-03-17 to 2028-04-01 = -48.39
        2028-03-17 Ada to customer: refund 2 DISK x 2 15/31,    2028-03-17 to 2028-04-01 = -1.94
      `),
    );
    expect(channel.bill(part!.charged)).toEqual(
      table(`
        2028-03-17 North to Ben:    recurring 5 SEAT x 12.5 15/31, 2028-03-17 to 2028-04-01 = 30.24
        2028-03-17 North to Ben:    recurring 2 DISK x 1.1 15/31,  2028-03-17 to 2028-04-01 = 1.06
        2028-03-17 Ben to customer: recurring 5 SEAT x 18 15/31,   2028-03-17 to 2028-04-01 = 43.55
        2028-03-17 Ben to customer: recurring 2 DISK x 1.9 15/31,  2028-03-17 to 2028-04-01 = 1.84
      `),
    );
    expect(part!.kept).toEqual([{ sellerId: channel.accounts.provider.id, buyerId: north.id }]);
    expect([await channel.state(atAda), await channel.state(atBen)]).toEqual([
      'Ada: terminated 2028-03-01 to 2028-03-17: 2 DISK, 5 SEAT',
      'Ben: active 2028-03-01 to 2028-04-01: 2 DISK, 5 SEAT',
    ]);
    expect(part!.intents.map(({ to }) => [to.ownerId === ben.id, to.moment])).toEqual([
      [true, { at: 'date', on: '2028-04-20' }],
      [true, { at: 'renewal' }],
    ]);
    expect((await channel.events(atAda)).slice(-3)).toEqual([
      '2028-03-17 subscription.transferred_out',
      '2028-03-17 intent.dropped',
      '2028-03-17 intent.dropped',
    ]);
    expect(await channel.events(atBen)).toEqual([
      '2028-03-17 subscription.created',
      '2028-03-17 subscription.transferred_in',
      '2028-03-17 intent.planned',
      '2028-03-17 intent.planned',
    ]);
  });

  test('April 1: Ben renews on the old grid, with the third disk; Provider has two months of North without a gap', async () => {
    await channel.until('2028-04-02');
    expect(await channel.state(atBen)).toBe('Ben: active 2028-04-01 to 2028-05-01: 3 DISK, 5 SEAT');
    const { provider, north, ada, ben } = channel.accounts;
    // March 52, April 50 + 3; on North's edges 16 days went to Ada and the rest to Ben.
    expect(await channel.total([atAda, atBen], provider, north)).toBe('105');
    expect(await channel.total([atAda], north, ada)).toBe('33.4');
    expect(await channel.total([atBen], north, ben)).toBe('97.1');
    expect(await channel.total([atAda], ada)).toBe('53.67');
    expect(await channel.total([atBen], ben)).toBe('141.09');
    // 33.4 + 97.1 is North's 64.7 for March and 62.5 + 3.3 for April, whoever sells it below.
  });

  test('April 20: the planned seats come at Ben, 11 of 30 days', async () => {
    await channel.until('2028-04-21');
    expect(await channel.state(atBen)).toBe('Ben: active 2028-04-01 to 2028-05-01: 3 DISK, 7 SEAT');
    const { ben } = channel.accounts;
    // 2 x 18 x 11/30 = 13.2
    expect(await channel.total([atBen], ben)).toBe('154.29');
  });

  test('April 25: on to Cyd below South. No edge is common, and all of them are settled for 6 of 30 days', async () => {
    const { provider, north, south, cyd } = channel.accounts;
    const moved = await channel.on('2028-04-25', () =>
      channel.transfer(provider.id, { subscriptionIds: [atBen.id], toOwnerId: cyd.id, toCustomerId: 'copy' }),
    );
    const [part] = moved.parts;
    atCyd = part!.to!;
    expect(part!.kept).toEqual([]);
    expect(channel.bill(part!.givenBack)).toEqual(
      table(`
        2028-04-25 Provider to North: refund 7 SEAT x 10 6/30,   2028-04-25 to 2028-05-01 = -14
        2028-04-25 Provider to North: refund 3 DISK x 1 6/30,    2028-04-25 to 2028-05-01 = -0.6
        2028-04-25 North to Ben:      refund 7 SEAT x 12.5 6/30, 2028-04-25 to 2028-05-01 = -17.5
        2028-04-25 North to Ben:      refund 3 DISK x 1.1 6/30,  2028-04-25 to 2028-05-01 = -0.66
        2028-04-25 Ben to customer:   refund 7 SEAT x 18 6/30,   2028-04-25 to 2028-05-01 = -25.2
        2028-04-25 Ben to customer:   refund 3 DISK x 1.9 6/30,  2028-04-25 to 2028-05-01 = -1.14
      `),
    );
    expect(channel.bill(part!.charged)).toEqual(
      table(`
        2028-04-25 Provider to South: recurring 7 SEAT x 10 6/30,  2028-04-25 to 2028-05-01 = 14
        2028-04-25 Provider to South: recurring 3 DISK x 1 6/30,   2028-04-25 to 2028-05-01 = 0.6
        2028-04-25 South to Cyd:      recurring 7 SEAT x 13 6/30,  2028-04-25 to 2028-05-01 = 18.2
        2028-04-25 South to Cyd:      recurring 3 DISK x 1.2 6/30, 2028-04-25 to 2028-05-01 = 0.72
        2028-04-25 Cyd to customer:   recurring 7 SEAT x 19 6/30,  2028-04-25 to 2028-05-01 = 26.6
        2028-04-25 Cyd to customer:   recurring 3 DISK x 1.8 6/30, 2028-04-25 to 2028-05-01 = 1.08
      `),
    );
    // The Provider is paid for every day of April once: 30 days of 50 + 3, and 11 of two seats.
    const all = [atAda, atBen, atCyd];
    const [fromNorth, fromSouth] = [
      await channel.total(all, provider, north),
      await channel.total(all, provider, south),
    ];
    expect([fromNorth, fromSouth]).toEqual(['97.73', '14.6']);
    // 97.73 + 14.6 is 52 for March, 53 for April and 20 x 11/30 for the two seats.
  });

  test('May 1: Cyd renews; nobody else is charged any more', async () => {
    await channel.until('2028-05-02');
    expect(await channel.state(atCyd)).toBe('Cyd: active 2028-05-01 to 2028-06-01: 3 DISK, 7 SEAT');
    const { ada, ben, cyd } = channel.accounts;
    expect(await channel.total([atAda], ada)).toBe('53.67');
    expect(await channel.total([atBen], ben)).toBe('127.95');
    // 26.6 + 1.08 for six days, 133 + 5.4 for May
    expect(await channel.total([atCyd], cyd)).toBe('166.08');
  });
});
