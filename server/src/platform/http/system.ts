import { TierlineError } from '@tierline/kernel';
import { Hono } from 'hono';
import { metricsContentType, type Metrics } from '../telemetry/index.ts';
import type { HttpEnv } from './exchange.ts';
import type { Health } from './health.ts';
import { problemResponse } from './problem.ts';
import type { Surface } from './surface.ts';

export const systemPaths: readonly string[] = ['/healthz', '/readyz', '/metrics'];

/** What a machine that runs the server asks it. Also answers for every path that no surface owns. */
export function systemSurface(health: Health, metrics: Metrics): Surface {
  const app = new Hono<HttpEnv>();
  app.get('/healthz', () => Response.json({ status: 'ok' }));
  app.get('/readyz', async () => {
    const { ready, reasons } = await health.report();
    return Response.json({ status: ready ? 'ready' : 'not ready', reasons }, { status: ready ? 200 : 503 });
  });
  app.get('/metrics', () => new Response(metrics.text(), { headers: { 'content-type': metricsContentType } }));
  return {
    name: 'system',
    base: '/',
    app,
    errorResponse: (error, c) => problemResponse(error, c.get('requestId')),
    notFound: (c) =>
      problemResponse(
        new TierlineError('http.no_such_route', 'not_found', `There is nothing at ${c.req.path}.`),
        c.get('requestId'),
      ),
    requestIdHeader: { name: 'x-request-id' },
  };
}
