import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { PlanTerms, Product } from '@tierline/server/modules/catalog/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import { openLmpi, type Answer, type Credential } from './setup.ts';

export type SubscriptionWorld = Awaited<ReturnType<typeof openSubscriptions>>;

export type Detail = {
  subscription_id: string;
  name: string;
  enabled: boolean;
  is_auto_renewal: boolean;
  auto_renewal_month: number;
  expiration_notification: number;
  service_url: string;
  licenses: {
    ac_code: string;
    product_id: string;
    license_start_date: string;
    license_expiration_date: string;
    start_charge_date: string;
    grace_period: number;
    units: number;
    enabled: boolean;
  }[];
};
export type Created = {
  subscription_id: string;
  product_name: string;
  service_url: string;
  licenses: { product_id: string; version: string; units: number; ac_code: string; license_start_date: string }[];
};

/** What a plan has that Partners :: Service Plan :: Create makes. */
const lmpiTerms = {
  subscriptionPeriod: { unit: 'month', count: 12 },
  billingPeriod: { unit: 'month', count: 1 },
  autoRenewalMonths: 12,
  expirationNoticeDays: 30,
  graceMonths: 1,
  pricing: 'free',
  policies: { preset: 'lmpi_like' },
} as const satisfies Partial<PlanTerms>;

/**
 * The world of the dialect with a distributor in Berlin's zone that sells a product to customers of its own, in plans like those that the
 * dialect makes.
 */
export async function openSubscriptions() {
  const lmpi = await openLmpi();
  const { distributor } = lmpi.partners;
  const product = await lmpi.stocked({ code: 'NNZBXXE1X', name: 'Worry Free' }, [[distributor, 10_000n]]);
  let count = 0;

  function planOf(of: Product, terms: Partial<PlanTerms> = {}, maker: Account = distributor, name?: string) {
    count += 1;
    const rates = [{ mpn: `MPN-${of.code}`, quantityMin: '1', quantityMax: '999999' }];
    return lmpi.plan(maker, {
      product: of,
      name: name ?? `Plan ${count} of ${of.code}`,
      rates,
      terms: { ...lmpiTerms, ...terms },
    });
  }

  const as = lmpi.credentials.distributor;
  const customer = (owner: Account = distributor) => lmpi.customer(owner);
  const yearly = await planOf(product, {}, distributor, 'Worry Free, a year');

  const path = (buyer: Pick<Customer, 'id'>, rest = '', version = 'v2') =>
    `/LMPI/${version}/customers/${buyer.id}/${rest}`;
  const create = (
    buyer: Pick<Customer, 'id'>,
    body: unknown = { service_plan_id: yearly.id, units_per_license: 10 },
    { version = 'v2', by = as }: { version?: string; by?: Credential } = {},
  ) => lmpi.post(by, path(buyer, 'subscriptions', version), body);
  const put = (buyer: Pick<Customer, 'id'>, id: string, rest = '', body?: unknown, version = 'v2', by = as) =>
    lmpi.send(by, { method: 'PUT', target: path(buyer, `subscriptions/${id}${rest}`, version), body });
  const read = (buyer: Pick<Customer, 'id'>, id: string, version = 'v2', by = as) =>
    lmpi.get(by, path(buyer, `subscriptions/${id}`, version));

  /** A creation for whatever stands in the path. */
  const createFor = (id: string, body: unknown, version = 'v2') =>
    lmpi.post(as, `/LMPI/${version}/customers/${id}/subscriptions`, body);

  /** A subscription that is there, by its id. */
  async function created(buyer: Pick<Customer, 'id'>, body?: unknown, version = 'v2'): Promise<string> {
    const answer = await create(buyer, body, { version });
    if (answer.status !== 200) throw new Error(answer.text);
    return (answer.json as Created).subscription_id;
  }

  async function detail(buyer: Pick<Customer, 'id'>, id: string): Promise<Detail> {
    const answer = await read(buyer, id);
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.json as Detail;
  }

  /** Works off what is due by now, as a running server does. */
  const work = () => lmpi.engine.worker.runDue({ sandboxId: null }, lmpi.clock.now());

  return { ...lmpi, as, product, yearly, planOf, customer, path, create, createFor, put, read, created, detail, work };
}

/** The names of an object's members in their order. */
export function membersOf(value: unknown): string {
  return Object.keys(value as object).join();
}

export const invalid = (field: string) => ({ status: 400, subject: `InvalidParameters${field}` });

export function expectEmpty({ status, text }: Answer): void {
  if (status !== 200 || text !== '') throw new Error(`Not an empty 200: ${status} ${text}`);
}
