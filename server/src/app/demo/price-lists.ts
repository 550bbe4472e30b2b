import type { NewPriceList, NewRule } from '../../modules/pricing/index.ts';
import { samples, type CastKey } from './cast.ts';
import type { DemoPrices } from './assortment.ts';

export type DemoPriceList = {
  readonly owner: CastKey;
  readonly name: string;
  readonly currency?: string;
  readonly audience: NewPriceList['audience'];
  readonly buyerGroup?: string;
  /** A customer, for a list of audience `buyer`. */
  readonly buyer?: string;
  /** Explicit prices of a plan's rate. Days are counted from the first day of the demo. */
  readonly prices: readonly { plan: string; mpn: string; prices: DemoPrices; fromDay?: number }[];
  /** The recurring rest: cost and this much. */
  readonly rules: readonly (Pick<NewRule, 'percent'> &
    Partial<Pick<NewRule, 'amount' | 'decimals'>> & { readonly scope: 'all' | { readonly product: string } })[];
};

/** Lists of the sellers below the provider; the provider's own are made of the prices that stand with its plans. */
export const priceLists: readonly DemoPriceList[] = [
  {
    owner: 'distributor',
    name: 'Channel prices',
    audience: 'global',
    prices: office(samples.base.cost, samples.addOn.cost),
    rules: [{ scope: 'all', percent: '15', decimals: 2 }],
  },
  {
    // Whoever belongs to the group pays less than the global list says.
    owner: 'distributor',
    name: 'Gold partners',
    audience: 'group',
    buyerGroup: 'gold',
    prices: office('16.9', '1.01'),
    rules: [],
  },
  {
    owner: 'isp',
    name: 'Partnerpreise',
    audience: 'global',
    prices: [],
    rules: [{ scope: 'all', percent: '18', decimals: 2 }],
  },
  {
    owner: 'reseller',
    name: 'Retail',
    audience: 'global',
    prices: office(samples.base.price, samples.addOn.price),
    rules: [
      { scope: 'all', percent: '20', decimals: 2 },
      // The closer scope beats the wider one; storage is cheap, so its prices keep four digits.
      { scope: { product: 'CLBKXXE1X' }, percent: '12', decimals: 4 },
    ],
  },
  {
    owner: 'reseller',
    name: 'Blackbriar Freight, framework agreement',
    audience: 'buyer',
    buyer: 'blackbriar_freight',
    prices: [{ plan: 'Office 365', mpn: samples.base.mpn, prices: { recurring: '18.9' } }],
    rules: [],
  },
  {
    owner: 'msp',
    name: 'Managed services',
    audience: 'global',
    prices: office('21.5', '1.4'),
    rules: [{ scope: 'all', percent: '30', decimals: 2 }],
  },
  {
    owner: 'msp2',
    name: 'Tarieven',
    audience: 'global',
    prices: [],
    // A percentage and an amount: 25 percent and ten cents.
    rules: [{ scope: 'all', percent: '25', amount: '0.10', decimals: 2 }],
  },
];

function office(base: string, addOn: string): DemoPriceList['prices'] {
  return [
    { plan: 'Office 365', mpn: samples.addOn.mpn, prices: { recurring: addOn } },
    { plan: 'Office 365', mpn: samples.base.mpn, prices: { recurring: base } },
  ];
}

/** The provider raises the price of E1 some weeks after the first start: a price has a date from which it counts. */
export const announced = {
  plan: 'Office 365',
  mpn: samples.base.mpn,
  prices: { recurring: '15.9' },
  fromDay: 220,
} as const;
