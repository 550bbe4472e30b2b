import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { createLineWriter, type LineWriter } from './line-writer.ts';

/** Writes JSON lines. `log.info({ orderId }, 'order placed')`; never a value in the message itself. */
export type Logger = PinoLogger;

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export type LoggerOptions = {
  readonly level: LogLevel;
  /** Where lines go. Default stdout. A stream takes each line as it comes, unbuffered. */
  readonly destination?: 'stdout' | 'stderr' | DestinationStream;
  /** Facts that every line carries (for example the version). */
  readonly base?: Readonly<Record<string, unknown>>;
};

/** Members that are masked wherever they stand, down to two objects deep. */
const secretMembers = [
  'authorization',
  'Authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'access_token',
  'secret_key',
  'client_secret',
  'api_key',
  'apiKey',
  'accessToken',
  'secretKey',
  'clientSecret',
  'masterKey',
  'databaseUrl',
  '["x-signature"]',
  '["x-access-token"]',
  '["x-subscription-key"]',
  '["X-Subscription-Key"]',
  '["ocp-apim-subscription-key"]',
];

const below = (member: string): string => (member.startsWith('[') ? member : `.${member}`);
const redactedPaths = secretMembers.flatMap((member) => [member, `*${below(member)}`, `*.*${below(member)}`]);

const fileDescriptors = { stdout: 1, stderr: 2 } as const;
const writers = new Map<'stdout' | 'stderr', LineWriter>();

/** One writer for each, however many loggers there are: they would tear each other's lines apart. */
function writerOf(target: 'stdout' | 'stderr'): LineWriter {
  const writer = writers.get(target) ?? createLineWriter(fileDescriptors[target]);
  writers.set(target, writer);
  return writer;
}

/**
 * A logger of JSON lines. Lines to stdout and stderr are collected and written together, at the latest after a second;
 * what is left when the process ends is written then, also after an uncaught exception (not after SIGKILL).
 */
export function createLogger(options: LoggerOptions): Logger {
  const target = options.destination ?? 'stdout';
  const stream = typeof target === 'string' ? writerOf(target) : target;
  return pino(
    {
      level: options.level,
      base: options.base === undefined ? null : { ...options.base },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
      redact: { paths: redactedPaths, censor: '[redacted]' },
    },
    stream,
  );
}

/** Writes out what is collected; for the last lines before the process ends by itself. */
export function flushLogger(log: Logger): Promise<void> {
  return new Promise((resolve) => {
    log.flush(() => resolve());
  });
}
