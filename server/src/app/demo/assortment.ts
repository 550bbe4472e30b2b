import type {
  ChargeType,
  NewProduct,
  NewVendor,
  ParameterDefinition,
  PlanTerms,
  RateDraft,
} from '../../modules/catalog/index.ts';
import { samples, type CastKey } from './cast.ts';

/** What the demo channel sells. The codes, names and prices of the reference's pages stand beside invented ones. */

export const vendors: readonly NewVendor[] = [
  { code: 'lumenvale', name: 'Lumenvale', provisioning: 'instant', webhookUrl: null },
  { code: 'brasshound', name: 'Brasshound Security', provisioning: 'instant', webhookUrl: null },
  { code: 'pebblevault', name: 'Pebblevault', provisioning: 'instant', webhookUrl: null },
  // The two that share an MPN; the product page of the SimpleAPI reference calls one of them so.
  { code: 'somevendor', name: 'Some Vendor', provisioning: 'instant', webhookUrl: null },
  { code: 'othervendor', name: 'Other Vendor', provisioning: 'instant', webhookUrl: null },
  // Works by hand: an order of it waits until somebody says that it is done.
  { code: 'halcyon', name: 'Halcyon Services', provisioning: 'manual', webhookUrl: null },
];

export type DemoProduct = Pick<NewProduct, 'code' | 'name' | 'type' | 'serviceName'> & {
  readonly vendor: string;
  readonly family?: NewProduct['family'];
  /** Codes of the products that a suite is made of. */
  readonly parts?: readonly string[];
  /** Not given: 22 only. */
  readonly dataCenters?: readonly string[];
  /** In the order of their creation: plans that name a product only are made of the first. */
  readonly resources: readonly { readonly mpn: string; readonly name: string; readonly unitType?: string }[];
};

const everywhere = ['22', '23', '24', '25'];
const sharedMpn = 'bd938-058f-4927-bba3-ae36b1d2501c';

/** The first four have the codes and names of LMPI's product list and plan list. */
export const products: readonly DemoProduct[] = [
  ...security('NNZBXXE1X', 'Worry Free Business Security Service', 'saas'),
  ...security('CCZBXXE1X', 'Cloud App Security', 'saas'),
  ...security('AAZBXXE1X', 'Deep Security - Network Security (Intrusion Prevention, Firewall)', 'software'),
  ...security('BBZBXXE1X', 'Deep Security - Enterprise', 'software'),
  {
    ...security('SUZBXXE1X', 'Worry Free Complete Suite', 'suite')[0]!,
    parts: ['NNZBXXE1X', 'CCZBXXE1X'],
  },
  { ...security('VVZBXXE1X', 'Vision One Essentials', 'saas')[0]!, family: 'vision_one' },
  {
    code: 'O365XXE1X',
    name: 'Office 365',
    type: 'saas',
    serviceName: 'O365',
    vendor: 'lumenvale',
    dataCenters: everywhere,
    resources: [
      { mpn: samples.addOn.mpn, name: samples.addOn.name, unitType: 'G' },
      { mpn: samples.base.mpn, name: samples.base.name },
      { mpn: 'LV-O365-E1-TRIAL', name: 'Office 365 Enterprise E1 Trial' },
    ],
  },
  {
    code: 'MTRMXXE1X',
    name: 'Meeting Rooms',
    type: 'saas',
    serviceName: 'MEETINGS',
    vendor: 'lumenvale',
    resources: [{ mpn: 'LV-MEET-ROOM', name: 'Meeting Room', unitType: 'D' }],
  },
  {
    code: 'CLBKXXE1X',
    name: 'Cloud Backup',
    type: 'saas',
    serviceName: 'BACKUP',
    vendor: 'pebblevault',
    dataCenters: ['22', '23'],
    resources: [{ mpn: 'PV-BACKUP-GB', name: 'Cloud Backup Storage', unitType: 'G' }],
  },
  {
    code: 'MBASVXE1X',
    name: 'Mailbox Archive',
    type: 'saas',
    serviceName: 'ARCHIVE',
    vendor: 'somevendor',
    resources: [{ mpn: sharedMpn, name: 'Mailbox Archive', unitType: 'M' }],
  },
  {
    code: 'MBAOVXE1X',
    name: 'Mailbox Archive Compact',
    type: 'saas',
    serviceName: 'ARCHIVE',
    vendor: 'othervendor',
    resources: [{ mpn: sharedMpn, name: 'Mailbox Archive Compact', unitType: 'M' }],
  },
  {
    code: 'HSDKXXE1X',
    name: 'Help Desk by Hand',
    type: 'saas',
    serviceName: 'HELPDESK',
    vendor: 'halcyon',
    resources: [{ mpn: 'HS-DESK-SEAT', name: 'Help Desk Seat' }],
  },
];

