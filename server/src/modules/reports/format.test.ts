import { inflateRawSync, crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { safeCell } from '../../platform/csv.ts';
import { escapeXml, textFormats } from './format.ts';
import { fields, type ReportRow } from './rows.ts';
import { xlsxFile } from './service-xlsx.ts';

const at = (name: string): number => fields.findIndex((field) => field.name === name);
const aRow = (values: Readonly<Record<string, string>>): ReportRow => fields.map(({ name }) => values[name] ?? null);

// What a customer is called must never run as a formula in somebody's spreadsheet; what is charged must stay a number.
test.each(['=1+1', '+1', '-1', '@a', '\t=1', '\r=1', '\uff1d1'])('the cell %j can be no formula in CSV', (text) => {
  expect(safeCell(text)).toBe(`'${text}`);
  const line = textFormats.csv.row(aRow({ customerName: text, extendedPrice: '-19.80' }), true);
  expect(line).toContain(`'${text}`);
  expect(line.split(',')[at('extendedPrice')]).toBe('-19.80');
});

test('CSV quotes what would break a line', () => {
  const line = textFormats.csv.row(aRow({ customerName: 'A "B", C\r\nD' }), true);
  expect(line).toContain('"A ""B"", C\r\nD"');
  expect(textFormats.csv.head.trimEnd().split(',')).toEqual(fields.map(({ name }) => name));
});

test('XML holds any text, and what it can not hold is replaced', () => {
  expect(escapeXml(`<a href="x">&amp;]]>\r\u0000\ud800\ufffe`)).toBe(
    '&lt;a href=&quot;x&quot;&gt;&amp;amp;]]&gt;&#13;\ufffd\ufffd\ufffd',
  );
});

test('JSON of any number of rows is an array', () => {
  const { head, row, tail } = textFormats.json;
  expect(JSON.parse(head + tail)).toEqual([]);
  const two = [row(aRow({ extendedPrice: '19.80' }), true), row(aRow({ productName: '"\u2028' }), false)];
  expect(JSON.parse(head + two.join('') + tail)).toEqual([{ extendedPrice: '19.80' }, { productName: '"\u2028' }]);
});

/** Reads a ZIP file by its directory, checking sizes and sums. */
function unzip(file: Buffer): Map<string, Buffer> {
  const end = file.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const count = file.readUInt16LE(end + 10);
  const found = new Map<string, Buffer>();
  let place = file.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    expect(file.readUInt32LE(place)).toBe(0x02014b50);
    const [method, sum] = [file.readUInt16LE(place + 10), file.readUInt32LE(place + 16)];
    const [packed, size] = [file.readUInt32LE(place + 20), file.readUInt32LE(place + 24)];
    const nameLength = file.readUInt16LE(place + 28);
    const header = file.readUInt32LE(place + 42);
    const name = file.toString('utf8', place + 46, place + 46 + nameLength);
    const from = header + 30 + file.readUInt16LE(header + 26) + file.readUInt16LE(header + 28);
    const content = file.subarray(from, from + packed);
    const bytes = method === 8 ? inflateRawSync(content) : Buffer.from(content);
    expect({ name, size: bytes.length, sum: crc32(bytes) }).toEqual({ name, size, sum });
    found.set(name, bytes);
    place += 46 + nameLength;
  }
  return found;
}

async function sheetOf(rows: readonly ReportRow[], rowsMax?: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const batches = (async function* () {
    yield rows;
  })();
  for await (const piece of xlsxFile(batches, rowsMax)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('XLSX', () => {
  test('is a workbook: text is text, amounts are numbers in their own digits', async () => {
    const file = await sheetOf([aRow({ customerName: '=A1&"<', extendedPrice: '-19.80' })]);
    const parts = unzip(file);
    expect([...parts.keys()]).toContain('[Content_Types].xml');
    const sheet = parts.get('xl/worksheets/sheet1.xml')!.toString();
    expect(sheet).toContain('t="inlineStr"><is><t xml:space="preserve">=A1&amp;&quot;&lt;</t>');
    expect(sheet).toContain('<v>-19.80</v>');
    expect(sheet).not.toContain('<f>');
    // The same rows are the same bytes, whenever they are written.
    expect((await sheetOf([aRow({ customerName: '=A1&"<', extendedPrice: '-19.80' })])).equals(file)).toBe(true);
  });

  test('never cuts off: more rows than a sheet holds are refused', async () => {
    const rows = Array.from({ length: 3 }, () => aRow({ mpn: 'x' }));
    await expect(sheetOf(rows, 2)).rejects.toMatchObject({ code: 'reports.too_many_rows' });
    expect(unzip(await sheetOf(rows, 3)).size).toBe(5);
  });
});
