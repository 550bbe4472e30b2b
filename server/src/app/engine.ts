import type { Clock } from '@tierline/kernel';
import { accountsService, directory as directoryOf } from '../modules/accounts/index.ts';
import { accessService, authenticator, sellersService } from '../modules/access/index.ts';
import { billingReportJobs, billingReportsService } from '../modules/billing-reports/index.ts';
import { catalogFiles } from '../modules/catalog-files/index.ts';
import { catalogLists, catalogService, offersOf } from '../modules/catalog/index.ts';
import { codesWith, noAdditions, type Codes } from '../modules/codes/index.ts';
import { customersService } from '../modules/customers/index.ts';
import { eventsService } from '../modules/events/index.ts';
import { licenseReports, selectUsage } from '../modules/license-reports/index.ts';
import { ordersService } from '../modules/orders/index.ts';
import { portalService } from '../modules/portal/index.ts';
import { poolsService } from '../modules/pools/index.ts';
import { exchangeRates, pricesOf, pricingService } from '../modules/pricing/index.ts';
import { reportNames } from '../dialects/simpleapi/index.ts';
import { provisioningService } from '../modules/provisioning/index.ts';
import {
  activations,
  dueWorker,
  impactService,
  lifecycleService,
  transferService,
} from '../modules/lifecycle/index.ts';
import { reportJobs, reportsService } from '../modules/reports/index.ts';
import { sandboxesService, type DueWorker } from '../modules/sandboxes/index.ts';
import { subscriptionsService } from '../modules/subscriptions/index.ts';
import { usageService } from '../modules/usage/index.ts';
import { numbers, revisions as revisionsOf, type Database } from '../platform/db/index.ts';
import type { Secrets } from '../platform/secrets/index.ts';

export type EngineSettings = {
  readonly orderBatchMax: number;
  readonly orderBatchesAtOnce?: number;
  readonly sessionHours: number;
  readonly simpleapiTokenSeconds: number;
  readonly webhookTimeoutMs: number;
  readonly sandboxPrivateWebhooks?: boolean;
  readonly portalSessionHours?: number;
};

/** Statements that store orders at the same time: more make each smaller, fewer leave a core of the database without work. */
const orderBatchesAtOnce = 2;
/** Subscriptions that one round of due work decides and stores together. */
export const dueBatchMax = 100;

export type Engine = ReturnType<typeof buildEngine>;

type EngineParts = {
  readonly db: Database;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly settings: EngineSettings;
  /** Lists that requests are checked with; our own ones, unless given. */
  readonly codes?: Codes;
  /** What works off what is due; tests pass their own. */
  readonly worker?: DueWorker;
  /** Hears of subscriptions of which what is due could not be decided. */
  readonly onDueError?: (error: unknown, subscriptionId?: string) => void;
};

/** Every use case, built by hand over one database. Surfaces, commands, tests and the demo channel all use this. */
export function buildEngine(parts: EngineParts) {
  const { db, secrets, clock, settings } = parts;
  const { webhookTimeoutMs, sandboxPrivateWebhooks = false, portalSessionHours = 12 } = settings;
  const revisions = revisionsOf(db);
  const directory = directoryOf(db, revisions);
  const accounts = accountsService({ db, directory, revisions, numbers: numbers(db, 'account_number_seq') });
  const access = accessService({ db, directory, revisions, secrets, clock, portalSessionHours });
  const authenticate = authenticator({ db, directory, revisions, secrets, clock, ...settings });
  const sellers = sellersService({ db, directory, revisions, secrets, accounts });
  const codes = parts.codes ?? codesWith(noAdditions);
  const selling = buildSelling(parts, { revisions, directory, codes });
  const provisioning = provisioningService({
    db,
    secrets,
    clock,
    directory,
    subscriptions: selling.subscriptions,
    orders: selling.orders,
    lifecycle: selling.lifecycle,
    webhookTimeoutMs,
    sandboxPrivateWebhooks,
  });
  const reportWork = reportJobs({ db, clock, directory, names: reportNames });
  const events = eventsService({ db });
  const billingReportWork = billingReportJobs({
    db,
    directory,
    usageOf: (owners, month) => selectUsage(db, owners, month),
  });
  const worker = inTurn(selling.worker, billingReportWork, reportWork);
  const sandboxes = sandboxesService({ db, accounts, directory, revisions, secrets, worker });
  return {
    db,
    clock,
    secrets,
    codes,
    revisions,
    directory,
    accounts,
    sellers,
    access,
    authenticate,
    provisioning,
    usage: usageService({ db }),
    licenseReports: licenseReports({ db, directory }),
    reports: reportsService({ db, clock, secrets, directory }),
    reportWork,
    billingReports: billingReportsService({ db, directory, events }),
    billingReportWork,
    events,
    sandboxes,
    portal: portalService({ clock, directory, access, ...selling }),
    ...selling,
  };
}

/** What a sandbox's clock sets off: first what sells and bills, then the reports about it. */
function inTurn(...workers: readonly DueWorker[]): DueWorker {
  return {
    async runDue(domain, until) {
      let steps = 0;
      for (const worker of workers) steps += (await worker.runDue(domain, until)).steps;
      return { steps };
    },
  };
}

type Common = Pick<Parameters<typeof catalogService>[0], 'revisions' | 'directory'> & { readonly codes: Codes };

/** What is sold, to whom, and what happens to it afterwards. */
function buildSelling({ db, secrets, settings, ...parts }: EngineParts, { revisions, directory, codes }: Common) {
  const offers = offersOf(db);
  const prices = pricesOf(db);
  const planNumbers = numbers(db, 'plan_number_seq');
  const rateNumbers = numbers(db, 'rate_number_seq');
  const customerNumbers = numbers(db, 'customer_number_seq');
  const customers = customersService({ db, directory, numbers: customerNumbers, codes });
  const subscriptions = subscriptionsService({ db });
  const common = {
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
  };
  const orders = ordersService(common);
  const lifecycle = lifecycleService({ ...common, orders });
  const onError = parts.onDueError ?? (() => undefined);
  return {
    offers,
    prices,
    catalog: catalogService({ db, directory, revisions, secrets, planNumbers, rateNumbers }),
    lists: catalogLists(db),
    files: catalogFiles({ db, revisions, offers, planNumbers, rateNumbers }),
    pricing: pricingService({ db, revisions, offers, prices }),
    rates: exchangeRates({ db, revisions }),
    pools: poolsService({ db, directory }),
    customers,
    subscriptions,
    orders,
    lifecycle,
    transfers: transferService({ ...common, orders, lifecycle, customerNumbers }),
    activations: activations({ db, lifecycle }),
    impact: impactService({ db, directory, offers, prices }),
    worker: parts.worker ?? dueWorker({ db, lifecycle, batchMax: dueBatchMax, onError }),
  };
}
