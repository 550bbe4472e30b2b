import { usageColumns } from '@tierline/contract';
import { isNegative, parseDecimal, parseId, Temporal, type Reason } from '@tierline/kernel';
import type { Reading } from './usage.ts';

type Column = keyof typeof usageColumns;

/** Places of the columns of a file. */
export type Head = ReadonlyMap<Column, number>;

/** The head of a file, or everything that is wrong with it. A column that is not known is refused: its name may be a typing error. */
export function readHead(cells: readonly string[]): Head | Reason[] {
  const head = new Map<Column, number>();
  const reasons: Reason[] = [];
  for (const [index, cell] of cells.entries()) {
    const name = cell.trim().toLowerCase();
    const shown = name.slice(0, 60);
    if (!isColumn(name)) {
      const isEmptyEnd = name === '' && cells.slice(index).every((rest) => rest.trim() === '');
      if (isEmptyEnd) break;
      const message = `A file of usage has no column ${JSON.stringify(shown)}.`;
      reasons.push({ code: 'usage.unknown_column', field: shown, message });
    } else if (head.has(name)) {
      reasons.push({ code: 'usage.column_twice', field: name, message: `The head names the column ${name} twice.` });
    } else head.set(name, index);
  }
  for (const [name, isNeeded] of Object.entries(usageColumns)) {
    if (!isNeeded || (isColumn(name) && head.has(name))) continue;
    reasons.push({ code: 'usage.column_needed', field: name, message: `The head does not name the column ${name}.` });
  }
  return reasons.length > 0 ? reasons : head;
}

function isColumn(name: string): name is Column {
  return Object.hasOwn(usageColumns, name);
}

/** The reading of a row, or the first thing that is wrong with it. */
export function readRow(head: Head, cells: readonly string[]): Reading | Reason {
  const cell = (column: Column): string => cells[head.get(column) ?? -1]?.trim() ?? '';
  const subscriptionId = parseId<'subscription'>(cell('subscription_id'));
  if (subscriptionId === undefined) return invalidCell('subscription_id', 'It must be the id of a subscription.');
  const licenseId = parseId<'license'>(cell('license_id'));
  if (cell('license_id') !== '' && licenseId === undefined) {
    return invalidCell('license_id', 'It must be the id of a license, or empty.');
  }
  const used = parseDecimal(cell('used'));
  if (used === undefined || isNegative(used)) return invalidCell('used', 'It must be a number that is not negative.');
  const at = instantOf(cell('at'));
  if (at === 'invalid') return invalidCell('at', 'It must be an instant such as 2026-03-01T22:00:00Z, or empty.');
  return { subscriptionId, licenseId, used, at };
}

function invalidCell(field: Column, message: string): Reason {
  return { code: 'usage.invalid_cell', field, message };
}

function instantOf(text: string): Temporal.Instant | undefined | 'invalid' {
  if (text === '') return undefined;
  try {
    return Temporal.Instant.from(text);
  } catch {
    return 'invalid';
  }
}
