import { transferRoutes, type Transfer as Shown, type TransferPreview } from '@tierline/contract';
import { addMoney, formatMoneyFixed, zeroMoney, type AccountId, type Money } from '@tierline/kernel';
import { created, ok, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountNode, Directory } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import { showCustomer } from '../customers/index.ts';
import {
  showOrderDetail,
  showOrderPreview,
  showSubscriptionPreview,
  visibleCharges,
  type OrderDetail,
} from '../orders/index.ts';
import { showSubscription } from '../subscriptions/index.ts';
import { labelled, showIntent, showIntentPreview, type Labels } from './routes-show.ts';
import type { TransferService, TransferWanted } from './service-transfer.ts';
import type { Transfer, TransferPart } from './transfer.ts';

type Services = {
  readonly transfers: TransferService;
  readonly directory: Directory;
  readonly offers: Pick<Offers, 'labels'>;
};

/** Who looks, at the chains of the two partners. */
type View = {
  readonly caller: Principal;
  readonly from: AccountNode;
  readonly to: AccountNode;
  readonly labels: Labels;
};

export function bindTransfers(bind: Bind<Principal>, { transfers, directory, offers }: Services): void {
  async function viewOf(transfer: Transfer, caller: Principal): Promise<View> {
    const intents = transfer.parts.flatMap((part) => part.intents.map(({ to }) => to));
    const [from, to, labels] = await Promise.all([
      directory.get(transfer.fromOwnerId),
      directory.get(transfer.customer.ownerId),
      labelled(offers, intents),
    ]);
    return { caller, from, to, labels };
  }

  type Asked = {
    readonly caller: Principal;
    readonly query: { readonly preview: boolean };
    readonly cause: Parameters<TransferService['place']>[0];
  };

  async function run({ caller, query, cause }: Asked, wanted: TransferWanted) {
    if (query.preview) {
      const preview = await transfers.preview(cause, caller.accountId, wanted);
      return ok(showPreview(preview, await viewOf(preview, caller)));
    }
    const placed = await transfers.place(cause, caller.accountId, wanted);
    return created(showTransfer(placed, await viewOf(placed, caller)));
  }

  bind(transferRoutes.transferCustomer, async ({ params, body, ...call }) =>
    run(call, { customerId: params.customer_id, toOwnerId: body.owner_id }),
  );

  bind(transferRoutes.transferSubscription, async ({ params, body, ...call }) =>
    run(call, {
      subscriptionIds: [params.subscription_id],
      toOwnerId: body.owner_id,
      toCustomerId: body.customer_id ?? 'copy',
    }),
  );
}

function showTransfer(transfer: Transfer, view: View): Shown {
  const { caller, from, to, labels } = view;
  return {
    from: { owner_id: transfer.fromOwnerId, customer_id: transfer.fromCustomerId },
    customer: showCustomer(transfer.customer),
    is_new_customer: transfer.isNewCustomer,
    subscriptions: transfer.parts.map((part) => ({
      from: showSubscription(part.from),
      to: showSubscription(part.to!),
      given_back: part.givenBack && showOrderDetail(part.givenBack, caller, from),
      charged: showOrderDetail(part.charged!, caller, to),
      intents: part.intents.map((moved) => ({
        from_id: moved.from.id,
        to: showIntent(moved.to, { labels, caller, owner: to }),
      })),
      kept_edges: keptEdges(part, view),
      warnings: part.warnings.map(showWarning),
    })),
    totals: totalsOf(transfer, view),
    warnings: transfer.warnings.map(showWarning),
  };
}

/** Nothing of it exists, so nothing new has an id, a number or a version. */
function showPreview(transfer: Transfer, view: View): TransferPreview {
  const { caller, from, to, labels } = view;
  const { number: _, version: _v, created_at: _c, updated_at: _u, ...customer } = showCustomer(transfer.customer);
  return {
    from: { owner_id: transfer.fromOwnerId, customer_id: transfer.fromCustomerId },
    customer,
    is_new_customer: transfer.isNewCustomer,
    subscriptions: transfer.parts.map((part) => ({
      from: showSubscription(part.from),
      to: part.to && showSubscriptionPreview(part.to),
      given_back: part.givenBack && showOrderPreview(part.givenBack, caller, from),
      charged: part.charged && showOrderPreview(part.charged, caller, to),
      intents: part.intents.map((moved) => ({
        from_id: moved.from.id,
        to: showIntentPreview(moved.to, { labels, caller, owner: to }),
      })),
      kept_edges: keptEdges(part, view),
      blockers: part.blockers.map(showWarning),
      warnings: part.warnings.map(showWarning),
    })),
    totals: totalsOf(transfer, view),
    blockers: transfer.blockers.map(showWarning),
    is_blocked: [transfer.blockers, ...transfer.parts.map(({ blockers }) => blockers)].some((some) => some.length > 0),
    warnings: transfer.warnings.map(showWarning),
  };
}

function showWarning({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, message };
}

/** As with charges: the edge on which the caller buys and those below; what stands above is not the caller's business. */
function keptEdges({ kept }: TransferPart, { caller, to }: View): Shown['subscriptions'][number]['kept_edges'] {
  const own = to.chain.findIndex(({ id }) => id === caller.accountId);
  return kept.slice(Math.max(own - 1, 0)).map(({ sellerId, buyerId }) => ({ seller_id: sellerId, buyer_id: buyerId }));
}

type Total = { readonly sellerId: AccountId; readonly buyerId: string; givenBack: Money; charged: Money };

/** Both sides of everything, edge by edge, the old partner's first. */
function totalsOf({ parts }: Transfer, { caller, from, to }: View): Shown['totals'] {
  const totals = new Map<string, Total>();
  const add = (order: OrderDetail | null, owner: AccountNode, side: 'givenBack' | 'charged'): void => {
    for (const { charge } of order === null ? [] : visibleCharges(order.charges, caller, owner)) {
      const { sellerId, buyerId, amount } = charge;
      const key = `${sellerId}/${buyerId}/${amount.currency}`;
      const zero = zeroMoney(amount.currency);
      const known = totals.get(key) ?? { sellerId: sellerId as AccountId, buyerId, givenBack: zero, charged: zero };
      known[side] = addMoney(known[side], amount);
      totals.set(key, known);
    }
  };
  for (const { givenBack } of parts) add(givenBack, from, 'givenBack');
  for (const { charged } of parts) add(charged, to, 'charged');
  return [...totals.values()].map(({ sellerId, buyerId, givenBack, charged }) => ({
    seller_id: sellerId,
    buyer_id: buyerId,
    given_back: shownMoney(givenBack),
    charged: shownMoney(charged),
  }));
}

function shownMoney(amount: Money): { amount: string; currency: string } {
  return { amount: formatMoneyFixed(amount), currency: amount.currency };
}
