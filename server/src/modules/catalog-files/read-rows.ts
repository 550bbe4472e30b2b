import { invalid, TierlineError, type Reason } from '@tierline/kernel';
import { csvRecords, decoded } from '../../platform/csv-rows.ts';
import { cellOf, jsonRows, type JsonRow } from './json-rows.ts';
import { neededColumns, readers, readRow, type ReadRow, type RowReason } from './row.ts';

export type FileFormat = 'csv' | 'json';

/** A row as it was read, with where it stands. */
export type NumberedRow = { readonly line: number } & ReadRow;

/**
 * The rows of a file, those of each piece of it together.
 * @throws TierlineError of kind invalid when the head of a CSV file is not one of a catalog file
 */
export async function* readRows(
  source: AsyncIterable<Uint8Array>,
  format: FileFormat,
): AsyncGenerator<NumberedRow[], void> {
  const pieces = decoded(source);
  if (format === 'json') {
    for await (const rows of jsonRows(pieces)) yield rows.map(fromJson);
    return;
  }
  let head: readonly string[] | undefined;
  for await (const records of csvRecords(pieces)) {
    const rows: NumberedRow[] = [];
    for (const record of records) {
      if ('broken' in record) {
        if (head === undefined) throw badHead([{ code: 'catalog.head_unreadable', message: record.broken }]);
        rows.push(unreadable(record.line, record.broken));
      } else if (head === undefined) {
        head = checkHead(record.cells);
      } else {
        rows.push(fromCells(record.line, head, record.cells));
      }
    }
    if (rows.length > 0) yield rows;
  }
  if (head === undefined) throw new TierlineError('catalog.file_empty', 'invalid', 'The file is empty.');
}

/** A column that is not known is refused rather than ignored: it may be a price whose name has a typing error. */
function checkHead(cells: readonly string[]): readonly string[] {
  const head = cells.map((cell) => cell.trim().toLowerCase());
  // Spreadsheets leave empty columns at the end.
  while (head.at(-1) === '') head.pop();
  const reasons: Reason[] = [];
  for (const [index, name] of head.entries()) {
    if (!Object.hasOwn(readers, name)) {
      reasons.push({
        code: 'catalog.unknown_column',
        field: name.slice(0, 60),
        message: `The head names a column ${JSON.stringify(name.slice(0, 60))} that a catalog file does not have.`,
      });
    } else if (head.indexOf(name) !== index) {
      reasons.push({ code: 'catalog.column_twice', field: name, message: `The head names the column ${name} twice.` });
    }
  }
  for (const name of neededColumns) {
    if (head.includes(name)) continue;
    reasons.push({ code: 'catalog.column_needed', field: name, message: `The head does not name the column ${name}.` });
  }
  if (reasons.length > 0) throw badHead(reasons);
  return head;
}

function badHead(reasons: readonly Reason[]): TierlineError {
  return invalid(reasons.slice(0, 50), { columns: Object.keys(readers) });
}

function fromCells(line: number, head: readonly string[], cells: readonly string[]): NumberedRow {
  const surplus = cells.length > head.length && cells.slice(head.length).some((cell) => cell.trim() !== '');
  if (cells.length < head.length || surplus) {
    return unreadable(line, `The row has ${cells.length} cells, the head ${head.length}.`);
  }
  return { line, ...readRow(line, pairs(head, cells)) };
}

function* pairs(head: readonly string[], cells: readonly string[]): Generator<readonly [string, string]> {
  for (let index = 0; index < head.length; index += 1) yield [head[index]!, cells[index]!];
}

function fromJson(json: JsonRow): NumberedRow {
  const { line } = json;
  if ('broken' in json) return unreadable(line, json.broken);
  const cells: (readonly [string, string])[] = [];
  const reasons: RowReason[] = [];
  for (const [name, member] of Object.entries(json.value)) {
    const cell = cellOf(member);
    if (!Object.hasOwn(readers, name)) {
      const shown = name.slice(0, 60);
      reasons.push({ field: shown, code: 'catalog.unknown_column', message: 'A catalog file does not have it.' });
    } else if (cell === undefined) {
      reasons.push({ field: name, code: 'catalog.invalid_cell', message: 'It is text, a number, or a list of texts.' });
    } else {
      cells.push([name, cell]);
    }
  }
  const read = readRow(line, cells);
  if (reasons.length === 0) return { line, ...read };
  const planName = 'row' in read ? read.row.planName : read.planName;
  return { line, planName, reasons: 'row' in read ? reasons : [...reasons, ...read.reasons] };
}

function unreadable(line: number, message: string): NumberedRow {
  return { line, planName: undefined, reasons: [{ field: null, code: 'catalog.row_unreadable', message }] };
}
