import { portalSurface } from '@tierline/server/app/portal/index.ts';
import { loginChannelOf } from '@tierline/server/modules/access/index.ts';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import type { World } from './world.ts';

export type Browser = ReturnType<ReturnType<typeof openPortal>['browser']>;
export type Page = { readonly status: number; readonly headers: Headers; readonly text: string };

let people = 0;
const origin = 'http://portal.example.com';

/** The portal of a world, with browsers that keep cookies and send forms as they find them in pages. */
export function openPortal(world: Pick<World, 'engine' | 'cause'>, options: { publicUrl?: string } = {}) {
  const { engine } = world;
  const config = { portalSessionHours: 12, ...options };
  const { server, lines } = aServer([portalSurface({ portal: engine.portal, config })]);

  /** Somebody of a customer, who is made with it. */
  async function person(owner: Account, facts: { login?: string; password?: string; name?: string } = {}) {
    people += 1;
    const { login = `person_${people}`, password = 'open sesame', name = 'Okafor & Daughters' } = facts;
    const { customer } = await engine.customers.createWithUser(world.cause(), owner.id, {
      name,
      language: 'en',
      address: {
        street: '12 Harbor Street',
        extension: null,
        city: 'Portland',
        state: 'OR',
        postalCode: '97201',
        countryCode: 'US',
      },
      contacts: [],
      login: { login, password, email: 'imani@example.com', name: 'Imani Okafor', field: 'login' },
    });
    const { chain } = await engine.directory.get(owner.id);
    return { customer, login, password, tenant: loginChannelOf(chain) as string };
  }

  function browser(from = origin) {
    const cookies = new Map<string, string>();

    async function send(path: string, init: RequestInit = {}): Promise<Page> {
      const headers = new Headers(init.headers);
      if (cookies.size > 0 && !headers.has('cookie')) {
        headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
      }
      const response = await server.fetch(new Request(from + path, { ...init, headers, redirect: 'manual' }));
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (/Max-Age=0(;|$)/.test(cookie)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return { status: response.status, headers: response.headers, text: await response.text() };
    }

    const post = (
      path: string,
      fields: Readonly<Record<string, string>>,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Page> =>
      send(path, {
        method: 'POST',
        headers: { origin: from, ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      });

    /** Loads a page and sends its form with what is typed into it. */
    async function fill(
      path: string,
      action: string,
      typed: Readonly<Record<string, string>>,
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Page> {
      const { text } = await send(path);
      return post(action, { ...hidden(text), ...typed }, headers);
    }

    const signIn = (
      of: { tenant: string; login: string; password: string },
      headers?: Readonly<Record<string, string>>,
    ): Promise<Page> =>
      fill(`/portal?tenant=${of.tenant}`, '/portal/sign-in', { login: of.login, password: of.password }, headers);

    return { cookies, send, post, fill, signIn, home: () => send('/portal') };
  }

  return { server, lines, person, browser };
}

/** The hidden fields of the last form of a page: the one that it is about. */
export function hidden(page: string): Record<string, string> {
  const last = page.slice(page.lastIndexOf('<form'));
  const found = last.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name!, value!]));
}

/** A text of a page as somebody reads it. */
export function read(page: string): string {
  return page
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&#39;', "'")
    .trim();
}

export type Person = {
  readonly customer: Customer;
  readonly login: string;
  readonly password: string;
  readonly tenant: string;
};
