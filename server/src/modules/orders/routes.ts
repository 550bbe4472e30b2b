import {
  orderRoutes,
  type alignment,
  type EdgeTotal,
  type Order as Shown,
  type OrderDetail as ShownDetail,
  type OrderPreview,
} from '@tierline/contract';
import {
  addMoney,
  decimal,
  formatDecimal,
  formatMoneyFixed,
  parseMoney,
  zeroMoney,
  type AccountId,
  type Money,
} from '@tierline/kernel';
import type { z } from 'zod';
import { afterId, created, given, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountNode, AccountsService, Directory } from '../accounts/index.ts';
import { dealFrom, discountOf, showSource } from '../pricing/index.ts';
import { showSubscription, type Subscription } from '../subscriptions/index.ts';
import { orderNumber, type Order, type OrderCharge, type OrderDetail, type OrderLine } from './order.ts';
import type { LineRequest, SalesRequest } from './request.ts';
import type { OrdersService } from './service.ts';

type Services = {
  readonly orders: OrdersService;
  readonly accounts: AccountsService;
  readonly directory: Directory;
};

export function bindOrders(bind: Bind<Principal>, { orders, accounts, directory }: Services): void {
  bind(orderRoutes.listOrders, async ({ caller, query }) => {
    const { owner_id: ownerId, customer_id: customerId, subscription_id: subscriptionId, type, status, limit } = query;
    if (ownerId !== undefined) await accounts.visible(caller.accountId, ownerId, 'owner_id');
    const scope = ownerId === undefined ? { within: caller.accountId } : { ownerId };
    const statuses = status === undefined ? undefined : [status];
    const placed = { placedFrom: query.placed_from, placedTo: query.placed_to };
    const filter = { scope, customerId, subscriptionId, type, statuses, ...placed };
    const rows = await orders.page(filter, { after: afterId<'order'>(query), limit: limit + 1 });
    return ok(pageById(rows, query, showOrder));
  });

  bind(orderRoutes.placeOrder, async ({ caller, query, body, cause, ...call }) => {
    if (body.lines.some(({ deals = [] }) => deals.length > 0)) call.require('subscriptions.prices');
    const request = requestFrom(body, caller);
    if (query.preview) {
      call.require('orders.preview');
      const preview = await orders.preview(cause, caller.accountId, request);
      const { ownerId, warnings = [] } = preview;
      return ok({ ...showOrderPreview(preview, caller, await directory.get(ownerId)), warnings: [...warnings] });
    }
    const order = await orders.place(cause, caller.accountId, request);
    return created(showOrderDetail(order, caller, await directory.get(order.ownerId)), order.version);
  });

  bind(orderRoutes.getOrder, async ({ caller, params }) => {
    const order = await orders.get(caller.accountId, { id: params.order_id });
    return ok(showOrderDetail(order, caller, await directory.get(order.ownerId)), order.version);
  });
}

type OrderRead = z.output<typeof orderRoutes.placeOrder.body>;

function requestFrom(body: OrderRead, { accountId }: Principal): SalesRequest {
  return {
    customer: { id: body.customer_id },
    lines: body.lines.map((line) => lineFrom(line, accountId)),
    poNumber: body.po_number ?? null,
    attributes: body.attributes ?? null,
    surface: 'api',
    // Our own API says what is missing instead of selling what nobody asked for.
    addMissingBases: false,
    ...saleFrom(body),
  };
}

export function alignmentFrom({ subscription_id: subscriptionId }: z.output<typeof alignment>) {
  return subscriptionId === undefined
    ? ({ kind: 'calendar_month' } as const)
    : ({ kind: 'subscription', subscriptionId } as const);
}

function saleFrom({ not_for_resale: notForResale, align, migration }: OrderRead): Pick<SalesRequest, 'sale'> {
  if (notForResale === undefined && align === undefined && migration === undefined) return {};
  const sale = {
    notForResale,
    align: align && alignmentFrom(align),
    migration: migration && {
      startOn: migration.start_on,
      endOn: migration.end_on,
      anchorOn: migration.anchor_on ?? migration.start_on,
      billedUntil: migration.billed_until,
      system: migration.system ?? null,
    },
  };
  return { sale: given(sale) };
}

function lineFrom(line: OrderRead['lines'][number], caller: AccountId): LineRequest {
  const more = {
    vendorCode: line.vendor,
    subscriptionPeriod: line.subscription_period,
    billingPeriod: line.billing_period,
    parameters: line.parameters,
    deals: line.deals?.map((deal) => dealFrom(deal, caller)),
  };
  const name = line.rate_id === undefined ? { mpn: line.mpn ?? '' } : { rateId: line.rate_id };
  return { name, quantity: decimal(line.quantity), ...given(more) };
}

function shownMoney(amount: Money): { amount: string; currency: string } {
  return { amount: formatMoneyFixed(amount), currency: amount.currency };
}

function headerOf(order: Order) {
  return {
    owner_id: order.ownerId,
    type: order.type,
    status: order.status,
    customer_id: order.customerId,
    po_number: order.poNumber,
    total: shownMoney(parseMoney(order.total, order.currency) ?? zeroMoney(order.currency)),
    attributes: order.attributes,
    placed_at: order.placedAt,
    completed_at: order.completedAt,
    status_reason: order.statusReason,
  };
}

