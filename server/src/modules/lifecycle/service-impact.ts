import { setImmediate } from 'node:timers/promises';
import type { AccountId, PlanId, SubscriptionId } from '@tierline/kernel';
import type { Directory } from '../accounts/index.ts';
import { pricesOf, type NewRule, type PriceList, type Supposition } from '../pricing/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { Context } from './context.ts';
import { decideDue } from './decide-due.ts';
import type { IntentChange } from './intent.ts';
import { atEndOfTerm, compare, hasEnded, isStraight, nextTermOf, noNextTerm, totalsBy } from './impact.ts';
import type { Comparison, LevelTotal, NextOutcome, NextTerm } from './impact.ts';
import { loader, type LoadDependencies, type Loader } from './service-load.ts';
import {
  countAffected,
  sampleAffected,
  selectAffected,
  selectPlansIn,
  selectPlansOf,
  selectTrialsInto,
  type Affected,
} from './store-impact.ts';
import { selectMet, type Met } from './store-load.ts';

/** What is looked at before it is published. */
export type SupposedChange =
  /** Prices or a rule in a list, as they would stand there. */
  | { readonly kind: 'prices'; readonly list: PriceList; readonly supposed: Supposition }
  /** Exchange rates of an account, as it would have them. */
  | { readonly kind: 'exchange'; readonly supposed: Supposition }
  | { readonly kind: 'retire'; readonly planId: PlanId; readonly within: AccountId }
  /** The account and those below it would sell the plan no more. */
  | { readonly kind: 'revoke'; readonly planId: PlanId; readonly accountId: AccountId };

export type ImpactPage = { readonly after?: SubscriptionId | undefined; readonly limit: number };

export type AffectedSubscription = Comparison & {
  readonly subscription: Subscription;
  /** What the plan says about prices at the renewal. */
  readonly pricePolicy: 'current' | 'locked' | 'guarded';
};

export type Impact = {
  /** How many hold what is changed. */
  readonly affected: number;
  /** Null on further pages: the first one has told. */
  readonly totals: ImpactTotals | null;
  /** One more than the limit when there are more. */
  readonly subscriptions: readonly AffectedSubscription[];
};

export type ImpactTotals = {
  /** Over how many these are: all, or where they are too many, an even sample of them. */
  readonly considered: number;
  readonly isSample: boolean;
  readonly changed: number;
  readonly outcomes: { readonly asIs: Outcomes; readonly changed: Outcomes };
  readonly levels: readonly LevelTotal[];
};
type Outcomes = Readonly<Partial<Record<NextOutcome, number>>>;

export type ImpactService = ReturnType<typeof impactService>;

type Dependencies = LoadDependencies & { readonly directory: Directory };

/** Up to so many are all counted in; of more, a sample of about `sampleSize`. */
const allMax = 10_000;
const sampleSize = 1_000;
/** Billing periods and planned changes that one subscription is followed through, at most. */
const stepsMax = 500;
const readAtOnce = 500;
/** Deciding goes on for so long before others have their turn. */
const sliceMs = 2;

type World = { readonly load: Loader; readonly suppose: (context: Context) => Context };

