import { createHash } from 'node:crypto';
import { invalid, type Temporal, TierlineError, type AccountId, type Reason } from '@tierline/kernel';
import { takesVersion, type AnswerOf, type BodyOf, type ParamsOf, type QueryOf, type Route } from '@tierline/contract';
import { Hono, type Context } from 'hono';
import { z } from 'zod';
import { readJson } from './body.ts';
import type { HttpEnv } from './exchange.ts';
import { reasonsOf } from './issues.ts';

/** Who calls, as far as the binding of routes needs to know. */
export type ApiCaller = { readonly accountId: AccountId; readonly actor: string };

/** Why something is done; the shape of the database's `Cause`. */
export type ApiCause = {
  readonly actor: string;
  readonly requestId: string;
  readonly at: Temporal.Instant;
  readonly realAt?: Temporal.Instant;
  readonly idempotency?: {
    readonly ownerId: AccountId;
    readonly scope: string;
    readonly key: string;
    readonly requestHash: Buffer;
  };
};

/** A request that was let in and read. */
export type Call<Caller, R extends Route> = {
  readonly caller: R extends { readonly isPublic: true } ? undefined : Caller;
  readonly params: ParamsOf<R>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  readonly cause: ApiCause;
  /** From If-Match; undefined: whatever version there is. */
  readonly expectedVersion: number | undefined;
  /** Checks a further permission, which depends on what is asked for. */
  readonly require: (permission: string) => void;
  /** Whether the caller has the answer with this ETag already. */
  readonly knows: (etag: string) => boolean;
  /** The token that the caller showed. */
  readonly token: string;
  /** For what is streamed; everything else is read already. */
  readonly context: Context<HttpEnv>;
};

export type Reply<R extends Route> =
  | {
      [Status in keyof R['answers']]: {
        readonly status: Status;
        readonly body: AnswerOf<R, Status>;
        readonly version?: number;
        readonly etag?: string;
      };
    }[keyof R['answers']]
  | { readonly status: 304; readonly etag: string }
  /** What is streamed, made by the handler itself. */
  | Response;

/** Connects a described operation with what it does. A module's routes.ts calls it once for each of its operations. */
export type Bind<Caller> = <R extends Route>(route: R, handler: (call: Call<Caller, R>) => Promise<Reply<R>>) => void;

export const ok = <Body>(body: Body, version?: number) => ({
  status: 200 as const,
  body,
  ...(version === undefined ? {} : { version }),
});
export const created = <Body>(body: Body, version?: number) => ({
  status: 201 as const,
  body,
  ...(version === undefined ? {} : { version }),
});
export const noContent = { status: 204, body: undefined } as const;

export type BinderOptions<Caller extends ApiCaller> = {
  /** Why the caller's request is done, and at which time; undefined: nobody has signed in. */
  readonly causeOf: (caller: Caller | undefined, requestId: string) => ApiCause;
  /** Throws for a caller who is nobody. */
  readonly authenticate: (c: Context<HttpEnv>, token: string) => Promise<Caller>;
  /** Throws unless the permission table lets the caller do it. */
  readonly authorize: (caller: Caller, permission: string) => void;
};

/**
 * Builds the app of our own API from described routes. For each request, in this order: who calls, whether the table
 * allows it, then what was sent (every reason at once), and only then the handler.
 */
export function apiBinder<Caller extends ApiCaller>(options: BinderOptions<Caller>) {
  const app = new Hono<HttpEnv>();
  const bound = new Map<string, Route>();
  const bind: Bind<Caller> = (route, handler) => {
    if (bound.has(route.operationId)) {
      throw new TierlineError('http.route_twice', 'bug', `The operation ${route.operationId} is bound twice.`);
    }
    bound.set(route.operationId, route);
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, async (c) =>
      answer(c, route, await handler(await read(c, route, options))),
    );
  };
  return { app, bind, bound };
}

async function read<Caller extends ApiCaller, R extends Route>(
  c: Context<HttpEnv>,
  route: R,
  { causeOf, authenticate, authorize }: BinderOptions<Caller>,
): Promise<Call<Caller, R>> {
  const token = route.isPublic === true ? '' : bearerOf(c);
  const caller = route.isPublic === true ? undefined : await authenticate(c, token);
  if (caller !== undefined) {
    c.set('accountId', caller.accountId);
    if (route.permission !== null) authorize(caller, route.permission);
  }
  const parts = await parse(c, route);
  const key = idempotencyKeyOf(c, route);
  const cause = causeOf(caller, c.env.exchange.requestId);
  const call = {
    caller,
    ...parts.read,
    cause:
      key === undefined || caller === undefined
        ? cause
        : {
            ...cause,
            idempotency: { ownerId: caller.accountId, scope: route.operationId, key, requestHash: parts.hash() },
          },
    expectedVersion: takesVersion(route) ? expectedVersionOf(c) : undefined,
    require: (permission: string) => {
      if (caller !== undefined) authorize(caller, permission);
    },
    knows: (etag: string) => isKnown(c, etag),
    token,
    context: c,
  };
  // The parts were parsed by the very schemas that these types come from.
  return call as Call<Caller, R>;
}

