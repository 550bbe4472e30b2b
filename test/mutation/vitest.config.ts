import { defineConfig } from 'vitest/config';
import { groups } from './groups.ts';

/**
 * The tests that need no database, so that a mutant is judged in seconds. They share their modules: loading them anew for every file
 * would take longer than the tests.
 */
export default defineConfig({
  test: {
    include: [...groups[process.env['MUTATION_GROUP']!]!.tests],
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    testTimeout: 300_000,
    allowOnly: false,
  },
});
