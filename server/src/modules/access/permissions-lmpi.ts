import type { AccountKind } from '../accounts/index.ts';

export type LmpiVersion = 'v2' | 'v2.5' | 'v3';

/** An operation of LMPI: which business roles have it in each version that knows it, and whether it stores anything. */
export type LmpiPermission = {
  readonly effect: 'read' | 'write';
  readonly describe: string;
  readonly lmpi: Readonly<Partial<Record<LmpiVersion, readonly AccountKind[]>>>;
};

const tierOne = ['distributor', 'isp'] as const satisfies readonly AccountKind[];
const tierOneAndMsp = [...tierOne, 'msp'] as const satisfies readonly AccountKind[];
const allPartners = [...tierOneAndMsp, 'reseller'] as const satisfies readonly AccountKind[];

const both = (effect: 'read' | 'write', describe: string, kinds: readonly AccountKind[]): LmpiPermission => ({
  effect,
  describe,
  lmpi: { v2: kinds, v3: kinds },
});

/**
 * The role table of LMPI (reference, part 1, 4, and part 2, 1.2, with the notes of roles on the pages). That an MSP sees
 * billing reports only under a distributor is for the reports to say, since it is no question of the role alone.
 */
export const lmpiPermissions = {
  'lmpi.customers.create': both('write', 'Customers :: Create', allPartners),
  'lmpi.customers.query': both('read', 'Customers :: Query', allPartners),
  'lmpi.customers.update': both('write', 'Customers :: Update', allPartners),
  'lmpi.users.update': both('write', 'Customers :: Users :: Update', allPartners),
  'lmpi.users.list': both('read', 'Customers :: Users :: List', allPartners),
  'lmpi.subscriptions.create': both('write', 'Customers :: Subscription :: Create', allPartners),
  'lmpi.subscriptions.get': both('read', 'Customers :: Subscription :: Get', allPartners),
  'lmpi.subscriptions.get_id': both('read', 'Customers :: Subscription :: GetID', allPartners),
  'lmpi.subscriptions.update': both('write', 'Customers :: Subscription :: Update', allPartners),
  'lmpi.subscriptions.disable': both('write', 'Customers :: Subscription :: Disable', allPartners),
  'lmpi.subscriptions.suspend': both('write', 'Customers :: Subscription :: Suspend', allPartners),
  'lmpi.subscriptions.unsuspend': both('write', 'Customers :: Subscription :: Unsuspend', allPartners),
  'lmpi.subscriptions.list': {
    effect: 'read',
    describe: 'Subscriptions :: List',
    lmpi: { 'v2.5': allPartners },
  },
  'lmpi.subscriptions.create_vision_one': {
    effect: 'write',
    describe: 'Trend Vision One subscription :: Create',
    lmpi: { v3: allPartners },
  },
  'lmpi.partners.create': { effect: 'write', describe: 'Partners :: Create', lmpi: { v2: tierOne } },
  'lmpi.partners.onboard': {
    effect: 'write',
    describe: 'Partners :: CreatePartnerOnboarding',
    lmpi: { v3: tierOne },
  },
  'lmpi.partners.id': both('read', 'Partners :: GetID', tierOne),
  'lmpi.partners.remote_manager': both('write', 'Partners :: Remote Manager :: Register', tierOne),
  'lmpi.credentials.create': both('write', 'Partners :: Credentials :: Create', tierOne),
  'lmpi.credentials.query': {
    effect: 'read',
    describe: 'Partners :: Credentials :: Query',
    lmpi: { v2: allPartners, v3: tierOneAndMsp },
  },
  'lmpi.products.list': both('read', 'Partners :: Product :: List', tierOneAndMsp),
  'lmpi.products.assign': both('write', 'Partners :: Product :: Assign', tierOne),
  'lmpi.serviceplans.create': both('write', 'Partners :: Service Plan :: Create', tierOneAndMsp),
  'lmpi.serviceplans.list': both('read', 'Partners :: Service Plan :: List', allPartners),
  'lmpi.reports.summary': both('read', 'Report :: Customer :: Summary', tierOneAndMsp),
  'lmpi.reports.transactions': both('read', 'Report :: Customer :: Transaction', tierOneAndMsp),
  'lmpi.reports.billing': both('read', 'Report :: Billing :: Summary', tierOneAndMsp),
  'lmpi.reports.billing_details': both('read', 'Report :: Billing :: Details', tierOneAndMsp),
} satisfies Record<string, LmpiPermission>;
