import { compareDecimal, decimal, formatDecimal, newId, isTierlineError, type PlanId } from '@tierline/kernel';
import {
  checkPlan,
  chargeTypes,
  type ChargeType,
  type PlanTerms,
  type Product,
  type Rate,
  type RateDraft,
} from '../catalog/index.ts';
import type { KnownPlan, KnownResource, RowRefusal } from './import-state.ts';
import type { ImportRow, RowReason } from './row.ts';

/** One rate of the next version: from a row of the file, from the version before, or from both. */
export type Line = {
  readonly draft: RateDraft;
  readonly row: ImportRow | undefined;
  readonly before: Rate | undefined;
};

/** A row as a rate: what it does not state stays as it was, or is the default. */
export function lineOf(row: ImportRow, before: Rate | undefined, mpnById: ReadonlyMap<string, string>): Line {
  const priced = chargeTypes.filter((type) => row.prices[type] !== undefined);
  const kept = before === undefined ? [] : before.chargeTypes;
  const charged = chargeTypes.filter((type) => priced.includes(type) || kept.includes(type));
  const draft: RateDraft = {
    mpn: row.mpn,
    vendorCode: row.vendorCode,
    name: row.rateName ?? before?.name ?? '',
    quantityMin: row.quantityMin ?? (before && formatDecimal(before.quantityMin)) ?? '1',
    quantityMax: row.quantityMax ?? (before && formatDecimal(before.quantityMax)) ?? '1000000',
    priceModel: row.priceModel ?? before?.priceModel ?? 'flat',
    chargeTypes: row.chargeTypes ?? (charged.length > 0 ? charged : ['recurring']),
    dependsOn: row.dependsOn ?? basesOf(before, mpnById),
  };
  return { draft, row, before };
}

/** A rate of the version before, as it is. */
export function keptLine(before: Rate, mpnById: ReadonlyMap<string, string>): Line {
  return {
    row: undefined,
    before,
    draft: {
      mpn: before.mpn,
      vendorCode: before.vendorCode,
      name: before.name,
      quantityMin: formatDecimal(before.quantityMin),
      quantityMax: formatDecimal(before.quantityMax),
      priceModel: before.priceModel,
      chargeTypes: before.chargeTypes,
      dependsOn: basesOf(before, mpnById),
    },
  };
}

function basesOf(rate: Rate | undefined, mpnById: ReadonlyMap<string, string>): string[] {
  return (rate?.dependsOn ?? []).flatMap((id) => mpnById.get(id) ?? []);
}

/** What is wrong within one row, taken together with what it does not state. */
export function lineReasons({ draft, row }: Line): RowReason[] {
  if (row === undefined) return [];
  const reasons: RowReason[] = [];
  for (const type of chargeTypes) {
    const tiers = row.prices[type];
    if (tiers === undefined) continue;
    const field = `${type}_price`;
    if (!draft.chargeTypes.includes(type)) {
      const message = `The row has a price for ${type}, but does not name it in charge_types.`;
      reasons.push({ field, code: 'catalog.charge_type_not_named', message });
    }
    if (tiers.length > 1 && draft.priceModel === 'flat') {
      const message = 'Several tiers need the price model tiered (each unit at its own tier) or volume (all at one).';
      reasons.push({ field, code: 'catalog.tiers_need_model', message });
    }
  }
  return reasons;
}

export type Checked =
  | { readonly ok: true }
  | { readonly ok: false; readonly refusals: RowRefusal[]; readonly whole: boolean };

/**
 * Checks the lines together as a version of the plan. Reasons that concern single rows name these; a reason that
 * concerns the plan as a whole is given for every row of it.
 */
export function checkLines(product: Product, terms: PlanTerms, lines: readonly Line[]): Checked {
  try {
    checkPlan(
      product,
      terms,
      lines.map((line) => line.draft),
    );
    return { ok: true };
  } catch (error) {
    if (!isTierlineError(error)) throw error;
    const located = error.reasons.map((reason) => {
      const [, index, column] = /^rates\.(\d+)\.(.+)$/.exec(reason.field ?? '') ?? [];
      const field = column ?? (reason.field === 'rates' ? null : fieldOf(reason.field));
      return { reason: { field, code: reason.code, message: reason.message }, row: lines[Number(index ?? -1)]?.row };
    });
    const single = located.flatMap(({ reason, row }) => (row === undefined ? [] : [{ ...reason, line: row.line }]));
    if (single.length === located.length) return { ok: false, refusals: single, whole: false };
    const rows = lines.flatMap(({ row }) => row ?? []);
    const whole = located.flatMap(({ reason, row }) =>
      row === undefined ? rows.map(({ line }) => ({ ...reason, line })) : [],
    );
    return { ok: false, refusals: [...single, ...whole], whole: true };
  }
}

function fieldOf(field: string | undefined): string | null {
  return field === 'product_id' ? 'product_code' : (field ?? null);
}

/** Whether a line says of its rate what the version before says. */
export function isSameRate({ draft, before }: Line, resourceId: string, mpnById: ReadonlyMap<string, string>): boolean {
  return (
    before !== undefined &&
    before.resourceId === resourceId &&
    before.name === draft.name &&
    compareDecimal(before.quantityMin, decimal(draft.quantityMin)) === 0 &&
    compareDecimal(before.quantityMax, decimal(draft.quantityMax)) === 0 &&
    before.priceModel === draft.priceModel &&
    sameWords(before.chargeTypes, draft.chargeTypes) &&
    sameWords(basesOf(before, mpnById), draft.dependsOn)
  );
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word) => b.includes(word));
}

export type ResolvedLine = Line & { readonly resource: KnownResource };

/** The rates of the next version, in order. A rate that the plan has had before keeps its id and number. */
export function buildRates(
  planId: PlanId,
  version: number,
  lines: readonly ResolvedLine[],
  existing: KnownPlan | undefined,
): Rate[] {
  const identities = lines.map(
    ({ before, draft }) => before ?? existing?.earlier.get(draft.mpn) ?? { rateId: newId<'rate'>(), number: '' },
  );
  const idByMpn = new Map(lines.map(({ draft }, index) => [draft.mpn, identities[index]!.rateId]));
  return lines.map(({ draft, before, resource }, position) => {
    const { rateId, number } = identities[position]!;
    return {
      planId,
      version,
      position,
      rateId,
      number,
      resourceId: resource.id,
      name: draft.name === undefined || draft.name === '' ? resource.name : draft.name,
      quantityMin: decimal(draft.quantityMin),
      quantityMax: decimal(draft.quantityMax),
      priceModel: draft.priceModel,
      chargeTypes: inOrder(draft.chargeTypes),
      dependsOn: draft.dependsOn.flatMap((mpn) => idByMpn.get(mpn) ?? []),
      mpn: draft.mpn,
      vendorCode: resource.vendorCode,
      serviceName: before?.resourceId === resource.id ? before.serviceName : resource.serviceName,
    };
  });
}

function inOrder(types: readonly ChargeType[]): ChargeType[] {
  return chargeTypes.filter((type) => types.includes(type));
}
