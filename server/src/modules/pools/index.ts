export type { Pool } from './pool.ts';
export { poolsService, type PoolsService, type UnitsMoved, type UnitsWanted } from './service.ts';
