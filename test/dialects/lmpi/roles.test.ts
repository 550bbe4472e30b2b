import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLmpi, refusal, type LmpiWorld } from './setup.ts';

// Who may call what, cell by cell: LMPI reference, part 2, 1.2, and the note of roles on each page.

let lmpi: LmpiWorld;
beforeAll(async () => {
  lmpi = await openLmpi();
});
afterAll(() => lmpi.stop());

const operations = [
  ['GET', '/partners/product', { distributor: true, isp: true, msp: true, reseller: false }],
  ['POST', '/partners/serviceplan', { distributor: true, isp: true, msp: true, reseller: false }],
  ['GET', '/me/serviceplans', { distributor: true, isp: true, msp: true, reseller: true }],
] as const;

const cells = operations.flatMap(([method, path, allowed]) =>
  (['v2', 'v3'] as const).flatMap((version) =>
    (['distributor', 'isp', 'msp', 'reseller'] as const).map(
      (role) => [allowed[role] ? 'may' : 'may not', role, method, `/LMPI/${version}${path}`] as const,
    ),
  ),
);

it('has a cell for each role, version and operation', () => {
  expect(cells).toHaveLength(3 * 2 * 4);
  expect(cells.filter(([may]) => may === 'may not')).toHaveLength(4);
});

it.each(cells)('%s: %s %s %s', async (may, role, method, target) => {
  const answer = await lmpi.send(lmpi.credentials[role], { method, target });
  if (may === 'may not') expect(refusal(answer)).toEqual({ status: 403, subject: 'AccessDenied' });
  else if (method === 'GET') expect(answer.status).toBe(200);
  // Let in, and told what is missing.
  else expect(refusal(answer)).toEqual({ status: 400, subject: 'InvalidParameterspartner_id' });
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
  await become('closed');
  const closed = await lmpi.get(credential, '/LMPI/v2/me/serviceplans');
  expect(refusal(closed)).toEqual({ status: 401, subject: 'AuthenticationFailureAccessToken' });
});
