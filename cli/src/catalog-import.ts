import { progress } from '@clack/prompts';
import { catalogColumns, importRecord, streamRoutes, type ImportRecord } from '@tierline/contract';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { CommandSpec, Given } from './command.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { CommandError } from './failure.ts';
import { agreed, type Io } from './io.ts';
import { given as only } from './list.ts';
import { printable, type Show } from './show.ts';
import { lines, openStream } from './stream.ts';

const mediaTypes: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
};
/** Refused rows that are printed one by one; all of them with --json. */
const printedMax = 50;

type Source = { readonly pieces: AsyncIterable<Uint8Array>; readonly bytes: number | undefined };

export const importCommand: CommandSpec = {
  name: 'import',
  summary: 'Import plans, rates and prices from a CSV or JSON file of any size',
  description: [
    'A row is one rate of one service plan with its prices. What is not there is made; a plan whose rows differ gets one new',
    'version. Bad rows are named with their line and the rest is imported; the same file again changes nothing.',
    '',
    `Columns (docs/reference/catalog-file.md): ${catalogColumns.map(({ name }) => name).join(', ')}.`,
  ].join('\n'),
  arguments: [{ name: '<file>', describe: 'path of the file, or - for standard input' }],
  options: [
    { flags: '--format <format>', describe: "by the file's name when not given", choices: Object.keys(mediaTypes) },
    { flags: '--preview', describe: 'say what would happen and store nothing' },
    { flags: '--keep-missing', describe: 'keep rates that the file does not name in plans that it does' },
    { flags: '--price-list <name>', describe: 'price list for rows that name none' },
    { flags: '--yes', describe: 'do not ask' },
  ],
  examples: ['catalog import prices.csv --preview', 'catalog import prices.csv --yes --json > report.ndjson'],
  async run({ connection, io, show }, given) {
    const path = given.argument(0);
    const type = mediaTypes[formatOf(path, given)] ?? 'text/csv';
    const isPreview = given.flag('preview');
    const source = await openSource(io, path);
    if (!isPreview && !given.flag('yes') && path !== '-') {
      const isAgreed = await agreed(io, `Import ${path} into the catalog at ${connection().url}?`);
      if (!isAgreed) throw new CommandError('interrupted', 'Nothing was imported.');
    }
    const bar = io.isTerminal && !show.isJson ? progressBar() : undefined;
    const query = only({
      preview: isPreview ? 'true' : undefined,
      missing: given.flag('keep-missing') ? 'keep' : undefined,
      price_list: given.text('price-list'),
    });
    const pieces = bar === undefined ? source.pieces : bar.sending(source);
    try {
      const answer = await openStream(io, connection(), streamRoutes.importCatalog, { query, body: { type, pieces } });
      return await report(show, readRecords(answer), bar);
    } catch (error) {
      bar?.fail();
      throw error;
    }
  },
};

function formatOf(path: string, given: Given): string {
  const named = given.text('format');
  if (named !== undefined) return named;
  const extension = extname(path).slice(1).toLowerCase();
  if (Object.hasOwn(mediaTypes, extension)) return extension;
  if (extension === 'jsonl') return 'ndjson';
  throw new CommandError('usage', `What is in ${path}? Say --format csv, json or ndjson.`);
}

/** A file, or standard input, piece by piece. */
export async function openSource(io: Io, path: string): Promise<Source> {
  if (path === '-') return { pieces: bytesOf(io.stdin), bytes: undefined };
  const full = resolve(io.cwd, path);
  const file = await open(full).catch((error: unknown) => {
    throw new CommandError(
      'failed',
      `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  });
  const { size } = await file.stat();
  await file.close();
  return { pieces: bytesOf(createReadStream(full, { highWaterMark: 256 * 1024 })), bytes: size };
}

async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void> {
  for await (const piece of stream) yield piece instanceof Uint8Array ? piece : Buffer.from(String(piece));
}

async function* readRecords(answer: AsyncIterable<string>): AsyncGenerator<ImportRecord, void> {
  for await (const line of lines(answer)) {
    const value: unknown = JSON.parse(line);
    yield importRecord.parse(value);
  }
}

async function report(
  show: Show,
  records: AsyncIterable<ImportRecord>,
  bar: ReturnType<typeof progressBar> | undefined,
): Promise<ExitCode> {
  let last: ImportRecord | undefined;
  let named = 0;
  const notes: string[] = [];
  for await (const record of records) {
    last = record;
    if (show.isJson) await show.item(record, '');
    else if (record.type === 'progress') bar?.storing(record.rows, record.total);
    else if (record.type === 'row_error' || record.type === 'warning') {
      named += 1;
      if (named <= printedMax) notes.push(inWords(record));
    }
  }
  if (last?.type !== 'done') {
    bar?.fail();
    const told = last?.type === 'error' ? last.message : 'The connection ended before the import did.';
    throw new CommandError('failed', told);
  }
  bar?.finish(last.rows);
  if (notes.length > 0) await show.note(notes.join('\n'));
  if (named > printedMax) await show.note(`... and ${named - printedMax} more; --json shows all of them.`);
  if (!show.isJson) await show.one(last, [summary(last)]);
  return last.failed > 0 ? exitCodes.partly : exitCodes.done;
}

function inWords(record: Extract<ImportRecord, { type: 'row_error' | 'warning' }>): string {
  const where = `line ${record.line}${record.field === null ? '' : `, ${record.field}`}`;
  return printable(`${where}: ${record.type === 'warning' ? 'note: ' : ''}${record.message}`);
}

function summary(done: Extract<ImportRecord, { type: 'done' }>): readonly (readonly [string, string])[] {
  return [
    ['rows', String(done.rows)],
    ['created', String(done.created)],
    ['changed', String(done.changed)],
    ['unchanged', String(done.unchanged)],
    ['refused', String(done.failed)],
    ['removed from plans', String(done.removed)],
    ['new plans', String(done.plans_created)],
    ['new versions', String(done.plans_changed)],
    ...(done.preview ? [['preview', 'nothing was stored'] as const] : []),
  ];
}

/** One bar for both halves: sending the file, then storing its rows. */
function progressBar() {
  const bar = progress({ max: 100, output: process.stderr });
  let shown = 0;
  bar.start('Sending the file');
  const to = (percent: number, message: string) => {
    const step = Math.floor(percent) - shown;
    if (step <= 0) return;
    shown += step;
    bar.advance(step, message);
  };
  return {
    async *sending({ pieces, bytes }: Source): AsyncGenerator<Uint8Array, void> {
      let sent = 0;
      for await (const piece of pieces) {
        sent += piece.length;
        if (bytes !== undefined) to((sent / Math.max(bytes, 1)) * 30, `Sent ${Math.round(sent / 1024)} KiB`);
        yield piece;
      }
      to(30, 'Reading the rows');
    },
    storing: (rows: number, total: number) => to(30 + (rows / Math.max(total, 1)) * 70, `${rows} of ${total} rows`),
    finish: (rows: number) => bar.stop(`${rows} rows handled`),
    fail: () => bar.error('Stopped'),
  };
}
