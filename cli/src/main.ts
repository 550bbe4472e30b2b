import { processIo } from './io.ts';
import { run } from './program.ts';

/** Runs the command line of this process, and ends it with the command's exit code. */
export async function runProcess(): Promise<void> {
  const stop = new AbortController();
  let askedAtMs = 0;
  const ask = (): void => {
    const nowMs = performance.now();
    // A terminal and a parent process may both pass on one interrupt; a second one later means "now".
    if (stop.signal.aborted && nowMs - askedAtMs > 500) process.exit(130);
    if (!stop.signal.aborted) askedAtMs = nowMs;
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  // Whoever started this on a newer Node.js is gone, perhaps killed: nobody is left to stop it.
  process.on('disconnect', ask);
  process.channel?.unref();
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const exitCode = await run(process.argv.slice(2), processIo(stop.signal));
  process.exitCode = exitCode;
  // An open channel would keep the process alive.
  if (process.connected) process.disconnect();
}
