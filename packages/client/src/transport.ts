import { apiBase, problem, type Route } from '@tierline/contract';
import { ApiError } from './api-error.ts';

export type ClientOptions = {
  /** Where the server is, such as `http://localhost:7420`. */
  readonly baseUrl: string;
  /** An API key or the token of a session. */
  readonly token?: string;
  /** For users with several accounts: the one to act for. */
  readonly accountId?: string;
  /** How often a request is tried again after 429, 503 or a broken connection; 3 when not given. */
  readonly retriesMax?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** How to wait before trying again; for tests. */
  readonly wait?: (ms: number) => Promise<void>;
};

export type CallOptions = {
  /** For a write whose key must outlive this process; made when not given. */
  readonly idempotencyKey?: string;
  /** Refuses a change unless the thing still has this version. */
  readonly ifVersion?: number;
  readonly signal?: AbortSignal;
};

export type PlainRequest = CallOptions & {
  readonly params?: unknown;
  readonly query?: object | undefined;
  readonly body?: unknown;
};

export type Send = (route: Route, request: PlainRequest) => Promise<unknown>;

const waitMsMax = 30_000;

/** Sends described requests; a write keeps its idempotency key through all tries, so it happens once. */
export function transport(options: ClientOptions): Send {
  const send = options.fetch ?? globalThis.fetch;
  const wait = options.wait ?? ((ms) => new Promise((resolve) => void setTimeout(resolve, ms)));
  const retriesMax = options.retriesMax ?? 3;

  return async (route, request) => {
    const url = addressOf(options.baseUrl, route, request);
    const init = requestInit(options, route, request);
    const isRepeatable = route.method === 'get' || route.isNotRepeatable !== true;
    for (let tries = 0; ; tries += 1) {
      const isLast = tries >= retriesMax || !isRepeatable;
      let response: Response;
      try {
        response = await send(url, init);
      } catch (error) {
        if (isLast || request.signal?.aborted === true) throw error;
        await wait(backoffMs(tries));
        continue;
      }
      if (response.ok) return read(response);
      if (isLast || (response.status !== 429 && response.status !== 503)) throw await refusal(response);
      await response.body?.cancel();
      await wait(retryAfterMs(response) ?? backoffMs(tries));
    }
  };
}

function addressOf(baseUrl: string, route: Route, { params, query }: PlainRequest): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(textOf(params, name)));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(name, String(value));
  }
  const suffix = search.size === 0 ? '' : `?${search.toString()}`;
  return `${baseUrl.replace(/\/+$/, '')}${apiBase}${path}${suffix}`;
}

function textOf(params: unknown, name: string): string {
  const value: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, name) : undefined;
  return String(value);
}

function requestInit(options: ClientOptions, route: Route, request: PlainRequest): RequestInit {
  const headers = new Headers({ accept: 'application/json' });
  if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
  if (options.accountId !== undefined) headers.set('tierline-account', options.accountId);
  if (request.body !== undefined) headers.set('content-type', 'application/json');
  if (request.ifVersion !== undefined) headers.set('if-match', `"${request.ifVersion}"`);
  if (route.method !== 'get' && route.isNotRepeatable !== true) {
    headers.set('idempotency-key', request.idempotencyKey ?? globalThis.crypto.randomUUID());
  }
  return {
    method: route.method.toUpperCase(),
    headers,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  return response.json();
}

async function refusal(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  const body: unknown = await response.json().catch(() => undefined);
  const parsed = problem.safeParse(body);
  return new ApiError(response.status, requestId, parsed.success ? parsed.data : {});
}

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1000, waitMsMax) : undefined;
}

function backoffMs(tries: number): number {
  return Math.min(200 * 2 ** tries, waitMsMax);
}
