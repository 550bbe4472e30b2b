import { decimal, Temporal, type AccountId, type PlanId, type SubscriptionId } from '@tierline/kernel';
import type { ReportWithLines } from '../../modules/billing-reports/index.ts';
import type { NamedCommand } from '../../modules/lifecycle/index.ts';
import type { Sold } from './build-catalog.ts';
import { rateIds } from './build-prices.ts';
import type { Building } from './channel.ts';
import {
  changes,
  months,
  readings,
  reportSteps,
  reportTerms,
  sales,
  type DemoChange,
  type DemoSale,
  type ReportStep,
  type When,
} from './chronicle.ts';
import { orders, type DemoOrder } from './orders.ts';

type Moment = {
  readonly at: Temporal.Instant;
  /** What it is about, since not everything has to be worked off before everything else. */
  readonly kind: 'subscription' | 'report' | 'other';
  readonly happens: () => Promise<unknown>;
};
type SoldTo = { readonly id: SubscriptionId; readonly ownerId: AccountId };

const realWorld = { sandboxId: null };

/**
 * Lets everything happen in its order, each at its moment: what is told in `chronicle.ts` and `orders.ts`, and between it what happens by
 * itself. Everything is counted from the first start, so a start that was killed is finished with the same dates.
 */
export async function liveThrough(building: Building, sold: Sold, firstStart: Temporal.Instant): Promise<void> {
  const calendar = calendarOf(firstStart);
  const time = timeOf(building);
  const story = await storyOf(building, sold, calendar);
  for (const { at, kind, happens } of story.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at))) {
    await time.passUntil(at, kind);
    await happens();
  }
  await time.passUntil(firstStart, 'report');
}

async function storyOf(building: Building, sold: Sold, calendar: Calendar): Promise<Moment[]> {
  const { engine } = building;
  const bought = new Map<DemoSale['key'], SoldTo>();
  const rates = await ratesOfSellers(building);
  const ofSales = sales.map((sale): Moment => {
    const at = calendar.at(sale.on);
    return {
      at,
      kind: 'subscription',
      happens: async () => bought.set(sale.key, await sell(building, sold, rates, sale, at)),
    };
  });
  const ofOrders = orders.map((order): Moment => {
    const at = calendar.at(order);
    return { at, kind: 'subscription', happens: () => placeOrder(building, order, at) };
  });
  const ofChanges = changes.map((change): Moment => {
    const at = calendar.at(change.on);
    return { at, kind: 'subscription', happens: () => carryOut(building, sold, bought.get(change.sale)!, change, at) };
  });
  const ofUse = [...months, 0].map((month, index): Moment => {
    const at = month === 0 ? calendar.latest : calendar.at({ month, day: 25 });
    return { at, kind: 'other', happens: () => readUse(building, bought, index, at) };
  });
  const ofTerms = reportTerms.map(({ seller, partner, days, on }): Moment => {
    const at = calendar.at(on);
    const wanted = { partnerId: building.sellers[partner].id, submitAfterDays: days, tolerancePercent: '10' };
    const happens = () =>
      building.steps.step(`report_terms:${partner}`, at, (cause) =>
        engine.billingReports.setTerms(cause, building.sellers[seller].id, wanted),
      );
    return { at, kind: 'other', happens };
  });
  const ofReports = reportSteps.map((step): Moment => {
    const at = calendar.afterMonth(step.of, step.day);
    return { at, kind: 'report', happens: () => review(building, step, calendar.monthOn(step.of), at) };
  });
  return [...ofTerms, ...ofSales, ...ofOrders, ...ofChanges, ...ofUse, ...ofReports];
}

type Calendar = ReturnType<typeof calendarOf>;

/** The months before the first start. The last one is over in every zone of the cast, also where the first start is early in the next. */
function calendarOf(firstStart: Temporal.Instant) {
  const zeroth = firstStart.subtract({ hours: 12 }).toZonedDateTimeISO('UTC').toPlainDate().with({ day: 1 });
  /** What can't have happened yet happened just before the first start. */
  const latest = firstStart.subtract({ minutes: 30 });
  const noon = (date: Temporal.PlainDate): Temporal.Instant => {
    const at = date.toZonedDateTime({ timeZone: 'UTC', plainTime: '12:00' }).toInstant();
    return Temporal.Instant.compare(at, latest) > 0 ? latest : at;
  };
  const first = (month: number): Temporal.PlainDate => zeroth.add({ months: month });
  return {
    latest,
    at: (when: When): Temporal.Instant =>
      'daysAgo' in when
        ? firstStart.subtract({ hours: when.daysAgo * 24 })
        : noon(first(when.month).add({ days: when.day - 1 })),
    /** So many days after a month is over. */
    afterMonth: (month: number, days: number) => noon(first(month + 1).add({ days })),
    monthOn: (month: number) => first(month).toString(),
  };
}

/** Works off what is due until a moment, each at its own: what is worked off late is told to have happened late. */
function timeOf({ engine, sellers }: Building) {
  /** When something is next due, as long as nothing has happened since it was looked up. */
  let next: Temporal.Instant | null | undefined;
  let passed: Temporal.Instant | undefined;
  let reportedAt: Temporal.Instant | undefined;

  async function nextDue(): Promise<Temporal.Instant | null> {
    const page = { scope: { within: sellers.provider.id } };
    const dues = await engine.lifecycle.nextDues(await engine.subscriptions.page(page, { limit: 100 }, true));
    const [first] = [...dues.values()].flatMap((due) => due?.at ?? []).toSorted(Temporal.Instant.compare);
    return first ?? null;
  }

  return {
    async passUntil(until: Temporal.Instant, kind: Moment['kind']): Promise<void> {
      // Nothing is due at the very moment at which it comes to be.
      for (; passed?.equals(until) !== true;) {
        next ??= await nextDue();
        if (next === null || Temporal.Instant.compare(next, until) > 0) break;
        await engine.worker.runDue(realWorld, next);
        next = undefined;
      }
      passed = until;
      if (kind === 'subscription') next = undefined;
      if (kind !== 'report' || reportedAt?.equals(until) === true) return;
      reportedAt = until;
      await engine.billingReportWork.runDue(realWorld, until);
    },
  };
}

