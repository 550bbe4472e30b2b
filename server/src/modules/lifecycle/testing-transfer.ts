import type { AccountId, CustomerId, OrderId, PlanId, SubscriptionId } from '@tierline/kernel';
import { anEdge, anEdgePrice } from '../../../../test/support/values.ts';
import type { AccountNode } from '../accounts/index.ts';
import { decideTransfer } from './decide-transfer.ts';
import { id, type Life } from './testing.ts';
import type { TransferContext, TransferDecision } from './transfer.ts';

/** Ids and numbers of what comes to be, the same for every transfer. */
const identity: TransferContext['identity'] = {
  orderId: id<OrderId>('order-new'),
  orderSerial: '7',
  id: id<SubscriptionId>('subscription-new'),
  serial: '8',
  licenseId: () => id('license-new'),
  intentId: () => 'intent-new',
  chargeId: () => 'charge-new',
};

/** A chain that has the first `shared` sellers of another and then others, one for each zone. */
export function branch(
  { chain, account, ...node }: AccountNode,
  shared: number,
  zones: readonly string[],
): AccountNode {
  const own = zones.map((timeZone, index) => ({
    ...account,
    id: id<AccountId>(`other-${index}`),
    name: `Other ${index}`,
    timeZone,
  }));
  const all = [...chain.slice(0, shared), ...own];
  return { ...node, chain: all, account: all.at(-1)! };
}

type Wanted = {
  readonly at: string;
  readonly shared: number;
  readonly zones?: readonly string[];
  readonly price: (edge: number) => string;
};

/** The transfer of a life's subscription to a chain that leaves its own after some sellers. */
export function transferred(
  life: Life,
  { at, shared, zones = ['UTC'], price }: Wanted,
  facts: Partial<TransferContext> = {},
): TransferDecision {
  life.until(at);
  const from = life.context(life.instant(at));
  const to = branch(from.owner, shared, zones);
  const prices = life.state().items.map(() =>
    to.chain.map((seller, index) =>
      anEdge({
        sellerId: seller.id,
        buyerId: to.chain[index + 1]?.id ?? null,
        byType: { recurring: anEdgePrice('EUR', price(index)) },
      }),
    ),
  );
  const offered = new Set<PlanId>([life.state().planId]);
  const customer = { id: id<CustomerId>('customer-new') };
  const context: TransferContext = {
    from,
    to,
    customer,
    prices,
    offered,
    openOrders: [],
    identity,
    actor: 'user:1',
    surface: 'api',
    ...facts,
  };
  return decideTransfer(context, life.state());
}
