// node test/repository/complete-lock.ts: adds to package-lock.json what `npm install` leaves out of it.
//
// Tools written in Rust or Go come as one optional package per platform. Where a registry does not serve all of them,
// npm leaves the others out of the lock without a word, and `npm ci` then refuses the lock. An entry with version,
// system and processor is enough for it, and right for the machines that do need the package.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Locked, missingFromLock } from './lock.ts';

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'aix', 'sunos', 'netbsd'];
const processors = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'arm'];

const file = join(import.meta.dirname, '../../package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> };
const missing = missingFromLock(lock.packages);
for (const { name, version, of } of missing) {
  const os = systems.find((word) => name.includes(word));
  const cpu = processors.find((word) => name.includes(word));
  if (os === undefined || cpu === undefined) throw new Error(`can't tell the platform of ${name}: add it by hand`);
  const libc = name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : undefined;
  lock.packages[`node_modules/${name}`] = {
    version,
    cpu: [cpu],
    ...(of.dev === true ? { dev: true } : {}),
    ...(os === 'linux' && libc !== undefined ? { libc } : {}),
    optional: true,
    os: [os],
  };
}
if (missing.length > 0) {
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
}
console.log(`${missing.length} entries added to package-lock.json`);
