import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createAccessLog, createLogger, type LogLevel } from './index.ts';

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function recorded(level: LogLevel = 'info') {
  const lines: string[] = [];
  return { lines, log: createLogger({ level, destination: { write: (line: string) => void lines.push(line) } }) };
}

test('a line is JSON with level, time and message, and an error has its stack and its cause', () => {
  const { lines, log } = recorded();
  log.debug('not at this level');
  log.warn({ orderId: 'o1', err: new Error('outer', { cause: new Error('inner') }) }, 'late');
  expect(lines).toHaveLength(1);
  const line: unknown = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({
    level: 'warn',
    time: expect.stringMatching(isoTime) as unknown,
    msg: 'late',
    orderId: 'o1',
    err: { message: 'outer', stack: expect.stringContaining('logger.test.ts') as unknown, cause: { message: 'inner' } },
  });
});

test('secrets are masked at the top and down to two objects deep', () => {
  const { lines, log } = recorded();
  const secrets = {
    authorization: 'hush',
    'x-signature': 'hush',
    'x-subscription-key': 'hush',
    password: 'hush',
    secret: 'hush',
    token: 'hush',
  };
  log.info({ ...secrets, headers: secrets, request: { headers: secrets }, kept: 'kept' }, 'seen');
  log.child({ user: { password: 'hush' } }).info('seen');
  expect(lines.join('')).not.toContain('hush');
  expect(lines.join('')).toContain('[redacted]');
  expect(lines.join('')).toContain('kept');
});

test('an access line is one JSON line in the form of the others, whatever the path holds', () => {
  const { lines, log } = recorded();
  const write = createAccessLog(log, 'info');
  const entry = { method: 'GET', status: 200, ms: 1.23456, requestId: 'a"b', surface: 'api' };
  write?.({ ...entry, path: '/a"\\b\u0001', accountId: undefined });
  write?.({ ...entry, path: '/', accountId: 'acme' });
  const parsed = lines.map((line): unknown => JSON.parse(line));
  expect(parsed).toMatchObject([
    { level: 'info', msg: 'request', path: '/a"\\b\u0001', requestId: 'a"b', status: 200, ms: 1.235, surface: 'api' },
    { accountId: 'acme' },
  ]);
  expect(parsed[0]).not.toHaveProperty('accountId');
  expect(parsed[0]).toHaveProperty('time', expect.stringMatching(isoTime));
});

test('access lines are not made when their level is not logged', () => {
  expect(createAccessLog(recorded('warn').log, 'info')).toBeUndefined();
  expect(createAccessLog(recorded('info').log, 'debug')).toBeUndefined();
  expect(createAccessLog(recorded('debug').log, 'debug')).toBeDefined();
  expect(createAccessLog(recorded('trace').log, 'silent')).toBeUndefined();
});

test.each(['process.exit(0)', 'throw new Error("crash")', 'undefined'])(
  'lines still collected are written when the process ends by %s',
  (end) => {
    const module = JSON.stringify(new URL('index.ts', import.meta.url).href);
    const program = `const { createLogger } = await import(${module}); createLogger({ level: 'info' }).info('last words'); ${end}`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
    expect(stdout).toContain('last words');
  },
);
