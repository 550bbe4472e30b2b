import type { Database } from './connect.ts';

const typescriptTypes: Readonly<Record<string, string>> = {
  uuid: 'string',
  text: 'string',
  int4: 'number',
  int8: 'ColumnType<bigint, bigint | string, bigint | string>',
  numeric: 'string',
  bool: 'boolean',
  date: 'string',
  timestamptz: 'ColumnType<Temporal.Instant, string, string>',
  jsonb: 'ColumnType<unknown, string, string>',
  bytea: 'Buffer',
  xid8: 'ColumnType<string, never, never>',
  _text: 'string[]',
  _uuid: 'string[]',
};

type Column = { table_name: string; column_name: string; udt_name: string; is_nullable: string };

/** The types of all tables, read from a migrated database; the text of `tables.generated.ts`. */
export async function generateTables(db: Database): Promise<string> {
  const columns = await db.query<Column>(
    {
      name: 'generate_tables',
      text: `select table_name, column_name, udt_name, is_nullable from information_schema.columns
             where table_schema = 'public' order by table_name, ordinal_position`,
    },
    [],
  );
  const byTable = Map.groupBy(columns, (column) => column.table_name);
  const lines = [
    '// Generated from the migrations by `npm run generate`; do not edit.',
    "import type { Temporal } from '@tierline/kernel';",
    "import type { ColumnType } from 'kysely';",
    '',
    'export type Tables = {',
  ];
  for (const [table, ofTable] of byTable) {
    lines.push(`  ${table}: {`);
    for (const column of ofTable) {
      const type = typescriptTypes[column.udt_name];
      if (type === undefined)
        throw new Error(`No TypeScript type for ${table}.${column.column_name}: ${column.udt_name}`);
      lines.push(`    ${column.column_name}: ${nullable(type, column.is_nullable === 'YES')};`);
    }
    lines.push('  };');
  }
  lines.push('};', '');
  return lines.join('\n');
}

function nullable(type: string, isNullable: boolean): string {
  if (!isNullable) return type;
  const wrapped = /^ColumnType<(.*)>$/.exec(type);
  if (wrapped === null) return `${type} | null`;
  const parts = wrapped[1]!.split(', ').map((part) => `${part} | null`);
  return `ColumnType<${parts.join(', ')}>`;
}
