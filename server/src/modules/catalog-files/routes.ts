import { streamRoutes, type ImportRecord } from '@tierline/contract';
import { isTierlineError } from '@tierline/kernel';
import { checkMediaType, requestLog, streamBody, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { CatalogFiles } from './index.ts';
import type { FileFormat } from './read-rows.ts';

const formats: Readonly<Record<string, FileFormat>> = {
  'text/csv': 'csv',
  'application/json': 'json',
  'application/x-ndjson': 'json',
};

/** Files of any size, in both directions as streams. */
export function bindCatalogFiles(bind: Bind<Principal>, { files }: { readonly files: CatalogFiles }): void {
  bind(streamRoutes.importCatalog, async ({ caller, query, cause, context }) => {
    checkMediaType(context, Object.keys(formats));
    const type = (context.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
    const { preview, missing, price_list: priceList } = query;
    const options = { preview, missing, priceList };
    const format = formats[type] ?? 'csv';
    const records = files.import(cause, caller.node.account, streamBody(context), format, options);
    // Whatever is wrong with the file as a whole is known with the first record, and answered as any refusal is.
    const first = await records.next();
    const fail = (error: unknown): ImportRecord => {
      const { code, message } = publicReason(error);
      requestLog(context).error({ err: error, code }, 'an import stopped');
      return { type: 'error', code, message };
    };
    return streamed(linesOf(first, records, fail), 'application/x-ndjson; charset=utf-8');
  });

  bind(streamRoutes.exportCatalog, async ({ caller, query, cause }) => {
    const { format, price_list: priceList } = query;
    const text = await files.export(caller.node, cause.at, { format, priceList });
    const extension = format === 'csv' ? 'csv' : 'ndjson';
    const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    const response = streamed(text, `${type}; charset=utf-8`);
    response.headers.set('content-disposition', `attachment; filename="catalog.${extension}"`);
    return response;
  });
}

function publicReason(error: unknown): { readonly code: string; readonly message: string } {
  if (isTierlineError(error) && error.kind !== 'bug') return { code: error.code, message: error.message };
  const message = 'The import stopped. What was stored stays; send the same file again to complete it.';
  return { code: 'catalog.import_stopped', message };
}

const chunkChars = 16 * 1024;

/** The records as lines, several small ones in one piece; an error in between becomes the last line. */
async function* linesOf(
  first: IteratorResult<ImportRecord, void>,
  rest: AsyncGenerator<ImportRecord, void>,
  fail: (error: unknown) => ImportRecord,
): AsyncGenerator<string, void> {
  let text = '';
  try {
    for (let next = first; next.done !== true; next = await rest.next()) {
      text += line(next.value);
      // Progress is for whoever watches, so it goes at once.
      if (next.value.type !== 'progress' && text.length < chunkChars) continue;
      yield text;
      text = '';
    }
  } catch (error) {
    text += line(fail(error));
  } finally {
    await rest.return();
  }
  if (text !== '') yield text;
}

function line(record: ImportRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** How long a client may read nothing: what is streamed holds a connection to the database meanwhile. */
const stalledMs = 60_000;

function streamed(pieces: AsyncGenerator<string, void>, contentType: string): Response {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      clearTimeout(timer);
      const next = await pieces.next();
      if (next.done === true) return controller.close();
      controller.enqueue(encoder.encode(next.value));
      timer = setTimeout(() => {
        controller.error(new Error('The client reads nothing.'));
        void pieces.return();
      }, stalledMs);
      timer.unref();
    },
    async cancel() {
      clearTimeout(timer);
      await pieces.return();
    },
  });
  return new Response(body, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
}
