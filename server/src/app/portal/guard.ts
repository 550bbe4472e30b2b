import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { TierlineError } from '@tierline/kernel';
import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';
import type { HttpEnv } from '../../platform/http/index.ts';

/** The cookies of the portal: who is signed in, and, before that, which browser a form was given to. */
export const sessionCookie = 'tierline_portal';
export const browserCookie = 'tierline_portal_form';

export type PortalContext = Context<HttpEnv>;

export function isSecure(c: PortalContext, publicUrl: string | undefined): boolean {
  return new URL(publicUrl ?? c.req.url).protocol === 'https:';
}

export function setCookie(
  headers: Headers,
  name: string,
  value: string,
  of: { secure: boolean; maxAge?: number },
): void {
  const age = of.maxAge === undefined ? '' : `; Max-Age=${of.maxAge}`;
  const secure = of.secure ? '; Secure' : '';
  headers.append('set-cookie', `${name}=${value}; Path=/portal; HttpOnly; SameSite=Lax${age}${secure}`);
}

/** What a form carries: it follows from a cookie that other sites can neither read nor set, and does not tell it. */
export function guardOf(secret: string): string {
  return createHash('sha256').update(`portal form ${secret}`, 'utf8').digest('base64url');
}

export function newBrowserSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function tokenIn(c: PortalContext, name: string): string | undefined {
  const value = getCookie(c, name);
  return value !== undefined && /^[\w-]{20,128}$/.test(value) ? value : undefined;
}

/** Refuses a form that another site sent, or that was given to another browser. */
export function checkForm(c: PortalContext, guard: string, publicUrl: string | undefined): void {
  const site = c.req.header('sec-fetch-site');
  const origin = c.req.header('origin');
  const own = [publicUrl, c.req.url].flatMap((url) => (url === undefined ? [] : [new URL(url).host]));
  const isForeign =
    (site !== undefined && site !== 'same-origin') || (origin !== undefined && !own.includes(hostOf(origin)));
  if (isForeign) throw formRefused('This form was sent by another site.');
  const secrets = [tokenIn(c, sessionCookie), tokenIn(c, browserCookie)].filter((secret) => secret !== undefined);
  if (secrets.some((secret) => isSame(guard, guardOf(secret)))) return;
  throw formRefused(
    'This page was open for too long, or cookies are switched off. Go back, load it again, and try once more.',
  );
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function hostOf(origin: string): string {
  return URL.parse(origin)?.host ?? '';
}

function formRefused(message: string): TierlineError {
  return new TierlineError('portal.form_refused', 'forbidden', message);
}
