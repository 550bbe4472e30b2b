import { decimal, newId, Temporal, type Decimal } from '@tierline/kernel';
import type { PlanVersion, Rate } from '@tierline/server/modules/catalog/index.ts';
import { resolvePolicies } from '@tierline/server/modules/policies/index.ts';
import type { EdgePrice, EdgePrices, PriceSource, Tier } from '@tierline/server/modules/pricing/index.ts';

/** Values with defaults, for tests of pure rules; nothing of them is stored. */

export function aPlanVersion(facts: Partial<PlanVersion> = {}): PlanVersion {
  return {
    planId: newId<'plan'>(),
    version: 1,
    number: '10001',
    makerId: newId<'account'>(),
    rootId: newId<'account'>(),
    name: 'Office 365',
    shortDescription: '',
    longDescription: '',
    rateCount: 1,
    licenseVersion: 'full',
    subscriptionPeriod: { unit: 'month', count: 1 },
    billingPeriod: { unit: 'month', count: 1 },
    billingModel: 'before_billing_period',
    activationPolicy: 'immediate',
    chargeableMonths: 0,
    autoRenewalMonths: 1,
    expirationNoticeDays: 30,
    graceMonths: 0,
    dataCenter: null,
    unitType: 'U',
    managed: false,
    pricing: 'required',
    licensePool: 'none',
    policies: resolvePolicies({}, {}),
    ownPolicies: {},
    product: {
      id: newId<'product'>(),
      code: 'OFFICE365',
      name: 'Office 365',
      type: 'saas',
      family: 'standard',
      status: 'active',
      parts: [],
    },
    planStatus: 'published',
    vendor: { id: newId<'vendor'>(), code: 'microsoft', provisioning: 'instant' },
    ...facts,
  };
}

export function aRate(plan: Pick<PlanVersion, 'planId' | 'version'>, facts: Partial<Rate> = {}): Rate {
  const mpn = facts.mpn ?? 'MPN-1';
  return {
    planId: plan.planId,
    version: plan.version,
    position: 0,
    rateId: newId<'rate'>(),
    number: '100001',
    resourceId: newId<'resource'>(),
    name: `Rate ${mpn}`,
    quantityMin: decimal('0'),
    quantityMax: decimal('1000000'),
    priceModel: 'flat',
    chargeTypes: ['recurring'],
    dependsOn: [],
    mpn,
    vendorCode: 'microsoft',
    serviceName: 'O365',
    ...facts,
  };
}

const freeSource: PriceSource = { kind: 'free' };

/** Tiers written as `[[lowerLimit, amount], ...]`, or the one amount of all units. */
export type TiersWanted = string | readonly (readonly [lowerLimit: string, amount: string])[];

export function tiersOf(wanted: TiersWanted): Tier[] {
  const pairs = typeof wanted === 'string' ? [['0', wanted] as const] : wanted;
  return pairs.map(([lowerLimit, amount]) => ({ lowerLimit: decimal(lowerLimit), amount: decimal(amount) }));
}

export function anEdgePrice(currency: string, tiers: TiersWanted, facts: Partial<EdgePrice> = {}): EdgePrice {
  return { currency, tiers: tiersOf(tiers), source: freeSource, belowCost: false, ...facts };
}

export function anEdge(facts: Partial<EdgePrices> = {}): EdgePrices {
  return { sellerId: newId<'account'>(), buyerId: null, date: '2026-03-02', byType: {}, floor: 'none', ...facts };
}

/** An exact quotient, to calculate with beside the engine's own arithmetic. */
export type Ratio = { readonly numerator: bigint; readonly denominator: bigint };

export function ratioOf({ coefficient, scale }: Decimal): Ratio {
  return { numerator: coefficient, denominator: 10n ** BigInt(scale) };
}

export function plus(a: Ratio, b: Ratio): Ratio {
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

export function times(a: Ratio, b: Ratio): Ratio {
  return { numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator };
}

/** Rounding from its definition: of the whole numbers around a quotient the nearer one, at a half the one farther from zero. */
export function nearest({ numerator, denominator }: Ratio): bigint {
  const towardsZero = numerator / denominator;
  const rest = numerator % denominator;
  const twice = rest < 0n ? -2n * rest : 2n * rest;
  if (twice < denominator) return towardsZero;
  return towardsZero + (numerator < 0n ? -1n : 1n);
}

export const date = (text: string): Temporal.PlainDate => Temporal.PlainDate.from(text);
