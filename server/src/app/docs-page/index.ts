import { readFileSync } from 'node:fs';
import { apiBase } from '@tierline/contract';
import { TierlineError } from '@tierline/kernel';
import { Hono } from 'hono';
import { problemResponse, type HttpEnv, type Surface } from '../../platform/http/index.ts';

const files = [
  { path: '/', name: 'landing.html', type: 'text/html; charset=utf-8' },
  { path: '/docs', name: 'page.html', type: 'text/html; charset=utf-8' },
  { path: '/docs/page.css', name: 'page.css', type: 'text/css; charset=utf-8' },
  { path: '/docs/page.js', name: 'page.js', type: 'text/javascript; charset=utf-8' },
  { path: '/docs/schema.js', name: 'schema.js', type: 'text/javascript; charset=utf-8' },
] as const;

/** Everything comes from this server, so the pages work without a network and can load nothing else, nor be framed. */
const policy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The pages for people: where to go from here, and the reference of our own API. */
export function pagesSurface(): Surface {
  const app = new Hono<HttpEnv>();
  for (const { path, name, type } of files) {
    const text = readFileSync(new URL(name, import.meta.url), 'utf8').replaceAll('{{api}}', apiBase);
    const headers = {
      'content-type': type,
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    };
    app.get(path, () => new Response(text, { headers }));
  }
  app.get('/docs/', (c) => c.redirect('/docs', 308));
  return {
    name: 'pages',
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
