import { policyPresets, type PolicyDocument } from '@tierline/contract';

export const presetNames = policyPresets;
export type PresetName = (typeof presetNames)[number];

/**
 * Named sets of policies. Those of a vendor's name are modelled on terms that the vendor has made public; they are a
 * start for somebody who sells such products, no copy of a contract. What a preset does not say is the default.
 */
export const presets: Readonly<Record<PresetName, Omit<PolicyDocument, 'preset'>>> = {
  standard: {},

  /**
   * Seats can be given back within seven days of the sale, the renewal or the addition that they came with, at a
   * prorated refund; after that they stay to the end of the term at the price that the term began with. Terms can be
   * aligned to those of another subscription and to months. Modelled on Microsoft's new commerce cancellation policy
   * (learn.microsoft.com, partner center documentation).
   */
  microsoft_like: {
    cancellation: { window: { count: 7, unit: 'day' }, basis: 'batch', refund: 'prorated', after: 'refused' },
    renewal: {
      price: 'current',
      on_retired_plan: 'expire',
      on_end_of_sale: 'expire',
      on_revoked_delegation: 'retry',
      retry_days: 30,
      allow_late: false,
      allow_early_days: 0,
    },
    coterm: { allowed: true, to_subscription: true, to_calendar_month: true },
    trial: { at_end: 'convert' },
  },

  /**
   * An order can be returned within fourteen days, whole and for a full refund; units go down at the renewal only.
   * What is bought within a year ends on the customer's anniversary date. Modelled on the public documentation of Adobe's VIP
   * Marketplace (developer.adobe.com/vipmp).
   */
  adobe_like: {
    cancellation: { window: { count: 14, unit: 'day' }, basis: 'purchase', refund: 'full', after: 'term_end' },
    reduction: { window: { count: 0, unit: 'day' }, after: 'term_end' },
    renewal: { price: 'current', on_retired_plan: 'expire', on_end_of_sale: 'expire', allow_late: true },
    coterm: { allowed: true, to_subscription: true, to_calendar_month: false },
  },

  /**
   * A license is disabled or suspended whenever its seller wants, with nothing given back, and renews by the plan's
   * auto-renewal months at the price of the day. A plan whose product is at its end of sale is frozen but renews
   * (LMPI reference, part 1, 7.6, 7.7 and 9).
   */
  lmpi_like: {
    cancellation: { window: null, refund: 'none', after: 'no_refund' },
    renewal: { price: 'current', on_retired_plan: 'renew', on_end_of_sale: 'renew' },
    coterm: { allowed: false },
  },
};
