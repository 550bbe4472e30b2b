import { manualClock, type AccountId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import {
  accountKinds,
  type Account,
  type AccountKind,
  type AccountNode,
  type AccountStatus,
} from '../accounts/index.ts';
import {
  authorize,
  authorizeLmpi,
  isAllowed,
  operations,
  permissions,
  permissionsMarkdown,
  type Operation,
} from './permissions.ts';
import { mayGrant, roles, type Principal, type Role } from './principal.ts';

const at = manualClock('2026-03-01T00:00:00Z').now().toString();

function anAccount(kind: AccountKind, status: AccountStatus, id: string): Account {
  const accountId = id as AccountId;
  return {
    id: accountId,
    parentId: null,
    rootId: accountId,
    path: [accountId],
    sandboxId: null,
    kind,
    name: id,
    currency: 'USD',
    timeZone: 'UTC',
    country: 'US',
    language: 'en',
    status,
    number: '1',
    tenantId: null,
    externalId: null,
    buyerGroup: null,
    billingCurrency: null,
    priceFloor: 'none',
    dataCenter: null,
    remoteManager: false,
    visionOne: false,
    profile: {},
    company: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

function aPrincipal(role: Role, kind: AccountKind, statuses: AccountStatus[] = ['active']): Principal {
  const chain = statuses.map((status, index) => anAccount(kind, status, `account-${index}`));
  const account = chain.at(-1)!;
  const node: AccountNode = { account, chain, cells: [], sandbox: null };
  return { accountId: account.id, node, role, actor: 'user:1', surface: 'api', credentialId: '1' };
}

type Own = Exclude<Operation, `lmpi.${string}`>;
const own = operations.filter((operation): operation is Own => !operation.startsWith('lmpi.'));

/** The matrix as the generated page tells it to people, read back from its text. */
function readPage() {
  const rows = permissionsMarkdown()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '));
  return {
    own: rows.filter((row) => !row[0]!.startsWith('`lmpi.')),
    lmpi: rows.filter((row) => row[0]!.startsWith('`lmpi.')),
  };
}

describe('what the page says is what happens', () => {
  test('it has a row for every operation', () => {
    expect(readPage().own.map(([name]) => name)).toEqual(own.map((operation) => `\`${operation}\``));
    expect(readPage().own.length).toBeGreaterThan(40);
  });

  test.each(readPage().own)('%s', (name, _what, ...marks) => {
    const operation = own.find((each) => `\`${each}\`` === name)!;
    const kinds = marks.at(-2) === 'all' ? accountKinds : marks.at(-2)!.split(', ');
    for (const [column, role] of roles.entries()) {
      for (const kind of accountKinds) {
        const allowed = marks[column] === 'yes' && kinds.includes(kind);
        const principal = aPrincipal(role, kind);
        expect(isAllowed(principal, operation)).toBe(allowed);
        if (allowed) authorize(principal, operation);
        else {
          const code = marks[column] === 'yes' ? 'access.kind_not_allowed' : 'access.not_allowed';
          expect(() => authorize(principal, operation)).toThrow(expect.objectContaining({ code, kind: 'forbidden' }));
        }
        const suspended = marks.at(-1) === 'yes' && allowed;
        expect(isAllowed(aPrincipal(role, kind, ['active', 'suspended']), operation)).toBe(suspended);
        expect(isAllowed(aPrincipal(role, kind, ['suspended', 'active']), operation)).toBe(suspended);
        expect(isAllowed(aPrincipal(role, kind, ['active', 'closed', 'active']), operation)).toBe(false);
      }
    }
  });

  test('LMPI operations go by the kind of account, for each version', () => {
    const rows = readPage().lmpi;
    expect(rows).toHaveLength(24 * 2 + 4);
    for (const [name, version, _what, ...marks] of rows) {
      for (const [column, kind] of accountKinds.entries()) {
        const call = () => authorizeLmpi(aPrincipal('admin', kind), name!.slice(1, -1) as never, version as never);
        if (marks[column] === 'yes') call();
        else expect(call).toThrow(expect.objectContaining({ code: 'access.kind_not_allowed' }));
      }
    }
  });

  test('a version that does not have an operation allows it to nobody', () => {
    for (const kind of accountKinds) {
      expect(() => authorizeLmpi(aPrincipal('owner', kind), 'lmpi.products.list', 'v2.5')).toThrow('does not have');
    }
  });
});

// What the table must say whoever edits it: written by hand, not derived from it.
describe('the table', () => {
  const allowedTo = (role: Role) => new Set(own.filter((operation) => permissions[operation].roles.includes(role)));

  test('read_only changes nothing and sees no credentials', () => {
    for (const operation of allowedTo('read_only')) {
      expect(permissions[operation].effect).toBe('read');
      expect(operation).not.toMatch(/^(keys|credentials|simpleapi_users)\./);
    }
    expect(allowedTo('read_only')).toContain('subscriptions.read');
  });

  test('only owners and admins touch what lets somebody act, the catalog and its prices', () => {
    const guarded =
      /^(keys|credentials|simpleapi_users)\.|^users\.(create|change)|^accounts\.(create|change|close)|\.(write|publish|retire|mint|assign|import)$/;
    for (const role of ['sales', 'billing', 'support', 'read_only'] as const) {
      expect([...allowedTo(role)].filter((operation) => guarded.test(operation))).toEqual([]);
    }
  });

  test('an owner may do all, an admin all but close accounts', () => {
    expect([...allowedTo('owner')]).toEqual(own);
    expect(own.filter((operation) => !allowedTo('admin').has(operation))).toEqual(['accounts.close']);
  });

  test('sales sells and changes, support mends and pauses, billing reads and reports', () => {
    const writes = (role: Role) =>
      [...allowedTo(role)].filter((operation) => permissions[operation].effect === 'write');
    const life = own.filter((operation) => /^subscriptions\.(?!(read|transfer)$)/.test(operation));
    expect(life).toHaveLength(12);
    const customers = ['customers.create', 'customers.change', 'customer_users.change'];
    const orders = ['orders.place', 'orders.cancel', 'orders.preview', 'orders.change'];
    expect(writes('sales')).toEqual([...customers, ...orders, ...life, 'usage.report', 'reports.run']);
    const pauses = ['subscriptions.suspend', 'subscriptions.resume'];
    expect(writes('support')).toEqual([
      'customers.change',
      'customer_users.change',
      ...pauses,
      'usage.report',
      'provisioning.acknowledge',
    ]);
    const reviews = ['billing_reports.review', 'billing_reports.terms', 'billing_reports.settle'];
    expect(writes('billing')).toEqual(['reports.set_up', 'reports.run', ...reviews]);
  });

  test('what is made at the provider is made there only, and resellers make no plans', () => {
    const provider = own.filter((operation) => permissions[operation].kinds?.join() === 'provider');
    expect(provider).toEqual([
      'vendors.write',
      'products.write',
      'resources.read',
      'resources.write',
      'pools.mint',
      'catalog.import',
      'billing_reports.settle',
      'provisioning.acknowledge',
    ]);
    expect(isAllowed(aPrincipal('owner', 'reseller'), 'plans.create')).toBe(false);
    expect(isAllowed(aPrincipal('owner', 'msp'), 'plans.create')).toBe(true);
  });

  test('the business roles of LMPI are those of its reference page', () => {
    const tierOne = ['distributor', 'isp'];
    const upToMsp = [...tierOne, 'msp'];
    const all = [...upToMsp, 'reseller'];
    // Names that both versions have, as the page lists them; the others are told below.
    const expected: Record<string, unknown> = {
      ...Object.fromEntries(
        ['customers', 'users', 'subscriptions'].flatMap((things) =>
          ['create', 'query', 'update', 'list', 'get', 'get_id', 'disable', 'suspend', 'unsuspend']
            .map((action) => `lmpi.${things}.${action}`)
            .filter((name) => operations.includes(name as Operation))
            .map((name) => [name, { v2: all, v3: all }]),
        ),
      ),
      'lmpi.subscriptions.list': { 'v2.5': all },
      'lmpi.subscriptions.create_vision_one': { v3: all },
      'lmpi.partners.create': { v2: tierOne },
      'lmpi.partners.onboard': { v3: tierOne },
      'lmpi.partners.id': { v2: tierOne, v3: tierOne },
      'lmpi.partners.remote_manager': { v2: tierOne, v3: tierOne },
      'lmpi.credentials.create': { v2: tierOne, v3: tierOne },
      'lmpi.credentials.query': { v2: all, v3: upToMsp },
      'lmpi.products.list': { v2: upToMsp, v3: upToMsp },
      'lmpi.products.assign': { v2: tierOne, v3: tierOne },
      'lmpi.serviceplans.create': { v2: upToMsp, v3: upToMsp },
      'lmpi.serviceplans.list': { v2: all, v3: all },
      'lmpi.reports.summary': { v2: upToMsp, v3: upToMsp },
      'lmpi.reports.transactions': { v2: upToMsp, v3: upToMsp },
      'lmpi.reports.billing': { v2: upToMsp, v3: upToMsp },
      'lmpi.reports.billing_details': { v2: upToMsp, v3: upToMsp },
    };
    const found = operations.filter((operation) => operation.startsWith('lmpi.'));
    expect(Object.fromEntries(found.map((operation) => [operation, permissions[operation].lmpi]))).toEqual(expected);
  });

  test('a refusal names the operation, the role and the roles that would do', () => {
    expect(() => authorize(aPrincipal('billing', 'msp'), 'orders.place')).toThrow(
      expect.objectContaining({
        message: 'The role billing does not allow orders.place.',
        details: { operation: 'orders.place', role: 'billing', allowed_roles: ['owner', 'admin', 'sales'] },
      }),
    );
  });
});

test('nobody hands out a role above their own', () => {
  const [mine, below] = ['a', 'b'] as [AccountId, AccountId];
  for (const role of roles) {
    expect(mayGrant({ accountId: mine, role: 'owner' }, mine, role)).toBe(true);
    expect(mayGrant({ accountId: mine, role: 'admin' }, mine, role)).toBe(role !== 'owner');
    expect(mayGrant({ accountId: mine, role: 'admin' }, below, role)).toBe(true);
    for (const small of ['sales', 'billing', 'support', 'read_only'] as const) {
      expect(mayGrant({ accountId: mine, role: small }, below, role)).toBe(false);
    }
  }
});
