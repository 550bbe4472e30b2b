import type { IncomingMessage } from 'node:http';
import { newId, TierlineError } from '@tierline/kernel';
import type { Config } from '../config/index.ts';
import { createAccessLog, type AccessLog, type Logger, type Metrics } from '../telemetry/index.ts';
import type { Answer } from './answer.ts';
import type { Exchange, HttpEnv } from './exchange.ts';
import type { Health } from './health.ts';
import { problemResponse } from './problem.ts';
import { checkTarget } from './query.ts';
import { routeCounter } from './route-count.ts';
import { mountSurface, type CountRoute, type MountedSurface, type Surface } from './surface.ts';
import { systemPaths, systemSurface } from './system.ts';

export type HandlerOptions = {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly surfaces: readonly Surface[];
  readonly health: Health;
};

/** Answers one request; never throws. Without Node's pair the request was made in process. */
export type Handle = (request: Request, node: NodePair) => Response | Promise<Response>;
export type NodePair = { readonly incoming?: IncomingMessage; readonly outgoing?: Answer };

/** One request on its way: where it goes, and what is known of it. */
type Visit = {
  readonly request: Request;
  readonly path: string;
  readonly mounted: MountedSurface;
  readonly env: HttpEnv['Bindings'];
};

/** The path every request takes. It stands on the hot path of everything, so it does little. */
export function createHandler(options: HandlerOptions, isClosing: () => boolean): Handle {
  const { config, log } = options;
  const countRoute = routeCounter(options.metrics);
  const find = surfaceFinder(options, countRoute);
  const finish = finisher(countRoute, createAccessLog(log, config.accessLogLevel), isClosing);

  return (request, { incoming, outgoing }) => {
    const url = request.url;
    // The URL is absolute and its host has at least one letter: http://h/
    const pathStart = url.indexOf('/', 8);
    const queryStart = url.indexOf('?', pathStart);
    const path = queryStart === -1 ? url.slice(pathStart) : url.slice(pathStart, queryStart);
    const sentId = incoming === undefined ? request.headers.get('x-request-id') : incoming.headers['x-request-id'];
    const exchange: Exchange = {
      requestId: isSaneId(sentId) ? sentId : newId(),
      rawTarget: incoming?.url ?? url.slice(pathStart),
      startedAtMs: performance.now(),
      config,
      log,
      context: undefined,
      route: undefined,
      body: undefined,
    };
    const env = incoming === undefined || outgoing === undefined ? { exchange } : { incoming, outgoing, exchange };
    const mounted = find(path);
    const visit: Visit = { request, path, mounted, env };
    const idHeader = mounted.surface.requestIdHeader;
    if (idHeader !== undefined) outgoing?.addHeader(idHeader.name, (idHeader.prefix ?? '') + exchange.requestId);
    let answer: Response | Promise<Response>;
    try {
      checkTarget(url.slice(pathStart));
      answer = mounted.app.fetch(request, env);
    } catch (error) {
      answer = recover(visit, error);
    }
    // A handler that answers at once is not made to wait: that would be a turn of the queue for each request.
    if (!(answer instanceof Promise)) return finish(visit, answer);
    return answer.catch((error: unknown) => recover(visit, error)).then((response) => finish(visit, response));
  };
}

function isSaneId(sent: string | string[] | null | undefined): sent is string {
  return typeof sent === 'string' && /^[\x21-\x7e]{1,128}$/.test(sent);
}

async function recover({ mounted, request, env }: Visit, error: unknown): Promise<Response> {
  try {
    return await mounted.fail(error, request, env);
  } catch (second) {
    const { log, requestId } = env.exchange;
    log.error({ requestId, err: second }, 'a surface could not answer an error');
    return problemResponse(second, requestId);
  }
}

/** What is done with every answer: it is counted, logged, and told to close its connection where it must. */
function finisher(countRoute: CountRoute, writeAccess: AccessLog | undefined, isClosing: () => boolean) {
  return ({ request, path, mounted, env }: Visit, response: Response): Response => {
    const { exchange, outgoing } = env;
    const { name: surface, requestIdHeader } = mounted.surface;
    const ms = performance.now() - exchange.startedAtMs;
    // 499 as nginx has it: the client left before the answer.
    const status = outgoing?.destroyed === true ? 499 : response.status;
    if (outgoing === undefined) {
      // In process there is no Node response that carries it.
      if (requestIdHeader !== undefined) {
        response.headers.set(requestIdHeader.name, (requestIdHeader.prefix ?? '') + exchange.requestId);
      }
    } else if (status === 408 || isClosing()) {
      outgoing.shouldKeepAlive = false;
    }
    const count = exchange.route ?? countRoute(surface, request.method, '<none>');
    count(status, ms / 1000);
    writeAccess?.({
      method: request.method,
      path,
      status,
      ms,
      requestId: exchange.requestId,
      surface,
      accountId: exchange.context?.get('accountId'),
    });
    return response;
  };
}

/** Finds the surface that owns a path: the one with the longest base. */
function surfaceFinder(options: HandlerOptions, countRoute: CountRoute): (path: string) => MountedSurface {
  const system = mountSurface(systemSurface(options.health, options.metrics), countRoute);
  const mounted = options.surfaces
    .map((surface) => mountSurface(surface, countRoute))
    .toSorted((one, other) => other.surface.base.length - one.surface.base.length);
  const bases = mounted.map(({ surface }) => surface.base);
  if (new Set(bases).size !== bases.length) {
    throw new TierlineError('http.surface_twice', 'bug', `Two surfaces share a base: ${bases.join(', ')}.`);
  }
  const root = mounted.find(({ surface }) => surface.base === '/') ?? system;
  const owners = mounted.filter((one) => one !== root);
  return (path) => {
    for (const owner of owners) {
      const { base } = owner.surface;
      if (path.startsWith(base) && (path.length === base.length || path.charCodeAt(base.length) === 0x2f)) return owner;
    }
    return systemPaths.includes(path) ? system : root;
  };
}
