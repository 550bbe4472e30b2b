import { isUuid, type Clock } from '@tierline/kernel';
import type { Context } from 'hono';
import {
  authorizeLmpi,
  type Authenticator,
  type LmpiCaller,
  type LmpiOperation,
  type LmpiVersion,
  type Principal,
} from '../../modules/access/index.ts';
import { checkMediaType, readBody, type HttpEnv } from '../../platform/http/index.ts';
import {
  malformedAccessToken,
  missingAccessToken,
  missingPosixTime,
  missingSignature,
  missingTraceId,
  replayed,
  unknownAccessToken,
  wrongPosixTime,
  wrongSignature,
} from './errors.ts';
import { replayGuard } from './replay.ts';
import { isSignedWith, looksSigned, signedTarget } from './signature.ts';

export type Admitted = { readonly principal: Principal; readonly body: Uint8Array };

/** Lets a request in, or throws its refusal. Answers at once where nothing has to be waited for. */
export type Admit = (
  c: Context<HttpEnv>,
  operation: LmpiOperation,
  version: LmpiVersion,
) => Admitted | Promise<Admitted>;

type Dependencies = {
  readonly authenticate: Pick<Authenticator, 'peekLmpiCredential' | 'lmpiCredential'>;
  readonly clock: Clock;
  readonly config: { readonly lmpiClockSkewSeconds: number; readonly lmpiReplayProtection: boolean };
};

type Headers = { readonly accessToken: string; readonly posixTime: string; readonly signature: string };

/**
 * Checks a request in the order of the LMPI reference, part 1, 1.3: headers present, token, time, signature; then the
 * business role, and the media type where there is a body. The body is read only for a known token at a right time with
 * something that looks like a signature, so what a stranger can make us do is look into four headers.
 */
export function admission({ authenticate, clock, config }: Dependencies): Admit {
  const replays = config.lmpiReplayProtection ? replayGuard(config.lmpiClockSkewSeconds) : undefined;

  return (c, operation, version) => {
    const headers = headersOf(c);
    const known = authenticate.peekLmpiCredential(headers.accessToken);
    if (known !== undefined) return admitCaller(c, headers, known, operation, version);
    if (!isUuid(headers.accessToken)) throw malformedAccessToken();
    return authenticate.lmpiCredential(headers.accessToken).then((caller) => {
      if (caller === undefined) throw unknownAccessToken();
      return admitCaller(c, headers, caller, operation, version);
    });
  };

  function admitCaller(
    c: Context<HttpEnv>,
    headers: Headers,
    caller: LmpiCaller,
    operation: LmpiOperation,
    version: LmpiVersion,
  ): Admitted | Promise<Admitted> {
    const nowSeconds = Math.floor(clock.now().epochMilliseconds / 1000);
    checkTime(headers.posixTime, nowSeconds);
    if (!looksSigned(headers.signature)) throw wrongSignature();
    const enter = (body: Uint8Array): Admitted => {
      checkSignature(c, headers, caller, body, nowSeconds);
      c.set('accountId', caller.principal.accountId);
      authorizeLmpi(caller.principal, operation, version);
      if (body.length > 0) checkMediaType(c, ['application/json']);
      return { principal: caller.principal, body };
    };
    return hasBody(c) ? readBody(c).then(enter) : enter(noBody);
  }

  function checkTime(posixTime: string, nowSeconds: number): void {
    const isRight =
      /^\d{1,10}$/.test(posixTime) && Math.abs(nowSeconds - Number(posixTime)) <= config.lmpiClockSkewSeconds;
    if (!isRight) throw wrongPosixTime();
  }

  function checkSignature(
    c: Context<HttpEnv>,
    { posixTime, signature }: Headers,
    { hmacKey }: LmpiCaller,
    body: Uint8Array,
    nowSeconds: number,
  ): void {
    const signed = { posixTime, method: c.req.method, target: signedTarget(c.env.exchange.rawTarget), body };
    if (!isSignedWith(hmacKey, signed, signature)) throw wrongSignature();
    if (replays?.take(Number(posixTime), nowSeconds, signature) === true) throw replayed();
  }
}

const noBody = new Uint8Array(0);

/** A header that is there but empty counts as missing. */
function headersOf(c: Context<HttpEnv>): Headers {
  const accessToken = header(c, 'x-access-token') || undefined;
  if (accessToken === undefined) throw missingAccessToken();
  const posixTime = header(c, 'x-posix-time') || undefined;
  if (posixTime === undefined) throw missingPosixTime();
  const signature = header(c, 'x-signature') || undefined;
  if (signature === undefined) throw missingSignature();
  if (!header(c, 'x-traceid')) throw missingTraceId();
  return { accessToken, posixTime, signature };
}

/** Node's own headers where there are any: the framework would build an object of them all first. */
function header(c: Context<HttpEnv>, name: string): string | undefined {
  const { incoming } = c.env;
  if (incoming === undefined) return c.req.header(name);
  const value = incoming.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function hasBody(c: Context<HttpEnv>): boolean {
  const { incoming } = c.env;
  if (incoming === undefined) return c.req.raw.body !== null;
  const { 'transfer-encoding': transfer, 'content-length': length } = incoming.headers;
  return transfer !== undefined || (length !== undefined && length !== '0');
}
