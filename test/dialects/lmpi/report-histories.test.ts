import { formatDecimal, isTierlineError, Temporal } from '@tierline/kernel';
import type { Fields } from '@tierline/server/modules/subscriptions/index.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openReports } from './report-world.ts';

/*
 * What reports tell is what the timelines of subscriptions say. Random lives are led through the engine; then every month is put
 * together once more, moment by moment out of the events, and compared with both reports. Months that are over are asked for while the
 * lives go on, and must be told the same at the end.
 */

type World = Awaited<ReturnType<typeof openReports>>;
let world: World;
beforeAll(async () => {
  world = await openReports();
});
afterAll(() => world.stop());

type Step = {
  readonly days: number;
  readonly subject: number;
  readonly did: 'sell' | 'try' | 'change' | 'cancel' | 'suspend' | 'resume' | 'convert' | 'switch' | 'stop_renewing';
  readonly units: number;
};

const steps = fc.array(
  fc.record<Step>({
    days: fc.integer({ min: 0, max: 20 }),
    subject: fc.nat({ max: 20 }),
    did: fc.constantFrom(
      'sell',
      'sell',
      'try',
      'change',
      'change',
      'cancel',
      'suspend',
      'resume',
      'convert',
      'switch',
      'stop_renewing',
    ),
    units: fc.integer({ min: 1, max: 50 }),
  }),
  { minLength: 8, maxLength: 20 },
);

type Sold = Awaited<ReturnType<World['sell']>>;

async function act(step: Step, customer: Awaited<ReturnType<World['customer']>>, sold: Sold[]): Promise<void> {
  if (step.did === 'sell' || sold.length === 0) {
    const plan = step.units % 2 === 0 ? world.full : world.mailboxes;
    sold.push(await world.sell(customer, plan, step.units));
    return;
  }
  if (step.did === 'try') {
    sold.push(await world.sell(await world.customer(world.partners.msp), world.trial, step.units));
    return;
  }
  const of = sold[step.subject % sold.length]!;
  const planId = world.full.id;
  const { items } = of;
  switch (step.did) {
    case 'change':
      await world.change(of, items[0]!.mpn, step.units);
      break;
    case 'cancel':
      await world.command(of, { kind: 'cancel', reason: null });
      break;
    case 'suspend':
      await world.command(of, { kind: 'suspend', endOn: null });
      break;
    case 'resume':
      await world.command(of, { kind: 'resume', endOn: null });
      break;
    case 'convert':
      await world.command(of, { kind: 'convert', planId });
      break;
    case 'switch':
      await world.command(of, { kind: 'switch', planId, items: null, start: 'keep' });
      break;
    case 'stop_renewing':
      await world.command(of, { kind: 'auto_renewal', on: false, months: null });
  }
}

/** What a subscription was from an instant on, as its events say. */
type Moment = { readonly at: Temporal.Instant; readonly fields: Fields };

async function timelines(ids: readonly string[]): Promise<Map<string, Moment[]>> {
  const text = `select subject_id, at, data -> 'set' as set from events
    where subject_id = any($1::uuid[]) and data ? 'set' order by id`;
  const rows = await world.db.query<{ subject_id: string; at: Temporal.Instant; set: Partial<Fields> }>(
    { name: 'told', text },
    [ids],
  );
  const found = new Map<string, Moment[]>();
  for (const { subject_id: id, at, set } of rows) {
    const moments = found.get(id) ?? [];
    moments.push({ at, fields: { ...moments.at(-1)?.fields, ...set } as Fields });
    found.set(id, moments);
  }
  return found;
}

const isLive = ({ status }: Fields): boolean => status !== 'terminated' && status !== 'removed';
const unitsOf = (fields: Fields): number => (isLive(fields) ? Number(fields.licenses[0]!.units) : 0);
const before = (a: Temporal.Instant, b: Temporal.Instant): boolean => Temporal.Instant.compare(a, b) < 0;

/** The most units of each plan at any moment from the beginning of a month to its end. */
function mostOf(lives: Iterable<readonly Moment[]>, from: Temporal.Instant, until: Temporal.Instant): string[] {
  const all = [...lives];
  const moments = [from, ...all.flat().map(({ at }) => at)].filter((at) => !before(at, from) && before(at, until));
  const most = new Map<string, number>();
  for (const at of moments) {
    const sums = new Map<string, number>();
    for (const life of all) {
      const now = life.findLast((moment) => !before(at, moment.at))?.fields;
      if (now === undefined || !isLive(now)) continue;
      const key = `${now.customer_id} ${now.plan_id}`;
      sums.set(key, (sums.get(key) ?? 0) + unitsOf(now));
    }
    for (const [key, sum] of sums) most.set(key, Math.max(most.get(key) ?? 0, sum));
  }
  return [...most].map(([key, sum]) => `${key} ${sum}`).toSorted();
}

