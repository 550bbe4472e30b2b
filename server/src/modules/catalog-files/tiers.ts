import { compareDecimal, formatDecimal, isNegative, parseDecimal, type Decimal } from '@tierline/kernel';

/** A price of a catalog file: amounts per unit, each from a quantity up. Normalized decimal text, limits ascending. */
export type Tiers = readonly { readonly lowerLimit: string; readonly amount: string }[];

/** Reads `17.5` (one price for every quantity) or `0:5.00;10:4.50`; answers what is wrong as a sentence otherwise. */
export function parseTiers(text: string): Tiers | string {
  const tiers: { limit: Decimal; amount: Decimal }[] = [];
  for (const part of text.split(';')) {
    const [left = '', right, ...more] = part.split(':').map((piece) => piece.trim());
    const limit = parseDecimal(right === undefined ? '0' : left);
    const amount = parseDecimal(right ?? left);
    if (more.length > 0 || limit === undefined || amount === undefined || isNegative(limit) || isNegative(amount)) {
      return 'A price is a decimal that is not negative, such as 4.50, or tiers such as 0:5.00;10:4.50.';
    }
    tiers.push({ limit, amount });
  }
  tiers.sort((a, b) => compareDecimal(a.limit, b.limit));
  const limits = tiers.map(({ limit }) => formatDecimal(limit));
  if (limits[0] !== '0') return 'The first tier begins at 0.';
  if (new Set(limits).size !== limits.length) return 'No two tiers begin at the same quantity.';
  return tiers.map(({ amount }, index) => ({ lowerLimit: limits[index]!, amount: formatDecimal(amount) }));
}

export function formatTiers(tiers: Tiers): string {
  const [only] = tiers;
  if (only !== undefined && tiers.length === 1) return only.amount;
  return tiers.map(({ lowerLimit, amount }) => `${lowerLimit}:${amount}`).join(';');
}

export function sameTiers(a: Tiers, b: Tiers): boolean {
  return formatTiers(a) === formatTiers(b);
}
