import type { ImportRecord } from '@tierline/contract';
import { manualClock, type AccountId } from '@tierline/kernel';
import { testDatabase } from '../../../../test/support/database.ts';
import { numbers, revisions as revisionsOf, type Cause } from '../../platform/db/index.ts';
import { accountsService, directory as directoryOf, type AccountNode } from '../accounts/index.ts';
import { offersOf } from '../catalog/index.ts';
import { catalogFiles, type FileFormat, type ImportOptions } from './index.ts';

/** A provider with a catalog of its own, on a database for one test file. */
export async function filesWorld() {
  const database = await testDatabase({ poolSize: 6 });
  const { db } = database;
  const revisions = revisionsOf(db);
  const directory = directoryOf(db, revisions);
  const clock = manualClock('2026-03-01T09:00:00Z');
  const accounts = accountsService({ db, directory, revisions, numbers: numbers(db, 'account_number_seq') });
  const offers = offersOf(db);
  const files = catalogFiles({
    db,
    revisions,
    offers,
    planNumbers: numbers(db, 'plan_number_seq'),
    rateNumbers: numbers(db, 'rate_number_seq'),
  });
  const cause = (): Cause => ({ actor: 'test', requestId: 'test', at: clock.now() });

  async function provider(): Promise<AccountNode> {
    const facts = { name: 'Northwind', currency: 'EUR', timeZone: 'Europe/Berlin', country: 'DE', language: 'en' };
    const account = await accounts.create(cause(), null, { kind: 'provider', ...facts });
    return directory.get(account.id);
  }

  type Options = Partial<ImportOptions> & { format?: FileFormat };

  function records(node: AccountNode, text: string, options: Options = {}): AsyncGenerator<ImportRecord, void> {
    const { format = 'csv', ...rest } = options;
    const wanted = { preview: false, missing: 'remove' as const, priceList: undefined, ...rest };
    return files.import(cause(), node.account, bytes(text), format, wanted);
  }

  async function importText(node: AccountNode, text: string, options?: Options): Promise<ImportRecord[]> {
    const all: ImportRecord[] = [];
    for await (const record of records(node, text, options)) all.push(record);
    return all;
  }

  async function exportText(node: AccountNode, format: 'csv' | 'ndjson' = 'csv'): Promise<string> {
    let text = '';
    for await (const piece of await files.export(node, clock.now(), { format, priceList: undefined })) text += piece;
    return text;
  }

  async function events(owner: AccountId): Promise<string[]> {
    const rows = await db.kysely
      .selectFrom('events')
      .select('type')
      .where('owner_id', '=', owner)
      .where('type', '<>', 'account.created')
      .orderBy('id')
      .execute();
    return rows.map(({ type }) => type);
  }

  /** The current rates of the account's plans as short text, in the order of their positions. */
  async function rates(node: AccountNode): Promise<string[]> {
    const offering = await offers.offering(node);
    const { rates: all } = await offers.page(node, 0, offering.total);
    const names = new Map(offering.offers.map((offer) => [offer.planId, `${offer.name} v${offer.version}`]));
    return all.map((rate) => `${names.get(rate.planId)}: ${rate.mpn} #${rate.number}`);
  }

  return {
    db,
    clock,
    files,
    cause,
    provider,
    records,
    importText,
    exportText,
    events,
    rates,
    close: () => database.close(),
  };
}

/** The file in small pieces, so that every boundary falls inside of something. */
async function* bytes(text: string): AsyncGenerator<Uint8Array, void> {
  const whole = Buffer.from(text);
  for (let at = 0; at < whole.length; at += 1000) yield whole.subarray(at, at + 1000);
}

/** The last record without its type. */
export function outcome(records: readonly ImportRecord[]): Record<string, unknown> {
  const last = records.at(-1);
  if (last?.type !== 'done') throw new Error(`the import ended with ${JSON.stringify(last)}`);
  const { type: _, preview: _preview, ...counts } = last;
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

export function refusals(records: readonly ImportRecord[]): string[] {
  return records.flatMap((record) =>
    record.type === 'row_error' ? [`${record.line} ${record.field ?? '-'} ${record.code}`] : [],
  );
}
