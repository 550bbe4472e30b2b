import { TierlineError } from '@tierline/kernel';

export function ended(status: string): TierlineError {
  return new TierlineError('orders.ended', 'conflict', `The order is ${status}, so nothing of it can be ended.`, {
    details: { status },
  });
}

export function notItsTurn(): TierlineError {
  const message = 'An order of the subscription that was placed before is not done yet. Say first how that one ended.';
  return new TierlineError('provisioning.not_its_turn', 'conflict', message, { field: 'order_id' });
}

export function begunAlready(): TierlineError {
  const message = 'Its vendor may have begun with it, so it can be canceled no more. Wait until it has ended.';
  return new TierlineError('orders.begun', 'conflict', message);
}
