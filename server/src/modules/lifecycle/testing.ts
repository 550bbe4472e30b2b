import {
  addMoney,
  dateIn,
  decimal,
  formatDecimal,
  formatMoney,
  isTierlineError,
  Temporal,
  zeroMoney,
  type PlanId,
  type RateId,
  type SubscriptionId,
  type TierlineError,
} from '@tierline/kernel';
import { expect } from 'vitest';
import { anEdge, anEdgePrice, aPlanVersion, aRate, type TiersWanted } from '../../../../test/support/values.ts';
import type { AccountNode } from '../accounts/index.ts';
import type { PlanVersion, Rate } from '../catalog/index.ts';
import type { PolicyDocument } from '@tierline/contract';
import { decidePlacement } from '../orders/index.ts';
import { aChain, aCustomer, anIdentity, aPlacement } from '../orders/testing.ts';
import { resolvePolicies } from '../policies/index.ts';
import type { EdgePrices, RatePrices } from '../pricing/index.ts';
import {
  fieldsOf,
  fold,
  nextDue,
  readLife,
  lifeText,
  type StoredLife,
  type Fields,
  type Subscription,
} from '../subscriptions/index.ts';
import type { Asked, Command } from './command.ts';
import { eventsOf, type ChangeWrite } from './change-write.ts';
import type { Context, LoadedPlan } from './context.ts';
import { decide } from './decide.ts';
import { decideActivation } from './decide-activation.ts';
import { decideDue } from './decide-due.ts';
import type { Decision } from './draft.ts';
import type { Intent } from './intent.ts';

/** A price at a moment on an edge; undefined: none. */
export type PriceOf = TiersWanted | ((date: string, edge: number) => TiersWanted | undefined);
export type RateWanted = Partial<Rate> & {
  readonly price?: PriceOf;
  readonly setup?: PriceOf;
  readonly floor?: 'cost';
  readonly belowCost?: boolean;
};
export type Plan = LoadedPlan & { readonly priceOf: ReadonlyMap<RateId, RateWanted> };

export const id = <Kind extends string>(name: string): Kind => name as Kind;
const productId = id<PlanVersion['product']['id']>('product');

/** A plan with rates by their MPN. Ids are readable; the resource of a rate is named by its MPN too. */
export function aPlan(
  name: string,
  rates: Readonly<Record<string, RateWanted>>,
  facts: Partial<PlanVersion> = {},
  policies: PolicyDocument = {},
): Plan {
  const plan = aPlanVersion({
    planId: id<PlanId>(name),
    name,
    makerId: id('seller-0'),
    expirationNoticeDays: 0,
    policies: resolvePolicies({}, policies),
    product: {
      id: productId,
      code: 'PRODUCT01',
      name: 'Product',
      type: 'saas',
      family: 'standard',
      status: 'active',
      parts: [],
    },
    ...facts,
  });
  const made = Object.entries(rates).map(
    ([mpn, { price: _, setup, floor: _floor, belowCost: _belowCost, ...wanted }]) =>
      aRate(plan, {
        mpn,
        rateId: id<RateId>(`${name}.${mpn}`),
        resourceId: id(mpn),
        chargeTypes: setup === undefined ? ['recurring'] : ['setup', 'recurring'],
        ...wanted,
      }),
  );
  return {
    plan,
    rates: new Map(made.map((rate) => [rate.rateId, rate])),
    priceOf: new Map(made.map((rate) => [rate.rateId, rates[rate.mpn]!])),
  };
}

/** Sellers by their time zones, from the root down to the owner. Ids are `seller-0`, `seller-1`, ... */
export function sellers(...zones: readonly string[]): AccountNode {
  const node = aChain(...zones.map((timeZone) => ({ timeZone })));
  const chain = node.chain.map((account, index) => ({ ...account, id: id<typeof account.id>(`seller-${index}`) }));
  return { ...node, account: chain.at(-1)!, chain };
}

export type Happened = { readonly at: string; readonly decision: Decision };

