import { randomFillSync } from 'node:crypto';
import {
  formatDecimal,
  invalid,
  isTierlineError,
  newId,
  notFound,
  TierlineError,
  type AccountId,
  type Decimal,
  type LicenseId,
  type OrderId,
  type Reason,
  type SubscriptionId,
} from '@tierline/kernel';
import {
  combine,
  isDataRefusal,
  isHumanNumber,
  keyReused,
  retried,
  sqlState,
  type Cause,
  type Database,
  type Numbers,
} from '../../platform/db/index.ts';
import type { Directory } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import type { CustomerKey, CustomersService, OrderingCustomer } from '../customers/index.ts';
import type { Prices } from '../pricing/index.ts';
import { activationCode, type Subscription, type SubscriptionsService } from '../subscriptions/index.ts';
import { identify, isReason, ownFieldNames, type FieldNames, type ProductName } from './identify.ts';
import type { Order, OrderDetail } from './order.ts';
import { decidePlacement, missingBases, type Identity, type ResolvedLine } from './place.ts';
import { storePlacements, type PlacementWrite } from './store-placement.ts';
import {
  countOrders,
  selectByKey,
  selectOrders,
  selectParts,
  selectStored,
  type OrderFilter,
  type Page,
} from './store.ts';

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

export type LineRequest = ProductName & { readonly quantity: Decimal; readonly parameters?: readonly unknown[] | null };

/** A sales order as any surface asks for it. */
export type SalesRequest = {
  readonly customer: CustomerKey;
  readonly lines: readonly LineRequest[];
  readonly poNumber: string | null;
  readonly attributes: Readonly<Record<string, string>> | null;
  readonly surface: string;
  /** Whether a base that the lines depend on and lack is added at its minimum, or refused by name. */
  readonly addMissingBases: boolean;
  readonly fieldNames?: FieldNames;
};

export const lineCountMax = 200;

