import { notFound } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import type { Offer, PlanVersion } from '../../modules/catalog/index.ts';
import type { Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { pageOf, parseQuery } from './query.ts';
import { billingModels, jsonResponse, listResponse, wirePeriod } from './wire.ts';

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
    return jsonResponse({ ...planToWire(offer, version), planSwitches: [] });
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
    billingPeriod: wirePeriod(version.billingPeriod),
    billingModel: billingModels[version.billingModel],
  };
}
