import { CommandError } from './failure.ts';
import type { Given, OptionSpec } from './command.ts';

/** The option of every command that lists. */
export const limitOption: OptionSpec = {
  flags: '--limit <count>',
  describe: 'how many at most; 0 for all',
  fallback: '50',
};

/** The first of what a list has, as many as were asked for. */
export async function take<Element>(elements: AsyncIterable<Element>, given: Given): Promise<Element[]> {
  const limit = given.whole('limit', 0);
  const taken: Element[] = [];
  for await (const element of elements) {
    taken.push(element);
    if (taken.length === limit) break;
  }
  return taken;
}

/** How many a request asks for at once. */
export function pageLimit(given: Given): string {
  const limit = given.whole('limit', 0);
  return String(limit === 0 ? 200 : Math.min(limit, 200));
}

/** Members that were given. */
export function given<Members extends object>(
  members: Members,
): { [Name in keyof Members]: Exclude<Members[Name], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Members]: Exclude<Members[Name], undefined> };
}

/** An id in any letter case; other text is told at once, rather than as "not found" by the server. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

export function checkId(text: string, what: string): string {
  if (isId(text)) return text;
  throw new CommandError(
    'usage',
    `${JSON.stringify(text)} is no id of ${what}; ids look like 0190f3a2-....-............`,
  );
}
