import type { AccountId } from '@tierline/kernel';
import { commit, type Cause, type Database, type Revisions } from '../../platform/db/index.ts';
import type { ImportContext, RowRefusal } from './import-state.ts';
import type { Staging, StagedSuite } from './store.ts';
import { partWrites, selectSuites, type KnownSuite } from './store-parts.ts';

/** Suites that are handled together. */
const batchSuites = 500;

type Decided = { readonly suite: KnownSuite; readonly added: readonly KnownSuite[] };

/**
 * Makes suites of the parts that the file names, once all of its products are there: a part may come behind its suite. What a suite has
 * already stays; a part that can't be is told, and the others are added.
 */
export async function* suiteParts(
  { db, revisions }: { readonly db: Database; readonly revisions: Revisions },
  { cause, context, staging }: { readonly cause: Cause; readonly context: ImportContext; readonly staging: Staging },
): AsyncGenerator<RowRefusal, void> {
  let last = '';
  for (;;) {
    const suites = await staging.suitesAfter(last, batchSuites);
    const end = suites.at(-1);
    if (end === undefined) return;
    last = end.code;
    const codes = [...new Set(suites.flatMap(({ code, parts }) => [code, ...parts]))];
    const known = await selectSuites(db, context.rootId, codes);
    // What a preview would have made is as good as there.
    const announced = context.options.preview ? await staging.announced(codes) : new Map<string, unknown>();
    const warnings: RowRefusal[] = [];
    const decided = suites.flatMap((suite) => decide(suite, known, announced, warnings));
    yield* warnings;
    if (decided.length > 0 && !context.options.preview) await store(db, cause, context, decided);
    if (decided.length > 0 && !context.options.preview) await revisions.refresh();
  }
}

/** The parts that a suite lacks and can have. One that was refused with its rows is not there, and was told of then. */
function decide(
  { code, parts, line }: StagedSuite,
  known: ReadonlyMap<string, KnownSuite>,
  announced: ReadonlyMap<string, unknown>,
  warnings: RowRefusal[],
): Decided[] {
  const suite = known.get(code);
  if (suite === undefined) return [];
  const warn = (name: string, message: string): void =>
    void warnings.push({ line, field: 'product_parts', code: `catalog.${name}`, message });
  if (suite.type !== 'suite') {
    warn('parts_of_no_suite', `${code} is no suite, so it has no parts.`);
    return [];
  }
  const added = parts.flatMap((part) => {
    const product = known.get(part);
    if (part === code) warn('part_of_itself', `${code} can't be a part of itself.`);
    else if (product !== undefined) return suite.parts.includes(product.id) ? [] : product;
    else if (!announced.has(part)) warn('unknown_part', `There is no product ${part} to be a part of ${code}.`);
    return [];
  });
  return added.length === 0 ? [] : [{ suite, added }];
}

async function store(
  db: Database,
  cause: Cause,
  { accountId, rootId }: { readonly accountId: AccountId; readonly rootId: AccountId },
  decided: readonly Decided[],
): Promise<void> {
  await commit(db, {
    cause,
    writes: partWrites(
      decided.flatMap(({ suite, added }) => added.map((part) => ({ suite: suite.id, part: part.id }))),
    ),
    events: decided.map(({ suite, added }) => ({
      ownerId: rootId,
      type: 'product.parts_added',
      subjectKind: 'product',
      subjectId: suite.id,
      data: { parts: added.map(({ code }) => code) },
    })),
    revise: [...new Set([rootId, accountId])].map((id) => ({ accountId: id, what: 'catalog' })),
    subjectId: accountId,
    answer: undefined,
  });
}
