import { decimal, newId, notFound, versionMismatch, TierlineError, type PlanId, type RateId } from '@tierline/kernel';
import type { Cause } from '../../platform/db/index.ts';
import type { Account } from '../accounts/index.ts';
import type { Plan, PlanTerms, Product, Rate } from './catalog.ts';
import { parsePolicyDocument } from '../policies/index.ts';
import { checkPlan, type RateDraft } from './plan.ts';
import { repeatable, writeCatalog, type CatalogDependencies, type CatalogWrite } from './service-shared.ts';
import { insertPlan, insertRates, insertVersion, publishVersion, updatePlan } from './store.ts';
import {
  selectPlan,
  selectProduct,
  selectResourcesByMpn,
  selectVersionRateCount,
  selectVersionRateIds,
} from './store-lists.ts';

export type NewPlan = {
  readonly productId: Product['id'];
  readonly name: string;
  readonly shortDescription: string;
  readonly longDescription: string;
  readonly terms: PlanTerms;
  readonly rates: readonly RateDraft[];
  /** Published at once, or kept as a draft. */
  readonly publish: boolean;
};

const taken = (code: string, field: string, message: string) => new TierlineError(code, 'conflict', message, { field });

function refuseRetired({ status }: Plan): void {
  if (status !== 'retired') return;
  throw new TierlineError('catalog.plan_retired', 'conflict', 'A retired plan gets no new version. Make a new plan.');
}

/** Whoever asks, a policy that is none is refused: stored, it would be read as not said. */
function withPolicies(terms: PlanTerms): PlanTerms {
  return { ...terms, policies: parsePolicyDocument(terms.policies, 'terms') };
}

