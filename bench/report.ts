import type { Measured } from './measure.ts';

/** A ratio inside one run, and what it is meant to reach. */
export type Ratio = { readonly what: string; readonly value: number; readonly atLeast?: number };

export type Report = {
  readonly title: string;
  readonly measured: readonly Measured[];
  readonly ratios: readonly Ratio[];
  readonly notes: readonly string[];
};

export function print(report: Report): void {
  console.log(`\n${report.title}`);
  const rows = report.measured.map((one) => [
    one.name,
    one.perSecond.toFixed(0),
    one.p50Ms.toFixed(2),
    one.p99Ms.toFixed(2),
    Number.isNaN(one.cpuMicroseconds) ? '' : one.cpuMicroseconds!.toFixed(0),
    one.rounds.map((rate) => rate.toFixed(0)).join(' '),
  ]);
  table([['', 'per second', 'p50 ms', 'p99 ms', 'cpu us', 'rounds'], ...rows]);
  for (const { what, value, atLeast } of report.ratios) {
    const verdict = atLeast === undefined ? '' : ` (at least ${atLeast}: ${value >= atLeast ? 'reached' : 'MISSED'})`;
    console.log(`  ${what} = ${value.toFixed(2)}${verdict}`);
  }
  for (const note of report.notes) console.log(`  ${note}`);
}

/** Columns as wide as their widest cell; the first and the last flush left, numbers flush right. */
function table(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 || column === row.length - 1 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    console.log(`  ${cells.join('  ').trimEnd()}`);
  }
}
