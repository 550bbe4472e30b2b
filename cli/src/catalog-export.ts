import { streamRoutes } from '@tierline/contract';
import { resolve } from 'node:path';
import type { CommandSpec } from './command.ts';
import { write } from './io.ts';
import { given as only } from './list.ts';
import { toFile } from './output-file.ts';
import { openStream } from './stream.ts';

const formats = ['csv', 'ndjson'] as const;

export const exportCommand: CommandSpec = {
  name: 'export',
  summary: 'Export what you sell, with your own prices, as a file that an import reads',
  options: [
    { flags: '--output <path>', describe: 'where to write it; standard output when not given' },
    { flags: '--format <format>', describe: 'form of the file', choices: formats, fallback: 'csv' },
    { flags: '--price-list <name>', describe: 'whose prices; your list for everybody when not given' },
  ],
  examples: ['catalog export --output catalog.csv', 'catalog export --json | head -1'],
  async run({ connection, io, show }, given) {
    const format = show.isJson ? 'ndjson' : (given.oneOf('format', formats) ?? 'csv');
    const query = only({ format, price_list: given.text('price-list') });
    const pieces = await openStream(io, connection(), streamRoutes.exportCatalog, { query });
    const path = given.text('output');
    if (path === undefined) {
      for await (const piece of pieces) await write(io.stdout, piece);
      return;
    }
    let rows = 0;
    await toFile(
      resolve(io.cwd, path),
      counting(pieces, (lines) => (rows += lines)),
    );
    await show.note(`${format === 'csv' ? rows - 1 : rows} rates written to ${path}`);
  },
};

async function* counting(pieces: AsyncIterable<string>, count: (lines: number) => void): AsyncGenerator<string, void> {
  for await (const piece of pieces) {
    count(piece.split('\n').length - 1);
    yield piece;
  }
}
