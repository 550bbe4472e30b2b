import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isTierlineError, type TierlineError } from '@tierline/kernel';
import { afterAll, expect, test } from 'vitest';
import { describeConfig, loadConfig, settingNames, settings, settingsMarkdown, type ConfigInput } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'tierline-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

function fileWith(content: string): string {
  const path = join(directory, `${crypto.randomUUID()}.json`);
  writeFileSync(path, content);
  return path;
}

function refusalOf(input: ConfigInput): TierlineError {
  try {
    loadConfig(input);
  } catch (error) {
    if (isTierlineError(error)) return error;
  }
  throw new Error('not refused');
}

test('without any source every setting has its default', () => {
  const config = loadConfig({ env: {} });
  expect(config).toMatchObject({ host: '127.0.0.1', port: 7420, dataDir: resolve('data'), logLevel: 'info' });
  expect(config.databaseUrl).toBeUndefined();
  expect(Object.keys(config)).toEqual(settingNames);
});

test('every default satisfies its own schema', () => {
  const wrong = settingNames.filter((name) => !settings[name].schema.safeParse(settings[name].fallback).success);
  expect(wrong).toEqual([]);
});

test('flags win over the environment, the environment over the file', () => {
  const file = fileWith('{"port": 1000, "orderBatchMax": 7, "sessionHours": 5}');
  const config = loadConfig({
    env: { TIERLINE_CONFIG: file, TIERLINE_PORT: '2000', TIERLINE_ORDER_BATCH_MAX: '8' },
    overrides: { port: '3000', host: undefined },
  });
  expect(config).toMatchObject({ port: 3000, orderBatchMax: 8, sessionHours: 5, host: '127.0.0.1' });
});

test('values become what they mean', () => {
  const key = Buffer.alloc(32, 7);
  const config = loadConfig({
    env: {
      TIERLINE_MASTER_KEY: key.toString('base64'),
      TIERLINE_LMPI_REPLAY_PROTECTION: 'true',
      TIERLINE_PUBLIC_URL: 'https://channel.example.com/',
      DATABASE_URL: 'postgres://me:hunter2@db.example.com/tierline',
      TIERLINE_LOG_LEVEL: '',
    },
  });
  expect(config.masterKey).toEqual(new Uint8Array(key));
  expect(config).toMatchObject({
    lmpiReplayProtection: true,
    publicUrl: 'https://channel.example.com',
    logLevel: 'info',
  });
});

test('all mistakes of all sources are reported together, under the names by which they were given', () => {
  const file = fileWith('{"port": "7420", "logLevl": "info", "maxBodyBytes": 3}');
  const error = refusalOf({
    env: {
      TIERLINE_HOTS: 'x',
      TIERLINE_DATABASE_URL: 'x',
      TIERLINE_COMPLETELY_DIFFERENT: 'x',
      TIERLINE_ORDER_BATCH_MAX: '0x10',
      TIERLINE_URL: 'http://a-client-setting',
      OTHER: 'ignored',
    },
    file,
    overrides: { port: 'http' },
  });
  expect(error).toMatchObject({ code: 'config.invalid', kind: 'invalid' });
  expect(
    error.reasons.map((reason) => `${reason.code} ${reason.field}`).toSorted((one, other) => (one < other ? -1 : 1)),
  ).toEqual([
    'config.invalid_value --port',
    'config.invalid_value TIERLINE_ORDER_BATCH_MAX',
    'config.invalid_value maxBodyBytes',
    'config.invalid_value port',
    'config.unknown_setting TIERLINE_COMPLETELY_DIFFERENT',
    'config.unknown_setting TIERLINE_DATABASE_URL',
    'config.unknown_setting TIERLINE_HOTS',
    'config.unknown_setting logLevl',
  ]);
  const messages = error.reasons.map((reason) => reason.message).join('\n');
  expect(messages).toContain('--port is "http"; it must be a whole number from 0 to 65535.');
  expect(messages).toContain('did you mean TIERLINE_HOST?');
  expect(messages).toContain('did you mean DATABASE_URL?');
  expect(messages).toContain('did you mean logLevel?');
  expect(messages).toMatch(/TIERLINE_COMPLETELY_DIFFERENT.*docs\/reference\/settings.md/);
  for (const reason of error.reasons) expect(error.message).toContain(reason.message);
});

test.each(['no such file', '[1]', '{"port": }', '"text"'])('a file that cannot be used is named: %s', (content) => {
  const file = content === 'no such file' ? join(directory, 'missing.json') : fileWith(content);
  const error = refusalOf({ env: {}, file });
  expect(error.reasons).toMatchObject([{ code: 'config.unreadable_file', field: file }]);
});

test('settings that contradict each other are refused', () => {
  const error = refusalOf({ env: { TIERLINE_HEADERS_TIMEOUT_MS: '600', TIERLINE_REQUEST_TIMEOUT_MS: '500' } });
  expect(error.field).toBe('TIERLINE_HEADERS_TIMEOUT_MS');
});

test('a secret is shown neither in the description nor in a complaint about it', () => {
  const config = loadConfig({
    env: {
      DATABASE_URL: 'postgres://me:hunter2@db/tierline',
      TIERLINE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    },
  });
  const description = describeConfig(config);
  expect(description).toMatchObject({ databaseUrl: '***', masterKey: '***', port: 7420, publicUrl: null });
  expect(JSON.stringify(description)).not.toContain('hunter2');
  const error = refusalOf({ env: { DATABASE_URL: 'mysql://me:hunter2@db/x', TIERLINE_MASTER_KEY: 'c2hvcnQ=' } });
  expect(error.reasons).toHaveLength(2);
  expect(error.message).not.toMatch(/hunter2|c2hvcnQ/);
});

test.each([
  ['TIERLINE_PORT', '70000'],
  ['TIERLINE_PORT', ' 1'],
  ['TIERLINE_PORT', '1e3'],
  ['TIERLINE_HOST', 'a host'],
  ['TIERLINE_DATA_DIR', 'a\0b'],
  ['TIERLINE_LOG_LEVEL', 'loud'],
  ['TIERLINE_LMPI_REPLAY_PROTECTION', 'maybe'],
  ['TIERLINE_PUBLIC_URL', 'ftp://example.com'],
  ['TIERLINE_PUBLIC_URL', 'https://example.com/?a=1'],
  ['DATABASE_URL', 'localhost:5432'],
])('%s=%j is refused', (variable, text) => {
  expect(refusalOf({ env: { [variable]: text } }).reasons).toMatchObject([
    { code: 'config.invalid_value', field: variable },
  ]);
});

test('the reference page has a row for every setting and tells the secrets', () => {
  const page = settingsMarkdown();
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toHaveLength(settingNames.length);
  const byName = new Map(rows.map((row) => [/^\| `(\w+)`/.exec(row)?.[1], row]));
  for (const name of settingNames) {
    const row = byName.get(name) ?? '';
    expect(row).toContain(`\`${settings[name].env}\``);
    expect(row.includes('never printed')).toBe(settings[name].secret);
    // A cell must not open another.
    expect(row.replaceAll('\\|', '').split('|')).toHaveLength(7);
  }
});

test('no two settings share a variable or a flag', () => {
  const spellings = settingNames.flatMap((name) => [settings[name].env, settings[name].flag ?? []].flat());
  expect(new Set(spellings).size).toBe(spellings.length);
});
