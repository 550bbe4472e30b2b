import type { AccountId, PriceListId } from '@tierline/kernel';
import type { Exchange, NewExchangeRate } from './exchange.ts';
import type { PriceEntry, PriceRule } from './price.ts';

/** Exchange rates that an account would have beside those that it has. */
export type SupposedRates = { readonly accountId: AccountId; readonly rates: readonly NewExchangeRate[] };

/** What would stand in one price list beside what stands there, were a change published that is only looked at yet. */
export type Supposition = {
  /** Null: nothing of a list is changed. */
  readonly listId: PriceListId | null;
  /** Of these targets, charge types and dates they replace all tiers that are stored, as setting them would. */
  readonly entries: readonly PriceEntry[];
  readonly rules: readonly PriceRule[];
  readonly rates?: SupposedRates;
};

type Found = Exchange & { readonly place: number; readonly accountId: AccountId };
type Wanted = Pick<Found, 'place' | 'accountId' | 'from' | 'to' | 'date'>;

/** The rates that count, as they would be, in the order in which they are wanted: of two for one day the younger counts. */
export function supposedExchanges(
  wanted: readonly Wanted[],
  stored: readonly Found[],
  supposed: Supposition | undefined,
): readonly Found[] {
  if (supposed?.rates === undefined) return stored;
  const { accountId, rates } = supposed.rates;
  const nameOf = ({ place, accountId: whose, from, to }: Omit<Wanted, 'date'>) => `${place}/${whose}/${from}/${to}`;
  const known = new Map(stored.map((one) => [nameOf(one), one]));
  return wanted.flatMap((want): Found[] => {
    const now = known.get(nameOf(want));
    const then = rates
      .filter(({ from, to, date }) => from === want.from && to === want.to && date <= want.date)
      .toSorted((a, b) => (a.date < b.date ? 1 : -1))[0];
    const isThen = want.accountId === accountId && then !== undefined && (now === undefined || now.date <= then.date);
    if (isThen) return [{ ...then, place: want.place, accountId }];
    return now === undefined ? [] : [now];
  });
}

/** Stored prices of some targets, as they would be. */
export function supposedEntries(
  stored: readonly PriceEntry[],
  supposed: Supposition | undefined,
): readonly PriceEntry[] {
  if (supposed === undefined || supposed.entries.length === 0) return stored;
  const replaced = new Set(supposed.entries.map(keyOf));
  return [...stored.filter((entry) => !replaced.has(keyOf(entry))), ...supposed.entries];
}

/** Rules of some list, as they would be; which list a rule belongs to it says itself. */
export function supposedRules(stored: readonly PriceRule[], supposed: Supposition | undefined): readonly PriceRule[] {
  return supposed === undefined || supposed.rules.length === 0 ? stored : [...stored, ...supposed.rules];
}

function keyOf({ priceListId, targetId, chargeType, effectiveFrom }: PriceEntry): string {
  return `${priceListId}/${targetId}/${chargeType}/${effectiveFrom}`;
}
