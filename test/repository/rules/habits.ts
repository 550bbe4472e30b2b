import { isCode, isTest, type Repository } from '../files.ts';
import { isAllowed, type Rule, type Violation } from '../rule.ts';

type Report = (start: number, message: string) => void;

function habit(
  name: string,
  allowAs: string,
  applies: (path: string) => boolean,
  visit: (repository: Repository, path: string, report: Report) => void,
  examples: Pick<Rule, 'good' | 'bad'>,
): Rule {
  return {
    name,
    check(repository) {
      const violations: Violation[] = [];
      const paths = repository.paths.filter((path) => isCode(path) && applies(path));
      for (const path of paths) {
        visit(repository, path, (start, message) => {
          const line = repository.line(path, start);
          if (!isAllowed(repository, path, line, allowAs)) violations.push({ path, line, message });
        });
      }
      return { seen: paths.length, violations };
    },
    ...examples,
  };
}

const readsClock = /^(packages\/kernel\/src\/(clock|ids)\.ts$|server\/src\/platform\/|bench\/|vitest\.config\.ts$)/;

/** The clock is an argument: time that is read in passing can't be moved by a sandbox, nor repeated by a test. */
export const clockIsArgument = habit(
  'the clock is an argument',
  'clock',
  (path) => !isTest(path) && !readsClock.test(path),
  (repository, path, report) => {
    repository.visit(path, {
      CallExpression: ({ callee, start }) => {
        const name = repository.text(path).slice(callee.start, callee.end);
        if (name === 'Date.now' || name === 'Date')
          report(start, `${name}() outside the clock: take a Clock as an argument`);
      },
      NewExpression: ({ callee, arguments: given, start }) => {
        const isDate = callee.type === 'Identifier' && callee.name === 'Date';
        if (isDate && given.length === 0) report(start, 'new Date() outside the clock: take a Clock as an argument');
      },
      MemberExpression: ({ start, end }) => {
        const name = repository.text(path).slice(start, end);
        if (name === 'Temporal.Now') report(start, 'Temporal.Now outside the clock: take a Clock as an argument');
      },
    });
  },
  {
    good: {
      'packages/kernel/src/clock.ts': 'export const now = () => Date.now();',
      'server/src/modules/orders/service.ts': `const at = clock.now(); const day = new Date(0); // Date.now()`,
      'cli/src/progress.ts': `// allow(clock): a progress bar shows elapsed time\nconst a = Date.now();`,
    },
    bad: [
      { files: { 'server/src/modules/orders/service.ts': 'const at = Date.now();' }, says: 'Date.now() outside' },
      { files: { 'packages/kernel/src/money.ts': 'const at = new Date();' }, says: 'new Date() outside' },
      { files: { 'cli/src/order.ts': 'const at = Temporal.Now.instant();' }, says: 'Temporal.Now outside' },
    ],
  },
);

/** Chance in the engine comes from crypto or a seed; Math.random is neither safe nor repeatable. */
export const noMathRandom = habit(
  'no Math.random in the server',
  'random',
  (path) => path.startsWith('server/') || path.startsWith('packages/'),
  (repository, path, report) => {
    repository.visit(path, {
      CallExpression: ({ callee, start }) => {
        const name = repository.text(path).slice(callee.start, callee.end);
        if (name === 'Math.random') report(start, 'Math.random(): use node:crypto, or a seeded source in tests');
      },
    });
  },
  {
    good: { 'server/src/a.ts': `const x = randomBytes(8); // not Math.random()` },
    bad: [{ files: { 'server/src/a.ts': 'const x = Math.random();' }, says: 'Math.random()' }],
  },
);

/** The server speaks through its log; only commands print. */
export const noConsole = habit(
  'no console.log outside commands',
  'console',
  (path) => /^(server|packages)\//.test(path),
  (repository, path, report) => {
    repository.visit(path, {
      MemberExpression: ({ object, start, end }) => {
        if (object.type !== 'Identifier' || object.name !== 'console') return;
        report(start, `${repository.text(path).slice(start, end)}: use the logger, only commands print`);
      },
    });
  },
  {
    good: { 'server/src/a.ts': 'log.info(1);', 'cli/src/a.ts': 'console.log(1);' },
    bad: [{ files: { 'packages/client/src/a.ts': 'console.log(1);' }, says: 'use the logger' }],
  },
);

/** A sleep in a test is a race with a stop-watch: wait for the thing itself. */
export const noSleepInTests = habit(
  'no sleeps in tests',
  'sleep',
  isTest,
  (repository, path, report) => {
    const message = 'a sleep: wait for what should happen, not for time to pass';
    repository.visit(path, {
      NewExpression: ({ callee, arguments: [body], start }) => {
        if (callee.type !== 'Identifier' || callee.name !== 'Promise' || body === undefined) return;
        const text = repository.text(path).slice(body.start, body.end);
        if (/^\(?(\w+)\)? => (\{\s*)?(void )?setTimeout\(\s*(\1|\(\) => \1\()/.test(text)) report(start, message);
      },
      ImportDeclaration: ({ source, start }) => {
        if (source.value === 'node:timers/promises') report(start, message);
      },
    });
  },
  {
    good: {
      'cli/src/a.test.ts': `const sleep = () => new Promise((resolve) => server.once('listening', resolve));`,
      'test/support/eventually.ts': `// allow(sleep): the one place that polls, and it says so\nconst pause = () => new Promise((resolve) => setTimeout(resolve, 10));`,
      'cli/src/a.ts': `await new Promise((resolve) => setTimeout(resolve, 10));`,
    },
    bad: [
      { files: { 'cli/src/a.test.ts': 'await new Promise((resolve) => setTimeout(resolve, 10));' }, says: 'a sleep' },
      {
        files: { 'test/a.ts': 'await new Promise<void>((done) => { setTimeout(() => done(), 10); });' },
        says: 'a sleep',
      },
      { files: { 'cli/src/a.test.ts': `import { setTimeout } from 'node:timers/promises';` }, says: 'a sleep' },
    ],
  },
);

/** A type that lies is worse than none. */
export const noTypeEscapes = habit(
  'no type escapes',
  'types',
  (path) => /\.[cm]?tsx?$/.test(path),
  (repository, path, report) => {
    repository.visit(path, {
      TSAnyKeyword: ({ start }) => report(start, 'any: parse it, or say unknown'),
    });
    for (const { value, start } of repository.comments(path)) {
      if (!/^\s*@ts-(ignore|nocheck|expect-error)/.test(value) || /^\s*@ts-expect-error:? \S.{9,}/.test(value))
        continue;
      report(start, 'a switched off type check (only @ts-expect-error, with a reason, in tests of types)');
    }
  },
  {
    good: {
      'cli/src/a.ts': `// any word\nconst a: unknown = 'any';\n// @ts-expect-error: a price may not be a number here\nb();`,
    },
    bad: [
      { files: { 'cli/src/a.ts': 'const a = b as any;' }, says: 'any:' },
      { files: { 'cli/src/a.ts': 'function a(b: any[]) {}' }, says: 'any:' },
      { files: { 'cli/src/a.ts': 'b(); // @ts-ignore because I said so' }, says: 'switched off' },
      { files: { 'cli/src/a.ts': '// @ts-expect-error\nb();' }, says: 'switched off' },
    ],
  },
);
