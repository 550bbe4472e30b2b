import { randomFillSync } from 'node:crypto';
import {
  instantText,
  invalid,
  isTierlineError,
  newId,
  notFound,
  TierlineError,
  versionMismatch,
  type AccountId,
  type LicenseId,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import {
  combine,
  commit,
  isDataRefusal,
  isHumanNumber,
  realTimeOf,
  retried,
  sqlState,
  violatedConstraint,
  type Cause,
  type Database,
  type Numbers,
} from '../../platform/db/index.ts';
import type { Directory } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import type { CustomersService, OrderingCustomer } from '../customers/index.ts';
import { storeEach, type Fate } from '../pools/index.ts';
import type { Prices } from '../pricing/index.ts';
import { activationCode, type SubscriptionsService } from '../subscriptions/index.ts';
import type { Order, OrderDetail } from './order.ts';
import { decidePlacement, firstDue, type FirstDue, type Identity, type ResolvedLine } from './place.ts';
import { drawsOf } from './pool-draws.ts';
import { lineCountMax, type SalesRequest } from './request.ts';
import { lineResolver } from './service-lines.ts';
import { orderLists } from './service-lists.ts';
import { poolLooks, type PreviewedOrder } from './service-pools.ts';
import { checkSellers, dealtLines } from './service-deals.ts';
import { earlierPlacements, refuseOverlap } from './service-before.ts';
import { saleTerms, trialPlans } from './service-terms.ts';
import { placeTogether, type PlacementWrite } from './store-placement.ts';
import { selectParts, selectStored, updateCreditCheck, type OrderFilter } from './store.ts';

export type OrdersService = ReturnType<typeof ordersService>;

type Dependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly customers: CustomersService;
  readonly subscriptions: SubscriptionsService;
  readonly offers: Offers;
  readonly prices: Prices;
  readonly orderSerials: Numbers;
  readonly subscriptionSerials: Numbers;
  readonly batchMax: number;
  readonly batchesAtOnce: number;
};

type Decided = {
  readonly order: OrderDetail;
  readonly due: readonly FirstDue[];
  readonly lines: readonly ResolvedLine[];
};

