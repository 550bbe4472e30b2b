// Whatever Node.js starts the command line, it runs on the one that is installed with it, and ends as that one ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tierline-launcher-'));
  await mkdir(join(home, 'cli/bin'), { recursive: true });
  await mkdir(join(home, 'node_modules/node/bin'), { recursive: true });
  await mkdir(join(home, 'cli/src'));
  await cp(fileURLToPath(new URL('../bin/tierline.js', import.meta.url)), join(home, 'cli/bin/tierline.js'));
  await writeFile(join(home, 'package.json'), '{"type":"module"}');
  await symlink(process.execPath, join(home, 'node_modules/node/bin/node'));
  await writeFile(
    join(home, 'cli/src/main.ts'),
    `export async function runProcess(): Promise<void> {
      const [word = ''] = process.argv.slice(2);
      process.on('SIGTERM', () => process.exit(7));
      process.on('disconnect', () => process.exit(8));
      console.log(JSON.stringify({ word, connected: process.connected === true }));
      if (word === 'kill') process.kill(process.pid, 'SIGKILL');
      if (word === 'wait') setInterval(() => {}, 1000);
      else process.exit(5);
    }`,
  );
  // Makes this Node.js say that it is an old one, but only in the process that is started first.
  await writeFile(
    join(home, 'old.cjs'),
    `if (process.channel === undefined) Object.defineProperty(process.versions, 'node', { value: '20.1.0' });`,
  );
});
afterAll(() => rm(home, { recursive: true, force: true }));

function launch(word: string) {
  const args = ['--require', join(home, 'old.cjs'), join(home, 'cli/bin/tierline.js'), word];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, closed };
}

test('an older Node.js starts the installed one, with arguments, output and exit code', async () => {
  const { child, closed } = launch('hello');
  let out = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  expect(await closed).toEqual([5, null]);
  expect(JSON.parse(out)).toEqual({ word: 'hello', connected: true });
});

test('signals are passed on, and deaths back', async () => {
  const waiting = launch('wait');
  await once(waiting.child.stdout, 'data');
  waiting.child.kill('SIGTERM');
  expect(await waiting.closed).toEqual([7, null]);
  expect(await launch('kill').closed).toEqual([null, 'SIGKILL']);
});

test('nobody is left behind when the launcher is killed', async () => {
  const waiting = launch('wait');
  await once(waiting.child.stdout, 'data');
  waiting.child.kill('SIGKILL');
  // The output is inherited, so it closes only when the other process is gone too.
  expect(await waiting.closed).toEqual([null, 'SIGKILL']);
});
