import {
  catalogRoutes,
  planRoutes,
  type Impact,
  type Plan as ShownPlan,
  type PlanTerms as ShownTerms,
  type Rate as ShownRate,
} from '@tierline/contract';
import { formatDecimal, invalid, isTierlineError, notFound, type AccountId, type PlanId } from '@tierline/kernel';
import type { z } from 'zod';
import { afterId, created, decodeCursor, given, ok, pageById, pageOf, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import { showPolicies } from '../policies/index.ts';
import type { Plan, PlanTerms, Rate } from './catalog.ts';
import type { RateDraft } from './plan.ts';
import type { CatalogBrowser } from './service-browse.ts';
import type { Offers } from './service-offers.ts';
import type { CatalogService } from './service.ts';

type Services = {
  readonly catalog: CatalogService;
  readonly browser: CatalogBrowser;
  readonly offers: Offers;
  readonly accounts: AccountsService;
  /** What retiring a plan would do to renewals, as the account may see it. */
  readonly impactOf: (
    accountId: AccountId,
    change: { readonly kind: 'retire'; readonly planId: PlanId; readonly within: AccountId },
    page: { readonly cursor?: string | undefined; readonly limit: number },
  ) => Promise<Impact>;
};

const isWhole = (part: string): boolean => /^\d{1,9}$/.test(part);

export function bindPlans(bind: Bind<Principal>, services: Services): void {
  bindPlanReads(bind, services);
  bindPlanWrites(bind, services);
}

function bindPlanReads(bind: Bind<Principal>, { browser, offers, accounts }: Services): void {
  bind(planRoutes.listPlans, async ({ caller, query }) => {
    const makerId = query.account_id ?? caller.accountId;
    await accounts.visible(caller.accountId, makerId, 'account_id');
    const rows = await browser.ownPlans(makerId, { after: afterId<'plan'>(query), limit: query.limit + 1 });
    return ok(pageById(rows, query, (plan) => showPlan(plan, true)));
  });

  bind(planRoutes.getPlan, async ({ caller, params }) => {
    const { plan, isMadeWithin, versions } = await browser.plan(caller.node, params.plan_id);
    const shown = versions.map(({ plan: version, publishedAt }) => ({
      version: version.version,
      published_at: publishedAt,
      rate_count: version.rateCount,
      terms: showTerms({ ...version, policies: version.ownPolicies }),
      effective_policies: showPolicies(version.policies),
    }));
    return ok({ ...showPlan(plan, isMadeWithin), versions: shown }, plan.version);
  });

  bind(planRoutes.listRates, async ({ caller, params, query }) => {
    const [last] = query.cursor === undefined ? [] : decodeCursor(query.cursor, [isWhole]);
    const page = { from: last === undefined ? 0 : Number(last) + 1, limit: query.limit + 1 };
    const rows = await browser.rates(caller.node, { planId: params.plan_id, version: params.version }, page);
    return ok(
      pageOf(
        rows,
        query,
        (rate) => ({ ...showRate(rate), position: rate.position }),
        ({ position }) => [String(position)],
      ),
    );
  });

  bind(catalogRoutes.listOffers, async ({ caller, query }) => {
    const node = await accounts.visible(caller.accountId, query.account_id ?? caller.accountId, 'account_id');
    const [after] = query.cursor === undefined ? [] : decodeCursor(query.cursor, [isWhole]);
    const offering = await offers.offering(node);
    const counted = offering.offers.map((offer, index) => ({
      ...offer,
      rateCount: offering.starts[index + 1]! - offering.starts[index]!,
    }));
    const rest = counted.filter(({ number }) => after === undefined || BigInt(number) > BigInt(after));
    const rows = rest.slice(0, query.limit + 1);
    const show = ({ planId, shortDescription, rateCount, ...same }: (typeof counted)[number]) => ({
      plan_id: planId,
      ...same,
      short_description: shortDescription,
      rate_count: rateCount,
    });
    return ok(pageOf(rows, query, show, ({ number }) => [number]));
  });
}

function bindPlanWrites(bind: Bind<Principal>, { catalog, browser, impactOf }: Services): void {
  bind(planRoutes.createPlan, async ({ caller, body, cause }) => {
    const making = catalog.createPlan(cause, caller.node.account, {
      productId: body.product_id,
      name: body.name,
      shortDescription: body.short_description,
      longDescription: body.long_description,
      terms: termsFrom(body.terms),
      rates: body.rates.map(draftFrom),
      publish: body.publish,
    });
    const plan = await asOnWire(making);
    return created(showPlan(plan, true), plan.version);
  });

  bind(planRoutes.addPlanVersion, async ({ caller, params, body, cause }) => {
    const facts = { terms: termsFrom(body.terms), rates: body.rates.map(draftFrom), publish: body.publish };
    const plan = await asOnWire(catalog.addVersion(cause, caller.node.account, params.plan_id, facts));
    return created(showPlan(plan, true), plan.version);
  });

  bind(planRoutes.publishPlan, async ({ caller, params, body, cause }) => {
    const plan = await catalog.publish(cause, caller.node.account, params.plan_id, body.version);
    return ok(showPlan(plan, true), plan.version);
  });

  bind(planRoutes.retirePlan, async ({ caller, params, query, cause }) => {
    if (query.preview) {
      const { plan } = await browser.plan(caller.node, params.plan_id);
      if (plan.accountId !== caller.accountId) throw notFound('plan');
      return ok(await impactOf(caller.accountId, { kind: 'retire', planId: plan.id, within: plan.accountId }, query));
    }
    const plan = await catalog.retire(cause, caller.node.account, params.plan_id);
    return ok(showPlan(plan, true), plan.version);
  });
}

const fieldsOfTerms = new Set(['billing_period', 'data_center', 'unit_type', 'parameters']);

/** The rules of plans name fields of the terms by themselves; in our requests they stand inside `terms`. */
async function asOnWire<Answer>(work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    if (!isTierlineError(error) || error.kind !== 'invalid') throw error;
    const reasons = error.reasons.map((reason) =>
      reason.field !== undefined && fieldsOfTerms.has(reason.field.split('.')[0]!)
        ? { ...reason, field: `terms.${reason.field}` }
        : reason,
    );
    throw invalid(reasons, error.details);
  }
}

