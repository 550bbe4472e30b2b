import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Database, migrate } from '@tierline/server/db';
import { startEmbeddedPostgres } from '@tierline/server/embedded-postgres';
import { errorsMarkdown } from './error-codes.ts';
import { readRepository } from './files.ts';

/** What artifacts are made of, beside the source itself. */
export type Sources = {
  /** An empty database with the schema of this build, started when it is first asked for. */
  migratedDatabase(): Promise<Database>;
};

/** A checked-in file that is computed from the source: `npm run generate` writes it, a rule proves it fresh. */
export type Artifact = { readonly path: string; generate(sources: Sources): Promise<string> };

/** To add one, add a line; import its source inside `generate`, so that the other artifacts don't wait for it. */
export const artifacts: readonly Artifact[] = [
  {
    path: 'docs/reference/catalog-file.md',
    generate: async () => (await import('@tierline/contract')).catalogFileMarkdown(),
  },
  { path: 'docs/reference/cli.md', generate: async () => (await import('../../cli/src/reference.ts')).cliMarkdown() },
  { path: 'docs/reference/errors.md', generate: async () => errorsMarkdown(readRepository()) },
  {
    path: 'docs/reference/settings.md',
    generate: async () => (await import('@tierline/server/platform/config/index.ts')).settingsMarkdown(),
  },
  {
    path: 'docs/reference/permissions.md',
    generate: async () => (await import('@tierline/server/modules/access/index.ts')).permissionsMarkdown(),
  },
  {
    path: 'docs/reference/schema.md',
    generate: async ({ migratedDatabase }) =>
      (await import('./schema-markdown.ts')).schemaMarkdown(await migratedDatabase()),
  },
  {
    path: 'server/src/platform/db/tables.generated.ts',
    generate: async ({ migratedDatabase }) =>
      (await import('@tierline/server/platform/db/generate-tables.ts')).generateTables(await migratedDatabase()),
  },
  {
    path: 'packages/contract/src/answers.generated.ts',
    generate: async ({ migratedDatabase }) =>
      (await import('../contract/record.ts')).answersModule(await migratedDatabase()),
  },
  {
    path: 'docs/reference/openapi.json',
    generate: async ({ migratedDatabase }) => {
      const { openApiDocument } = await import('@tierline/contract');
      const { recordedAnswers } = await import('../contract/record.ts');
      return `${JSON.stringify(openApiDocument(await recordedAnswers(await migratedDatabase())), null, 2)}\n`;
    },
  },
];

/** Runs `work` with the sources, and stops what they started. */
export async function withSources(work: (sources: Sources) => Promise<void>): Promise<void> {
  const stops: (() => Promise<void>)[] = [];
  let database: Promise<Database> | undefined;
  const start = async (): Promise<Database> => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tierline-generate-'));
    stops.unshift(() => rm(dataDir, { recursive: true, force: true }));
    const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
    stops.unshift(() => postgres.stop());
    const db = connect({ connection: postgres.connection, poolSize: 1 });
    stops.unshift(() => db.close());
    await migrate(db);
    return db;
  };
  try {
    await work({ migratedDatabase: () => (database ??= start()) });
  } finally {
    for (const stop of stops) await stop();
  }
}