function security(code: string, name: string, type: NewProduct['type']): DemoProduct[] {
  const resources = [{ mpn: `${code}-U`, name }];
  return [{ code, name, type, serviceName: 'SECURITY', vendor: 'brasshound', dataCenters: everywhere, resources }];
}

/** One amount, or amounts from lower limits on. */
export type DemoPrice = string | readonly (readonly [lowerLimit: string, amount: string])[];
export type DemoPrices = Partial<Record<ChargeType, DemoPrice>>;

export type DemoRate = Pick<RateDraft, 'mpn'> &
  Partial<RateDraft> & {
    /** What the plan's maker takes, in its standard list; a plan without prices settles its money elsewhere. */
    readonly usd?: DemoPrices;
    /** What the provider takes from buyers in euros. */
    readonly eur?: DemoPrices;
  };

export type DemoPlan = {
  readonly maker: CastKey;
  readonly product: string;
  readonly name: string;
  readonly description: string;
  readonly terms: Partial<PlanTerms>;
  readonly rates: readonly DemoRate[];
  /** Who has it by delegation: from the maker down, parents before children. */
  readonly delegatedTo: readonly CastKey[];
  readonly retired?: boolean;
};

export const monthly: PlanTerms = {
  licenseVersion: 'full',
  subscriptionPeriod: { unit: 'month', count: 1 },
  billingPeriod: { unit: 'month', count: 1 },
  billingModel: 'before_billing_period',
  activationPolicy: 'immediate',
  chargeableMonths: 0,
  autoRenewalMonths: 1,
  expirationNoticeDays: 30,
  graceMonths: 1,
  dataCenter: '22',
  unitType: 'U',
  managed: false,
  pricing: 'required',
  licensePool: 'none',
  policies: {},
};

const everybody = ['distributor', 'isp', 'msp', 'msp2', 'reseller'] as const;
const belowDistributor = ['distributor', 'msp', 'reseller'] as const;

const trial = {
  licenseVersion: 'trial',
  autoRenewalMonths: null,
  expirationNoticeDays: 7,
  graceMonths: 0,
} as const satisfies Partial<PlanTerms>;

/** Asked for, and no must: so an order without it, as in every example, is placed. */
const domain: ParameterDefinition = {
  name: 'domain',
  description: 'The domain that the service is for',
  type: 'string',
  required: false,
  min: '1',
  max: '253',
  phase: 'ordering',
  reconciliation: true,
};