function bearerOf(c: Context<HttpEnv>): string {
  const [, token] = /^bearer ([\x21-\x7e]{1,500})$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (token !== undefined) return token;
  throw new TierlineError(
    'request.no_credentials',
    'unauthenticated',
    'Send an API key or the token of a session: Authorization: Bearer <token>.',
  );
}

const nothing = z.strictObject({});

async function parse(c: Context<HttpEnv>, route: Route) {
  const rawParams = c.req.param();
  const params = route.params?.safeParse(rawParams);
  if (params?.success === false) throw noSuchPath(params.error);
  const search = new URL(c.req.url).searchParams;
  const rawQuery = Object.fromEntries(search);
  const query = (route.query ?? nothing).safeParse(rawQuery);
  const rawBody = route.body === undefined ? undefined : await readJson(c);
  const body = route.body?.safeParse(rawBody);
  const reasons: Reason[] = [
    ...repeatedNames(search),
    ...(query.success ? [] : reasonsOf(query.error, rawQuery)),
    ...(body === undefined || body.success ? [] : reasonsOf(body.error, rawBody)),
  ];
  if (reasons.length > 0) throw invalid(reasons);
  return {
    read: { params: params?.data, query: route.query === undefined ? undefined : query.data, body: body?.data },
    hash: () => requestHash(c, search, rawBody),
  };
}

/** A path with something else where an id belongs names nothing. */
function noSuchPath(error: z.ZodError): TierlineError {
  const field = String(error.issues[0]?.path[0] ?? '');
  return new TierlineError('request.malformed_id', 'not_found', `There is nothing with this ${field}.`, { field });
}

function repeatedNames(search: URLSearchParams): Reason[] {
  const names = [...search.keys()];
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...repeated].map((field) => ({
    field,
    code: 'request.repeated_field',
    message: `The query field ${field} stands more than once.`,
  }));
}

function idempotencyKeyOf(c: Context<HttpEnv>, route: Route): string | undefined {
  const key = c.req.header('idempotency-key');
  if (key === undefined || route.method === 'get' || route.isNotRepeatable === true) return undefined;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const message = 'An Idempotency-Key has 1 to 255 visible ASCII characters.';
  throw new TierlineError('request.bad_idempotency_key', 'invalid', message, { field: 'Idempotency-Key' });
}

function expectedVersionOf(c: Context<HttpEnv>): number | undefined {
  const header = c.req.header('if-match');
  if (header === undefined || header === '*') return undefined;
  const [, version] = /^"(\d{1,9})"$/.exec(header) ?? [];
  if (version !== undefined) return Number(version);
  const message = 'If-Match holds the ETag of the version that is to be changed, such as "3".';
  throw new TierlineError('request.bad_if_match', 'invalid', message, { field: 'If-Match' });
}

/** Tells whether a retry is the same request: method, path, query and body, whatever the order of their members. */
function requestHash(c: Context<HttpEnv>, search: URLSearchParams, body: unknown): Buffer {
  const query = [...search].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(`${c.req.method}\n${c.req.path}\n${JSON.stringify(query)}\n${canonical(body)}`)
    .digest();
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? '';
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join()}}`;
}

function isKnown(c: Context<HttpEnv>, etag: string): boolean {
  const header = c.req.header('if-none-match');
  if (header === undefined) return false;
  // What is in between may have compressed the answer and weakened its tag; for reading that is the same.
  return header === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
}

function answer<R extends Route>(c: Context<HttpEnv>, route: R, reply: Reply<R>): Response {
  if (reply instanceof Response) return reply;
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  const etag = reply.status === 304 ? reply.etag : etagOf(route, reply);
  if (etag !== undefined) {
    headers['etag'] = etag;
    headers['cache-control'] = 'private, no-cache';
    headers['vary'] = 'Authorization, Tierline-Account';
  }
  if (reply.status === 304 || (etag !== undefined && route.method === 'get' && isKnown(c, etag))) {
    return new Response(null, { status: 304, headers });
  }
  if (!('body' in reply) || reply.body === undefined)
    return new Response(null, { status: Number(reply.status), headers });
  headers['content-type'] = 'application/json; charset=utf-8';
  return new Response(JSON.stringify(reply.body), { status: Number(reply.status), headers });
}

function etagOf(route: Route, reply: { readonly etag?: string; readonly version?: number }): string | undefined {
  if (reply.etag !== undefined) return reply.etag;
  return route.hasVersion === true && reply.version !== undefined ? `"${reply.version}"` : undefined;
}

/** The fields that were given; those that are undefined are left out. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof Fields]: Exclude<Fields[Name], undefined> };
}