/** Use cases of orders. Callers have authorized the actor; `within` is the account the actor acts for. */
export function ordersService(dependencies: Dependencies) {
  const { db, directory, customers, subscriptions, offers, prices, orderSerials, subscriptionSerials } = dependencies;

  const lists = orderLists(db);
  const store = placementStore(dependencies);
  const resolveLines = lineResolver(offers);
  const special = saleTerms(db, subscriptions);
  const { placedBefore, isRepeat } = earlierPlacements(db, (filter) => detail(filter));
  const pools = poolLooks(dependencies);

  /** Decides the order without storing anything. Preview and placement are this same decision. */
  async function decide(
    cause: Cause,
    customer: OrderingCustomer,
    request: SalesRequest,
    identity: (count: number) => Promise<Identity>,
  ): Promise<Decided> {
    const owner = directory.peek(customer.ownerId) ?? (await directory.get(customer.ownerId));
    // Below a suspended seller nothing is sold through it either.
    const inactive = owner.chain.find(({ status }) => status !== 'active');
    if (inactive !== undefined) {
      const who =
        inactive === owner.account ? `${inactive.name} is ${inactive.status}` : 'A seller above is not active';
      throw new TierlineError('orders.seller_not_active', 'forbidden', `${who}, so nothing can be sold here for now.`);
    }
    const lines = await resolveLines(owner, request);
    const startOn = request.sale?.startOn;
    const found = await prices.of(
      owner,
      lines.map(({ named }) => named),
      customer,
      startOn === undefined ? cause.at : owner.chain.map(() => startOn),
    );
    const linePrices = dealtLines(owner, lines, found, request);
    const placement = {
      owner,
      customer,
      lines,
      prices: linePrices,
      poNumber: request.poNumber,
      attributes: request.attributes,
      surface: request.surface,
      actor: cause.actor,
      at: cause.at,
      terms: await special.termsOf(customer, lines, linePrices, request),
      trialsHad: await special.trialsOf(customer, lines),
      identity: await identity(new Set(lines.map(({ named }) => named.plan.planId)).size),
    };
    const order = decidePlacement(placement);
    return { order, due: firstDue(placement, order), lines };
  }

  function customerOf(within: AccountId, request: SalesRequest): Promise<OrderingCustomer> {
    return customers.getOrdering(within, request.customer, 'customer_id');
  }

  async function preview(cause: Cause, within: AccountId, request: SalesRequest): Promise<PreviewedOrder> {
    checkLineCount(request);
    const customer = await customerOf(within, request);
    await checkSellers(directory, within, customer, request);
    const { order, lines } = await decide(cause, customer, request, () => Promise.resolve(previewIdentity()));
    return pools.looked(order, lines, within);
  }

  /** Decides and stores; undefined when the key was used before, or the customer is not of that version any more. */
  async function attempt(
    cause: Cause,
    within: AccountId,
    customer: OrderingCustomer,
    request: SalesRequest,
  ): Promise<OrderDetail | undefined> {
    await checkSellers(directory, within, customer, request);
    const { order, due, lines } = await decide(cause, customer, request, newIdentity);
    const { requestId, idempotency } = cause;
    const { account } = directory.peek(order.ownerId) ?? (await directory.get(order.ownerId));
    const draws = drawsOf(order, lines);
    const fate = await store({
      order,
      due,
      sandboxId: account.sandboxId ?? null,
      trials: trialPlans(order, lines),
      pools: draws,
      customerVersion: customer.version,
      unlessHeld: request.unlessHeld ?? null,
      requestId,
      realAt: instantText(realTimeOf(cause)),
      idempotency,
    });
    if (fate === 'short') throw await pools.shortage(draws, lines);
    return fate === 'stored' ? order : undefined;
  }

  /**
   * Places the order; under load, many are stored by one statement. A retry with the same key gets the first answer.
   * What this node remembers of the customer saves a round trip. It may be out of date; then the statement stores nothing,
   * and the order is decided again with what is true. A refusal, too, only counts when it was made with what is true.
   */
  async function place(cause: Cause, within: AccountId, request: SalesRequest): Promise<OrderDetail> {
    const { idempotency } = cause;
    try {
      checkLineCount(request);
      const remembered = customers.peekOrdering(within, request.customer);
      const placed =
        (remembered && (await attempt(cause, within, remembered, request).catch(undefinedIfRefused))) ??
        (await attempt(cause, within, await customerOf(within, request), request));
      if (placed !== undefined) return placed;
    } catch (caught) {
      const error = violatedConstraint(caught) === 'trials_used_pkey' ? trialUsed() : caught;
      if (idempotency === undefined || !isRefusal(error)) throw error;
      const before = await placedBefore(idempotency);
      if (before === undefined) throw error;
      return before;
    }
    const before = idempotency === undefined ? undefined : await placedBefore(idempotency);
    if (before !== undefined) return before;
    if (request.unlessHeld !== undefined)
      await refuseOverlap(db, await customerOf(within, request), request.unlessHeld);
    throw new TierlineError(
      'orders.customer_changed',
      'conflict',
      'The customer was changed while the order was placed. Try again.',
      { field: 'customer_id' },
    );
  }

  async function newIdentity(subscriptionCount: number): Promise<Identity> {
    const orderSerial = (await orderSerials.next()).toString();
    const serials =
      subscriptionCount === 1 ? [await subscriptionSerials.next()] : await subscriptionSerials.take(subscriptionCount);
    return {
      orderId: newId<'order'>(),
      orderSerial,
      subscription: (index) => ({
        id: newId<'subscription'>(),
        serial: serials[index]!.toString(),
        licenseId: newId<'license'>(),
        activationCode: activationCode(randomBytes31()),
      }),
      chargeId: () => newId<'charge'>(),
    };
  }

  async function detail(filter: OrderFilter): Promise<OrderDetail | undefined> {
    const [order] = await lists.page(filter, { limit: 1 });
    if (order === undefined) return undefined;
    return (await details([order]))[0];
  }

  /** Orders with everything that belongs to them: a fixed number of reads for any number of orders. */
  async function details(orders: readonly Order[]): Promise<OrderDetail[]> {
    if (orders.length === 0) return [];
    const owners = new Set(orders.map((order) => order.ownerId));
    const parts = await selectParts(db, orders);
    const named = [...parts.values()].flatMap(({ lines }) => lines.map(({ subscriptionId }) => subscriptionId));
    const ids = [...new Set(named)];
    const found = await Promise.all(
      [...owners].map((ownerId) => subscriptions.page({ scope: { ownerId }, ids }, { limit: ids.length }, true)),
    );
    // They come newest first, and an order has them in the order in which it made them.
    const all = found.flat().toReversed();
    return orders.map((order) => {
      const own = parts.get(order.id)!;
      const ofOrder = new Set(own.lines.map(({ subscriptionId }) => subscriptionId));
      return { ...order, ...own, subscriptions: all.filter(({ id }) => ofOrder.has(id)) };
    });
  }

  async function get(within: AccountId, key: { id: OrderId } | { serial: string }): Promise<OrderDetail> {
    if ('serial' in key && !isHumanNumber(key.serial)) throw notFound('order');
    const found = await detail({ scope: { within }, ...key });
    if (found === undefined) throw notFound('order');
    return found;
  }

  return {
    setCreditCheck: creditChecks(db),
    preview,
    place,
    isRepeat,
    get,
    details,
    ...lists,
  };
}

