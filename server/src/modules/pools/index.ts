export type { Pool } from './pool.ts';
export { bindPools } from './routes.ts';
export { poolsService, type PoolsService, type UnitsMoved, type UnitsWanted } from './service.ts';
