import { cpus, totalmem } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cpuSecondsOf } from './processes.ts';

/** What one way did in one round: how often per second, how long each took, and how much processor time all of it cost. */
export type Sample = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of every process that took part. What a shared machine does to rates, it does less to this. */
  readonly cpuMicroseconds?: number;
};

/** A way of doing the work that is measured. `run` does it for about so long. */
export type Way = {
  readonly name: string;
  readonly run: (ms: number) => Promise<Sample>;
  /** What has to be there before a round of so long, and is not part of it. */
  readonly prepare?: (ms: number) => Promise<void>;
};

export type Measured = Sample & {
  readonly name: string;
  /** The rates of all rounds, in order. */
  readonly rounds: readonly number[];
};

export type Effort = { readonly rounds: number; readonly roundMs: number; readonly warmUpMs: number };

export function effortOf(quick: boolean): Effort {
  return quick ? { rounds: 3, roundMs: 1500, warmUpMs: 2500 } : { rounds: 7, roundMs: 3000, warmUpMs: 10_000 };
}

/**
 * Runs all ways in turn, round by round, so that what else the machine does hits each of them alike. Answers medians.
 * The order is turned around every other round: whoever follows a heavy neighbor is not always the same.
 */
export async function interleave(ways: readonly Way[], effort: Effort): Promise<Measured[]> {
  const samples = new Map<string, Sample[]>(ways.map((way) => [way.name, []]));
  for (const way of ways) await runOnce(way, effort.warmUpMs);
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      samples.get(way.name)!.push(await runOnce(way, effort.roundMs));
    }
  }
  return ways.map(({ name }) => {
    const all = samples.get(name)!;
    return {
      name,
      perSecond: median(all.map((sample) => sample.perSecond)),
      p50Ms: median(all.map((sample) => sample.p50Ms)),
      p99Ms: median(all.map((sample) => sample.p99Ms)),
      cpuMicroseconds: median(all.map((sample) => sample.cpuMicroseconds ?? Number.NaN)),
      rounds: all.map((sample) => sample.perSecond),
    };
  });
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') Reflect.apply(collect, undefined, []);
}

async function runOnce(way: Way, ms: number): Promise<Sample> {
  await way.prepare?.(ms);
  // Otherwise what was left by one way is cleared away, by several threads, while the next is measured.
  collectGarbage();
  return way.run(ms);
}

/**
 * The ratio of two ways: the median of the ratios inside each round, since both ways of one round had the same machine.
 */
export function ratio(measured: readonly Measured[], name: string, to: string): number {
  const above = measured.find((one) => one.name === name)!;
  const below = measured.find((one) => one.name === to)!;
  return median(above.rounds.map((rate, round) => rate / below.rounds[round]!));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs `work` again and again, so many at the same time, and tells how often and how long. */
export async function inFlight(count: number, ms: number, work: () => Promise<unknown>): Promise<Sample> {
  const began = performance.now();
  const until = began + ms;
  const took: number[] = [];
  async function worker(): Promise<void> {
    for (;;) {
      const start = performance.now();
      if (start >= until) return;
      await work();
      took.push(performance.now() - start);
    }
  }
  await Promise.all(Array.from({ length: count }, worker));
  return sampleOf(took, performance.now() - began);
}

/** The same way, with the processor time that these processes and their children used while it ran. */
export function withCpu(way: Way, processes: readonly number[]): Way {
  const used = (): number => cpuSecondsOf(processes);
  return {
    ...way,
    run: async (ms) => {
      const began = performance.now();
      const before = used();
      const sample = await way.run(ms);
      const seconds = (performance.now() - began) / 1000;
      return { ...sample, cpuMicroseconds: ((used() - before) * 1e6) / (sample.perSecond * seconds) };
    },
  };
}

export function sampleOf(tookMs: number[], elapsedMs: number): Sample {
  tookMs.sort((a, b) => a - b);
  return {
    perSecond: (tookMs.length / elapsedMs) * 1000,
    p50Ms: tookMs[Math.floor(tookMs.length * 0.5)] ?? 0,
    p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? 0,
  };
}

export function machine(): string {
  const all = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown processor'}, ${gib} GiB, Node ${process.version}, ${process.platform}`;
}
