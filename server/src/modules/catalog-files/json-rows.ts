/** A row of a JSON file with the line it begins in, or why it could not be read. */
export type JsonRow = { readonly line: number } & ({ readonly value: object } | { readonly broken: string });

/** Characters of one row. */
const rowMax = 64 * 1024;

/**
 * Reads rows from pieces of text: an array of objects, or one object per line. Yields the rows of each piece together.
 * In lines a broken row costs itself only; in an array what is behind a row that never ends can't be told apart.
 */
export async function* jsonRows(pieces: AsyncIterable<string>): AsyncGenerator<JsonRow[], void> {
  let splitter: Splitter | undefined;
  let before = '';
  for await (const piece of pieces) {
    before = splitter === undefined ? before + piece : piece;
    const first = before.search(/\S/);
    if (splitter === undefined && first === -1) continue;
    splitter ??= before[first] === '[' ? arraySplitter() : lineSplitter();
    const rows = splitter.push(before);
    if (rows.length > 0) yield rows;
  }
  const rows = splitter?.end() ?? [];
  if (rows.length > 0) yield rows;
}

type Splitter = { push(piece: string): JsonRow[]; end(): JsonRow[] };

function lineSplitter(): Splitter {
  let rest = '';
  let line = 0;
  let skipping = false;
  const read = (text: string): JsonRow[] => {
    line += 1;
    if (skipping) {
      skipping = false;
      return [];
    }
    return text.trim() === '' ? [] : [parseRow(line, text)];
  };
  return {
    push(piece) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      const rows = lines.flatMap(read);
      if (rest.length <= rowMax || skipping) return rows;
      rest = '';
      skipping = true;
      return [...rows, { line: line + 1, broken: tooLong }];
    },
    end: () => read(rest),
  };
}

const tooLong = `A row has more than ${rowMax} characters, or does not end.`;

function arraySplitter(): Splitter {
  let text = '';
  let at = 0;
  let line = 1;
  let rowLine = 1;
  let rowStart = -1;
  let depth = 0;
  let inString = false;
  let expectsRow = true;
  let over = false;

  function step(rows: JsonRow[]): void {
    const code = text[at];
    if (code === '\n') line += 1;
    if (inString) {
      if (code === '\\') at += 1;
      else if (code === '"') inString = false;
    } else if (code === '"') {
      inString = true;
      if (depth === 1) fail(rows, 'In the array stand objects only.');
    } else if (code === '{' || code === '[') {
      if (depth === 1) {
        if (code === '[' || !expectsRow) return fail(rows, 'In the array stand objects, separated by commas.');
        rowStart = at;
        rowLine = line;
      }
      depth += 1;
    } else if (code === '}' || code === ']') {
      depth -= 1;
      if (depth === 1) {
        rows.push(parseRow(rowLine, text.slice(rowStart, at + 1)));
        rowStart = -1;
        expectsRow = false;
      }
    } else if (depth <= 1 && code === ',') {
      if (depth === 0 || expectsRow) return fail(rows, 'There is a comma without a row before it.');
      expectsRow = true;
    } else if (depth <= 1 && code !== undefined && code.trim() !== '') {
      fail(rows, depth === 0 ? 'There is text behind the array.' : 'In the array stand objects only.');
    }
  }

  function canStep(): boolean {
    if (over || at >= text.length) return false;
    // A backslash is read together with what it escapes, which may be in the next piece.
    return text[at] !== '\\' || at + 1 < text.length;
  }

  function fail(rows: JsonRow[], broken: string): void {
    rows.push({ line: Math.max(1, line), broken: `${broken} What follows was not read.` });
    over = true;
  }

  return {
    push(piece) {
      if (over) return [];
      const rows: JsonRow[] = [];
      text += piece;
      while (canStep()) {
        step(rows);
        at += 1;
      }
      const kept = rowStart === -1 ? at : rowStart;
      text = text.slice(kept);
      at -= kept;
      if (rowStart !== -1) rowStart = 0;
      if (text.length > rowMax && !over) {
        line = rowLine;
        fail(rows, tooLong);
      }
      return rows;
    },
    end() {
      if (over || depth === 0) return [];
      return [{ line: rowStart === -1 ? line : rowLine, broken: 'The array does not end.' }];
    },
  };
}

function parseRow(line: number, text: string): JsonRow {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { line, broken: 'A row is an object.' };
    const hasNumber = Object.values(value).some((member) => typeof member === 'number');
    return { line, value: hasNumber ? withNumbersAsWritten(text) : value };
  } catch {
    return { line, broken: 'The row is not JSON.' };
  }
}

/** No JavaScript number ever holds money: numbers become the text that stands in the file. */
function withNumbersAsWritten(text: string): object {
  const asWritten = (_name: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value;
  const value: unknown = JSON.parse(text, asWritten);
  return typeof value === 'object' && value !== null ? value : {};
}

/** The cells of a row in JSON, as a CSV file would have them; `undefined` for a member that can't be a cell. */
export function cellOf(member: unknown): string | undefined {
  if (member === null) return '';
  if (typeof member === 'string') return member;
  if (typeof member === 'boolean') return String(member);
  if (Array.isArray(member) && member.every((part) => typeof part === 'string')) return member.join(';');
  return undefined;
}
