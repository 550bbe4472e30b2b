import type { AccountKind } from '../../modules/accounts/index.ts';
import type { Address } from '../../modules/accounts/index.ts';

/** A seller of the cast. `key` names it in the ready file and, behind `demo:`, as its external id. */
export type CastMember = {
  readonly key: string;
  readonly parent: string | null;
  readonly kind: AccountKind;
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly country: string;
  readonly language: string;
};

export type CastCustomer = {
  readonly key: string;
  readonly owner: CastKey;
  readonly name: string;
  readonly language: string;
  readonly address: Address;
  readonly contact: { readonly firstName: string; readonly lastName: string; readonly phone: string };
};

/** The one cast of fictional companies of the demo channel, the tests and the documents: parents before children. */
export const cast = {
  provider: {
    key: 'provider',
    parent: null,
    kind: 'provider',
    name: 'Halcyon Reef Cloud',
    currency: 'USD',
    timeZone: 'America/Los_Angeles',
    country: 'US',
    language: 'en',
  },
  distributor: {
    key: 'distributor',
    parent: 'provider',
    kind: 'distributor',
    name: 'Quillfeather Distribution',
    currency: 'USD',
    timeZone: 'Europe/London',
    country: 'GB',
    language: 'en',
  },
  isp: {
    key: 'isp',
    parent: 'provider',
    kind: 'isp',
    name: 'Moosbach Netz',
    currency: 'EUR',
    timeZone: 'Europe/Berlin',
    country: 'DE',
    language: 'de',
  },
  msp: {
    key: 'msp',
    parent: 'distributor',
    kind: 'msp',
    name: 'Saltmarsh & Pine IT',
    currency: 'USD',
    timeZone: 'Australia/Sydney',
    country: 'AU',
    language: 'en',
  },
  msp2: {
    key: 'msp2',
    parent: 'isp',
    kind: 'msp',
    name: 'Zuidervaart Beheer',
    currency: 'EUR',
    timeZone: 'Europe/Amsterdam',
    country: 'NL',
    language: 'nl',
  },
  reseller: {
    key: 'reseller',
    parent: 'distributor',
    kind: 'reseller',
    name: 'Umberfold Solutions',
    currency: 'USD',
    timeZone: 'America/New_York',
    country: 'US',
    language: 'en',
  },
} as const satisfies Readonly<Record<string, CastMember>>;

export type CastKey = keyof typeof cast;

/** A seller of the tests only: what belongs to it must not be found by the others. */
export const stranger: CastMember = {
  key: 'stranger',
  parent: 'distributor',
  kind: 'reseller',
  name: 'Thistlegate Software',
  currency: 'USD',
  timeZone: 'Asia/Kolkata',
  country: 'IN',
  language: 'en',
};

