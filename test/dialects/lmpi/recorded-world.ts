import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDemoChannel } from '@tierline/server/app/demo/index.ts';
import { surfacesOf } from '@tierline/server/app/surfaces.ts';
import { loadConfig } from '@tierline/server/platform/config/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { z } from 'zod';
import { openWorld } from '../../support/world.ts';
import { signedWith } from './signed.ts';

/** What the LMPI reference shows of requests and answers. Each file of `recorded` is a list of exchanges with the section that each is from. */

const folder = new URL('recorded/', import.meta.url);
const exchange = z.strictObject({
  source: z.string().regex(/^part [12], \d/),
  as: z.enum(['distributor', 'isp', 'msp', 'reseller', 'nobody']),
  method: z.enum(['GET', 'POST', 'PUT']),
  path: z.string().startsWith('/LMPI/'),
  request: z.unknown().optional(),
  status: z.int(),
  /** Not there: the answer is empty. */
  answer: z.unknown().optional(),
  /** Names under which later exchanges have a member of this answer. */
  keep: z.record(z.string(), z.string()).default({}),
});
export type Exchange = z.infer<typeof exchange>;

export const recordedFiles = readdirSync(folder).toSorted();
export const recordedIn = (file: string): Exchange[] =>
  z
    .array(exchange)
    .min(1)
    .parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));

export type RecordedWorld = Awaited<ReturnType<typeof openRecorded>>;

/** The demo channel, and a client that knows what earlier answers held. */
export async function openRecorded() {
  const world = await openWorld({ poolSize: 8 });
  const directory = await mkdtemp(join(tmpdir(), 'tierline-recorded-'));
  const access = await openDemoChannel(world.engine, { dataDir: directory });
  const settings = { port: 0 };
  const { server } = aServer(surfacesOf(world.engine, loadConfig({ env: {}, overrides: settings })), settings);
  const { url } = await server.listen();
  const now = world.clock.now();
  const [year, month] = now.toString().split('-');
  const { id: product } = await world.db.kysely
    .selectFrom('products')
    .select('id')
    .where('code', '=', 'NNZBXXE1X')
    .executeTakeFirstOrThrow();
  const known = new Map([
    ['distributor', access.accounts['distributor']!],
    ['product', product],
    ['year', year!],
    ['month', month!],
    ['from', wholeSeconds(now.subtract({ minutes: 1 }))],
    ['until', wholeSeconds(now.add({ hours: 1 }))],
  ]);

  /** A text or a body with the names in braces replaced by what earlier answers held. */
  function filled<Value>(value: Value): Value {
    const text = JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const found = known.get(name);
      if (found === undefined) throw new Error(`No earlier answer was kept as ${name}.`);
      return found;
    });
    return JSON.parse(text) as Value;
  }

  return {
    db: world.db,
    filled,
    /** Sends a request, a moment after the one before, so that what was changed was changed later than it was made. */
    async send(as: Exchange['as'], method: Exchange['method'], target: string, body: string | undefined) {
      const keys = as === 'nobody' ? { access_token: 'no guid', secret_key: 'x' } : access.lmpi[as];
      world.moveTo(world.clock.now().add({ seconds: 1 }).toString());
      return signedWith(keys, { url, now: world.clock.now() }, method, target, body);
    },
    keep(answer: unknown, names: Exchange['keep']): void {
      for (const [name, member] of Object.entries(names)) known.set(name, memberOf(answer, member));
    },
    async close(): Promise<void> {
      await server.close();
      await world.close();
      await rm(directory, { recursive: true });
    },
  };
}

const wholeSeconds = (at: { toString(options: { smallestUnit: 'second' }): string }) =>
  at.toString({ smallestUnit: 'second' });

function memberOf(answer: unknown, path: string): string {
  const found = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], answer);
  return z.string().parse(found);
}