/** Says whether the customer's credit is to be checked for an order. */
function creditChecks(db: Database) {
  return async (cause: Cause, order: OrderDetail, creditCheck: boolean): Promise<OrderDetail> => {
    if (order.creditCheck === creditCheck) return order;
    const { ownerId, id } = order;
    return commit(db, {
      cause,
      subjectId: id,
      answer: { ...order, creditCheck, version: order.version + 1 },
      writes: [{ run: updateCreditCheck(db, order, creditCheck), expect: 1, otherwise: versionMismatch('order') }],
      events: [
        { ownerId, type: 'order.changed', subjectKind: 'order', subjectId: id, data: { changed: ['credit_check'] } },
      ],
    });
  };
}

/** Stores decided orders, those that arrive together in one statement; tells what became of each. */
function placementStore({ db, batchMax, batchesAtOnce }: Dependencies) {
  /** When the connection broke, it is unknown whether the statement was committed; the orders' ids tell. */
  async function afterLostAnswer(writes: readonly PlacementWrite[], error: unknown): Promise<Fate[]> {
    if (sqlState(error) !== undefined) throw error;
    const stored = await selectStored(
      db,
      writes.map(({ order }) => order),
    );
    if (stored.size === 0) throw error;
    return writes.map(({ order }) => (stored.has(order.id) ? 'stored' : 'left_out'));
  }

  return combine<PlacementWrite, Fate>({
    run: (all) =>
      storeEach(all, (writes) =>
        retried(() => placeTogether(db, writes)).catch((error: unknown) => afterLostAnswer(writes, error)),
      ),
    batchMax,
    parallel: batchesAtOnce,
    isRefusal: isDataRefusal,
  });
}

function checkLineCount({ lines }: SalesRequest): void {
  if (lines.length >= 1 && lines.length <= lineCountMax) return;
  throw invalid([{ code: 'orders.line_count', field: 'lines', message: `An order has 1 to ${lineCountMax} lines.` }]);
}

function isRefusal(error: unknown): boolean {
  return isTierlineError(error) && error.kind !== 'bug';
}

function trialUsed(): TierlineError {
  const message = 'The customer has had a trial of this plan already; there is one for each.';
  return invalid([{ code: 'orders.trial_used', field: 'lines', message }]);
}

/** That a pool is short is said by the statement that looked at it, so it is true however old what was remembered is. */
function undefinedIfRefused(error: unknown): undefined {
  if (!isRefusal(error) || (isTierlineError(error) && error.code === 'pools.exhausted')) throw error;
}

const noId = '00000000-0000-0000-0000-000000000000';

/** A preview has no ids: nothing of it will exist. */
function previewIdentity(): Identity {
  return {
    orderId: noId as OrderId,
    orderSerial: '0',
    subscription: () => ({ id: noId as SubscriptionId, serial: '0', licenseId: noId as LicenseId, activationCode: '' }),
    chargeId: () => noId,
  };
}

const pool = new Uint8Array(31 * 128);
let poolUsed = pool.length;

/** Random bytes for an activation code, drawn from the system in larger portions. */
function randomBytes31(): Uint8Array {
  if (poolUsed + 31 > pool.length) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  poolUsed += 31;
  return pool.slice(poolUsed - 31, poolUsed);
}
