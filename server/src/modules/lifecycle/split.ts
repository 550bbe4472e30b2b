import { boundary, instantText, zero, type LicenseId, type SubscriptionId } from '@tierline/kernel';
import { dateText, openEdge, plainDate, startOfCharging, type EdgeLedger } from '../billing/index.ts';
import { anchorsOf, cotermAnchor, cotermEnds, type Subscription } from '../subscriptions/index.ts';
import type { NewTarget } from './command.ts';
import { datesOn, type Context, type LoadedPlan } from './context.ts';
import { refuse } from './refusals.ts';
import { requireSale } from './sale-reasons.ts';

/** What a subscription is called that a move makes: taken before deciding, so that deciding stays pure. */
export type NewIdentity = {
  readonly id: SubscriptionId;
  readonly serial: string;
  readonly licenseId: LicenseId;
  readonly activationCode: string;
};

/** The version of a subscription that is not there yet: the order that moves units into it makes it. */
export const unborn = 0;

/**
 * The subscription that a part of another one moves into, as it is before anything is in it: of the plan that is named, or of the same one,
 * with a term of its own from today or with the end of the one that it comes from. If its vendor refuses it, this is what is left.
 */
export function unbornTarget(
  context: Context,
  source: Subscription,
  wanted: NewTarget,
  identity: NewIdentity,
): { readonly subscription: Subscription; readonly loaded: LoadedPlan } {
  const loaded = planOf(context, wanted);
  requireSale(context, loaded);
  const { plan } = loaded;
  const ledger = ledgerOf(context, source, loaded, wanted);
  const own = ledger.at(-1)!;
  const at = instantText(context.at);
  const { vendorSubscriptionId: _, ...kept } = source;
  const startOn = datesOn(context.owner, context.at).at(-1)!;
  const dates = { startOn, endOn: own.endOn, startChargeOn: own.chargeFrom };
  return {
    loaded,
    subscription: {
      ...kept,
      id: identity.id,
      serial: identity.serial,
      planId: plan.planId,
      planVersion: plan.version,
      name: plan.name,
      status: 'removed',
      holdReason: null,
      autoRenewal: plan.autoRenewalMonths !== null && source.autoRenewal,
      autoRenewalMonths: plan.autoRenewalMonths,
      anchorOn: own.anchorOn,
      ...dates,
      attributes: {},
      version: unborn,
      createdAt: at,
      updatedAt: at,
      items: [],
      licenses: [
        {
          id: identity.licenseId,
          productId: plan.product.id,
          version: plan.licenseVersion,
          activationCode: identity.activationCode,
          units: zero,
          ...dates,
          graceMonths: plan.graceMonths,
          enabled: false,
        },
      ],
      ledger,
      suspension: null,
      renewalFailure: null,
      noticedOn: null,
      origin: { kind: 'split', subscriptionId: source.id },
    },
  };
}

/** It is there with the order: its right to use begins. */
export function born({ licenses }: Subscription): Pick<Subscription, 'status' | 'licenses'> {
  return { status: 'active', licenses: licenses.map((license) => ({ ...license, enabled: true })) };
}

function planOf({ current, plans, sale }: Context, { planId }: NewTarget): LoadedPlan {
  const isSame = planId === null || planId === current.plan.planId;
  const loaded = isSame ? current : plans.get(planId);
  const isSold = loaded !== undefined && (!isSame || (sale.delegated && !sale.retired));
  if (!isSold)
    refuse(
      'lifecycle.unknown_plan',
      'new_subscription.plan_id',
      'Your catalog has no such plan to sell. Name one that it has.',
    );
  if (loaded.plan.licenseVersion === 'trial' || current.plan.licenseVersion === 'trial')
    refuse(
      'lifecycle.move_of_trial',
      'new_subscription.plan_id',
      'Trials are not split. Convert the trial first, or name a full plan.',
    );
  return loaded;
}

/** Each edge counts from its seller's own date, as in a sale. */
function ledgerOf(context: Context, source: Subscription, { plan }: LoadedPlan, { end }: NewTarget): EdgeLedger[] {
  const starts = datesOn(context.owner, context.at);
  const target = { kind: 'subscription', other: source, field: 'new_subscription.end' } as const;
  const ends = end === 'same' ? cotermEnds(plan, target, starts) : undefined;
  const anchors = anchorsOf(source);
  return source.ledger.map(({ sellerId, buyerId }, index) => {
    const startOn = starts[index]!;
    const start = plainDate(startOn);
    const endOn = ends?.[index] ?? dateText(boundary(start, 1, plan.subscriptionPeriod));
    return openEdge(plan, {
      sellerId,
      buyerId,
      startOn,
      anchorOn: ends === undefined ? startOn : cotermAnchor(plan, endOn, anchors[index]),
      chargeFrom: dateText(startOfCharging(plan, start)),
      endOn,
    });
  });
}
