import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeReports } from '../../../../test/support/reports.ts';
import { openWorld, type World } from '../../../../test/support/world.ts';
import { reportJobs, type Report } from './index.ts';

let world: World;
let channel: Awaited<ReturnType<World['channel']>>;
beforeAll(async () => {
  world = await openWorld();
  channel = await world.channel();
});
afterAll(() => world.close());

const payments = { dataSet: 'payments', format: 'csv' } as const;
let count = 0;
const generator = (wanted: Partial<Parameters<World['engine']['reports']['createGenerator']>[2]> = {}) =>
  world.engine.reports.createGenerator(world.cause(), channel.reseller.id, {
    ...payments,
    schedule: 'once',
    name: `Generator ${(count += 1)}`,
    ...wanted,
  });
const ask = async (endOn?: string): Promise<Report> => {
  const { id } = await generator();
  const wanted = { generator: { id }, startOn: '2026-03-01', endOn };
  return world.engine.reports.schedule(world.cause(), channel.reseller.id, wanted);
};

async function textOf({ ownerId, id }: Pick<Report, 'ownerId' | 'id'>): Promise<string> {
  const { pieces } = await world.engine.reports.file(ownerId, id);
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts).toString();
}

test('the same request again is answered the same and makes one report', async () => {
  const { id } = await generator();
  const wanted = { generator: { id }, startOn: '2026-03-01' };
  const cause = () => world.cause({ key: 'again', owner: channel.reseller.id });
  const first = await world.engine.reports.schedule(cause(), channel.reseller.id, wanted);
  const again = await world.engine.reports.schedule(cause(), channel.reseller.id, wanted);
  expect(again.id).toBe(first.id);
  await makeReports(world.engine);
});

test('what is booked afterwards changes no report', async () => {
  await world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '2' }]);
  const report = await ask();
  await makeReports(world.engine);
  const before = await textOf(report);
  await world.order(channel.customer, [{ mpn: channel.base.mpn, quantity: '9' }]);
  await makeReports(world.engine);
  expect(await textOf(report)).toBe(before);
  const { status, rowCount, byteCount } = await world.engine.reports.get(report.ownerId, report.id);
  expect({ status, rowCount, byteCount }).toEqual({
    status: 'completed',
    rowCount: String(before.split('\r\n').length - 2),
    byteCount: String(Buffer.byteLength(before)),
  });
});

// The process may be killed anywhere: a run that was cut off is begun anew, and nothing of it is in the file.
test('a run that was cut off leaves nothing in the file', async () => {
  const report = await ask();
  const jobs = await world.db.kysely.selectFrom('jobs').selectAll().where('subject_id', '=', report.id).execute();
  const job = { ownerId: report.ownerId, id: jobs[0]!.id, kind: 'report', subjectId: report.id, payload: {} };
  const cut = new Error('killed');
  const run = (attempts: number, hold: () => Promise<void>) => world.engine.reportWork.run({ ...job, attempts }, hold);
  await expect(run(1, () => Promise.reject(cut))).rejects.toBe(cut);
  await world.db.kysely
    .insertInto('report_pieces')
    .values({ owner_id: report.ownerId, report_id: report.id, attempt: 1, position: 0, content: Buffer.from('x') })
    .execute();
  expect(await run(2, () => Promise.resolve())).toEqual({ done: true });
  expect(await textOf(report)).toMatch(/^orderId,/);
  // Who comes late with an older attempt finds it done.
  expect(await run(3, () => Promise.resolve())).toEqual({ done: true });
  const pieces = await world.db.kysely
    .selectFrom('report_pieces')
    .selectAll()
    .where('report_id', '=', report.id)
    .execute();
  expect(pieces.map(({ attempt }) => attempt)).toEqual([2]);
  await makeReports(world.engine);
});

test('more rows than a sheet holds end as an error that says so', async () => {
  const { id } = await generator({ format: 'xlsx' });
  const wanted = { generator: { id }, startOn: '2026-03-01' };
  const report = await world.engine.reports.schedule(world.cause(), channel.reseller.id, wanted);
  const { db, clock, directory } = world.engine;
  const word = (text: string): string => text;
  const names = { orderId: word, orderNumber: word, orderStatus: word, subscriptionId: word, chargeType: () => '' };
  const work = reportJobs({ db, clock, directory, names, sheetRowsMax: 1 });
  await makeReports({ ...world.engine, reportWork: work });
  expect(await world.engine.reports.get(report.ownerId, report.id)).toMatchObject({
    status: 'error',
    errorCode: 'reports.too_many_rows',
  });
  await expect(world.engine.reports.file(report.ownerId, report.id)).rejects.toMatchObject({ code: 'reports.no_file' });
});

test('a generator reports each day once, whoever looks, and a report that ends in the future is made then', async () => {
  const daily = await generator({ schedule: 'daily' });
  const later = await ask('2026-03-06');
  expect(later.isQueued).toBe(false);
  world.moveTo('2026-03-05T12:00:00Z');
  const due = () => world.engine.reportWork.runDue({ sandboxId: null }, world.clock.now());
  await Promise.all([due(), due()]);
  await due();
  const of = { ownerId: channel.reseller.id, generatorId: daily.id };
  const days = (await world.engine.reports.list(of, {})).map(({ startOn }) => startOn);
  expect(days).toEqual(['2026-03-04', '2026-03-03', '2026-03-02']);
  world.moveTo('2026-03-06T12:00:00Z');
  await due();
  await makeReports(world.engine);
  expect(await world.engine.reports.get(later.ownerId, later.id)).toMatchObject({ status: 'completed' });
  const waiting = await world.engine.reports.list({ ownerId: channel.reseller.id, status: 'submitted' }, {});
  expect(waiting).toEqual([]);
});

test('in a sandbox its clock sets off what is due, and dates it', async () => {
  const { engine, cause } = world;
  const facts = { name: 'Ahead', currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
  const { sandbox } = await engine.sandboxes.create(cause(), channel.reseller.id, {
    ...facts,
    startsAt: '2027-01-15T09:00:00Z',
  });
  const at = { ...cause({ at: sandbox.nowAt }), realAt: world.clock.now() };
  const monthly = { ...payments, name: 'Monthly', schedule: 'monthly' } as const;
  await engine.reports.createGenerator(at, sandbox.id, monthly);
  await engine.sandboxes.advance(cause(), channel.reseller.id, sandbox.id, { to: '2027-03-20T00:00:00Z' });
  const made = await engine.reports.list({ ownerId: sandbox.id }, {});
  expect(made.map(({ startOn, createdAt }) => [startOn, createdAt])).toEqual([
    ['2027-02-01', '2027-03-01T00:00:00Z'],
    ['2027-01-01', '2027-02-01T00:00:00Z'],
  ]);
  await makeReports(engine);
  expect(await engine.reports.get(sandbox.id, made[0]!.id)).toMatchObject({
    status: 'completed',
    completedAt: '2027-03-20T00:00:00Z',
    expiresAt: '2027-05-30T00:00:00Z',
  });
  await engine.sandboxes.advance(cause(), channel.reseller.id, sandbox.id, { to: '2027-06-15T00:00:00Z' });
  const kept = (await engine.reports.list({ ownerId: sandbox.id }, {})).map(({ startOn }) => startOn);
  expect(kept).toEqual(['2027-05-01', '2027-04-01', '2027-03-01']);
});
