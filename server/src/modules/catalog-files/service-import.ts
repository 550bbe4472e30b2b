import type { ImportCounts, ImportRecord } from '@tierline/contract';
import { dateIn, isTierlineError, TierlineError } from '@tierline/kernel';
import {
  commit,
  isDataRefusal,
  type Cause,
  type Database,
  type NewEvent,
  type Numbers,
  type Revisions,
  eventNames,
} from '../../platform/db/index.ts';
import type { Account } from '../accounts/index.ts';
import { rateCountMax } from '../catalog/index.ts';
import { decideBatch, isEmpty, numbersNeeded, withNumbers, type BatchDecision } from './batch.ts';
import type { ImportContext, ImportOptions, PlanRows, RowRefusal } from './import-state.ts';
import { readRows, type FileFormat, type NumberedRow } from './read-rows.ts';
import type { ImportRow } from './row.ts';
import { suiteParts } from './service-parts.ts';
import { openStaging, type StagedRow, type Staging } from './store.ts';
import { loadState } from './store-state.ts';
import { batchWrites, type BatchChanges } from './store-write.ts';

type Dependencies = {
  readonly db: Database;
  readonly revisions: Revisions;
  readonly planNumbers: Numbers;
  readonly rateNumbers: Numbers;
};

type Work = { readonly cause: Cause; readonly context: ImportContext; readonly staging: Staging };

/** Rows that are handled together: what one commit holds, give or take a plan. */
const batchRows = 1000;
/** Each import holds a connection while it runs, and other work needs some too. */
const importsMax = 2;
const warnedMax = 1000;

type Counts = { -readonly [Name in keyof ImportCounts]: number };

/** Imports catalog files. Callers have authorized the actor; `account` is whose plans and prices they are. */
export function catalogImport({ db, revisions, planNumbers, rateNumbers }: Dependencies) {
  let running = 0;

  /**
   * Reads the whole file, then stores it plan by plan: a few hundred plans at a time, each commit with its events.
   * Whoever stops in between leaves what was committed; the same file again completes it, and once more changes nothing.
   * The first record comes when the file is read, so that whoever sends it may read the answer afterwards.
   * @throws TierlineError when nothing of the file can be used; what concerns single rows is a record
   */
  async function* run(
    cause: Cause,
    account: Account,
    source: AsyncIterable<Uint8Array>,
    format: FileFormat,
    options: ImportOptions,
  ): AsyncGenerator<ImportRecord, void> {
    if (running >= importsMax) {
      const message = 'Other imports are under way. Try again when they are done.';
      throw new TierlineError('catalog.imports_running', 'limited', message, { retryAfterSeconds: 10 });
    }
    running += 1;
    let staging: Staging | undefined;
    try {
      staging = await openStaging(db);
      const read = await stage(staging, readRows(source, format));
      yield* store(cause, account, options, staging, read);
    } finally {
      running -= 1;
      staging?.close();
    }
  }

  async function* store(
    cause: Cause,
    account: Account,
    options: ImportOptions,
    staging: Staging,
    read: StagedFile,
  ): AsyncGenerator<ImportRecord, void> {
    const context: ImportContext = {
      accountId: account.id,
      rootId: account.rootId,
      currency: account.currency,
      at: cause.at,
      today: dateIn(cause.at, account.timeZone).toString(),
      options,
    };
    const counts = emptyCounts(read);
    const warned = new Set<string>();
    yield { type: 'progress', rows: counts.failed, total: counts.rows };
    for await (const refusal of stagedRefusals(staging)) yield refusalRecord(refusal);
    for await (const groups of planGroups(staging, read.isPartial)) {
      const { decision, records } = await storeGroups({ cause, context, staging }, groups);
      for (const plan of decision) count(counts, plan);
      yield* records;
      for (const warning of decision.flatMap((plan) => plan.warnings)) {
        const key = `${warning.field}: ${warning.message}`;
        if (warned.has(key) || warned.size >= warnedMax) continue;
        warned.add(key);
        yield {
          type: 'warning',
          line: warning.line,
          field: warning.field,
          code: warning.code,
          message: warning.message,
        };
      }
      const rows = counts.created + counts.changed + counts.unchanged + counts.failed;
      yield { type: 'progress', rows, total: counts.rows };
    }
    for await (const warning of suiteParts({ db, revisions }, { cause, context, staging })) {
      yield { type: 'warning', ...warning };
    }
    yield { type: 'done', ...counts, preview: options.preview };
  }

  /** Stores some plans in one commit; where the database refuses one of them for its data, each by itself. */
  async function storeGroups(
    work: Work,
    groups: readonly PlanRows[],
  ): Promise<{ decision: BatchDecision['plans']; records: ImportRecord[] }> {
    const fitting = groups.filter(({ isTooLarge }) => !isTooLarge);
    const refused = groups
      .filter(({ isTooLarge }) => isTooLarge)
      .map((group) => refuseGroup(group, 'catalog.rate_count', `A plan has 1 to ${rateCountMax} rates.`));
    const stored = fitting.length === 0 ? [] : await tryGroups(work, fitting);
    const decision = [...refused, ...stored];
    return { decision, records: decision.flatMap(({ refusals }) => refusals.map(refusalRecord)) };
  }

  async function tryGroups(work: Work, groups: readonly PlanRows[]): Promise<BatchDecision['plans']> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await decideAndCommit(work, groups);
      } catch (error) {
        // Somebody else changed one of these plans meanwhile: decide again on what is there now.
        const isRefusal = isDataRefusal(error) || isTierlineError(error);
        if (!isRefusal) throw error;
        if (attempt < 3) continue;
        const [only] = groups;
        if (only === undefined || groups.length > 1) break;
        return [refuseGroup(only, 'catalog.plan_refused', 'The plan could not be stored with these rows.')];
      }
    }
    const alone: BatchDecision['plans'][number][] = [];
    for (const group of groups) alone.push(...(await tryGroups(work, [group])));
    return alone;
  }

  async function decideAndCommit(work: Work, groups: readonly PlanRows[]): Promise<BatchDecision['plans']> {
    const { cause, context, staging } = work;
    const state = await loadState(db, context, groups, (codes) => staging.announced(codes));
    const decision = decideBatch(context, state, groups);
    if (isEmpty(decision.changes) || context.options.preview) return decision.plans;
    const needed = numbersNeeded(decision.changes);
    const changes = withNumbers(
      decision.changes,
      await planNumbers.take(needed.plans),
      await rateNumbers.take(needed.rates),
    );
    await commit(db, {
      cause,
      writes: batchWrites(context.rootId, changes, cause.at.toString()),
      events: eventsOf(context, changes, decision),
      revise: [...new Set([context.rootId, context.accountId])].map((accountId) => ({ accountId, what: 'catalog' })),
      subjectId: context.accountId,
      answer: undefined,
    });
    await revisions.refresh();
    return decision.plans;
  }

  return { run };
}

