import { formatMoney } from '@tierline/kernel';
import type { OrderDetail, OrderStatus } from './order.ts';
import { totalOn } from './place.ts';

/**
 * An order as it was answered when it had just been placed, for a retry: without what its vendor's answer made of it since. What was
 * taken back then stands beside what was charged, so that the rest is what was charged.
 */
export function asFirstAnswered(order: OrderDetail, status: OrderStatus): OrderDetail {
  if (order.version === 1) return order;
  const charges = order.charges.filter(({ type }) => type !== 'adjustment');
  const total = formatMoney(totalOn(charges, order.customerId, order.currency));
  const completedAt = status === 'completed' ? order.completedAt : null;
  return { ...order, status, statusReason: null, version: 1, completedAt, charges, total };
}
