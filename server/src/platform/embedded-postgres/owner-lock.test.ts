import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireOwnerLock } from './owner-lock.ts';
import { processStamp } from './process-stamp.ts';
import { World, kill } from './test-support/world.ts';

let world: World;
let directory: string;
let path: string;
beforeEach(() => {
  world = new World();
  directory = mkdtempSync(join(tmpdir(), 'tierline-lock-'));
  path = join(directory, 'owner');
});
afterEach(async () => {
  await world.clear();
  rmSync(directory, { recursive: true });
});

test('a held lock names its holder; a released one leaves no file', () => {
  const first = acquireOwnerLock(path);
  expect(first).toMatchObject({ taken: true, tookOver: false });
  expect(acquireOwnerLock(path)).toEqual({ taken: false, pid: process.pid });
  if (first.taken) first.lock.release();
  expect(readdirSync(directory)).toEqual([]);
});

test.each([
  ['is gone', { pid: 2 ** 22 + 1, startedAt: 'x:1', nonce: 'n' }],
  ['has a pid that a younger process got', { pid: process.pid, startedAt: 'another-boot:1', nonce: 'n' }],
])('a lock whose holder %s is taken over', (_, holder) => {
  writeFileSync(path, JSON.stringify(holder));
  expect(acquireOwnerLock(path)).toMatchObject({ taken: true, tookOver: true });
});

test.each(['', '{', '{"pid":"1"}'])('a damaged lock (%j) is taken over', (text) => {
  writeFileSync(path, text);
  expect(acquireOwnerLock(path)).toMatchObject({ taken: true });
});

test('a lock left in the middle of a takeover is taken over too', () => {
  const dead = JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'x:1', nonce: 'n' });
  writeFileSync(path, dead);
  writeFileSync(`${path}.takeover`, dead);
  expect(acquireOwnerLock(path)).toMatchObject({ taken: true });
  expect(readdirSync(directory)).toEqual(['owner']);
});

test('of several processes that find the same dead lock, one takes it over', async () => {
  const { child } = await world.script('lock-taker.ts', path);
  await kill(child);
  const answers = await Promise.all([1, 2, 3, 4].map(() => world.script('lock-taker.ts', path)));
  expect(answers.filter(({ line }) => line === 'taken')).toHaveLength(1);
});

test('a zombie does not run', async () => {
  const child = world.spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
  const { pid = 0 } = child;
  expect(processStamp(pid)).toMatchObject({ pid });
  child.kill('SIGKILL');
  // The child stays a zombie until the event loop turns; nothing here lets it.
  const giveUpAt = Date.now() + 5000;
  while (processStamp(pid) !== undefined && Date.now() < giveUpAt);
  expect(processStamp(pid)).toBeUndefined();
});
