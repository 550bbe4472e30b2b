import { formatDecimal, manualClock } from '@tierline/kernel';
import { revisions as revisionsOf } from '@tierline/server/db';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { directory as directoryOf } from '../accounts/index.ts';
import { offersOf } from '../catalog/index.ts';
import { pricesOf } from './service-prices.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const clock = manualClock('2026-03-02T09:00:00Z');

/** A server beside, which notices what others did only when it looks; its reads of `table` can be held up. */
function anotherServer() {
  let hold: Promise<void> | undefined;
  let held: (() => void) | undefined;
  const kysely = world.db.kysely.withPlugin({
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      if (hold !== undefined && result.rows.some((row) => 'audience' in row)) {
        held?.();
        await hold;
      }
      return result;
    },
  });
  const db = { ...world.db, kysely };
  const revisions = revisionsOf(db);
  const directory = directoryOf(db, revisions);
  const [offers, prices] = [offersOf(db), pricesOf(db)];
  return {
    revisions,
    async priceOf(accountId: Parameters<typeof directory.get>[0], mpn: string): Promise<string | undefined> {
      const node = await directory.get(accountId);
      const [edges] = await prices.of(node, await offers.find(node, { mpn }), undefined, clock.now());
      const first = edges!.at(-1)!.byType.recurring?.tiers[0];
      return first && formatDecimal(first.amount);
    },
    /** Holds up the answers about price lists; `began` comes when one is held, `release` lets all go. */
    holdLists() {
      let release!: () => void;
      hold = new Promise((resolve) => (release = resolve));
      const began = new Promise<void>((resolve) => (held = resolve));
      return {
        began,
        release: () => {
          hold = undefined;
          release();
        },
      };
    },
  };
}

test('a price that was changed on one server is the new one on another after its next look', async () => {
  const { reseller, base } = await world.channel();
  const other = anotherServer();
  await other.revisions.refresh();
  expect(await other.priceOf(reseller.id, base.mpn)).toBe('19.8');
  await world.priceList(reseller, { prices: { [base.mpn]: '21' } });
  expect(await other.priceOf(reseller.id, base.mpn)).toBe('19.8');
  await other.revisions.refresh();
  expect(await other.priceOf(reseller.id, base.mpn)).toBe('21');
});

/** What was read before a change must not be remembered as if it had been read after it. */
test('a change in the middle of a read is seen by the next one', async () => {
  const { provider, reseller, base } = await world.channel();
  const other = anotherServer();
  const list = await world.priceList(reseller, { name: 'Rules', effectiveFrom: '2025-01-01' });
  await other.revisions.refresh();
  const held = other.holdLists();
  const before = other.priceOf(reseller.id, base.mpn);
  await held.began;
  // Meanwhile the list gets its first rule, and this server has noticed.
  const rule = { scope: 'all', scopeId: null, chargeType: null, percent: '100', amount: '0', decimals: null } as const;
  await world.engine.pricing.addRule(world.cause(), reseller, list.id, { ...rule, effectiveFrom: '2025-01-01' });
  await other.revisions.refresh();
  held.release();
  await before;
  expect(await other.priceOf(reseller.id, base.mpn)).toBe('35');
  expect(provider.parentId).toBeNull();
});
