import { readFile } from 'node:fs/promises';
import { TierlineError, type Reason } from '@tierline/kernel';
import { readAdditions } from './additions.ts';
import { codesWith, noAdditions, type Codes } from './codes.ts';

/**
 * The lists of codes, with those of the operator's file where there is one.
 * @throws TierlineError `codes.invalid` (invalid) with every mistake of the file and its place
 */
export async function openCodes(file: string | undefined): Promise<Codes> {
  if (file === undefined) return codesWith(noAdditions);
  const { additions, reasons } = readAdditions(await contentOf(file));
  if (reasons.length > 0) throw unusable(file, reasons);
  return codesWith(additions);
}

async function contentOf(file: string): Promise<unknown> {
  try {
    return JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    const what = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw unusable(file, [{ code: 'codes.invalid', field: file, message: `It ${what}: ${why}.` }]);
  }
}

function unusable(file: string, reasons: readonly Reason[]): TierlineError {
  const list = reasons.map(({ message }) => `- ${message}`).join('\n');
  return new TierlineError('codes.invalid', 'invalid', `The file of codes ${file} cannot be used:\n${list}`, {
    reasons,
  });
}
