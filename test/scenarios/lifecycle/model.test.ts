import { formatDecimal, isTierlineError, newId, Temporal } from '@tierline/kernel';
import type { Database } from '@tierline/server/db';
import { dueWorker, type Asked, type Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import { fieldsOf, type Subscription } from '@tierline/server/modules/subscriptions/index.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  instant,
  modelCatalog,
  modelChannels,
  modelRates,
  tiersFrom,
  type ModelCatalog,
  type ModelChannel,
} from '../../support/lifecycle-channels.ts';
import { dateAfter, dateOf, midnight } from '../../support/lifecycle-calendar.ts';
import {
  modelSubscription,
  Refused,
  type ModelCommand,
  type ModelMoment,
  type ModelSubscription,
} from '../../support/lifecycle-model.ts';
import {
  histories,
  type Did,
  type History,
  type Step,
  type Wait,
  type Wanted,
} from '../../support/lifecycle-histories.ts';
import { chargedSums, lawsOf } from '../../support/lifecycle-laws.ts';
import { plain } from '../../support/rows.ts';
import { openWorld, type World } from '../../support/world.ts';

/*
 * Random histories over years, by several actors, with crashes and retries in between, beside a model that keeps its books day by day.
 * After every command both must be in the same state, and at the end every order must have come to the same amounts on every edge; then
 * the laws hold that need no model. `MODEL_RUNS=1000` runs more histories than the default. A failure is shrunk to the shortest history
 * that fails, and prints its seed and path, which `MODEL_SEED` and `MODEL_PATH` run again.
 */
const { MODEL_RUNS: runsWanted, MODEL_SEED: seed, MODEL_PATH: path } = process.env;
const runs = Number(runsWanted ?? '60');
/** The same histories everywhere, so that a change of the code is what makes the difference; `MODEL_SEED` gives others. */
const defaultSeed = '20260302';

let world: World;
let channels: ModelChannel[];
beforeAll(async () => {
  world = await openWorld({ poolSize: 4 });
  channels = await modelChannels(world);
});
afterAll(() => world.close());

type Pair = { readonly id: Subscription['id']; readonly model: ModelSubscription };
type Placed = { readonly pair: Pair; readonly asked: Asked; readonly key: string; readonly outcome: Outcome };

test('random histories come to what the days come to', { timeout: 1_200_000 }, async () => {
  const played = fc.assert(
    fc.asyncProperty(histories, async (history) => play(history)),
    {
      numRuns: runs,
      seed: Number(seed ?? defaultSeed),
      ...(path === undefined ? {} : { path, endOnFailure: true }),
    },
  );
  await expect(played).resolves.toBeUndefined();
});

async function play(history: History): Promise<void> {
  const channel = channels[history.channel]!;
  const catalog = await modelCatalog(world, channel, history.plans);
  for (const edge of channel.edges.keys()) {
    for (const [index, plan] of catalog.plans.entries()) {
      // Another price every hundred days or so, on another day on every edge: which day counts is seen in every amount.
      const rises = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => {
        const from = n === 0 ? '2020-01-01' : dateAfter(history.begins.slice(0, 10), n * 97 + edge * 11);
        return [from, tiersFrom(history.seed + index + 5 * n, edge)] as const;
      });
      await catalog.price(edge, plan, rises);
    }
  }
  const story = await begin(history, channel, catalog);
  try {
    for (const step of history.steps) await story.take(step);
    await story.finish();
  } finally {
    await story.leave();
  }
}