/** Plans in the order of their numbers, which is the order of every list: the sample of the product page comes first. */
export const plans: readonly DemoPlan[] = [
  {
    maker: 'provider',
    product: 'O365XXE1X',
    name: 'Office 365',
    description: 'Office 365 Enterprise E1 with storage to add',
    terms: { parameters: [domain] },
    rates: [
      {
        mpn: samples.addOn.mpn,
        quantityMin: '0',
        quantityMax: '5000',
        dependsOn: [samples.base.mpn],
        usd: { recurring: '0.95' },
        eur: { recurring: '0.88' },
      },
      {
        mpn: samples.base.mpn,
        quantityMin: '1',
        quantityMax: '5000',
        usd: { recurring: '15.2' },
        eur: { recurring: '14.1' },
      },
    ],
    delegatedTo: everybody,
  },
  {
    maker: 'provider',
    product: 'MBASVXE1X',
    name: 'Mailbox Archive, yearly',
    description: 'A year of archiving, paid month by month',
    terms: {
      subscriptionPeriod: { unit: 'year', count: 1 },
      autoRenewalMonths: 12,
      unitType: 'M',
      policies: { preset: 'adobe_like' },
    },
    rates: [{ mpn: sharedMpn, vendorCode: 'somevendor', usd: { recurring: '2.1' } }],
    delegatedTo: belowDistributor,
  },
  {
    maker: 'provider',
    product: 'MBASVXE1X',
    name: 'Mailbox Archive, monthly',
    description: 'Archiving from month to month',
    terms: { unitType: 'M' },
    rates: [{ mpn: sharedMpn, vendorCode: 'somevendor', usd: { recurring: '2.6' } }],
    delegatedTo: belowDistributor,
  },
  {
    maker: 'provider',
    product: 'MBAOVXE1X',
    name: 'Mailbox Archive Compact',
    description: 'Archiving by another vendor, under the same MPN',
    terms: { unitType: 'M' },
    rates: [{ mpn: sharedMpn, vendorCode: 'othervendor', usd: { recurring: '1.4' } }],
    delegatedTo: belowDistributor,
  },
  {
    maker: 'provider',
    product: 'CLBKXXE1X',
    name: 'Cloud Backup',
    description: 'Storage by the gigabyte: each tier has its own price',
    terms: { unitType: 'G', dataCenter: '23', policies: { renewal: { price: 'guarded', guard_percent: '5' } } },
    rates: [
      {
        mpn: 'PV-BACKUP-GB',
        priceModel: 'tiered',
        chargeTypes: ['recurring', 'overuse'],
        usd: { recurring: backupTiers('0.12', '0.1', '0.08'), overuse: '0.15' },
        eur: { recurring: backupTiers('0.11', '0.09', '0.075'), overuse: '0.14' },
      },
    ],
    delegatedTo: everybody,
  },
  {
    maker: 'provider',
    product: 'MTRMXXE1X',
    name: 'Meeting Rooms',
    description: 'Rooms with a setup fee; the whole quantity has the price of the volume reached',
    terms: { unitType: 'D', expirationNoticeDays: 60, policies: { preset: 'microsoft_like' } },
    rates: [
      {
        mpn: 'LV-MEET-ROOM',
        quantityMin: '1',
        quantityMax: '500',
        priceModel: 'volume',
        chargeTypes: ['setup', 'recurring'],
        usd: {
          setup: '49',
          recurring: [
            ['0', '12'],
            ['10', '10.5'],
            ['50', '9'],
          ],
        },
      },
    ],
    delegatedTo: belowDistributor,
  },
  {
    maker: 'provider',
    product: 'O365XXE1X',
    name: 'Office 365 trial',
    description: 'Office 365 Enterprise E1 for 30 days, free of charge',
    terms: {
      licenseVersion: 'trial',
      subscriptionPeriod: { unit: 'day', count: 30 },
      billingPeriod: { unit: 'day', count: 30 },
      autoRenewalMonths: null,
      expirationNoticeDays: 7,
      graceMonths: 0,
      policies: { trial: { at_end: 'expire', one_per_customer: true } },
    },
    rates: [{ mpn: 'LV-O365-E1-TRIAL', quantityMin: '1', quantityMax: '25', usd: { recurring: '0' } }],
    delegatedTo: belowDistributor,
  },
  {
    maker: 'provider',
    product: 'VVZBXXE1X',
    name: 'Vision One Essentials',
    description: 'Detection and response',
    terms: {},
    rates: [{ mpn: 'VVZBXXE1X-U', usd: { recurring: '3.4' }, eur: { recurring: '3.2' } }],
    delegatedTo: everybody,
  },
  {
    maker: 'provider',
    product: 'SUZBXXE1X',
    name: 'Worry Free Complete Suite',
    description: 'Two products under one license',
    terms: { pricing: 'free' },
    rates: [{ mpn: 'SUZBXXE1X-U' }],
    delegatedTo: ['distributor', 'isp', 'msp', 'msp2'],
  },
  {
    maker: 'provider',
    product: 'O365XXE1X',
    name: 'Office 365, first edition',
    description: 'No longer sold',
    terms: {},
    rates: [{ mpn: samples.base.mpn, quantityMin: '1', quantityMax: '300', usd: { recurring: '16' } }],
    delegatedTo: ['distributor', 'reseller'],
    retired: true,
  },
  ...(['distributor', 'isp'] as const).flatMap((maker) => [
    // LMPI pages Partners :: Product :: List and Partners :: Service Plan :: List.
    securityPlan(maker, 'NNZBXXE1X', 'Deep Security -Enterprise(H)', false),
    securityPlan(maker, 'NNZBXXE1X', 'Deep Security -Enterprise(Not H)', false),
    securityPlan(maker, 'AAZBXXE1X', 'Worry Free Business Security Service', true),
    securityPlan(maker, 'BBZBXXE1X', 'Cloud App Security', true),
  ]),
  {
    maker: 'provider',
    product: 'HSDKXXE1X',
    name: 'Help Desk by Hand',
    description: 'People set it up: an order is done when somebody says so',
    terms: {},
    rates: [{ mpn: 'HS-DESK-SEAT', quantityMin: '1', quantityMax: '500', usd: { recurring: '11.4' } }],
    delegatedTo: belowDistributor,
  },
  {
    maker: 'provider',
    product: 'VVZBXXE1X',
    name: 'Vision One Essentials trial',
    description: 'Detection and response for 30 days, free of charge',
    terms: {
      ...trial,
      pricing: 'free',
      subscriptionPeriod: { unit: 'day', count: 30 },
      billingPeriod: { unit: 'day', count: 30 },
    },
    rates: [{ mpn: 'VVZBXXE1X-U', quantityMin: '1' }],
    delegatedTo: ['distributor', 'isp', 'msp', 'msp2'],
  },
  ownPlan('msp', 'NNZBXXE1X', 'Saltmarsh Worry Free, a year', {
    subscriptionPeriod: { unit: 'month', count: 12 },
    autoRenewalMonths: 12,
    managed: true,
  }),
  ownPlan('msp', 'NNZBXXE1X', 'Saltmarsh Worry Free, a quarter', {
    subscriptionPeriod: { unit: 'month', count: 3 },
    autoRenewalMonths: null,
  }),
  ownPlan('msp', 'CCZBXXE1X', 'Saltmarsh Cloud App Security', {}),
  ownPlan('msp', 'CCZBXXE1X', 'Saltmarsh Cloud App Security trial', trial),
  ownPlan('msp', 'CCZBXXE1X', 'Saltmarsh Cloud App Security, from the first sign-in', {
    activationPolicy: 'first_sign_in',
  }),
  ownPlan('msp2', 'NNZBXXE1X', 'Zuidervaart Worry Free', {}),
  ownPlan('msp2', 'NNZBXXE1X', 'Zuidervaart Worry Free trial', trial),
];

/** A plan as a partner makes it over LMPI: money is settled elsewhere, so it has no prices. */
function securityPlan(maker: 'distributor' | 'isp', product: string, name: string, toReseller: boolean): DemoPlan {
  const below: CastKey[] = maker === 'isp' ? ['msp2'] : toReseller ? ['msp', 'reseller'] : ['msp'];
  return { ...ownPlan(maker, product, name, {}), delegatedTo: below };
}

/** Such a plan for the maker's own customers. What is sold of it comes out of the maker's stock. */
function ownPlan(maker: CastKey, product: string, name: string, terms: Partial<PlanTerms>): DemoPlan {
  return {
    maker,
    product,
    name,
    description: '',
    terms: { pricing: 'free', licensePool: 'owner', policies: { preset: 'lmpi_like' }, ...terms },
    rates: [{ mpn: `${product}-U`, quantityMin: '1' }],
    delegatedTo: [],
  };
}

function backupTiers(first: string, second: string, third: string): DemoPrice {
  return [
    ['0', first],
    ['500', second],
    ['2000', third],
  ];
}
