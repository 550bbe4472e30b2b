import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from './index.ts';
import { isRunning } from './process-stamp.ts';
import { World, isRoot, kill, killAllIn, postmasterOf, query, scriptPath, until } from './test-support/world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.clear());

describe('a start', () => {
  test('makes a durable UTF-8 database that no network reaches, and the next one finds its data', async () => {
    const dataDir = world.dataDir();
    const first = await world.start(dataDir);
    expect(first.adopted).toBe(false);
    await query(first, 'create table kept (n int)');
    await query(first, 'insert into kept values (42)');
    const settings = [
      'fsync',
      'synchronous_commit',
      'listen_addresses',
      'timezone',
      'server_encoding',
      'max_connections',
      'data_checksums',
    ];
    expect(await query(first, `select ${settings.map((name) => `current_setting('${name}')`).join()}`)).toEqual([
      'on',
      'on',
      '',
      'UTC',
      'UTF8',
      '60',
      'on',
    ]);
    expect(
      await query(
        first,
        `select datlocprovider::text, datlocale, upper('ß→é') from pg_database where datname = current_database()`,
      ),
    ).toEqual(['b', 'C.UTF-8', 'ß→É']);
    expect(lstatSync(first.connection.host).mode & 0o777).toBe(0o700);
    expect(statSync(join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);
    await first.stop();
    expect(existsSync(first.connection.host)).toBe(false);

    const second = await world.start(relative(process.cwd(), dataDir));
    expect(second.connection.password).toBe(first.connection.password);
    expect(await query(second, 'select n from kept')).toEqual([42]);
  });

  test('refuses a wrong password', async () => {
    const { connection } = await world.start(world.dataDir());
    await expect(query({ connection: { ...connection, password: 'guess' } }, 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
  });

  test('takes settings of the caller over its own', async () => {
    const server = await world.start(world.dataDir(), { settings: { work_mem: '9MB', jit: 'on' } });
    expect(await query(server, `select current_setting('work_mem'), current_setting('jit')`)).toEqual(['9MB', 'on']);
  });

  test('can be canceled, and leaves nothing running and the directory free', async () => {
    const dataDir = world.dataDir();
    const abort = new AbortController();
    const starting = startEmbeddedPostgres({ dataDir, signal: abort.signal });
    const outcome = starting.catch((error: unknown) => error);
    await until(() => staged(dataDir).length > 0);
    abort.abort();
    expect(await outcome).toMatchObject({ code: 'database.start_aborted' });
    expect(postmasterOf(dataDir)).toBeUndefined();
    expect(readdirSync(dataDir).filter((name) => name !== 'postgres.password')).toEqual([]);
  });

  test('that fails says where the log is, keeps its last lines for the operator, and sets the directory free', async () => {
    const dataDir = world.dataDir();
    const failing = startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } });
    await expect(failing).rejects.toMatchObject({
      code: 'database.start_failed',
      message: containing(join(dataDir, 'postgres.log')),
      internal: containing('invalid value for parameter "shared_buffers"'),
    });
    await world.start(dataDir);
  });

  test.skipIf(process.platform !== 'linux')(
    'that was killed during initdb leaves nothing that the next one stumbles over',
    async () => {
      const dataDir = world.dataDir();
      const starting = world.spawn(process.execPath, [scriptPath('owner.ts'), dataDir]);
      await until(() => staged(dataDir).some((name) => existsSync(join(dataDir, name, 'cluster', 'base'))));
      await kill(starting);
      await killAllIn(dataDir);
      expect(staged(dataDir)).toHaveLength(1);
      expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
      const server = await world.start(dataDir);
      expect(await query(server, 'select 1')).toEqual([1]);
      expect(staged(dataDir)).toEqual([]);
    },
  );
});

describe('a directory', () => {
  test('belongs to one start at a time, also within one process, and to the next one after stop', async () => {
    const dataDir = world.dataDir();
    const server = await world.start(dataDir);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'database.directory_in_use',
      kind: 'conflict',
      message: containing(`pid ${process.pid}`),
    });
    await server.stop();
    await world.start(dataDir);
  });

  test('of two processes that start at the same moment goes to one; the other is told its pid', async () => {
    const dataDir = world.dataDir();
    const both = await Promise.all([world.script('owner.ts', dataDir), world.script('owner.ts', dataDir)]);
    const refused = both.filter(({ line }) => line.includes('database.directory_in_use'));
    const started = both.filter(({ line }) => line.includes('"adopted":false'));
    expect([started.length, refused.length]).toEqual([1, 1]);
    expect(refused[0]?.line).toContain(`pid ${started[0]?.child.pid}`);
  });

  test('of another major version is refused untouched', async () => {
    const dataDir = world.dataDir();
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '15\n');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'database.version_mismatch',
      message: containing('PostgreSQL 15'),
    });
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['PG_VERSION']);
  });

  test('that holds something else is refused untouched', async () => {
    const dataDir = world.dataDir();
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'letter.txt'), 'dear');
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'database.not_a_cluster' });
    expect(readdirSync(join(dataDir, 'postgres'))).toEqual(['letter.txt']);
  });

  test('whose password file was lost gets a new password', async () => {
    const dataDir = world.dataDir();
    const first = await world.start(dataDir);
    await first.stop();
    rmSync(join(dataDir, 'postgres.password'));
    const second = await world.start(dataDir);
    expect(second.connection.password).not.toBe(first.connection.password);
    expect(await query(second, 'select 1')).toEqual([1]);
  });
});

