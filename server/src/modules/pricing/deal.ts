import {
  addMoney,
  compareDecimal,
  decimal,
  exactLine,
  formatDecimal,
  isNegative,
  multiplyDecimal,
  negateDecimal,
  one,
  roundRatio,
  subtractDecimal,
  subtractMoney,
  zero,
  type Decimal,
  type Fraction,
  type Money,
} from '@tierline/kernel';
import type { Agreement, Discount, Tier } from './deal-types.ts';
import type { EdgePrice } from './price.ts';

/** Tiers as they are kept with a price: `[[lower limit, amount], ...]`. */
export type KeptTiers = readonly (readonly [lowerLimit: string, amount: string])[];

/** An agreement as it is kept with the price that it made. JSON-safe. */
export type KeptAgreement = {
  /** How many terms it counts for, with the one that the price is of; null: for all that follow. */
  readonly terms: number | null;
} & (
  | { readonly kind: 'price'; readonly currency: string; readonly tiers: KeptTiers }
  | { readonly kind: 'discount'; readonly currency: string; readonly type: Discount['type']; readonly value: string }
);

/** What of a price an agreement changes: a price of the day, or one that is locked for a term. */
type Priced = Pick<EdgePrice, 'currency' | 'tiers' | 'source'>;

/** A price with an agreement that counts from now on, or with one that waits for the next term. */
export function agreed<Of extends Priced>(price: Of, agreement: Agreement): Of {
  const kept = keep(agreement, price.currency);
  return agreement.from === 'renewal' ? { ...price, source: { ...price.source, next: kept } } : inForce(price, kept);
}

/** A special price where no list has any. */
export function agreedOnly(agreement: Agreement & { readonly kind: 'price' }, currency: string): Priced {
  return inForce({ currency, tiers: [], source: { kind: 'special' } }, keep(agreement, currency));
}

function keep(agreement: Agreement, currency: string): KeptAgreement {
  const { terms } = agreement;
  if (agreement.kind === 'price') return { kind: 'price', terms, currency, tiers: keptTiers(agreement.tiers) };
  const { type, value } = agreement.discount;
  return { kind: 'discount', terms, currency, type, value: formatDecimal(value) };
}

function inForce<Of extends Priced>(price: Of, kept: KeptAgreement): Of {
  const listed = withoutAgreement(price);
  const { next } = price.source;
  const waits = next === undefined ? {} : { next };
  if (kept.kind === 'price') {
    // One that is for this term alone needs no memory.
    const memory = kept.terms === 1 ? {} : { agreed: kept };
    const source = { kind: 'special' as const, ...memory, ...waits, ...insteadOf(listed) };
    return { ...listed, tiers: readTiers(kept.tiers), source };
  }
  return {
    ...listed,
    tiers: listed.tiers.map(({ lowerLimit, amount }) => ({ lowerLimit, amount: less(amount, kept) })),
    source: { ...listed.source, ...waits, agreed: kept, undiscounted: keptTiers(listed.tiers) },
  };
}

/** What a special price stands in place of: a listed price, also where there was another special one meanwhile. */
function insteadOf({ tiers, source: { kind, listed } }: Priced): Pick<Priced['source'], 'listed'> {
  if (kind === 'special') return listed === undefined ? {} : { listed };
  return tiers.length === 0 ? {} : { listed: keptTiers(tiers) };
}

/** The price without what was agreed on, a discount or a special price; undefined: nothing was, or it is not known. */
export function unagreedTiers({ source: { kind, listed, undiscounted } }: Pick<Priced, 'source'>): Tier[] | undefined {
  const tiers = kind === 'special' ? listed : undiscounted;
  return tiers && readTiers(tiers);
}

/** The price as it is without a discount, and without anything that was agreed for later. A special price stays what it is. */
export function withoutAgreement<Of extends Priced>(price: Of): Of {
  const { agreed: _, next: _n, undiscounted, ...source } = price.source;
  if (price.source.agreed === undefined && price.source.next === undefined) return price;
  return { ...price, source, tiers: undiscounted === undefined ? price.tiers : readTiers(undiscounted) };
}