/** What a change would do to renewals, before it is published. It reads and decides as the renewals will, and never stores anything. */
export function impactService(dependencies: Dependencies) {
  const { db, directory } = dependencies;
  const asIs: World = { load: loader(dependencies), suppose: (context) => context };

  /** @param caller sees its own selling edge and those below it */
  async function of(
    caller: AccountId,
    change: SupposedChange,
    page: ImpactPage,
    limits: { readonly allMax: number; readonly sampleSize: number } = { allMax, sampleSize },
  ): Promise<Impact> {
    const where = await withTrials(await affectedBy(change));
    const depth = (await directory.get(caller)).chain.length - 1;
    const worlds = { asIs, changed: worldWith(change) };
    const [affected, ids] = await Promise.all([
      countAffected(db, where),
      selectAffected(db, where, { ...page, limit: page.limit + 1 }),
    ]);
    const subscriptions = (await compareAll(worlds, ids)).map((one) => ({
      ...one,
      edges: one.edges.filter((edge) => edge.depth >= depth),
    }));
    if (page.after !== undefined) return { affected, totals: null, subscriptions };
    const isSample = affected > limits.allMax;
    const every = isSample ? Math.ceil(affected / limits.sampleSize) : 1;
    const compared = await compareAll(worlds, await sampleAffected(db, where, every));
    return { affected, totals: { ...sumUp(compared, depth), isSample }, subscriptions };
  }

  async function affectedBy(change: SupposedChange): Promise<Affected> {
    if (change.kind === 'retire') return { within: change.within, planIds: [change.planId] };
    if (change.kind === 'revoke') return { within: change.accountId, planIds: [change.planId] };
    if (change.kind === 'exchange') {
      const { accountId, rates } = change.supposed.rates!;
      return { within: accountId, exchanges: rates };
    }
    const { list, supposed } = change;
    const of = { within: list.accountId, buyers: list };
    const [rule] = supposed.rules;
    if (rule !== undefined) return { ...of, ...(await affectedByRule(rule)) };
    const ids = (kind: string) =>
      supposed.entries.filter(({ targetKind }) => targetKind === kind).map(({ targetId }) => targetId);
    const targets = { rateIds: ids('rate'), resourceIds: ids('resource') };
    return { ...of, ...targets, planIds: await selectPlansOf(db, targets) };
  }

  async function withTrials(of: Affected): Promise<Affected> {
    return of.planIds === undefined ? of : { ...of, trialPlanIds: await selectTrialsInto(db, of.planIds) };
  }

  async function affectedByRule({ scope, scopeId }: NewRule): Promise<Pick<Affected, 'planIds' | 'rateIds'>> {
    if (scope === 'rate') {
      const rateIds = [scopeId ?? ''];
      return { rateIds, planIds: await selectPlansOf(db, { rateIds, resourceIds: [] }) };
    }
    const planIds = await selectPlansIn(db, scope, scopeId);
    return planIds === undefined ? {} : { planIds };
  }

  function worldWith(change: SupposedChange): World {
    if (change.kind === 'prices' || change.kind === 'exchange') {
      return { load: loader({ ...dependencies, prices: pricesOf(db, change.supposed) }), suppose: asIs.suppose };
    }
    const { planId } = change;
    const suppose = (context: Context): Context => {
      if (change.kind === 'revoke' && !context.owner.account.path.includes(change.accountId)) return context;
      const isOfPlan = context.current.plan.planId === planId;
      const lost = change.kind === 'retire' ? { retired: true } : { delegated: false };
      // Nobody is brought to it any more either.
      const plans = new Map([...context.plans].filter(([id]) => id !== planId));
      return { ...context, plans, sale: isOfPlan ? { ...context.sale, ...lost } : context.sale };
    };
    return { load: asIs.load, suppose };
  }

  async function compareAll(
    worlds: { readonly asIs: World; readonly changed: World },
    ids: readonly SubscriptionId[],
  ): Promise<AffectedSubscription[]> {
    const compared: AffectedSubscription[] = [];
    let sliceEnds = performance.now() + sliceMs;
    for (let from = 0; from < ids.length; from += readAtOnce) {
      const wanted = ids.slice(from, from + readAtOnce);
      const read = new Map((await selectMet(db, wanted)).map((met) => [met.subscription.id, met]));
      for (const id of wanted) {
        const met = read.get(id);
        if (met === undefined) continue;
        if (performance.now() > sliceEnds) {
          // Requests that came in meanwhile are answered in between.
          await setImmediate();
          sliceEnds = performance.now() + sliceMs;
        }
        const current = await worlds.asIs.load.planNamed(met.subscription);
        const pricePolicy = current?.plan.policies.renewal.price ?? 'current';
        const comparison = compare(await nextTerm(worlds.asIs, met), await nextTerm(worlds.changed, met));
        compared.push({ ...comparison, subscription: met.subscription, pricePolicy });
      }
    }
    return compared;
  }

  /** Goes through everything that is due up to the end of the term, in thought. */
  async function nextTerm({ load, suppose }: World, from: Met): Promise<NextTerm> {
    // What is pending is foretold as if it was made real.
    const { subscription } = from;
    let met: Met =
      subscription.status === 'pending' ? { ...from, subscription: { ...subscription, status: 'active' } } : from;
    for (let step = 0; step < stepsMax; step += 1) {
      if (isStraight(met.subscription, met.waiting)) met = { ...met, subscription: atEndOfTerm(met.subscription) };
      const due = await load.due(met);
      if (due === undefined) return noNextTerm;
      const context = suppose(await load.context(met, due.at, undefined));
      const decision = decideDue(context, met.subscription, due);
      const { after } = decision.subscriptions[0]!;
      const isEnd = due.kind === 'term' || due.kind === 'retry' || due.kind === 'grace';
      if (isEnd && hasEnded(met.subscription, after)) return nextTermOf(met.subscription, decision, context);
      met = { ...met, subscription: after, waiting: waitingAfter(met, decision.intents) };
    }
    return noNextTerm;
  }

  return { of };
}

function waitingAfter({ waiting }: Met, changes: readonly IntentChange[]): Met['waiting'] {
  const ended = new Set(changes.flatMap((change) => (change.kind === 'end' ? [change.intent.id] : [])));
  return waiting.filter(({ id }) => !ended.has(id));
}

function sumUp(compared: readonly Comparison[], depth: number): Omit<ImpactTotals, 'isSample'> {
  return {
    considered: compared.length,
    changed: compared.filter(({ isChanged }) => isChanged).length,
    outcomes: { asIs: outcomesOf(compared, 'asIs'), changed: outcomesOf(compared, 'changed') },
    levels: totalsBy(compared, depth),
  };
}

function outcomesOf(compared: readonly Comparison[], side: 'asIs' | 'changed'): Outcomes {
  const groups = Map.groupBy(compared, (one) => one[side].outcome);
  return Object.fromEntries([...groups].map(([outcome, of]) => [outcome, of.length]));
}
