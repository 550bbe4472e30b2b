import { type Import, isCode, isTest, type Repository } from '../files.ts';
import type { Rule, Violation } from '../rule.ts';
import { dialectOf, importTargets, type Layer, layerOf, mayHoldSql, mayRunServer, moduleOf } from './layers.ts';

const databaseLibraries = /^(pg|kysely|pg-[a-z-]+)(\/|$)/;
const kernelLibraries = /^(temporal-polyfill|node:crypto)$/;

const manifests = {
  'packages/kernel/package.json': '{"name":"@tierline/kernel","exports":{".":"./src/index.ts"}}',
  'packages/contract/package.json': '{"name":"@tierline/contract","exports":{".":"./src/index.ts"}}',
  'server/package.json': '{"name":"@tierline/server","exports":{".":"./src/main.ts","./*":"./src/*"}}',
};

/** kernel <- contract <- platform <- modules <- dialects <- main, and a module is seen only through its index. */
export const oneWayImports: Rule = {
  name: 'one-way imports',
  check(repository) {
    const violations: Violation[] = [];
    const targetOf = importTargets(repository);
    let seen = 0;
    for (const path of repository.paths.filter(isCode)) {
      const broken = repository.broken(path);
      if (broken !== undefined) violations.push({ path, message: `does not parse: ${broken}` });
      for (const statement of repository.imports(path)) {
        seen += 1;
        const message = problemOf(path, statement, targetOf(path, statement.specifier));
        if (message !== undefined) violations.push({ path, line: statement.line, message });
      }
    }
    return { seen, violations };
  },
  good: {
    ...manifests,
    'packages/contract/src/index.ts': `import { Money } from '@tierline/kernel';`,
    'server/src/modules/orders/service.ts': `import { catalog } from '../catalog/index.ts';\nimport { db } from '../../platform/db/index.ts';`,
    'server/src/modules/orders/store.ts': `import { sql } from 'kysely';`,
    'server/src/dialects/lmpi/plans.ts': `import { orders } from '../../modules/orders/index.ts';`,
    'cli/src/start.ts': `import { start } from '@tierline/server';`,
    'server/src/modules/orders/orders.test.ts': `import { world } from '../../../../test/support/world.ts';`,
  },
  bad: [
    { files: { 'cli/src/a.ts': 'const = ;' }, says: 'does not parse' },
    {
      files: { 'packages/kernel/src/a.ts': `export * from '@tierline/contract';` },
      says: 'kernel may not import contract',
    },
    { files: { 'packages/kernel/src/a.ts': `import { x } from 'node:fs';` }, says: 'kernel has no I/O' },
    {
      files: { 'packages/client/src/a.ts': `import { Money } from '../../kernel/src/money.ts';` },
      says: 'by its package name',
    },
    {
      files: { 'packages/client/src/a.ts': `import '@tierline/kernel/src/money.ts';` },
      says: 'only what the package exports',
    },
    {
      files: { 'server/src/platform/a.ts': `const x = await import('../modules/orders/index.ts');` },
      says: 'platform may not import modules',
    },
    { files: { 'server/src/platform/a.ts': `const x = await import(name);` }, says: 'import of a computed path' },
    {
      files: { 'server/src/modules/orders/a.ts': `import type { Row } from '../catalog/store.ts';` },
      says: 'through its index.ts',
    },
    {
      files: { 'server/src/main.ts': `import { a } from './modules/catalog/service.ts';` },
      says: 'through its index.ts',
    },
    {
      files: { 'server/src/modules/orders/service.ts': `import { sql } from 'kysely';` },
      says: 'kysely is for store.ts',
    },
    { files: { 'server/src/dialects/lmpi/store.ts': `import type { Pool } from 'pg';` }, says: 'pg is for store.ts' },
    {
      files: { 'server/src/dialects/lmpi/a.ts': `import { s } from '../../platform/jobs/store.ts';` },
      says: 'a dialect never touches a store',
    },
    { files: { 'server/src/dialects/lmpi/a.ts': `import { s } from '../simpleapi/b.ts';` }, says: 'another dialect' },
    {
      files: { 'server/src/modules/orders/service.ts': `import { aPlan } from '../catalog/testing.ts';` },
      says: 'only tests import',
    },
    { files: { 'cli/src/order.ts': `import { start } from '@tierline/server';` }, says: 'cli may not import main' },
    { files: { 'server/src/stray/a.ts': `import '@tierline/kernel';` }, says: 'belongs to no layer' },
  ].map(({ files, says }) => ({ files: { ...manifests, ...files }, says })),
};

