import type { Database, Numbers, Revisions } from '../../platform/db/index.ts';
import type { Offers } from '../catalog/index.ts';
import { catalogExport } from './service-export.ts';
import { catalogImport } from './service-import.ts';

export { bindCatalogFiles } from './routes.ts';
export type { ImportOptions } from './import-state.ts';
export type { FileFormat } from './read-rows.ts';
export type { ExportOptions } from './service-export.ts';
export type CatalogFiles = ReturnType<typeof catalogFiles>;

export function catalogFiles(parts: {
  readonly db: Database;
  readonly revisions: Revisions;
  readonly offers: Offers;
  readonly planNumbers: Numbers;
  readonly rateNumbers: Numbers;
}) {
  return { import: catalogImport(parts).run, export: catalogExport(parts).open };
}
