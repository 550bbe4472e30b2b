import {
  instantText,
  isTierlineError,
  newId,
  notFound,
  TierlineError,
  versionMismatch,
  type AccountId,
  type CustomerId,
  type LicenseId,
  type OrderId,
  type SubscriptionId,
} from '@tierline/kernel';
import { findAnswer, once, realTimeOf, type Cause, type Database, type Numbers } from '../../platform/db/index.ts';
import { isWithin, type AccountNode, type Directory } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import type { Customer, CustomersService } from '../customers/index.ts';
import { orderNumber, type OrdersService } from '../orders/index.ts';
import type { Prices } from '../pricing/index.ts';
import { nextDue, type Subscription, type SubscriptionsService } from '../subscriptions/index.ts';
import type { ChangeWrite } from './change-write.ts';
import { decideTransfer } from './decide-transfer.ts';
import { dueOn } from './intent.ts';
import { outcomeOf } from './outcome.ts';
import { refuse } from './refusals.ts';
import type { LifecycleService } from './service.ts';
import type { Met } from './store-load.ts';
import { storeTransfer, type TransferWrite } from './store-transfer.ts';
import { storedTransfer, transferAgain, type StoredTransfer } from './transfer-answer.ts';
import { partyBlockers, transferMax } from './transfer-blockers.ts';
import type {
  Blocker,
  Transfer,
  TransferContext,
  TransferDecision,
  TransferIdentity,
  TransferPart,
} from './transfer.ts';

export type TransferService = ReturnType<typeof transferService>;

type Dependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly customers: CustomersService;
  readonly subscriptions: SubscriptionsService;
  readonly orders: OrdersService;
  readonly offers: Offers;
  readonly prices: Prices;
  readonly lifecycle: LifecycleService;
  readonly orderSerials: Numbers;
  readonly subscriptionSerials: Numbers;
  readonly customerNumbers: Numbers;
};

/** Some subscriptions of one customer, to a customer of the new owner or to a copy of the one they have. */
export type SubscriptionsWanted = {
  readonly subscriptionIds: readonly SubscriptionId[];
  readonly toOwnerId: AccountId;
  readonly toCustomerId: CustomerId | 'copy';
};
/** A customer with everything that it has. */
export type CustomerWanted = { readonly customerId: CustomerId; readonly toOwnerId: AccountId };
export type TransferWanted = SubscriptionsWanted | CustomerWanted;

/** Who gives what to whom, as it was found. */
type Parties = {
  readonly from: Customer;
  readonly to: AccountNode;
  /** Null: a copy is made. */
  readonly target: Customer | null;
  readonly isWhole: boolean;
  readonly count: number;
  readonly met: readonly Met[];
};

type Part = {
  readonly context: TransferContext;
  readonly subscription: Subscription;
  readonly decision: TransferDecision;
};
type Decided = Parties & {
  readonly customer: Customer;
  readonly parts: readonly Part[];
  readonly blockers: readonly Blocker[];
};

