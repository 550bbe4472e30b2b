import { transferChannel } from '../../../support/transfer-channel.ts';
import type { World } from '../../../support/world.ts';
import { compared, type Figures } from './table.ts';

/** Five seats, sold by Ada on March 1. On March 17 another partner takes them over. */
async function moved(world: World, to: 'ben' | 'cyd') {
  const channel = await transferChannel(world);
  const order = await channel.on('2028-03-01', () => channel.sell({ SEAT: '5' }));
  const sold = order.subscriptions[0]!;
  const { provider, [to]: taking } = channel.accounts;
  const wanted = { subscriptionIds: [sold.id], toOwnerId: taking.id, toCustomerId: 'copy' } as const;
  const [part] = (await channel.on('2028-03-17', () => channel.transfer(provider.id, wanted))).parts;
  const both = [channel.bill(part!.givenBack), channel.bill(part!.charged)] as const;
  return { channel, sold, opened: part!.to!, given: both[0], charged: both[1] };
}

/** Worked examples of docs/concepts/transfer.md. */
export const transfer: Figures = {
  async sibling(world) {
    const { given, charged } = await moved(world, 'ben');
    return compared([
      ['old', given],
      ['new', charged],
    ]);
  },

  async march(world) {
    const { channel, sold, opened } = await moved(world, 'ben');
    const { provider, north, ada, ben } = channel.accounts;
    const both = [sold, opened];
    return [
      ['edge', 'for March'],
      ['Provider to North', await channel.total(both, provider, north)],
      ['North to Ada', await channel.total(both, north, ada)],
      ['North to Ben', await channel.total(both, north, ben)],
      ['Ada to the customer', await channel.total(both, ada)],
      ['Ben to the customer', await channel.total(both, ben)],
    ];
  },

  async elsewhere(world) {
    const { given, charged } = await moved(world, 'cyd');
    return compared([
      ['old', given],
      ['new', charged],
    ]);
  },
};
