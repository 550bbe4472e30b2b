import { formatDecimal, invalid, type Decimal, type Reason } from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import { identify, isReason, ownFieldNames } from './identify.ts';
import { missingBases, type ResolvedLine } from './place.ts';
import type { SalesRequest } from './request.ts';

/** Finds out what the lines of a request mean, with the bases that they lack. Throws every reason against it. */
export function lineResolver(offers: Offers) {
  /** A base can depend on another base, so what is missing is looked for until nothing is. */
  async function addOrRefuseBases(owner: AccountNode, lines: ResolvedLine[], add: boolean): Promise<void> {
    for (;;) {
      const missing = missingBases(lines);
      if (missing.length === 0) return;
      const found = await Promise.all(
        missing.map(async (base) => ({ ...base, named: (await offers.ofPlan(owner, base.planId, [base.rateId]))[0] })),
      );
      const reasons: Reason[] = [];
      for (const { named, index } of found) {
        const needing = lines.find((line) => line.index === index)!;
        if (named === undefined || !add) {
          reasons.push({
            code: 'orders.base_missing',
            field: `lines.${index}`,
            message: `${needing.named.rate.name} is an add-on. Order ${named?.rate.name ?? 'its base'} (MPN ${named?.rate.mpn ?? 'unknown'}) with it.`,
          });
        } else {
          lines.push({
            named,
            quantity: leastQuantity(named.rate.quantityMin),
            origin: 'dependency',
            parameters: null,
            index,
          });
        }
      }
      if (reasons.length > 0) {
        const bases = found.flatMap(({ named }) =>
          named === undefined
            ? []
            : [{ mpn: named.rate.mpn, quantity: formatDecimal(leastQuantity(named.rate.quantityMin)) }],
        );
        throw invalid(reasons, { nearest_valid: { add_lines: bases } });
      }
    }
  }

  return async function resolveLines(owner: AccountNode, request: SalesRequest): Promise<ResolvedLine[]> {
    const reasons: Reason[] = [];
    const lines: ResolvedLine[] = [];
    const found = await Promise.all(request.lines.map((line) => offers.find(owner, line.name)));
    for (const [index, line] of request.lines.entries()) {
      const candidates = found[index]!;
      const named = identify(candidates, line, `lines.${index}`, request.fieldNames ?? ownFieldNames);
      if (isReason(named)) reasons.push(named);
      else
        lines.push({
          named,
          quantity: line.quantity,
          origin: 'requested',
          parameters: line.parameters ?? null,
          index,
          ...(line.deals === undefined ? {} : { deals: line.deals }),
        });
    }
    if (reasons.length > 0) throw invalid(reasons);
    await addOrRefuseBases(owner, lines, request.addMissingBases);
    return lines;
  };
}

const oneUnit: Decimal = { coefficient: 1n, scale: 0 };

function leastQuantity(minimum: Decimal): Decimal {
  return minimum.coefficient > 0n ? minimum : oneUnit;
}
