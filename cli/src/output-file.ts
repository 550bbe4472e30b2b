import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
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
