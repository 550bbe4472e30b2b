import { lookup as resolve } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { TierlineError } from '@tierline/kernel';
import { isPublicAddress } from './addresses.ts';

export { isPublicAddress } from './addresses.ts';

export type Posted = { readonly status: number; readonly text: string };

export type PostOptions = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** Only addresses that anybody can reach: for what is sent on behalf of somebody who is not the operator. */
  readonly publicOnly: boolean;
};

const answerBytesMax = 10_000;

/**
 * Posts a body and reads the beginning of the answer. Redirects are not followed. With `publicOnly` the address is checked at the moment
 * of connecting, so a name that resolves to another address a moment later gains nothing.
 * @throws TierlineError `outbound.private_address` (invalid), `outbound.unreachable` (unavailable)
 */
export function post(options: PostOptions): Promise<Posted> {
  const url = new URL(options.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (options.publicOnly && isIP(host) !== 0 && !isPublicAddress(host)) return Promise.reject(privateAddress());
  const settings: RequestOptions = {
    method: 'POST',
    headers: { ...options.headers, 'content-length': String(Buffer.byteLength(options.body)) },
    signal: AbortSignal.timeout(options.timeoutMs),
    agent: false,
    ...(options.publicOnly ? { lookup: publicLookup } : {}),
  };
  return new Promise((fulfill, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const outgoing = send(url, settings, (incoming) => {
      readSome(incoming).then((text) => fulfill({ status: incoming.statusCode ?? 0, text }), reject);
    });
    outgoing.once('error', (error) => reject(error instanceof TierlineError ? error : unreachable(error)));
    outgoing.end(options.body);
  });
}

async function readSome(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of incoming) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    total += chunk.length;
    if (total >= answerBytesMax) break;
  }
  incoming.destroy();
  return Buffer.concat(chunks).subarray(0, answerBytesMax).toString('utf8');
}

const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const [first] = addresses;
    if (first === undefined || addresses.some(({ address }) => !isPublicAddress(address))) {
      return callback(privateAddress(), '', 0);
    }
    if (options.all === true) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

function privateAddress(): TierlineError {
  const message = 'In a sandbox, webhooks go to public addresses only.';
  return new TierlineError('outbound.private_address', 'invalid', message);
}

function unreachable(cause: Error): TierlineError {
  return new TierlineError('outbound.unreachable', 'unavailable', 'The address did not answer.', { cause });
}
