import type { Argument, Expression, ObjectExpression } from 'oxc-parser';
import { errorMakers, literals } from './error-makers.ts';
import { isCode, isTest, type Repository } from './files.ts';
import { isAllowed, type Violation } from './rule.ts';

/** One place in the source that refuses something by name. `kind` is undefined for a reason inside another refusal. */
export type ErrorUse = {
  readonly code: string;
  readonly kind: string | undefined;
  readonly path: string;
  readonly line: number;
};

const shape = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$/;

/** Kernel's own constructors take the code as an argument; everywhere else it is written out where it is used. */
const definesErrors = 'packages/kernel/src/errors.ts';

/**
 * Every error code of the source: `new TierlineError('module.reason', 'kind', ...)`, `notFound('thing')` and
 * objects with a `code` beside a `message` or a `kind`, and calls that get a code and a sentence.
 * A code that can't be read from the source is a violation.
 */
export function errorCodes(repository: Repository): { uses: ErrorUse[]; violations: Violation[] } {
  const uses: ErrorUse[] = [];
  const violations: Violation[] = [];
  const paths = repository.paths.filter(
    (path) => isCode(path) && !isTest(path) && /^(packages|server|cli)\//.test(path),
  );
  for (const path of paths) {
    const add = (start: number, codes: readonly string[], kind: string | undefined): void => {
      for (const code of codes) uses.push({ code, kind, path, line: repository.line(path, start) });
    };
    const makers = errorMakers(repository, path);
    const unreadable = (start: number): void => {
      const line = repository.line(path, start);
      if (path === definesErrors || isAllowed(repository, path, line, 'error-code')) return;
      const message = 'an error needs its code (module.reason) and kind written out: docs list them from the source';
      violations.push({ path, line, message });
    };
    const raise = (start: number, code: Argument | undefined, kinds: readonly string[]): void => {
      const codes = code === undefined ? [] : literals(code);
      const readable = codes.length > 0 && codes.every((name) => shape.test(name)) && kinds.length === 1;
      if (readable) add(start, codes, kinds[0]);
      else unreadable(start);
    };
    repository.visit(path, {
      NewExpression: ({ callee, arguments: [code, kind], start }) => {
        if (callee.type !== 'Identifier' || callee.name !== 'TierlineError' || code === undefined) return;
        // What a maker raises is written out where the maker is called, a reason raised again where it was made.
        const givenToMaker = code.type === 'Identifier' && makers.size > 0;
        const again =
          code.type === 'MemberExpression' && code.property.type === 'Identifier' && code.property.name === 'code';
        if (!givenToMaker && !again) raise(start, code, kind === undefined ? [] : literals(kind));
      },
      CallExpression: ({ callee, arguments: given, start }) => {
        const name = callee.type === 'Identifier' ? callee.name : '';
        const maker = makers.get(name);
        const [first] = given;
        if (maker !== undefined) {
          const kind = given[maker.kindAt];
          raise(start, given[maker.codeAt], kind === undefined ? [maker.kind ?? ''] : literals(kind));
        } else if (name === 'notFound' && first !== undefined) {
          const codes = literals(first).map((what) => `${what.replaceAll(' ', '_')}.not_found`);
          add(start, codes, 'not_found');
        } else if (given.some(isSentence)) {
          // A reason that is collected: add('orders.quantity', field, 'The quantity is too small.').
          const codes = given.flatMap(literals).filter((text) => shape.test(text));
          add(start, codes, undefined);
        }
      },
      ObjectExpression: (node) => {
        const reason = reasonIn(node);
        if (reason !== undefined) add(node.start, reason.codes, reason.kind);
      },
    });
  }
  return { uses, violations };
}

function reasonIn(node: ObjectExpression): { codes: string[]; kind: string | undefined } | undefined {
  const members = new Map<string, Expression>();
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.computed || property.key.type !== 'Identifier') continue;
    members.set(property.key.name, property.value);
  }
  const code = members.get('code');
  if (code === undefined || !(members.has('message') || members.has('kind'))) return undefined;
  const codes = literals(code).filter((name) => shape.test(name));
  const kind = members.get('kind');
  return { codes, kind: kind === undefined ? undefined : literals(kind)[0] };
}

function isSentence(node: Argument): boolean {
  const text =
    node.type === 'TemplateLiteral' ? node.quasis.map(({ value }) => value.raw).join('x') : literals(node)[0];
  return text !== undefined && /^\S+ .*[.?!]$/s.test(text);
}

type Summary = { kinds: Set<string>; paths: Set<string> };

function byCode(uses: readonly ErrorUse[]): [string, Summary][] {
  const codes = new Map<string, Summary>();
  for (const { code, kind, path } of uses) {
    const summary = codes.get(code) ?? { kinds: new Set(), paths: new Set() };
    if (kind !== undefined) summary.kinds.add(kind);
    summary.paths.add(path);
    codes.set(code, summary);
  }
  return [...codes].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** A code means one thing, so it has one kind. */
export function ambiguousCodes(uses: readonly ErrorUse[]): Violation[] {
  return byCode(uses)
    .filter(([, { kinds }]) => kinds.size > 1)
    .map(([code, { kinds, paths }]) => ({
      path: [...paths].join(', '),
      message: `${code} has several kinds: ${[...kinds].join(', ')}`,
    }));
}

/** docs/reference/errors.md: code, kind and where it is raised. A reason without a kind of its own is `invalid`. */
export function errorsMarkdown(repository: Repository): string {
  const rows = byCode(errorCodes(repository).uses).map(([code, { kinds, paths }]) => {
    const where = [...paths].toSorted().map((path) => `[${path}](../../${path})`);
    return `| \`${code}\` | ${[...kinds].join(', ') || 'invalid'} | ${where.join('<br>')} |`;
  });
  return [
    '<!-- Generated by `npm run generate` from the source. Do not edit. -->',
    '',
    '# Errors',
    '',
    'Every refusal carries a stable code, `module.reason`, and one of a few kinds. A code never changes its meaning;',
    'programs may rely on it. Messages are for people and may be reworded.',
    '',
    '| Code | Kind | Raised in |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
