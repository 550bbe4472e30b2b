import { connect, type Socket } from 'node:net';
import { Hono } from 'hono';
import { loadConfig, type ConfigOverrides } from '../config/index.ts';
import { createLogger, createMetrics } from '../telemetry/index.ts';
import { createHealth, createHttpServer, problemResponse, readBody, type HttpEnv, type Surface } from './index.ts';

/** A surface in the form of our own API, for tests of the server itself. */
export function aSurface(app: Surface['app'], more: Partial<Surface> = {}): Surface {
  return {
    name: 'api',
    base: '/api/v1',
    app,
    errorResponse: (error, c) => problemResponse(error, c.get('requestId')),
    notFound: (c) => c.json({ code: 'nothing here', path: c.req.path }, 404),
    requestIdHeader: { name: 'X-Request-Id' },
    ...more,
  };
}

/** An app that answers the length of a body it was sent. */
export function anEcho(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.post('/length', async (c) => c.json({ length: (await readBody(c)).length }));
  app.get('/hello', (c) => c.text('hello'));
  return app;
}

/** A server with its log kept in `lines`. Not listening yet; port 0 of 127.0.0.1. */
export function aServer(surfaces: readonly Surface[], overrides: ConfigOverrides = {}) {
  const lines: unknown[] = [];
  const config = loadConfig({ env: {}, overrides: { port: 0, ...overrides } });
  const log = createLogger({ level: 'info', destination: { write: (line) => void lines.push(JSON.parse(line)) } });
  const metrics = createMetrics();
  const health = createHealth();
  const server = createHttpServer({ config, log, metrics, surfaces, health });
  return { server, lines, metrics, health, config };
}

/** A bare connection: what comes back is collected until the server closes it. */
export function aConnection(port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  const listeners = new Set<() => void>();
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    text += chunk;
    for (const listener of listeners) listener();
  });
  // A reset shows in what was received.
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(text));
  });
  return {
    socket,
    /** Everything received until the connection closed. */
    closed,
    send: (...lines: readonly string[]) => void socket.write(lines.join('\r\n'), 'latin1'),
    /** Waits until the pattern is among what was received. */
    received: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          listeners.delete(look);
          resolve(text);
        };
        listeners.add(look);
        look();
      }),
  };
}
