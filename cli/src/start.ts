import type { CommandSpec, Given, OptionSpec } from './command.ts';

/** Settings that have a flag; all others are set in the environment or a file (docs/reference/settings.md). */
export const settingOptions: readonly OptionSpec[] = [
  { flags: '--data <directory>', describe: 'data directory; ./data when not given' },
  { flags: '--database-url <url>', describe: 'a PostgreSQL server of your own instead of the embedded one' },
  { flags: '--log-level <level>', describe: 'how much is logged' },
  { flags: '--config <file>', describe: 'settings file (JSON)' },
];

export function overridesOf(given: Given): Record<string, string> {
  const flags = {
    port: given.text('port'),
    host: given.text('host'),
    dataDir: given.text('data'),
    databaseUrl: given.text('database-url'),
    publicUrl: given.text('public-url'),
    logLevel: given.text('log-level'),
  };
  return Object.fromEntries(
    Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

export const startCommand: CommandSpec = {
  name: 'start',
  summary: 'Start the server',
  description: [
    'The first start makes the data directory and the database in it; every start brings the schema up to date.',
    'Logs are JSON lines on standard error. SIGTERM and an interrupt let requests in progress finish.',
    'Every setting, also those without a flag, is described in docs/reference/settings.md.',
  ].join('\n'),
  options: [
    { flags: '--demo', describe: 'with the demo channel, which is made on the first start' },
    { flags: '--port <port>', describe: 'port to listen on; 0 picks one' },
    { flags: '--host <address>', describe: 'address to listen on' },
    { flags: '--public-url <url>', describe: 'where others reach the server' },
    ...settingOptions,
    {
      flags: '--ready-file <file>',
      describe: 'written once the server answers; holds credentials of the demo channel',
    },
  ],
  examples: ['start --demo', 'start --demo --port 0 --data /tmp/tierline --ready-file /tmp/ready.json'],
  async run({ io, show }, given) {
    // Loaded here, so that other commands don't wait for the server's code.
    const { start, welcome } = await import('@tierline/server');
    const running = await start({
      demo: given.flag('demo'),
      readyFile: given.text('ready-file'),
      config: given.text('config'),
      overrides: overridesOf(given),
      env: { ...io.env },
      signal: io.stopped,
    });
    const { url, dataDir } = running;
    await show.one({ url, data_dir: dataDir }, [`${welcome(running)}\n`]);
    await aborted(io.stopped);
    await running.stop();
  },
};

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
