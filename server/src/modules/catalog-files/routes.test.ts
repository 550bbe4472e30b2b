import type { Account } from '@tierline/server/modules/accounts/index.ts';
import { apiSurfaces } from '@tierline/server/app/api.ts';
import { aServer } from '@tierline/server/platform/http/testing.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld } from '../../../../test/support/world.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
let server: ReturnType<typeof aServer>['server'];
let provider: Account;
let tokens: { provider: string; sales: string; reseller: string };
beforeAll(async () => {
  world = await openWorld();
  ({ server } = aServer(apiSurfaces(world.engine)));
  const channel = await world.channel();
  ({ provider } = channel);
  tokens = {
    provider: (await world.credentials(provider)).apiKey,
    sales: (await world.credentials(provider, { role: 'sales' })).apiKey,
    reseller: (await world.credentials(channel.reseller)).apiKey,
  };
});
afterAll(() => world.close());

type Who = keyof typeof tokens | 'nobody';

async function send(method: string, path: string, who: Who, body?: string, type = 'text/csv; charset=utf-8') {
  const authorization: Record<string, string> = who === 'nobody' ? {} : { authorization: `Bearer ${tokens[who]}` };
  const init = { method, headers: { ...authorization, 'content-type': type }, ...(body === undefined ? {} : { body }) };
  const response = await server.fetch(new Request(`http://localhost/api/v1/catalog/${path}`, init));
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const problemOf = ({ status, text }: { status: number; text: string }): unknown => ({
  status,
  ...(JSON.parse(text) as object),
});

describe('GET /catalog/export', () => {
  test('200: a file with a head and a row for each rate', async () => {
    const answer = await send('GET', 'export', 'reseller');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="catalog.csv"');
    expect(answer.text.trimEnd().split('\r\n')).toHaveLength(3);
  });

  test('400: a price list of nobody', async () => {
    const answer = await send('GET', 'export?price_list=None', 'reseller');
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'catalog.unknown_price_list', field: 'price_list' });
  });
});

describe('POST /catalog/import', () => {
  test('200: records as lines, the last one says what happened', async () => {
    const { text: file } = await send('GET', 'export', 'provider');
    const answer = await send('POST', 'import', 'provider', `${file}x\r\n`);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const records = answer.text.trimEnd().split('\n');
    expect(records.map((line): unknown => JSON.parse(line))).toMatchObject([
      { type: 'progress', rows: 1, total: 3 },
      { type: 'row_error', line: 4, code: 'catalog.row_unreadable' },
      { type: 'progress', rows: 3, total: 3 },
      { type: 'done', unchanged: 2, failed: 1 },
    ]);
  });

  test('400: a file that is none, an unknown query field', async () => {
    expect(problemOf(await send('POST', 'import', 'provider', ''))).toMatchObject({
      status: 400,
      code: 'catalog.file_empty',
    });
    expect(problemOf(await send('POST', 'import', 'provider', 'a,b'))).toMatchObject({
      status: 400,
      code: 'catalog.unknown_column',
      field: 'a',
    });
    expect((await send('POST', 'import?dry=true', 'provider', 'a')).status).toBe(400);
  });

  test('401, 403, 415', async () => {
    expect((await send('POST', 'import', 'nobody', 'a')).status).toBe(401);
    expect((await send('POST', 'import', 'sales', 'a')).status).toBe(403);
    expect((await send('POST', 'import', 'reseller', 'a')).status).toBe(403);
    expect((await send('POST', 'import', 'provider', 'a', 'text/plain')).status).toBe(415);
  });

  test('429: more at once than the server takes; those under way go on', async () => {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    async function* slow(): AsyncGenerator<Uint8Array, void> {
      yield Buffer.from('vendor_code,product_code,plan_name,mpn\n');
      await ended;
    }
    const options = { preview: true, missing: 'keep' as const, priceList: undefined };
    const files = world.engine.files;
    const imports = [1, 2].map(() => files.import(world.cause(), provider, slow(), 'csv', options));
    const waiting = imports.map((records) => records.next());
    const refused = await send('POST', 'import', 'provider', 'a');
    expect(problemOf(refused)).toMatchObject({ status: 429, code: 'catalog.imports_running' });
    expect(refused.headers.get('retry-after')).toBe('10');
    end();
    expect(await Promise.all(waiting)).toMatchObject([{ value: { total: 0 } }, { value: { total: 0 } }]);
    // Whoever stops reading gives back what an import holds.
    await Promise.all(imports.map((records) => records.return()));
    expect((await send('POST', 'import', 'provider', '')).status).toBe(400);
  });
});
