import {
  decimal,
  newId,
  notFound,
  versionMismatch,
  TierlineError,
  type AccountId,
  type PlanId,
  type RateId,
} from '@tierline/kernel';
import {
  commit,
  once,
  type Cause,
  type Commit,
  type Database,
  type Numbers,
  type Revisions,
} from '../../platform/db/index.ts';
import { isWithin, type Account, type Directory } from '../accounts/index.ts';
import type { Delegation, Plan, PlanTerms, Product, Rate, Resource, Vendor } from './catalog.ts';
import { checkPlan, type RateDraft } from './plan.ts';
import {
  insertCodes,
  insertPlan,
  insertProduct,
  insertRates,
  insertResource,
  insertSuiteParts,
  insertVendor,
  insertVersion,
  publishVersion,
  updatePlan,
  upsertDelegation,
} from './store.ts';
import {
  selectDelegation,
  selectPlan,
  selectProduct,
  selectResourcesByMpn,
  selectVendor,
  selectVersionRateCount,
  selectVersionRateIds,
} from './store-lists.ts';

export type CatalogService = ReturnType<typeof catalogService>;

type Dependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly revisions: Revisions;
  readonly planNumbers: Numbers;
  readonly rateNumbers: Numbers;
};

export type NewVendor = Pick<Vendor, 'code' | 'name' | 'provisioning' | 'webhookUrl'> & {
  readonly webhookSecretEncrypted?: Buffer | null;
};
export type NewProduct = Omit<Product, 'id' | 'rootId' | 'status' | 'version' | 'createdAt'>;
export type NewResource = Pick<Resource, 'productId' | 'mpn' | 'name' | 'unitType'>;
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

