import { TierlineError } from '@tierline/kernel';
import { accountKinds, statusAccess, type AccountKind, type AccountStatus } from '../accounts/index.ts';
import { lmpiPermissions, type LmpiPermission, type LmpiVersion } from './permissions-lmpi.ts';
import { effectiveStatus, roles, type Principal, type Role } from './principal.ts';

export type { LmpiVersion } from './permissions-lmpi.ts';

export type Permission = {
  readonly roles: readonly Role[];
  /** Kinds of accounts that may do it at all; not given: every kind. */
  readonly kinds?: readonly AccountKind[];
  /** An operation of LMPI instead names the business roles of each version that has it. */
  readonly lmpi?: LmpiPermission['lmpi'];
  /** A suspended account may only read. */
  readonly effect: 'read' | 'write';
  readonly describe: string;
};

const everyone = roles;
const administrators = ['owner', 'admin'] as const satisfies readonly Role[];
const sellers = ['owner', 'admin', 'sales'] as const satisfies readonly Role[];
const billing = ['owner', 'admin', 'billing'] as const satisfies readonly Role[];
const provider = ['provider'] as const satisfies readonly AccountKind[];
// Resellers sell the plans they are given and make none (LMPI reference, part 1, 4).
const planMakers = ['provider', 'distributor', 'isp', 'msp'] as const satisfies readonly AccountKind[];

const read = (describe: string, who: readonly Role[] = everyone): Permission => ({
  roles: who,
  effect: 'read',
  describe,
});
const write = (describe: string, who: readonly Role[], kinds?: readonly AccountKind[]): Permission => ({
  roles: who,
  ...(kinds === undefined ? {} : { kinds }),
  effect: 'write',
  describe,
});

/**
 * Who may do what: the one table. Whatever it allows is allowed within the caller's account and below only; where the
 * thing stands is checked by the use case, and a thing of another tenant is not found.
 */
