export type { Pool } from './pool.ts';
export {
  exhausted,
  exhaustedReason,
  keyText,
  lowMoves,
  lowWarning,
  movesBetween,
  poolOf,
  shortMoves,
  type DrawingPlan,
  type Holding,
  type PoolKey,
  type PoolMove,
  type Stocks,
} from './draws.ts';
export { fatesOf, storeEach, type Fate, type FateRow } from './fate.ts';
export { bindPools } from './routes.ts';
export { poolsService, type PoolsService, type UnitsMoved, type UnitsWanted } from './service.ts';
export { giveBackPending, moveColumns, movedText, selectStocks, shortText } from './store-moves.ts';
