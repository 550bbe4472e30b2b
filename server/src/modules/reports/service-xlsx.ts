import { Readable, pipeline } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';
import { escapeXml } from './format.ts';
import { sheetTooLarge, tooManyRows } from './report.ts';
import { fields, type ReportRow } from './rows.ts';
import { partBytesMax, zipDescriptor, zipDirectory, zipHeader, type ZipEntry } from './zip.ts';

/** What a sheet can hold, its head not counted. */
const sheetRowsMax = 1_048_575;

const columnNames: readonly string[] = fields.map((_, index) => columnName(index));

/** 0 -> A, 25 -> Z, 26 -> AA. */
function columnName(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : columnName(Math.floor(index / 26) - 1) + last;
}

const space = 'http://schemas.openxmlformats.org';
const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const officeTypes = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** The parts of a workbook with one sheet, but for the sheet itself. */
const parts: readonly (readonly [path: string, content: string])[] = [
  [
    '[Content_Types].xml',
    `${declaration}<Types xmlns="${space}/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${officeTypes}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${officeTypes}.worksheet+xml"/></Types>`,
  ],
  [
    '_rels/.rels',
    `${declaration}<Relationships xmlns="${space}/package/2006/relationships"><Relationship Id="rId1" Type="${space}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    'xl/workbook.xml',
    `${declaration}<workbook xmlns="${space}/spreadsheetml/2006/main" xmlns:r="${space}/officeDocument/2006/relationships"><sheets><sheet name="Report" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ],
  [
    'xl/_rels/workbook.xml.rels',
    `${declaration}<Relationships xmlns="${space}/package/2006/relationships"><Relationship Id="rId1" Type="${space}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
  ],
];

const sheetPath = 'xl/worksheets/sheet1.xml';

/**
 * An XLSX file (ECMA-376) piece by piece, compressed as it grows, so that a million rows need no more memory than one. Text is
 * text and never a formula; amounts are numbers in exactly the ledger's digits, so that a sheet can sum them.
 * @throws TierlineError `reports.too_many_rows` when the rows don't fit into one sheet
 */
export async function* xlsxFile(
  batches: AsyncIterable<readonly ReportRow[]>,
  rowsMax = sheetRowsMax,
): AsyncGenerator<Buffer, void> {
  const entries: ZipEntry[] = [];
  let offset = 0;
  for (const [path, content] of parts) {
    const bytes = Buffer.from(content);
    const entry = { path, offset, crc: crc32(bytes), size: bytes.length, packed: bytes.length, isStream: false };
    const piece = Buffer.concat([zipHeader(entry), bytes]);
    entries.push(entry);
    offset += piece.length;
    yield piece;
  }
  const sheet = { path: sheetPath, offset, crc: 0, size: 0, packed: 0, isStream: true };
  const header = zipHeader(sheet);
  yield header;
  const deflate = createDeflateRaw({ level: 6 });
  const counted = async function* (): AsyncGenerator<Buffer, void> {
    for await (const text of sheetText(batches, rowsMax)) {
      const bytes = Buffer.from(text);
      sheet.crc = crc32(bytes, sheet.crc);
      sheet.size += bytes.length;
      if (sheet.size > partBytesMax) throw sheetTooLarge();
      yield bytes;
    }
  };
  // A failure of the rows comes out of the loop below.
  pipeline(Readable.from(counted()), deflate, () => undefined);
  for await (const piece of deflate as AsyncIterable<Buffer>) {
    sheet.packed += piece.length;
    yield piece;
  }
  const descriptor = zipDescriptor(sheet);
  yield descriptor;
  yield zipDirectory([...entries, sheet], offset + header.length + sheet.packed + descriptor.length);
}

async function* sheetText(batches: AsyncIterable<readonly ReportRow[]>, rowsMax: number): AsyncGenerator<string, void> {
  let count = 1;
  const head = fields.map(({ name }, index) => textCell(`${columnNames[index]}1`, name)).join('');
  yield `${declaration}<worksheet xmlns="${space}/spreadsheetml/2006/main"><sheetData><row r="1">${head}</row>`;
  for await (const rows of batches) {
    let text = '';
    for (const row of rows) {
      count += 1;
      if (count > rowsMax + 1) throw tooManyRows(rowsMax);
      text += rowText(row, count);
    }
    yield text;
  }
  yield '</sheetData></worksheet>';
}

function rowText(row: ReportRow, at: number): string {
  let cells = '';
  for (const [index, cell] of row.entries()) {
    if (cell === null) continue;
    const place = `${columnNames[index]}${at}`;
    cells += fields[index]?.kind === 'number' ? `<c r="${place}"><v>${cell}</v></c>` : textCell(place, cell);
  }
  return `<row r="${at}">${cells}</row>`;
}

function textCell(place: string, text: string): string {
  return `<c r="${place}" t="inlineStr"><is><t xml:space="preserve">${escapeXml(text)}</t></is></c>`;
}
