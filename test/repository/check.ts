// npm run check [-- --fix]: everything that can be known without running the product, at the same time.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { readRepository, root } from './files.ts';
import { problemsOf } from './rule.ts';
import { rules } from './rules/index.ts';

type Result = { readonly name: string; readonly ok: boolean; readonly output: string; readonly ms: number };

const tools: readonly { name: string; command: readonly [string, ...string[]] }[] = [
  { name: 'types', command: ['tsc', '--noEmit', '--pretty', 'false'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
];

const fixes: readonly (readonly [string, ...string[]])[] = [
  ['oxlint', '--type-aware', '--fix', '--quiet'],
  ['oxfmt'],
  ['node', 'test/repository/complete-lock.ts'],
  ['node', 'test/repository/generate.ts'],
];

async function run([tool, ...parameters]: readonly [string, ...string[]]): Promise<{ ok: boolean; output: string }> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...process.env, PATH: path, NO_COLOR: '1', FORCE_COLOR: undefined };
  const child = spawn(tool, parameters, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => (output += chunk));
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ ok: false, output: `${tool} did not start: ${error.message}` }));
    child.once('close', (code) => resolve({ ok: code === 0, output: output.trim() }));
  });
}

async function timed(name: string, work: () => Promise<{ ok: boolean; output: string }>): Promise<Result> {
  const start = performance.now();
  const { ok, output } = await work();
  return { name, ok, output, ms: performance.now() - start };
}

async function checkRules(): Promise<Result[]> {
  const repository = readRepository();
  const results: Result[] = [];
  for (const rule of rules) {
    const result = await timed(rule.name, async () => {
      const problems = await problemsOf(rule, repository).catch((error: unknown) => [`${rule.name}: ${String(error)}`]);
      return { ok: problems.length === 0, output: problems.join('\n') };
    });
    results.push(result);
  }
  return results;
}

function print(results: readonly Result[]): void {
  for (const { name, ok, output } of results.filter((result) => !result.ok)) {
    console.log(`\n── ${name} ${ok ? '' : 'failed'}\n${output}`);
  }
  console.log('');
  for (const { name, ok, ms } of results)
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms`);
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`\nchecks: ${results.length - failed} passed, ${failed} failed`);
}

if (process.argv.includes('--fix')) {
  for (const fix of fixes) {
    const { ok, output } = await run(fix);
    if (!ok) console.log(output);
  }
}
const running = tools.map(({ name, command }) => timed(name, () => run(command)));
const ofRules = checkRules();
const results = [...(await Promise.all(running)), ...(await ofRules)];
print(results);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