const table = {
  'accounts.read': read('See the account and those below it'),
  'accounts.create': write('Add an account below', administrators),
  'accounts.change': write('Change facts of an account, suspend and resume it', administrators),
  'accounts.close': write('Close an account, which is final', ['owner']),
  'users.read': read('See users and their roles'),
  'users.create': write('Add a user; an owner only by an owner or from above', administrators),
  'users.change': write('Change, disable and enable a user, and their roles', administrators),
  // A password is its person's, not the account's: nobody is kept from changing one that became known.
  'users.own_password': read('Change the own password'),
  'keys.read': read('See API keys, without the key itself', administrators),
  'keys.create': write('Create an API key; of role owner only by an owner or from above', administrators),
  'keys.revoke': write('Revoke an API key', administrators),
  'credentials.read': read('See LMPI credentials with their secret keys', administrators),
  'credentials.create': write('Create LMPI credentials', administrators),
  'credentials.revoke': write('Revoke LMPI credentials', administrators),
  'simpleapi_users.read': read('See SimpleAPI users', administrators),
  'simpleapi_users.create': write('Create a SimpleAPI user', administrators),
  'simpleapi_users.limit': write('Limit the calls of a SimpleAPI key of an account below', administrators),
  'simpleapi_users.revoke': write('Revoke a SimpleAPI user', administrators),
  'vendors.read': read('See vendors'),
  'vendors.write': write('Add and change vendors', administrators, provider),
  'products.read': read('See products'),
  'products.write': write('Add and change products', administrators, provider),
  'resources.read': { ...read('See resources with their MPNs'), kinds: provider },
  'resources.write': write('Add and change resources', administrators, provider),
  'plans.read': read('See service plans and their versions'),
  'plans.create': write('Create a service plan or a version of one', administrators, planMakers),
  'plans.publish': write('Publish a version of a service plan', administrators, planMakers),
  'plans.retire': write('Retire a service plan', administrators, planMakers),
  'delegations.read': read('See which plans are delegated to whom'),
  'delegations.write': write('Delegate a plan to an account below, change or revoke a delegation', administrators),
  'prices.read': read('See price lists, own costs and own prices'),
  'prices.write': write('Change own price lists', administrators),
  'exchange_rates.read': read('See exchange rates'),
  'exchange_rates.write': write('Set exchange rates', administrators),
  'prices.explain': read('See where a price comes from'),
  'pools.read': read('See license pools'),
  'pools.assign': write('Assign licenses of the own pool to an account below', administrators),
  'pools.mint': write('Put new licenses into the own pool', administrators, provider),
  'pools.refill': write('Refill an own license pool where that is allowed', administrators),
  'pools.set': write('Set how a license pool of the account or of one directly below is refilled', administrators),
  'catalog.read': read('See the catalog as the account sells it'),
  'catalog.import': write('Import a catalog from a file', administrators, provider),
  'catalog.export': read('Export the catalog to a file', sellers),
  'customers.read': read('See customers'),
  'customers.create': write('Add a customer', sellers),
  'customers.change': write('Change a customer', [...sellers, 'support']),
  'customer_users.read': read('See who signs in for a customer'),
  'customer_users.change': write('Change, disable and enable who signs in for a customer', [...sellers, 'support']),
  'orders.read': read('See orders and their charges'),
  'orders.place': write('Place an order', sellers),
  // A preview is refused whenever the order itself would be.
  'orders.cancel': write('Cancel an order that its vendor has not begun with', sellers),
  'orders.preview': write('Preview an order', sellers),
  'orders.change': write('Cancel an order that has not ended, and change what is checked of it', sellers),
  'subscriptions.read': read('See subscriptions, what is planned for them and what happened to them'),
  // Each of these also allows to preview it, and to plan it for later.
  'subscriptions.change': write('Change quantities and products of a subscription', sellers),
  'subscriptions.switch': write('Switch a subscription to another plan', sellers),
  'subscriptions.renew': write('Renew a subscription', sellers),
  'subscriptions.cancel': write('Cancel a subscription', sellers),
  'subscriptions.suspend': write('Suspend a subscription', [...sellers, 'support']),
  'subscriptions.resume': write('Resume a suspended subscription', [...sellers, 'support']),
  'subscriptions.expiry': write('Move the end of a term', sellers),
  'subscriptions.convert': write('Turn a trial into a paid subscription', sellers),
  'subscriptions.prices': write('Set special prices for a subscription', sellers),
  'subscriptions.move': write('Move a part of a subscription into another', sellers),
  'subscriptions.transfer': write('Move a subscription or a customer to another partner', administrators),
  'subscriptions.details': write('Change how a subscription renews, and its attributes', sellers),
  'subscriptions.intents': write('Change and take back what is planned for a subscription', sellers),
  'usage.read': read('See how much of licenses is used'),
  'usage.report': write('Report usage of licenses', [...sellers, 'support']),
  'reports.read': read('See report generators and reports, and download files'),
  'reports.set_up': write('Set up and change report generators', billing),
  'reports.run': write('Ask for a report once', [...sellers, 'billing']),
  'billing_reports.read': read('See billing reports, their lines and their history'),
  // A suspended partner can still say what of the past month is to be charged for (LMPI reference, part 2, 7.5).
  'billing_reports.prepare': { ...write('Edit and submit an own billing report', billing), effect: 'read' },
  'billing_reports.review': write('Approve and reject billing reports of partners', billing),
  'billing_reports.terms': write('Set what partners are asked for in billing reports', billing),
  'billing_reports.settle': write('Complete and return approved billing reports', billing, provider),
  'events.read': read('See what happened'),
  'sandboxes.read': read('See the sandboxes that the account made', administrators),
  'sandboxes.create': write('Make a sandbox: a channel tree with its own clock', administrators),
  'sandboxes.advance': write('Advance the clock of a sandbox', administrators),
  'provisioning.acknowledge': write(
    'Say that a subscription was provisioned, or could not be',
    [...administrators, 'support'],
    provider,
  ),
} satisfies Record<string, Permission>;

export type LmpiOperation = keyof typeof lmpiPermissions;
export type Operation = keyof typeof table | LmpiOperation;

export const permissions: Readonly<Record<Operation, Permission>> = { ...table, ...ofAdministrators(lmpiPermissions) };
export const operations = Object.keys(permissions) as readonly Operation[];

/** LMPI has no users: its credentials act in the role admin, and what they may do depends on the kind of their account. */
function ofAdministrators(rows: Readonly<Record<LmpiOperation, LmpiPermission>>): Record<LmpiOperation, Permission> {
  const entries = Object.entries(rows).map(([operation, row]) => [operation, { roles: administrators, ...row }]);
  return Object.fromEntries(entries) as Record<LmpiOperation, Permission>;
}

/** Whether the text names an operation of the table that is not LMPI's alone. */
export function isOwnOperation(name: string): name is Exclude<Operation, LmpiOperation> {
  return Object.hasOwn(table, name);
}

/** Throws a refusal of kind forbidden unless the table lets the principal do it. */
export function authorize(principal: Principal, operation: Exclude<Operation, LmpiOperation>): void {
  check(principal, operation, permissions[operation].kinds);
}

