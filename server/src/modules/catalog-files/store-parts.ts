import type { AccountId, ProductId } from '@tierline/kernel';
import { sql } from 'kysely';
import type { Database, Statement, Write } from '../../platform/db/index.ts';

/** A product with the parts that it has; only a suite has any. */
export type KnownSuite = {
  readonly id: ProductId;
  readonly code: string;
  readonly type: string;
  readonly parts: readonly ProductId[];
};

const suites: Statement = {
  name: 'import_suites',
  text: `select id, code, type, array(select product_id from suite_parts where suite_id = products.id) as parts
    from products where root_id = $1 and code = any($2::text[])`,
};

/** Products of a root by their codes. */
export async function selectSuites(
  db: Database,
  rootId: AccountId,
  codes: readonly string[],
): Promise<Map<string, KnownSuite>> {
  const rows = await db.query<KnownSuite>(suites, [rootId, codes]);
  return new Map(rows.map((row) => [row.code, row]));
}

/** Parts that suites get; one that somebody else added meanwhile is there once. */
export function partWrites(pairs: readonly { readonly suite: ProductId; readonly part: ProductId }[]): Write[] {
  const touched = [...new Set(pairs.map(({ suite }) => suite))];
  return [
    {
      run: sql`insert into suite_parts (suite_id, product_id)
        select * from unnest(${pairs.map(({ suite }) => suite)}::uuid[], ${pairs.map(({ part }) => part)}::uuid[])
        on conflict do nothing returning suite_id`,
    },
    {
      run: sql`update products set version = version + 1 where id = any(${touched}::uuid[]) returning id`,
      expect: touched.length,
    },
  ];
}