type StagedFile = { readonly rows: number; readonly failed: number; readonly isPartial: boolean };

/** Puts all rows aside, so that those of one plan come together wherever they stand in the file. */
async function stage(staging: Staging, source: AsyncGenerator<NumberedRow[], void>): Promise<StagedFile> {
  let waiting: NumberedRow[] = [];
  let rows = 0;
  let failed = 0;
  let isPartial = false;
  const flush = async (): Promise<void> => {
    const bad = waiting.flatMap((row) => ('reasons' in row ? row : []));
    const refusals = bad.flatMap(({ line, reasons }) => reasons.map((reason) => ({ ...reason, line })));
    await staging.addRows(
      waiting.flatMap((read) => {
        if ('row' in read) return { line: read.line, planName: read.row.planName, row: read.row };
        return read.planName === undefined ? [] : { line: read.line, planName: read.planName, row: undefined };
      }),
    );
    const announcing = waiting.flatMap((read) => ('row' in read && announces(read.row) ? read.row : []));
    if (announcing.length > 0) await staging.addProducts(announcing);
    const suites = waiting.flatMap((read) => ('row' in read && read.row.productParts !== undefined ? read.row : []));
    if (suites.length > 0) await staging.addParts(suites);
    if (refusals.length > 0) await staging.addRefusals(refusals);
    rows += waiting.length;
    failed += bad.length;
    isPartial ||= bad.some(({ planName }) => planName === undefined);
    waiting = [];
  };
  for await (const read of source) {
    for (const row of read) {
      waiting.push(row);
      if (waiting.length >= batchRows) await flush();
    }
  }
  if (waiting.length > 0) await flush();
  await staging.finish();
  return { rows, failed, isPartial };
}

function announces(row: ImportRow): boolean {
  return row.productName !== undefined && row.productType !== undefined;
}

async function* stagedRefusals(staging: Staging): AsyncGenerator<RowRefusal, void> {
  let last = 0n;
  for (;;) {
    const refusals = await staging.refusalsAfter(last, batchRows);
    yield* refusals;
    const end = refusals.at(-1);
    if (end === undefined) return;
    last = end.id;
  }
}

