/** What of the JSON report matters here; its form is mutation-testing-report-schema's. */
type Report = {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
};
type Mutant = {
  readonly id: string;
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: string;
  readonly location: { readonly start: Position; readonly end: Position };
};
type Position = { readonly line: number; readonly column: number };

/** Scores by file, and every mutant that no test noticed: where, what it was, what it became. */
export function summary(json: string): string {
  const { files } = JSON.parse(json) as Report;
  const rows = Object.entries(files).map(([file, { source, mutants }]) => {
    const count = (...statuses: string[]): number => mutants.filter(({ status }) => statuses.includes(status)).length;
    const killed = count('Killed');
    const timedOut = count('Timeout');
    const left = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
    const valid = killed + timedOut + left.length;
    const score = valid === 0 ? '-' : `${((100 * (killed + timedOut)) / valid).toFixed(1)} %`;
    const lines = left.map((mutant) => `  ${told(mutant, source)}`);
    return [`${file}: ${score} (${killed} killed, ${timedOut} timed out, ${left.length} left of ${valid})`, ...lines];
  });
  return `${rows.flat().join('\n')}\n`;
}

function told({ location: { start, end }, mutatorName, replacement, status }: Mutant, source: string): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const whole =
    lines.length === 1 ? lines[0]!.slice(start.column - 1, end.column - 1) : `${lines[0]!.slice(start.column - 1)} ...`;
  const became = (replacement ?? '').replaceAll(/\s+/g, ' ');
  const none = status === 'NoCoverage' ? ' (no test comes here)' : '';
  return `${start.line}:${start.column} ${mutatorName}: ${whole} -> ${became}${none}`;
}
