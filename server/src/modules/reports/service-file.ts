import { createHash } from 'node:crypto';
import type { Database } from '../../platform/db/index.ts';
import type { Hold } from '../../platform/jobs/index.ts';
import { turns } from '../../platform/turns.ts';
import { textFormats } from './format.ts';
import type { Report, ReportFormat } from './report.ts';
import { pairing, rowOf, type ReportNames, type ReportRow } from './rows.ts';
import { xlsxFile } from './service-xlsx.ts';
import { readCharges } from './store-charges.ts';
import { insertPiece, selectPiece } from './store.ts';

/** Bytes of a stored piece, give or take a batch of rows. */
const pieceBytes = 256 * 1024;

type Making = {
  readonly db: Database;
  readonly names: ReportNames;
  readonly timeZone: string;
  readonly hold: Hold;
  readonly sheetRowsMax: number | undefined;
};

/** Writes the file of a report into its pieces, as a stream from end to end. */
export async function writeFile(report: Report, { db, names, timeZone, hold, sheetRowsMax }: Making) {
  let rows = 0n;
  let bytes = 0n;
  let position = 0;
  const hash = createHash('sha256');
  async function* batches(): AsyncGenerator<readonly ReportRow[], void> {
    const pairs = pairing();
    for await (const charges of readCharges(db, report, timeZone)) {
      const batch = pairs.push(charges).map((pair) => rowOf(pair, names));
      rows += BigInt(batch.length);
      if (batch.length > 0) yield batch;
    }
    const rest = pairs.end().map((pair) => rowOf(pair, names));
    rows += BigInt(rest.length);
    yield rest;
  }
  for await (const piece of inPieces(contentOf(report.format, batches(), sheetRowsMax))) {
    hash.update(piece);
    bytes += BigInt(piece.length);
    await insertPiece(db, report, position, piece);
    position += 1;
    await hold();
  }
  return { rows, bytes, hash: hash.digest() };
}

async function* contentOf(
  format: ReportFormat,
  batches: AsyncIterable<readonly ReportRow[]>,
  sheetRowsMax: number | undefined,
): AsyncGenerator<Buffer, void> {
  if (format === 'xlsx') {
    yield* xlsxFile(batches, sheetRowsMax);
    return;
  }
  const { head, row, tail } = textFormats[format];
  const pause = turns();
  yield Buffer.from(head);
  let isFirst = true;
  for await (const rows of batches) {
    let text = '';
    for (const each of rows) {
      text += row(each, isFirst);
      isFirst = false;
      await pause();
    }
    yield Buffer.from(text);
  }
  yield Buffer.from(tail);
}

async function* inPieces(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const part of parts) {
    waiting.push(part);
    size += part.length;
    if (size < pieceBytes) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  yield Buffer.concat(waiting);
}

/** The file of a completed report, piece by piece as it is asked for; nothing is held between pieces. */
export async function* readFile(db: Database, report: Report): AsyncGenerator<Buffer, void> {
  for (let position = 0; ; position += 1) {
    const piece = await selectPiece(db, report, position);
    if (piece === undefined) return;
    yield piece;
  }
}
