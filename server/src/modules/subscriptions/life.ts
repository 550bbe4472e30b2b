import { decimal, formatDecimal } from '@tierline/kernel';
import { ledgerText, readLedger, type StoredLedger } from '../billing/index.ts';
import type { Item, Origin, RenewalFailure, Subscription, Suspension, WaitingFor } from './subscription.ts';

/** What only decisions read of a subscription, as it is stored in one value. */
export type StoredLife = {
  readonly ledger: readonly StoredLedger[];
  /** By rate: what the term began with, and when the units came (quantity, instant), the oldest first. */
  readonly units: Readonly<Record<string, StoredUnits>>;
  readonly suspension?: Suspension;
  readonly failure?: RenewalFailure;
  readonly noticed?: string;
  readonly origin?: Origin;
  readonly waits?: WaitingFor;
};
type StoredUnits = readonly [committed: string, batches: readonly (readonly [quantity: string, at: string])[]];

export type Life = Pick<
  Subscription,
  'ledger' | 'suspension' | 'renewalFailure' | 'noticedOn' | 'origin' | 'waitsFor' | 'items'
>;

/** It as the text of JSON: written with every order and renewal, of what needs no escaping but for what is rarely there. */
export function lifeText(life: Life): string {
  const { ledger, suspension, renewalFailure, noticedOn, origin, waitsFor, items } = life;
  let rest = '';
  if (suspension !== null) rest += `,"suspension":${JSON.stringify(suspension)}`;
  if (renewalFailure !== null) rest += `,"failure":${JSON.stringify(renewalFailure)}`;
  if (noticedOn !== null) rest += `,"noticed":"${noticedOn}"`;
  if (origin !== null) rest += `,"origin":${JSON.stringify(origin)}`;
  if (waitsFor !== null) rest += `,"waits":"${waitsFor}"`;
  return `{"ledger":${ledgerText(ledger)},"units":{${items.map(unitsText).join()}}${rest}}`;
}

function unitsText({ rateId, committed, batches }: Item): string {
  const came = batches.map(({ quantity, at }) => `["${formatDecimal(quantity)}","${at}"]`);
  return `"${rateId}":["${formatDecimal(committed)}",[${came.join()}]]`;
}

export function readLife(stored: StoredLife | null, items: readonly Omit<Item, 'committed' | 'batches'>[]): Life {
  return {
    ledger: stored === null ? [] : readLedger(stored.ledger),
    suspension: stored?.suspension ?? null,
    renewalFailure: stored?.failure ?? null,
    noticedOn: stored?.noticed ?? null,
    origin: stored?.origin ?? null,
    waitsFor: stored?.waits ?? null,
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