export const customers: readonly CastCustomer[] = [
  {
    key: 'larkspur_dental_group',
    owner: 'reseller',
    name: 'Larkspur Dental Group',
    language: 'en',
    address: {
      street: '418 Maple Hollow Road',
      extension: 'Suite 210',
      city: 'Albany',
      state: 'NY',
      postalCode: '12207',
      countryCode: 'US',
    },
    contact: { firstName: 'Imani', lastName: 'Okafor', phone: '+1 518 555 0142' },
  },
  {
    key: 'blackbriar_freight',
    owner: 'reseller',
    name: 'Blackbriar Freight',
    language: 'en',
    address: {
      street: '77 Pier Approach',
      extension: null,
      city: 'Newark',
      state: 'NJ',
      postalCode: '07114',
      countryCode: 'US',
    },
    contact: { firstName: 'Tobias', lastName: 'Renner', phone: '+1 973 555 0119' },
  },
  {
    key: 'oakmoth_publishing',
    owner: 'reseller',
    name: 'Oakmoth Publishing',
    language: 'en',
    address: {
      street: '9 Lantern Street',
      extension: '3rd floor',
      city: 'Boston',
      state: 'MA',
      postalCode: '02110',
      countryCode: 'US',
    },
    contact: { firstName: 'Lucía', lastName: 'Arriaga', phone: '+1 617 555 0177' },
  },
  {
    key: 'sevenpenny_bakeries',
    owner: 'reseller',
    name: 'Sevenpenny Bakeries',
    language: 'en',
    address: {
      street: '1520 Millrace Avenue',
      extension: null,
      city: 'Pittsburgh',
      state: 'PA',
      postalCode: '15222',
      countryCode: 'US',
    },
    contact: { firstName: 'Hana', lastName: 'Sedlak', phone: '+1 412 555 0163' },
  },
  {
    key: 'gullwing_surf_schools',
    owner: 'msp',
    name: 'Gullwing Surf Schools',
    language: 'en',
    address: {
      street: '31 Headland Parade',
      extension: null,
      city: 'Newcastle',
      state: 'NSW',
      postalCode: '2300',
      countryCode: 'AU',
    },
    contact: { firstName: 'Bree', lastName: 'Tatupu', phone: '+61 2 5550 0134' },
  },
  {
    key: 'tidepool_aquatics',
    owner: 'msp',
    name: 'Tidepool Aquatics',
    language: 'en',
    address: {
      street: '204 Wharf Lane',
      extension: 'Unit 6',
      city: 'Hobart',
      state: 'TAS',
      postalCode: '7000',
      countryCode: 'AU',
    },
    contact: { firstName: 'Callum', lastName: 'Mbeki', phone: '+61 3 5550 0121' },
  },
  {
    key: 'stoommolen_koffie',
    owner: 'msp2',
    name: 'Stoommolen Koffie',
    language: 'nl',
    address: {
      street: 'Kaaspakhuisplein 12',
      extension: null,
      city: 'Alkmaar',
      state: null,
      postalCode: '1811 AB',
      countryCode: 'NL',
    },
    contact: { firstName: 'Femke', lastName: 'Dijkgraaf', phone: '+31 72 555 0106' },
  },
  {
    key: 'noorderkwast_schilders',
    owner: 'msp2',
    name: 'Noorderkwast Schilders',
    language: 'nl',
    address: {
      street: 'Verfmolenkade 3',
      extension: 'bis',
      city: 'Groningen',
      state: null,
      postalCode: '9711 XK',
      countryCode: 'NL',
    },
    contact: { firstName: 'Joris', lastName: 'Wiersema', phone: '+31 50 555 0188' },
  },
];

/** Customers of tier one itself, in the demo channel only. */
export const directCustomers: readonly CastCustomer[] = [
  {
    key: 'wharfinger_ferries',
    owner: 'distributor',
    name: 'Wharfinger Ferries',
    language: 'en',
    address: {
      street: '2 Slipway Row',
      extension: null,
      city: 'Harwich',
      state: null,
      postalCode: 'CO12 3HH',
      countryCode: 'GB',
    },
    contact: { firstName: 'Nell', lastName: 'Ashdown', phone: '+44 1255 555 014' },
  },
  {
    key: 'mondlicht_optik',
    owner: 'isp',
    name: 'Mondlicht Optik',
    language: 'de',
    address: {
      street: 'Rebgasse 14',
      extension: null,
      city: 'Freiburg',
      state: null,
      postalCode: '79102',
      countryCode: 'DE',
    },
    contact: { firstName: 'Anneliese', lastName: 'Kern', phone: '+49 761 555 0172' },
  },
];

/** The products and codes that the pages of both dialects use as their examples. */
export const samples = {
  base: { mpn: '91fd106f-4b2c-4938-95ac-f54f74e9a239', name: 'Office 365 Enterprise E1', cost: '17.5', price: '19.8' },
  addOn: {
    mpn: '53fc25f7-6639-4f78-bb44-3c2dfec3ed40',
    name: 'Office 365 Extra File Storage',
    cost: '1.05',
    price: '1.15',
  },
} as const;

export const dataCenters = [
  { code: '22', name: 'USA' },
  { code: '23', name: 'Germany' },
  { code: '24', name: 'Australia' },
  { code: '25', name: 'Japan' },
] as const;

export const unitTypes = [
  { code: 'U', name: 'User' },
  { code: 'D', name: 'Device' },
  { code: 'M', name: 'Mailbox' },
  { code: 'G', name: 'Gigabyte' },
] as const;
