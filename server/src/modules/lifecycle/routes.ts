import { lifecycleRoutes } from '@tierline/contract';
import type { z } from 'zod';
import { decimal, type AccountId, type RateId, type SubscriptionId } from '@tierline/kernel';
import { afterId, created, given, ok, pageById, type Bind, type Call } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountNode, AccountsService, Directory } from '../accounts/index.ts';
import type { Offers } from '../catalog/index.ts';
import { alignmentFrom } from '../orders/index.ts';
import { agreementFrom, dealFrom, type DealRead } from '../pricing/index.ts';
import type { SubscriptionsService } from '../subscriptions/index.ts';
import { sellerIndex } from './context.ts';
import type { Intent, LaterMoment } from './intent.ts';
import type { Outcome } from './outcome.ts';
import { refuse } from './refusals.ts';
import { edited, type NamedAsked, type NamedItem } from './resolve.ts';
import type { AskedBy, LifecycleService } from './service.ts';
import {
  labelled,
  showEntry,
  showIntent,
  showOutcome,
  showOutcomePreview,
  type IntentView,
  type Labels,
} from './routes-show.ts';

type Services = {
  readonly lifecycle: LifecycleService;
  readonly subscriptions: SubscriptionsService;
  readonly accounts: AccountsService;
  readonly directory: Directory;
  readonly offers: Pick<Offers, 'labels'>;
};

type CommandRoute = (typeof lifecycleRoutes)[
  | 'changeSubscription'
  | 'switchPlan'
  | 'renewSubscription'
  | 'cancelSubscription'
  | 'suspendSubscription'
  | 'resumeSubscription'
  | 'changeExpiry'
  | 'convertTrial'
  | 'setSpecialPrices'
  | 'moveItems'];
type CommandCall = Pick<Call<Principal, CommandRoute>, 'caller' | 'params' | 'query' | 'cause' | 'expectedVersion'>;

export function bindLifecycle(bind: Bind<Principal>, services: Services): void {
  bindCommands(bind, services);
  bindMoney(bind, services);
  bindIntents(bind, services);
  const { lifecycle, directory, subscriptions } = services;
  bind(lifecycleRoutes.getTimeline, async ({ caller, params, query }) => {
    const id = params.subscription_id;
    const page = { after: afterId<'event'>(query), limit: query.limit + 1 };
    const { events, orders, telling } = await lifecycle.timeline(caller.accountId, id, page);
    const { ownerId } = await subscriptions.get(caller.accountId, { id });
    const owner = await directory.get(ownerId);
    const byId = new Map<string, (typeof orders)[number]>(orders.map((order) => [order.id, order]));
    const show = (event: (typeof events)[number]) =>
      showEntry(event, byId.get(event.orderId ?? ''), { id, tells: telling.has(event.id), caller, owner });
    return ok(pageById(events, query, show));
  });
}

/** Places or previews a command, and shows what it came to. */
function runner({ lifecycle, directory, offers }: Services) {
  const shownWith = async (outcome: Outcome): Promise<[AccountNode, Labels]> =>
    Promise.all([directory.get(outcome.subscriptions[0]!.ownerId), labelled(offers, outcome.planned)]);

  async function preview(outcome: Outcome, caller: Principal) {
    return showOutcomePreview(outcome, caller, ...(await shownWith(outcome)));
  }
  async function placed(outcome: Outcome, caller: Principal) {
    return showOutcome(outcome, caller, ...(await shownWith(outcome)));
  }

  async function decideOn(
    { caller, params, query, cause, expectedVersion }: CommandCall,
    asked: NamedAsked,
    po?: string | null,
  ) {
    const by: AskedBy = { surface: 'api', poNumber: po ?? null, expectedVersion };
    const decide = query.preview ? lifecycle.preview : lifecycle.place;
    return decide(cause, caller.accountId, params.subscription_id, asked, by);
  }

  return {
    preview,
    placed,
    decideOn,
    async run(call: CommandCall, asked: NamedAsked, po?: string | null) {
      const outcome = await decideOn(call, asked, po);
      if (call.query.preview) return ok(await preview(outcome, call.caller));
      return created(await placed(outcome, call.caller), outcome.subscriptions[0]!.version);
    },
  };
}

const now = { at: 'now' } as const;