/** Use cases of orders. Callers have authorized the actor; `within` is the account the actor acts for. */
export function ordersService(dependencies: Dependencies) {
  const { db, directory, customers, subscriptions, offers, prices, orderSerials, subscriptionSerials } = dependencies;

  const store = placementStore(dependencies);

  /** Decides the order without storing anything. Preview and placement are this same decision. */
  async function decide(
    cause: Cause,
    customer: OrderingCustomer,
    request: SalesRequest,
    identity: (count: number) => Promise<Identity>,
  ): Promise<OrderDetail> {
    const owner = directory.peek(customer.ownerId) ?? (await directory.get(customer.ownerId));
    // Below a suspended seller nothing is sold through it either.
    const inactive = owner.chain.find(({ status }) => status !== 'active');
    if (inactive !== undefined) {
      const who =
        inactive === owner.account ? `${inactive.name} is ${inactive.status}` : 'A seller above is not active';
      throw new TierlineError('orders.seller_not_active', 'forbidden', `${who}, so nothing can be sold here for now.`);
    }
    const reasons: Reason[] = [];
    const lines: ResolvedLine[] = [];
    const found = await Promise.all(request.lines.map((line) => offers.find(owner, line.name)));
    for (const [index, line] of request.lines.entries()) {
      const candidates = found[index]!;
      const named = identify(candidates, line, `lines.${index}`, request.fieldNames ?? ownFieldNames);
      if (isReason(named)) reasons.push(named);
      else
        lines.push({ named, quantity: line.quantity, origin: 'requested', parameters: line.parameters ?? null, index });
    }
    if (reasons.length > 0) throw invalid(reasons);
    await addOrRefuseBases(owner, lines, request.addMissingBases);
    const linePrices = await prices.of(
      owner,
      lines.map(({ named }) => named),
      customer,
      cause.at,
    );
    return decidePlacement({
      owner,
      customer,
      lines,
      prices: linePrices,
      poNumber: request.poNumber,
      attributes: request.attributes,
      surface: request.surface,
      actor: cause.actor,
      at: cause.at,
      identity: await identity(new Set(lines.map(({ named }) => named.plan.planId)).size),
    });
  }

  /** A base can depend on another base, so what is missing is looked for until nothing is. */
  async function addOrRefuseBases(
    owner: Awaited<ReturnType<Directory['get']>>,
    lines: ResolvedLine[],
    add: boolean,
  ): Promise<void> {
    for (;;) {
      const missing = missingBases(lines);
      if (missing.length === 0) return;
      const found = await Promise.all(
        missing.map(async (base) => ({ ...base, named: (await offers.ofPlan(owner, base.planId, [base.rateId]))[0] })),
      );
      const reasons: Reason[] = [];
      for (const { named, index } of found) {
        const needing = lines.find((line) => line.index === index)!;
        if (named === undefined || !add) {
          reasons.push({
            code: 'orders.base_missing',
            field: `lines.${index}`,
            message: `${needing.named.rate.name} is an add-on. Order ${named?.rate.name ?? 'its base'} (MPN ${named?.rate.mpn ?? 'unknown'}) with it.`,
          });
        } else {
          lines.push({
            named,
            quantity: leastQuantity(named.rate.quantityMin),
            origin: 'dependency',
            parameters: null,
            index,
          });
        }
      }
      if (reasons.length > 0) {
        const bases = found.flatMap(({ named }) =>
          named === undefined
            ? []
            : [{ mpn: named.rate.mpn, quantity: formatDecimal(leastQuantity(named.rate.quantityMin)) }],
        );
        throw invalid(reasons, { nearest_valid: { add_lines: bases } });
      }
    }
  }

  function customerOf(within: AccountId, request: SalesRequest): Promise<OrderingCustomer> {
    return customers.getOrdering(within, request.customer, 'customer_id');
  }

  async function preview(cause: Cause, within: AccountId, request: SalesRequest): Promise<OrderDetail> {
    checkLineCount(request);
    return decide(cause, await customerOf(within, request), request, () => Promise.resolve(previewIdentity()));
  }

  /** Decides and stores; undefined when the key was used before, or the customer is not of that version any more. */
  async function attempt(
    cause: Cause,
    customer: OrderingCustomer,
    request: SalesRequest,
  ): Promise<OrderDetail | undefined> {
    const order = await decide(cause, customer, request, newIdentity);
    const { requestId, idempotency } = cause;
    const { stored } = await store({ order, customerVersion: customer.version, requestId, idempotency });
    return stored ? order : undefined;
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
        (remembered && (await attempt(cause, remembered, request).catch(undefinedIfRefused))) ??
        (await attempt(cause, await customerOf(within, request), request));
      if (placed !== undefined) return placed;
    } catch (error) {
      if (idempotency === undefined || !isRefusal(error)) throw error;
      const before = await placedBefore(idempotency);
      if (before === undefined) throw error;
      return before;
    }
    const before = idempotency === undefined ? undefined : await placedBefore(idempotency);
    if (before !== undefined) return before;
    throw new TierlineError(
      'orders.customer_changed',
      'conflict',
      'The customer was changed while the order was placed. Try again.',
      { field: 'customer_id' },
    );
  }

  /** The order that was placed under a key, as it was answered then: it had just been placed. */
  async function placedBefore(idempotency: NonNullable<Cause['idempotency']>): Promise<OrderDetail | undefined> {
    const known = await selectByKey(db, idempotency.ownerId, idempotency.scope, idempotency.key);
    if (known === undefined) return undefined;
    if (!known.requestHash.equals(idempotency.requestHash)) throw keyReused();
    const order = await detail({ scope: { ownerId: known.ownerId }, id: known.orderId });
    return order && asPlaced(order);
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
    const [order] = await selectOrders(db, filter, { limit: 1 });
    if (order === undefined) return undefined;
    return (await details([order]))[0];
  }

  /** Orders with everything that belongs to them: a fixed number of reads for any number of orders. */
  async function details(orders: readonly Order[]): Promise<OrderDetail[]> {
    if (orders.length === 0) return [];
    const owners = new Set(orders.map((order) => order.ownerId));
    const [parts, ofOrders] = await Promise.all([
      selectParts(db, orders),
      Promise.all(
        [...owners].map((ownerId) =>
          subscriptions.page(
            { scope: { ownerId }, orderIds: orders.filter((order) => order.ownerId === ownerId).map(({ id }) => id) },
            { limit: 10_000 },
            true,
          ),
        ),
      ),
    ]);
    const byOrder = Map.groupBy(ofOrders.flat(), (subscription) => subscription.orderId);
    return orders.map((order) => ({
      ...order,
      ...parts.get(order.id)!,
      // They come newest first, and an order has them in the order in which it made them.
      subscriptions: (byOrder.get(order.id) ?? []).toReversed(),
    }));
  }

  async function get(within: AccountId, key: { id: OrderId } | { serial: string }): Promise<OrderDetail> {
    if ('serial' in key && !isHumanNumber(key.serial)) throw notFound('order');
    const found = await detail({ scope: { within }, ...key });
    if (found === undefined) throw notFound('order');
    return found;
  }

  return {
    preview,
    place,
    get,
    details,
    page: (filter: OrderFilter, page: Page) => selectOrders(db, filter, page),
    count: (filter: OrderFilter) => countOrders(db, filter),
  };
}

/** Stores decided orders, those that arrive together in one statement; tells of each whether it was stored. */
function placementStore({ db, batchMax, batchesAtOnce }: Dependencies) {
  /** When the connection broke, it is unknown whether the statement was committed; the orders' ids tell. */
  async function afterLostAnswer(writes: readonly PlacementWrite[], error: unknown): Promise<Set<OrderId>> {
    if (sqlState(error) !== undefined) throw error;
    const stored = await selectStored(
      db,
      writes.map(({ order }) => order),
    );
    if (stored.size === 0) throw error;
    return stored;
  }

  return combine<PlacementWrite, { stored: boolean }>({
    run: async (writes) => {
      const stored = await retried(() => storePlacements(db, writes)).catch((error: unknown) =>
        afterLostAnswer(writes, error),
      );
      return writes.map(({ order }) => ({ stored: stored.has(order.id) }));
    },
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

function undefinedIfRefused(error: unknown): undefined {
  if (!isRefusal(error)) throw error;
}

/** The order as it was when it had just been placed: what a retry is told, whatever has happened to it since. */
function asPlaced(order: OrderDetail): OrderDetail {
  if (order.version === 1) return order;
  const subscriptions = order.subscriptions.map((subscription): Subscription => ({
    ...subscription,
    status: subscription.version === 1 ? subscription.status : 'pending',
    version: 1,
    updatedAt: subscription.createdAt,
  }));
  return { ...order, status: 'processing', version: 1, completedAt: null, subscriptions };
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

const oneUnit: Decimal = { coefficient: 1n, scale: 0 };

function leastQuantity(minimum: Decimal): Decimal {
  return minimum.coefficient > 0n ? minimum : oneUnit;
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
