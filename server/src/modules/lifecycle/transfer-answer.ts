import {
  instantText,
  type AccountId,
  type CustomerId,
  type OrderId,
  type SubscriptionId,
  type Temporal,
} from '@tierline/kernel';
import type { Customer } from '../customers/index.ts';
import type { OrderDetail } from '../orders/index.ts';
import { fieldsOf, withFields, type Fields, type Subscription } from '../subscriptions/index.ts';
import type { StoredIntent } from './change-write.ts';
import { readCommand, storeCommand } from './command-json.ts';
import type { Warning } from './draft.ts';
import type { Intent } from './intent.ts';
import type { KeptEdge, Transfer, TransferPart } from './transfer.ts';

/** What is kept with the key of a transfer, so that a retry is told the same: things may have changed since. */
export type StoredTransfer = {
  readonly at: string;
  readonly from_owner_id: AccountId;
  readonly from_customer_id: CustomerId;
  readonly customer: Customer;
  readonly is_new_customer: boolean;
  readonly parts: readonly StoredPart[];
  readonly warnings: readonly Warning[];
};

type StoredState = { readonly id: SubscriptionId; readonly version: number; readonly fields: Fields };
type StoredPart = {
  readonly from: StoredState;
  readonly to: StoredState;
  readonly given_back_id: OrderId | null;
  readonly charged_id: OrderId;
  readonly intents: readonly { readonly from: StoredIntent; readonly to: StoredIntent }[];
  readonly kept: readonly KeptEdge[];
  readonly warnings: readonly Warning[];
};

export function storedTransfer(transfer: Transfer, at: Temporal.Instant): StoredTransfer {
  return {
    at: instantText(at),
    from_owner_id: transfer.fromOwnerId,
    from_customer_id: transfer.fromCustomerId,
    customer: transfer.customer,
    is_new_customer: transfer.isNewCustomer,
    parts: transfer.parts.map((part) => ({
      from: storeState(part.from),
      to: storeState(part.to!),
      given_back_id: part.givenBack?.id ?? null,
      charged_id: part.charged!.id,
      intents: part.intents.map(({ from, to }) => ({ from: storeIntent(from), to: storeIntent(to) })),
      kept: part.kept,
      warnings: part.warnings,
    })),
    warnings: transfer.warnings,
  };
}

/** What was answered under a key, told again. */
export function transferAgain(
  stored: StoredTransfer,
  subscriptions: readonly Subscription[],
  orders: readonly OrderDetail[],
): Transfer {
  const byId = new Map(subscriptions.map((subscription) => [subscription.id, subscription]));
  const state = ({ id, version, fields }: StoredState): Subscription => ({
    ...withFields(byId.get(id)!, fields),
    version,
    updatedAt: stored.at,
  });
  const order = (id: OrderId | null, of: Subscription): OrderDetail | null => {
    const found = id === null ? undefined : orders.find((one) => one.id === id);
    return found === undefined ? null : { ...found, subscriptions: [of] };
  };
  const parts = stored.parts.map((part): TransferPart => {
    const from = state(part.from);
    const to = state(part.to);
    return {
      from,
      to,
      givenBack: order(part.given_back_id, from),
      charged: order(part.charged_id, to),
      intents: part.intents.map((moved) => ({ from: readIntent(moved.from), to: readIntent(moved.to) })),
      kept: part.kept,
      blockers: [],
      warnings: part.warnings,
    };
  });
  return {
    fromOwnerId: stored.from_owner_id,
    fromCustomerId: stored.from_customer_id,
    customer: stored.customer,
    isNewCustomer: stored.is_new_customer,
    parts,
    blockers: [],
    warnings: stored.warnings,
  };
}

function storeState(subscription: Subscription): StoredState {
  const { id, version } = subscription;
  return { id, version, fields: fieldsOf(subscription) };
}

function storeIntent(intent: Intent): StoredIntent {
  return { ...intent, command: storeCommand(intent.command) };
}

function readIntent(intent: StoredIntent): Intent {
  return { ...intent, command: readCommand(intent.command) };
}
