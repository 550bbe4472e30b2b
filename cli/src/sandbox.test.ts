import { afterAll, beforeAll, expect, test } from 'vitest';
import { cliWorld, json } from './testing.ts';

let cli: Awaited<ReturnType<typeof cliWorld>>;
let key: string;
beforeAll(async () => {
  cli = await cliWorld();
  key = (await cli.world.credentials(await cli.world.provider())).apiKey;
});
afterAll(() => cli.close());

test('a sandbox is made, found, shown and advanced', async () => {
  const words = ['sandbox', 'create', '--name', 'Next year', '--at', '2027-01-31T09:00:00Z', '--json'];
  const made = json(await cli.tierline(words, { key })) as { key: string; sandbox: { id: string } };
  const { id } = made.sandbox;
  expect(made).toMatchObject({ sandbox: { name: 'Next year', now_at: '2027-01-31T09:00:00Z', status: 'standing' } });
  const list = await cli.tierline(['sandbox', 'list'], { key });
  expect(list.out).toMatch(/^ID +NAME +CLOCK +STATUS\n/);
  expect(list.out).toContain(`${id}  Next year  2027-01-31T09:00:00Z  standing`);
  const advance = async (...more: string[]) =>
    json(await cli.tierline(['sandbox', 'advance', id, '--json', ...more], { key }));
  expect(await advance('--by', '1 month')).toMatchObject({ now_at: '2027-02-28T09:00:00Z' });
  expect(await advance('--to', '2027-03-31T09:00:00Z')).toMatchObject({ now_at: '2027-03-31T09:00:00Z' });
  // Who holds its own key sees it from the inside.
  const shown = await cli.tierline(['sandbox', 'show', id, '--json'], { key: made.key });
  expect(json(shown)).toMatchObject({ id, now_at: '2027-03-31T09:00:00Z' });

  const back = await cli.tierline(['sandbox', 'advance', id, '--to', '2027-03-31T08:00:00Z'], { key });
  expect(back.exitCode).not.toBe(0);
  expect(back.err).toContain('only goes forward');
  for (const wrong of [[], ['--by', '1 fortnight'], ['--by', '1 day', '--to', '2028-01-01T00:00:00Z']]) {
    expect((await cli.tierline(['sandbox', 'advance', id, ...wrong], { key })).exitCode).toBe(2);
  }
});
