import { parseArgs } from 'node:util';
import { start } from '@tierline/server';

/** Stands for `tierline start`. */
const { values } = parseArgs({
  options: {
    demo: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    data: { type: 'string' },
    'ready-file': { type: 'string' },
  },
  args: process.argv.slice(3),
});
const aborted = new AbortController();
let stop = () => aborted.abort();
process.on('SIGTERM', () => stop());
try {
  const running = await start({
    demo: values.demo,
    readyFile: values['ready-file'],
    overrides: { port: Number(values.port), dataDir: values.data! },
    signal: aborted.signal,
  });
  stop = () => void running.stop().then(() => process.exit(0));
  if (aborted.signal.aborted) stop();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
