import type { AccountId, Decimal } from '@tierline/kernel';
import type { ChargeType } from '../catalog/index.ts';

/** One tier of a price: the amount per unit from `lowerLimit` units on. */
export type Tier = { readonly lowerLimit: Decimal; readonly amount: Decimal };

/** Less than the price that was found: a share of it, or an amount per unit in the currency of the edge. */
export type Discount =
  | { readonly type: 'percent'; readonly value: Decimal }
  | { readonly type: 'amount'; readonly value: Decimal };

/** What a seller and its buyer agree on for one sale: a price in place of the one that is found, or a discount off it. */
export type Agreement = {
  /** From now on, or from the next term on. */
  readonly from: 'now' | 'renewal';
  /** For so many terms, the first of them counted; null: for all that follow. */
  readonly terms: number | null;
} & (
  | {
      readonly kind: 'price';
      readonly tiers: readonly Tier[];
      /** Null: the currency that the edge has. Another one than that is refused. */
      readonly currency: string | null;
    }
  | { readonly kind: 'discount'; readonly discount: Discount }
);

/** An agreement on one edge of the channel, that on which this account sells. */
export type Deal = Agreement & { readonly sellerId: AccountId; readonly chargeType: ChargeType };
