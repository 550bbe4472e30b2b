import type { Failure } from './failure.ts';
import { styled, write, type Io } from './io.ts';

export type Column<Row> = {
  readonly title: string;
  readonly of: (row: Row) => string | null | undefined;
  /** Numbers stand to the right. */
  readonly right?: true;
};

export type Field = readonly [label: string, value: string | null | undefined];

/** How results are shown: for people, or as JSON with the members of the API. */
export type Show = ReturnType<typeof showOn>;

export function showOn(io: Io, isJson: boolean) {
  const out = (text: string) => write(io.stdout, text);
  const json = (value: unknown) => out(`${JSON.stringify(value, null, io.isTerminal ? 2 : undefined)}\n`);

  return {
    isJson,

    /** A list: one JSON array, or a table. */
    async list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], nothing: string): Promise<void> {
      if (isJson) await json(rows);
      else if (rows.length === 0) await out(`${nothing}\n`);
      else await out(table(io, rows, columns));
    },

    /** One thing: one JSON object, or its fields and perhaps more. */
    async one(value: unknown, parts: readonly (readonly Field[] | string)[]): Promise<void> {
      if (isJson) return json(value);
      await out(parts.map((part) => (typeof part === 'string' ? part : fields(io, part))).join('\n'));
    },

    /** One element of a stream: a line of JSON, or of text. */
    async item(value: unknown, text: string): Promise<void> {
      await out(isJson ? `${JSON.stringify(value)}\n` : `${text}\n`);
    },

    /** Something for people beside the result. */
    async note(text: string): Promise<void> {
      if (!isJson) await write(io.stderr, `${text}\n`);
    },

    table: <Row>(rows: readonly Row[], columns: readonly Column<Row>[]) => table(io, rows, columns),

    async failure(failure: Failure): Promise<void> {
      const { code, message, reasons, requestId, advice } = failure;
      if (isJson) {
        const error = { code, message, reasons, ...(requestId === undefined ? {} : { request_id: requestId }) };
        return write(io.stderr, `${JSON.stringify({ error })}\n`);
      }
      const [first, ...others] = reasons;
      const told = reasons.map(({ field, message: why }) => `  ${field === undefined ? '' : `${field}: `}${why}`);
      const only = others.length === 0 && first?.field !== undefined ? ` (${first.field})` : '';
      const lines = [
        `${styled(io, 'red', 'error:')} ${others.length === 0 ? readable(message) + only : `${reasons.length} things are wrong:`}`,
        ...(others.length === 0 ? [] : told.map(printable)),
        ...(advice === undefined ? [] : [advice]),
        ...(requestId === undefined || code.startsWith('cli.') ? [] : [`  code ${code}, request ${requestId}`]),
      ];
      await write(io.stderr, `${lines.join('\n')}\n`);
    },
  };
}

/** Cells hold one line each, without control characters: what a server answers must not steer a terminal. */
function cell(text: string | null | undefined): string {
  return text === null || text === undefined || text === '' ? '-' : printable(text);
}

/** The same for text that may have several lines. */
function readable(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}

function table<Row>(io: Io, rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map((column) => cell(column.of(row))));
  const widths = columns.map(({ title }, index) => {
    return cells.reduce((width, line) => Math.max(width, widthOf(line[index] ?? '')), widthOf(title));
  });
  const aligned = (line: readonly string[]) =>
    line
      .map((text, index) => {
        const space = ' '.repeat((widths[index] ?? 0) - widthOf(text));
        return columns[index]?.right === true ? space + text : text + space;
      })
      .join('  ')
      .trimEnd();
  const head = styled(io, 'bold', aligned(columns.map(({ title }) => title)));
  return `${[head, ...cells.map(aligned)].join('\n')}\n`;
}

function fields(io: Io, pairs: readonly Field[]): string {
  const width = Math.max(...pairs.map(([label]) => label.length));
  return pairs.map(([label, value]) => `${styled(io, 'dim', label.padEnd(width))}  ${cell(value)}\n`).join('');
}

/** Columns on a terminal: most letters take one, those of East Asia two, marks none. */
function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of segments.segment(text)) {
    width +=
      /^[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Extended_Pictographic}/u.test(
        segment,
      )
        ? 2
        : 1;
  }
  return width;
}

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
