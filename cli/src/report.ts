import { reportFileRoutes, type Report } from '@tierline/contract';
import type { Client } from '@tierline/client';
import type { CommandSpec, GroupSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only, isId, limitOption, pageLimit, take } from './list.ts';
import { toPathOrOutput } from './output-file.ts';
import type { Column, Field } from './show.ts';
import { openBytes } from './stream.ts';

const formats = ['csv', 'json', 'xml', 'xlsx'] as const;
const statuses = ['submitted', 'processing', 'completed', 'error'] as const;
const dataSets = ['orders', 'payments'] as const;
const schedules = ['daily', 'monthly', 'on_invoice', 'once'] as const;

const columns: readonly Column<Report>[] = [
  { title: 'ID', of: ({ id }) => id },
  { title: 'NAME', of: ({ name }) => name },
  { title: 'TYPE', of: ({ type }) => type },
  { title: 'FROM', of: ({ start_on }) => start_on },
  { title: 'TO', of: ({ end_on }) => end_on },
  { title: 'FORMAT', of: ({ format }) => format },
  { title: 'STATUS', of: ({ status }) => status },
  { title: 'ROWS', of: ({ rows }) => rows, right: true },
];

const fields = (report: Report): readonly Field[] => [
  ['id', report.id],
  ['name', report.name],
  ['from', report.start_on],
  ['to', report.end_on],
  ['format', report.format],
  ['status', report.status],
  ['rows', report.rows],
  ['error', report.error?.message],
  ['kept until', report.expires_at],
];

const list: CommandSpec = {
  name: 'list',
  summary: 'List your reports, the newest first',
  options: [
    { flags: '--name <name>', describe: 'only of the generator with this name' },
    { flags: '--status <status>', describe: 'only in this state', choices: statuses },
    limitOption,
  ],
  async run({ client, show }, given) {
    const query = only({
      name: given.text('name'),
      status: given.oneOf('status', statuses),
      limit: pageLimit(given),
    });
    await show.list(await take(client().each('listReports', { query }), given), columns, 'There are no reports.');
  },
};

const schedule: CommandSpec = {
  name: 'schedule',
  summary: 'Ask for a report once, or set up one that comes by itself',
  description:
    'With --from, the report of a generator that is set up already is made once. With --every, a generator is set up.',
  arguments: [{ name: '<name>', describe: 'name of the generator; its id will do for --from' }],
  options: [
    { flags: '--from <date>', describe: 'first day that the report covers' },
    { flags: '--to <date>', describe: 'the day after the last one; tomorrow when not given' },
    { flags: '--every <schedule>', describe: 'set up a generator: when it runs', choices: schedules },
    {
      flags: '--data <set>',
      describe: 'of a new generator: what is reported',
      choices: dataSets,
      fallback: 'payments',
    },
    { flags: '--format <format>', describe: 'form of the file', choices: formats },
  ],
  examples: [
    'report schedule "Monthly payments" --every monthly',
    'report schedule "Monthly payments" --from 2026-01-01 --to 2026-02-01',
  ],
  async run({ client, show }, given) {
    const from = given.text('from');
    const every = given.oneOf('every', schedules);
    const format = given.oneOf('format', formats);
    const name = given.argument(0);
    if ((from === undefined) === (every === undefined)) {
      throw new CommandError('usage', 'Say either --from a day or --every schedule.');
    }
    if (every !== undefined) {
      const data = given.oneOf('data', dataSets) ?? 'payments';
      const made = await client().createReportGenerator({
        body: { name, data_set: data, schedule: every, ...only({ format }) },
      });
      return show.one(made, [
        [
          ['id', made.id],
          ['name', made.name],
          ['schedule', made.schedule],
          ['next run', made.next_run_at],
        ],
      ]);
    }
    const api = client();
    const body = { generator_id: await findGenerator(api, name), start_on: from ?? '' };
    const report = await api.createReport({ body: { ...body, ...only({ end_on: given.text('to'), format }) } });
    return show.one(report, [fields(report)]);
  },
};

async function findGenerator(api: Client, name: string): Promise<string> {
  for await (const generator of api.each('listReportGenerators', { query: { limit: '200' } })) {
    if (generator.name === name || generator.id === name.toLowerCase()) return generator.id;
  }
  // The server says what there is to say about an id.
  if (isId(name)) return name;
  throw new CommandError('notFound', `You have no report generator named ${name}. Set one up with --every.`);
}

const download: CommandSpec = {
  name: 'download',
  summary: 'Download the file of a report',
  arguments: [{ name: '<id>', describe: 'id of the report' }],
  options: [{ flags: '--output <path>', describe: 'where to write it; standard output when not given' }],
  examples: ['report download 0190f3a2-... --output payments.csv'],
  async run({ connection, io, show }, given) {
    const id = checkId(given.argument(0), 'a report');
    const pieces = await openBytes(io, connection(), reportFileRoutes.downloadReport, { params: { report_id: id } });
    await toPathOrOutput({ io, show }, given.text('output'), pieces);
  },
};

export const reportGroup: GroupSpec = {
  name: 'report',
  summary: 'Reports: your charges, costs beside prices, as files',
  commands: [list, schedule, download],
};
