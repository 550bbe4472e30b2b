import { csvLine, safeCell } from '../../platform/csv.ts';
import { fields, type FieldKind, type ReportRow } from './rows.ts';

/** A format that is text: what stands before the rows, each row (told whether it is the first), and what stands after them. */
export type TextFormat = {
  readonly head: string;
  readonly row: (row: ReportRow, isFirst: boolean) => string;
  readonly tail: string;
};

const kinds: readonly FieldKind[] = fields.map(({ kind }) => kind);
const names: readonly string[] = fields.map(({ name }) => name);

const csv: TextFormat = {
  head: csvLine(names),
  row: (row) => csvLine(row.map((cell, index) => (kinds[index] === 'text' ? safeCell(cell ?? '') : (cell ?? '')))),
  tail: '',
};

const jsonNames: readonly string[] = names.map((name) => JSON.stringify(name));

const json: TextFormat = {
  head: '[',
  row: (row, isFirst) => {
    const members = row.flatMap((cell, index) =>
      cell === null ? [] : [`${jsonNames[index]}:${JSON.stringify(cell)}`],
    );
    return `${isFirst ? '\n' : ',\n'}{${members.join(',')}}`;
  },
  tail: '\n]\n',
};

const xml: TextFormat = {
  head: '<?xml version="1.0" encoding="UTF-8"?>\n<report>\n',
  row: (row) => {
    const elements = row.flatMap((cell, index) =>
      cell === null ? [] : [`<${names[index]}>${escapeXml(cell)}</${names[index]}>`],
    );
    return `<row>${elements.join('')}</row>\n`;
  },
  tail: '</report>\n',
};

export const textFormats: Readonly<Record<'csv' | 'json' | 'xml', TextFormat>> = { csv, json, xml };

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** Text as content of an element. What XML 1.0 can't hold at all, not even escaped, becomes a replacement character. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // eslint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replaceAll(/[&<>"\r]/g, (character) => entities[character]!)
  );
}
