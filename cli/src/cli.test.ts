import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@tierline/kernel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseLine } from './order.ts';
import { cliMarkdown } from './reference.ts';
import { cliWorld, json } from './testing.ts';

type World = Awaited<ReturnType<typeof cliWorld>>;
let cli: World;
let channel: Awaited<ReturnType<World['world']['channel']>>;
let keys: { provider: string; reseller: string; reader: string };

beforeAll(async () => {
  cli = await cliWorld();
  const { world } = cli;
  channel = await world.channel();
  keys = {
    provider: (await world.credentials(channel.provider)).apiKey,
    reseller: (await world.credentials(channel.reseller)).apiKey,
    reader: (await world.credentials(channel.reseller, { role: 'read_only' })).apiKey,
  };
});
afterAll(() => cli.close());

const lines = (text: string) => text.trimEnd().split('\n');

describe('results', () => {
  test('for people: an aligned table without color', async () => {
    const { exitCode, out, err } = await cli.tierline(['account', 'list'], { key: keys.provider });
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    const [head = '', ...rows] = lines(out);
    expect(head).toMatch(/^ID +NUMBER +KIND +NAME +CURRENCY +STATUS$/);
    expect(rows.length).toBeGreaterThan(2);
    for (const row of rows) expect(row.slice(head.indexOf('STATUS'))).toBe('active');
    expect(out).not.toContain('\u001B');
  });

  test('as JSON: exactly one document', async () => {
    const list = await cli.tierline(['account', 'list', '--limit', '2', '--json'], { key: keys.provider });
    expect(json(list)).toMatchObject([{ kind: 'provider' }, { kind: 'distributor' }]);
    const all = await cli.tierline(['--json', 'account', 'list', '--limit', '0'], { key: keys.provider });
    expect(json(all)).toHaveLength(
      lines((await cli.tierline(['account', 'list'], { key: keys.provider })).out).length - 1,
    );
    const one = await cli.tierline(['account', 'get', channel.reseller.id, '--json'], { key: keys.reseller });
    expect(json(one)).toMatchObject({ id: channel.reseller.id, kind: 'reseller' });
    const none = await cli.tierline(['order', 'list', '--customer', channel.reseller.id, '--json'], {
      key: keys.reseller,
    });
    expect(json(none)).toEqual([]);
  });

  test('accounts, users and keys are made, changed and revoked', async () => {
    const facts = ['--currency', 'EUR', '--time-zone', 'Europe/Berlin', '--country', 'DE', '--json'];
    const made = json(
      await cli.tierline(['account', 'create', '--kind', 'reseller', '--name', 'Neue', ...facts], {
        key: keys.provider,
      }),
    ) as { id: string };
    const suspended = await cli.tierline(
      ['account', 'change', made.id, '--status', 'suspended', '--if-version', '1', '--json'],
      { key: keys.provider },
    );
    expect(json(suspended)).toMatchObject({ id: made.id, status: 'suspended', version: 2 });
    const late = await cli.tierline(['account', 'change', made.id, '--name', 'X', '--if-version', '1'], {
      key: keys.provider,
    });
    expect(late.exitCode).toBe(5);
    const user = await cli.tierline(
      ['user', 'create', '--email', 'new@example.com', '--name', 'New', '--role', 'sales', '--json'],
      { key: keys.reseller },
    );
    expect(json(user)).toMatchObject({ user: { email: 'new@example.com' }, password: expect.any(String) as string });
    const { password } = json(user) as { password: string };
    const change = (stdin: string) => cli.tierline(['user', 'password', '--email', 'new@example.com'], { stdin });
    expect(await change(`${password}\nmuch better now\n`)).toMatchObject({ exitCode: 0 });
    expect((await change(`${password}\nmuch better now\n`)).exitCode).toBe(4);
    expect(await change('only one line')).toMatchObject({ exitCode: 2 });
    expect(await change('much better now\nshort\n')).toMatchObject({ exitCode: 1 });
    const key = json(
      await cli.tierline(['key', 'create', '--name', 'Shop', '--role', 'sales', '--json'], { key: keys.reseller }),
    ) as { key: string; api_key: { id: string } };
    expect((await cli.tierline(['account', 'list'], { key: key.key })).exitCode).toBe(0);
    expect((await cli.tierline(['key', 'revoke', key.api_key.id], { key: keys.reseller })).exitCode).toBe(0);
    expect((await cli.tierline(['account', 'list'], { key: key.key })).exitCode).toBe(4);
  });

  test('LMPI keys: a new pair lets the older one end, which the list shows, and any can be revoked', async () => {
    const lmpiKey = (...given: string[]) => cli.tierline(['lmpi-key', ...given], { key: keys.reseller });
    type Pair = { id: string; secret_key: string | null; expires_at: string | null; revoked_at: string | null };
    const older = json(await lmpiKey('create', '--json')) as Pair;
    const newer = json(await lmpiKey('create', '--overlap', '24', '--json')) as Pair;
    const listed = (await lmpiKey('list')).out.split('\n');
    expect(listed.find((line) => line.includes(older.id))).toMatch(/\d\dT\d\d.*\d\dT\d\d/);
    expect(listed.join(' ')).not.toContain(newer.secret_key);
    expect(json(await lmpiKey('revoke', newer.id, '--yes', '--json'))).toMatchObject({
      expires_at: null,
      secret_key: null,
      revoked_at: expect.any(String) as string,
    });
    expect((await lmpiKey('create', '--overlap', 'x')).exitCode).toBe(2);
  });

  test('a sale: what it costs and why, the order, the subscription, what happened', async () => {
    const { mpn } = channel.base;
    const sale = ['--customer', channel.customer.id, '--line', `${mpn}=3`];
    const why = await cli.tierline(['catalog', 'why', mpn, '--json'], { key: keys.reseller });
    expect(json(why)).toMatchObject({ mpn, rate_id: channel.base.rateId });
    const preview = await cli.tierline(['order', 'preview', ...sale, '--json'], { key: keys.reseller });
    const place = ['order', 'place', ...sale, '--idempotency-key', 'once', '--json'];
    const order = json(await cli.tierline(place, { key: keys.reseller })) as { id: string; total: unknown };
    expect(json(preview)).toMatchObject({ total: order.total });
    expect(json(await cli.tierline(place, { key: keys.reseller }))).toMatchObject({ id: order.id });
    const shown = await cli.tierline(['order', 'get', order.id], { key: keys.reseller });
    expect(shown.out).toContain(mpn);
    const subscriptions = await cli.tierline(['subscription', 'list', '--json'], { key: keys.reseller });
    expect(json(subscriptions)).toMatchObject([{ order_id: order.id, status: 'active' }]);
    const events = await cli.tierline(['events', '--subject', order.id, '--json'], { key: keys.reseller });
    expect(json(events)).toMatchObject([{ type: 'order.placed', subject_id: order.id }]);
    const body = JSON.stringify({ customer_id: channel.customer.id, lines: [{ mpn, quantity: 3 }] });
    const fromInput = await cli.tierline(['order', 'preview', '--file', '-', '--json'], {
      key: keys.reseller,
      stdin: body,
    });
    expect(json(fromInput)).toMatchObject({ total: order.total });
  });
});