/** Commands about what is held and how long. */
function bindCommands(bind: Bind<Principal>, services: Services): void {
  const { run, decideOn, preview, placed } = runner(services);

  bind(lifecycleRoutes.changeSubscription, async ({ body, ...call }) => {
    requireDeals(call, body.items);
    const command = { kind: 'change', items: body.items.map(itemFrom(call.caller)), cascade: body.cascade } as const;
    return run(call, { command, moment: momentFrom(body.moment) }, body.po_number);
  });

  bind(lifecycleRoutes.switchPlan, async ({ body, ...call }) => {
    requireDeals(call, body.items ?? []);
    const items = body.items?.map(itemFrom(call.caller)) ?? null;
    const command = { kind: 'switch', planId: body.plan_id, start: body.start, items } as const;
    return run(call, { command, moment: momentFrom(body.moment) }, body.po_number);
  });

  bind(lifecycleRoutes.renewSubscription, async ({ body, ...call }) => {
    const { from, months, align, items } = body;
    requireDeals(call, items);
    const command = {
      kind: 'renew',
      from,
      months,
      items: items.map(itemFrom(call.caller)),
      align: align === undefined ? null : alignmentFrom(align),
    } as const;
    return run(call, { command, moment: now }, body.po_number);
  });

  bind(lifecycleRoutes.cancelSubscription, async ({ body, ...call }) => {
    const command = { kind: 'cancel', reason: body.reason } as const;
    return run(call, { command, moment: momentFrom(body.moment) }, body.po_number);
  });

  bind(lifecycleRoutes.suspendSubscription, async ({ body, ...call }) =>
    run(call, { command: { kind: 'suspend', endOn: body.end_on }, moment: now }),
  );

  bind(lifecycleRoutes.resumeSubscription, async ({ body, ...call }) =>
    run(call, { command: { kind: 'resume', endOn: body.end_on }, moment: now }, body.po_number),
  );

  bind(lifecycleRoutes.changeExpiry, async ({ body, ...call }) =>
    run(call, { command: { kind: 'expiry', endOn: body.end_on }, moment: now }, body.po_number),
  );

  bind(lifecycleRoutes.changeSubscriptionDetails, async ({ body, ...call }) => {
    const outcome = await decideOn(call, detailsFrom(body));
    if (call.query.preview) return ok(await preview(outcome, call.caller));
    return ok(await placed(outcome, call.caller), outcome.subscriptions[0]!.version);
  });
}

type DetailsRead = z.output<typeof lifecycleRoutes.changeSubscriptionDetails.body>;

/** How it renews may be planned; what callers keep with a subscription is theirs and has no moment. */
function detailsFrom(body: DetailsRead): NamedAsked {
  const { auto_renewal: autoRenewal = null, auto_renewal_months: months = null, attributes = null, moment } = body;
  if (moment === undefined || moment.at === 'now') {
    if (autoRenewal === null && months === null && attributes === null)
      refuse('lifecycle.nothing_changes', 'auto_renewal', 'Say what is to change, not only when.');
    return { command: { kind: 'details', autoRenewal, autoRenewalMonths: months, attributes }, moment: now };
  }
  if (attributes !== null)
    refuse('lifecycle.only_now', 'attributes', 'Attributes are changed at once. Send them without a moment.');
  if (autoRenewal === null)
    refuse('lifecycle.only_now', 'auto_renewal', 'Say whether it is to renew from that moment on.');
  return { command: { kind: 'auto_renewal', on: autoRenewal, months }, moment: momentFrom(moment) };
}

/** Commands about plans and prices, and between subscriptions. */
function bindMoney(bind: Bind<Principal>, services: Services): void {
  const { run } = runner(services);

  bind(lifecycleRoutes.convertTrial, async ({ body, ...call }) =>
    run(
      call,
      { command: { kind: 'convert', planId: body.plan_id ?? null }, moment: momentFrom(body.moment) },
      body.po_number,
    ),
  );

  bind(lifecycleRoutes.setSpecialPrices, async ({ body, ...call }) => {
    const { subscriptions, directory } = services;
    const { caller, params } = call;
    const { ownerId } = await subscriptions.get(caller.accountId, { id: params.subscription_id });
    const owner = await directory.get(ownerId);
    const prices = [];
    for (const [index, { seller_id: sellerId, mpn, rate_id: rateId, ...wanted }] of body.prices.entries()) {
      const field = `prices.${index}.seller_id`;
      const seller = await ownSellerIndex(services, caller, owner, sellerId ?? caller.accountId, field);
      prices.push({ ...nameFrom({ mpn, rate_id: rateId }), agreed: agreementFrom(wanted), sellerIndex: seller });
    }
    return run(call, { command: { kind: 'prices', prices }, moment: now }, body.po_number);
  });

  bind(lifecycleRoutes.moveItems, async ({ body, ...call }) => {
    const { target_id: targetId, new_subscription: made } = body;
    const items = body.items.map(itemFrom(call.caller));
    const command =
      targetId === undefined
        ? ({
            kind: 'move',
            items,
            targetId: null,
            opens: { planId: made?.plan_id ?? null, end: made?.end ?? 'own' },
          } as const)
        : ({ kind: 'move', items, targetId } as const);
    return run(call, { command, moment: now }, body.po_number);
  });
}

