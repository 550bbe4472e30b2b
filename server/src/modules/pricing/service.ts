import {
  compareDecimal,
  decimal,
  formatDecimal,
  invalid,
  newId,
  notFound,
  TierlineError,
  versionMismatch,
  type PriceListId,
  type RateId,
  type Reason,
  type Temporal,
} from '@tierline/kernel';
import { commit, eventNames, once, type Cause, type Database, type Revisions } from '../../platform/db/index.ts';
import type { Account, AccountNode } from '../accounts/index.ts';
import type { ChargeType, NamedRate, Offers } from '../catalog/index.ts';
import { checkList, checkPrices, checkRule, type NewPrice, type NewPriceList, type NewRule } from './check.ts';
import { convertTiers } from './exchange.ts';
import { isBelow, type Buyer, type EdgePrice, type PriceList, type PriceRule, type PriceSource } from './price.ts';
import type { Prices } from './service-prices.ts';
import {
  deleteReplaced,
  insertList,
  insertRule,
  selectIsBuyer,
  selectList,
  selectListEntries,
  touchList,
  upsertEntries,
} from './store.ts';
import type { Supposition } from './supposition.ts';

export type { NewPrice, NewPriceList, NewRule } from './check.ts';

export type PricingService = ReturnType<typeof pricingService>;

/** What stays as it is is left out. */
export type PriceListChange = {
  readonly name?: string | undefined;
  /** The first day on which it is no longer valid; null: it stays valid. */
  readonly effectiveTo?: string | null | undefined;
  /** Refused when the list is of another version by now. */
  readonly expectedVersion?: number | undefined;
};

type Dependencies = {
  readonly db: Database;
  readonly revisions: Revisions;
  readonly offers: Offers;
  readonly prices: Prices;
};

/** One step of the answer to "why this price": what one seller takes from the buyer below it, and by which decision. */
export type PriceStep = {
  readonly sellerId: string;
  readonly sellerName: string;
  readonly buyerId: string | null;
  readonly date: string;
  readonly chargeType: ChargeType;
  readonly currency: string;
  readonly tiers: readonly { readonly lowerLimit: string; readonly amount: string }[];
  readonly source: PriceSource;
  readonly belowCost: boolean;
};

