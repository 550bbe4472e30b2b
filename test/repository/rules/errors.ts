import { ambiguousCodes, errorCodes } from '../error-codes.ts';
import type { Rule } from '../rule.ts';

/** Error codes are written where they are raised, shaped `module.reason`, and have one kind each. */
export const stableErrorCodes: Rule = {
  name: 'stable error codes',
  check(repository) {
    const { uses, violations } = errorCodes(repository);
    return { seen: uses.length, violations: [...violations, ...ambiguousCodes(uses)] };
  },
  good: {
    'server/src/a.ts': `throw new TierlineError('orders.frozen', 'conflict', 'No.'); throw invalid([{ code: 'orders.quantity', message: 'No.' }]);`,
    'server/src/b.ts': `throw new TierlineError(a ? 'orders.frozen' : 'orders.closed', 'conflict', 'No.'); throw notFound('order');`,
    'server/src/c.ts': `add('orders.line', 'name', 'The line is gone.'); throw new TierlineError(first.code, 'invalid', first.message, { reasons });`,
  },
  bad: [
    {
      files: {
        'server/src/a.ts': `const no = (code: string) => new TierlineError(code, 'conflict', 'No.'); throw no(name);`,
      },
      says: 'written out',
    },
    {
      files: {
        'server/src/a.ts':
          "add('a.b', 'name', `The name ${name} is taken.`); throw new TierlineError('a.b', 'limited', 'No.'); new TierlineError('a.b', 'bug', 'No.')",
      },
      says: 'a.b has several kinds: limited, bug',
    },
    { files: { 'server/src/a.ts': `throw new TierlineError(code, 'conflict', 'No.');` }, says: 'written out' },
    { files: { 'server/src/a.ts': `throw new TierlineError('Frozen', 'conflict', 'No.');` }, says: 'written out' },
    {
      files: {
        'server/src/a.ts': `new TierlineError('a.b', 'conflict', 'No.'); new TierlineError('a.b', 'invalid', 'No.');`,
      },
      says: 'a.b has several kinds: conflict, invalid',
    },
  ],
};
