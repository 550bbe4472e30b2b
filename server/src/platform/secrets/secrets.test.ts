import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSecrets } from './index.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tierline-secrets-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const masterKey = randomBytes(32).toString('base64');

describe('sealing', () => {
  test('any text comes back under its own context, and only there', async () => {
    const secrets = await openSecrets({ masterKey, dataDir });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (text, context, other) => {
        const sealed = secrets.encrypt(text, context);
        expect(secrets.decrypt(sealed, context)).toBe(text);
        if (other !== context) expect(() => secrets.decrypt(sealed, other)).toThrow('can not be read');
      }),
    );
  });

  test('no changed byte goes unnoticed', async () => {
    const secrets = await openSecrets({ masterKey, dataDir });
    const sealed = secrets.encrypt('a secret', 'here');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => secrets.decrypt(changed, 'here')).toThrow(expect.objectContaining({ code: 'secrets.unreadable' }));
      expect(() => secrets.decrypt(sealed.subarray(0, at), 'here')).toThrow('can not be read');
    }
  });

  test('the same text is never sealed the same way twice, and another master key opens nothing', async () => {
    const secrets = await openSecrets({ masterKey, dataDir });
    const others = await openSecrets({ masterKey: randomBytes(32), dataDir });
    const sealed = secrets.encrypt('x', 'here');
    expect(sealed.equals(secrets.encrypt('x', 'here'))).toBe(false);
    expect(() => others.decrypt(sealed, 'here')).toThrow('can not be read');
    const bytes = Buffer.from('request');
    expect(secrets.fingerprint(bytes)).toEqual(secrets.fingerprint(bytes));
    expect(secrets.fingerprint(bytes)).not.toEqual(others.fingerprint(bytes));
  });

  test('a given key of another size is refused, and a given key makes no file', async () => {
    await expect(openSecrets({ masterKey: 'c2hvcnQ=', dataDir })).rejects.toMatchObject({
      code: 'secrets.master_key_size',
    });
    await openSecrets({ masterKey, dataDir });
    expect(await readdir(dataDir)).toEqual([]);
  });
});

describe('the key file', () => {
  test('is made once, for its owner only, by whoever of many comes first', async () => {
    const folder = join(dataDir, 'not', 'there', 'yet');
    const opened = await Promise.all(Array.from({ length: 8 }, () => openSecrets({ dataDir: folder })));
    expect(await readdir(folder)).toEqual(['master.key']);
    expect((await stat(join(folder, 'master.key'))).mode & 0o777).toBe(0o600);
    const sealed = opened[0]!.encrypt('shared', 'here');
    for (const secrets of [...opened, await openSecrets({ dataDir: folder })]) {
      expect(secrets.decrypt(sealed, 'here')).toBe('shared');
    }
  });

  test('that others can read is refused, and left as it is', async () => {
    await openSecrets({ dataDir });
    const path = join(dataDir, 'master.key');
    const before = await readFile(path);
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(path, mode);
      await expect(openSecrets({ dataDir })).rejects.toMatchObject({ code: 'secrets.key_file_exposed' });
    }
    expect(await readFile(path)).toEqual(before);
  });

  test('that is damaged is refused and not replaced', async () => {
    const path = join(dataDir, 'master.key');
    await writeFile(path, 'half a k', { mode: 0o600 });
    await expect(openSecrets({ dataDir })).rejects.toMatchObject({ code: 'secrets.key_file_damaged' });
    expect(await readFile(path, 'utf8')).toBe('half a k');
  });
});
