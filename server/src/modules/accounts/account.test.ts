import { isTierlineError, newId, type AccountId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import {
  accountKinds,
  accountStatuses,
  checkFacts,
  checkStatusChange,
  childKinds,
  isWithin,
  tenantIdFrom,
  type AccountFacts,
  type AccountKind,
} from './account.ts';

const facts: AccountFacts = {
  kind: 'reseller',
  name: 'Amber Cloud',
  currency: 'EUR',
  timeZone: 'Europe/Berlin',
  country: 'DE',
  language: 'de',
};

function reasonsOf(work: () => void): string[] {
  try {
    work();
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'invalid') return error.reasons.map((r) => `${r.field} ${r.code}`);
    throw error;
  }
  return [];
}

test('all reasons at once', () => {
  const wrong = { ...facts, kind: 'isp' as const, currency: 'EURO', timeZone: '+02:00', country: 'de' };
  expect(reasonsOf(() => checkFacts(wrong, { kind: 'msp' }))).toEqual([
    'kind accounts.kind_not_allowed',
    'currency accounts.unknown_currency',
    'time_zone accounts.unknown_time_zone',
    'country accounts.unknown_country',
  ]);
});

test('a root is a provider, and a provider is a root', () => {
  const allowed = (kind: AccountKind) => reasonsOf(() => checkFacts({ ...facts, kind }, null)).length === 0;
  expect(accountKinds.filter(allowed)).toEqual(['provider']);
  for (const kind of accountKinds) expect(childKinds[kind]).not.toContain('provider');
});

test('below each kind stand exactly the kinds of the table', () => {
  for (const parent of accountKinds) {
    const allowed = accountKinds.filter(
      (kind) => reasonsOf(() => checkFacts({ ...facts, kind }, { kind: parent })).length === 0,
    );
    expect(allowed.toSorted()).toEqual([...childKinds[parent]].toSorted());
  }
});

describe('status', () => {
  test.each([
    ['active', 'suspended'],
    ['suspended', 'active'],
    ['active', 'closed'],
    ['suspended', 'closed'],
  ] as const)('%s may become %s', (from, to) => {
    expect(reasonsOf(() => checkStatusChange(from, to))).toEqual([]);
  });

  test('closed is final, and staying is no change', () => {
    for (const status of accountStatuses) {
      expect(reasonsOf(() => checkStatusChange(status, status))).toEqual([]);
      if (status !== 'closed') {
        expect(reasonsOf(() => checkStatusChange('closed', status))).toEqual([
          'status accounts.status_change_not_allowed',
        ]);
      }
    }
  });
});

test('within is the account itself and what is below, never a sibling or what is above', () => {
  const [root, middle, leaf, sibling] = Array.from({ length: 4 }, () => newId<'account'>()) as [
    AccountId,
    AccountId,
    AccountId,
    AccountId,
  ];
  const path = [root, middle, leaf];
  expect([root, middle, leaf].every((ancestor) => isWithin({ path }, ancestor))).toBe(true);
  expect(isWithin({ path }, sibling)).toBe(false);
  expect(isWithin({ path: [root, middle] }, leaf)).toBe(false);
});

test('a tenant id is five capital letters without those that are read as digits', () => {
  for (let byte = 0; byte < 256; byte += 1) {
    expect(tenantIdFrom(new Uint8Array([byte, 255 - byte, byte, 0, 255]))).toMatch(/^[A-HJ-NP-Z]{5}$/);
  }
});