const toldOf = (fields: Fields): string => {
  const {
    start_on: start,
    end_on: end,
    start_charge_on: charge,
    product_id: product,
    ...license
  } = fields.licenses[0]!;
  return JSON.stringify([
    unitsOf(fields),
    fields.plan_id,
    start,
    end,
    charge,
    product,
    license.license_version,
    license.enabled,
  ]);
};

/** What was sold and changed in a month, in no order. */
function stepsOf(lives: Iterable<readonly Moment[]>, from: Temporal.Instant, until: Temporal.Instant): string[] {
  const found: string[] = [];
  for (const life of lives) {
    for (const [index, { at, fields }] of life.entries()) {
      if (before(at, from) || !before(at, until)) continue;
      const was = life[index - 1]?.fields;
      if (was !== undefined && toldOf(was) === toldOf(fields)) continue;
      const version = fields.licenses[0]!.license_version;
      const isConverted = was?.licenses[0]!.license_version === 'trial' && version === 'full';
      const type = was === undefined ? 'new_purchase' : isConverted ? 'license_convert' : 'license_change';
      found.push(
        `${type} ${was === undefined ? 0 : unitsOf(was)} ${unitsOf(fields)} ${fields.licenses[0]!.start_charge_on}`,
      );
    }
  }
  return found.toSorted();
}

test('both reports are what the timelines say, for every month, whenever they are asked for', async () => {
  let begins = Temporal.Instant.from('2026-03-02T09:00:00Z');
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (life) => {
      const { msp } = world.partners;
      const { licenseReports } = world.engine;
      const customer = await world.customer(msp);
      const sold: Sold[] = [];
      const asked = new Map<string, string>();
      const began = begins.toZonedDateTimeISO('UTC').toPlainDate().with({ day: 1 });
      const tell = async (first: Temporal.PlainDate) => {
        const month = { year: first.year, month: first.month };
        const summary = await licenseReports.summary(msp.id, { month });
        const transactions = await licenseReports.transactions(msp.id, { month, timeZone: msp.timeZone });
        const text = JSON.stringify([summary, transactions], (_, value: unknown) =>
          typeof value === 'bigint' ? value.toString() : value,
        );
        return { transactions, text };
      };
      const refused: unknown[] = [];
      for (const step of life) {
        const last = begins.toZonedDateTimeISO(msp.timeZone).toPlainDate().with({ day: 1 });
        begins = begins.add({ hours: 24 * step.days + 1 });
        await world.passTo(begins.toString());
        await act(step, customer, sold).then(
          () => (accepted += 1),
          (error: unknown) => refused.push(error),
        );
        const now = begins.toZonedDateTimeISO(msp.timeZone).toPlainDate().with({ day: 1 });
        if (!now.equals(last)) asked.set(last.toString(), (await tell(last)).text);
      }
      // What can't be done is refused by the engine, in its own words; anything else is a mistake of this test.
      for (const error of refused)
        expect(isTierlineError(error) && error.kind !== 'bug', `${String(error)}.`).toBe(true);
      const lives = await timelines(sold.map(({ id }) => id));
      const mine = new Set([...lives.values()].map(([first]) => first!.fields.customer_id));
      const end = begins.toZonedDateTimeISO(msp.timeZone).toPlainDate();
      for (let first = began; Temporal.PlainDate.compare(first, end) <= 0; first = first.add({ months: 1 })) {
        const from = first.toZonedDateTime(msp.timeZone).toInstant();
        const until = first.add({ months: 1 }).toZonedDateTime(msp.timeZone).toInstant();
        const { transactions, text } = await tell(first);
        const earlier = asked.get(first.toString());
        if (earlier !== undefined) expect(text).toBe(earlier);
        const told = transactions
          .filter(({ customerId }) => mine.has(customerId))
          .map(
            ({ type, previousUnits, units, is }) =>
              `${type} ${formatDecimal(previousUnits)} ${formatDecimal(units)} ${is.startChargeOn}`,
          );
        expect(told.toSorted()).toEqual(stepsOf(lives.values(), from, until));
        const lines = await licenseReports.lines(msp.id, { month: { year: first.year, month: first.month } });
        const most = lines
          .filter(({ customerId }) => mine.has(customerId))
          .map(({ customerId, planId, provisioned }) => `${customerId} ${planId} ${formatDecimal(provisioned)}`);
        expect(most.toSorted()).toEqual(mostOf(lives.values(), from, until));
      }
      // What goes on would renew through the lives to come.
      for (const of of sold) await world.command(of, { kind: 'cancel', reason: null }).catch(() => undefined);
    }),
    { numRuns: 4, seed: 20_260_302 },
  );
  // A history in which everything is refused would say nothing.
  expect(accepted).toBeGreaterThan(20);
}, 120_000);
