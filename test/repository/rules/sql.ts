import { isCode } from '../files.ts';
import type { Rule, Violation } from '../rule.ts';
import { mayHoldSql } from './layers.ts';

const sql =
  /^\s*(select\s[^]+\sfrom|insert\s+into|update\s+\S+\s+set|delete\s+from|with\s+(recursive\s+)?\w+\s+as|(create|alter|drop)\s+(table|index|schema))\s/i;
const sentence = /^\s*[A-Z][a-z]/;
const isSql = (text: string): boolean => sql.test(text) && !sentence.test(text);

/** SQL lives in stores: whoever asks what touches a table finds all of it in files of that name. */
export const sqlInStores: Rule = {
  name: 'SQL in stores',
  check(repository) {
    const violations: Violation[] = [];
    let seen = 0;
    for (const path of repository.paths.filter((name) => isCode(name) && name.startsWith('server/'))) {
      seen += 1;
      if (mayHoldSql(path)) continue;
      const report = (start: number): void => {
        const message = 'SQL outside store.ts, platform/db and migrations';
        violations.push({ path, line: repository.line(path, start), message });
      };
      repository.visit(path, {
        TaggedTemplateExpression: ({ tag, start }) => {
          if (tag.type === 'Identifier' && tag.name === 'sql') report(start);
        },
        TemplateElement: ({ value, start }) => {
          if (isSql(value.raw)) report(start);
        },
        Literal: ({ value, start }) => {
          if (typeof value === 'string' && isSql(value)) report(start);
        },
      });
    }
    return { seen, violations };
  },
  good: {
    'server/src/modules/orders/store.ts': `const rows = await db.query('select id from orders');`,
    'server/src/modules/orders/service.ts': `const text = 'Select a plan from the list';\nlog('update the order');`,
  },
  bad: [
    {
      files: { 'server/src/modules/orders/service.ts': `await db.query('select 1 from orders where id = $1');` },
      says: 'SQL outside',
    },
    { files: { 'server/src/dialects/lmpi/a.ts': 'const x = sql`now()`;' }, says: 'SQL outside' },
    {
      files: {
        'server/src/modules/orders/jobs.ts':
          'const x = `\n  update ${table} set a = 1`;\nconst y = `delete from jobs`;',
      },
      says: 'SQL outside',
    },
  ],
};
