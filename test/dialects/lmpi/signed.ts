import type { Temporal } from '@tierline/kernel';
import { sign } from '../../../docs/start/lmpi-sign.ts';

/** Sends a request that is signed as the documents have it, at the time of the server's clock. */
export async function signedWith(
  keys: { readonly access_token: string; readonly secret_key: string },
  to: { readonly url: string; readonly now: Temporal.Instant },
  method: string,
  target: string,
  body: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const posixTime = String(Math.floor(to.now.epochMilliseconds / 1000));
  const answer = await fetch(to.url + target, {
    method,
    body: body ?? null,
    headers: {
      'x-access-token': keys.access_token,
      'x-posix-time': posixTime,
      'x-signature': sign(keys.secret_key, posixTime, method, target, Buffer.from(body ?? '')),
      'x-traceid': 'recorded',
      'content-type': 'application/json; charset=utf-8',
    },
  });
  return { status: answer.status, text: await answer.text() };
}
