import type { ProductName } from '../../modules/orders/index.ts';
import { samples } from './cast.ts';

export type DemoOrder = {
  readonly customer: string;
  /** Unique; the key under which the order is found when the demo channel is built again. */
  readonly poNumber: string;
  /** How many days before the first start it was placed. */
  readonly daysAgo: number;
  readonly lines: readonly (ProductName & { readonly quantity: string })[];
};

const year = { unit: 'year', count: 1 } as const;
const month = { unit: 'month', count: 1 } as const;
const base = { mpn: samples.base.mpn };
const addOn = { mpn: samples.addOn.mpn };

/** What the customers bought before the first start, the oldest first. */
export const orders: readonly DemoOrder[] = [
  {
    customer: 'larkspur_dental_group',
    poNumber: 'LDG-2291',
    daysAgo: 23,
    lines: [
      { name: base, quantity: '25' },
      { name: addOn, quantity: '10' },
    ],
  },
  { customer: 'gullwing_surf_schools', poNumber: 'GSS-118', daysAgo: 19, lines: [{ name: base, quantity: '12' }] },
  {
    customer: 'blackbriar_freight',
    poNumber: 'BBF-70043',
    daysAgo: 16,
    lines: [
      { name: base, quantity: '60' },
      { name: { mpn: 'PV-BACKUP-GB' }, quantity: '800' },
    ],
  },
  { customer: 'stoommolen_koffie', poNumber: 'SK-2026-04', daysAgo: 13, lines: [{ name: base, quantity: '5' }] },
  {
    customer: 'oakmoth_publishing',
    poNumber: 'OAK-0917',
    daysAgo: 9,
    lines: [
      {
        name: { mpn: 'bd938-058f-4927-bba3-ae36b1d2501c' },
        vendorCode: 'somevendor',
        subscriptionPeriod: year,
        billingPeriod: month,
        quantity: '40',
      },
    ],
  },
  {
    customer: 'tidepool_aquatics',
    poNumber: 'TIDE-55',
    daysAgo: 7,
    lines: [{ name: { mpn: 'AAZBXXE1X-U' }, quantity: '30' }],
  },
  {
    customer: 'sevenpenny_bakeries',
    poNumber: 'SPB-12',
    daysAgo: 5,
    lines: [{ name: { mpn: 'LV-MEET-ROOM' }, quantity: '12' }],
  },
  {
    customer: 'larkspur_dental_group',
    poNumber: 'LDG-2304',
    daysAgo: 2,
    lines: [{ name: { mpn: 'VVZBXXE1X-U' }, quantity: '25' }],
  },
  {
    customer: 'oakmoth_publishing',
    poNumber: 'OAK-0931',
    daysAgo: 1,
    lines: [{ name: { mpn: 'LV-O365-E1-TRIAL' }, quantity: '5' }],
  },
  {
    customer: 'larkspur_dental_group',
    poNumber: 'LDG-2311',
    daysAgo: 1,
    lines: [{ name: { mpn: 'HS-DESK-SEAT' }, quantity: '4' }],
  },
];
