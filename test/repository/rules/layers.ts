import { posix } from 'node:path';
import { isTest, type Repository } from '../files.ts';

/** Where a file stands, and which layers it may import from beside its own. Cheapest first, as in ARCHITECTURE.md. */
export type Layer = { readonly name: string; readonly holds: RegExp; readonly sees: readonly string[] };

const layers: readonly Layer[] = [
  { name: 'kernel', holds: /^packages\/kernel\//, sees: [] },
  { name: 'contract', holds: /^packages\/contract\//, sees: ['kernel'] },
  { name: 'client', holds: /^packages\/client\//, sees: ['contract', 'kernel'] },
  { name: 'platform', holds: /^server\/src\/platform\//, sees: ['contract', 'kernel'] },
  { name: 'modules', holds: /^server\/src\/modules\//, sees: ['platform', 'contract', 'kernel'] },
  { name: 'dialects', holds: /^server\/src\/dialects\//, sees: ['modules', 'platform', 'contract', 'kernel'] },
  {
    name: 'main',
    holds: /^server\/src\/(main\.ts$|app\/)/,
    sees: ['dialects', 'modules', 'platform', 'contract', 'kernel'],
  },
  { name: 'cli', holds: /^cli\//, sees: ['client', 'contract', 'kernel'] },
  { name: 'console', holds: /^console\//, sees: ['client', 'contract', 'kernel'] },
  {
    name: 'bench',
    holds: /^bench\//,
    sees: ['test', 'cli', 'client', 'main', 'dialects', 'modules', 'platform', 'contract', 'kernel'],
  },
  // What newcomers copy out of the docs: it stands on its own.
  { name: 'examples', holds: /^docs\/start\//, sees: [] },
  {
    name: 'test',
    holds: /^(test\/|vitest\.config\.ts$)/,
    sees: ['examples', 'cli', 'client', 'main', 'dialects', 'modules', 'platform', 'contract', 'kernel'],
  },
];

/** These commands of the CLI run the server itself; everything else in it talks to one. */
const runsServer = /^cli\/src\/(start|init|migrate)\.ts$/;

export function layerOf(path: string): Layer | undefined {
  return layers.find((layer) => layer.holds.test(path));
}

/** The folder of the business module a file belongs to (`orders`), if any. */
export function moduleOf(path: string): string | undefined {
  return /^server\/src\/modules\/([^/]+)\//.exec(path)?.[1];
}

/** The folder of the dialect a file belongs to (`lmpi`), if any. */
export function dialectOf(path: string): string | undefined {
  return /^server\/src\/dialects\/([^/]+)\//.exec(path)?.[1];
}

type Exports = Readonly<Record<string, string>>;

/**
 * Finds the file in this repository that an import leads to, through the `exports` of our own packages; undefined for
 * libraries, Node's own modules and what a package of ours does not export.
 */
export function importTargets(repository: Repository): (path: string, specifier: string) => string | undefined {
  const entries = repository.paths
    .filter((path) => path.endsWith('/package.json'))
    .flatMap((path) => exportsOf(repository, path));
  return (path, specifier) => {
    if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
    const exact = entries.find(({ name }) => name === specifier);
    if (exact !== undefined) return exact.file;
    for (const { name, file } of entries) {
      const [before = '', after] = name.split('*');
      if (after === undefined || !specifier.startsWith(before) || !specifier.endsWith(after)) continue;
      return file.replace('*', specifier.slice(before.length, specifier.length - after.length));
    }
    return undefined;
  };
}

function exportsOf(repository: Repository, path: string): { name: string; file: string }[] {
  const manifest = JSON.parse(repository.text(path)) as { name: string; exports?: Exports };
  return Object.entries(manifest.exports ?? {}).map(([name, file]) => ({
    name: posix.join(manifest.name, name),
    file: posix.join(posix.dirname(path), file),
  }));
}

export function mayRunServer(path: string): boolean {
  return runsServer.test(path);
}

/** Files that may hold SQL: stores, the database platform, migrations, and what is no part of the running engine. */
export function mayHoldSql(path: string): boolean {
  return (
    isTest(path) ||
    path.startsWith('bench/') ||
    // The launcher asks the server that it started who it is, before there is a pool.
    /^server\/src\/platform\/(db|embedded-postgres)\//.test(path) ||
    /^server\/src\/.*\/migrations\//.test(path) ||
    /^server\/src\/(modules|platform)\/.*\bstore(-[a-z-]+)?\.ts$/.test(path)
  );
}
