import { readFileSync } from 'node:fs';
import { isTierlineError, parseId, type TierlineError } from '@tierline/kernel';
import { Hono } from 'hono';
import type { PortalService, Visitor } from '../../modules/portal/index.ts';
import { readForm, statusOf, type HttpEnv, type Surface } from '../../platform/http/index.ts';
import {
  browserCookie,
  checkForm,
  guardOf,
  isSecure,
  newBrowserSecret,
  sessionCookie,
  setCookie,
  tokenIn,
  type PortalContext,
} from './guard.ts';
import { holdingsPage, passwordPage, refusalPage, resetDonePage, resetPage, signInPage } from './pages.ts';

type Dependencies = {
  readonly portal: PortalService;
  readonly config: { readonly publicUrl?: string | undefined; readonly portalSessionHours: number };
};

/** Forms are short; whatever is longer is none of ours. */
const formBytesMax = 16 * 1024;

/** Nothing but our own style sheet is loaded, forms go nowhere else, and no other site shows the pages in a frame. */
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

function pageHeaders(): Headers {
  return new Headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    // Links carry tokens. To this site browsers go on to say where a form came from.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  });
}

function shown(page: string, status = 200, headers = pageHeaders()): Response {
  return new Response(page, { status, headers });
}

function redirect(to: string, headers = pageHeaders()): Response {
  headers.delete('content-type');
  headers.set('location', to);
  return new Response(null, { status: 303, headers });
}

