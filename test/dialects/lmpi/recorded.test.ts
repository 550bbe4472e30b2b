import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDemoChannel, type DemoAccess } from '@tierline/server/app/demo/index.ts';
import { surfacesOf } from '@tierline/server/app/surfaces.ts';
import { loadConfig } from '@tierline/server/platform/config/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openWorld, type World } from '../../support/world.ts';
import { signedWith } from './signed.ts';
import { told } from './told.ts';

// What the LMPI reference shows of requests and answers, sent to the demo channel in one story. Each file of `recorded` is a list of
// exchanges with the section that each is taken from. What is written out in an answer is a fact of its source; what stands in angle
// brackets is another one each time, and only its form is compared. No member may be missing, and none may be there beside them.

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
const files = readdirSync(folder).toSorted();
const read = (file: string) =>
  z
    .array(exchange)
    .min(1)
    .parse(JSON.parse(readFileSync(new URL(file, folder), 'utf8')));

let world: World;
let access: DemoAccess;
let directory: string;
let url: string;
let close: () => Promise<void>;
const known = new Map<string, string>();

beforeAll(async () => {
  world = await openWorld({ poolSize: 8 });
  directory = await mkdtemp(join(tmpdir(), 'tierline-recorded-'));
  access = await openDemoChannel(world.engine, { dataDir: directory });
  const settings = { port: 0 };
  const { server } = aServer(surfacesOf(world.engine, loadConfig({ env: {}, overrides: settings })), settings);
  ({ url } = await server.listen());
  close = () => server.close();
  const now = world.clock.now();
  const [year, month] = now.toString().split('-');
  const { id: product } = await world.db.kysely
    .selectFrom('products')
    .select('id')
    .where('code', '=', 'NNZBXXE1X')
    .executeTakeFirstOrThrow();
  for (const [name, value] of Object.entries({
    distributor: access.accounts['distributor']!,
    product,
    year: year!,
    month: month!,
    from: wholeSeconds(now.subtract({ minutes: 1 })),
    until: wholeSeconds(now.add({ hours: 1 })),
  })) {
    known.set(name, value);
  }
}, 120_000);
afterAll(async () => {
  await close();
  await world.close();
  await rm(directory, { recursive: true });
});

const wholeSeconds = (at: { toString(options: { smallestUnit: 'second' }): string }) =>
  at.toString({ smallestUnit: 'second' });

/** A text or a body with the names in braces replaced by what earlier answers held. */
function filled<Value>(value: Value): Value {
  const text = JSON.stringify(value).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const found = known.get(name);
    if (found === undefined) throw new Error(`No earlier answer was kept as ${name}.`);
    return found;
  });
  return JSON.parse(text) as Value;
}

function memberOf(answer: unknown, path: string): string {
  const found = path.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], answer);
  return z.string().parse(found);
}

describe.each(files)('%s', (file) => {
  it.each(read(file))('$method $path ($source)', async ({ as, method, path, request, status, answer, keep }) => {
    const body = request === undefined ? undefined : JSON.stringify(filled(request));
    const keys = as === 'nobody' ? { access_token: 'no guid', secret_key: 'x' } : access.lmpi[as];
    // Each a moment after the one before, so that what was changed was changed later than it was made.
    world.moveTo(world.clock.now().add({ seconds: 1 }).toString());
    const sent = await signedWith(keys, { url, now: world.clock.now() }, method, filled(path), body);
    const { text } = sent;
    expect({ status: sent.status, text }).toEqual({ status, text: answer === undefined ? '' : text });
    if (answer === undefined) return;
    const got: unknown = JSON.parse(text);
    for (const [name, member] of Object.entries(keep)) known.set(name, memberOf(got, member));
    const expected = filled(answer);
    expect(told(got, expected)).toEqual(expected);
  });
});
