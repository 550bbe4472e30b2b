import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDemoChannel, readyFile } from '@tierline/server/app/demo/index.ts';
import { surfacesOf } from '@tierline/server/app/surfaces.ts';
import { loadConfig } from '@tierline/server/platform/config/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alike } from '../support/alike.ts';
import { openWorld, type World } from '../support/world.ts';

/** Runs what docs/start/lmpi-month.md has readers run, against a server with the demo channel, and compares the answers. */
const run = promisify(execFile);
const timeout = 120_000;
const root = fileURLToPath(new URL('../../', import.meta.url));
let world: World;
let stop: () => Promise<void>;
let directory: string;
let page: string;

beforeAll(async () => {
  page = await readFile(path.join(root, 'docs/start/lmpi-month.md'), 'utf8');
  directory = await mkdtemp(path.join(tmpdir(), 'tierline-month-'));
  world = await openWorld({ poolSize: 8 });
  // Requests are signed with the time of the machine.
  world.moveTo(new Date().toISOString());
  const access = await openDemoChannel(world.engine, { dataDir: directory });
  const settings = { port: 0 };
  const { server } = aServer(surfacesOf(world.engine, loadConfig({ env: {}, overrides: settings })), settings);
  const { url } = await server.listen();
  stop = () => server.close();
  await writeFile(path.join(directory, 'tierline.json'), JSON.stringify(readyFile(access, url)));
  await symlink(path.join(root, 'docs'), path.join(directory, 'docs'));
}, timeout);
afterAll(async () => {
  await stop();
  await world.close();
  await rm(directory, { recursive: true });
});

type Block = { readonly language: string; readonly text: string };

function blocks(): Block[] {
  return [...page.matchAll(/^```(sh|json|text|ts)\n(.*?)^```/gms)].map(([, language, text]) => ({
    language: language!,
    text: text!,
  }));
}

const mark = '@@ end of a block';

test('the month with curl', { timeout }, async () => {
  const all = blocks();
  const commands = all.filter(({ language }) => language === 'sh');
  const script = commands.map(({ text }) => `${text}\necho '${mark}'\n`).join('');
  const env = { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`, no_proxy: '*' };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: directory, env });
  const answers = stdout.split(`${mark}\n`).slice(0, -1);
  expect(answers).toHaveLength(commands.length);
  for (const [index, block] of all.entries()) {
    const next = all[index + 1];
    if (block.language !== 'sh') continue;
    const answer = answers.shift()!;
    const isJson = next?.language === 'json';
    const wanted = isJson ? alike(JSON.parse(next.text)) : next?.language === 'text' ? next.text.trim() : '';
    // With its command, so that a failure says which.
    const got = { command: block.text, answer: isJson ? alike(JSON.parse(answer)) : answer.trim() };
    expect(got).toEqual({ command: block.text, answer: wanted });
  }
});

test('the month in TypeScript', { timeout }, async () => {
  const file = path.join(directory, 'month.mts');
  const [program, ...others] = blocks().filter(({ language }) => language === 'ts');
  expect(others).toEqual([]);
  await writeFile(file, program!.text);
  const { stdout } = await run(process.execPath, ['--no-warnings', file], { cwd: directory });
  expect(stdout.trim()).toBe('20 20 New Purchase 255.00 USD');
});
