import {
  addDecimal,
  currencyExponent,
  decimal,
  formatDecimal,
  subtractDecimal,
  zero,
  type AccountId,
  type Decimal,
  type ProductId,
} from '@tierline/kernel';
import type { BillingReport, ReportLine, Side } from './billing-report.ts';

/** What a line is about. */
type Subject = { readonly productId: ProductId; readonly productName: string; readonly unitType: string };

/** Units of a product in a month. */
export type Figure = Subject & { readonly provisioned: Decimal; readonly used: Decimal | null };

/** The charges of an edge in a month for a product in one currency, summed. */
export type MoneyRow = Subject & Side & { readonly isPrice: boolean };

type Bucket = Subject & { provisioned: Decimal; used: Decimal | null; readonly prices: Side[]; readonly costs: Side[] };

/**
 * The lines of a new report. Each sum of money is in exactly one line, so the lines of an edge sum to its ledger; units are told once, in
 * the first line of a product and unit. Where use is known that is what is to be charged for, unless the partner says otherwise.
 */
export function newLines(figures: readonly Figure[], money: readonly MoneyRow[]): ReportLine[] {
  const buckets = new Map<string, Bucket>();
  const bucketOf = ({ productId, productName, unitType }: Subject): Bucket => {
    const key = JSON.stringify([productId, unitType]);
    const none = { productId, productName, unitType, provisioned: zero, used: null, prices: [], costs: [] };
    const bucket = buckets.get(key) ?? none;
    buckets.set(key, bucket);
    return bucket;
  };
  for (const figure of figures) {
    const bucket = bucketOf(figure);
    const inUse = figure.used ?? figure.provisioned;
    // What is known of one plan only counts the units of the others as used.
    if (figure.used !== null || bucket.used !== null) {
      bucket.used = addDecimal(bucket.used ?? bucket.provisioned, inUse);
    }
    bucket.provisioned = addDecimal(bucket.provisioned, figure.provisioned);
  }
  for (const row of money) {
    const { isPrice, currency, unit, charges, credits } = row;
    const bucket = bucketOf(row);
    (isPrice ? bucket.prices : bucket.costs).push({ currency, unit, charges, credits });
  }
  return Array.from(buckets.values())
    .toSorted((a, b) => compareText(sortKey(a), sortKey(b)))
    .flatMap(linesOf)
    .map((line, index) => ({ position: index + 1, ...line }));
}

const sortKey = ({ productName, unitType, productId }: Subject): string =>
  JSON.stringify([productName, unitType, productId]);

function linesOf({ prices, costs, provisioned, used, ...subject }: Bucket): Omit<ReportLine, 'position'>[] {
  const inOrder = (sides: readonly Side[]): Side[] => sides.toSorted((a, b) => compareText(a.currency, b.currency));
  const [price, cost] = [inOrder(prices), inOrder(costs)];
  return Array.from({ length: Math.max(1, price.length, cost.length) }, (_, index) => ({
    productId: subject.productId,
    productName: subject.productName,
    unitType: subject.unitType,
    provisioned: index === 0 ? formatDecimal(provisioned) : '0',
    used: index === 0 && used !== null ? formatDecimal(used) : null,
    chargeable: index === 0 ? formatDecimal(used ?? provisioned) : '0',
    comment: null,
    isPenalized: false,
    price: price[index] ?? null,
    cost: cost[index] ?? null,
  }));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What a side comes to, with the digits of its currency. */
export function amountOf({ currency, charges, credits }: Side): string {
  return formatDecimal(addDecimal(decimal(charges), decimal(credits)), {
    minFractionDigits: currencyExponent(currency),
  });
}

/** What an account may see of a line: what it takes and what it pays, on its own edges only. */
export type Seen = { readonly takes: Side | null; readonly pays: Side | null };

export function seenBy(report: BillingReport, line: ReportLine, accountId: AccountId): Seen {
  if (accountId === report.ownerId) return { takes: null, pays: line.price };
  if (accountId === report.sellerId) return { takes: line.price, pays: line.cost };
  if (accountId === report.upperId) return { takes: line.cost, pays: null };
  return { takes: null, pays: null };
}

/** What is left of a line for the account, where it both takes and pays in one currency. */
export function marginOf({ takes, pays }: Seen): string | null {
  if (takes === null || pays === null || takes.currency !== pays.currency) return null;
  const difference = subtractDecimal(decimal(amountOf(takes)), decimal(amountOf(pays)));
  return formatDecimal(difference, { minFractionDigits: currencyExponent(takes.currency) });
}

export type Total = { readonly currency: string; readonly takes: string | null; readonly pays: string | null };

/** What an account takes and pays by a report, by currency. */
export function totalsOf(report: BillingReport, lines: readonly ReportLine[], accountId: AccountId): Total[] {
  const sums = new Map<string, { takes: Decimal | null; pays: Decimal | null }>();
  for (const line of lines) {
    const seen = seenBy(report, line, accountId);
    for (const role of ['takes', 'pays'] as const) {
      const side = seen[role];
      if (side === null) continue;
      const sum = sums.get(side.currency) ?? { takes: null, pays: null };
      sum[role] = addDecimal(sum[role] ?? zero, decimal(amountOf(side)));
      sums.set(side.currency, sum);
    }
  }
  const text = (value: Decimal | null, currency: string): string | null =>
    value === null ? null : formatDecimal(value, { minFractionDigits: currencyExponent(currency) });
  return Array.from(sums, ([currency, { takes, pays }]) => ({
    currency,
    takes: text(takes, currency),
    pays: text(pays, currency),
  })).toSorted((a, b) => compareText(a.currency, b.currency));
}
