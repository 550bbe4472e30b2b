import type { RateId } from '@tierline/kernel';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { Offers, Rate } from '../../modules/catalog/index.ts';

/** What names a rate on this surface. */
export type RateLabel = Pick<Rate, 'mpn' | 'number'>;

const labelsMax = 200_000;

export type RateLabels = ReturnType<typeof rateLabels>;

/** Names of rates by id. A rate keeps its MPN and number through all versions of its plan, so they are remembered for good. */
export function rateLabels(offers: Offers) {
  const known = new Map<RateId, RateLabel>();

  function learn({ rateId, mpn, number }: Rate): void {
    if (known.has(rateId)) return;
    if (known.size >= labelsMax) known.delete(known.keys().next().value!);
    known.set(rateId, { mpn, number });
  }

  /** The names of these rates; one that the account may not sell any more can be missing. */
  async function of(node: AccountNode, ids: Iterable<RateId>): Promise<ReadonlyMap<RateId, RateLabel>> {
    const labels = new Map<RateId, RateLabel>();
    const unknown: RateId[] = [];
    for (const id of new Set(ids)) {
      const label = known.get(id);
      if (label === undefined) unknown.push(id);
      else labels.set(id, label);
    }
    const found = await Promise.all(unknown.map((rateId) => offers.find(node, { rateId })));
    for (const { rate } of found.flat()) {
      learn(rate);
      labels.set(rate.rateId, { mpn: rate.mpn, number: rate.number });
    }
    return labels;
  }

  return { learn, of };
}
