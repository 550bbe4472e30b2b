import { dateIn, type AccountId, type Clock, type ProductId } from '@tierline/kernel';
import { timeOf, type AccountNode } from '../../modules/accounts/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import { monthProblem, monthsBack, type Month } from '../../modules/license-reports/index.ts';
import { invalidParameter } from './errors.ts';
import { codeMax, codePatterns } from './patterns.ts';
import type { ProductDependencies } from './products.ts';
import type { Fields } from './request.ts';

/** What all reports ask for (LMPI reference, part 2, 4). */

/**
 * The cycle of a report: `YYYY` and `MM`, also as numbers, within two years and not to come.
 */
export function cycleOf(fields: Fields, node: AccountNode, clock: Clock): Month {
  const year = numberOf(fields, 'report_cycle_year', /^\d{4}$/, 'a year such as 2026');
  // The month may have begun already where the reader is, or where a customer of its is: far in the east, at the earliest.
  const today = dateIn(timeOf(node, clock), 'Pacific/Kiritimati');
  if (monthProblem({ year, month: today.month }, today) === 'year') throw outside('report_cycle_year');
  const month = numberOf(fields, 'report_cycle_month', /^(0?[1-9]|1[0-2])$/, 'a month from 01 to 12');
  if (monthProblem({ year, month }, today) !== undefined) throw outside('report_cycle_month');
  return { year, month };
}

function outside(field: 'report_cycle_year' | 'report_cycle_month'): Error {
  return invalidParameter(field, `The field ${field} must be within the last ${monthsBack} months.`);
}

function numberOf(fields: Fields, name: string, shape: RegExp, says: string): number {
  const value = fields.value(name);
  if (value === undefined) throw invalidParameter(name, `The ${name} field is required.`);
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text === 'string' && shape.test(text)) return Number(text);
  throw invalidParameter(name, `The field ${name} must be ${says}.`);
}

/** A product of the caller's channel; another is refused in the words for one that does not exist. */
export async function productAsked(
  { lists }: Pick<ProductDependencies, 'lists'>,
  fields: Fields,
  node: AccountNode,
): Promise<ProductId | undefined> {
  const id = fields.optionalGuid<'product'>('product_id');
  if (id === undefined) return undefined;
  const [product] = await lists.products([id]);
  if (product?.rootId === node.account.rootId) return id;
  throw invalidParameter('product_id', 'The field product_id must be the ID of a product.');
}

/** The caller's own company or one below it; undefined: all of them. */
export async function partnerAsked(
  visible: (within: AccountId, id: AccountId, field: string) => Promise<unknown>,
  fields: Fields,
  node: AccountNode,
): Promise<AccountId | undefined> {
  const id = fields.optionalGuid<'account'>('partner_id');
  if (id !== undefined) await visible(node.account.id, id, 'partner_id');
  return id;
}

export function languageAsked(fields: Fields, codes: Codes): string {
  const pattern = codePatterns(codes).culture;
  return fields.optionalText('language_code', { max: codeMax.culture, pattern }) ?? 'en-US';
}

/** An IANA zone. */
export function timeZoneAsked(fields: Fields, codes: Codes): string {
  const pattern = codePatterns(codes).timeZone;
  const name = fields.optionalText('time_zone', { max: codeMax.timeZone, pattern }) ?? 'UTC';
  return codes.timeZones.get(name) ?? 'UTC';
}