/** The same for an operation of LMPI, whose business roles depend on the version called. */
export function authorizeLmpi(principal: Principal, operation: LmpiOperation, version: LmpiVersion): void {
  check(principal, operation, permissions[operation].lmpi?.[version] ?? []);
}

/** For what is shown or hidden rather than refused. */
export function isAllowed(principal: Principal, operation: Exclude<Operation, LmpiOperation>): boolean {
  return refusalOf(principal, operation, permissions[operation].kinds) === undefined;
}

function check(principal: Principal, operation: Operation, kinds: readonly AccountKind[] | undefined): void {
  const refusal = refusalOf(principal, operation, kinds);
  if (refusal !== undefined) throw refusal();
}

/** Lazily, because an error with its stack costs more than all the checks. */
function refusalOf(
  principal: Principal,
  operation: Operation,
  kinds: readonly AccountKind[] | undefined,
): (() => TierlineError) | undefined {
  const permission = permissions[operation];
  const { kind } = principal.node.account;
  if (!permission.roles.includes(principal.role)) return () => roleNotAllowed(principal.role, operation, permission);
  if (kinds !== undefined && !kinds.includes(kind)) return () => kindNotAllowed(kind, operation, kinds);
  const status = effectiveStatus(principal.node);
  const access = statusAccess[status];
  if (access === 'none') return () => accountClosed(status);
  if (access === 'read' && permission.effect === 'write') return () => accountSuspended(operation, status);
  return undefined;
}

function roleNotAllowed(role: Role, operation: Operation, permission: Permission): TierlineError {
  return new TierlineError('access.not_allowed', 'forbidden', `The role ${role} does not allow ${operation}.`, {
    details: { operation, role, allowed_roles: permission.roles },
  });
}

function kindNotAllowed(kind: AccountKind, operation: Operation, kinds: readonly AccountKind[]): TierlineError {
  return new TierlineError(
    'access.kind_not_allowed',
    'forbidden',
    `An account of kind ${kind} does not have ${operation}.`,
    {
      details: { operation, kind, allowed_kinds: kinds },
    },
  );
}

function accountSuspended(operation: Operation, status: AccountStatus): TierlineError {
  return new TierlineError(
    'access.account_suspended',
    'forbidden',
    `The account, or one above it, is ${status}: it can be read, but ${operation} is not possible.`,
    { details: { operation } },
  );
}

export function accountClosed(status: AccountStatus = 'closed'): TierlineError {
  const how = status === 'error' ? 'in error; ask whoever runs it' : status;
  return new TierlineError('access.account_closed', 'forbidden', `The account, or one above it, is ${how}.`);
}

/** docs/reference/permissions.md. */
export function permissionsMarkdown(): string {
  const ownRows = operations
    .filter((operation) => permissions[operation].lmpi === undefined)
    .map((operation) => {
      const { roles: allowed, kinds, effect, describe } = permissions[operation];
      const marks = roles.map((role) => (allowed.includes(role) ? 'yes' : '-'));
      return `| \`${operation}\` | ${describe} | ${marks.join(' | ')} | ${kinds?.join(', ') ?? 'all'} | ${effect === 'read' ? 'yes' : '-'} |`;
    });
  const lmpiRows = operations.flatMap((operation) =>
    Object.entries(permissions[operation].lmpi ?? {}).map(([version, kinds]) => {
      const marks = accountKinds.map((kind) => (kinds.includes(kind) ? 'yes' : '-'));
      return `| \`${operation}\` | ${version} | ${permissions[operation].describe} | ${marks.join(' | ')} |`;
    }),
  );
  return [
    '<!-- Generated by `npm run generate` from the source. Do not edit. -->',
    '',
    '# Permissions',
    '',
    'A role is held in one account and covers that account and everything below it. What is elsewhere is not found.',
    'A suspended or pending account, and everything below it, can only do what the last column allows; a closed one or one in error can do nothing.',
    'LMPI credentials and SimpleAPI users act in the role admin.',
    '',
    `| Operation | What | ${roles.join(' | ')} | Kinds of accounts | While suspended |`,
    `| --- | --- | ${roles.map(() => '---').join(' | ')} | --- | --- |`,
    ...ownRows,
    '',
    '## LMPI',
    '',
    'What a credential may call depends on the kind of its account and on the version called.',
    '',
    `| Operation | Version | What | ${accountKinds.join(' | ')} |`,
    `| --- | --- | --- | ${accountKinds.map(() => '---').join(' | ')} |`,
    ...lmpiRows,
    '',
  ].join('\n');
}
