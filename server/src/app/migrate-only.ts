import { loadConfig, type ConfigOverrides } from '../platform/config/index.ts';
import { migrate } from '../platform/db/index.ts';
import { createLogger, flushLogger } from '../platform/telemetry/index.ts';
import { openDatabase } from './database.ts';

/** Brings the schema up to this build and stops; for operators who want it apart from a start. Answers what was applied. */
export async function migrateOnly(options: {
  config?: string | undefined;
  overrides?: ConfigOverrides;
}): Promise<string[]> {
  const config = loadConfig({
    env: process.env,
    ...(options.config === undefined ? {} : { file: options.config }),
    ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
  });
  const log = createLogger({ level: config.logLevel, destination: 'stderr' });
  const database = await openDatabase(config, log, new AbortController().signal);
  try {
    return await migrate(database.db);
  } finally {
    await database.close();
    await flushLogger(log);
  }
}
