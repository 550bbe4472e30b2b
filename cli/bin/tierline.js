#!/usr/bin/env node
// The command line. It runs on the Node.js that comes with the installation (package `node`); when another, older one
// starts this file, the right one is started in its place. Plain JavaScript, since that older one reads it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const majorMin = 24;
/** @type {readonly NodeJS.Signals[]} */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

if (Number(process.versions.node.split('.')[0]) >= majorMin) {
  // Compiled code is kept between starts, which takes a good part off each.
  module.enableCompileCache?.();
  const { runProcess } = await import('../src/main.ts');
  await runProcess();
} else {
  relaunch();
}

function relaunch() {
  const binary = installedNode(dirname(fileURLToPath(import.meta.url)));
  if (binary === undefined) {
    process.stderr.write(
      `Tierline needs Node.js ${majorMin} or newer; this is ${process.versions.node}, and there is none in node_modules.\n` +
        'Install the dependencies (npm ci), or use a newer Node.js.\n',
    );
    process.exit(1);
  }
  // The channel tells the child when this process is gone, also when it was killed: it must not stay behind alone.
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    // A terminal sends its interrupt to both; passing it on would be a second one.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  child.on('error', (error) => {
    process.stderr.write(`${binary} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of signals) process.removeListener(name, forward);
    process.kill(process.pid, signal);
  });
}

/**
 * @param {string} from
 * @returns {string | undefined}
 */
function installedNode(from) {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  for (let folder = from; ; folder = dirname(folder)) {
    const binary = join(folder, 'node_modules', 'node', 'bin', name);
    if (existsSync(binary)) return binary;
    if (folder === dirname(folder)) return undefined;
  }
}
