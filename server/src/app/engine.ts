import type { Clock } from '@tierline/kernel';
import { accountsService, directory as directoryOf } from '../modules/accounts/index.ts';
import { accessService, authenticator } from '../modules/access/index.ts';
import { catalogFiles } from '../modules/catalog-files/index.ts';
import { catalogLists, catalogService, offersOf } from '../modules/catalog/index.ts';
import { customersService } from '../modules/customers/index.ts';
import { eventsService } from '../modules/events/index.ts';
import { ordersService } from '../modules/orders/index.ts';
import { poolsService } from '../modules/pools/index.ts';
import { pricesOf, pricingService } from '../modules/pricing/index.ts';
import { provisioningService } from '../modules/provisioning/index.ts';
import { subscriptionsService } from '../modules/subscriptions/index.ts';
import { numbers, revisions as revisionsOf, type Database } from '../platform/db/index.ts';
import type { Secrets } from '../platform/secrets/index.ts';

export type EngineSettings = {
  readonly orderBatchMax: number;
  readonly orderBatchesAtOnce?: number;
  readonly sessionHours: number;
  readonly simpleapiTokenSeconds: number;
  readonly webhookTimeoutMs: number;
};

/** Statements that store orders at the same time: more make each smaller, fewer leave a core of the database without work. */
const orderBatchesAtOnce = 2;

export type Engine = ReturnType<typeof buildEngine>;

/** Every use case, built by hand over one database. Surfaces, commands, tests and the demo channel all use this. */
export function buildEngine(parts: { db: Database; secrets: Secrets; clock: Clock; settings: EngineSettings }) {
  const { db, secrets, clock, settings } = parts;
  const revisions = revisionsOf(db);
  const directory = directoryOf(db, revisions);
  const accounts = accountsService({ db, directory, revisions, numbers: numbers(db, 'account_number_seq') });
  const access = accessService({ db, directory, revisions, secrets });
  const authenticate = authenticator({ db, directory, revisions, secrets, clock, ...settings });
  const offers = offersOf(db);
  const lists = catalogLists(db);
  const prices = pricesOf(db);
  const planNumbers = numbers(db, 'plan_number_seq');
  const rateNumbers = numbers(db, 'rate_number_seq');
  const catalog = catalogService({ db, directory, revisions, secrets, planNumbers, rateNumbers });
  const files = catalogFiles({ db, revisions, offers, planNumbers, rateNumbers });
  const pricing = pricingService({ db, revisions, offers, prices });
  const pools = poolsService({ db, directory });
  const customers = customersService({ db, directory, numbers: numbers(db, 'customer_number_seq') });
  const subscriptions = subscriptionsService({ db });
  const orders = ordersService({
    db,
    directory,
    customers,
    subscriptions,
    offers,
    prices,
    orderSerials: numbers(db, 'order_serial_seq'),
    subscriptionSerials: numbers(db, 'subscription_serial_seq'),
    batchMax: settings.orderBatchMax,
    batchesAtOnce: settings.orderBatchesAtOnce ?? orderBatchesAtOnce,
  });
  const { webhookTimeoutMs } = settings;
  const provisioning = provisioningService({ db, secrets, clock, subscriptions, webhookTimeoutMs });
  const events = eventsService({ db });
  return {
    db,
    clock,
    secrets,
    revisions,
    directory,
    accounts,
    access,
    authenticate,
    offers,
    prices,
    catalog,
    lists,
    files,
    pricing,
    pools,
    customers,
    subscriptions,
    orders,
    provisioning,
    events,
  };
}
