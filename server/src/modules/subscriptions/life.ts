import { decimal, formatDecimal } from '@tierline/kernel';
import { readLedger, storeLedger, type StoredLedger } from '../billing/index.ts';
import type { Item, Origin, RenewalFailure, Subscription, Suspension } from './subscription.ts';

/** What only decisions read of a subscription, as it is stored in one value. */
export type StoredLife = {
  readonly ledger: readonly StoredLedger[];
  /** By rate: what the term began with, and when the units came (quantity, instant), the oldest first. */
  readonly units: Readonly<Record<string, StoredUnits>>;
  readonly suspension?: Suspension;
  readonly failure?: RenewalFailure;
  readonly noticed?: string;
  readonly origin?: Origin;
};
type StoredUnits = readonly [committed: string, batches: readonly (readonly [quantity: string, at: string])[]];

export type Life = Pick<Subscription, 'ledger' | 'suspension' | 'renewalFailure' | 'noticedOn' | 'origin' | 'items'>;

export function storeLife({ ledger, suspension, renewalFailure, noticedOn, origin, items }: Life): StoredLife {
  return {
    ledger: storeLedger(ledger),
    units: Object.fromEntries(items.map((item) => [item.rateId, storeUnits(item)])),
    ...(suspension === null ? {} : { suspension }),
    ...(renewalFailure === null ? {} : { failure: renewalFailure }),
    ...(noticedOn === null ? {} : { noticed: noticedOn }),
    ...(origin === null ? {} : { origin }),
  };
}

function storeUnits({ committed, batches }: Item): StoredUnits {
  return [formatDecimal(committed), batches.map(({ quantity, at }) => [formatDecimal(quantity), at] as const)];
}

export function readLife(stored: StoredLife | null, items: readonly Omit<Item, 'committed' | 'batches'>[]): Life {
  return {
    ledger: stored === null ? [] : readLedger(stored.ledger),
    suspension: stored?.suspension ?? null,
    renewalFailure: stored?.failure ?? null,
    noticedOn: stored?.noticed ?? null,
    origin: stored?.origin ?? null,
    items: items.map((item) => {
      const [committed, batches] = stored?.units[item.rateId] ?? [formatDecimal(item.quantity), []];
      return {
        ...item,
        committed: decimal(committed),
        batches: batches.map(([quantity, at]) => ({ quantity: decimal(quantity), at })),
      };
    }),
  };
}
