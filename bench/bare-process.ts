import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/**
 * What the framework alone can do: one handler that answers the same bytes with the same headers, ready-made.
 * The answer comes from the process that measures, which took it from the real server.
 */
type Answer = { readonly path: string; readonly bodyBase64: string; readonly headers: Record<string, string> };

process.once('message', (answers: readonly Answer[]) => {
  const app = new Hono();
  for (const { path, bodyBase64, headers } of answers) {
    const body = new Uint8Array(Buffer.from(bodyBase64, 'base64'));
    app.get(path, () => new Response(body, { headers }));
  }
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => process.send!({ port }));
});

// Nothing is left to do when the process that measures is gone.
process.on('disconnect', () => process.exit());
