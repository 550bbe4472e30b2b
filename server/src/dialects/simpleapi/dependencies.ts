import type { Clock } from '@tierline/kernel';
import type { Authenticator, SellersService } from '../../modules/access/index.ts';
import type { AccountsService, Directory } from '../../modules/accounts/index.ts';
import type { Offers } from '../../modules/catalog/index.ts';
import type { CustomersService } from '../../modules/customers/index.ts';
import type { LifecycleService } from '../../modules/lifecycle/index.ts';
import type { OrdersService } from '../../modules/orders/index.ts';
import type { Prices } from '../../modules/pricing/index.ts';
import type { ProvisioningService } from '../../modules/provisioning/index.ts';
import type { ReportsService } from '../../modules/reports/index.ts';
import type { SubscriptionsService } from '../../modules/subscriptions/index.ts';
import type { Config } from '../../platform/config/index.ts';
import type { Revisions } from '../../platform/db/index.ts';

/** What the dialect translates to. */
export type SimpleApiDependencies = {
  readonly clock: Clock;
  readonly revisions: Pick<Revisions, 'onAccountChange'>;
  readonly directory: Directory;
  readonly accounts: Pick<AccountsService, 'list' | 'pageBelow' | 'countBelow' | 'change'>;
  readonly sellers: SellersService;
  readonly authenticate: Pick<
    Authenticator,
    'simpleApiPassword' | 'simpleApiToken' | 'peekSimpleApiBearer' | 'simpleApiBearer'
  >;
  readonly offers: Offers;
  readonly prices: Prices;
  readonly customers: CustomersService;
  readonly orders: OrdersService;
  readonly lifecycle: LifecycleService;
  readonly provisioning: Pick<ProvisioningService, 'cancel'>;
  readonly subscriptions: SubscriptionsService;
  readonly reports: ReportsService;
  readonly settings: Pick<Config, 'catalogCacheBytes' | 'simpleapiCallsPerMinute' | 'simpleapiCallsPerDay'> &
    Partial<Pick<Config, 'publicUrl'>>;
};