type World = {
  readonly plan: Plan;
  readonly others?: readonly Plan[];
  readonly zones?: readonly string[];
  readonly items: Readonly<Record<string, string>>;
  /** Civil time of the owner: `2026-03-10`, which is noon, or with an hour. */
  readonly sold: string;
  /** Begins on a later day than that of its sale. */
  readonly startOn?: string;
};

/**
 * The life of one subscription in memory: sold by the decision that a sale is, then commands and what is due, each at its own instant, and
 * after each step the events fold to the state and the stored form reads back.
 */
export function aLife({ plan, others = [], zones = ['UTC'], items, sold, startOn }: World) {
  const owner = sellers(...zones);
  const zone = owner.account.timeZone;
  const plans = new Map([plan, ...others].map((one) => [one.plan.planId, one]));
  const history: Happened[] = [];
  const sets: Partial<Fields>[] = [];
  const sale = { delegated: true, retired: false, productStatus: 'active' as Context['sale']['productStatus'] };
  const customer = { mayOrder: true, why: '' };
  let intents: Intent[] = [];
  let ended: { readonly kind: string; readonly status: string; readonly reason: string | null }[] = [];
  let ids = 0;

  const instant = (text: string): Temporal.Instant =>
    Temporal.PlainDateTime.from(text.includes('T') ? text : `${text}T12:00`)
      .toZonedDateTime(zone)
      .toInstant();

  function pricesOf(loaded: Plan, rateId: RateId, dates: readonly string[]): RatePrices {
    const { price, setup, floor, belowCost = false } = loaded.priceOf.get(rateId)!;
    const at = (of: PriceOf | undefined, index: number) => (typeof of === 'function' ? of(dates[index]!, index) : of);
    return owner.chain.map((seller, index): EdgePrices => {
      const own = { recurring: at(price, index), setup: at(setup, index) };
      const byType = Object.fromEntries(
        Object.entries(own).flatMap(([type, tiers]) =>
          tiers === undefined ? [] : [[type, anEdgePrice('EUR', tiers, { belowCost })]],
        ),
      );
      return anEdge({
        sellerId: seller.id,
        buyerId: owner.chain[index + 1]?.id ?? null,
        date: dates[index]!,
        byType,
        floor: floor ?? 'none',
      });
    });
  }

  const datesAt = (at: Temporal.Instant): string[] =>
    owner.chain.map(({ timeZone }) => dateIn(at, timeZone).toString());
  const soldAt = instant(sold);
  const firstDates = startOn === undefined ? datesAt(soldAt) : owner.chain.map(() => startOn);
  const order = decidePlacement(
    aPlacement({
      owner,
      customer: aCustomer(owner, { id: id('customer') }),
      at: soldAt,
      lines: Object.entries(items).map(([mpn, quantity], index) => ({
        named: { plan: plan.plan, rate: plan.rates.get(id<RateId>(`${plan.plan.name}.${mpn}`))! },
        quantity: decimal(quantity),
        origin: 'requested',
        parameters: null,
        index,
      })),
      prices: Object.keys(items).map((mpn) => pricesOf(plan, id<RateId>(`${plan.plan.name}.${mpn}`), firstDates)),
      identity: anIdentity(),
      ...(startOn === undefined ? {} : { terms: { endsOn: null, notForResale: false, migration: null, startOn } }),
    }),
  );
  let state: Subscription = order.subscriptions[0]!;
  const charges = order.charges.map((charge) => ({ ...charge, step: 0 }));
  sets.push(fieldsOf(state));

  function context(at: Temporal.Instant, found: Partial<Context> = {}): Context {
    const current = plans.get(state.planId)!;
    const ends = state.ledger.map(({ endOn }) => endOn);
    const price = (dates: readonly string[]) => (planId: PlanId, rateId: RateId) =>
      pricesOf(plans.get(planId)!, rateId, dates);
    return {
      at,
      owner,
      current,
      sale: { ...sale },
      customer: { ...customer },
      intents,
      inWork: null,
      pricesNow: price(datesAt(at)),
      pricesAtEnd: price(ends),
      plans: new Map([...plans].filter(([planId]) => planId !== state.planId)),
      others: new Map(),
      stocks: null,
      ...found,
    };
  }

  function apply(at: Temporal.Instant, decision: Decision): Decision {
    const mine = decision.subscriptions.find(({ after }) => after.id === state.id)!;
    const made = decision.intents.flatMap((change) => (change.kind === 'add' ? [newIntent(change, at)] : []));
    const write = { decision, orderId: null, newIntents: made } as unknown as ChangeWrite;
    for (const { subjectId, data } of eventsOf(write)) {
      if (subjectId === state.id && data['set'] !== undefined) sets.push(data['set'] as Partial<Fields>);
    }
    state = mine.after;
    expect(fold(sets), 'the events fold to the state').toEqual(fieldsOf(state));
    expect(
      { ...state, ...readLife(JSON.parse(lifeText(state)) as StoredLife, state.items) },
      'the stored form reads back',
    ).toEqual(state);
    const lineOf = ({ position }: { position: number }) => decision.lines[position]?.rate.rateId;
    expect(decision.charges.map(lineOf), 'every charge belongs to its line').toEqual(
      decision.charges.map(({ rateId }) => rateId),
    );
    for (const change of decision.intents) {
      if (change.kind === 'add') continue;
      intents = intents.filter((one) => one.id !== change.intent.id);
      if (change.kind === 'edit') intents.push({ ...change.intent, moment: change.moment, command: change.command });
      else ended = [...ended, { kind: change.intent.command.kind, status: change.status, reason: change.reason }];
    }
    intents = [...intents, ...made];
    history.push({ at: at.toString(), decision });
    charges.push(...decision.charges.map((charge) => ({ ...charge, id: '', step: history.length })));
    return decision;
  }

  function newIntent({ moment, command }: Pick<Intent, 'moment' | 'command'>, at: Temporal.Instant): Intent {
    const time = at.toString();
    return {
      id: `intent-${++ids}`,
      ownerId: state.ownerId,
      subscriptionId: state.id,
      moment,
      command,
      status: 'waiting',
      reason: null,
      orderId: null,
      version: 1,
      createdBy: 'user:1',
      createdAt: time,
      updatedAt: time,
    };
  }

  /** Works off what is due until a moment. */
  function until(text: string): void {
    const at = instant(text);
    for (let steps = 0; steps < 500; steps += 1) {
      const current = plans.get(state.planId)!;
      const waiting = intents.map(({ moment }) => ({ dueOn: moment.at === 'date' ? moment.on : null }));
      const due = nextDue(state, current.plan, zone, waiting);
      if (due === undefined || Temporal.Instant.compare(due.at, at) > 0) return;
      apply(due.at, decideDue(context(due.at), state, due));
    }
    throw new Error('It is due again and again.');
  }

  /** Decides a command at a moment, after what was due before; nothing is kept of a refusal. */
  function ask(
    text: string,
    command: Command,
    moment: Asked['moment'] = { at: 'now' },
    found: Partial<Context> = {},
  ): Decision {
    until(text);
    return apply(instant(text), decide(context(instant(text), found), state, { command, moment }));
  }

  /** Undefined: it is not refused. */
  function refusedWith(
    text: string,
    command: Command,
    moment: Asked['moment'],
    found: Partial<Context> = {},
  ): TierlineError | undefined {
    until(text);
    try {
      decide(context(instant(text), found), state, { command, moment });
      return undefined;
    } catch (error) {
      if (!isTierlineError(error)) throw error;
      return error;
    }
  }

  /** The code of the refusal of a command, with the nearest valid request if it has one. */
  function refusal(
    text: string,
    command: Command,
    moment: Asked['moment'] = { at: 'now' },
  ): { codes: string[]; nearest: unknown } {
    const error = refusedWith(text, command, moment);
    if (error === undefined) throw new Error('It was not refused.');
    const codes = error.reasons.length === 0 ? [error.code] : error.reasons.map(({ code }) => code);
    return { codes: [...new Set(codes)], nearest: error.details?.['nearest_valid'] };
  }

  /** Every reason against a command with its field, as `items.SEAT lifecycle.unpriced`; none where it is not refused. */
  function reasons(text: string, command: Command, found?: Partial<Context>): string[] {
    const error = refusedWith(text, command, { at: 'now' }, found);
    return (error?.reasons ?? []).map(({ code, field }) => (field === undefined ? code : `${field} ${code}`));
  }

  /** Somebody of the customer signs in. */
  function signIn(text: string): Decision {
    until(text);
    return apply(instant(text), decideActivation(context(instant(text)), state));
  }

  const wanted = (quantities: Readonly<Record<string, string>>, planName = state.planId as string) =>
    Object.entries(quantities).map(([mpn, quantity]) => ({
      rateId: id<RateId>(`${planName}.${mpn}`),
      quantity: decimal(quantity),
    }));

  return {
    sale,
    customer,
    history,
    until,
    ask,
    signIn,
    refusal,
    reasons,
    wanted,
    context,
    instant,
    state: () => state,
    intents: () => intents,
    ended: () => ended,
    /** Puts another state in place, for what no command brings about. */
    become(fields: Partial<Subscription>): void {
      state = { ...state, ...fields };
      sets.push(fieldsOf(state));
    },
    change: (text: string, quantities: Readonly<Record<string, string>>, moment?: Asked['moment'], cascade = false) =>
      ask(text, { kind: 'change', items: wanted(quantities), cascade }, moment),
    noChange: (text: string, quantities: Readonly<Record<string, string>>, cascade = false) =>
      refusal(text, { kind: 'change', items: wanted(quantities), cascade }),
    /** Status, term and quantities: `active 2026-03-10 to 2026-04-10: 5 SEAT`. */
    shown(): string {
      const hold = state.holdReason === null ? '' : ` (${state.holdReason})`;
      const held = state.items.map(({ quantity, mpn }) => `${formatDecimal(quantity)} ${mpn}`).join(', ');
      return `${state.status}${hold} ${state.startOn} to ${state.endOn}: ${held}`;
    },
    /** Lines on one edge since a step (0: the sale): `recurring 5 SEAT x 31 1/1, 2026-03-10 to 2026-04-10 = 155`. */
    bill(since = 0, edge = owner.chain.length - 1): string[] {
      return charges
        .filter(({ step, sellerId }) => step >= since && sellerId === owner.chain[edge]!.id)
        .map(({ type, quantity, rateId, unitPrice, fraction, period, amount }) => {
          const of =
            fraction.numerator === fraction.denominator ? '' : ` ${fraction.numerator}/${fraction.denominator}`;
          const days = `${period.start.toString()} to ${period.end.toString()}`;
          const mpn = rateId.split('.')[1];
          return `${type} ${formatDecimal(quantity)} ${mpn} x ${formatDecimal(unitPrice)}${of}, ${days} = ${formatMoney(amount)}`;
        });
    },
    /** The days that each line is for. */
    days(since = 0, edge = owner.chain.length - 1): string[] {
      return this.bill(since, edge).map((line) => line.split(', ')[1]!.split(' =')[0]!);
    },
    /** Lines of the last step. */
    lastBill(edge = owner.chain.length - 1): string[] {
      return this.bill(history.length, edge);
    },
    total(edge = owner.chain.length - 1): string {
      const own = charges.filter(({ sellerId }) => sellerId === owner.chain[edge]!.id);
      return formatMoney(own.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney('EUR')));
    },
  };
}

export type Life = ReturnType<typeof aLife>;

/** Another subscription that a command names, as the first one is. */
export function other(life: Life, name: string, loaded: Plan) {
  const subscription: Subscription = { ...life.state(), id: id<SubscriptionId>(name) };
  return [name, { subscription, loaded, intents: life.intents() }] as const;
}