type NewPlanRead = z.output<typeof planRoutes.createPlan.body>;

function termsFrom(terms: NewPlanRead['terms']): PlanTerms {
  return {
    licenseVersion: terms.license_version,
    subscriptionPeriod: terms.subscription_period,
    billingPeriod: terms.billing_period,
    billingModel: terms.billing_model,
    activationPolicy: terms.activation_policy,
    chargeableMonths: terms.chargeable_months,
    autoRenewalMonths: terms.auto_renewal_months,
    expirationNoticeDays: terms.expiration_notice_days,
    graceMonths: terms.grace_months,
    dataCenter: terms.data_center,
    unitType: terms.unit_type,
    managed: terms.managed,
    pricing: terms.pricing,
    licensePool: terms.license_pool,
    policies: terms.policies,
    ...(terms.parameters.length === 0 ? {} : { parameters: terms.parameters }),
  };
}

function draftFrom(rate: NewPlanRead['rates'][number]): RateDraft {
  return {
    mpn: rate.mpn,
    ...given({ vendorCode: rate.vendor, name: rate.name }),
    quantityMin: rate.quantity_min,
    quantityMax: rate.quantity_max,
    priceModel: rate.price_model,
    chargeTypes: rate.charge_types,
    dependsOn: rate.depends_on,
  };
}

/** Who made a plan is shown to its maker and those above, not to those to whom it was passed on. */
function showPlan(plan: Plan, isMadeWithin: boolean): ShownPlan {
  return {
    id: plan.id,
    account_id: isMadeWithin ? plan.accountId : null,
    number: plan.number,
    product_id: plan.productId,
    name: plan.name,
    short_description: plan.shortDescription,
    long_description: plan.longDescription,
    status: plan.status,
    current_version: plan.currentVersion,
    version: plan.version,
    created_at: plan.createdAt,
    updated_at: plan.updatedAt,
  };
}

function showTerms(terms: PlanTerms): ShownTerms {
  return {
    license_version: terms.licenseVersion,
    subscription_period: terms.subscriptionPeriod,
    billing_period: terms.billingPeriod,
    billing_model: terms.billingModel,
    activation_policy: terms.activationPolicy,
    chargeable_months: terms.chargeableMonths,
    auto_renewal_months: terms.autoRenewalMonths,
    expiration_notice_days: terms.expirationNoticeDays,
    grace_months: terms.graceMonths,
    data_center: terms.dataCenter,
    unit_type: terms.unitType,
    managed: terms.managed,
    pricing: terms.pricing,
    license_pool: terms.licensePool,
    policies: terms.policies,
    parameters: [...(terms.parameters ?? [])],
  };
}

/** A rate without its position in the plan version. */
export function showRate(rate: Rate): Omit<ShownRate, 'position'> {
  return {
    id: rate.rateId,
    number: rate.number,
    resource_id: rate.resourceId,
    mpn: rate.mpn,
    vendor: rate.vendorCode,
    service: rate.serviceName,
    name: rate.name,
    quantity_min: formatDecimal(rate.quantityMin),
    quantity_max: formatDecimal(rate.quantityMax),
    price_model: rate.priceModel,
    charge_types: [...rate.chargeTypes],
    depends_on: [...rate.dependsOn],
  };
}