export function showOrder(order: Order): Shown {
  return {
    id: order.id,
    number: orderNumber(order.type, order.serial),
    surface: order.surface,
    placed_by: order.placedBy,
    version: order.version,
    ...headerOf(order),
  };
}

export function showOrderDetail(order: OrderDetail, caller: Principal, owner: AccountNode): ShownDetail {
  const charges = visibleCharges(order.charges, caller, owner);
  return {
    ...showOrder(order),
    lines: order.lines.map((line) => ({ ...showLine(line), subscription_id: line.subscriptionId })),
    charges: charges.map(showOrderCharge),
    edges: edgeTotals(charges.map(({ charge }) => charge)),
    subscriptions: order.subscriptions.map(showSubscription),
  };
}

/** A preview has no ids and no numbers: nothing of it exists. */
export function showOrderPreview(order: OrderDetail, caller: Principal, owner: AccountNode): OrderPreview {
  const charges = visibleCharges(order.charges, caller, owner);
  return {
    ...headerOf(order),
    lines: order.lines.map(showLine),
    charges: charges.map(({ charge, isOfSeller }) => showCharge(charge, isOfSeller)),
    edges: edgeTotals(charges.map(({ charge }) => charge)),
    subscriptions: order.subscriptions.map(showSubscriptionPreview),
  };
}

/** What a subscription would be. */
export function showSubscriptionPreview(subscription: Subscription): OrderPreview['subscriptions'][number] {
  const {
    id: _,
    number: _n,
    order_id: _o,
    version: _v,
    created_at: _c,
    updated_at: _u,
    ...shown
  } = showSubscription(subscription);
  return { ...shown, licenses: shown.licenses.map(({ id: _i, activation_code: _a, ...license }) => license) };
}

/** A charge as its caller may see it, see `visibleCharges`. */
export function showOrderCharge({ charge, isOfSeller }: VisibleCharge): ShownDetail['charges'][number] {
  return { id: charge.id, subscription_id: charge.subscriptionId, ...showCharge(charge, isOfSeller) };
}

type VisibleCharge = { readonly charge: OrderCharge; readonly isOfSeller: boolean };

/** Charges on the edge on which the caller buys, and on those below; what stands above is not the caller's business. */
export function visibleCharges(
  charges: readonly OrderCharge[],
  caller: Principal,
  owner: AccountNode,
): VisibleCharge[] {
  const placeOf = new Map<string, number>(owner.chain.map(({ id }, index) => [id, index]));
  const own = placeOf.get(caller.accountId) ?? owner.chain.length;
  return charges.flatMap((charge) => {
    const seller = placeOf.get(charge.sellerId) ?? -1;
    return seller >= own - 1 ? [{ charge, isOfSeller: seller < own }] : [];
  });
}

function showLine(line: OrderLine) {
  return {
    position: line.position,
    plan_id: line.planId,
    plan_version: line.planVersion,
    rate_id: line.rateId,
    resource_id: line.resourceId,
    mpn: line.mpn,
    vendor: line.vendorCode,
    name: line.name,
    quantity: formatDecimal(line.quantity),
    previous_quantity: line.previousQuantity === null ? null : formatDecimal(line.previousQuantity),
    origin: line.origin,
  };
}

function showCharge(charge: OrderCharge, isOfSeller: boolean): OrderPreview['charges'][number] {
  return {
    position: charge.position,
    rate_id: charge.rateId,
    seller_id: charge.sellerId,
    buyer_id: charge.buyerId,
    type: charge.type,
    quantity: formatDecimal(charge.quantity),
    unit_price: formatDecimal(charge.unitPrice),
    fraction: { numerator: Number(charge.fraction.numerator), denominator: Number(charge.fraction.denominator) },
    period_start: charge.period.start.toString(),
    period_end: charge.period.end.toString(),
    amount: shownMoney(charge.amount),
    booked_on: charge.bookedOn,
    source: isOfSeller ? { kind: 'seller' } : showSource(charge.source),
    ...given({ exchange: charge.source.exchange, discount: showDiscount(charge) }),
  };
}

function showDiscount(charge: OrderCharge) {
  const taken = discountOf(charge);
  if (taken === undefined) return undefined;
  const { type, value, unitPrice, amount } = taken;
  return { type, value, unit_price: unitPrice, amount: amount && shownMoney(amount) };
}

function edgeTotals(charges: readonly OrderCharge[]): EdgeTotal[] {
  const edges = Map.groupBy(charges, ({ sellerId, buyerId, amount }) => `${sellerId}/${buyerId}/${amount.currency}`);
  return [...edges.values()].map((ofEdge) => {
    const { sellerId, buyerId, amount } = ofEdge[0]!;
    const total = ofEdge.reduce((sum, charge) => addMoney(sum, charge.amount), zeroMoney(amount.currency));
    return { seller_id: sellerId, buyer_id: buyerId, total: shownMoney(total) };
  });
}