async function begin({ begins, quantities: first }: History, channel: ModelChannel, catalog: ModelCatalog) {
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
    const held = quantitiesOf(each.map((one) => (one === 0 ? null : one)));
    const { plan } = catalog.plans[0];
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
      // Only of what does not go on by itself: on which grid it would is not modeled.
      await now(pair, { kind: 'auto_renewal', on: false }, within);
      await now(pair, { kind: 'expiry', days: did.days }, within);
    } else if (did.do === 'price') await reprice(did);
    else if (did.do === 'due') await due();
    else await crash(did.after);
  }

  const now = (pair: Pair, of: Wanted, within: typeof owner.id): Promise<void> =>
    command(pair, { do: 'command', command: of, moment: 'now', preview: false }, within, 'user:now');

  async function command(
    pair: Pair,
    { command: said, moment, preview }: Extract<Did, { do: 'command' }>,
    within: typeof owner.id,
    actor: string,
  ): Promise<void> {
    pair.model.runDue(at);
    if (pair.model.isOdd() && !afterMovedEnd.includes(said.kind)) return;
    const asked = { command: modelCommand(pair, said), moment: modelMoment(moment, said) };
    const real = engineAsked(pair, asked.command, asked.moment);
    const by = { surface: 'api' };
    const refusal = refusedBy(pair.model, asked);
    const key = `key-${(keys += 1)}-${newId()}`;
    const cause = world.cause({ at: at.toString(), actor, key, owner: channel.accounts[0]!.id, request: key });
    const previewed = preview ? await caught(engine.lifecycle.preview(cause, within, pair.id, real, by)) : undefined;
    const version = preview ? (await get(pair)).version : undefined;
    const placed = await caught(
      engine.lifecycle.place(cause, within, pair.id, real, { ...by, expectedVersion: version }),
    );
    if (refusal !== undefined) {
      expect({ placed: 'error' in placed ? 'refused' : 'placed', refusal }).toEqual({ placed: 'refused', refusal });
    } else if ('error' in placed) throw placed.error;
    else last = { pair, asked: real, key, outcome: placed };
    if (previewed !== undefined) expect(figures(previewed)).toEqual(figures(placed));
    expect(await stateOf(pair)).toBe(pair.model.state());
  }

  function modelCommand({ model }: Pair, said: Wanted): ModelCommand {
    if (said.kind === 'change') return { kind: 'change', quantities: quantitiesOf(said.to) };
    if (said.kind !== 'switch') return said;
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
          return { kind: 'renew', from: of.from, months: null, items: [], align: null };
        case 'expiry':
          return { kind: 'expiry', endOn: dateAfter(model.end(), of.days) };
        case 'switch':
          return { kind: 'switch', planId: of.plan.id as Subscription['planId'], start: of.start, items: null };
      }
    })();
    return { command, moment };
  }

  function refusedBy(
    model: ModelSubscription,
    asked: { command: ModelCommand; moment: ModelMoment },
  ): string | undefined {
    try {
      model.ask(at, asked.command, asked.moment);
      return undefined;
    } catch (error) {
      if (error instanceof Refused) return error.message;
      throw error;
    }
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
    await catalog.price(edge, catalog.plans[other ? 1 : 0], [[from, tiersFrom(seed, edge)]]);
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

/** What can be done where the end of the term was moved. */
const afterMovedEnd: readonly Wanted['kind'][] = ['change', 'cancel', 'expiry'];

/** The whole state as far as events tell it; windows of refunds and minimums are not told. */
function told(subscription: Subscription): unknown {
  const { ledger: _, suspension: __, renewalFailure: ___, noticedOn: ____, items, ...state } = subscription;
  return plain({ ...state, items: items.map(({ committed: _____, batches: ______, ...item }) => item) });
}

type Answer = { readonly outcome: Outcome } | { readonly error: unknown };

async function caught(work: Promise<Outcome>): Promise<Outcome | { error: unknown }> {
  try {
    return await work;
  } catch (error) {
    if (!isTierlineError(error) || error.kind === 'bug') throw error;
    return { error };
  }
}

/** What a preview and a placement must agree on: everything but ids and numbers. */
function figures(of: Outcome | Answer): unknown {
  if ('error' in of) return { refused: isTierlineError(of.error) ? of.error.code : String(of.error) };
  const { order, subscriptions, ended, warnings, planned } = 'outcome' in of ? of.outcome : of;
  return plain({
    order: order && {
      type: order.type,
      total: order.total,
      lines: order.lines,
      charges: order.charges.map(({ id: _, ...charge }) => ({ ...charge, source: charge.source.kind })),
    },
    states: subscriptions.map((subscription) => fieldsOf(subscription)),
    ended,
    warnings,
    planned: planned.map(({ moment, command }) => ({ moment, command })),
  });
}

class Crash extends Error {}

/** A database whose connections die while they store changes, the first few times excepted. */
function failingAfter(db: Database, times: number): Database {
  let left = times;
  return {
    ...db,
    connect: async () => {
      const client = await db.connect();
      const query = async (
        ...input: Parameters<Awaited<ReturnType<Database['connect']>>['query']>
      ): Promise<unknown> => {
        const answer: unknown = await (client.query as (...all: unknown[]) => Promise<unknown>)(...input);
        const [statement] = input as unknown as [string | { name?: string }];
        if (typeof statement !== 'string' && statement.name === 'store_changes') {
          if (left === 0) throw new Crash('the worker died');
          left -= 1;
        }
        return answer;
      };
      return Object.assign(Object.create(client) as Awaited<ReturnType<Database['connect']>>, {
        query,
        release: () => client.release(),
      });
    },
  };
}
