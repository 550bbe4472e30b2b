import { isTest, type Repository } from '../files.ts';
import { isAllowed, type Rule, type Violation } from '../rule.ts';
import { importTargets } from './layers.ts';

/** Names that say nothing about what is inside. */
const emptyName = /(^|[-.])(utils?|helpers?|managers?|data|infos?|misc|common|v\d+)([-.]|$)/i;
const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.test)?\.tsx?$/;
/** Files of a module that may reach the outside world; every other one is rules, and pure. */
const worldly = /^(store|service|routes|jobs|index)(-[a-z0-9-]+)?\.ts$/;
const impure =
  /^(node:(?!crypto$|util$|buffer$|assert$)|kysely|pg$|hono|@hono\/)|\/platform\/(db|http|jobs|embedded-postgres)\/|\/(store|service|routes|jobs)(-[a-z0-9-]+)?\.ts$/;

/** Every module is flat and has the same file names, so that knowing one is knowing all. */
export const moduleAnatomy: Rule = {
  name: 'module anatomy',
  check(repository) {
    const modules = new Map<string, string[]>();
    for (const path of repository.paths) {
      const [, folder, file] = /^server\/src\/modules\/([^/]+)\/(.+)$/.exec(path) ?? [];
      if (folder !== undefined && file !== undefined) modules.set(folder, [...(modules.get(folder) ?? []), file]);
    }
    const violations = [...modules].flatMap(([folder, files]) => problemsOfModule(repository, folder, files));
    return { seen: modules.size, violations };
  },
  good: {
    'server/src/modules/orders/README.md': '# Orders\n\n## Owns\n\n## Does not own\n',
    'server/src/modules/orders/index.ts': `export * from './service.ts';`,
    'server/src/modules/orders/store-lines.ts': `import { db } from '../../platform/db/index.ts';`,
    'server/src/modules/orders/proration.ts': `import type { OrderRow } from './store.ts';`,
    'server/src/modules/orders/cache.ts': `// allow(pure): remembers what the store answered\nimport { load } from './store.ts';`,
    'server/src/modules/orders/proration.test.ts': `import { s } from './store.ts';`,
  },
  bad: [
    { files: { 'server/src/modules/orders/index.ts': '' }, says: 'has no README.md' },
    { files: { 'server/src/modules/orders/README.md': '## Owns\n\n## Does not own\n' }, says: 'has no index.ts' },
    { files: { 'server/src/modules/orders/README.md': '## Owns\n' }, says: 'no heading "Does not own"' },
    { files: { 'server/src/modules/orders/rules/a.ts': '' }, says: 'a module is flat' },
    { files: { 'server/src/modules/orders/orderStore.ts': '' }, says: 'kebab-case' },
    { files: { 'server/src/modules/orders/notes.txt': '' }, says: 'kebab-case' },
    {
      files: { 'server/src/modules/orders/proration.ts': `import { load } from './store.ts';` },
      says: 'a rule file is pure',
    },
    {
      files: { 'server/src/modules/orders/order.ts': `import { readFile } from 'node:fs/promises';` },
      says: 'a rule file is pure',
    },
  ],
};

function problemsOfModule(repository: Repository, folder: string, files: readonly string[]): Violation[] {
  const path = `server/src/modules/${folder}`;
  const violations = files.flatMap((file) => problemsOfFile(repository, `${path}/${file}`, file));
  for (const required of ['README.md', 'index.ts']) {
    if (!files.includes(required)) violations.push({ path, message: `has no ${required}` });
  }
  if (files.includes('README.md')) {
    const readme = repository.text(`${path}/README.md`);
    for (const heading of ['Owns', 'Does not own']) {
      if (new RegExp(`^#+ ${heading}\\b`, 'm').test(readme)) continue;
      violations.push({ path: `${path}/README.md`, message: `has no heading "${heading}"` });
    }
  }
  return violations;
}

function problemsOfFile(repository: Repository, path: string, file: string): Violation[] {
  if (file === 'README.md') return [];
  if (file.includes('/')) return [{ path, message: 'a module is flat: no folders inside' }];
  if (!kebab.test(file)) return [{ path, message: 'a file of a module is kebab-case TypeScript or README.md' }];
  if (worldly.test(file) || isTest(path)) return [];
  const targetOf = importTargets(repository);
  return repository
    .imports(path)
    .filter(({ specifier, typeOnly }) => !typeOnly && impure.test(targetOf(path, specifier) ?? specifier))
    .filter(({ line }) => !isAllowed(repository, path, line, 'pure'))
    .map(({ specifier, line }) => ({
      path,
      line,
      message: `imports ${specifier}: a rule file is pure (what reaches out is called store, service, routes or jobs, also service-<what>.ts)`,
    }));
}

/** No file or folder anywhere is called by a word that fits everything. */
export const tellingNames: Rule = {
  name: 'telling names',
  check(repository) {
    const violations: Violation[] = [];
    const paths = repository.paths.filter((path) => /\.[cm]?[jt]sx?$/.test(path));
    for (const path of paths) {
      const vague = path.split('/').find((part) => emptyName.test(part.replace(/\.[^.]+$/, '')));
      if (vague !== undefined)
        violations.push({ path, message: `the name ${vague} says nothing about what is inside` });
    }
    return { seen: paths.length, violations };
  },
  good: { 'server/src/platform/db/database.ts': '', 'cli/src/information.ts': '' },
  bad: [
    { files: { 'server/src/platform/http/helpers.ts': '' }, says: 'helpers.ts' },
    { files: { 'test/support/test-utils.ts': '' }, says: 'test-utils.ts' },
    { files: { 'server/src/modules/orders/order-utils.ts': '' }, says: 'order-utils.ts' },
    { files: { 'server/src/utils/dates.ts': '' }, says: 'utils' },
    { files: { 'packages/kernel/src/money-v2.ts': '' }, says: 'money-v2.ts' },
  ],
};
