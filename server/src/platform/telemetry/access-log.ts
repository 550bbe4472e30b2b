import { pino } from 'pino';
import type { Logger } from './logger.ts';

/** What is known of one answered request. Never its query, headers or body: they may hold secrets. */
export type AccessEntry = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly requestId: string;
  readonly surface: string;
  readonly accountId: string | undefined;
};

export type AccessLog = (entry: AccessEntry) => void;

/**
 * The writer of the one line per request, or undefined when that level is not logged.
 * It stands on the hot path, so it joins the line itself, in the form the logger's own lines have, past serializers and
 * redaction: nothing in an entry needs them. Only path, method and request id can hold characters that need escaping.
 */
export function createAccessLog(log: Logger, level: 'trace' | 'debug' | 'info' | 'silent'): AccessLog | undefined {
  if (level === 'silent' || !log.isLevelEnabled(level)) return undefined;
  const stream: unknown = Reflect.get(log, pino.symbols.streamSym);
  if (!isWritable(stream)) throw new TypeError('The logger has no stream to write to.');
  const head = `{"level":"${level}","time":"`;
  const clock = isoClock();
  return (entry) => {
    const account = entry.accountId === undefined ? '' : `,"accountId":${JSON.stringify(entry.accountId)}`;
    stream.write(
      `${head}${clock()}","requestId":${JSON.stringify(entry.requestId)},"surface":"${entry.surface}","method":"${entry.method}",` +
        `"path":${JSON.stringify(entry.path)},"status":${entry.status},"ms":${Math.round(entry.ms * 1000) / 1000}${account},"msg":"request"}\n`,
    );
  };
}

type Writable = { write(line: string): unknown };

function isWritable(value: unknown): value is Writable {
  return typeof value === 'object' && value !== null && 'write' in value && typeof value.write === 'function';
}

/** ISO 8601 of now; the part up to the second is made once a second. */
function isoClock(): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Date.now();
    const ofNow = Math.floor(now / 1000);
    if (ofNow !== second) {
      second = ofNow;
      text = new Date(now).toISOString().slice(0, 20);
    }
    return `${text}${String(now % 1000).padStart(3, '0')}Z`;
  };
}
