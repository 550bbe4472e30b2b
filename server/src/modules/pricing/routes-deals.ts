import type { AgreedDeal } from '@tierline/contract';
import { decimal, formatDecimal, zero, type AccountId } from '@tierline/kernel';
import type { ChargeType } from '../catalog/index.ts';
import type { Agreement, Deal, Tier } from './deal-types.ts';

/** An agreement as the contract reads it: exactly one of its three parts is there. */
export type AgreementRead = {
  readonly from: 'now' | 'renewal';
  readonly terms: number | null;
  readonly unit_price?: string | undefined;
  readonly tiers?: readonly { readonly lower_limit: string; readonly amount: string }[] | undefined;
  readonly currency?: string | undefined;
  readonly discount?: { readonly percent: string } | { readonly amount: string } | undefined;
};

export type DealRead = AgreementRead & {
  readonly seller_id?: AccountId | undefined;
  readonly charge_type: ChargeType;
};

export function agreementFrom({ from, terms, discount, currency, ...price }: AgreementRead): Agreement {
  if (discount !== undefined) {
    const less =
      'percent' in discount
        ? { type: 'percent' as const, value: decimal(discount.percent) }
        : { type: 'amount' as const, value: decimal(discount.amount) };
    return { kind: 'discount', from, terms, discount: less };
  }
  return { kind: 'price', from, terms, currency: currency ?? null, tiers: tiersFrom(price) };
}

function tiersFrom({ unit_price: only = '0', tiers }: Pick<AgreementRead, 'unit_price' | 'tiers'>): Tier[] {
  if (tiers === undefined) return [{ lowerLimit: zero, amount: decimal(only) }];
  return tiers.map(({ lower_limit: lowerLimit, amount }) => ({
    lowerLimit: decimal(lowerLimit),
    amount: decimal(amount),
  }));
}

/** A deal that names no seller is one of the caller's own sales. */
export function dealFrom({ seller_id: sellerId, charge_type: chargeType, ...of }: DealRead, caller: AccountId): Deal {
  return { ...agreementFrom(of), sellerId: sellerId ?? caller, chargeType };
}

/** A deal as callers read it: a price of one tier is a unit price. */
export function showDeal(deal: Deal): AgreedDeal {
  const { sellerId, chargeType, from, terms } = deal;
  const about = { seller_id: sellerId, charge_type: chargeType, from, terms };
  if (deal.kind === 'discount') {
    const value = formatDecimal(deal.discount.value);
    return { ...about, discount: deal.discount.type === 'percent' ? { percent: value } : { amount: value } };
  }
  const currency = deal.currency === null ? {} : { currency: deal.currency };
  const [only, ...more] = deal.tiers;
  if (only !== undefined && more.length === 0) return { ...about, unit_price: formatDecimal(only.amount), ...currency };
  const tiers = deal.tiers.map(({ lowerLimit, amount }) => ({
    lower_limit: formatDecimal(lowerLimit),
    amount: formatDecimal(amount),
  }));
  return { ...about, tiers, ...currency };
}
