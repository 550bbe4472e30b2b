import { write, writeSync } from 'node:fs';

/** A destination for a logger that collects lines and writes them together, without making the caller wait. */
export type LineWriter = {
  write(line: string): void;
  /** Writes what is collected; calls back when it is out, or when it turned out that nobody takes it. */
  flush(done?: () => void): void;
};

type LineWriterOptions = {
  /** Characters after which lines are written without waiting for the timer. */
  readonly chunkLength?: number;
  readonly everyMs?: number;
  /** Characters kept for a reader that has stalled; further lines are dropped, and counted in a line of their own. */
  readonly backlogLength?: number;
};

const retryMs = 10;
const exitRetriesMax = 200;

/**
 * Our own, since the usual writer measures all it has collected anew for each line: 12 microseconds a line where this
 * takes less than one. What is left when the process exits is written then, before it ends.
 * @param fd an open file descriptor, for example 1 for stdout
 */
export function createLineWriter(fd: number, options: LineWriterOptions = {}): LineWriter {
  const { chunkLength = 65_536, everyMs = 1000, backlogLength = 16_777_216 } = options;
  let collected = '';
  let dropped = 0;
  let writing = false;
  /** The reader is gone (a closed pipe): nothing can be said to anybody any more. */
  let broken = false;
  let timer: NodeJS.Timeout | undefined;
  let waiting: (() => void)[] = [];

  const take = (): Buffer => {
    clearTimeout(timer);
    timer = undefined;
    const note = dropped === 0 ? '' : `{"level":"warn","dropped":${dropped},"msg":"log lines dropped"}\n`;
    const chunk = Buffer.from(collected + note);
    collected = '';
    dropped = 0;
    return chunk;
  };
  const next = (): void => {
    writing = false;
    if (!broken && collected !== '' && (waiting.length > 0 || collected.length >= chunkLength)) {
      put(take());
      return;
    }
    const done = waiting;
    waiting = [];
    for (const call of done) call();
  };
  const put = (chunk: Buffer): void => {
    writing = true;
    write(fd, chunk, 0, chunk.length, null, (error, count) => {
      if (error?.code === 'EAGAIN') setTimeout(put, retryMs, chunk);
      else if (error !== null) {
        broken = true;
        next();
      } else if (count < chunk.length) put(chunk.subarray(count));
      else next();
    });
  };
  const flush = (done?: () => void): void => {
    if (done !== undefined) waiting.push(done);
    if (writing) return;
    if (broken || collected === '') next();
    else put(take());
  };
  process.once('exit', () => {
    if (!broken && collected !== '') writeAll(fd, take());
  });
  return {
    write(line) {
      if (broken) return;
      if (collected.length > backlogLength) {
        dropped += 1;
        return;
      }
      collected += line;
      if (collected.length >= chunkLength) flush();
      else timer ??= setTimeout(flush, everyMs).unref();
    },
    flush,
  };
}

function writeAll(fd: number, chunk: Buffer): void {
  let rest = chunk;
  for (let retries = 0; rest.length > 0 && retries < exitRetriesMax;) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
      retries += 1;
      // At exit there is no event loop to wait in.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}
