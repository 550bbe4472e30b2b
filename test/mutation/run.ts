// npm run mutation [-- kernel billing lifecycle planned sale] [decide-end.ts ...]: changes the pure rules one spot at a time and tells which changes no test notices.
//
// It works on a copy of the repository: mutants are written into the files themselves, which is how the packages of a workspace find
// them. Nothing of the repository is touched but `reports/mutation/`.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { groups } from './groups.ts';
import { summary } from './summary.ts';

const root = join(import.meta.dirname, '../..');
const tools = join(import.meta.dirname, 'node_modules');

function run(command: string, args: readonly string[], cwd: string, group: string): void {
  const env = { ...process.env, MUTATION_GROUP: group };
  const { status, error } = spawnSync(command, args, { cwd, env, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}.`);
}

/** Every file that git knows or would add, and the libraries as links; links between the packages lead to the copy. */
function copyOf(): string {
  const copy = mkdtempSync(join(tmpdir(), 'tierline-mutation-'));
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of listed.stdout.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file), { verbatimSymlinks: true });
  }
  const from = join(root, 'node_modules');
  for (const name of readdirSync(from)) {
    if (name === '@tierline' || name.startsWith('.vite')) continue;
    mkdirSync(join(copy, 'node_modules'), { recursive: true });
    symlinkSync(join(from, name), join(copy, 'node_modules', name));
  }
  mkdirSync(join(copy, 'node_modules/@tierline'));
  for (const name of readdirSync(join(from, '@tierline'))) {
    symlinkSync(readlinkSync(join(from, '@tierline', name)), join(copy, 'node_modules/@tierline', name));
  }
  return copy;
}

function settings(copy: string, mutate: readonly string[]): void {
  writeFileSync(
    join(copy, 'stryker.config.json'),
    JSON.stringify({
      mutate,
      inPlace: true,
      testRunner: 'vitest',
      vitest: { configFile: 'test/mutation/vitest.config.ts', related: false, pool: 'forks' },
      coverageAnalysis: 'perTest',
      concurrency: Number(process.env['MUTATION_CONCURRENCY'] ?? 1),
      // A machine that does other things too must not make a mutant look killed.
      timeoutMS: 120_000,
      timeoutFactor: 10,
      dryRunTimeoutMinutes: 30,
      reporters: ['json', 'progress-append-only'],
      jsonReporter: { fileName: 'mutation.json' },
      checkers: [],
      allowConsoleColors: false,
    }),
  );
}

const args = process.argv.slice(2);
const files = args.filter((arg) => arg.endsWith('.ts'));
const wanted = args.filter((arg) => !arg.endsWith('.ts'));
const names = wanted.length === 0 ? Object.keys(groups) : wanted;
const unknown = names.filter((name) => !(name in groups));
if (unknown.length > 0)
  throw new Error(`No group ${unknown.join(', ')}; there are: ${Object.keys(groups).join(', ')}.`);

/** The files of a group, or those of them that were asked for. */
function mutatedOf(name: string): readonly string[] {
  const all = groups[name]!.mutate.flatMap((pattern) => globSync(pattern, { cwd: root }));
  const chosen = files.length === 0 ? all : all.filter((file) => files.includes(basename(file)));
  if (chosen.length === 0) throw new Error(`None of ${files.join(', ')} is in ${name}: ${all.join(', ')}.`);
  return chosen;
}

const copy = copyOf();
try {
  const reports = join(root, 'reports/mutation');
  mkdirSync(reports, { recursive: true });
  for (const name of names) {
    settings(copy, mutatedOf(name));
    run('nice', ['-n', '19', process.execPath, join(tools, '@stryker-mutator/core/bin/stryker.js'), 'run'], copy, name);
    const text = summary(readFileSync(join(copy, 'mutation.json'), 'utf8'));
    const report = [name, ...files.map((file) => basename(file, '.ts'))].join('-');
    cpSync(join(copy, 'mutation.json'), join(reports, `${report}.json`));
    writeFileSync(join(reports, `${report}.txt`), text);
    console.log(text);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
