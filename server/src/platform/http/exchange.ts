import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import type { Config } from '../config/index.ts';
import type { Logger } from '../telemetry/index.ts';
import type { Answer } from './answer.ts';

/** What the server knows of one request while it is answered. Passed on explicitly, in `c.env`. */
export type Exchange = {
  readonly requestId: string;
  /** The request target exactly as received, each byte one character: what signatures are made over. */
  readonly rawTarget: string;
  readonly startedAtMs: number;
  readonly config: Config;
  readonly log: Logger;
  /** The context of the handler, once one runs. */
  context: Context<HttpEnv> | undefined;
  /** Counts the answer under its route, once one is found. */
  route: RouteCount | undefined;
  /** The body, once it is read: it can be asked for again. */
  body: Promise<Uint8Array> | undefined;
};

export type RouteCount = (status: number, seconds: number) => void;

/** The environment of every handler. A surface may widen it with variables of its own. */
export type HttpEnv = {
  Bindings: {
    /** Node's own request and response; not there for requests made in process. */
    incoming?: IncomingMessage;
    outgoing?: Answer;
    exchange: Exchange;
  };
  Variables: {
    requestId: string;
    rawTarget: string;
    /** The caller's account, for the access log: set by whoever authenticates the request. */
    accountId?: string;
  };
};

/** Gives the context its variables. The server does it for every handler of a surface, before it runs. */
export function openContext(c: Context<HttpEnv>): void {
  const exchange = c.env.exchange;
  if (exchange.context === c) return;
  exchange.context = c;
  c.set('requestId', exchange.requestId);
  c.set('rawTarget', exchange.rawTarget);
}

/** A logger whose lines carry the request's id. Made on demand: most requests log nothing of their own. */
export function requestLog(c: { readonly env: HttpEnv['Bindings'] }): Logger {
  return c.env.exchange.log.child({ requestId: c.env.exchange.requestId });
}
