import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { apiSurfaces } from '@tierline/server/app/api.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { openWorld } from '../../test/support/world.ts';
import type { Io } from './io.ts';
import { run } from './program.ts';

export type Ended = { readonly exitCode: number; readonly out: string; readonly err: string };

/** Command lines, run in this process against a server of their own that listens on a port. */
export async function cliWorld() {
  const world = await openWorld();
  const { server, health } = aServer(apiSurfaces(world.engine));
  health.markReady();
  const { url } = await server.listen();
  const cwd = await mkdtemp(join(tmpdir(), 'tierline-cli-'));

  /** Runs `tierline ...words`; a key is given in the environment. */
  async function tierline(
    words: readonly string[],
    given: { key?: string; env?: Io['env']; stdin?: string; stopped?: AbortSignal } = {},
  ): Promise<Ended> {
    const [stdout, stderr] = [collector(), collector()];
    const key = given.key === undefined ? {} : { TIERLINE_API_KEY: given.key };
    const exitCode = await run(words, {
      stdin: Readable.from([given.stdin ?? '']),
      stdout: stdout.stream,
      stderr: stderr.stream,
      env: given.env ?? { TIERLINE_URL: url, ...key },
      cwd,
      isTerminal: false,
      isColored: false,
      fetch: globalThis.fetch,
      stopped: given.stopped ?? new AbortController().signal,
    });
    return { exitCode, out: stdout.text(), err: stderr.text() };
  }

  return {
    world,
    url,
    cwd,
    tierline,
    file: async (name: string, text: string) => writeFile(join(cwd, name), text),
    async close() {
      await server.close();
      await world.close();
      await rm(cwd, { recursive: true, force: true });
    },
  };
}

function collector() {
  let text = '';
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      text += piece.toString();
      done();
    },
  });
  return { stream, text: () => text };
}

/** The one JSON document that was printed. */
export function json(ended: Ended): unknown {
  return JSON.parse(ended.out);
}