/** Use cases of transfers to another partner. Callers have authorized the actor; `within` is the account the actor acts for. */
export function transferService(dependencies: Dependencies) {
  const { db, directory, customers, subscriptions, orders, offers, prices, lifecycle } = dependencies;

  /** Both owners stand within the account of who asks; another is not found. */
  async function parties(cause: Cause, within: AccountId, wanted: TransferWanted): Promise<Parties> {
    const found = await given(cause, within, wanted);
    const to = await directory.get(wanted.toOwnerId).catch((error: unknown) => {
      throw isTierlineError(error) && error.kind === 'not_found' ? notFound('account', 'owner_id') : error;
    });
    if (!isWithin(to.account, within)) throw notFound('account', 'owner_id');
    const id = 'toCustomerId' in wanted ? wanted.toCustomerId : 'copy';
    const target = id === 'copy' ? null : await customers.get(within, { id }, 'customer_id');
    if (target !== null && target.ownerId !== to.account.id) throw notFound('customer', 'customer_id');
    return { ...found, to, target };
  }

  async function given(
    cause: Cause,
    within: AccountId,
    wanted: TransferWanted,
  ): Promise<Omit<Parties, 'to' | 'target'>> {
    const current = async (ids: readonly SubscriptionId[]) => {
      const met: Met[] = [];
      // In one order everywhere, so that two transfers of the same subscriptions never wait for each other.
      for (const id of [...new Set(ids)].toSorted()) met.push(await lifecycle.current(cause, within, id));
      return met;
    };
    if ('customerId' in wanted) {
      const from = await customers.get(within, { id: wanted.customerId });
      const scope = { scope: { ownerId: from.ownerId }, customerId: from.id };
      const counts = await Promise.all(liveStatuses.map((status) => subscriptions.count({ ...scope, status })));
      const count = counts.reduce((sum, one) => sum + one, 0);
      if (count > transferMax) return { from, isWhole: true, count, met: [] };
      const live = await Promise.all(
        liveStatuses.map((status) => subscriptions.page({ ...scope, status }, { limit: transferMax })),
      );
      return { from, isWhole: true, count, met: await current(live.flat().map(({ id }) => id)) };
    }
    const met = await current(wanted.subscriptionIds.slice(0, transferMax + 1));
    const [first, ...others] = met.map(({ subscription }) => subscription);
    if (first === undefined)
      refuse('lifecycle.transfer_nothing', 'subscription_ids', 'Name at least one subscription.');
    if (others.some(({ customerId }) => customerId !== first.customerId)) {
      refuse(
        'lifecycle.transfer_several_customers',
        'subscription_ids',
        'Name subscriptions of one customer at a time.',
      );
    }
    const from = await customers.get(within, { id: first.customerId });
    return { from, isWhole: false, count: met.length, met };
  }

  async function decided(cause: Cause, found: Parties, real: boolean): Promise<Decided> {
    const { from, to, target, count } = found;
    const blockers = partyBlockers({
      fromOwnerId: from.ownerId,
      to,
      copied: target === null ? from : null,
      target,
      count,
    });
    const customer = target ?? (await copyOf(cause, from, to, real));
    const parts: Part[] = [];
    // What has ended since it was named has nothing left to look at but its state.
    for (const met of found.met) parts.push(await part(cause, found, customer, met, real));
    return { ...found, customer, parts, blockers };
  }

  /**
   * The same facts; a group of buyers is the old seller's own and stays behind. In a preview the id of the one it is copied from stands
   * for it.
   */
  async function copyOf(cause: Cause, from: Customer, to: AccountNode, real: boolean): Promise<Customer> {
    const at = instantText(cause.at);
    return {
      ...from,
      id: real ? newId<'customer'>() : from.id,
      ownerId: to.account.id,
      number: real ? (await dependencies.customerNumbers.next()).toString() : '0',
      status: 'active',
      buyerGroup: null,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
  }

  async function part(cause: Cause, { to }: Parties, customer: Customer, met: Met, real: boolean): Promise<Part> {
    // Named as what it is for the old owner, so that only what that needs is read.
    const { subscription } = met;
    const from = await lifecycle.load.context(met, cause.at, { kind: 'cancel', reason: null });
    const { plan, rates } = from.current;
    const named = subscription.items.flatMap(({ rateId }) => {
      const rate = rates.get(rateId);
      return rate === undefined ? [] : [{ rate, plan }];
    });
    const { byPlan } = await offers.offering(to);
    const open = await orders.page(
      {
        scope: { ownerId: subscription.ownerId },
        subscriptionId: subscription.id,
        statuses: ['submitted', 'processing'],
      },
      { limit: 10 },
    );
    const context: TransferContext = {
      from,
      to,
      customer,
      prices: await prices.of(to, named, customer, cause.at),
      offered: new Set(byPlan.keys()),
      openOrders: open.map(({ type, serial }) => orderNumber(type, serial)),
      identity: real ? await newIdentity() : previewIdentity,
      actor: cause.actor,
      surface,
    };
    return { context, subscription, decision: decideTransfer(context, subscription) };
  }

  async function newIdentity(): Promise<TransferIdentity> {
    return {
      orderId: newId<'order'>(),
      orderSerial: (await dependencies.orderSerials.next()).toString(),
      id: newId<'subscription'>(),
      serial: (await dependencies.subscriptionSerials.next()).toString(),
      licenseId: () => newId<'license'>(),
      intentId: () => newId(),
      chargeId: () => newId<'charge'>(),
    };
  }

  /**
   * What ends at the old owner, as every other change of a subscription is written; but its units stay taken out of the pool of the
   * plan's owner, since what begins at the new one holds the same ones.
   */
  async function changeOf(
    { idempotency: _, ...cause }: Cause,
    { context, decision }: Part,
    real: boolean,
  ): Promise<ChangeWrite> {
    const change = await lifecycle.write(cause, context.from, decision.moved!.given, { surface }, real);
    return { ...change, pools: { moves: [], ifShort: [], isForced: false } };
  }

  function shown(
    { from, customer, target, parts, blockers }: Decided,
    changes: readonly (ChangeWrite | null)[],
  ): Transfer {
    const group = from.buyerGroup;
    const left = {
      code: 'lifecycle.transfer_buyer_group',
      message: `The group ${group ?? ''} is the old partner's and stays behind.`,
    };
    return {
      fromOwnerId: from.ownerId,
      fromCustomerId: from.id,
      customer,
      isNewCustomer: target === null,
      parts: parts.map((one, index) => showPart(one, changes[index] ?? null)),
      blockers,
      warnings: target === null && group !== null ? [left] : [],
    };
  }

  async function preview(cause: Cause, within: AccountId, wanted: TransferWanted): Promise<Transfer> {
    const all = await decided(cause, await parties(cause, within, wanted), false);
    const changes: (ChangeWrite | null)[] = [];
    for (const one of all.parts) changes.push(one.decision.moved === null ? null : await changeOf(cause, one, false));
    return shown(all, changes);
  }

  /** Decides and stores both sides at once. Of two at the same moment the second finds nothing left to move, which is a conflict. */
  async function place(cause: Cause, within: AccountId, wanted: TransferWanted): Promise<Transfer> {
    const stored = await once<StoredTransfer>(db, cause, async () => {
      const all = await decided(cause, await parties(cause, within, wanted), true);
      refuseBlocked(all);
      const changes = await Promise.all(all.parts.map((one) => changeOf(cause, one, true)));
      const transfer = shown(all, changes);
      const answer = storedTransfer(transfer, cause.at);
      if (await storeTransfer(db, writeOf(cause, all, changes, transfer, answer))) return answer;
      const before = await findAnswer<StoredTransfer>(db, cause.idempotency);
      if (before !== undefined) return before;
      // Nobody named a version, so it is decided anew with what is true now: something that fell due moves as well.
      throw versionMismatch('subscription');
    });
    return told(within, stored);
  }

  /** From what is stored, for the first answer as for a retry's. */
  async function told(within: AccountId, stored: StoredTransfer): Promise<Transfer> {
    const ids = stored.parts.flatMap(({ from, to }) => [from.id, to.id]);
    const orderIds = stored.parts.flatMap(({ given_back_id: given, charged_id: charged }) =>
      given === null ? [charged] : [given, charged],
    );
    if (ids.length === 0) return transferAgain(stored, [], []);
    const [all, found] = await Promise.all([
      subscriptions.page({ scope: { within }, ids }, { limit: ids.length }, true),
      orders.page({ scope: { within }, ids: orderIds }, { limit: orderIds.length }),
    ]);
    return transferAgain(stored, all, await orders.details(found));
  }

  return { preview, place };
}

const surface = 'api';
const liveStatuses = ['pending', 'active', 'hold'] as const;
const noId = '00000000-0000-0000-0000-000000000000';

const previewIdentity: TransferIdentity = {
  orderId: noId as OrderId,
  orderSerial: '0',
  id: noId as SubscriptionId,
  serial: '0',
  licenseId: () => noId as LicenseId,
  intentId: () => noId,
  chargeId: () => noId,
};

function showPart({ subscription, decision }: Part, change: ChangeWrite | null): TransferPart {
  const { blockers, warnings, moved } = decision;
  if (moved === null || change === null) {
    return { from: subscription, to: null, givenBack: null, charged: null, intents: [], kept: [], blockers, warnings };
  }
  const outcome = outcomeOf(change);
  return {
    from: outcome.subscriptions[0]!,
    to: moved.order.subscriptions[0]!,
    givenBack: outcome.order,
    charged: moved.order,
    intents: moved.intents,
    kept: moved.kept,
    blockers,
    warnings,
  };
}

/** Every reason at once, each with the subscription that it is about. */
function refuseBlocked({ blockers, parts }: Decided): void {
  const all = [
    ...blockers.map((blocker) => ({ blocker, subscription_id: null })),
    ...parts.flatMap(({ subscription, decision }) =>
      decision.blockers.map((blocker) => ({ blocker, subscription_id: subscription.id })),
    ),
  ];
  const reason = all[0]?.blocker;
  if (reason === undefined) return;
  throw new TierlineError(reason.code, 'conflict', reason.message, {
    reasons: all.map(({ blocker }) => blocker),
    details: { blockers: all.map(({ blocker, subscription_id }) => ({ code: blocker.code, subscription_id })) },
  });
}

function writeOf(
  cause: Cause,
  { from, to, target, customer, isWhole, parts }: Decided,
  changes: readonly ChangeWrite[],
  transfer: Transfer,
  answer: StoredTransfer,
): TransferWrite {
  const left: Customer = { ...from, status: 'canceled', version: from.version + 1, updatedAt: instantText(cause.at) };
  const { timeZone, sandboxId } = to.account;
  return {
    cause,
    fromOwnerId: from.ownerId,
    fromCustomerId: from.id,
    left: isWhole ? left : null,
    made: target === null ? customer : null,
    toOwnerId: to.account.id,
    toCustomerId: customer.id,
    changes,
    placements: parts.map(({ decision, context }) => {
      const { order, intents } = decision.moved!;
      const subscription = order.subscriptions[0]!;
      const waiting = intents.map((moved) => ({ dueOn: dueOn(moved.to.moment) }));
      const due = nextDue(subscription, context.from.current.plan, timeZone, waiting);
      return {
        order,
        customerVersion: customer.version,
        unlessHeld: null,
        requestId: cause.requestId,
        realAt: instantText(realTimeOf(cause)),
        due: due === undefined ? [] : [{ subscriptionId: subscription.id, at: instantText(due.at) }],
        sandboxId,
        trials: [],
        pools: [],
        idempotency: undefined,
      };
    }),
    told: parts.flatMap(({ decision, context, subscription }) =>
      context.from.current.plan.vendor.provisioning === 'webhook'
        ? [{ id: decision.moved!.order.subscriptions[0]!.id, fromId: subscription.id }]
        : [],
    ),
    transfer,
    answer,
  };
}
