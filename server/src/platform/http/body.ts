import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { TierlineError } from '@tierline/kernel';
import type { Exchange, HttpEnv } from './exchange.ts';
import { parseJsonBody } from './json.ts';
import { checkQuery } from './query.ts';

/** The part of a hono context that reading needs; contexts of any environment fit. */
export type BodyContext = {
  readonly env: HttpEnv['Bindings'];
  readonly req: { readonly raw: Request; header(name: string): string | undefined };
};

export type BodyOptions = {
  /** Default: the setting `maxBodyBytes`. */
  readonly limitBytes?: number;
};

/**
 * The raw bytes of the body; empty when the request has none. Asking again gives the same bytes.
 * A body over the limit is refused as soon as that is known, from Content-Length or while it arrives, and what still
 * comes is not kept.
 * @throws TierlineError `http.body_too_large`, `http.unsupported_encoding`, `http.request_timeout` (the client took
 * longer than `requestTimeoutMs`), `http.client_gone` (nobody will see the answer), all of kind invalid
 */
export function readBody(c: BodyContext, options: BodyOptions = {}): Promise<Uint8Array> {
  const { exchange } = c.env;
  exchange.body ??= start(c, options.limitBytes ?? exchange.config.maxBodyBytes);
  return exchange.body;
}

/**
 * The JSON value of the body, read strictly (`parseJsonBody`).
 * @throws TierlineError as `readBody` and `parseJsonBody`, and `http.unsupported_media_type`
 */
export async function readJson(c: BodyContext, options: BodyOptions = {}): Promise<unknown> {
  checkMediaType(c, ['application/json']);
  return parseJsonBody(await readBody(c, options));
}

/**
 * The fields of an HTML form body (`a=1&b=2`).
 * @throws TierlineError as `readBody` and `checkQuery`, and `http.unsupported_media_type`
 */
export async function readForm(c: BodyContext, options: BodyOptions = {}): Promise<URLSearchParams> {
  checkMediaType(c, ['application/x-www-form-urlencoded']);
  const bytes = await readBody(c, options);
  // A form is ASCII with everything else percent-encoded, but some clients send UTF-8 as it is.
  if (!isUtf8(bytes)) throw new TierlineError('http.invalid_encoding', 'invalid', 'The body is not UTF-8.');
  if (bytes.includes(0))
    throw new TierlineError('http.invalid_character', 'invalid', 'The body holds a NUL character.');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  checkQuery(text);
  return new URLSearchParams(text);
}

/** @throws TierlineError `http.unsupported_media_type` unless the body has one of the types, in UTF-8 */
export function checkMediaType(c: BodyContext, accepted: readonly string[]): void {
  const header = c.req.header('content-type') ?? '';
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length);
  const charsetFits = charset === undefined || ['utf-8', 'utf8', '"utf-8"', '"utf8"'].includes(charset);
  if (accepted.includes(type) && charsetFits) return;
  const message = `The body must have the content type ${accepted.join(' or ')}, in UTF-8.`;
  throw new TierlineError('http.unsupported_media_type', 'invalid', message, { details: { accepted } });
}

/**
 * The body piece by piece, without a limit, for imports. The client may take as long as it wants over the whole but not
 * over one piece.
 * @throws TierlineError `http.unsupported_encoding`, `http.request_timeout`, `http.client_gone`
 */
export async function* streamBody(c: BodyContext, idleTimeoutMs = 30_000): AsyncGenerator<Uint8Array, void> {
  checkEncoding(c);
  const { incoming } = c.env;
  const pieces: AsyncIterable<Uint8Array> =
    incoming === undefined ? (c.req.raw.body ?? noPieces()) : incoming.iterator({ destroyOnReturn: false });
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await inTime(iterator.next(), idleTimeoutMs);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: it would wait for the piece that is late.
    void iterator.return?.().catch(() => undefined);
  }
}

async function* noPieces(): AsyncGenerator<Uint8Array, void> {
  // A request without a body.
}

async function inTime<Value>(promise: Promise<Value>, timeoutMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut()), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } catch (error) {
    throw error instanceof TierlineError ? error : clientGone(error);
  } finally {
    clearTimeout(timer);
  }
}

async function start(c: BodyContext, limitBytes: number): Promise<Uint8Array> {
  checkEncoding(c);
  const { incoming, exchange } = c.env;
  if (incoming !== undefined) return readIncoming(incoming, exchange, limitBytes);
  return readInProcess(c.req.raw, limitBytes);
}

function checkEncoding(c: BodyContext): void {
  const encoding = c.req.header('content-encoding');
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  const message = 'The body must be sent as it is, without a Content-Encoding.';
  throw new TierlineError('http.unsupported_encoding', 'invalid', message, { details: { accepted: ['identity'] } });
}

const empty = new Uint8Array(0);

function readIncoming(incoming: IncomingMessage, exchange: Exchange, limitBytes: number): Promise<Uint8Array> {
  const { 'content-length': length, 'transfer-encoding': transfer } = incoming.headers;
  if (transfer === undefined && (length === undefined || length === '0')) return Promise.resolve(empty);
  // Node's parser has made sure that a Content-Length is one number.
  if (length !== undefined && Number(length) > limitBytes) return Promise.reject(tooLarge(limitBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let total = 0;
    const finish = (): void => {
      clearTimeout(timer);
      incoming.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    };
    const fail = (error: TierlineError): void => {
      finish();
      // The adapter discards the rest after the answer is sent, and closes when the client will not stop.
      incoming.pause();
      // What is emitted later has nobody left to hear it, and an unheard 'error' would end the process.
      incoming.on('error', () => undefined);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      total += chunk.length;
      if (total > limitBytes) fail(tooLarge(limitBytes));
      else chunks.push(chunk);
    };
    const onEnd = (): void => {
      finish();
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, total));
    };
    const onGone = (error?: unknown): void => fail(clientGone(error));
    const leftMs = exchange.startedAtMs + exchange.config.requestTimeoutMs - performance.now();
    const timer = setTimeout(() => fail(timedOut()), Math.max(0, leftMs));
    if (incoming.destroyed) onGone();
    else incoming.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
  });
}

async function readInProcess(request: Request, limitBytes: number): Promise<Uint8Array> {
  if (request.body === null) return empty;
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of request.body) {
    total += chunk.length;
    // Leaving the loop cancels the stream.
    if (total > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, total);
}

function tooLarge(limitBytes: number): TierlineError {
  const message = `The body is larger than ${limitBytes} bytes.`;
  return new TierlineError('http.body_too_large', 'invalid', message, { details: { limit_bytes: limitBytes } });
}

function timedOut(): TierlineError {
  return new TierlineError('http.request_timeout', 'invalid', 'The body took too long to arrive.');
}

function clientGone(cause: unknown): TierlineError {
  const message = 'The connection was closed before the whole body arrived.';
  return new TierlineError('http.client_gone', 'invalid', message, { cause });
}
