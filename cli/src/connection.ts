import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommandError } from './failure.ts';
import type { Io } from './io.ts';

/** Which server, and who we are there. */
export type Connection = {
  readonly url: string;
  readonly apiKey: string | undefined;
  /** Where that was said, for messages. */
  readonly source: string;
};

export type Named = { readonly url?: string | undefined; readonly apiKey?: string | undefined };

/** Said in the help too, so that nobody wonders which server a command talks to. */
export const connectionHelp = [
  'Which server, and who you are there, is taken from --url and --api-key, else from TIERLINE_URL and TIERLINE_API_KEY,',
  'else from cli.json in the data directory (./data, or TIERLINE_DATA_DIR), which `tierline start --demo` writes there.',
].join('\n');

/**
 * Finds the connection. A key from the file is only ever sent to the server that the file names.
 * @throws CommandError (usage) when no server is named anywhere, or the file can't be read
 */
export function findConnection(io: Pick<Io, 'env' | 'cwd'>, named: Named): Connection {
  const url = named.url ?? nonEmpty(io.env['TIERLINE_URL']);
  const apiKey = named.apiKey ?? nonEmpty(io.env['TIERLINE_API_KEY']);
  if (url !== undefined) {
    const source = named.url === undefined ? 'TIERLINE_URL' : '--url';
    return { url: checkUrl(url, source), apiKey, source };
  }
  const path = join(resolve(io.cwd, nonEmpty(io.env['TIERLINE_DATA_DIR']) ?? 'data'), 'cli.json');
  const local = readLocal(path);
  if (local === undefined) {
    throw new CommandError('usage', `No server is named, and there is no ${path}.\n\n${connectionHelp}`);
  }
  return { url: checkUrl(local.url, path), apiKey: apiKey ?? local.apiKey, source: path };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function checkUrl(url: string, source: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new CommandError('usage', `${source} holds no address such as http://localhost:7420: ${url}`);
  }
  return url.replace(/\/+$/, '');
}

function readLocal(path: string): { readonly url: string; readonly apiKey: string } | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CommandError('usage', `${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const content = parseJson(text);
  if (typeof content === 'object' && content !== null && 'url' in content && 'api_key' in content) {
    const { url, api_key: apiKey } = content;
    if (typeof url === 'string' && typeof apiKey === 'string') return { url, apiKey };
  }
  throw new CommandError('usage', `${path} does not hold {"url": ..., "api_key": ...}.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