/** The portal for people of customers: pages without any script. */
export function portalSurface({ portal, config }: Dependencies): Surface {
  const app = new Hono<HttpEnv>();
  const { publicUrl } = config;
  const css = readFileSync(new URL('portal.css', import.meta.url), 'utf8');

  /** The fields of a form that one of our pages sent. */
  async function form(c: PortalContext): Promise<(name: string) => string> {
    const fields = await readForm(c, { limitBytes: formBytesMax });
    checkForm(c, fields.get('guard') ?? '', publicUrl);
    return (name) => fields.get(name) ?? '';
  }

  /** A page with a form, for a browser that is not signed in: it gets a secret of its own to send back. */
  function formPage(c: PortalContext, make: (guard: string) => string, status = 200): Response {
    const headers = pageHeaders();
    const secret = tokenIn(c, browserCookie) ?? newBrowserSecret();
    setCookie(headers, browserCookie, secret, { secure: isSecure(c, publicUrl) });
    return shown(make(guardOf(secret)), status, headers);
  }

  async function signedIn(
    c: PortalContext,
  ): Promise<{ readonly token: string; readonly visitor: Visitor } | undefined> {
    const token = tokenIn(c, sessionCookie);
    const visitor = token === undefined ? undefined : await portal.visitor(token);
    return token === undefined || visitor === undefined ? undefined : { token, visitor };
  }

  /** The name of a tenant goes into pages and links, so it is an id or nothing. */
  const tenantOf = (text: string | undefined): string => (text === undefined ? '' : (parseId(text) ?? ''));

  app.get('/portal.css', () => new Response(css, { headers: cssHeaders }));

  app.get('/', async (c) => {
    const session = await signedIn(c);
    if (session === undefined) {
      const tenant = tenantOf(c.req.query('tenant'));
      return formPage(c, (guard) => signInPage({ guard, tenant }));
    }
    const after = parseId<'subscription'>(c.req.query('after') ?? '');
    const { holdings, next } = await portal.holdings(session.visitor, after);
    const of = { guard: guardOf(session.token), holdings, next, isFirst: after === undefined };
    return shown(holdingsPage(session.visitor, of));
  });

  app.post('/sign-in', async (c) => {
    const field = await form(c);
    const tenant = tenantOf(field('tenant'));
    const login = field('login').trim();
    try {
      const { requestId } = c.env.exchange;
      const { token } = await portal.signIn(requestId, { tenant, login, password: field('password') });
      const headers = pageHeaders();
      const maxAge = config.portalSessionHours * 3600;
      setCookie(headers, sessionCookie, token, { secure: isSecure(c, publicUrl), maxAge });
      return redirect('/portal', headers);
    } catch (thrown) {
      const error = asRefusal(thrown);
      const again = formPage(
        c,
        (guard) => signInPage({ guard, tenant, login, refusal: error.message }),
        statusOf(error),
      );
      return withRetryAfter(again, error);
    }
  });

  app.post('/sign-out', async (c) => {
    await form(c);
    const token = tokenIn(c, sessionCookie);
    const tenant = token === undefined ? undefined : (await portal.visitor(token))?.user.channelId;
    if (token !== undefined) await portal.signOut(token);
    const headers = pageHeaders();
    setCookie(headers, sessionCookie, '', { secure: isSecure(c, publicUrl), maxAge: 0 });
    return redirect(tenant === undefined ? '/portal' : `/portal?tenant=${tenant}`, headers);
  });

  app.get('/password', async (c) => {
    const session = await signedIn(c);
    if (session === undefined) return redirect('/portal');
    return shown(passwordPage(session.visitor, { guard: guardOf(session.token) }));
  });

  app.post('/password', async (c) => {
    const field = await form(c);
    const session = await signedIn(c);
    if (session === undefined) return redirect('/portal');
    const { token, visitor } = session;
    const guard = guardOf(token);
    if (field('password') !== field('again')) return shown(passwordPage(visitor, { guard, refusal: differ }), 400);
    try {
      const wanted = { token, current: field('current'), next: field('password') };
      await portal.changePassword(c.env.exchange.requestId, visitor, wanted);
      return shown(passwordPage(visitor, { guard, isSaved: true }));
    } catch (thrown) {
      const error = asRefusal(thrown);
      return withRetryAfter(shown(passwordPage(visitor, { guard, refusal: textOf(error) }), statusOf(error)), error);
    }
  });

  app.get('/reset', (c) => {
    const token = c.req.query('token') ?? '';
    return formPage(c, (guard) => resetPage({ guard, token }));
  });

  app.post('/reset', async (c) => {
    const field = await form(c);
    const token = field('token');
    const again = (refusal: string, status: number): Response =>
      formPage(c, (guard) => resetPage({ guard, token, refusal }), status);
    if (field('password') !== field('again')) return again(differ, 400);
    try {
      const tenant = await portal.resetPassword(c.env.exchange.requestId, token, field('password'));
      return shown(resetDonePage(tenant));
    } catch (thrown) {
      const error = asRefusal(thrown);
      return again(textOf(error), statusOf(error));
    }
  });

  return {
    name: 'portal',
    base: '/portal',
    app,
    errorResponse: (error) => withRetryAfter(shown(refusalPage(titleOf(error), textOf(error)), statusOf(error)), error),
    notFound: () => shown(refusalPage('Not found', 'There is no such page here.'), 404),
    requestIdHeader: { name: 'x-request-id' },
  };
}

const cssHeaders = {
  'content-type': 'text/css; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-cache',
};

const differ = 'The two new passwords are not the same. Type the new one twice.';

/** What somebody can do something about is told on the page; everything else goes the way of all failures. */
function asRefusal(thrown: unknown): TierlineError {
  if (isTierlineError(thrown) && thrown.kind !== 'bug') return thrown;
  throw thrown;
}

function textOf(error: TierlineError): string {
  if (error.kind === 'bug') return 'Something went wrong here. Try again in a moment.';
  return error.reasons.length === 0 ? error.message : error.reasons.map(({ message }) => message).join(' ');
}

function titleOf({ kind }: TierlineError): string {
  return kind === 'bug' || kind === 'unavailable' ? 'That did not work' : 'Not possible';
}

function withRetryAfter(response: Response, { retryAfterSeconds }: TierlineError): Response {
  if (retryAfterSeconds !== undefined) response.headers.set('retry-after', String(retryAfterSeconds));
  return response;
}
