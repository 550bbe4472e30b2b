import type { CastKey } from './cast.ts';

/**
 * What happened before the first start, told as a story: subscriptions in every state, usage, and what was made of the billing reports
 * of four months. Months count from the one that the first start is in: -1 is the last one that is over.
 */

export type When =
  | { readonly month: number; readonly day: number }
  /** Before the first start. */
  | { readonly daysAgo: number };

export type DemoSale = {
  /** Names the subscription in what follows, and finds it when the demo channel is built again. */
  readonly key: string;
  readonly customer: string;
  /** Its maker and its name. */
  readonly plan: string;
  readonly units: string;
  readonly on: When;
};

/** The months of billing reports, the oldest first. */
export const months = [-4, -3, -2, -1] as const;

const visionOne = 'provider/Vision One Essentials';
const cloudApp = 'msp/Saltmarsh Cloud App Security';
const yearly = 'msp/Saltmarsh Worry Free, a year';
const quarter = 'msp/Saltmarsh Worry Free, a quarter';
const dutch = 'msp2/Zuidervaart Worry Free';
const third = { month: -4, day: 3 } as const;

/** Most begin on the third of a month, so they renew together. */
export const sales: readonly DemoSale[] = [
  // What renews by itself, month by month, and has money on every edge.
  { key: 'vision_gullwing', customer: 'gullwing_surf_schools', plan: visionOne, units: '30', on: third },
  { key: 'vision_stoommolen', customer: 'stoommolen_koffie', plan: visionOne, units: '12', on: third },
  { key: 'vision_wharfinger', customer: 'wharfinger_ferries', plan: visionOne, units: '75', on: third },
  { key: 'vision_mondlicht', customer: 'mondlicht_optik', plan: visionOne, units: '18', on: third },
  // What is settled by reports alone.
  { key: 'cloud_gullwing', customer: 'gullwing_surf_schools', plan: cloudApp, units: '40', on: third },
  { key: 'year_tidepool', customer: 'tidepool_aquatics', plan: yearly, units: '120', on: third },
  { key: 'dutch_noorderkwast', customer: 'noorderkwast_schilders', plan: dutch, units: '50', on: third },
  {
    key: 'cloud_wharfinger',
    customer: 'wharfinger_ferries',
    plan: 'distributor/Cloud App Security',
    units: '60',
    on: third,
  },
  { key: 'cloud_mondlicht', customer: 'mondlicht_optik', plan: 'isp/Cloud App Security', units: '20', on: third },
  // What comes to an end: expired and within its month of grace, soon to expire, suspended, disabled.
  { key: 'expired', customer: 'gullwing_surf_schools', plan: quarter, units: '15', on: { daysAgo: 100 } },
  { key: 'expiring', customer: 'tidepool_aquatics', plan: quarter, units: '25', on: { daysAgo: 80 } },
  { key: 'suspended', customer: 'tidepool_aquatics', plan: cloudApp, units: '35', on: { month: -2, day: 3 } },
  { key: 'disabled', customer: 'gullwing_surf_schools', plan: yearly, units: '8', on: { month: -2, day: 3 } },
  // Waits until somebody of the customer signs in.
  {
    key: 'pending',
    customer: 'tidepool_aquatics',
    plan: 'msp/Saltmarsh Cloud App Security, from the first sign-in',
    units: '7',
    on: { daysAgo: 2 },
  },
  // Trials: one that became a full license, and two that are.
  {
    key: 'converted',
    customer: 'stoommolen_koffie',
    plan: 'msp2/Zuidervaart Worry Free trial',
    units: '10',
    on: { month: -2, day: 20 },
  },
  {
    key: 'trial',
    customer: 'tidepool_aquatics',
    plan: 'msp/Saltmarsh Cloud App Security trial',
    units: '5',
    on: { daysAgo: 12 },
  },
  {
    key: 'vision_trial',
    customer: 'noorderkwast_schilders',
    plan: 'provider/Vision One Essentials trial',
    units: '1',
    on: { daysAgo: 6 },
  },
];

export type DemoChange = {
  readonly sale: DemoSale['key'];
  readonly on: When;
} & (
  | { readonly kind: 'units'; readonly units: string }
  | { readonly kind: 'convert'; readonly plan: string }
  | { readonly kind: 'suspend' | 'disable' | 'no_renewal' }
);

