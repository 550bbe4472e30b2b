export * from './combine.ts';
export * from './commit.ts';
export * from './connect.ts';
export * from './errors.ts';
export * from './idempotency.ts';
export * from './migrate.ts';
export * from './numbers.ts';
export * from './revisions.ts';
export type { Tables } from './tables.generated.ts';
