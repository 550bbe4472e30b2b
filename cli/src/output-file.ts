import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Tools } from './command.ts';
import { write } from './io.ts';

/** Whole or not at all: what is half written is never under its name. */
export async function toFile(path: string, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  const file = createWriteStream(draft);
  const closed = new Promise<void>((done, fail) => void file.on('close', done).on('error', fail));
  // Awaited below; until then a failure must not count as unheard.
  closed.catch(() => undefined);
  try {
    for await (const piece of pieces) await write(file, piece);
    file.end();
    await closed;
    await rename(draft, path);
  } catch (error) {
    file.destroy();
    await rm(draft, { force: true });
    throw error;
  }
}

/** What is downloaded, into a file where one was named, else to standard output. */
export async function toPathOrOutput(
  { io, show }: Pick<Tools, 'io' | 'show'>,
  path: string | undefined,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (path === undefined) {
    for await (const piece of pieces) await write(io.stdout, piece);
    return;
  }
  await toFile(resolve(io.cwd, path), pieces);
  await show.note(`Written to ${path}.`);
}
