import { createServer, IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { newId, TierlineError } from '@tierline/kernel';
import type { Config } from '../config/index.ts';
import { Answer, isAnswer } from './answer.ts';
import { createHandler, type Handle, type HandlerOptions } from './handler.ts';
import { problemResponse } from './problem.ts';
import { refuseConnection } from './refusal.ts';

export type HttpServerOptions = HandlerOptions;

export type ListeningAddress = { readonly host: string; readonly port: number; readonly url: string };

export type HttpServer = {
  /** @throws TierlineError `http.port_in_use` (conflict), `http.port_forbidden`, `http.host_unavailable` */
  listen(): Promise<ListeningAddress>;
  /** Stops accepting, lets requests in progress finish (at most `shutdownGraceMs`), then closes. Can be called again. */
  close(): Promise<void>;
  /** Answers a request in process, as over a connection; for tests. */
  fetch(request: Request): Promise<Response>;
};

/** Largest head of a request, all header lines together. */
const headBytesMax = 16 * 1024;
/** Bodies have their own limits of time (`readBody`, `streamBody`); this is for a handler that uses neither. */
const wholeRequestTimeoutMs = 600_000;
/** How often, while closing, connections that have become idle are closed. */
const closeIdleEveryMs = 50;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { config, health } = options;
  let closing: Promise<void> | undefined;
  const handle = createHandler(options, () => closing !== undefined);
  const server = createServer({
    ServerResponse: Answer,
    headersTimeout: config.headersTimeoutMs,
    requestTimeout: wholeRequestTimeoutMs,
    keepAliveTimeout: config.keepAliveTimeoutMs,
    maxHeaderSize: headBytesMax,
    connectionsCheckingInterval: Math.min(1000, Math.max(10, Math.floor(config.headersTimeoutMs / 4))),
  });
  const answer = listener(handle);
  server.on('request', (incoming, outgoing) => void answer(incoming, outgoing));
  const malformed = options.metrics.counter({
    name: 'http_malformed_requests_total',
    help: 'What came in on a connection and was no HTTP request.',
  });
  server.on('clientError', (error, socket) => {
    malformed.inc();
    void refuseConnection(error, socket);
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    listen: () => listen(server, config),
    close() {
      closing ??= close(server, sockets, config.shutdownGraceMs);
      health.markStopping();
      return closing;
    },
    fetch: async (request) => handle(request, {}),
  };
}

function listener(handle: Handle) {
  return getRequestListener(
    (request, { incoming, outgoing }) =>
      incoming instanceof IncomingMessage && isAnswer(outgoing)
        ? handle(request, { incoming, outgoing })
        : handle(request, {}),
    {
      hostname: 'localhost',
      // The handler never throws, so this is about a target or a Host header that make no URL.
      errorHandler: (cause) =>
        problemResponse(
          new TierlineError(
            'http.malformed_request',
            'invalid',
            'The request target or the Host header is malformed.',
            {
              cause,
            },
          ),
          newId(),
        ),
    },
  );
}

function listen(server: Server, config: Config): Promise<ListeningAddress> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error & { code?: string }): void => reject(listenError(error, config));
    server.once('error', onError);
    server.listen({ port: config.port, host: config.host }, () => {
      server.off('error', onError);
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : config.port;
      resolve({ host: config.host, port, url: config.publicUrl ?? `http://${reachable(config.host)}:${port}` });
    });
  });
}

/** The host as a caller on this machine writes it. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function listenError(error: Error & { code?: string }, { host, port }: Config): TierlineError {
  if (error.code === 'EADDRINUSE') {
    const message = `Port ${port} on ${host} is taken by another program. Stop that one, or choose another port with --port (--port 0 picks a free one).`;
    return new TierlineError('http.port_in_use', 'conflict', message, { field: '--port', cause: error });
  }
  if (error.code === 'EACCES') {
    const message = `This user may not listen on port ${port}. Choose one from 1024 on with --port.`;
    return new TierlineError('http.port_forbidden', 'forbidden', message, { field: '--port', cause: error });
  }
  const message = `The server cannot listen on ${host}: ${error.message}. Choose an address of this machine with --host.`;
  return new TierlineError('http.host_unavailable', 'invalid', message, { field: '--host', cause: error });
}

async function close(server: Server, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    // The only error is that it does not listen, which is what is wanted.
    server.close(() => resolve());
  });
  // A connection that never sent a byte does not count as idle for Node, but there is nothing to wait for.
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  const idle = setInterval(() => server.closeIdleConnections(), closeIdleEveryMs);
  const force = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(force);
}
