import type { Decimal, PlanId, RateId, SubscriptionId } from '@tierline/kernel';
import type { Agreement, Deal } from '../pricing/index.ts';
import type { LaterMoment } from './intent.ts';

/** A quantity of one rate: the total that the subscription is to hold. 0 removes the item. */
export type WantedItem = {
  readonly rateId: RateId;
  readonly quantity: Decimal;
  /** Special prices and discounts of an item that is new to the subscription or to its plan. */
  readonly deals?: readonly Deal[];
};

export type ChangeCommand = {
  readonly kind: 'change';
  readonly items: readonly WantedItem[];
  /** Whether add-ons go with a base that is reduced or removed, instead of standing in its way. */
  readonly cascade: boolean;
};

/** Another plan or another period, which is another plan. Items follow by their resource unless `items` says otherwise. */
export type SwitchCommand = {
  readonly kind: 'switch';
  readonly planId: PlanId;
  /** From the day of the switch with a new term, or with the dates that the subscription has. */
  readonly start: 'now' | 'keep';
  readonly items: readonly WantedItem[] | null;
};

export type CancelCommand = { readonly kind: 'cancel'; readonly reason: string | null };
export type AutoRenewalCommand = {
  readonly kind: 'auto_renewal';
  readonly on: boolean;
  readonly months: number | null;
};
/** Some units of a subscription into another one of the same customer. */
export type MoveCommand = {
  readonly kind: 'move';
  readonly items: readonly WantedItem[];
} & (
  | { readonly targetId: SubscriptionId; readonly opens?: undefined }
  /** Into a subscription that the order itself makes. */
  | { readonly targetId: null; readonly opens: NewTarget }
);

export type NewTarget = {
  /** Null: the plan that the units come from. */
  readonly planId: PlanId | null;
  /** A term of its own from today, or the end that the subscription has which they come from. */
  readonly end: 'own' | 'same';
};

/** A trial becomes paid; null: the plan that the policy of the trial names. */
export type ConvertCommand = { readonly kind: 'convert'; readonly planId: PlanId | null };

/** What may also be asked for a later moment. */
export type LaterCommand = ChangeCommand | SwitchCommand | CancelCommand | AutoRenewalCommand | ConvertCommand;

export const laterKinds: readonly Command['kind'][] = ['change', 'switch', 'cancel', 'auto_renewal', 'convert'];

export function isLater(command: Command): command is LaterCommand {
  return laterKinds.includes(command.kind);
}

export type RenewCommand = {
  readonly kind: 'renew';
  /** Where the next term begins: at the end of this one, today, or today only where it has expired. */
  readonly from: 'expiry' | 'now' | 'now_if_expired';
  /** Length of the next term in months; null: as the plan says. */
  readonly months: number | null;
  readonly items: readonly WantedItem[];
  readonly align: Alignment | null;
};

/** The end that a term is to have. */
export type Alignment =
  | { readonly kind: 'subscription'; readonly subscriptionId: SubscriptionId }
  | { readonly kind: 'calendar_month' };

export type SuspendCommand = {
  readonly kind: 'suspend';
  /** The last day but one of the right to use, exclusive; null: it ends at once. */
  readonly endOn: string | null;
};
export type ResumeCommand = { readonly kind: 'resume'; readonly endOn: string | null };
/** Another end of the term; earlier, or later and then charged for. */
export type ExpiryCommand = { readonly kind: 'expiry'; readonly endOn: string };
/** How it renews, and the caller's own members. Null: stays as it is. */
export type DetailsCommand = {
  readonly kind: 'details';
  readonly autoRenewal: boolean | null;
  readonly autoRenewalMonths: number | null;
  readonly attributes: Readonly<Record<string, string>> | null;
};
/** Special prices and discounts for what is left of the term, by rate and edge. A unit price alone is one for this term. */
export type PricesCommand = {
  readonly kind: 'prices';
  readonly prices: readonly ({ readonly rateId: RateId; readonly sellerIndex: number } & SpecialPrice)[];
  /** What else changes in the same moment, all of it or nothing. */
  readonly details?: Omit<DetailsCommand, 'kind'>;
};
export type SpecialPrice = { readonly unitPrice: Decimal } | { readonly agreed: Agreement };

/** Changes of one moment: all of them, one after another, or none; and none of them is put off. */
export type TogetherCommand = {
  readonly kind: 'together';
  readonly commands: readonly (ChangeCommand | SwitchCommand | ExpiryCommand | CancelCommand)[];
};

export type Command =
  | TogetherCommand
  | LaterCommand
  | RenewCommand
  | SuspendCommand
  | ResumeCommand
  | ExpiryCommand
  | PricesCommand
  | MoveCommand
  | DetailsCommand;

/** A command with its moment; without one it happens now. */
export type Asked = { readonly command: Command; readonly moment: LaterMoment | { readonly at: 'now' } };

/** The changes that a command is made of. */
export function partsOf(command: Command): readonly Command[] {
  return command.kind === 'together' ? command.commands : [command];
}
