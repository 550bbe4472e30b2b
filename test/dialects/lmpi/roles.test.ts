import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLmpi, refusal, type LmpiWorld } from './setup.ts';

// Who may call what, cell by cell: LMPI reference, part 2, 1.2, and the note of roles on each page.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
});
afterAll(() => lmpi.stop());

const roles = ['distributor', 'isp', 'msp', 'reseller'] as const;
type Role = (typeof roles)[number];
const both = ['v2', 'v3'] as const;
const tierOne = ['distributor', 'isp'] as const;
const tierOneAndMsp = [...tierOne, 'msp'] as const;

/** A customer, a subscription and a plan that nobody has. */
const nobodys = '0190f0e2-7b5c-7c3a-9d1e-2f3a4b5c6d7e';
const subscription = `/customers/${nobodys}/subscriptions/${nobodys}`;

/** An operation and its roles; who has it and sends nothing is told the member that is missing first (null: answered). */
type Operation = readonly [
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  versions: readonly ('v2' | 'v2.5' | 'v3')[],
  allowed: readonly Role[],
  told: string | null,
];

const operations: readonly Operation[] = [
  ['GET', '/partners/product', both, tierOneAndMsp, null],
  ['POST', '/partners/serviceplan', both, tierOneAndMsp, 'partner_id'],
  ['GET', '/me/serviceplans', both, roles, null],
  ['POST', '/partners', ['v2'], tierOne, 'partner.type'],
  ['POST', '/partners/onboarding', ['v3'], tierOne, 'company.type'],
  ['GET', '/partners/id', both, tierOne, null],
  ['POST', '/partners/credentials', ['v2'], tierOne, 'tenant_id'],
  ['POST', '/partners/credentials', ['v3'], tierOne, 'partner_id'],
  ['GET', '/partners/credentials/NOBODY', ['v2'], roles, 'tenant_id'],
  ['GET', '/partners/credentials/nobody', ['v3'], tierOneAndMsp, 'partner_id'],
  ['POST', '/partners/product', both, tierOne, 'partner_id'],
  ['POST', '/partners/remotemanager', both, tierOne, 'partner_id'],
  ['POST', `/customers/${nobodys}/subscriptions`, both, roles, 'customer_id'],
  ['GET', subscription, both, roles, 'customer_id'],
  ['PUT', subscription, both, roles, 'customer_id'],
  ['PUT', `${subscription}/disable`, both, roles, 'customer_id'],
  ['PUT', `${subscription}/suspend`, both, roles, 'customer_id'],
  ['PUT', `${subscription}/unsuspend`, both, roles, 'customer_id'],
  ['GET', `/customers/${nobodys}/serviceplan/${nobodys}/getid`, both, roles, 'customer_id'],
  ['GET', '/customers/subscriptions', ['v2.5'], roles, 'created_start'],
  ['POST', `/customers/${nobodys}/trend-vision-one-subscription`, ['v3'], roles, 'customer_id'],
  ['POST', '/customers', both, roles, 'company.name'],
  ['GET', '/customers', ['v2'], roles, 'user_modified_start'],
  ['GET', '/customers', ['v3'], roles, 'created_start'],
  ['PUT', '/customers/nobody', both, roles, 'customer_id'],
  ['PUT', '/customers/nobody/users/nobody', both, roles, 'customer_id'],
  ['GET', '/customers/nobody/users', both, roles, 'customer_id'],
  ['POST', '/reports/summary', both, tierOneAndMsp, 'report_cycle_year'],
  ['POST', '/reports/transactions', both, tierOneAndMsp, 'report_cycle_year'],
];

const cells = operations.flatMap(([method, path, versions, allowed, told]) =>
  versions.flatMap((version) =>
    roles.map((role) => {
      const may = allowed.includes(role) ? 'may' : 'may not';
      return [may, role, method, `/LMPI/${version}${path}`, told] as const;
    }),
  ),
);

it('has a cell for each role, version and operation', () => {
  expect(new Set(cells.map((cell) => cell.slice(1, 4).join(' '))).size).toBe(cells.length);
  expect(cells).toHaveLength(operations.flatMap(([, , versions]) => versions).length * roles.length);
  expect(cells.filter(([may]) => may === 'may not')).toHaveLength(29);
});

it.each(cells)('%s: %s %s %s', async (may, role, method, target, told) => {
  const answer = await lmpi.send(lmpi.credentials[role], { method, target });
  if (may === 'may not') expect(refusal(answer)).toEqual({ status: 403, subject: 'AccessDenied' });
  else if (told === null) expect(answer.status).toBe(200);
  // Let in, and told what is missing or wrong.
  else expect(refusal(answer)).toEqual({ status: 400, subject: `InvalidParameters${told}` });
});

it('a suspended partner reads and does not write; a closed one is nobody', async () => {
  const msp = await lmpi.msp(lmpi.partners.distributor, { name: 'In trouble' });
  const credential = await lmpi.credential(msp);
  const become = (status: 'suspended' | 'closed') =>
    lmpi.engine.accounts.change(lmpi.cause(), lmpi.top.id, msp.id, { status });
  await become('suspended');
  expect(await lmpi.get(credential, '/LMPI/v2/me/serviceplans')).toMatchObject({ status: 200 });
  const refused = await lmpi.post(credential, '/LMPI/v2/partners/serviceplan', {});
  expect(refusal(refused)).toEqual({ status: 403, subject: 'AccessDenied' });
  for (const [method, path, [version]] of operations.filter(([, at]) => at.startsWith('/customers'))) {
    const answer = await lmpi.send(credential, { method, target: `/LMPI/${version}${path}` });
    // What reads is let in, and told what is missing.
    expect(refusal(answer).status).toBe(method === 'GET' ? 400 : 403);
  }
  await become('closed');
  const closed = await lmpi.get(credential, '/LMPI/v2/me/serviceplans');
  expect(refusal(closed)).toEqual({ status: 401, subject: 'AuthenticationFailureAccessToken' });
});
