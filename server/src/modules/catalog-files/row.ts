import {
  formatDecimal,
  isCurrency,
  isNegative,
  isTierlineError,
  parseDecimal,
  Temporal,
  type Period,
} from '@tierline/kernel';
import {
  activationPolicies,
  billingModels,
  chargeTypes,
  licensePools,
  licenseVersions,
  priceModels,
  productFamilies,
  productTypes,
  type ChargeType,
  type PlanTerms,
  parseDefinitions,
  type PriceModel,
  type ProductFamily,
  type ProductType,
} from '../catalog/index.ts';
import { parsePolicyDocument, presetNames } from '../policies/index.ts';
import { parseTiers, type Tiers } from './tiers.ts';

/** Terms that a row may state; what it does not state stays as it is. */
export type StatedTerms = Required<PlanTerms>;

type Writable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** One row of a catalog file, read. A member that is not there was not stated. JSON-safe, since rows are staged as text. */
export type ImportRow = {
  /** Where it begins in the file, counted from 1. */
  line: number;
  vendorCode: string;
  productCode: string;
  planName: string;
  mpn: string;
  vendorName?: string;
  productName?: string;
  productType?: ProductType;
  productFamily?: ProductFamily;
  serviceName?: string;
  productParts?: string[];
  planDescription?: string;
  terms: Partial<Writable<StatedTerms>>;
  rateName?: string;
  quantityMin?: string;
  quantityMax?: string;
  priceModel?: PriceModel;
  chargeTypes?: ChargeType[];
  dependsOn?: string[];
  currency?: string;
  priceList?: string;
  prices: Partial<Record<ChargeType, Tiers>>;
  effectiveFrom?: string;
};

/** What is wrong with one row. */
export type RowReason = { readonly field: string | null; readonly code: string; readonly message: string };

/** The row as far as it goes, so that a bad one can still be told to belong to a plan. */
export type ReadRow =
  | { readonly row: ImportRow }
  | { readonly planName: string | undefined; readonly reasons: readonly RowReason[] };

/** Puts a cell into the row; answers what is wrong with it, as a sentence. */
type Reader = (row: ImportRow, cell: string) => string | undefined;

const text =
  (limit: number, put: (row: ImportRow, cell: string) => void): Reader =>
  (row, cell) => {
    if (cell.length > limit) return `It has more than ${limit} characters.`;
    put(row, cell);
    return undefined;
  };

const code =
  (limit: number, put: (row: ImportRow, cell: string) => void): Reader =>
  (row, cell) => {
    const fits = cell.length <= limit && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(cell);
    if (!fits) return `It is letters, digits, points, hyphens and underscores, at most ${limit}.`;
    put(row, cell);
    return undefined;
  };

const oneOf =
  <Word extends string>(words: readonly Word[], put: (row: ImportRow, word: Word) => void): Reader =>
  (row, cell) => {
    const word = words.find((candidate) => candidate === cell.toLowerCase());
    if (word === undefined) return `It is one of: ${words.join(', ')}.`;
    put(row, word);
    return undefined;
  };

const whole =
  (min: number, max: number, put: (row: ImportRow, number: number) => void): Reader =>
  (row, cell) => {
    const number = /^\d{1,9}$/.test(cell) ? Number(cell) : -1;
    if (number < min || number > max) return `It is a whole number from ${min} to ${max}.`;
    put(row, number);
    return undefined;
  };

const period =
  (put: (row: ImportRow, value: Period) => void): Reader =>
  (row, cell) => {
    const value = parsePeriod(cell);
    if (value === undefined) return 'It is a period such as 1 month, 1 year or 30 days.';
    put(row, value);
    return undefined;
  };

const quantity =
  (put: (row: ImportRow, value: string) => void): Reader =>
  (row, cell) => {
    const value = parseDecimal(cell);
    if (value === undefined || isNegative(value)) return 'It is a decimal that is not negative, such as 25.';
    put(row, formatDecimal(value));
    return undefined;
  };

