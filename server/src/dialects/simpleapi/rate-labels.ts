import type { RateId } from '@tierline/kernel';
import type { Offers, RateLabel } from '../../modules/catalog/index.ts';

const labelsMax = 200_000;

export type RateLabels = ReturnType<typeof rateLabels>;

/** Names of rates by id. A rate keeps its MPN and number through all versions of its plan, so they are remembered for good. */
export function rateLabels(offers: Offers) {
  const known = new Map<RateId, RateLabel>();

  function learn({ rateId, mpn, number }: RateLabel): void {
    if (known.has(rateId)) return;
    if (known.size >= labelsMax) known.delete(known.keys().next().value!);
    known.set(rateId, { rateId, mpn, number });
  }

  /** The names of these rates, those unknown so far in one read. */
  async function of(ids: Iterable<RateId>): Promise<ReadonlyMap<RateId, RateLabel>> {
    const labels = new Map<RateId, RateLabel>();
    const unknown: RateId[] = [];
    for (const id of new Set(ids)) {
      const label = known.get(id);
      if (label === undefined) unknown.push(id);
      else labels.set(id, label);
    }
    for (const label of await offers.labels(unknown)) {
      learn(label);
      labels.set(label.rateId, label);
    }
    return labels;
  }

  return { learn, of };
}