/** Use cases of price lists. Callers have authorized the actor; `account` is whose prices they are. */
export function pricingService({ db, revisions, offers, prices }: Dependencies) {
  async function ownList(account: Account, id: PriceListId): Promise<PriceList> {
    const list = await selectList(db, id);
    if (list?.accountId !== account.id) throw notFound('price list');
    return list;
  }

  async function createList(cause: Cause, account: Account, facts: NewPriceList): Promise<PriceList> {
    checkList(facts);
    if (facts.buyerId !== null && !(await selectIsBuyer(db, account.id, facts.buyerId))) {
      throw notFound('buyer', 'buyer_id');
    }
    const at = cause.at.toString();
    const list: PriceList = {
      ...facts,
      id: newId<'price_list'>(),
      accountId: account.id,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    const answer = await commit(db, {
      cause,
      subjectId: list.id,
      answer: list,
      writes: [{ run: insertList(db, list), expect: 1 }],
      events: [
        {
          ownerId: account.id,
          type: 'price_list.created',
          subjectKind: 'price_list',
          subjectId: list.id,
          data: eventNames(facts),
        },
      ],
      revise: [{ accountId: account.id, what: 'catalog' }],
      constraints: { price_lists_account_id_name_key: nameTaken(list.name) },
    });
    await revisions.refresh();
    return answer;
  }

  /** Renames a list, or says until when it is valid. What was charged by it stays charged. */
  async function changeList(
    cause: Cause,
    account: Account,
    listId: PriceListId,
    { expectedVersion, name, effectiveTo }: PriceListChange,
  ): Promise<PriceList> {
    const list = await ownList(account, listId);
    if (expectedVersion !== undefined && expectedVersion !== list.version) {
      throw versionMismatch('price list', list.version);
    }
    const given = { ...(name === undefined ? {} : { name }), ...(effectiveTo === undefined ? {} : { effectiveTo }) };
    const changed: PriceList = { ...list, ...given, version: list.version + 1, updatedAt: cause.at.toString() };
    checkList(changed);
    const answer = await commit(db, {
      cause,
      subjectId: listId,
      answer: changed,
      writes: [{ run: touchList(db, changed), expect: 1, otherwise: versionMismatch('price list') }],
      events: [
        {
          ownerId: account.id,
          type: 'price_list.changed',
          subjectKind: 'price_list',
          subjectId: listId,
          data: eventNames(given),
        },
      ],
      revise: [{ accountId: account.id, what: 'catalog' }],
      constraints: { price_lists_account_id_name_key: nameTaken(changed.name) },
    });
    await revisions.refresh();
    return answer;
  }

  /** Sets prices in a list: for each target, charge type and date the given tiers replace those that were there. */
  async function setPrices(
    cause: Cause,
    node: AccountNode,
    listId: PriceListId,
    wanted: readonly NewPrice[],
  ): Promise<PriceList> {
    const { list, entries } = await checkedPrices(cause, node, listId, wanted);
    const changed: PriceList = { ...list, version: list.version + 1, updatedAt: cause.at.toString() };
    const answer = await commit(db, {
      cause,
      subjectId: listId,
      answer: changed,
      writes: [
        { run: touchList(db, changed), expect: 1, otherwise: versionMismatch('price list') },
        { run: deleteReplaced(entries) },
        { run: upsertEntries(db, entries, changed.updatedAt), expect: entries.length },
      ],
      events: [
        {
          ownerId: node.account.id,
          type: 'prices.set',
          subjectKind: 'price_list',
          subjectId: listId,
          data: { count: wanted.length, prices: wanted.slice(0, 50).map(priceInEvent) },
        },
      ],
      revise: [{ accountId: node.account.id, what: 'catalog' }],
    });
    await revisions.refresh();
    return answer;
  }

  async function checkedPrices(cause: Cause, node: AccountNode, listId: PriceListId, wanted: readonly NewPrice[]) {
    const list = await ownList(node.account, listId);
    checkPrices(wanted);
    await refuseBelowFloor(node, list, wanted, cause.at);
    const entries = wanted.flatMap(({ tiers, ...target }) =>
      tiers.map((tier) => ({ ...target, ...tier, priceListId: listId })),
    );
    return { list, entries };
  }

  /** What setting these prices would change; refused for what setting them would be refused for. */
  async function supposePrices(cause: Cause, node: AccountNode, listId: PriceListId, wanted: readonly NewPrice[]) {
    const { list, entries } = await checkedPrices(cause, node, listId, wanted);
    return { list, supposed: { listId, entries, rules: [] } satisfies Supposition };
  }

  /** The same for a rule. Of rules with one date the younger counts, so its id is a new one. */
  async function supposeRule(account: Account, listId: PriceListId, facts: NewRule) {
    const list = await ownList(account, listId);
    checkRule(facts);
    const rule: PriceRule = { ...facts, id: newId<'rule'>(), priceListId: listId };
    return { list, supposed: { listId, entries: [], rules: [rule] } satisfies Supposition };
  }

  /** A price below cost is refused where the account, or whoever delegated the plan, says so. */
  async function refuseBelowFloor(
    node: AccountNode,
    list: PriceList,
    wanted: readonly NewPrice[],
    at: Temporal.Instant,
  ): Promise<void> {
    const ofRates = wanted.filter((price) => price.targetKind === 'rate');
    const reasons: Reason[] = [];
    for (const [index, price] of ofRates.entries()) {
      const [named] = await offers.find(node, { rateId: price.targetId as RateId });
      if (named === undefined) {
        reasons.push({
          code: 'pricing.unknown_rate',
          field: `prices.${index}.target_id`,
          message: 'You have no such rate to sell.',
        });
        continue;
      }
      const [edges] = await prices.of(node, [named], undefined, at);
      const cost = edges?.at(-2)?.byType[price.chargeType];
      if (edges?.at(-1)?.floor !== 'cost' || cost === undefined) continue;
      const costs = await costIn(node, list.currency, cost, at);
      // Nobody is kept from setting a price for want of a rate; a sale below the floor is refused all the same.
      if (costs === undefined) continue;
      const tiers = price.tiers
        .map((tier) => ({ lowerLimit: decimal(tier.lowerLimit), amount: decimal(tier.amount) }))
        .sort((a, b) => compareDecimal(a.lowerLimit, b.lowerLimit));
      if (isBelow(tiers, costs)) {
        const [first, ...more] = tiersToText({ tiers: costs });
        const further = more.map((tier) => `, from ${tier.lowerLimit} units ${tier.amount}`).join('');
        reasons.push({
          code: 'pricing.below_floor',
          field: `prices.${index}.tiers`,
          message: `The price may not be below your cost of ${first?.amount ?? '0'}${further} ${list.currency}.`,
        });
      }
    }
    if (reasons.length > 0) throw invalid(reasons);
  }

  /** What the account pays, in the currency of its list; undefined: there is no rate for that. */
  async function costIn(node: AccountNode, currency: string, cost: EdgePrice, at: Temporal.Instant) {
    if (cost.currency === currency) return cost.tiers;
    const exchange = await prices.exchange(node, cost.currency, currency, at);
    return exchange && convertTiers(cost.tiers, exchange);
  }

  async function addRule(cause: Cause, account: Account, listId: PriceListId, facts: NewRule): Promise<PriceRule> {
    const list = await ownList(account, listId);
    checkRule(facts);
    const rule: PriceRule = { ...facts, id: newId<'rule'>(), priceListId: listId };
    const changed: PriceList = { ...list, version: list.version + 1, updatedAt: cause.at.toString() };
    const answer = await commit(db, {
      cause,
      subjectId: listId,
      answer: rule,
      writes: [
        { run: touchList(db, changed), expect: 1, otherwise: versionMismatch('price list') },
        { run: insertRule(db, rule, changed.updatedAt), expect: 1 },
      ],
      events: [
        {
          ownerId: account.id,
          type: 'price_rule.added',
          subjectKind: 'price_list',
          subjectId: listId,
          data: eventNames(facts),
        },
      ],
      revise: [{ accountId: account.id, what: 'catalog' }],
    });
    await revisions.refresh();
    return answer;
  }

  /** Why a rate costs what it costs: every decision from the root of the channel to the account's customers. */
  async function explain(
    node: AccountNode,
    named: NamedRate,
    buyer: Buyer | undefined,
    at: Temporal.Instant,
  ): Promise<PriceStep[]> {
    const [edges] = await prices.of(node, [named], buyer, at);
    return (edges ?? []).flatMap((edge, index) =>
      Object.entries(edge.byType).map(([chargeType, price]) => ({
        sellerId: edge.sellerId,
        sellerName: node.chain[index]!.name,
        buyerId: edge.buyerId ?? buyer?.id ?? null,
        date: edge.date,
        chargeType: chargeType as ChargeType,
        currency: price.currency,
        tiers: tiersToText(price),
        source: price.source,
        belowCost: price.belowCost,
      })),
    );
  }

  return {
    ownList,
    supposePrices,
    supposeRule,
    explain,
    createList: (...input: Parameters<typeof createList>) => once(db, input[0], () => createList(...input)),
    changeList: (...input: Parameters<typeof changeList>) => once(db, input[0], () => changeList(...input)),
    setPrices: (...input: Parameters<typeof setPrices>) => once(db, input[0], () => setPrices(...input)),
    addRule: (...input: Parameters<typeof addRule>) => once(db, input[0], () => addRule(...input)),
    entries: (listId: PriceListId, page: Parameters<typeof selectListEntries>[2]) =>
      selectListEntries(db, listId, page),
  };
}

function nameTaken(name: string): TierlineError {
  const message = `You have a price list named ${name} already.`;
  return new TierlineError('pricing.list_exists', 'conflict', message, { field: 'name' });
}

/** A price as an event tells of it. */
function priceInEvent(price: NewPrice): Record<string, unknown> {
  return eventNames({ ...price, tiers: price.tiers.map(eventNames) });
}

export function tiersToText(price: Pick<EdgePrice, 'tiers'>): { lowerLimit: string; amount: string }[] {
  return price.tiers.map((tier) => ({
    lowerLimit: formatDecimal(tier.lowerLimit),
    amount: formatDecimal(tier.amount),
  }));
}