function problemOf(path: string, { specifier }: Import, target: string | undefined): string | undefined {
  const from = layerOf(path);
  if (from === undefined) return 'belongs to no layer (test/repository/rules/layers.ts names them)';
  if (specifier === '(computed)') return isTest(path) ? undefined : 'import of a computed path: nothing can check it';
  if (target !== undefined) return problemInside(path, from, specifier, target);
  if (specifier.startsWith('@tierline/')) return `imports ${specifier}: only what the package exports is public`;
  if (databaseLibraries.test(specifier) && !mayHoldSql(path))
    return `${specifier} is for store.ts files and platform/db`;
  if (from.name === 'kernel' && !isTest(path) && !kernelLibraries.test(specifier)) {
    return `imports ${specifier}: kernel has no I/O and one library`;
  }
  return undefined;
}

function problemInside(path: string, from: Layer, specifier: string, target: string): string | undefined {
  const to = layerOf(target);
  if (to === undefined) return `imports ${specifier}, which belongs to no layer`;
  if (specifier.startsWith('.') && to !== from && target.startsWith('packages/')) {
    return `imports ${specifier}: use @tierline/${to.name}, by its package name`;
  }
  const testing = isTest(path) || from.name === 'bench';
  if (isTest(target) && !testing) return `imports ${specifier}: only tests import what tests are built of`;
  const module = moduleOf(target);
  if (module !== undefined && moduleOf(path) !== module) {
    const isDoor = target === `server/src/modules/${module}/index.ts` || (testing && target.endsWith('/testing.ts'));
    if (!isDoor) return `imports ${specifier}: module ${module} is seen only through its index.ts`;
  }
  if (testing) return undefined;
  if (from.name === 'dialects') {
    if (/\/store(-[a-z-]+)?\.ts$/.test(target)) return `imports ${specifier}: a dialect never touches a store`;
    const dialect = dialectOf(target);
    if (dialect !== undefined && dialect !== dialectOf(path)) return `imports ${specifier} of another dialect`;
  }
  const allowed = from === to || from.sees.includes(to.name) || (target.startsWith('server/') && mayRunServer(path));
  return allowed ? undefined : `imports ${specifier}: ${from.name} may not import ${to.name}`;
}

/** The modules' own import graph has no cycle, so each can be read after those it stands on. */
export const acyclicModules: Rule = {
  name: 'acyclic modules',
  check(repository) {
    const graph = moduleGraph(repository);
    const cycle = findCycle(graph);
    const message = cycle === undefined ? '' : `modules import each other in a circle: ${cycle.join(' -> ')}`;
    return { seen: graph.size, violations: cycle === undefined ? [] : [{ path: 'server/src/modules', message }] };
  },
  good: {
    'server/src/modules/orders/service.ts': `import { catalog } from '../catalog/index.ts';`,
    'server/src/modules/catalog/service.ts': `import { accounts } from '../accounts/index.ts';`,
    'server/src/modules/catalog/catalog.test.ts': `import { orders } from '../orders/index.ts';`,
  },
  bad: [
    {
      files: {
        'server/src/modules/orders/service.ts': `import { catalog } from '../catalog/index.ts';`,
        'server/src/modules/catalog/service.ts': `import { accounts } from '../accounts/index.ts';`,
        'server/src/modules/accounts/service.ts': `export type { Order } from '../orders/index.ts';`,
      },
      says: 'orders -> catalog -> accounts -> orders',
    },
  ],
};

function moduleGraph(repository: Repository): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  const targetOf = importTargets(repository);
  for (const path of repository.paths.filter(isCode)) {
    const from = moduleOf(path);
    if (from === undefined || isTest(path)) continue;
    const edges = graph.get(from) ?? new Set();
    graph.set(from, edges);
    for (const { specifier } of repository.imports(path)) {
      const to = moduleOf(targetOf(path, specifier) ?? '');
      if (to !== undefined && to !== from) edges.add(to);
    }
  }
  return graph;
}

function findCycle(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const finished = new Set<string>();
  const walk = (node: string, trail: readonly string[]): string[] | undefined => {
    const again = trail.indexOf(node);
    if (again !== -1) return [...trail.slice(again), node];
    if (finished.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = walk(next, [...trail, node]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = walk(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
