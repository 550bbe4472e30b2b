import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCodes } from './service.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tierline-codes-'));
});
afterAll(() => rm(dir, { recursive: true }));

async function file(text: string): Promise<string> {
  const path = join(dir, 'codes.json');
  await writeFile(path, text);
  return path;
}

test('without a file there are ours, with one those too', async () => {
  expect((await openCodes(undefined)).dataCenters.has('BR')).toBe(false);
  expect((await openCodes(await file('{"data_centers":{"BR":"Brazil"}}'))).dataCenters.get('BR')).toBe('Brazil');
});

/** A server that started with half a list would refuse what its operator believes to have allowed. */
test('every mistake is told at once, with the file and the place', async () => {
  const path = await file('{"industries":{"TOOLONG":"x"},"cultures":["nowhere"],"other":1}');
  const refused = openCodes(path);
  await expect(refused).rejects.toMatchObject({ code: 'codes.invalid', kind: 'invalid' });
  await expect(refused).rejects.toThrow(new RegExp(`${path}[^]*cultures\\.0[^]*industries\\.TOOLONG[^]*other`));
});

test('a file that is missing or no JSON stops the start', async () => {
  await expect(openCodes(join(dir, 'none.json'))).rejects.toThrow('cannot be read');
  await expect(openCodes(await file('{'))).rejects.toThrow('is not JSON');
});
