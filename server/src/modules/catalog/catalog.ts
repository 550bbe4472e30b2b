import type { ParameterDefinition, PolicyDocument } from '@tierline/contract';
import type { AccountId, Decimal, Period, PlanId, ProductId, RateId, ResourceId, VendorId } from '@tierline/kernel';
import type { Policies } from '../policies/index.ts';

export const productTypes = ['saas', 'software', 'suite'] as const;
export type ProductType = (typeof productTypes)[number];
export const productFamilies = ['standard', 'vision_one'] as const;
export type ProductFamily = (typeof productFamilies)[number];
export const licenseVersions = ['trial', 'full'] as const;
export type LicenseVersion = (typeof licenseVersions)[number];
export const billingModels = [
  'before_billing_period',
  'after_billing_period',
  'before_subscription_period',
  'external_rating',
] as const;
export const licensePools = ['none', 'owner'] as const;
export type LicensePool = (typeof licensePools)[number];
export type BillingModel = (typeof billingModels)[number];
export const activationPolicies = ['immediate', 'first_sign_in'] as const;
export type ActivationPolicy = (typeof activationPolicies)[number];
export const priceModels = ['flat', 'tiered', 'volume'] as const;
export type PriceModel = (typeof priceModels)[number];
export const chargeTypes = ['setup', 'recurring', 'overuse'] as const;
export type ChargeType = (typeof chargeTypes)[number];
export const provisioningKinds = ['instant', 'webhook', 'manual'] as const;
export type ProvisioningKind = (typeof provisioningKinds)[number];

/** Who makes products. `provisioning` says how what is sold comes into being. */
export type Vendor = {
  readonly id: VendorId;
  readonly rootId: AccountId;
  readonly code: string;
  readonly name: string;
  readonly provisioning: ProvisioningKind;
  readonly webhookUrl: string | null;
  /** What holds for its products where a plan version says nothing else. */
  readonly policies: PolicyDocument;
  readonly version: number;
  readonly createdAt: string;
};

export type Product = {
  readonly id: ProductId;
  readonly rootId: AccountId;
  readonly vendorId: VendorId;
  /** Nine capital letters and digits. */
  readonly code: string;
  readonly name: string;
  readonly type: ProductType;
  readonly family: ProductFamily;
  readonly serviceName: string;
  readonly unitTypes: readonly string[];
  readonly dataCenters: readonly string[];
  /** Products that a suite is made of; empty for others. */
  readonly parts: readonly ProductId[];
  readonly status: 'active' | 'end_of_sale' | 'end_of_life';
  readonly version: number;
  readonly createdAt: string;
};

/** A sellable unit of a product. Its MPN is unique at its vendor. */
export type Resource = {
  readonly id: ResourceId;
  readonly rootId: AccountId;
  readonly productId: ProductId;
  readonly vendorId: VendorId;
  readonly mpn: string;
  readonly name: string;
  readonly unitType: string;
  readonly version: number;
  readonly createdAt: string;
};

/** What a plan version fixes, besides its rates. */
export type PlanTerms = {
  readonly licenseVersion: LicenseVersion;
  readonly subscriptionPeriod: Period;
  readonly billingPeriod: Period;
  readonly billingModel: BillingModel;
  readonly activationPolicy: ActivationPolicy;
  /** Months from the license's start until it is charged for. */
  readonly chargeableMonths: number;
  /** Months added at each renewal; null: the subscription does not renew by itself. */
  readonly autoRenewalMonths: number | null;
  readonly expirationNoticeDays: number;
  readonly graceMonths: number;
  readonly dataCenter: string | null;
  readonly unitType: string;
  readonly managed: boolean;
  /** `required`: a rate without a price can't be sold. `free`: it is sold at zero, its money being settled elsewhere. */
  readonly pricing: 'required' | 'free';
  /** Whose license pool a sale takes its units from: that of the account that made the plan, or none. */
  readonly licensePool: LicensePool;
  /** What the version itself says; what counts is in {@link PlanVersion}. */
  readonly policies: PolicyDocument;
  /** What is asked for when it is ordered. None: whatever is given is kept. */
  readonly parameters?: readonly ParameterDefinition[];
};

/** One line of a plan version. `quantityMin` and `quantityMax` bound the quantity within a subscription. */
export type Rate = {
  readonly planId: PlanId;
  readonly version: number;
  readonly position: number;
  readonly rateId: RateId;
  readonly number: string;
  readonly resourceId: ResourceId;
  readonly name: string;
  readonly quantityMin: Decimal;
  readonly quantityMax: Decimal;
  readonly priceModel: PriceModel;
  readonly chargeTypes: readonly ChargeType[];
  /** Rates of the same plan that a subscription with this one must hold too. */
  readonly dependsOn: readonly RateId[];
  readonly mpn: string;
  readonly vendorCode: string;
  readonly serviceName: string;
};

/** A version of a plan with what it stands on. Once published the version never changes; its product and vendor may. */
export type PlanVersion = Omit<PlanTerms, 'policies'> & {
  /** What counts for its subscriptions: of the version, its vendor and the defaults. */
  readonly policies: Policies;
  /** What the version itself says. */
  readonly ownPolicies: PolicyDocument;
  readonly planId: PlanId;
  readonly version: number;
  readonly number: string;
  readonly makerId: AccountId;
  readonly rootId: AccountId;
  readonly name: string;
  readonly shortDescription: string;
  readonly longDescription: string;
  readonly rateCount: number;
  readonly product: Pick<Product, 'id' | 'code' | 'name' | 'type' | 'family' | 'status' | 'parts'>;
  /** Of the plan, whatever version this is. */
  readonly planStatus: Plan['status'];
  readonly vendor: Pick<Vendor, 'id' | 'code' | 'provisioning'>;
};

export type Plan = {
  readonly id: PlanId;
  readonly rootId: AccountId;
  readonly accountId: AccountId;
  readonly number: string;
  readonly productId: ProductId;
  readonly name: string;
  readonly shortDescription: string;
  readonly longDescription: string;
  readonly status: 'draft' | 'published' | 'retired';
  readonly currentVersion: number;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};

export type Delegation = {
  readonly accountId: AccountId;
  readonly planId: PlanId;
  readonly status: 'active' | 'revoked';
  readonly name: string | null;
  readonly shortDescription: string | null;
  readonly priceFloor: 'none' | 'cost';
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
};
