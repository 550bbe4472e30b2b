import { TierlineError } from '@tierline/kernel';
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { METHODS } from 'hono/router';
import type { RouterRoute } from 'hono/types';
import { openContext, type HttpEnv, type RouteCount } from './exchange.ts';
import { toTierlineError } from './problem.ts';

/**
 * A dialect of the server: it owns every path under its base, also those it has no route for, so that whatever goes
 * wrong there comes out in its own form.
 */
export type Surface = {
  /** For logs and metrics: `api`, `lmpi`, `simpleapi`. Letters only. */
  readonly name: string;
  /** Without a slash at its end (`/api/v1`); `/` owns what no other surface does. */
  readonly base: string;
  /** The routes, relative to the base. Its own `onError` and `notFound` are not used: the two below are. */
  readonly app: { readonly routes: readonly RouterRoute[] };
  /**
   * Any refusal or failure in the surface's form. Never gets anything but a TierlineError: what else is thrown is logged
   * and made one (`internal.bug`) before.
   */
  readonly errorResponse: (error: TierlineError, c: Context<HttpEnv>) => Response | Promise<Response>;
  /** The answer for a path with no route. */
  readonly notFound: (c: Context<HttpEnv>) => Response | Promise<Response>;
  /**
   * The answer for a route that exists for other methods (`allow`). Without it: errorResponse with
   * `http.method_not_allowed`. The server adds the Allow header to a 405.
   */
  readonly methodNotAllowed?: (allow: readonly string[], c: Context<HttpEnv>) => Response | Promise<Response>;
  /** The header in which answers carry the request's id, perhaps after a prefix (`a8n-`). */
  readonly requestIdHeader?: { readonly name: string; readonly prefix?: string };
};

export type MountedSurface = {
  readonly surface: Surface;
  readonly app: Hono<HttpEnv>;
  /** Answers with an error outside of the surface's routes, for what goes wrong before or beside them. */
  fail(error: unknown, request: Request, env: HttpEnv['Bindings']): Promise<Response>;
};

/** Makes the counter of one route; `route` is its pattern with the base, or a name in angle brackets. */
export type CountRoute = (surface: string, method: string, route: string) => RouteCount;

/**
 * Builds the router of a surface. Handlers are registered one by one, not as a nested app with middleware before it:
 * a route with a single handler is then called by hono directly, which is a good part of the cost of a request.
 */
export function mountSurface(surface: Surface, countRoute: CountRoute): MountedSurface {
  const app = new Hono<HttpEnv>();
  const prefix = surface.base === '/' ? '' : surface.base;
  for (const route of surface.app.routes) {
    const path = route.path === '/' && prefix !== '' ? prefix : prefix + route.path;
    const isMiddleware = route.method === 'ALL';
    const count = isMiddleware ? undefined : countRoute(surface.name, route.method, path);
    const handler: MiddlewareHandler<HttpEnv> = route.handler;
    app.on(route.method, path, (c, next) => {
      openContext(c);
      if (count !== undefined) c.env.exchange.route = count;
      return handler(c, next);
    });
  }
  const errorResponse = async (thrown: unknown, c: Context<HttpEnv>): Promise<Response> => {
    openContext(c);
    const error = toTierlineError(thrown);
    if (error.kind === 'bug') logBug(error, c);
    return surface.errorResponse(error, c);
  };
  app.onError(errorResponse);
  app.notFound((c) => {
    openContext(c);
    return noRoute(surface, app, c);
  });
  return {
    surface,
    app,
    async fail(error, request, env) {
      // A context can only be had from an app.
      const one = new Hono<HttpEnv>();
      one.all('*', (c) => errorResponse(error, c));
      // Without this hono would answer a failure of the form itself, as text.
      one.onError((second) => {
        throw second;
      });
      return one.fetch(request, env);
    },
  };
}

async function noRoute(surface: Surface, app: Hono<HttpEnv>, c: Context<HttpEnv>): Promise<Response> {
  const allow = allowedMethods(app, c.req.path);
  if (allow.length === 0) return surface.notFound(c);
  if (c.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow: allow.join(', ') } });
  const response =
    surface.methodNotAllowed === undefined
      ? await surface.errorResponse(methodNotAllowed(c.req.method, allow), c)
      : await surface.methodNotAllowed(allow, c);
  if (response.status === 405 && !response.headers.has('allow')) response.headers.set('allow', allow.join(', '));
  return response;
}

function methodNotAllowed(method: string, allow: readonly string[]): TierlineError {
  const message = `${method} is not possible here; use ${allow.join(' or ')}.`;
  return new TierlineError('http.method_not_allowed', 'invalid', message, { details: { allow } });
}

/** The methods for which the path has a route. Middleware is registered for all methods and counts for none. */
function allowedMethods(app: Hono<HttpEnv>, path: string): string[] {
  const allowed = METHODS.map((method) => method.toUpperCase()).filter((method) =>
    app.router.match(method, path)[0].some((match) => match[0][1].method === method),
  );
  if (allowed.length === 0) return [];
  return [...(allowed.includes('GET') ? ['GET', 'HEAD'] : []), ...allowed.filter((method) => method !== 'GET')];
}

function logBug(error: TierlineError, c: Context<HttpEnv>): void {
  const { log, requestId } = c.env.exchange;
  log.error(
    { requestId, code: error.code, internal: error.internal, err: error.code === 'internal.bug' ? error.cause : error },
    'request failed',
  );
}