describe('after a kill', () => {
  test('of the owner, its server is adopted with its data, and stopped by the new owner', async () => {
    const dataDir = world.dataDir();
    const { child } = await world.script('owner.ts', dataDir);
    await kill(child);
    const orphan = postmasterOf(dataDir);
    expect(orphan).toBeDefined();
    const server = await world.start(dataDir);
    expect(server.adopted).toBe(true);
    expect(postmasterOf(dataDir)).toEqual(orphan);
    expect(await query(server, 'select 1')).toEqual([1]);
    await server.stop();
    expect(orphan !== undefined && isRunning(orphan)).toBe(false);
  });

  test('of the owner, a server with other settings is replaced', async () => {
    const dataDir = world.dataDir();
    const { child } = await world.script('owner.ts', dataDir);
    await kill(child);
    const orphan = postmasterOf(dataDir);
    const server = await world.start(dataDir, { settings: { work_mem: '9MB' } });
    expect(server.adopted).toBe(false);
    expect(orphan !== undefined && isRunning(orphan)).toBe(false);
    expect(await query(server, `select current_setting('work_mem')`)).toEqual(['9MB']);
  });

  test('of the server, stop() is done at once and what was committed is there at the next start', async () => {
    const dataDir = world.dataDir();
    const first = await world.start(dataDir);
    await query(first, 'create table kept as select generate_series(1, 1000) as n');
    process.kill(postmasterOf(dataDir)?.pid ?? 0, 'SIGKILL');
    await first.stop();
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(true);
    const second = await world.start(dataDir);
    expect(await query(second, 'select count(*)::int from kept')).toEqual([1000]);
  });

  // The usual case after a restart of a container, where small pids come again.
  test('a postmaster.pid that names some other living process does not keep the server from starting', async () => {
    const dataDir = world.dataDir();
    const first = await world.start(dataDir);
    const cluster = join(dataDir, 'postgres');
    const pidFile = readFileSync(join(cluster, 'postmaster.pid'), 'utf8');
    await first.stop();
    const { uid, gid } = statSync(cluster);
    const stranger = world.spawn('sleep', ['60'], isRoot ? { uid, gid } : {});
    writeFileSync(join(cluster, 'postmaster.pid'), pidFile.replace(/^\d+/, String(stranger.pid)));
    const second = await world.start(dataDir);
    expect(await query(second, 'select 1')).toEqual([1]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });
});

describe('an end', () => {
  test('by stop() waits for the server and may be asked for again', async () => {
    const dataDir = world.dataDir();
    const server = await world.start(dataDir);
    const running = postmasterOf(dataDir);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(running !== undefined && isRunning(running)).toBe(false);
    expect(existsSync(join(dataDir, 'postgres.owner'))).toBe(false);
  });

  test('of the process without stop() takes the server with it', async () => {
    const dataDir = world.dataDir();
    const { line } = await world.script('owner.ts', dataDir, 'exit');
    expect(line).toContain('"adopted":false');
    await until(() => postmasterOf(dataDir) === undefined);
  });
});

describe('permissions', () => {
  test.skipIf(!isRoot)('root: the server runs as somebody else, who owns the cluster', async () => {
    const dataDir = world.dataDir();
    await world.start(dataDir);
    expect(lstatSync(join(dataDir, 'postgres')).uid).not.toBe(0);
    expect(statusUid(postmasterOf(dataDir)?.pid)).toBe(lstatSync(join(dataDir, 'postgres')).uid);
  });

  test.skipIf(!isRoot)(
    'root: a directory that nobody else may enter works through a user namespace, and back',
    async () => {
      const dataDir = world.dataDir(0o700);
      const hidden = await world.start(dataDir);
      expect(lstatSync(join(dataDir, 'postgres')).uid).toBe(0);
      await query(hidden, 'create table kept as select 7 as n');
      await hidden.stop();
      chmodSync(dirname(dataDir), 0o755);
      const open = await world.start(dataDir);
      expect(lstatSync(join(dataDir, 'postgres')).uid).not.toBe(0);
      expect(await query(open, 'select n from kept')).toEqual([7]);
      await open.stop();
      chmodSync(dirname(dataDir), 0o700);
      expect(await query(await world.start(dataDir), 'select n from kept')).toEqual([7]);
    },
  );

  test.skipIf(!isRoot)('root: without user namespaces the error says what to do', async () => {
    const dataDir = world.dataDir(0o700);
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
        code: 'database.unreachable_for_unprivileged_user',
        kind: 'unavailable',
        message: containing('DATABASE_URL'),
      });
    } finally {
      process.env['PATH'] = path;
    }
    expect(readdirSync(dataDir)).not.toContain('postgres.owner');
  });

  test.skipIf(isRoot)('a user without rights on the directory is told so', async () => {
    const dataDir = world.dataDir(0o500);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({
      code: 'database.directory_not_accessible',
    });
    chmodSync(dirname(dataDir), 0o700);
  });
});

/** `expect.stringContaining` without its `any`. */
function containing(text: string): unknown {
  return expect.stringContaining(text);
}

function staged(dataDir: string): string[] {
  return existsSync(dataDir) ? readdirSync(dataDir).filter((name) => basename(name).startsWith('postgres.init-')) : [];
}

function statusUid(pid: number | undefined): number {
  return statSync(`/proc/${pid}`).uid;
}
