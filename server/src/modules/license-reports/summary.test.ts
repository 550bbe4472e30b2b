import { decimal, formatDecimal, Temporal, type Decimal } from '@tierline/kernel';
import { expect, test } from 'vitest';
import type { LicenseChange, LicenseState } from './license-state.ts';
import { monthProblem, spanOf } from './month.ts';
import { summarize, type LicenseAtEnd } from './summary.ts';

const span = { ...spanOf({ year: 2026, month: 3 }, 'Europe/Berlin'), timeZone: 'Europe/Berlin' };
const instant = (text: string) => Temporal.Instant.from(text);

const state = (facts: Partial<Record<keyof LicenseState, unknown>>): LicenseState =>
  ({
    planId: 'plan',
    planVersion: 1,
    planName: 'Plan',
    status: 'active',
    productId: 'product',
    licenseVersion: 'full',
    units: decimal('10'),
    startOn: '2026-01-01',
    endOn: '2027-01-01',
    startChargeOn: '2026-01-01',
    enabled: true,
    ...facts,
  }) as LicenseState;

const license = (id: string, atEnd: LicenseState, created: string | null = null): LicenseAtEnd =>
  ({
    ownerId: 'owner',
    customerId: 'customer',
    licenseId: id,
    begunAt: created === null ? null : instant(created),
    atEnd,
  }) as LicenseAtEnd;
const change = (id: string, until: string, was: LicenseState): LicenseChange =>
  ({ ownerId: 'owner', customerId: 'customer', licenseId: id, until: instant(until), was }) as LicenseChange;

function told(licenses: LicenseAtEnd[], changes: LicenseChange[] = [], usage: Record<string, string> = {}) {
  const read = new Map<string, Decimal>(Object.entries(usage).map(([id, used]) => [id, decimal(used)]));
  return summarize(licenses, changes, read, () => span).map(({ planId, provisioned, used }) => [
    planId,
    formatDecimal(provisioned),
    used === null ? null : formatDecimal(used),
  ]);
}

test('the month is that of its owner: what ended at its first moment is not in it', () => {
  const ended = state({ status: 'terminated' });
  expect(told([license('a', ended)], [change('a', '2026-02-28T23:00:00Z', state({}))])).toEqual([]);
  expect(told([license('a', ended)], [change('a', '2026-02-28T23:00:01Z', state({}))])).toEqual([['plan', '10', null]]);
});

test('a license counts from its sale, and from its start where that is later', () => {
  expect(told([license('a', state({}), '2026-03-31T21:59:59Z')])).toEqual([['plan', '10', null]]);
  expect(told([license('a', state({ startOn: '2026-04-01' }))])).toEqual([]);
  expect(told([license('a', state({ startOn: '2026-03-31' }))])).toEqual([['plan', '10', null]]);
});

test('the highest sum at any moment counts, not the sum of the highest', () => {
  const gone = state({ status: 'terminated' });
  const at = '2026-03-10T10:00:00Z';
  expect(told([license('a', gone), license('b', state({}), at)], [change('a', at, state({}))])).toEqual([
    ['plan', '10', null],
  ]);
  const overlap = '2026-03-10T10:00:01Z';
  expect(told([license('a', gone), license('b', state({}), at)], [change('a', overlap, state({}))])).toEqual([
    ['plan', '20', null],
  ]);
});

test('suspended and in grace, units are still there; a state without any duration never was', () => {
  expect(told([license('a', state({ status: 'hold', enabled: false }))])).toEqual([['plan', '10', null]]);
  const at = '2026-03-10T10:00:00Z';
  const through = [change('a', at, state({})), change('a', at, state({ units: decimal('99') }))];
  expect(told([license('a', state({ units: decimal('12') }))], through)).toEqual([['plan', '12', null]]);
});

test('usage goes to the plan that a license had last, and is unknown while that of one license is', () => {
  const switched = [change('a', '2026-03-10T10:00:00Z', state({ planId: 'old' }))];
  expect(told([license('a', state({}))], switched, { a: '4' })).toEqual([
    ['old', '10', null],
    ['plan', '10', '4'],
  ]);
  const two = [license('a', state({})), license('b', state({}))];
  expect(told(two, [], { a: '4', b: '0' })).toEqual([['plan', '20', '4']]);
  expect(told(two, [], { b: '4' })).toEqual([['plan', '20', null]]);
});

test('the last 24 months and the current one can be asked for', () => {
  const today = Temporal.PlainDate.from('2026-03-31');
  const problem = (year: number, month: number) => monthProblem({ year, month }, today);
  expect([problem(2026, 3), problem(2024, 3)]).toEqual([undefined, undefined]);
  expect([problem(2026, 4), problem(2024, 2)]).toEqual(['month', 'month']);
  expect([problem(2027, 1), problem(2023, 12)]).toEqual(['year', 'year']);
});
