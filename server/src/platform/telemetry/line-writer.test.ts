import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLineWriter } from './line-writer.ts';

const directory = mkdtempSync(join(tmpdir(), 'tierline-log-'));
afterAll(() => rmSync(directory, { recursive: true }));

const flushed = (writer: { flush(done: () => void): void }): Promise<void> =>
  new Promise((resolve) => {
    writer.flush(resolve);
  });

test('lines arrive whole and in order, however they are collected', async () => {
  const path = join(directory, 'ordered');
  const fd = openSync(path, 'w');
  const writer = createLineWriter(fd, { chunkLength: 100 });
  const lines = Array.from({ length: 1000 }, (_, at) => `line ${at} ü\n`);
  for (const [at, line] of lines.entries()) {
    writer.write(line);
    // Now and then the event loop turns, so that a write is on its way while others are collected.
    if (at % 50 === 0) await flushed(writer);
  }
  await flushed(writer);
  expect(readFileSync(path, 'utf8')).toBe(lines.join(''));
  closeSync(fd);
});

test('lines over the backlog are dropped and counted', async () => {
  const path = join(directory, 'dropped');
  const fd = openSync(path, 'w');
  const writer = createLineWriter(fd, { chunkLength: 10, backlogLength: 20 });
  for (let at = 0; at < 10; at += 1) writer.write('0123456789\n');
  await flushed(writer);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const kept = lines.filter((line) => line === '0123456789').length;
  expect(kept).toBeLessThan(10);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ level: 'warn', dropped: 10 - kept });
  closeSync(fd);
});

test('when nobody can be written to, flushing still calls back', async () => {
  const fd = openSync(join(directory, 'closed'), 'w');
  closeSync(fd);
  const writer = createLineWriter(fd);
  writer.write('a\n');
  await expect(flushed(writer)).resolves.toBeUndefined();
  writer.write('b\n');
  await expect(flushed(writer)).resolves.toBeUndefined();
});

test('a reader that is slower than the writer gets every line, also those left at the exit', async () => {
  const module = JSON.stringify(new URL('line-writer.ts', import.meta.url).href);
  // Touching process.stdout makes the pipe non-blocking, so that writes to it can be refused for a while.
  const program = `process.stdout.writable; const { createLineWriter } = await import(${module});
    const writer = createLineWriter(1); const line = 'x'.repeat(999) + '\\n';
    for (let at = 0; at < 300; at += 1) writer.write(line); writer.flush(() => { for (let at = 0; at < 3; at += 1) writer.write(line); process.exit(0); });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let length = 0;
  for await (const piece of child.stdout) if (piece instanceof Buffer) length += piece.length;
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(0);
  expect(length).toBe(303_000);
});