/** The edge on which an account sells. Prices above the caller are not the caller's to set, nor is anybody told of them. */
async function ownSellerIndex(
  { accounts }: Services,
  caller: Principal,
  owner: AccountNode,
  sellerId: AccountId,
  field: string,
): Promise<number> {
  const index = sellerIndex(owner, sellerId);
  if (index >= sellerIndex(owner, caller.accountId)) return index;
  await accounts.visible(caller.accountId, sellerId, field);
  refuse(
    'lifecycle.not_a_seller',
    field,
    'This account does not sell this subscription. Name one that does, or none for your own.',
  );
}

function bindIntents(bind: Bind<Principal>, services: Services): void {
  const { lifecycle, offers, subscriptions, directory } = services;
  const { preview, placed } = runner(services);

  async function viewOf(intents: readonly Intent[], caller: Principal, id: SubscriptionId): Promise<IntentView> {
    const ownerId = intents[0]?.ownerId ?? (await subscriptions.get(caller.accountId, { id })).ownerId;
    const [labels, owner] = await Promise.all([labelled(offers, intents), directory.get(ownerId)]);
    return { labels, caller, owner };
  }

  bind(lifecycleRoutes.listIntents, async ({ caller, params, query }) => {
    const wanted = { status: query.status, after: afterId<'intent'>(query), limit: query.limit + 1 };
    const intents = await lifecycle.intentsOf(caller.accountId, params.subscription_id, wanted);
    const view = await viewOf(intents, caller, params.subscription_id);
    return ok(pageById(intents, query, (intent) => showIntent(intent, view)));
  });

  bind(lifecycleRoutes.getIntent, async ({ caller, params }) => {
    const intent = await lifecycle.intentOf(caller.accountId, params.subscription_id, params.intent_id);
    return ok(showIntent(intent, await viewOf([intent], caller, params.subscription_id)), intent.version);
  });

  bind(lifecycleRoutes.changeIntent, async ({ caller, params, query, body, cause, expectedVersion, ...call }) => {
    requireDeals(call, body.items ?? []);
    const { subscription_id: id, intent_id: intentId } = params;
    const intent: Intent = await lifecycle.intentOf(caller.accountId, id, intentId);
    const command = edited(intent.command, {
      items: body.items?.map(itemFrom(caller)),
      cascade: body.cascade,
      reason: body.reason,
    });
    const moment = body.moment && laterFrom(body.moment);
    // What is not named stays as it was read here, so it must still be that.
    const by: AskedBy = { surface: 'api', expectedVersion: expectedVersion ?? intent.version };
    const outcome = await lifecycle.changeIntent(
      cause,
      caller.accountId,
      id,
      intentId,
      { moment, command },
      by,
      !query.preview,
    );
    if (query.preview) return ok(await preview(outcome, caller));
    const { version } = outcome.planned.find((one) => one.id === intentId)!;
    return ok(await placed(outcome, caller), version);
  });

  bind(lifecycleRoutes.cancelIntent, async ({ caller, params, query, cause, expectedVersion }) => {
    const { subscription_id: id, intent_id: intentId } = params;
    const by: AskedBy = { surface: 'api', expectedVersion };
    const outcome = await lifecycle.changeIntent(
      cause,
      caller.accountId,
      id,
      intentId,
      { cancel: true },
      by,
      !query.preview,
    );
    return ok(query.preview ? await preview(outcome, caller) : await placed(outcome, caller));
  });
}

type MomentRead<At extends string> = { readonly at: At; readonly on?: string | undefined };

function momentFrom({ at, on }: MomentRead<'now' | 'renewal' | 'date'>): NamedAsked['moment'] {
  return at === 'now' ? now : laterFrom({ at, on });
}

function laterFrom({ at, on }: MomentRead<'renewal' | 'date'>): LaterMoment {
  return at === 'date' && on !== undefined ? { at, on } : { at: 'renewal' };
}

type NameRead = { readonly mpn?: string | undefined; readonly rate_id?: RateId | undefined };

function nameFrom({ mpn, rate_id: rateId }: NameRead): { readonly rateId: RateId } | { readonly mpn: string } {
  return rateId === undefined ? { mpn: mpn ?? '' } : { rateId };
}

type ItemRead = NameRead & { readonly quantity: string; readonly deals?: readonly DealRead[] | undefined };

const itemFrom =
  (caller: Principal) =>
  ({ quantity, deals, ...name }: ItemRead): NamedItem => ({
    ...nameFrom(name),
    quantity: decimal(quantity),
    ...given({ deals: deals?.map((deal) => dealFrom(deal, caller.accountId)) }),
  });

/** Prices are agreed on by whoever may set special ones. */
function requireDeals(
  call: { readonly require: Call<Principal, CommandRoute>['require'] },
  items: readonly ItemRead[],
): void {
  if (items.some(({ deals = [] }) => deals.length > 0)) call.require('subscriptions.prices');
}
