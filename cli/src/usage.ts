import {
  usageColumns,
  usageFileRoutes,
  usageImportRecord,
  type LicenseUsage,
  type UsageImportRecord,
} from '@tierline/contract';
import { openSource } from './catalog-import.ts';
import type { CommandSpec, GroupSpec } from './command.ts';
import { exitCodes } from './exit.ts';
import { CommandError } from './failure.ts';
import { given as only, limitOption, pageLimit, take } from './list.ts';
import { printable, type Column } from './show.ts';
import { lines, openStream } from './stream.ts';

const columns: readonly Column<LicenseUsage>[] = [
  { title: 'SUBSCRIPTION', of: ({ subscription_id }) => subscription_id },
  { title: 'LICENSE', of: ({ license_id }) => license_id },
  { title: 'MONTH', of: ({ month }) => month },
  { title: 'USED', of: ({ used }) => used, right: true },
  { title: 'AT', of: ({ at }) => at },
  { title: 'HIGHEST', of: ({ highest }) => highest, right: true },
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List how much of licenses is used, by month',
  options: [
    { flags: '--month <month>', describe: 'such as 2026-03; the current one when not given' },
    { flags: '--subscription <id>', describe: 'only of this subscription' },
    { flags: '--account <id>', describe: 'only of an account below you' },
    limitOption,
  ],
  examples: ['usage list --month 2026-03', 'usage list --limit 0 --json'],
  async run({ client, show }, given) {
    const query = only({
      month: given.text('month'),
      subscription_id: given.text('subscription'),
      account_id: given.text('account'),
      limit: pageLimit(given),
    });
    const found = await take(client().each('listUsage', { query }), given);
    await show.list(found, columns, 'Nobody has read any usage of that month.');
  },
};

/** Refused rows that are printed one by one; all of them with --json. */
const printedMax = 50;

const importCommand: CommandSpec = {
  name: 'import',
  summary: 'Import readings of usage from a CSV file of any size',
  description: [
    'A row is one reading of one license. Bad rows are named with their line and the rest is stored; the same file again',
    'changes nothing. Months that are over take no more readings.',
    '',
    `Columns: ${Object.keys(usageColumns).join(', ')}.`,
  ].join('\n'),
  arguments: [{ name: '<file>', describe: 'path of the file, or - for standard input' }],
  examples: ['usage import readings.csv', 'usage import - --json < readings.csv'],
  async run({ connection, io, show }, given) {
    const { pieces } = await openSource(io, given.argument(0));
    const answer = await openStream(io, connection(), usageFileRoutes.importUsage, {
      body: { type: 'text/csv', pieces },
    });
    let last: UsageImportRecord | undefined;
    const refused: string[] = [];
    for await (const line of lines(answer)) {
      const value: unknown = JSON.parse(line);
      last = usageImportRecord.parse(value);
      if (show.isJson) await show.item(last, '');
      else if (last.type === 'row_error') {
        const where = `line ${last.line}${last.field === null ? '' : `, ${last.field}`}`;
        if (refused.length < printedMax) refused.push(printable(`${where}: ${last.message}`));
      }
    }
    if (last?.type !== 'done') {
      const told = last?.type === 'error' ? last.message : 'The connection ended before the import did.';
      throw new CommandError('failed', told);
    }
    if (refused.length > 0) await show.note(refused.join('\n'));
    const { rows, stored, failed } = last;
    const shown = [
      ['rows', String(rows)],
      ['stored', String(stored)],
      ['refused', String(failed)],
    ] as const;
    if (!show.isJson) await show.one(last, [shown]);
    return failed > 0 ? exitCodes.partly : exitCodes.done;
  },
};

export const usageGroup: GroupSpec = {
  name: 'usage',
  summary: 'How much of licenses is used',
  commands: [list, importCommand],
};
