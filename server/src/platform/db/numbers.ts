import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** Human numbers, taken from a sequence in blocks so that a write knows its number before it is committed. */
export type Numbers = { next(): Promise<bigint>; take(count: number): Promise<bigint[]> };

/** Whether a text can be such a number at all; what can't is not looked for, since the database would refuse to compare it. */
export function isHumanNumber(text: string): boolean {
  return /^[0-9]{1,18}$/.test(text);
}

const blockSizes = {
  account_number_seq: 32,
  customer_number_seq: 32,
  order_serial_seq: 32,
  subscription_serial_seq: 32,
  plan_number_seq: 32,
  rate_number_seq: 1024,
} as const;

/** Blocks taken in one round trip when numbers go fast, and how fast that is. */
const blocksMax = 16;
const fastMs = 1000;

/**
 * Numbers of one sequence. Each nextval owns a block as large as the sequence's increment; what a stopped process
 * had left of its blocks is a gap, which is promised to nobody. Under load several blocks are taken at once.
 */
export function numbers(db: Database, sequence: keyof typeof blockSizes): Numbers {
  const blockSize = BigInt(blockSizes[sequence]);
  const blocks: bigint[] = [];
  let next = 0n;
  let end = 0n;
  let refill: Promise<void> | undefined;
  let blockCount = 1;
  let refilledMs = Number.NEGATIVE_INFINITY;

  async function fetchBlocks(): Promise<void> {
    const nowMs = performance.now();
    blockCount = nowMs - refilledMs < fastMs ? Math.min(blockCount * 2, blocksMax) : 1;
    refilledMs = nowMs;
    const { rows } = await sql<{
      first: bigint;
    }>`select nextval(${sequence}) as first from generate_series(1, ${blockCount}::int)`.execute(db.kysely);
    blocks.push(...rows.map(({ first }) => first));
  }

  async function one(): Promise<bigint> {
    while (next >= end) {
      const block = blocks.shift();
      if (block !== undefined) {
        next = block;
        end = block + blockSize;
        continue;
      }
      refill ??= fetchBlocks().finally(() => {
        refill = undefined;
      });
      await refill;
    }
    const number = next;
    next += 1n;
    return number;
  }

  return {
    next: one,
    async take(count) {
      const taken: bigint[] = [];
      while (taken.length < count) taken.push(await one());
      return taken;
    },
  };
}