/** Whether a price was agreed on for one subscription, now or for later. */
export function isSpecial({ kind, agreed: now, next }: EdgePrice['source']): boolean {
  return kind === 'special' || now !== undefined || next !== undefined;
}

/** What counts in the next term of what is agreed in this one. */
function following({ source: { agreed: now, next } }: Priced): KeptAgreement | undefined {
  if (next !== undefined || now === undefined) return next;
  if (now.terms === null) return now;
  return now.terms > 1 ? { ...now, terms: now.terms - 1 } : undefined;
}

/**
 * The price of the next term: what it would be, with what was agreed for that term. An amount in a currency that the edge
 * does not have any more ends with the term; a percentage is one of whatever is paid.
 */
export function renewedPrice<Of extends Priced>(had: Priced, next: Of): Of {
  const kept = following(had);
  if (kept === undefined) return next;
  const isPercent = kept.kind === 'discount' && kept.type === 'percent';
  return isPercent || kept.currency === next.currency ? inForce(next, kept) : next;
}

/** The special price of the next term where nothing else would make one. */
export function renewedAlone(had: Priced): Priced | undefined {
  const kept = following(had);
  if (kept?.kind !== 'price') return undefined;
  return inForce({ currency: kept.currency, tiers: [], source: { kind: 'special' } }, kept);
}

const hundredth = decimal('0.01');

function less(amount: Decimal, { type, value }: { readonly type: Discount['type']; readonly value: string }): Decimal {
  if (type === 'percent')
    return multiplyDecimal(amount, subtractDecimal(one, multiplyDecimal(decimal(value), hundredth)));
  const left = subtractDecimal(amount, decimal(value));
  return isNegative(left) ? zero : left;
}

function keptTiers(tiers: readonly Tier[]): KeptTiers {
  return tiers.map(({ lowerLimit, amount }) => [formatDecimal(lowerLimit), formatDecimal(amount)] as const);
}

function readTiers(tiers: KeptTiers): Tier[] {
  return tiers.map(([lowerLimit, amount]) => ({ lowerLimit: decimal(lowerLimit), amount: decimal(amount) }));
}

/** A line as far as a discount on it goes. */
type Line = {
  readonly quantity: Decimal;
  readonly unitPrice: Decimal;
  readonly fraction: Fraction;
  readonly amount: Money;
  readonly type: string;
  readonly source: EdgePrice['source'];
};

export type DiscountTaken = {
  readonly type: Discount['type'];
  readonly value: string;
  /** The unit price without it; null where tiers that differ come to the same with it. */
  readonly unitPrice: string | null;
  /** The line without it, rounded once, less the line. */
  readonly amount: Money | null;
};

/** The discount that a line has; undefined: none. */
export function discountOf(line: Line): DiscountTaken | undefined {
  const { agreed: kept, undiscounted } = line.source;
  if (kept?.kind !== 'discount' || undiscounted === undefined) return undefined;
  const { type, value } = kept;
  const matching = undiscounted.filter(
    ([, amount]) => compareDecimal(less(decimal(amount), kept), line.unitPrice) === 0,
  );
  const [unitPrice = null, ...others] = new Set(matching.map(([, amount]) => amount));
  if (unitPrice === null || others.length > 0) return { type, value, unitPrice: null, amount: null };
  const isTaken = line.type === 'refund' || line.amount.minor < 0n;
  const quantity = isTaken ? negateDecimal(line.quantity) : line.quantity;
  const { currency } = line.amount;
  const whole = roundRatio(exactLine(quantity, decimal(unitPrice), line.fraction), currency, 'half_away_from_zero');
  return { type, value, unitPrice, amount: subtractMoney(whole, line.amount) };
}

/** A line at the price without what was agreed on; undefined: nothing was, or it is not known. */
export function listedAmount(line: Line): Money | undefined {
  const taken = discountOf(line);
  if (taken !== undefined) return taken.amount === null ? undefined : addMoney(line.amount, taken.amount);
  const { kind, listed } = line.source;
  // Tiers that replace tiers have no price that a single line could be set against.
  if (kind !== 'special' || listed?.length !== 1) return undefined;
  const unitPrice = decimal(listed[0]![1]);
  return roundRatio(exactLine(line.quantity, unitPrice, line.fraction), line.amount.currency, 'half_away_from_zero');
}