const price =
  (chargeType: ChargeType): Reader =>
  (row, cell) => {
    const tiers = parseTiers(cell);
    if (typeof tiers === 'string') return tiers;
    row.prices[chargeType] = tiers;
    return undefined;
  };

const policies: Reader = (row, cell) => {
  try {
    row.terms.policies = parsePolicyDocument(cell.startsWith('{') ? JSON.parse(cell) : { preset: cell });
    return undefined;
  } catch (error) {
    if (isTierlineError(error) && error.reasons.some(({ field }) => field !== 'policies.preset')) {
      return error.reasons.map(({ message }) => message).join(' ');
    }
    return `It is a preset (${presetNames.join(', ')}), or policies as JSON text.`;
  }
};

const parameters: Reader = (row, cell) => {
  const read = parseDefinitions(cell);
  if (typeof read === 'string') return read;
  row.terms.parameters = [...read];
  return undefined;
};

const productCode = /^[A-Z0-9]{9}$/;
const partsMax = 100;

/** How each column is read. The names are those of the contract, which a test compares. */
export const readers: Readonly<Record<string, Reader>> = {
  vendor_code: code(50, (row, cell) => (row.vendorCode = cell)),
  vendor_name: text(150, (row, cell) => (row.vendorName = cell)),
  product_code: (row, cell) => {
    if (!productCode.test(cell)) return 'A product code is nine capital letters and digits.';
    row.productCode = cell;
    return undefined;
  },
  product_name: text(150, (row, cell) => (row.productName = cell)),
  product_type: oneOf(productTypes, (row, word) => (row.productType = word)),
  product_family: oneOf(productFamilies, (row, word) => (row.productFamily = word)),
  service_name: text(100, (row, cell) => (row.serviceName = cell)),
  product_parts: (row, cell) => {
    const codes = separated(cell);
    if (codes.length > partsMax) return `A suite has at most ${partsMax} parts.`;
    if (!codes.every((each) => productCode.test(each)))
      return 'Each is a product code: nine capital letters and digits.';
    row.productParts = codes;
    return undefined;
  },
  plan_name: text(150, (row, cell) => (row.planName = cell)),
  plan_description: text(1000, (row, cell) => (row.planDescription = cell)),
  license_version: oneOf(licenseVersions, (row, word) => (row.terms.licenseVersion = word)),
  subscription_period: period((row, value) => (row.terms.subscriptionPeriod = value)),
  billing_period: period((row, value) => (row.terms.billingPeriod = value)),
  billing_model: oneOf(billingModels, (row, word) => (row.terms.billingModel = word)),
  activation_policy: oneOf(activationPolicies, (row, word) => (row.terms.activationPolicy = word)),
  chargeable_months: whole(0, 120, (row, number) => (row.terms.chargeableMonths = number)),
  auto_renewal_months: whole(1, 66, (row, number) => (row.terms.autoRenewalMonths = number)),
  expiration_notice_days: whole(0, 366, (row, number) => (row.terms.expirationNoticeDays = number)),
  grace_months: whole(0, 120, (row, number) => (row.terms.graceMonths = number)),
  data_center: code(20, (row, cell) => (row.terms.dataCenter = cell)),
  unit_type: code(20, (row, cell) => (row.terms.unitType = cell)),
  managed: oneOf(['true', 'false'], (row, word) => (row.terms.managed = word === 'true')),
  pricing: oneOf(['required', 'free'], (row, word) => (row.terms.pricing = word)),
  license_pool: oneOf(licensePools, (row, word) => (row.terms.licensePool = word)),
  policies,
  parameters,
  mpn: text(100, (row, cell) => (row.mpn = cell)),
  rate_name: text(150, (row, cell) => (row.rateName = cell)),
  quantity_min: quantity((row, value) => (row.quantityMin = value)),
  quantity_max: quantity((row, value) => (row.quantityMax = value)),
  price_model: oneOf(priceModels, (row, word) => (row.priceModel = word)),
  charge_types: (row, cell) => {
    const words = separated(cell);
    const known = chargeTypes.filter((type) => words.includes(type));
    if (known.length !== words.length || known.length === 0) return `Each is one of: ${chargeTypes.join(', ')}.`;
    row.chargeTypes = known;
    return undefined;
  },
  depends_on: text(10_000, (row, cell) => (row.dependsOn = separated(cell))),
  currency: (row, cell) => {
    if (!isCurrency(cell)) return 'It is an ISO 4217 currency code, such as EUR.';
    row.currency = cell;
    return undefined;
  },
  price_list: text(150, (row, cell) => (row.priceList = cell)),
  setup_price: price('setup'),
  recurring_price: price('recurring'),
  overuse_price: price('overuse'),
  effective_from: (row, cell) => {
    if (!isDate(cell)) return 'It is a date such as 2026-10-01.';
    row.effectiveFrom = cell;
    return undefined;
  },
};

