import type { Holding, Visitor } from '../../modules/portal/index.ts';
import { html, nothing, type Markup } from './html.ts';

/** What every form carries that is sent back: proof that it came from a page of ours. */
type Form = { readonly guard: string };

export function page(title: string, body: Markup): string {
  const { markup } = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${title}</title>
      <link rel="stylesheet" href="/portal/portal.css" />
    </head>
    <body>
      ${body}
    </body>
  </html>`;
  return `<!doctype html>\n${markup}`;
}

function alert(message: string | undefined): Markup {
  return message === undefined ? nothing : html`<p class="alert" role="alert">${message}</p>`;
}

function narrow(title: string, content: Markup): string {
  return page(
    title,
    html`<main class="narrow">
      <h1>${title}</h1>
      ${content}
    </main>`,
  );
}

export function signInPage(
  of: Form & { readonly tenant: string; readonly login?: string; readonly refusal?: string | undefined },
): string {
  const { guard, tenant, login = '', refusal } = of;
  return narrow(
    'Sign in',
    html`${alert(refusal)}
      <form method="post" action="/portal/sign-in">
        <input type="hidden" name="guard" value="${guard}" />
        <input type="hidden" name="tenant" value="${tenant}" />
        <label for="login">Login</label>
        <input id="login" name="login" value="${login}" autocomplete="username" autocapitalize="none" required />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
        <button type="submit">Sign in</button>
      </form>
      <p class="quiet">No password, or forgotten? Ask the company you buy from for a link to choose one.</p>`,
  );
}

export function resetPage(of: Form & { readonly token: string; readonly refusal?: string | undefined }): string {
  return narrow(
    'Choose a password',
    html`${alert(of.refusal)}
      <form method="post" action="/portal/reset">
        <input type="hidden" name="guard" value="${of.guard}" />
        <input type="hidden" name="token" value="${of.token}" />
        ${newPassword} <button type="submit">Save</button>
      </form>`,
  );
}

const newPassword = html`<label for="password">New password, at least 8 characters</label>
  <input
    id="password"
    name="password"
    type="password"
    autocomplete="new-password"
    minlength="8"
    maxlength="200"
    required
  />
  <label for="again">The same again</label>
  <input id="again" name="again" type="password" autocomplete="new-password" maxlength="200" required />`;

export function resetDonePage(tenant: string): string {
  return narrow(
    'Password saved',
    html`<p role="status">You can sign in with it now. Whoever was signed in with the old one is signed out.</p>
      <p><a class="button" href="/portal?tenant=${tenant}">Sign in</a></p>`,
  );
}

export function refusalPage(title: string, message: string): string {
  return narrow(
    title,
    html`${alert(message)}
      <p><a href="/portal">Back to the portal</a></p>`,
  );
}

function head({ user, customer }: Visitor, guard: string): Markup {
  return html`<header>
    <p class="who"><strong>${customer.name}</strong><span class="quiet">${user.name}</span></p>
    <nav>
      <a href="/portal">Subscriptions</a>
      <a href="/portal/password">Password</a>
      <form method="post" action="/portal/sign-out">
        <input type="hidden" name="guard" value="${guard}" />
        <button type="submit" class="plain">Sign out</button>
      </form>
    </nav>
  </header>`;
}

export function holdingsPage(
  visitor: Visitor,
  of: Form & { readonly holdings: readonly Holding[]; readonly next: string | null; readonly isFirst: boolean },
): string {
  const { guard, holdings, next, isFirst } = of;
  const list = holdings.length === 0 ? html`<p class="quiet">There are no subscriptions here.</p>` : table(holdings);
  const first = isFirst ? nothing : html`<a href="/portal">Newest</a> `;
  const more = next === null ? nothing : html`<a href="/portal?after=${next}">Older</a>`;
  return page(
    `Subscriptions of ${visitor.customer.name}`,
    html`${head(visitor, guard)}
      <main>
        <h1>Subscriptions</h1>
        ${list}
        <p>${first}${more}</p>
      </main>`,
  );
}

const titles = ['Plan', 'Product', 'Units', 'Start', 'Last day', 'State'] as const;

function table(holdings: readonly Holding[]): Markup {
  const rows = holdings.map((holding) => {
    const { plan, product, units, startOn, lastDay, state, isRunning, renews } = holding;
    const end = html`${day(lastDay)}${renews ? html` <span class="quiet">renews</span>` : nothing}`;
    const shown = [
      html`<strong>${plan}</strong>`,
      html`${product}`,
      html`${units}`,
      day(startOn),
      end,
      html`<span class="state ${isRunning ? 'running' : 'stopped'}">${state}</span>`,
    ];
    return html`<tr>
      ${shown.map((cell, index) => html`<td data-title="${titles[index]!}">${cell}</td>`)}
    </tr>`;
  });
  return html`<table>
    <thead>
      <tr>
        ${titles.map((title) => html`<th scope="col">${title}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

const dayFormat = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeZone: 'UTC' });

function day(date: string | null): Markup {
  if (date === null) return html`<span class="quiet">not yet</span>`;
  return html`<time datetime="${date}">${dayFormat.format(new Date(`${date}T00:00:00Z`))}</time>`;
}

export function passwordPage(
  visitor: Visitor,
  of: Form & { readonly refusal?: string | undefined; readonly isSaved?: boolean },
): string {
  const saved =
    of.isSaved === true ? html`<p role="status">It is saved. All other sessions of yours have ended.</p>` : nothing;
  return page(
    'Change the password',
    html`${head(visitor, of.guard)}
      <main class="narrow">
        <h1>Change the password</h1>
        ${alert(of.refusal)}${saved}
        <form method="post" action="/portal/password">
          <input type="hidden" name="guard" value="${of.guard}" />
          <label for="current">Current password</label>
          <input id="current" name="current" type="password" autocomplete="current-password" required />
          ${newPassword}
          <button type="submit">Save</button>
        </form>
      </main>`,
  );
}