describe('catalog files', () => {
  test('what is exported imports without a change; bad rows are named and the code says so', async () => {
    const written = await cli.tierline(['catalog', 'export', '--output', 'catalog.csv'], { key: keys.provider });
    expect(written).toMatchObject({ exitCode: 0, out: '' });
    const again = await cli.tierline(['catalog', 'import', 'catalog.csv', '--json'], { key: keys.provider });
    expect(again.exitCode).toBe(0);
    const records = lines(again.out).map(
      (line) => JSON.parse(line) as { type: string; unchanged?: number; rows?: number },
    );
    const done = records.at(-1);
    expect(done).toMatchObject({ type: 'done', created: 0, changed: 0, failed: 0 });
    expect(done?.unchanged).toBe(done?.rows);

    const text = await readFile(join(cli.cwd, 'catalog.csv'), 'utf8');
    const [head = '', first = ''] = text.split('\r\n');
    await cli.file('bad.csv', [head, first, 'x,y', ''].join('\n'));
    const bad = await cli.tierline(['catalog', 'import', 'bad.csv', '--preview'], { key: keys.provider });
    expect(bad.exitCode).toBe(6);
    expect(bad.err).toContain('line 3: The row has 2 cells');
    expect(bad.out).toMatch(/refused +1\n/);
    expect(bad.out).toContain('nothing was stored');
    const piped = await cli.tierline(['catalog', 'import', '-', '--format', 'csv'], {
      key: keys.provider,
      stdin: text,
    });
    expect(piped.exitCode).toBe(0);
    const ndjson = await cli.tierline(['catalog', 'export', '--json'], { key: keys.reseller });
    expect(JSON.parse(lines(ndjson.out)[0] ?? '')).toHaveProperty('mpn');
  });

  test('a file that is none is refused as a whole', async () => {
    await cli.file('none.csv', 'a,b\n1,2\n');
    const refused = await cli.tierline(['catalog', 'import', 'none.csv'], { key: keys.provider });
    expect(refused.exitCode).toBe(1);
    expect(refused.err).toContain('vendor_code');
    expect(refused.out).toBe('');
    expect((await cli.tierline(['catalog', 'import', 'missing.csv'], { key: keys.provider })).exitCode).toBe(1);
    expect((await cli.tierline(['catalog', 'import', 'what'], { key: keys.provider })).exitCode).toBe(2);
  });
});

