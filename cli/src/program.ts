import { createClient } from '@tierline/client';
import { Command, CommanderError, Option } from 'commander';
import { accountGroup } from './account.ts';
import { billingReportGroup } from './billing-report.ts';
import { catalogGroup } from './catalog.ts';
import { Given, type CommandSpec, type GroupSpec, type Tools } from './command.ts';
import { connectionHelp, findConnection, type Connection } from './connection.ts';
import { customerGroup } from './customer.ts';
import { eventsCommand } from './events.ts';
import { exitCodes, exitMeanings, type ExitCode } from './exit.ts';
import { failureOf } from './failure.ts';
import { initCommand } from './init.ts';
import type { Io } from './io.ts';
import { keyGroup } from './key.ts';
import { lmpiKeyGroup } from './lmpi-key.ts';
import { migrateCommand } from './migrate.ts';
import { orderGroup } from './order.ts';
import { poolGroup } from './pool.ts';
import { exchangeRateGroup } from './exchange-rate.ts';
import { priceListGroup } from './price-list.ts';
import { reportGroup } from './report.ts';
import { sandboxGroup } from './sandbox.ts';
import { showOn } from './show.ts';
import { simpleApiUserGroup } from './simpleapi-user.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { subscriptionGroup } from './subscription.ts';
import { usageGroup } from './usage.ts';
import { userGroup } from './user.ts';

/** Every command, in the order of the help. */
const commands: readonly (CommandSpec | GroupSpec)[] = [
  startCommand,
  initCommand,
  migrateCommand,
  statusCommand,
  accountGroup,
  userGroup,
  keyGroup,
  lmpiKeyGroup,
  simpleApiUserGroup,
  catalogGroup,
  priceListGroup,
  exchangeRateGroup,
  poolGroup,
  customerGroup,
  orderGroup,
  subscriptionGroup,
  usageGroup,
  eventsCommand,
  reportGroup,
  billingReportGroup,
  sandboxGroup,
];

const globalOptions: readonly (readonly [flags: string, describe: string])[] = [
  ['--json', 'print JSON: one document, or one per line for what streams'],
  ['--url <url>', 'the server, such as http://localhost:7420'],
  ['--api-key <key>', 'the API key to act with'],
];

/** The whole command line as commander knows it. `perform` runs a command with what was given to it. */
export function buildProgram(perform: (spec: CommandSpec, given: Given, globals: Given) => Promise<void>): Command {
  const program = new Command('tierline')
    .description('The open channel engine: sell licenses and subscriptions down any number of tiers.')
    .helpCommand(false)
    .showSuggestionAfterError()
    .showHelpAfterError('Add --help to see what the command takes.')
    .addHelpText('after', `\n${connectionHelp}\n\n${exitHelp()}`);
  for (const [flags, describe] of globalOptions) program.option(flags, describe);
  for (const spec of commands) {
    if ('run' in spec) {
      program.addCommand(buildCommand(spec, program, perform));
      continue;
    }
    const group = new Command(spec.name).description(spec.summary).helpCommand(false).copyInheritedSettings(program);
    for (const member of spec.commands) group.addCommand(buildCommand(member, program, perform));
    program.addCommand(group);
  }
  return program;
}

function buildCommand(
  spec: CommandSpec,
  program: Command,
  perform: (spec: CommandSpec, given: Given, globals: Given) => Promise<void>,
): Command {
  const { name, summary, description, examples = [] } = spec;
  const command = new Command(name).summary(summary).copyInheritedSettings(program);
  command.description(description === undefined ? `${summary}.` : `${summary}.\n\n${description}`);
  for (const { name: argument, describe } of spec.arguments ?? []) command.argument(argument, describe);
  for (const { flags, describe, choices, fallback, isNeeded } of spec.options ?? []) {
    const option = new Option(flags, describe);
    if (choices !== undefined) option.choices(choices);
    if (fallback !== undefined) option.default(fallback);
    command.addOption(option.makeOptionMandatory(isNeeded === true));
  }
  // Behind the command they are understood too, since nobody remembers the order.
  for (const [flags, describe] of globalOptions) command.addOption(new Option(flags, describe).hideHelp());
  if (examples.length > 0) {
    command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  tierline ${example}`).join('\n')}`);
  }
  return command.action(async () => {
    const globals = { ...program.opts(), ...definedOnly(command.opts()) };
    await perform(spec, new Given(command.opts(), command.processedArgs), new Given(globals, []));
  });
}

function definedOnly(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function exitHelp(): string {
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  return `Exit codes:\n${names.map((name) => `  ${String(exitCodes[name]).padStart(3)}  ${exitMeanings[name]}`).join('\n')}`;
}

/** Runs one command line; never throws. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  let connection: Connection | undefined;
  let isJson = argv.includes('--json');
  const program = buildProgram(async (spec, given, globals) => {
    isJson = globals.flag('json');
    const named = { url: globals.text('url'), apiKey: globals.text('api-key') };
    const find = (): Connection => (connection ??= findConnection(io, named));
    const tools: Tools = {
      io,
      show: showOn(io, isJson),
      connection: find,
      client: () => {
        const { url, apiKey } = find();
        return createClient({ baseUrl: url, fetch: io.fetch, ...(apiKey === undefined ? {} : { token: apiKey }) });
      },
    };
    exitCode = (await spec.run(tools, given)) ?? exitCodes.done;
  });
  const output = {
    writeOut: (text: string) => void io.stdout.write(text),
    writeErr: (text: string) => void io.stderr.write(text),
    getOutHasColors: () => io.isColored,
    getErrHasColors: () => false,
  };
  forAll(program, (command) => command.exitOverride().configureOutput(output));
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const failure = failureOf(error, connection?.url);
    await showOn(io, isJson).failure(failure);
    return failure.exitCode;
  }
}

function forAll(command: Command, work: (command: Command) => void): void {
  work(command);
  for (const member of command.commands) forAll(member, work);
}
