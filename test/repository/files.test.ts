import { expect, test } from 'vitest';
import { readRepository, repositoryOf } from './files.ts';

test('finds every way to import, and nothing in comments and strings', () => {
  const repository = repositoryOf({
    'a.ts': [
      `import a, { type B } from './one.ts';`,
      `import type { C } from './two.ts';`,
      `export * from './three.ts';`,
      `export type { D } from './four.ts';`,
      `// import x from './comment.ts';`,
      "const text = `import x from './template.ts'`;",
      `const e = await import('./five.ts');`,
      `type F = import('./six.ts').F;`,
      `const g = /import '.\\/pattern.ts'/;`,
      `import './seven.ts';`,
    ].join('\n'),
  });
  const found = repository.imports('a.ts').map((one) => `${one.line} ${one.specifier}${one.typeOnly ? ' type' : ''}`);
  expect(found.toSorted()).toEqual([
    '1 ./one.ts',
    '10 ./seven.ts',
    '2 ./two.ts type',
    '3 ./three.ts',
    '4 ./four.ts type',
    '7 ./five.ts',
    '8 ./six.ts type',
  ]);
});

test('a file that does not parse is reported, never taken for one without imports', () => {
  expect(repositoryOf({ 'a.ts': 'const = ;' }).broken('a.ts')).toMatch(/token/i);
});

test('reads this repository, without what it is installed with', () => {
  const { paths } = readRepository();
  expect(paths).toContain('test/repository/files.test.ts');
  expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
});
