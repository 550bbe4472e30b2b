/** A record of a CSV file with the line it begins in, or why it could not be read. */
export type CsvRecord = { readonly line: number } & (
  | { readonly cells: readonly string[] }
  | { readonly broken: string }
);

/** Characters of one record; what is longer is a quote that was never closed. */
const recordMax = 64 * 1024;

const delimiters = [',', ';', '\t'] as const;

type Scanned = { readonly cells: string[]; readonly next: number } | { readonly broken: string } | 'incomplete';

/**
 * Reads CSV (RFC 4180; separated by comma, semicolon or tab, whichever the head has most of) from pieces of text.
 * Yields the records of each piece together; empty lines are left out. After a record that can't be read it goes on with
 * the next line, so that one stray quote costs one record and not the rest of the file.
 */
export async function* csvRecords(pieces: AsyncIterable<string>): AsyncGenerator<CsvRecord[], void> {
  let text = '';
  let line = 1;
  let delimiter: string | undefined;
  /** Inside of a line that was too long to keep. */
  let skipping = false;

  function drain(isLast: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let at = 0;
    while (at < text.length) {
      if (skipping || delimiter === undefined) {
        const end = text.indexOf('\n', at);
        if (end === -1 && !isLast && (skipping || text.length < recordMax)) break;
        if (skipping) {
          skipping = false;
          line += 1;
          at = end === -1 ? text.length : end + 1;
          continue;
        }
        delimiter ??= delimiterOf(text.slice(at, end === -1 ? undefined : end));
      }
      const scanned = scan(text, at, delimiter, isLast);
      const tooLong = scanned === 'incomplete' && text.length - at > recordMax;
      if (scanned === 'incomplete' && !tooLong) break;
      if (typeof scanned === 'object' && 'cells' in scanned) {
        if (scanned.cells.length > 1 || scanned.cells[0] !== '') records.push({ line, cells: scanned.cells });
        line += countLines(text, at, scanned.next);
        at = scanned.next;
        continue;
      }
      const broken = typeof scanned === 'object' ? scanned.broken : 'The row is too long, or a quote is not closed.';
      records.push({ line, broken });
      const end = text.indexOf('\n', at);
      if (end === -1) skipping = true;
      else line += 1;
      at = end === -1 ? text.length : end + 1;
    }
    text = skipping ? '' : text.slice(at);
    return records;
  }

  for await (const piece of pieces) {
    text += piece;
    const records = drain(false);
    if (records.length > 0) yield records;
  }
  // Every record is followed by a line end, also the last.
  if (text !== '') text += '\n';
  const records = drain(true);
  if (records.length > 0) yield records;
}

function scan(text: string, start: number, delimiter: string, isLast: boolean): Scanned {
  const lineEnd = text.indexOf('\n', start);
  if (lineEnd === -1 && !isLast) return 'incomplete';
  const quote = text.indexOf('"', start);
  if (quote === -1 || quote > lineEnd) {
    return { cells: withoutReturn(text.slice(start, lineEnd)).split(delimiter), next: lineEnd + 1 };
  }
  const cells: string[] = [];
  let at = start;
  for (;;) {
    const cell = text[at] === '"' ? quoted(text, at, delimiter) : plain(text, at, delimiter);
    if (cell === 'incomplete') return isLast ? { broken: 'A quote is not closed.' } : cell;
    if (typeof cell === 'string') return { broken: cell };
    cells.push(cell.value);
    at = cell.next;
    if (text[at - 1] === '\n') return { cells, next: at };
  }
}

type Cell = { readonly value: string; readonly next: number };

/** A cell without quotes around it; quotes inside are just characters (`3.5" disk`). */
function plain(text: string, start: number, delimiter: string): Cell | 'incomplete' {
  const lineEnd = text.indexOf('\n', start);
  const end = text.indexOf(delimiter, start);
  if (end !== -1 && (lineEnd === -1 || end < lineEnd)) return { value: text.slice(start, end), next: end + 1 };
  return lineEnd === -1 ? 'incomplete' : { value: withoutReturn(text.slice(start, lineEnd)), next: lineEnd + 1 };
}

function quoted(text: string, start: number, delimiter: string): Cell | string {
  let at = start + 1;
  for (;;) {
    const close = text.indexOf('"', at);
    if (close === -1) return 'incomplete';
    if (text[close + 1] === '"') {
      at = close + 2;
      continue;
    }
    let after = close + 1;
    while (text[after] === ' ' || text[after] === '\r') after += 1;
    if (after >= text.length) return 'incomplete';
    if (text[after] !== delimiter && text[after] !== '\n') return 'There is text behind a closing quote.';
    return { value: text.slice(start + 1, close).replaceAll('""', '"'), next: after + 1 };
  }
}

function delimiterOf(head: string): string {
  const count = (delimiter: string) => head.split(delimiter).length;
  return delimiters.reduce((best, next) => (count(next) > count(best) ? next : best));
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** The text of a file that comes in pieces. */
export async function* decoded(source: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  // Not fatal: a byte that is no UTF-8 becomes U+FFFD, which the row that has it is refused for.
  const decoder = new TextDecoder();
  for await (const piece of source) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}
