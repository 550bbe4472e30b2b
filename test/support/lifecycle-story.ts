import { decimal, formatDecimal, isTierlineError, newId, Temporal } from '@tierline/kernel';
import { dueWorker, type Asked, type Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import type { Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import { expect } from 'vitest';
import { dateAfter, dateOf, midnight } from './lifecycle-calendar.ts';
import {
  instant,
  microText,
  modelCatalog,
  modelRates,
  pricesFrom,
  type ModelCatalog,
  type ModelChannel,
} from './lifecycle-channels.ts';
import { Crash, failingAfter, type Killer } from './lifecycle-crash.ts';
import type { Did, History, Step, Wait, Wanted } from './lifecycle-histories.ts';
import { caught, figures, refusedBy, told } from './lifecycle-answers.ts';
import { chargedSums, lawsOf } from './lifecycle-laws.ts';
import { modelSubscription, type ModelSubscription } from './lifecycle-model.ts';
import { addOnRate, baseRate, type ModelCommand, type ModelMoment } from './lifecycle-plan.ts';
import { plain } from './rows.ts';
import type { World } from './world.ts';

type Pair = { readonly id: Subscription['id']; readonly model: ModelSubscription };
type Placed = { readonly pair: Pair; readonly asked: Asked; readonly key: string; readonly outcome: Outcome };
type Asking = {
  readonly real: Asked;
  readonly refusal: string | undefined;
  readonly preview: boolean;
  readonly lost: 'answer' | 'session' | null;
  readonly within: ModelChannel['accounts'][number]['id'];
  readonly actor: string;
};
type Stage = {
  readonly world: World;
  readonly killer: Killer;
  readonly channel: ModelChannel;
  readonly catalog: ModelCatalog;
};

export async function play(
  of: { readonly world: World; readonly killer: Killer; readonly channels: readonly ModelChannel[] },
  history: History,
): Promise<void> {
  const channel = of.channels[history.channel]!;
  const catalog = await modelCatalog(of.world, channel, history.plans);
  for (const edge of channel.edges.keys()) {
    for (const [index, plan] of catalog.plans.entries()) {
      // Another price every hundred days or so, on another day on every edge: which day counts is seen in every amount.
      const rises = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => {
        const from = n === 0 ? '2020-01-01' : dateAfter(history.begins.slice(0, 10), n * 97 + edge * 11);
        return [from, pricesFrom(history.seed + index + 5 * n, edge)] as const;
      });
      await catalog.price(edge, plan, rises);
    }
  }
  const story = await begin({ ...of, channel, catalog }, history);
  try {
    for (const step of history.steps) await story.take(step);
    await story.finish();
  } finally {
    await story.leave();
  }
}

/** Lives a history on the engine and in the model, and compares them after every step. */
async function begin(of: Stage, { begins, quantities: first }: History) {
  const { world, killer, channel, catalog } = of;
  const { engine, db } = world;
  const owner = channel.accounts.at(-1)!;
  const customer = await world.customer(owner);
  const zone = channel.edges.at(-1)!.zone;
  let at = instant(begins);
  let keys = 0;
  let last: Placed | undefined;
  const pairs: Pair[] = [];
  for (const each of first) pairs.push(await sell(each));

  async function sell(each: readonly number[]): Promise<Pair> {
    const { plan } = catalog.plans[0];
    const wished = quantitiesOf(each.map((one) => (one === 0 ? null : one)));
    const base = wished[baseRate] ?? 0n;
    // A sale of more add-ons than bases is refused, which is not what this is about.
    const tooMany = plan.addOn !== null && (wished[addOnRate] ?? 0n) > base;
    const held = tooMany ? { ...wished, [baseRate]: wished[addOnRate]! } : wished;
    const order = await engine.orders.place(world.cause({ at: at.toString() }), owner.id, {
      customer: { id: customer.id },
      lines: catalog.items(plan.id, held).map(({ rateId, quantity }) => ({ name: { rateId }, quantity })),
      poNumber: null,
      attributes: null,
      surface: 'api',
      addMissingBases: false,
    });
    const model = modelSubscription({ plan, edges: channel.edges, quantities: held, at, prices: catalog.book });
    return { id: order.subscriptions[0]!.id, model };
  }

  const get = (pair: Pair): Promise<Subscription> => engine.subscriptions.get(owner.id, { id: pair.id });

  function pass({ model }: Pair, wait: Wait): void {
    if ('hours' in wait) at = at.add({ hours: wait.hours });
    else {
      const due = model.nextDue();
      const then = due === undefined ? at : midnight(due, zone).add({ hours: wait.beyondNextDue });
      if (Temporal.Instant.compare(then, at) > 0) at = then;
    }
  }

  async function take({ wait, actor, subscription, did }: Step): Promise<void> {
    const pair = pairs[subscription % pairs.length]!;
    pass(pair, wait);
    const within = channel.accounts[actor]!.id;
    if (did.do === 'command') await command(pair, did, within, `user:${actor}`);
    else if (did.do === 'retry') await retry(within);
    else if (did.do === 'pause') {
      await now(pair, { kind: 'suspend' }, within);
      at = at.add({ hours: did.hours });
      await now(pair, { kind: 'resume' }, within);
    } else if (did.do === 'bounce') {
      const only = (quantity: number) => [0, 1, 2].map((rate) => (rate === did.rate ? quantity : null));
      await now(pair, { kind: 'change', to: only(0) }, within);
      at = at.add({ hours: did.hours });
      await now(pair, { kind: 'change', to: only(did.to) }, within);
    } else if (did.do === 'end') {
      // Only of what does not go on by itself, now or later: on which grid it would is not modeled.
      if (pair.model.mayRenewLater()) return;
      await now(pair, { kind: 'auto_renewal', on: false }, within);
      await now(pair, { kind: 'expiry', days: did.days }, within);
    } else if (did.do === 'move') await move(pair, did, within);
    else if (did.do === 'price') await reprice(did);
    else if (did.do === 'due') await due();
    else if (did.do === 'kill') await killDue(pair);
    else await crash(did.after);
  }

  const now = (pair: Pair, of: Wanted, within: typeof owner.id): Promise<void> =>
    command(pair, { do: 'command', command: of, moment: 'now', preview: false, lost: null }, within, 'user:now');

  async function command(
    pair: Pair,
    { command: said, moment, preview, lost }: Extract<Did, { do: 'command' }>,
    within: typeof owner.id,
    actor: string,
  ): Promise<void> {
    pair.model.runDue(at);
    if (pair.model.isOdd() && !afterMovedEnd.includes(said.kind)) return;
    const asked = { command: modelCommand(pair, said), moment: modelMoment(moment, said) };
    const real = engineAsked(pair, asked.command, asked.moment);
    if (asked.moment.at !== 'now' && (await canNeverBe(pair, real, within))) return;
    const refusal = refusedBy(() => pair.model.ask(at, asked.command, asked.moment));
    await ask(pair, { real, refusal, preview, lost, within, actor });
    expect(await stateOf(pair)).toBe(pair.model.state());
  }

  /** Asks the engine for what the model has done already, or refused; in the end it must have come to the same. */
  /**
   * What is planned and can never be is refused when it is asked for, by a look ahead that the model does not take: it only knows what
   * becomes of a command at its moment. Which refusals these may be is told here, and tests of their own hold when they come.
   */
  async function canNeverBe(pair: Pair, real: Asked, within: typeof owner.id): Promise<boolean> {
    const answer = await caught(
      engine.lifecycle.preview(world.cause({ at: at.toString() }), within, pair.id, real, { surface: 'api' }),
    );
    if (!('error' in answer) || !isTierlineError(answer.error)) return false;
    const { reasons } = answer.error;
    return reasons.length > 0 && reasons.every(({ code }) => neverAsPlanned.includes(code));
  }

  async function ask(pair: Pair, { real, refusal, preview, lost, within, actor }: Asking): Promise<void> {
    const by = { surface: 'api' };
    const key = `key-${(keys += 1)}-${newId()}`;
    const cause = world.cause({ at: at.toString(), actor, key, owner: channel.accounts[0]!.id, request: key });
    const previewed = preview ? await caught(engine.lifecycle.preview(cause, within, pair.id, real, by)) : undefined;
    const version = preview ? (await get(pair)).version : undefined;
    const place = (): Promise<Outcome> =>
      engine.lifecycle.place(cause, within, pair.id, real, { ...by, expectedVersion: version });
    if (lost === 'answer') await place().catch(() => undefined);
    if (lost === 'session') await killed(pair, place);
    const placed = await caught(place());
    if (refusal !== undefined) {
      expect({ placed: 'error' in placed ? 'refused' : 'placed', refusal }).toEqual({ placed: 'refused', refusal });
    } else if ('error' in placed) throw placed.error;
    else last = { pair, asked: real, key, outcome: placed };
    // What overdue work came to before the answer was lost has moved the version that the caller had read.
    if (previewed !== undefined) expect(figures(previewed)).toEqual(figures(placed));
  }

  /** Its session is ended in the middle of the statement that stores it: then nothing is stored, and it is said. */
  async function killed(pair: Pair, work: () => Promise<unknown>): Promise<void> {
    const before = await stateOf(pair);
    const ended = await killer.during(pair.id, work);
    if (!ended.killed) return;
    expect(ended.came).toMatchObject({ error: expect.objectContaining({ code: '57P01' }) as unknown });
    expect(await stateOf(pair)).toBe(before);
  }

  async function move(
    pair: Pair,
    { rate, count }: Extract<Did, { do: 'move' }>,
    within: typeof owner.id,
  ): Promise<void> {
    const other = pairs.find((one) => one !== pair);
    if (other === undefined) return;
    for (const { model } of pairs) model.runDue(at);
    if (pairs.some(({ model }) => model.isOdd())) return;
    const name = modelRates[rate]!;
    const refusal = refusedBy(() => pair.model.move(at, name, BigInt(count), other.model));
    const items = catalog.items(pair.model.plan().id, { [name]: BigInt(count) });
    const real: Asked = { command: { kind: 'move', items, targetId: other.id }, moment: { at: 'now' } };
    await ask(pair, { real, refusal, preview: true, lost: null, within, actor: 'user:move' });
    for (const one of pairs) expect(await stateOf(one)).toBe(one.model.state());
  }

  function modelCommand({ model }: Pair, said: Wanted): ModelCommand {
    if (said.kind === 'change') return { kind: 'change', quantities: quantitiesOf(said.to) };
    if (said.kind === 'price') return { ...said, rate: modelRates[said.rate]!, micros: BigInt(said.micros) };
    if (said.kind !== 'switch' && said.kind !== 'convert') return said;
    const other = catalog.plans.find(({ plan }) => plan.id !== model.plan().id)!;
    return { ...said, plan: other.plan };
  }

  function modelMoment(moment: 'now' | 'renewal' | number, { kind }: Wanted): ModelMoment {
    const mayWait = kind === 'change' || kind === 'switch' || kind === 'cancel' || kind === 'auto_renewal';
    if (moment === 'now' || !mayWait) return { at: 'now' };
    if (moment === 'renewal') return { at: 'renewal' };
    return { at: 'date', on: dateOf(at.add({ hours: moment * 24 }), zone) };
  }

  function engineAsked({ model }: Pair, of: ModelCommand, moment: ModelMoment): Asked {
    const command = ((): Asked['command'] => {
      switch (of.kind) {
        case 'change':
          return { kind: 'change', items: catalog.items(model.plan().id, of.quantities), cascade: false };
        case 'cancel':
          return { kind: 'cancel', reason: null };
        case 'auto_renewal':
          return { kind: 'auto_renewal', on: of.on, months: null };
        case 'suspend':
        case 'resume':
          return { kind: of.kind, endOn: null };
        case 'renew':
          return {
            kind: 'renew',
            from: of.from,
            months: null,
            items: [],
            align: of.aligned ? { kind: 'calendar_month' } : null,
          };
        case 'convert':
          return { kind: 'convert', planId: of.plan.id as Subscription['planId'] };
        case 'price': {
          const [item] = catalog.items(model.plan().id, { [of.rate]: 0n });
          const unitPrice = decimal(microText(of.micros));
          return { kind: 'prices', prices: [{ rateId: item!.rateId, unitPrice, sellerIndex: of.edge }] };
        }
        case 'expiry':
          return { kind: 'expiry', endOn: dateAfter(model.end(), of.days) };
        case 'switch':
          return { kind: 'switch', planId: of.plan.id as Subscription['planId'], start: of.start, items: null };
      }
    })();
    return { command, moment };
  }

  /** The last command once more, with its key: the same answer, and nothing happens. */
  async function retry(within: typeof owner.id): Promise<void> {
    if (last === undefined) return;
    const { pair, asked, key, outcome } = last;
    const cause = world.cause({ at: at.toString(), key, owner: channel.accounts[0]!.id, request: key });
    pair.model.runDue(at);
    const again = await engine.lifecycle.place(cause, within, pair.id, asked, { surface: 'api' });
    expect(again.order?.id).toBe(outcome.order?.id);
    expect(figures({ outcome: again })).toEqual(figures({ outcome }));
    expect(await stateOf(pair)).toBe(pair.model.state());
  }

  async function reprice({ edge, inDays, seed, other }: Extract<Did, { do: 'price' }>): Promise<void> {
    const from = dateOf(at.add({ hours: inDays * 24 }), 'UTC');
    await catalog.price(edge, catalog.plans[other ? 1 : 0], [[from, pricesFrom(seed, edge)]]);
  }

  async function due(): Promise<void> {
    await engine.worker.runDue({ sandboxId: null }, at);
    for (const { model } of pairs) model.runDue(at);
    await nothingLeft();
  }

  /** A worker whose transaction is lost after some steps: what it had not committed is as if it had never been. */
  async function crash(after: number): Promise<void> {
    const worker = dueWorker({
      db: failingAfter(db, after),
      lifecycle: engine.lifecycle,
      batchMax: 1,
      onError: (error) => {
        throw error;
      },
    });
    await worker.runDue({ sandboxId: null }, at).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
  }

  /** The session of due work is ended while it stores something of this subscription; another run finds everything still due. */
  async function killDue(pair: Pair): Promise<void> {
    await killed(pair, () => engine.worker.runDue({ sandboxId: null }, at));
  }

  async function nothingLeft(): Promise<void> {
    const left = await db.kysely
      .selectFrom('subscription_due')
      .select('subscription_id')
      .where(
        'subscription_id',
        'in',
        pairs.map(({ id }) => id),
      )
      .where('due_at', '<=', at)
      .execute();
    expect(left).toEqual([]);
  }

  async function stateOf(pair: Pair): Promise<string> {
    const now = await get(pair);
    const items = now.items.map(({ rateId, quantity }) => `${formatDecimal(quantity)} ${catalog.rateOf(rateId)}`);
    const intents = await engine.lifecycle.intentsOf(owner.id, pair.id);
    const waiting = intents.filter(({ status }) => status === 'waiting').length;
    const { status, holdReason, startOn, endOn, autoRenewal } = now;
    return `${status} ${holdReason ?? '-'} ${startOn}..${endOn} renews ${autoRenewal}: ${items.toSorted().join(', ')}; ${waiting} waiting`;
  }

  /** Everything that is due is worked off at last; then the books are compared, and the laws. */
  async function finish(): Promise<void> {
    await due();
    for (const pair of pairs) {
      expect(await stateOf(pair)).toBe(pair.model.state());
      const edges = channel.accounts.map(({ id }) => id);
      expect(await chargedSums(db, pair.id, edges, catalog.rateOf)).toEqual(plain(pair.model.records));
      expect(await lawsOf(db, await get(pair))).toEqual([]);
      const folded = await engine.lifecycle.asOf(owner.id, pair.id, at);
      expect(told(folded)).toEqual(told(await get(pair)));
    }
  }

  return {
    take,
    finish,
    /** What is due of this history later is no business of the next. */
    leave: () =>
      db.kysely
        .deleteFrom('subscription_due')
        .where(
          'subscription_id',
          'in',
          pairs.map(({ id }) => id),
        )
        .execute(),
  };
}

function quantitiesOf(to: readonly (number | null)[]): Record<string, bigint> {
  const entries = modelRates.flatMap((rate, index) => {
    const quantity = to[index] ?? null;
    return quantity === null ? [] : [[rate, BigInt(quantity)] as const];
  });
  return Object.fromEntries(entries);
}

const neverAsPlanned: readonly string[] = [
  'lifecycle.base_missing',
  'lifecycle.below_commitment',
  'lifecycle.more_than_base',
  'lifecycle.return_window_over',
  'lifecycle.trial_switch',
];

/** What can be done where the end of the term was moved. */
const afterMovedEnd: readonly Wanted['kind'][] = ['change', 'cancel', 'expiry'];
