import { expect, test } from 'vitest';
import { errorCodes, errorsMarkdown } from './error-codes.ts';
import { repositoryOf } from './files.ts';

const repository = repositoryOf({
  'server/src/a.ts': [
    `throw new TierlineError(late ? 'orders.closed' : 'orders.frozen', 'conflict', 'No.');`,
    `throw notFound('license pool');`,
    `const table = { full: { code: 'pools.full', kind: 'limited' } };`,
    `reasons.push({ code: 'orders.quantity', field, message: text });`,
    "add('orders.line_repeated', field, `Line ${n} is there twice.`);",
    `access.require('orders.place', account);`,
    `const taken = (code: string, field: string) => new TierlineError(code, 'conflict', text, { field });`,
    `if (x) throw taken('catalog.name_taken', 'name');`,
    `function refuse(kind: Kind, code: string) { return new TierlineError(code, kind, text); }`,
    `throw refuse('forbidden', 'access.denied');`,
    `events.add('orders.placed', { text: 'x' });`,
  ].join('\n'),
  'server/src/a.test.ts': `throw new TierlineError('made.up', 'bug', 'No.');`,
});

test('finds every way in which a code is written, and nothing else that has a dot', () => {
  const { uses, violations } = errorCodes(repository);
  expect(violations).toEqual([]);
  expect(uses.map(({ code, kind, line }) => `${line} ${code} ${kind ?? '-'}`)).toEqual([
    '1 orders.closed conflict',
    '1 orders.frozen conflict',
    '2 license_pool.not_found not_found',
    '3 pools.full limited',
    '4 orders.quantity -',
    '5 orders.line_repeated -',
    '8 catalog.name_taken conflict',
    '10 access.denied forbidden',
  ]);
});

test('a reason without a kind of its own is documented as invalid', () => {
  expect(errorsMarkdown(repository)).toContain(
    '| `orders.quantity` | invalid | [server/src/a.ts](../../server/src/a.ts) |',
  );
});
