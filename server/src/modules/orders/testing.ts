import { dateIn, decimal, newId, Temporal, type LicenseId, type OrderId, type SubscriptionId } from '@tierline/kernel';
import type { Account, AccountNode } from '../accounts/index.ts';
import type { NamedRate, PlanVersion, Rate } from '../catalog/index.ts';
import type { Customer } from '../customers/index.ts';
import { ordinary } from './opening.ts';
import type { Identity, Placement, ResolvedLine } from './place.ts';
import type { EdgePrices, RatePrices } from '../pricing/index.ts';
import { anEdge, anEdgePrice, aRate, type TiersWanted } from '../../../../test/support/values.ts';

/** Already the next day in Kiritimati (+14), the same one in Honolulu (-10), still the day before in Pago Pago (-11). */
export const at = Temporal.Instant.from('2026-03-01T10:30:00Z');

export function aChain(...zones: readonly { timeZone: string; currency?: string }[]): AccountNode {
  const ids = zones.map(() => newId<'account'>());
  const chain = zones.map(({ timeZone, currency = 'EUR' }, index): Account => ({
    id: ids[index]!,
    parentId: ids[index - 1] ?? null,
    rootId: ids[0]!,
    path: ids.slice(0, index + 1),
    sandboxId: null,
    kind: index === 0 ? 'provider' : 'reseller',
    name: `Seller ${index}`,
    currency,
    timeZone,
    country: 'DE',
    language: 'en',
    status: 'active',
    number: String(1_000_001 + index),
    tenantId: null,
    externalId: null,
    buyerGroup: null,
    billingCurrency: null,
    priceFloor: 'none',
    dataCenter: null,
    remoteManager: false,
    visionOne: false,
    profile: {},
    company: null,
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
  }));
  return { account: chain.at(-1)!, chain, cells: chain.map(() => ({ account: 0n, catalog: 0n })), sandbox: null };
}

export function aCustomer(owner: AccountNode, facts: Partial<Customer> = {}): Customer {
  return {
    id: newId<'customer'>(),
    ownerId: owner.account.id,
    number: '1000001',
    name: 'Customer',
    status: 'active',
    externalId: null,
    language: 'en',
    taxRegistrationId: null,
    buyerGroup: null,
    billingCurrency: null,
    address: { street: '', extension: null, city: '', state: null, postalCode: '', countryCode: 'DE' },
    contacts: [],
    attributes: {},
    note: null,
    emergencyEmail: null,
    industry: null,
    companySize: null,
    version: 1,
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    ...facts,
  };
}

/** Recurring prices of one rate on every edge, as the price service finds them: each on its seller's date. */
export function edgesOf(
  owner: AccountNode,
  tiers: readonly (TiersWanted | undefined)[],
  facts: Partial<EdgePrices> = {},
): RatePrices {
  return owner.chain.map((seller, index) => {
    const wanted = tiers[index];
    return anEdge({
      sellerId: seller.id,
      buyerId: owner.chain[index + 1]?.id ?? null,
      date: dateIn(at, seller.timeZone).toString(),
      byType: wanted === undefined ? {} : { recurring: anEdgePrice(seller.currency, wanted) },
      ...facts,
    });
  });
}

export function named(plan: PlanVersion, facts: Partial<Rate> = {}): NamedRate {
  return { plan, rate: aRate(plan, facts) };
}

export function line(of: NamedRate, quantity: string, index = 0): ResolvedLine {
  return { named: of, quantity: decimal(quantity), origin: 'requested', parameters: null, index };
}

export const nth = (index: number): string => `019c0000-0000-7000-8000-${String(index).padStart(12, '0')}`;

/** Ids and numbers one after another, the same for every decision. */
export function anIdentity(): Identity {
  let charges = 0;
  return {
    orderId: nth(1) as OrderId,
    orderSerial: '42',
    subscription: (index) => ({
      id: nth(100 + index) as SubscriptionId,
      serial: String(7 + index),
      licenseId: nth(200 + index) as LicenseId,
      activationCode: `CODE-${index}`,
    }),
    chargeId: () => nth(1000 + charges++),
  };
}

export function aPlacement(facts: Partial<Placement> & Pick<Placement, 'owner' | 'lines' | 'prices'>): Placement {
  return {
    customer: aCustomer(facts.owner),
    poNumber: null,
    attributes: null,
    surface: 'api',
    actor: 'user:1',
    at,
    identity: anIdentity(),
    terms: ordinary,
    trialsHad: new Set(),
    ...facts,
  };
}
