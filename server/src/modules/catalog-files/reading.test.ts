// However a file is cut into pieces, the same rows are read, each with the line it begins in.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRecords } from '../../platform/csv-rows.ts';
import { jsonRows } from './json-rows.ts';
import { formatPeriod, parsePeriod } from './row.ts';
import { formatTiers, parseTiers } from './tiers.ts';

async function* pieces(text: string, size: number): AsyncGenerator<string, void> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function all<Row>(batches: AsyncIterable<Row[]>): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const batch of batches) rows.push(...batch);
  return rows;
}

const csv = (text: string, size = 7) => all(csvRecords(pieces(text, size)));
const json = (text: string, size = 7) => all(jsonRows(pieces(text, size)));

describe('CSV', () => {
  test('cells of every kind', async () => {
    expect(await csv('a;b\r\n1;"2;3"\n\n"x\ny";"say ""hi"""\n3.5" disk; 4 \n"";')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1', '2;3'] },
      { line: 4, cells: ['x\ny', 'say "hi"'] },
      { line: 6, cells: ['3.5" disk', ' 4 '] },
      { line: 7, cells: ['', ''] },
    ]);
  });

  test('a stray or open quote costs its own line only', async () => {
    expect(await csv('a,b\n1,"2"x\n3,4\n"5,6\n7,8\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, broken: 'There is text behind a closing quote.' },
      { line: 3, cells: ['3', '4'] },
      { line: 4, broken: 'A quote is not closed.' },
      { line: 5, cells: ['7', '8'] },
    ]);
    const long = 'x'.repeat(200_000);
    const rows = await csv(`a,b\n1,"${long}\n2,3\n${long}${long}\n4,5`, 5000);
    expect(rows.map((row) => [row.line, 'broken' in row ? 'broken' : row.cells.join().length])).toEqual([
      [1, 3],
      [2, 'broken'],
      [3, 3],
      [4, 'broken'],
      [5, 3],
    ]);
  });

  test('whatever cells are written, they are read, in pieces of any size', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ';', ' ', 'é'), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 40 }), async (rows, size) => {
        const quoted = rows.map((cells) => cells.map((text) => `"${text.replaceAll('"', '""')}"`).join(','));
        const read = await csv(['a,b', ...quoted].join('\n'), size);
        expect(read.slice(1).map((row) => 'cells' in row && row.cells)).toEqual(rows);
      }),
    );
  });
});

describe('JSON', () => {
  test('an array, over many lines, in pieces of any size', async () => {
    const text = '\n[ {"a": "x]}\\"",\n "b": [1]},\n\n{"c": 1.10} ,{"d": {}}\n]';
    for (const size of [1, 2, 3, 5, 100]) {
      expect(await json(text, size)).toEqual([
        { line: 2, value: { a: 'x]}"', b: [1] } },
        { line: 5, value: { c: '1.10' } },
        { line: 5, value: { d: {} } },
      ]);
    }
  });

  test.each([
    ['[1]', 'objects only'],
    ['[{"a":1} {"b":1}]', 'separated by commas'],
    ['[,{"a":1}]', 'comma'],
    ['[{"a":1}] x', 'behind the array'],
    ['[{"a":1},', 'does not end'],
    ['[{"a":1', 'does not end'],
  ])('%s is reported', async (text, message) => {
    const rows = await json(text);
    const last = rows.at(-1);
    expect(last?.line).toBe(1);
    expect(last !== undefined && 'broken' in last && last.broken).toContain(message);
  });

  test('lines: a broken one costs itself only', async () => {
    expect(await json('{"a":"1"}\n{"b"\n\n{"c":"2"}')).toEqual([
      { line: 1, value: { a: '1' } },
      { line: 2, broken: 'The row is not JSON.' },
      { line: 4, value: { c: '2' } },
    ]);
  });
});

test('prices and periods are read as they are written', () => {
  const tiers = parseTiers('10:4.50; 0:5.00');
  expect(tiers).toEqual([
    { lowerLimit: '0', amount: '5' },
    { lowerLimit: '10', amount: '4.5' },
  ]);
  expect(typeof tiers === 'string' ? tiers : formatTiers(tiers)).toBe('0:5;10:4.5');
  for (const bad of ['', 'x', '-1', '1;2', '5:1', '0:1;0:2', '0:1:2', '0:'])
    expect(typeof parseTiers(bad)).toBe('string');
  for (const good of ['1 month', '12 months', '30 days', '10 years']) {
    expect(formatPeriod(parsePeriod(good)!)).toBe(good);
  }
  for (const bad of ['', '0 months', '11 years', 'month', '1 week']) expect(parsePeriod(bad)).toBeUndefined();
});