/** Service plans and their versions, made by whoever sells them on. */
export function plansService(dependencies: CatalogDependencies) {
  const { db, planNumbers, rateNumbers } = dependencies;
  const write = <Answer>(work: CatalogWrite<Answer>) => writeCatalog(dependencies, work);

  /** The rates of a new version. An MPN that the plan has had before keeps its rate id and number. */
  async function buildRates(
    account: Account,
    product: Product,
    planId: PlanId,
    version: number,
    drafts: readonly RateDraft[],
  ): Promise<Rate[]> {
    const resources = await selectResourcesByMpn(
      db,
      account.rootId,
      drafts.map((draft) => draft.mpn),
    );
    const known =
      version === 1 ? new Map<string, { rateId: RateId; number: string }>() : await selectVersionRateIds(db, planId);
    const fresh = await rateNumbers.take(drafts.filter((draft) => !known.has(draft.mpn)).length);
    const identity = new Map(
      drafts.map((draft) => [
        draft.mpn,
        known.get(draft.mpn) ?? { rateId: newId<'rate'>(), number: fresh.shift()!.toString() },
      ]),
    );
    return drafts.map((draft, position) => {
      const matching = resources.filter(
        (resource) =>
          resource.mpn === draft.mpn && (draft.vendorCode === undefined || resource.vendorCode === draft.vendorCode),
      );
      const resource = matching.find((candidate) => candidate.productId === product.id) ?? matching[0];
      if (resource === undefined) throw notFound('resource', `rates.${position}.mpn`);
      const { rateId, number } = identity.get(draft.mpn)!;
      return {
        planId,
        version,
        position,
        rateId,
        number,
        resourceId: resource.id,
        name: draft.name ?? resource.name,
        quantityMin: decimal(draft.quantityMin),
        quantityMax: decimal(draft.quantityMax),
        priceModel: draft.priceModel,
        chargeTypes: draft.chargeTypes,
        dependsOn: draft.dependsOn.map((mpn) => identity.get(mpn)!.rateId),
        mpn: resource.mpn,
        vendorCode: resource.vendorCode,
        serviceName: resource.serviceName,
      };
    });
  }

  async function createPlan(cause: Cause, account: Account, facts: NewPlan): Promise<Plan> {
    const product = await selectProduct(db, facts.productId);
    if (product?.rootId !== account.rootId) throw notFound('product', 'product_id');
    checkPlan(product, facts.terms, facts.rates);
    const terms = withPolicies(facts.terms);
    const at = cause.at.toString();
    const plan: Plan = {
      id: newId<'plan'>(),
      rootId: account.rootId,
      accountId: account.id,
      number: (await planNumbers.next()).toString(),
      productId: product.id,
      name: facts.name,
      shortDescription: facts.shortDescription,
      longDescription: facts.longDescription,
      status: facts.publish ? 'published' : 'draft',
      currentVersion: facts.publish ? 1 : 0,
      version: 1,
      createdAt: at,
      updatedAt: at,
    };
    const rates = await buildRates(account, product, plan.id, 1, facts.rates);
    return write({
      cause,
      of: account.id,
      subjectId: plan.id,
      answer: plan,
      writes: [
        { run: insertPlan(db, plan, rates.length), expect: 1 },
        {
          run: insertVersion(db, {
            planId: plan.id,
            version: 1,
            terms,
            rateCount: rates.length,
            publishedAt: facts.publish ? at : null,
          }),
          expect: 1,
        },
        { run: insertRates(db, rates), expect: rates.length },
      ],
      events: [
        {
          ownerId: account.id,
          type: facts.publish ? 'plan.published' : 'plan.created',
          subjectKind: 'plan',
          subjectId: plan.id,
          data: { name: plan.name, version: 1 },
        },
      ],
      constraints: {
        service_plans_account_id_name_key: taken(
          'catalog.plan_exists',
          'name',
          `You have a plan named ${plan.name} already.`,
        ),
      },
    });
  }

  async function ownPlan(
    account: Account,
    planId: PlanId,
  ): Promise<{ plan: Plan; rateCount: number; versions: number[] }> {
    const found = await selectPlan(db, planId);
    if (found?.plan.accountId !== account.id) throw notFound('plan');
    return found;
  }

  /** Adds a version to a plan of the account's own: published at once, so it is what is sold from now on, or as a draft. */
  async function addVersion(
    cause: Cause,
    account: Account,
    planId: PlanId,
    facts: Pick<NewPlan, 'terms' | 'rates' | 'publish'>,
  ): Promise<Plan> {
    const { plan, rateCount, versions } = await ownPlan(account, planId);
    refuseRetired(plan);
    const product = await selectProduct(db, plan.productId);
    if (product === undefined) throw notFound('product');
    checkPlan(product, facts.terms, facts.rates);
    const terms = withPolicies(facts.terms);
    const version = Math.max(...versions) + 1;
    const rates = await buildRates(account, product, planId, version, facts.rates);
    const changed: Plan = {
      ...plan,
      status: facts.publish ? 'published' : plan.status,
      currentVersion: facts.publish ? version : plan.currentVersion,
      version: plan.version + 1,
      updatedAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.id,
      subjectId: planId,
      answer: changed,
      writes: [
        {
          run: updatePlan(db, changed, facts.publish ? rates.length : rateCount),
          expect: 1,
          otherwise: versionMismatch('plan'),
        },
        {
          run: insertVersion(db, {
            planId,
            version,
            terms,
            rateCount: rates.length,
            publishedAt: facts.publish ? changed.updatedAt : null,
          }),
          expect: 1,
        },
        { run: insertRates(db, rates), expect: rates.length },
      ],
      events: [
        {
          ownerId: account.id,
          type: facts.publish ? 'plan.published' : 'plan.version_added',
          subjectKind: 'plan',
          subjectId: planId,
          data: { version },
        },
      ],
    });
  }

  async function publish(cause: Cause, account: Account, planId: PlanId, version: number): Promise<Plan> {
    const { plan } = await ownPlan(account, planId);
    refuseRetired(plan);
    if (version < plan.currentVersion) {
      throw new TierlineError(
        'catalog.version_superseded',
        'conflict',
        `Version ${plan.currentVersion} is published already. Add a new version instead of going back to ${version}.`,
        { field: 'version' },
      );
    }
    const rateCount = await selectVersionRateCount(db, planId, version);
    if (rateCount === undefined) throw notFound('plan version', 'version');
    const changed: Plan = {
      ...plan,
      status: 'published',
      currentVersion: version,
      version: plan.version + 1,
      updatedAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.id,
      subjectId: planId,
      answer: changed,
      writes: [
        { run: updatePlan(db, changed, rateCount), expect: 1, otherwise: versionMismatch('plan') },
        {
          run: publishVersion(db, planId, version, changed.updatedAt),
          expect: 1,
          otherwise: new TierlineError(
            'catalog.version_published',
            'conflict',
            'This version was published before. A published version never changes; add a new one.',
          ),
        },
      ],
      events: [
        { ownerId: account.id, type: 'plan.published', subjectKind: 'plan', subjectId: planId, data: { version } },
      ],
    });
  }

  async function retire(cause: Cause, account: Account, planId: PlanId): Promise<Plan> {
    const { plan, rateCount } = await ownPlan(account, planId);
    const changed: Plan = { ...plan, status: 'retired', version: plan.version + 1, updatedAt: cause.at.toString() };
    return write({
      cause,
      of: account.id,
      subjectId: planId,
      answer: changed,
      writes: [{ run: updatePlan(db, changed, rateCount), expect: 1, otherwise: versionMismatch('plan') }],
      events: [{ ownerId: account.id, type: 'plan.retired', subjectKind: 'plan', subjectId: planId, data: {} }],
    });
  }

  return {
    createPlan: repeatable(db, createPlan),
    addVersion: repeatable(db, addVersion),
    publish: repeatable(db, publish),
    retire: repeatable(db, retire),
  };
}