/** What an empty cell states, in the columns where it states something. */
const emptyCells: Readonly<Record<string, (row: ImportRow) => void>> = {
  auto_renewal_months: (row) => (row.terms.autoRenewalMonths = null),
  data_center: (row) => (row.terms.dataCenter = null),
  policies: (row) => (row.terms.policies = {}),
  parameters: (row) => (row.terms.parameters = []),
  depends_on: (row) => (row.dependsOn = []),
};

export const neededColumns = ['vendor_code', 'product_code', 'plan_name', 'mpn'] as const;

/** Reads one row from its cells; a column without a cell is left out of `cells`. */
export function readRow(line: number, cells: Iterable<readonly [column: string, cell: string]>): ReadRow {
  const row: ImportRow = { line, vendorCode: '', productCode: '', planName: '', mpn: '', terms: {}, prices: {} };
  const reasons: RowReason[] = [];
  const refused = new Set<string>();
  for (const [column, raw] of cells) {
    const message = isReadable(raw) ? readCell(row, column, raw.trim()) : 'It is not readable text (UTF-8).';
    if (message === undefined) continue;
    refused.add(column);
    reasons.push({ field: column, code: 'catalog.invalid_cell', message });
  }
  const needed = { vendor_code: row.vendorCode, product_code: row.productCode, plan_name: row.planName, mpn: row.mpn };
  for (const column of neededColumns) {
    if (needed[column] !== '' || refused.has(column)) continue;
    reasons.push({ field: column, code: 'catalog.field_needed', message: 'Every row needs it.' });
  }
  return reasons.length === 0 ? { row } : { planName: row.planName === '' ? undefined : row.planName, reasons };
}

function readCell(row: ImportRow, column: string, cell: string): string | undefined {
  if (cell === '') {
    emptyCells[column]?.(row);
    return undefined;
  }
  return readers[column]?.(row, cell);
}

/** U+FFFD is what a decoder puts where the bytes were no UTF-8; NUL can't be stored as text. */
function isReadable(cell: string): boolean {
  return !cell.includes('\0') && !cell.includes('\uFFFD') && cell.isWellFormed();
}

function separated(cell: string): string[] {
  return [...new Set(cell.split(';').map((part) => part.trim()))].filter((part) => part !== '');
}

export function parsePeriod(cell: string): Period | undefined {
  const match = /^(\d{1,4})\s*(day|month|year)s?$/i.exec(cell);
  const count = Number(match?.[1] ?? 0);
  const unit = (['day', 'month', 'year'] as const).find((known) => known === match?.[2]?.toLowerCase());
  // At most ten years, as everywhere.
  const countMax = { day: 3660, month: 120, year: 10 };
  return unit === undefined || count < 1 || count > countMax[unit] ? undefined : { unit, count };
}

export function formatPeriod({ unit, count }: Period): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function isDate(cell: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(cell)) return false;
  try {
    return Temporal.PlainDate.from(cell, { overflow: 'reject' }).toString() === cell;
  } catch {
    return false;
  }
}
