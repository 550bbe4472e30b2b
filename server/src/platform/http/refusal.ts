import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { newId, TierlineError } from '@tierline/kernel';
import { problemResponse, statusOf } from './problem.ts';

/** How long a connection stays open for the client to read why it is closed. */
const lingerMs = 500;

const refused = new WeakSet<Duplex>();

/**
 * Answers what Node's parser could not read as a request: no surface is known then, so the answer is problem+json.
 * Closing at once could make the client's system throw the answer away (a reset overtakes it), so the connection is
 * ended for writing first and destroyed a little later.
 */
export async function refuseConnection(cause: Error & { code?: string }, socket: Duplex): Promise<void> {
  // Further bytes from the client fail again in the parser.
  if (refused.has(socket)) return;
  refused.add(socket);
  if (cause.code === 'ECONNRESET' || !socket.writable || answerHasBegun(socket)) {
    socket.destroy();
    return;
  }
  const error = errorOf(cause.code);
  const response = problemResponse(error, newId());
  const body = await response.text();
  const status = statusOf(error);
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n` +
      `Content-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  setTimeout(() => socket.destroy(), lingerMs).unref();
}

function errorOf(code: string | undefined): TierlineError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new TierlineError('http.head_too_large', 'invalid', 'The head of the request is too large.');
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new TierlineError('http.request_timeout', 'invalid', 'The request took too long to arrive.');
  }
  return new TierlineError('http.malformed_request', 'invalid', 'The request is not HTTP.');
}

/** Whether part of an answer is sent on the socket already. Node's own handling of such errors asks the same way. */
function answerHasBegun(socket: Duplex): boolean {
  const message: unknown = Reflect.get(socket, '_httpMessage');
  return typeof message === 'object' && message !== null && 'headersSent' in message && message.headersSent === true;
}
