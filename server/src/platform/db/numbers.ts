import { sql } from 'kysely';
import type { Database } from './connect.ts';

/** Human numbers, taken from a sequence in blocks so that a write knows its number before it is committed. */
export type Numbers = { next(): Promise<bigint>; take(count: number): Promise<bigint[]> };

const blockSizes = {
  account_number_seq: 32,
  customer_number_seq: 32,
  order_serial_seq: 32,
  subscription_serial_seq: 32,
  plan_number_seq: 32,
  rate_number_seq: 1024,
} as const;

/**
 * Numbers of one sequence. Each nextval owns a block as large as the sequence's increment; what a stopped process
 * had left of its block is a gap, which is promised to nobody.
 */
export function numbers(db: Database, sequence: keyof typeof blockSizes): Numbers {
  const blockSize = BigInt(blockSizes[sequence]);
  let next = 0n;
  let end = 0n;
  let refill: Promise<void> | undefined;

  async function fetchBlock(): Promise<void> {
    const { rows } = await sql<{ first: bigint }>`select nextval(${sequence}) as first`.execute(db.kysely);
    next = rows[0]!.first;
    end = next + blockSize;
  }

  async function one(): Promise<bigint> {
    while (next >= end) {
      refill ??= fetchBlock().finally(() => {
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