/** Use cases of the catalog. Callers have authorized the actor; `account` is who it acts for. */
export function catalogService({ db, directory, revisions, planNumbers, rateNumbers }: Dependencies) {
  async function write<Answer>(work: Omit<Commit<Answer>, 'revise'> & { readonly of: AccountId }): Promise<Answer> {
    const answer = await commit(db, { ...work, revise: [{ accountId: work.of, what: 'catalog' }] });
    await revisions.refresh();
    return answer;
  }

  async function createVendor(cause: Cause, account: Account, facts: NewVendor): Promise<Vendor> {
    const { webhookSecretEncrypted = null, ...rest } = facts;
    const vendor: Vendor = {
      ...rest,
      id: newId<'vendor'>(),
      rootId: account.rootId,
      version: 1,
      createdAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.rootId,
      subjectId: vendor.id,
      answer: vendor,
      writes: [{ run: insertVendor(db, vendor, webhookSecretEncrypted), expect: 1 }],
      events: [
        {
          ownerId: account.rootId,
          type: 'vendor.created',
          subjectKind: 'vendor',
          subjectId: vendor.id,
          data: { code: vendor.code },
        },
      ],
      constraints: {
        vendors_root_id_code_key: taken('catalog.vendor_exists', 'code', `There is a vendor ${vendor.code} already.`),
      },
    });
  }

  async function createProduct(cause: Cause, account: Account, facts: NewProduct): Promise<Product> {
    const vendor = await selectVendor(db, facts.vendorId);
    if (vendor?.rootId !== account.rootId) throw notFound('vendor', 'vendor_id');
    const product: Product = {
      ...facts,
      id: newId<'product'>(),
      rootId: account.rootId,
      status: 'active',
      version: 1,
      createdAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.rootId,
      subjectId: product.id,
      answer: product,
      writes: [
        { run: insertProduct(db, product), expect: 1 },
        ...(product.parts.length > 0 ? [{ run: insertSuiteParts(db, product), expect: product.parts.length }] : []),
      ],
      events: [
        {
          ownerId: account.rootId,
          type: 'product.created',
          subjectKind: 'product',
          subjectId: product.id,
          data: { code: product.code, name: product.name },
        },
      ],
      constraints: {
        products_root_id_code_key: taken(
          'catalog.product_exists',
          'code',
          `There is a product ${product.code} already.`,
        ),
        suite_parts_product_id_fkey: notFound('product', 'parts'),
      },
    });
  }

  async function createResource(cause: Cause, account: Account, facts: NewResource): Promise<Resource> {
    const product = await selectProduct(db, facts.productId);
    if (product?.rootId !== account.rootId) throw notFound('product', 'product_id');
    const resource: Resource = {
      ...facts,
      id: newId<'resource'>(),
      rootId: account.rootId,
      vendorId: product.vendorId,
      version: 1,
      createdAt: cause.at.toString(),
    };
    return write({
      cause,
      of: account.rootId,
      subjectId: resource.id,
      answer: resource,
      writes: [{ run: insertResource(db, resource), expect: 1 }],
      events: [
        {
          ownerId: account.rootId,
          type: 'resource.created',
          subjectKind: 'resource',
          subjectId: resource.id,
          data: { mpn: resource.mpn },
        },
      ],
      constraints: {
        resources_vendor_id_mpn_key: taken(
          'catalog.resource_exists',
          'mpn',
          `This vendor has a resource ${resource.mpn} already.`,
        ),
      },
    });
  }

  async function defineCodes(
    cause: Cause,
    account: Account,
    table: 'data_centers' | 'unit_types',
    codes: readonly { code: string; name: string }[],
  ) {
    return write({
      cause,
      of: account.rootId,
      subjectId: account.rootId,
      answer: codes,
      writes: [{ run: insertCodes(db, table, account.rootId, codes) }],
      events: [
        {
          ownerId: account.rootId,
          type: `${table}.defined`,
          subjectKind: 'account',
          subjectId: account.rootId,
          data: { codes },
        },
      ],
    });
  }

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
            terms: facts.terms,
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
    const product = await selectProduct(db, plan.productId);
    if (product === undefined) throw notFound('product');
    checkPlan(product, facts.terms, facts.rates);
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
            terms: facts.terms,
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
    if (plan.status === 'retired')
      throw new TierlineError(
        'catalog.plan_retired',
        'conflict',
        'A retired plan is not published again. Make a new one.',
      );
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

  /** Passes a plan on to an account directly below, changes what was passed on, or takes it back. */
  async function delegate(
    cause: Cause,
    seller: Account,
    buyerId: AccountId,
    planId: PlanId,
    wanted: Partial<Pick<Delegation, 'status' | 'name' | 'shortDescription' | 'priceFloor'>>,
  ): Promise<Delegation> {
    const { account: buyer } = await directory.get(buyerId).catch(() => ({ account: undefined }));
    if (buyer?.parentId !== seller.id) throw notFound('account', 'account_id');
    const found = await selectPlan(db, planId);
    if (found === undefined || !isWithin(seller, found.plan.accountId)) throw notFound('plan', 'plan_id');
    const own = found.plan.accountId === seller.id ? 'own' : (await selectDelegation(db, seller.id, planId))?.status;
    if (own !== 'own' && own !== 'active') throw notFound('plan', 'plan_id');
    const current = await selectDelegation(db, buyerId, planId);
    const at = cause.at.toString();
    const changed: Delegation = {
      accountId: buyerId,
      planId,
      status: wanted.status ?? 'active',
      name: wanted.name ?? current?.name ?? null,
      shortDescription: wanted.shortDescription ?? current?.shortDescription ?? null,
      priceFloor: wanted.priceFloor ?? current?.priceFloor ?? 'none',
      version: (current?.version ?? 0) + 1,
      createdAt: current?.createdAt ?? at,
      updatedAt: at,
    };
    return write({
      cause,
      of: buyerId,
      subjectId: planId,
      answer: changed,
      writes: [{ run: upsertDelegation(db, changed), expect: 1, otherwise: versionMismatch('delegation') }],
      events: [
        {
          ownerId: buyerId,
          type: changed.status === 'active' ? 'plan.delegated' : 'plan.delegation_revoked',
          subjectKind: 'plan',
          subjectId: planId,
          data: { seller_id: seller.id },
        },
      ],
    });
  }

  const repeatable =
    <Input extends readonly unknown[], Answer>(work: (cause: Cause, ...input: Input) => Promise<Answer>) =>
    (cause: Cause, ...input: Input): Promise<Answer> =>
      once(db, cause, () => work(cause, ...input));

  return {
    createVendor: repeatable(createVendor),
    createProduct: repeatable(createProduct),
    createResource: repeatable(createResource),
    defineCodes: repeatable(defineCodes),
    createPlan: repeatable(createPlan),
    addVersion: repeatable(addVersion),
    publish: repeatable(publish),
    retire: repeatable(retire),
    delegate: repeatable(delegate),
  };
}
