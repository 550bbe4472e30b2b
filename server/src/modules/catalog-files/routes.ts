import { streamRoutes, type ImportRecord } from '@tierline/contract';
import { isTierlineError } from '@tierline/kernel';
import {
  checkMediaType,
  recordLines,
  requestLog,
  streamBody,
  streamedText,
  type Bind,
} from '../../platform/http/index.ts';
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
    return streamedText(recordLines(first, records, fail), 'application/x-ndjson; charset=utf-8');
  });

  bind(streamRoutes.exportCatalog, async ({ caller, query, cause }) => {
    const { format, price_list: priceList } = query;
    const text = await files.export(caller.node, cause.at, { format, priceList });
    const extension = format === 'csv' ? 'csv' : 'ndjson';
    const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson';
    const response = streamedText(text, `${type}; charset=utf-8`);
    response.headers.set('content-disposition', `attachment; filename="catalog.${extension}"`);
    return response;
  });
}

function publicReason(error: unknown): { readonly code: string; readonly message: string } {
  if (isTierlineError(error) && error.kind !== 'bug') return { code: error.code, message: error.message };
  const message = 'The import stopped. What was stored stays; send the same file again to complete it.';
  return { code: 'catalog.import_stopped', message };
}
