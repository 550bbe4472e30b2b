import { notFound } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import type { Offer, PlanVersion } from '../../modules/catalog/index.ts';
import { switchesOf, type PlanSwitch } from '../../modules/lifecycle/index.ts';
import type { Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { pageOf, parseQuery } from './query.ts';
import { billingModels, jsonResponse, listResponse, wirePeriod, type WirePeriod } from './wire.ts';

/** `GET /plans` and `GET /plans/{id}` (SimpleAPI reference 4.8): the published plans that the caller may sell. */
export function planHandlers({ offers }: SimpleApiDependencies) {
  async function list(c: Call, { principal: { node } }: SimpleApiCaller): Promise<Response> {
    const page = pageOf(parseQuery(c.req.url));
    const offering = await offers.offering(node);
    const wanted = offering.offers.slice(page.offset, page.offset + page.limit);
    const versions = await offers.planVersions(node, wanted);
    const byPlan = new Map(versions.map((version) => [version.planId, version]));
    const data = wanted.flatMap((offer) => {
      const version = byPlan.get(offer.planId);
      return version === undefined ? [] : [planToWire(offer, version)];
    });
    return listResponse(data, page, offering.offers.length);
  }

  async function get(c: Call, { principal: { node } }: SimpleApiCaller): Promise<Response> {
    const id = c.req.param('id');
    const offering = await offers.offering(node);
    const offer = offering.offers.find(({ number }) => number === id);
    const [version] = offer === undefined ? [] : await offers.planVersions(node, [offer]);
    if (offer === undefined || version === undefined) throw notFound('plan');
    const others = await offers.planVersions(node, offering.offers);
    return jsonResponse({
      ...planToWire(offer, version),
      planSwitches: switchesOf(version, others).map(switchToWire(version)),
    });
  }

  return { list, get };
}

function planToWire(offer: Offer, version: PlanVersion) {
  return {
    id: offer.number,
    name: offer.name,
    shortDescription: offer.shortDescription,
    longDescription: version.longDescription,
    published: true,
    subscriptionPeriods: [
      { ...wirePeriod(version.subscriptionPeriod), trial: version.licenseVersion === 'trial', active: true },
    ],
    billingPeriod: billingPeriodToWire(version.billingPeriod),
    billingModel: billingModels[version.billingModel],
  };
}

/** The billing period of a plan has no days among its types (schema `BillingPeriod`). */
function billingPeriodToWire(period: PlanVersion['billingPeriod']): WirePeriod {
  const { type, duration } = wirePeriod(period);
  return { type: type === 'day' ? 'unknown' : type, duration };
}

/**
 * What of the documented policies a switch follows here: days that are paid for are given back by the day, and the new plan begins
 * a term of its own or keeps the end of the running one. At the term's end there is nothing to give back.
 */
function policyOf({ start, moment }: PlanSwitch): string {
  if (moment === 'renewal') return 'no_refund';
  return start === 'keep' ? 'prorate_keeping_exp_date' : 'prorate_starting_new_subscription_period';
}

const switchToWire =
  (from: PlanVersion) =>
  (way: PlanSwitch): Readonly<Record<string, unknown>> => ({
    planId: Number(way.plan.number),
    subscriptionPeriod: wirePeriod(way.plan.subscriptionPeriod),
    billingPolicy: policyOf(way),
    whenEffective: way.moment === 'renewal' ? 'next_subscription_period' : 'immediately',
    sourceSubscriptionPeriod: wirePeriod(from.subscriptionPeriod),
  });
