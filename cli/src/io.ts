import { confirm, isCancel } from '@clack/prompts';
import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

/** Everything of the outside world that a command touches; tests bring their own. */
export type Io = {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Whether a person watches and can answer. */
  readonly isTerminal: boolean;
  readonly isColored: boolean;
  readonly fetch: typeof globalThis.fetch;
  /** Resolves or aborts when the process is asked to stop. */
  readonly stopped: AbortSignal;
};

export function processIo(stopped: AbortSignal): Io {
  const { stdin, stdout, stderr, env } = process;
  return {
    stdin,
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    isTerminal: stdin.isTTY && stdout.isTTY && stderr.isTTY && env['CI'] === undefined,
    isColored: stdout.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    fetch: globalThis.fetch,
    stopped,
  };
}

/** Writes all of it, and waits while the reader is slow. A reader that is gone (`| head`) is no failure of ours. */
export async function write(stream: Writable, text: string | Uint8Array): Promise<void> {
  if (stream.destroyed || stream.write(text)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    stream.on('drain', done).on('close', done).on('error', done);
  });
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

export function styled(io: Io, style: Style, text: string): string {
  return io.isColored ? styleText(style, text, { validateStream: false }) : text;
}

/** Asks a person; without one there is nobody to ask, and the command line itself was the decision. */
export async function agreed(io: Io, question: string): Promise<boolean> {
  if (!io.isTerminal) return true;
  const answer = await confirm({ message: question, initialValue: false, signal: io.stopped });
  return !isCancel(answer) && answer;
}
