import { TierlineError } from '@tierline/kernel';
import type { Context, Handler } from 'hono';
import { authorize, checkSubscriptionKey, type Operation, type SimpleApiCaller } from '../../modules/access/index.ts';
import { causeOf as accountCause } from '../../modules/accounts/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import type { HttpEnv } from '../../platform/http/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { callLimits } from './limits.ts';

export type Call = Context<HttpEnv>;
export type CallHandler = (c: Call, caller: SimpleApiCaller) => Response | Promise<Response>;

/** Operations of LMPI need a version of theirs, so they can't be asked for here. */
type CallOperation = Exclude<Operation, `lmpi.${string}`>;

export type CallGate = ReturnType<typeof callGate>;

/**
 * What stands before every operation: subscription key, token, the limits of the key, permission (SimpleAPI reference 1, 2).
 * What is remembered of a token is answered at once, so that a read from memory costs no turn of the queue.
 */
export function callGate({ authenticate, settings, clock }: SimpleApiDependencies) {
  const count = callLimits(settings, clock);

  function admit(c: Call, caller: SimpleApiCaller | undefined, key: string): SimpleApiCaller {
    if (caller === undefined) {
      const message = 'The access token is wrong or has expired. Ask for a new one at /token.';
      throw new TierlineError('simpleapi.invalid_token', 'unauthenticated', message);
    }
    checkKey(caller, key);
    c.set('accountId', caller.principal.accountId);
    count(caller);
    return caller;
  }

  /** The handler of an operation that is called with a bearer token. */
  function guarded(operation: CallOperation, handler: CallHandler): Handler<HttpEnv> {
    const run = (c: Call, found: SimpleApiCaller | undefined, key: string): Response | Promise<Response> => {
      const caller = admit(c, found, key);
      authorize(caller.principal, operation);
      return handler(c, caller);
    };
    return (c) => {
      const key = requireKey(c);
      const token = bearerToken(headerOf(c, 'authorization'));
      const known = authenticate.peekSimpleApiBearer(token);
      if (known !== undefined) return run(c, known, key);
      return authenticate.simpleApiBearer(token).then((found) => run(c, found, key));
    };
  }

  return { guarded, count };
}

/** Node has the headers parsed already; asking the framework would build an object of all of them. */
export function headerOf(c: Call, name: 'authorization' | 'x-subscription-key' | 'if-none-match'): string | undefined {
  const { incoming } = c.env;
  if (incoming === undefined) return c.req.header(name);
  const value = incoming.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** A gateway in front would not let a call without its key through (SimpleAPI reference 1). */
export function requireKey(c: Call): string {
  const key = headerOf(c, 'x-subscription-key');
  if (key !== undefined && key !== '') return key;
  throw new TierlineError(
    'simpleapi.subscription_key_missing',
    'unauthenticated',
    'Send your subscription key in the header X-Subscription-Key.',
  );
}

/** The key that was right for a caller before, as long as the caller is remembered: hashing it again would only cost time. */
const rightKeys = new WeakMap<object, string>();

export function checkKey(caller: Pick<SimpleApiCaller, 'subscriptionKeyHash'>, key: string): void {
  const known = rightKeys.get(caller);
  if (known !== undefined && isSameText(known, key)) return;
  if (checkSubscriptionKey(caller, key)) {
    rightKeys.set(caller, key);
    return;
  }
  throw new TierlineError(
    'simpleapi.wrong_subscription_key',
    'unauthenticated',
    'The subscription key in X-Subscription-Key is wrong.',
  );
}

/** Compares every character, so that the time says nothing about how many of them are right. */
function isSameText(known: string, sent: string): boolean {
  if (known.length !== sent.length) return false;
  let difference = 0;
  for (let at = 0; at < known.length; at += 1) difference |= known.charCodeAt(at) ^ sent.charCodeAt(at);
  return difference === 0;
}

function bearerToken(header: string | undefined): string {
  const token = header?.startsWith('Bearer ') === true ? header.slice(7) : /^Bearer +(.+)$/i.exec(header ?? '')?.[1];
  if (token !== undefined && token !== '') return token;
  throw new TierlineError(
    'simpleapi.token_missing',
    'unauthenticated',
    'Send an access token in the header Authorization: Bearer <token>. POST /token gives one.',
  );
}

export type BasicCredentials = { readonly username: string; readonly password: string };

/** What an `Authorization: Basic` header holds; undefined when it is none. The password may have colons in it. */
export function basicCredentials(header: string | undefined): BasicCredentials | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/_-]+={0,2}) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Who does it and when, for what is stored. */
export function causeOf(c: Call, caller: SimpleApiCaller, { clock }: Pick<SimpleApiDependencies, 'clock'>): Cause {
  return accountCause(caller.principal, c.get('requestId'), clock);
}