/** The rate of each plan that a seller may sell, by seller, plan and MPN. */
async function ratesOfSellers(
  building: Building,
): Promise<ReadonlyMap<AccountId, Awaited<ReturnType<typeof rateIds>>>> {
  const sellers = Object.values(building.sellers);
  const rates = await Promise.all(sellers.map((seller) => rateIds(building, seller)));
  return new Map(sellers.map(({ id }, index) => [id, rates[index]!]));
}

async function sell(
  { engine, steps, customers }: Building,
  sold: Sold,
  rates: Awaited<ReturnType<typeof ratesOfSellers>>,
  { key, customer: name, plan, units }: DemoSale,
  at: Temporal.Instant,
): Promise<SoldTo> {
  const { id, ownerId } = customers.get(name)!;
  const planId = planOf(sold, plan);
  const [rateId] = [...rates.get(ownerId)!].flatMap(([of, rate]) => (of.startsWith(`${planId}/`) ? [rate] : []));
  // An order knows by itself that it was placed before: its key has no stored answer but the order.
  const { subscriptions } = await engine.orders.place(steps.causeOf(`sale:${key}`, at), ownerId, {
    customer: { id },
    lines: [{ name: { rateId: rateId! }, quantity: decimal(units) }],
    poNumber: null,
    attributes: null,
    surface: 'lmpi',
    addMissingBases: false,
  });
  return { id: subscriptions[0]!.id, ownerId };
}

function planOf(sold: Sold, plan: string): PlanId {
  return sold.plans.get(plan)!;
}

async function placeOrder(
  { engine, steps, customers }: Building,
  { customer: key, poNumber, lines }: DemoOrder,
  at: Temporal.Instant,
): Promise<void> {
  const customer = customers.get(key)!;
  await engine.orders.place(steps.causeOf(`order:${poNumber}`, at), customer.ownerId, {
    customer: { id: customer.id },
    lines: lines.map((line) => ({ ...line, quantity: decimal(line.quantity) })),
    poNumber,
    attributes: null,
    surface: 'system',
    addMissingBases: false,
  });
}

async function carryOut(
  { engine, steps }: Building,
  sold: Sold,
  { id, ownerId }: SoldTo,
  change: DemoChange,
  at: Temporal.Instant,
): Promise<void> {
  const { items } = await engine.subscriptions.get(ownerId, { id });
  const commands: Readonly<Record<DemoChange['kind'], () => NamedCommand>> = {
    units: () => {
      const quantity = decimal(change.kind === 'units' ? change.units : '0');
      return { kind: 'change', items: [{ rateId: items[0]!.rateId, quantity }], cascade: false };
    },
    convert: () => ({ kind: 'convert', planId: change.kind === 'convert' ? planOf(sold, change.plan) : null }),
    suspend: () => ({ kind: 'suspend', endOn: null }),
    disable: () => ({ kind: 'cancel', reason: null }),
    no_renewal: () => ({ kind: 'auto_renewal', on: false, months: null }),
  };
  const cause = steps.causeOf(`change:${change.sale}:${change.kind}`, at);
  const asked = { command: commands[change.kind](), moment: { at: 'now' } } as const;
  await engine.lifecycle.place(cause, ownerId, id, asked, { surface: 'lmpi' });
}

async function readUse(
  { engine, steps, sellers }: Building,
  bought: ReadonlyMap<DemoSale['key'], SoldTo>,
  index: number,
  at: Temporal.Instant,
): Promise<void> {
  const read = Object.entries(readings).flatMap(([sale, ofMonths]) => {
    const used = ofMonths[index] ?? null;
    return used === null ? [] : [{ subscriptionId: bought.get(sale)!.id, used: decimal(used) }];
  });
  await steps.step(`usage:${index}`, at, (cause) =>
    engine.usage.report(cause, sellers.provider.id, read, (line, field) => `readings.${line}.${field}`),
  );
}

async function review(
  { engine, steps, sellers }: Building,
  { partner, of, step }: ReportStep,
  monthOn: string,
  at: Temporal.Instant,
): Promise<void> {
  const { id: partnerId } = sellers[partner];
  const { billingReports } = engine;
  const found = await billingReports.list({ within: partnerId, partnerId, months: [monthOn] }, { limit: 1 });
  const report = found[0]!;
  const key = `report:${partner}:${of}:${step.action}`;
  if (step.action === 'comment') {
    const { lines } = await billingReports.get(partnerId, report.id);
    await steps.step(key, at, (cause) =>
      billingReports.edit(cause, partnerId, report.id, { lines: commented(lines, step.text) }),
    );
    return;
  }
  const holder = { submit: report.ownerId, approve: report.sellerId, reject: report.sellerId };
  const by = step.action === 'return' || step.action === 'complete' ? report.rootId : holder[step.action];
  await steps.step(key, at, (cause) => billingReports.act(cause, by, report.id, step));
}

/** A word on every line of which not everything is used, or on the first one. */
function commented(lines: ReportWithLines['lines'], comment: string) {
  const idle = lines.filter(({ used, provisioned }) => used !== null && used !== provisioned);
  return (idle.length > 0 ? idle : lines.slice(0, 1)).map(({ position }) => ({ position, comment }));
}
