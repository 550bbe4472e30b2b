import { decimal, type SubscriptionId } from '@tierline/kernel';
import { buildChannel, cause, openEngine } from './channel.ts';
import { benchDatabase } from './database.ts';
import { effortOf, inFlight, interleave, median, ratio, type Way } from './measure.ts';
import { placeOne } from './orders.ts';
import type { Report } from './report.ts';

const inFlightMax = 32;
const subscriptions = 2000;
const changesOfOne = 5000;

/** A change order with its preview, against a sales order; and one subscription that is changed over and over. */
export async function changes(quick: boolean): Promise<Report> {
  const database = await benchDatabase();
  const db = database.open(8);
  const engine = await openEngine(db);
  const channel = await buildChannel(engine, { resellers: 20, customersEach: 50 });
  const sold: { ownerId: Parameters<typeof engine.lifecycle.place>[1]; id: SubscriptionId }[] = [];
  while (sold.length < subscriptions) {
    const orders = await Promise.all(Array.from({ length: 50 }, () => placeOne(engine, channel)));
    for (const { ownerId, subscriptions: made } of orders) sold.push({ ownerId, id: made[0]!.id });
  }
  const [first] = await engine.subscriptions.page(
    { scope: { ownerId: sold[0]!.ownerId }, ids: [sold[0]!.id] },
    { limit: 1 },
    true,
  );
  const base = first!.items.find(({ mpn }) => mpn === channel.base)!;
  let turn = 0;
  const asked = (quantity: number) => ({
    command: {
      kind: 'change' as const,
      items: [{ rateId: base.rateId, quantity: decimal(String(quantity)) }],
      cascade: false,
    },
    moment: { at: 'now' as const },
  });
  const by = { surface: 'api' };
  const changeOne = async (): Promise<void> => {
    turn += 1;
    const { ownerId, id } = sold[turn % sold.length]!;
    // Never the quantity that it has: each round through all of them asks for another one.
    const wanted = asked(6 + (Math.floor(turn / sold.length) % 50));
    await engine.lifecycle.preview(cause(), ownerId, id, wanted, by);
    await engine.lifecycle.place(cause(), ownerId, id, wanted, by);
  };
  const ways: Way[] = [
    { name: 'sales order', run: (ms) => inFlight(inFlightMax, ms, () => placeOne(engine, channel)) },
    { name: 'change order, previewed and placed', run: (ms) => inFlight(inFlightMax, ms, changeOne) },
  ];
  const measured = await interleave(ways, effortOf(quick));
  const flat = await oneOverAndOver(quick ? 500 : changesOfOne, async (count) => {
    const { ownerId, id } = sold[0]!;
    await engine.lifecycle.place(cause(), ownerId, id, asked(100 + (count % 2)), by);
  });
  engine.revisions.stop();
  await database.close();
  return {
    title: 'changes: one of two items, three edges, durable, 32 in flight',
    measured,
    ratios: [
      {
        what: 'change order, previewed and placed / sales order',
        value: ratio(measured, 'change order, previewed and placed', 'sales order'),
        atLeast: 0.5,
      },
      {
        what: 'one subscription changed over and over: first tenth / last tenth',
        value: flat.first / flat.last,
        atLeast: 0.8,
      },
    ],
    notes: [
      `One subscription changed ${flat.count} times, one after the other: ${flat.first.toFixed(2)} ms at first, ${flat.last.toFixed(2)} ms at last (medians of a tenth each).`,
    ],
  };
}

async function oneOverAndOver(count: number, change: (turn: number) => Promise<void>) {
  const took: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const began = performance.now();
    await change(turn);
    took.push(performance.now() - began);
  }
  const tenth = Math.floor(count / 10);
  return { count, first: median(took.slice(tenth, 2 * tenth)), last: median(took.slice(-tenth)) };
}