describe('exit codes and failures', () => {
  const cases: readonly (readonly [
    name: string,
    exitCode: number,
    words: readonly string[],
    key: 'reader' | 'reseller',
  ])[] = [
    ['an unknown command', 2, ['account', 'lsit'], 'reseller'],
    ['an unknown option', 2, ['account', 'list', '--colour'], 'reseller'],
    ['a missing option', 2, ['order', 'place'], 'reseller'],
    ['a value that is none of the choices', 2, ['account', 'list', '--kind', 'shop'], 'reseller'],
    ['no id', 2, ['account', 'get', '17'], 'reseller'],
    ['a bad limit', 2, ['account', 'list', '--limit', 'many'], 'reseller'],
    ['an unknown thing', 3, ['account', 'get', newId<'account'>()], 'reseller'],
    ['a role that may not', 4, ['key', 'list'], 'reader'],
    ['a kind of account that may not', 4, ['catalog', 'import', '-', '--format', 'csv'], 'reseller'],
  ];
  test.each(cases)('%s: %i', async (_, exitCode, words, key) => {
    const ended = await cli.tierline(words, { key: keys[key] });
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.out).toBe('');
    expect(ended.err).toMatch(/\S/);
    expect(ended.err).not.toMatch(/\n {4}at /);
  });

  test('a failure as JSON goes to standard error, every reason in it', async () => {
    const words = [
      'account',
      'create',
      '--kind',
      'msp',
      '--name',
      'X',
      '--currency',
      'XXX',
      '--time-zone',
      'Mars',
      '--country',
      'US',
    ];
    const { exitCode, out, err } = await cli.tierline([...words, '--json'], { key: keys.provider });
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(JSON.parse(err)).toMatchObject({
      error: { reasons: [{ field: 'currency' }, { field: 'time_zone' }], request_id: expect.any(String) as string },
    });
  });

  test('no server: 69; none named: 2; a wrong key: 4', async () => {
    const gone = await cli.tierline(['status', '--url', 'http://127.0.0.1:9']);
    expect(gone).toMatchObject({ exitCode: 69, out: '' });
    expect(gone.err).toContain('tierline start --demo');
    const unnamed = await cli.tierline(['account', 'list'], { env: {} });
    expect(unnamed.exitCode).toBe(2);
    expect(unnamed.err).toContain('cli.json');
    expect((await cli.tierline(['account', 'list', '--api-key', 'tl_key_wrong'])).exitCode).toBe(4);
    expect((await cli.tierline(['status'])).exitCode).toBe(4);
  });

  test('the local file is used last, and its key for its own server only', async () => {
    await cli.file('cli.json', JSON.stringify({ url: cli.url, api_key: keys.reseller }));
    const env = { TIERLINE_DATA_DIR: '.' };
    expect((await cli.tierline(['status'], { env })).exitCode).toBe(0);
    const elsewhere = await cli.tierline(['status', '--json', '--url', cli.url], { env });
    expect(elsewhere.exitCode).toBe(4);
    expect(json(elsewhere)).toEqual({ url: cli.url, ready: true });
    const named = await cli.tierline(['status', '--json', '--url', cli.url, '--api-key', keys.provider], { env });
    expect(json(named)).toMatchObject({ ready: true, account: { kind: 'provider' } });
  });

  test('events go on until they are interrupted', async () => {
    const stop = new AbortController();
    stop.abort();
    const { exitCode, out } = await cli.tierline(['events', '--follow', '--json', '--limit', '2'], {
      key: keys.provider,
      stopped: stop.signal,
    });
    expect(exitCode).toBe(0);
    const [first, second] = lines(out).map((line) => JSON.parse(line) as { id: string });
    expect(first!.id < second!.id).toBe(true);
  });
});

test('order lines', () => {
  expect(parseLine('A=B=2')).toEqual({ mpn: 'A=B', quantity: '2' });
  expect(parseLine('rate:0190f3a2=1.5')).toEqual({ rate_id: '0190f3a2', quantity: '1.5' });
  expect(parseLine('X=1,vendor=acme,subscription=1 year,billing=1 month')).toEqual({
    mpn: 'X',
    quantity: '1',
    vendor: 'acme',
    subscription_period: { unit: 'year', count: 1 },
    billing_period: { unit: 'month', count: 1 },
  });
  for (const bad of ['', 'X', '=1', 'X=', 'X=1,size=2', 'X=1,billing=month'])
    expect(() => parseLine(bad)).toThrow(/A line|A period/);
});

test('the reference has every command', () => {
  const text = cliMarkdown();
  for (const name of ['start', 'order place', 'catalog import', 'events'])
    expect(text).toContain(`## tierline ${name}\n`);
});