/** The staged rows plan by plan, whole plans only, about `batchRows` rows at a time. */
async function* planGroups(staging: Staging, isPartial: boolean): AsyncGenerator<PlanRows[], void> {
  let open: StagedRow[] = [];
  let last: StagedRow | undefined;
  /** A plan of which more rows came than a plan may have: its rows are handed on without waiting for the rest. */
  let endless: string | undefined;
  for (;;) {
    const page = await staging.rowsAfter(last?.planName ?? '', last?.line ?? 0, batchRows);
    last = page.at(-1) ?? last;
    open.push(...page);
    const isLast = page.length < batchRows;
    const end = isLast ? undefined : last?.planName;
    const whole = open.filter((row) => row.planName !== end);
    open = open.filter((row) => row.planName === end);
    if (whole.length > 0) yield grouped(whole, isPartial, endless);
    if (open.length > rateCountMax || (open.length > 0 && open[0]?.planName === endless)) {
      endless = open[0]?.planName;
      yield grouped(open, isPartial, endless);
      open = [];
    }
    if (isLast) return;
  }
}

function grouped(staged: readonly StagedRow[], isPartial: boolean, endless: string | undefined): PlanRows[] {
  return [...Map.groupBy(staged, (row) => row.planName)].flatMap(([planName, members]) => {
    const rows = members.flatMap((member) => member.row ?? []);
    if (rows.length === 0) return [];
    const isTooLarge = planName === endless || rows.length > rateCountMax;
    return [{ planName, rows, isPartial: isPartial || rows.length < members.length, isTooLarge }];
  });
}

function refuseGroup(group: PlanRows, code: string, message: string): BatchDecision['plans'][number] {
  return {
    refusals: group.rows.map(({ line }) => ({ line, field: null, code, message })),
    warnings: [],
    created: 0,
    changed: 0,
    unchanged: 0,
    failed: group.rows.length,
    removed: 0,
    changes: undefined,
  };
}

function refusalRecord({ line, field, code, message }: RowRefusal): ImportRecord {
  return { type: 'row_error', line, field, code, message };
}

function emptyCounts({ rows, failed }: StagedFile): Counts {
  return { rows, created: 0, changed: 0, unchanged: 0, failed, removed: 0, plans_created: 0, plans_changed: 0 };
}

function count(counts: Counts, decision: BatchDecision['plans'][number]): void {
  counts.created += decision.created;
  counts.changed += decision.changed;
  counts.unchanged += decision.unchanged;
  counts.failed += decision.failed;
  counts.removed += decision.removed;
  const plan = decision.changes?.plan;
  if (plan?.isNew === true) counts.plans_created += 1;
  else if (plan !== undefined) counts.plans_changed += 1;
}

/** One event for the batch, and one for each vendor, product, published plan and price list that it touched. */
function eventsOf(context: ImportContext, changes: BatchChanges, { plans }: BatchDecision): NewEvent[] {
  const { accountId, rootId } = context;
  const sum = (name: 'created' | 'changed' | 'removed') => plans.reduce((total, plan) => total + plan[name], 0);
  const priced = Map.groupBy(changes.prices, (price) => price.priceListId);
  return [
    {
      ownerId: accountId,
      type: 'catalog.imported',
      subjectKind: 'account',
      subjectId: accountId,
      data: {
        rates_created: sum('created'),
        rates_changed: sum('changed'),
        rates_removed: sum('removed'),
        plans: changes.plans.length,
        resources_created: changes.resources.length,
        prices: changes.prices.length,
      },
    },
    ...changes.vendors.map(({ id, code }) => event(rootId, 'vendor', 'vendor.created', id, { code })),
    ...changes.products.map(({ id, code, name }) => event(rootId, 'product', 'product.created', id, { code, name })),
    ...changes.widened.map(({ id, unitTypes, dataCenters }) =>
      event(rootId, 'product', 'product.widened', id, { unit_types: unitTypes, data_centers: dataCenters }),
    ),
    ...changes.plans.map(({ plan, version }) =>
      event(accountId, 'plan', 'plan.published', plan.id, { name: plan.name, version }),
    ),
    ...changes.lists.map(({ id, name, currency, audience }) =>
      event(accountId, 'price_list', 'price_list.created', id, { name, currency, audience }),
    ),
    ...[...priced].map(([id, prices]) =>
      event(accountId, 'price_list', 'prices.set', id, {
        count: prices.length,
        prices: prices.slice(0, 50).map(eventNames),
      }),
    ),
  ];
}

function event(
  ownerId: NewEvent['ownerId'],
  subjectKind: string,
  type: string,
  subjectId: string,
  data: NewEvent['data'],
): NewEvent {
  return { ownerId, subjectKind, type, subjectId, data };
}
