import type { Repository } from '../files.ts';
import { type Locked, missingFromLock } from '../lock.ts';
import type { Rule, Violation } from '../rule.ts';

const record = 'docs/decisions/dependencies.md';
const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'] as const;

type Versions = Readonly<Record<string, string>>;
type Manifest = Partial<Record<(typeof kinds)[number], Versions>> & {
  allowScripts?: Readonly<Record<string, boolean>>;
};

type Lock = { readonly packages?: Readonly<Record<string, Locked>> };

/** Every library is pinned, has a reason written down, and comes from nowhere in particular. */
export const dependencies: Rule = {
  name: 'dependencies',
  check(repository) {
    const used = declared(repository);
    const violations: Violation[] = [];
    for (const { path, name, version } of used) {
      if (!exact.test(version)) violations.push({ path, message: `${name} is "${version}": versions are exact` });
    }
    violations.push(
      ...problemsOfRecord(repository, new Set(used.map(({ name }) => name))),
      ...problemsOfLock(repository),
    );
    return { seen: used.length, violations };
  },
  good: {
    'package.json': JSON.stringify({
      devDependencies: { pg: '8.1.0', '@tierline/kernel': '0.1.0' },
      allowScripts: { pg: true },
    }),
    'package-lock.json': JSON.stringify({
      packages: { 'node_modules/pg': {}, 'node_modules/@tierline/kernel': { resolved: 'packages/kernel', link: true } },
    }),
    [record]: '| Library | Why |\n| --- | --- |\n| `pg` | Talks to PostgreSQL. |\n',
  },
  bad: [
    { files: { 'cli/package.json': '{"dependencies":{"pg":"^8.1.0"}}' }, says: 'versions are exact' },
    {
      files: { 'cli/package.json': '{"dependencies":{"pg":"8.1.0"}}', [record]: '| `zod` | Parses. |' },
      says: 'pg has no reason',
    },
    {
      files: { 'cli/package.json': '{"dependencies":{"pg":"8.1.0"}}', [record]: '| `zod` | Parses. |' },
      says: 'zod is explained but not used',
    },
    {
      files: { 'cli/package.json': '{"dependencies":{"pg":"8.1.0"}}', [record]: '| `pg` | |' },
      says: 'pg has no reason',
    },
    {
      files: { 'package-lock.json': '{"packages":{"node_modules/pg":{"resolved":"https://example.com/pg.tgz"}}}' },
      says: 'a resolved address',
    },
    {
      files: { 'package.json': '{"allowScripts":{"left-pad":true}}', 'package-lock.json': '{"packages":{}}' },
      says: 'allowScripts names left-pad',
    },
    {
      files: { 'package-lock.json': '{"packages":{"node_modules/a":{"optionalDependencies":{"a-linux":"1.0.0"}}}}' },
      says: 'a-linux has no entry',
    },
    { files: { 'package.json': '{}' }, says: 'no package-lock.json' },
  ],
};

function manifests(repository: Repository): { path: string; manifest: Manifest }[] {
  return repository.paths
    .filter((path) => path === 'package.json' || path.endsWith('/package.json'))
    .map((path) => ({ path, manifest: JSON.parse(repository.text(path)) as Manifest }));
}

function declared(repository: Repository): { path: string; name: string; version: string }[] {
  return manifests(repository).flatMap(({ path, manifest }) =>
    kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}).map(([name, version]) => ({ path, name, version }))),
  );
}

function problemsOfRecord(repository: Repository, used: ReadonlySet<string>): Violation[] {
  if (!repository.has(record)) return [{ path: record, message: 'is missing: it gives a reason for every library' }];
  const explained = new Set<string>();
  for (const [, name, why] of repository.text(record).matchAll(/^\|\s*`([^`]+)`\s*\|\s*([^|]*?)\s*\|/gm)) {
    if (name !== undefined && why !== undefined && why.length > 5) explained.add(name);
  }
  const unexplained = [...used].filter((name) => !name.startsWith('@tierline/') && !explained.has(name));
  return [
    ...unexplained.map((name) => ({ path: record, message: `${name} has no reason` })),
    ...[...explained]
      .filter((name) => !used.has(name))
      .map((name) => ({ path: record, message: `${name} is explained but not used` })),
  ];
}

function problemsOfLock(repository: Repository): Violation[] {
  const path = 'package-lock.json';
  if (!repository.has(path)) return [{ path, message: 'there is no package-lock.json' }];
  const { packages = {} } = JSON.parse(repository.text(path)) as Lock;
  const locked = Object.entries(packages);
  const violations: Violation[] = [];
  for (const [name, { resolved }] of locked) {
    if (resolved !== undefined && /^\w+(\+\w+)?:/.test(resolved))
      violations.push({ path, message: `${name} has a resolved address` });
  }
  const missing = missingFromLock(packages);
  if (missing[0] !== undefined) {
    const message = `${missing[0].name} has no entry, ${missing.length} in all: run node test/repository/complete-lock.ts`;
    violations.push({ path, message });
  }
  const names = new Set(locked.map(([name]) => name.replace(/^.*node_modules\//, '')));
  for (const { path: manifestPath, manifest } of manifests(repository)) {
    for (const name of Object.keys(manifest.allowScripts ?? {})) {
      if (names.has(name)) continue;
      violations.push({ path: manifestPath, message: `allowScripts names ${name}, which is not installed` });
    }
  }
  return violations;
}
