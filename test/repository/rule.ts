import type { Files, Repository } from './files.ts';

export type Violation = { readonly path: string; readonly line?: number; readonly message: string };

export type Verdict = {
  /** How many things the rule looked at. A rule that saw nothing holds nothing, so zero is a failure. */
  readonly seen: number;
  readonly violations: readonly Violation[];
};

/** A house rule that can be a test. Its examples prove that it can fail, and that it does not always. */
export type Rule = {
  readonly name: string;
  check(repository: Repository): Verdict | Promise<Verdict>;
  /** Judges the examples, where `check` needs more than files to judge the repository. */
  readonly checkExample?: (repository: Repository) => Verdict | Promise<Verdict>;
  readonly good: Files;
  readonly bad: readonly { readonly files: Files; readonly says: string }[];
};

/**
 * A line may be exempted by name and with a reason, on it or above it:
 * `// allow(clock): the log line is about this process, not about business`.
 */
export function isAllowed(repository: Repository, path: string, line: number, rule: string): boolean {
  const lines = repository.text(path).split('\n');
  const pattern = new RegExp(`// allow\\(${rule}\\): \\S.{9,}`);
  return [lines[line - 1], lines[line - 2]].some((text) => text !== undefined && pattern.test(text));
}

export function describeViolation({ path, line, message }: Violation): string {
  return `${path}${line === undefined ? '' : `:${line}`}  ${message}`;
}

/** Runs one rule over the repository and answers what is wrong, a blind rule included. */
export async function problemsOf(rule: Rule, repository: Repository): Promise<string[]> {
  const { seen, violations } = await rule.check(repository);
  if (seen === 0) return [`${rule.name}: saw nothing to check, so it holds nothing`];
  return violations.map(describeViolation);
}
