import { routes, type Route } from '@tierline/contract';
import { boundApi } from '@tierline/server/app/api.ts';
import { isOwnOperation } from '@tierline/server/modules/access/index.ts';
import { afterAll, expect, test } from 'vitest';
import { openWorld } from '../support/world.ts';
import { apiCalls } from './calls.ts';

const world = await openWorld();
afterAll(() => world.close());

const all = Object.values<Route>(routes);

test('what is described is bound, and what is bound is described', () => {
  const { bound } = boundApi(world.engine);
  expect([...bound.keys()].toSorted()).toEqual(Object.keys(routes).toSorted());
  for (const [operationId, route] of Object.entries<Route>(routes)) expect(bound.get(operationId)).toBe(route);
});

test('every operation has an id of its own, an address of its own and a row in the permission table', () => {
  expect(all.length).toBeGreaterThan(60);
  expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length);
  expect(new Set(all.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)).size).toBe(
    all.length,
  );
  for (const [name, { operationId, permission, isPublic }] of Object.entries<Route>(routes)) {
    expect(operationId).toBe(name);
    if (permission !== null) expect(isOwnOperation(permission), `${name}: ${permission}`).toBe(true);
    else expect(isPublic === true || ['logout', 'getMe'].includes(name), `${name}.`).toBe(true);
  }
});

test('the document and its page are served, and load nothing from elsewhere', async () => {
  const { send } = apiCalls(world.engine);
  const document = await send('GET', '/api/v1/openapi.json');
  expect(document.body).toMatchObject({
    openapi: '3.1.0',
    paths: { '/orders': { post: { operationId: 'placeOrder' } } },
  });
  for (const path of ['/', '/docs', '/docs/page.css', '/docs/page.js', '/docs/schema.js']) {
    const { status, text, headers } = await send('GET', path);
    expect(status, `${path}.`).toBe(200);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(text).not.toMatch(/(src|href|url\(|import .*|fetch\()\s*[=(]?\s*["'](https?:)?\/\//);
  }
});

test.each([
  ['GET', '/nowhere', 404],
  ['PUT', '/accounts', 405],
])('%s %s is answered %i as a problem', async (method, path, status) => {
  const { call } = apiCalls(world.engine);
  const answered = await call(method, path);
  expect(answered.status).toBe(status);
  expect(answered.headers.get('content-type')).toBe('application/problem+json');
});
