import type { AccountId, PlanId, RateId } from '@tierline/kernel';
import type { SimpleApiProfile } from '../../modules/access/index.ts';
import type { AccountNode } from '../../modules/accounts/index.ts';
import type { PlanVersion, RateLabel } from '../../modules/catalog/index.ts';
import type { LaterMoment } from '../../modules/lifecycle/index.ts';
import type { Order, OrderDetail } from '../../modules/orders/index.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { orUndefined } from './errors.ts';
import type { RateLabels } from './rate-labels.ts';

/** What an order's answer needs beside the order. */
export type OrderContext = {
  readonly customerNumber: string;
  /** The seller of the customer. */
  readonly node: AccountNode;
  /** Whoever reads it. */
  readonly viewerId: AccountId;
  readonly profile: SimpleApiProfile;
  /** When what it plans is to happen; null: it happened at once. */
  readonly moment: LaterMoment | null;
  /** By plan id and version: `<id>/<version>`. */
  readonly plans: ReadonlyMap<string, PlanVersion>;
  readonly labels: ReadonlyMap<RateId, RateLabel>;
  /** The order whose subscription a renewal without a `poNumber` renews, where it is told in its place. */
  readonly renewed: Order | undefined;
};

export function planKey({ planId, planVersion }: { planId: PlanId; planVersion: number }): string {
  return `${planId}/${planVersion}`;
}

type Given = Pick<OrderContext, 'customerNumber' | 'viewerId' | 'profile' | 'moment'>;

export function contextReader({ directory, offers, orders }: SimpleApiDependencies, labels: RateLabels) {
  /** Seen live: a renewal carries the number of the order that it renews as its `poNumber` (SimpleAPI reference 4.4). */
  async function renewedBy(
    { type, poNumber, subscriptions: [subscription] }: OrderDetail,
    { viewerId, profile }: Given,
  ): Promise<Order | undefined> {
    if (type !== 'renewal' || poNumber !== null || profile !== '21.0' || subscription === undefined) return undefined;
    return orUndefined(orders.get(viewerId, { id: subscription.orderId }));
  }

  return async function contextOf(order: OrderDetail, given: Given): Promise<OrderContext> {
    const node = directory.peek(order.ownerId) ?? (await directory.get(order.ownerId));
    const keys = new Map(
      [...order.lines, ...order.subscriptions].map((of) => [
        planKey(of),
        { planId: of.planId, version: of.planVersion },
      ]),
    );
    const [plans, names, renewed] = await Promise.all([
      offers.planVersions(node, [...keys.values()]),
      labels.of(order.lines.map(({ rateId }) => rateId)),
      renewedBy(order, given),
    ]);
    return {
      ...given,
      node,
      plans: new Map(plans.map((plan) => [planKey({ planId: plan.planId, planVersion: plan.version }), plan])),
      labels: names,
      renewed,
    };
  };
}
