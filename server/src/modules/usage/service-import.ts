import type { UsageImportRecord } from '@tierline/contract';
import { invalid, TierlineError, type AccountId, type Reason } from '@tierline/kernel';
import { csvRecords, decoded, type CsvRecord } from '../../platform/csv-rows.ts';
import type { Cause } from '../../platform/db/index.ts';
import { readHead, readRow, type Head } from './row.ts';
import type { UsageService } from './service.ts';
import type { Reading } from './usage.ts';

/** Rows that are stored together. */
const batchRows = 1000;

type Row = { readonly line: number; readonly reading: Reading };

/**
 * Reads a file and stores its rows, a thousand in a commit. Whoever stops in between leaves what was committed; the same file again
 * changes nothing about it.
 * @throws TierlineError when nothing of the file can be used; what concerns single rows is a record
 */
export async function* importUsage(
  usage: Pick<UsageService, 'take'>,
  cause: Cause,
  within: AccountId,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<UsageImportRecord, void> {
  const counts = { rows: 0, stored: 0, failed: 0 };
  let head: Head | undefined;
  let waiting: Row[] = [];

  async function store(): Promise<UsageImportRecord[]> {
    const rows = waiting;
    waiting = [];
    const readings = rows.map(({ reading }) => reading);
    const { refused } = await usage.take(withoutKey(cause), within, readings);
    counts.stored += rows.length - refused.length;
    const records = refused.map(({ index, reason }) => refusal(rows[index]!.line, reason));
    counts.failed += records.length;
    return [...records, { type: 'progress', rows: counts.rows }];
  }

  for await (const records of csvRecords(decoded(source))) {
    for (const record of records) {
      if (head === undefined) {
        head = headOf(record);
        continue;
      }
      counts.rows += 1;
      const read = 'broken' in record ? unreadable(record.broken) : readRow(head, record.cells);
      if ('code' in read) {
        counts.failed += 1;
        yield refusal(record.line, read);
      } else waiting.push({ line: record.line, reading: read });
      if (waiting.length >= batchRows) yield* await store();
    }
  }
  if (head === undefined) throw new TierlineError('usage.file_empty', 'invalid', 'The file is empty.');
  if (waiting.length > 0) yield* await store();
  yield { type: 'done', ...counts };
}

function headOf(record: CsvRecord): Head {
  const head = 'broken' in record ? [unreadable(record.broken)] : readHead(record.cells);
  if (Array.isArray(head)) throw invalid(head.slice(0, 50));
  return head;
}

function unreadable(message: string): Reason {
  return { code: 'usage.row_unreadable', message };
}

function refusal(line: number, { field = null, code, message }: Omit<Reason, 'field'> & { field?: string | null }) {
  return { type: 'row_error' as const, line, field, code, message };
}

/** Each commit is its own, and a reading again changes nothing. */
function withoutKey({ idempotency: _, ...cause }: Cause): Cause {
  return cause;
}
