import type { AccountId, OrderId, SubscriptionId } from '@tierline/kernel';
import type { LaterCommand } from './command.ts';

export type IntentId = string;
export const intentStatuses = ['waiting', 'done', 'canceled', 'dropped', 'failed'] as const;
export type IntentStatus = (typeof intentStatuses)[number];

/** When a change is to happen: at the end of the term, before it is renewed, or at the first instant of a date. */
export type LaterMoment = { readonly at: 'renewal' } | { readonly at: 'date'; readonly on: string };

/** A change that is to happen later. It is never removed: it ends with a status and a reason. */
export type Intent = {
  readonly id: IntentId;
  readonly ownerId: AccountId;
  readonly subscriptionId: SubscriptionId;
  readonly moment: LaterMoment;
  readonly command: LaterCommand;
  readonly status: IntentStatus;
  readonly reason: string | null;
  readonly orderId: OrderId | null;
  readonly version: number;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** What a decision does to an intent. */
export type IntentChange =
  | { readonly kind: 'add'; readonly moment: LaterMoment; readonly command: LaterCommand }
  | {
      readonly kind: 'end';
      readonly intent: Intent;
      readonly status: Exclude<IntentStatus, 'waiting'>;
      readonly reason: string | null;
    }
  | { readonly kind: 'edit'; readonly intent: Intent; readonly moment: LaterMoment; readonly command: LaterCommand };

export function dueOn(moment: LaterMoment): string | null {
  return moment.at === 'date' ? moment.on : null;
}
