import { orderRoutes, subscriptionRoutes } from '@tierline/contract';
import { ok, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { Directory } from '../accounts/index.ts';
import { showOrderDetail, type OrdersService } from '../orders/index.ts';
import { showSubscription, type SubscriptionsService } from '../subscriptions/index.ts';
import type { ProvisioningService } from './service.ts';

type Services = {
  readonly provisioning: ProvisioningService;
  readonly subscriptions: SubscriptionsService;
  readonly orders: OrdersService;
  readonly directory: Directory;
};

export function bindProvisioning(bind: Bind<Principal>, services: Services): void {
  const { provisioning, subscriptions, orders, directory } = services;
  bind(orderRoutes.cancelOrder, async ({ caller, params, body, cause }) => {
    await provisioning.cancel(cause, caller.accountId, params.order_id, body.reason);
    const order = await orders.get(caller.accountId, { id: params.order_id });
    return ok(showOrderDetail(order, caller, await directory.get(order.ownerId)), order.version);
  });

  bind(subscriptionRoutes.acknowledgeProvisioning, async ({ caller, params, body, cause }) => {
    const outcome = body.outcome === 'provisioned' ? 'active' : 'removed';
    await provisioning.acknowledge(
      cause,
      caller.accountId,
      params.subscription_id,
      outcome,
      body.reason,
      body.order_id,
      body.vendor_subscription_id,
    );
    return ok(showSubscription(await subscriptions.get(caller.accountId, { id: params.subscription_id })));
  });
}