export const changes: readonly DemoChange[] = [
  { kind: 'units', sale: 'cloud_gullwing', units: '55', on: { month: -3, day: 10 } },
  { kind: 'units', sale: 'dutch_noorderkwast', units: '44', on: { month: -2, day: 12 } },
  { kind: 'convert', sale: 'converted', plan: dutch, on: { month: -1, day: 5 } },
  { kind: 'disable', sale: 'disabled', on: { month: -1, day: 12 } },
  { kind: 'suspend', sale: 'suspended', on: { daysAgo: 4 } },
  // Renewal by itself is switched off: it ends with the term that it is in.
  { kind: 'no_renewal', sale: 'cloud_mondlicht', on: { daysAgo: 3 } },
];

/** What was read of use in each of the four months and in the one that there is. */
export const readings: Readonly<Record<DemoSale['key'], readonly (string | null)[]>> = {
  cloud_gullwing: ['38', '41', '47', '54', '53'],
  year_tidepool: ['84', '97', '112', '117', '118'],
  dutch_noorderkwast: ['50', '49', '21', '39', '40'],
  cloud_wharfinger: ['57', '58', '44', '59', '60'],
  cloud_mondlicht: ['14', '20', '20', '15', '19'],
  suspended: [null, null, '30', '34', null],
};

export type ReportStep = {
  readonly partner: CastKey;
  /** Whose month; for terms the month is of no matter. */
  readonly of: (typeof months)[number];
  /** Days after its month ended. */
  readonly day: number;
  readonly step:
    | { readonly action: 'comment'; readonly text: string }
    | { readonly action: 'submit' | 'approve' | 'complete'; readonly poNumber?: string }
    | { readonly action: 'reject' | 'return'; readonly note: string };
};

/** Days after the end of a month until a report is submitted by itself; where nothing stands, it is 10. */
export const reportTerms: readonly {
  readonly seller: CastKey;
  readonly partner: CastKey;
  readonly days: number;
  readonly on: When;
}[] = [
  { seller: 'distributor', partner: 'msp', days: 60, on: third },
  { seller: 'isp', partner: 'msp2', days: 20, on: third },
  { seller: 'provider', partner: 'isp', days: 60, on: third },
  // The last month stays in preparation, however late in the next one the first start is.
  { seller: 'provider', partner: 'distributor', days: 45, on: { month: -1, day: 16 } },
];

const idle = 'Licenses for people who begin next month.';

/** The steps of each partner's reports. What is not here happens by itself: a report that nobody submits is submitted. */
export const reportSteps: readonly ReportStep[] = [
  // With an MSP: completed, approved, rejected, and the last one in preparation.
  ...throughReview('msp', -4, 'complete'),
  ...throughReview('msp', -3, 'approve'),
  { partner: 'msp', of: -2, day: 3, step: { action: 'comment', text: idle } },
  { partner: 'msp', of: -2, day: 3, step: { action: 'submit' } },
  { partner: 'msp', of: -2, day: 3, step: { action: 'reject', note: 'Gullwing has fewer seats than that.' } },
  // Under review in every way: returned, submitted by itself without and with penalties, and by hand.
  ...throughReview('msp2', -4, 'complete'),
  { partner: 'msp2', of: -3, day: 33, step: { action: 'return', note: 'Please add the order number.' } },
  { partner: 'msp2', of: -1, day: 2, step: { action: 'comment', text: idle } },
  { partner: 'msp2', of: -1, day: 2, step: { action: 'submit' } },
  // Without an MSP.
  { partner: 'distributor', of: -4, day: 12, step: { action: 'complete' } },
  { partner: 'distributor', of: -3, day: 12, step: { action: 'complete' } },
  { partner: 'distributor', of: -2, day: 3, step: { action: 'comment', text: 'Two ships are in dock.' } },
  ...throughReview('isp', -4, 'complete'),
  ...throughReview('isp', -3, 'complete'),
  { partner: 'isp', of: -2, day: 3, step: { action: 'submit' } },
  { partner: 'isp', of: -1, day: 2, step: { action: 'comment', text: 'The branch in Lahr is closed.' } },
  { partner: 'isp', of: -1, day: 2, step: { action: 'submit' } },
  { partner: 'isp', of: -1, day: 2, step: { action: 'reject', note: 'Since when?' } },
];

function throughReview(partner: CastKey, of: ReportStep['of'], last: 'approve' | 'complete'): ReportStep[] {
  const steps: readonly ReportStep[] = [
    { partner, of, day: 3, step: { action: 'comment', text: idle } },
    { partner, of, day: 3, step: { action: 'submit' } },
    { partner, of, day: 12, step: { action: 'approve', poNumber: `PO-${partner.toUpperCase()}${-of}` } },
    { partner, of, day: 12, step: { action: 'complete' } },
  ];
  return steps.slice(0, last === 'approve' ? 3 : 4);
}
