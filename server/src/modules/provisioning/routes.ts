import { subscriptionRoutes } from '@tierline/contract';
import { ok, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import { showSubscription, type SubscriptionsService } from '../subscriptions/index.ts';
import type { ProvisioningService } from './service.ts';

type Services = { readonly provisioning: ProvisioningService; readonly subscriptions: SubscriptionsService };

export function bindProvisioning(bind: Bind<Principal>, { provisioning, subscriptions }: Services): void {
  bind(subscriptionRoutes.acknowledgeProvisioning, async ({ caller, params, body, cause }) => {
    const outcome = body.outcome === 'provisioned' ? 'active' : 'removed';
    await provisioning.acknowledge(cause, caller.accountId, params.subscription_id, outcome, body.reason);
    return ok(showSubscription(await subscriptions.get(caller.accountId, { id: params.subscription_id })));
  });
}
