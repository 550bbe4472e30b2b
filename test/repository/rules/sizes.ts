import { isCode, isGenerated, isTest, type Repository } from '../files.ts';
import { isAllowed, type Rule, type Violation } from '../rule.ts';

const fileLinesMax = 400;
const functionLinesMax = 60;

/** A file fits into a head, a function onto a screen. */
export const sizes: Rule = {
  name: 'sizes',
  check(repository) {
    const violations: Violation[] = [];
    const paths = repository.paths.filter((path) => isCode(path) && !isGenerated(repository, path));
    for (const path of paths) {
      const lines = repository.text(path).trimEnd().split('\n').length;
      if (lines > fileLinesMax) violations.push({ path, message: `${lines} lines, the most is ${fileLinesMax}` });
      if (isTest(path)) continue;
      for (const { line, lines: own } of functionsIn(repository, path)) {
        if (own <= functionLinesMax || isAllowed(repository, path, line, 'length')) continue;
        const message = `a function with ${own} lines of its own, the most is ${functionLinesMax}`;
        violations.push({ path, line, message });
      }
    }
    return { seen: paths.length, violations };
  },
  good: {
    'cli/src/factory.ts': `const a = () => {\n${'  const b = () => {\n    c();\n    c();\n  };\n'.repeat(29)}};`,
    'cli/src/a.ts': `const a = () => {\n${'  b();\n'.repeat(58)}};`,
    'cli/src/b.ts': '// Generated\n' + 'x();\n'.repeat(500),
    'cli/src/c.test.ts': `test('a', () => {\n${'  b();\n'.repeat(90)}});`,
    'cli/src/d.ts': `// allow(length): one flat table of routes, nothing to follow\nconst a = () => {\n${'  b();\n'.repeat(70)}};`,
  },
  bad: [
    {
      files: {
        'cli/src/a.ts': `const a = () => {\n  const b = () => {\n${'    c();\n'.repeat(59)}  };\n  return { b };\n};`,
      },
      says: 'a.ts:2  a function with 61 lines',
    },
    { files: { 'cli/src/a.ts': 'x();\n'.repeat(401) }, says: '401 lines' },
    { files: { 'cli/src/a.ts': `const a = () => {\n${'  b();\n'.repeat(59)}};` }, says: 'a function with 61 lines' },
    {
      files: { 'cli/src/a.ts': `class A {\n  b() {\n${'    c();\n'.repeat(60)}  }\n}` },
      says: 'a function with 62 lines',
    },
  ],
};

/**
 * Every function with the lines of its own: those of functions inside it count for these, so a factory that
 * returns many small functions is as short as it reads.
 */
function functionsIn(repository: Repository, path: string): { line: number; lines: number }[] {
  const found: { line: number; lines: number }[] = [];
  const open: { inner: number }[] = [{ inner: 0 }];
  const enter = (): void => void open.push({ inner: 0 });
  const leave = ({ start, end }: { start: number; end: number }): void => {
    const line = repository.line(path, start);
    const all = repository.line(path, end) - line + 1;
    const inner = open.pop()?.inner ?? 0;
    const around = open.at(-1);
    // The first and the last line of an inner function are lines of the outer one too.
    if (around !== undefined && all > 2) around.inner += all - 2;
    found.push({ line, lines: all - inner });
  };
  repository.visit(path, {
    FunctionDeclaration: enter,
    'FunctionDeclaration:exit': leave,
    FunctionExpression: enter,
    'FunctionExpression:exit': leave,
    ArrowFunctionExpression: enter,
    'ArrowFunctionExpression:exit': leave,
  });
  return found;
}
