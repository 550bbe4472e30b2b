import { describe, expect, test } from 'vitest';
import { isTierlineError, type TierlineError } from '@tierline/kernel';
import type { RenewCommand } from './command.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import { isFinal, renewalReasons } from './decide-renewal.ts';
import { aLife, aPlan, type Life } from './testing.ts';

// What stands against another term, which of it waiting can put right, and what a request is told.

const renew = (facts: Partial<RenewCommand> = {}): RenewCommand => ({
  kind: 'renew',
  from: 'expiry',
  months: null,
  items: [],
  align: null,
  ...facts,
});
const sold = (policies: object = {}, facts: object = {}, on = '2026-03-10'): Life =>
  aLife({ plan: aPlan('month', { SEAT: { price: '31' } }, facts, policies), items: { SEAT: '1' }, sold: on });

function contextOf(renewal: object, sale: Partial<Context['sale']>): Context {
  const life = sold({ renewal });
  Object.assign(life.sale, sale);
  return life.context(life.instant('2026-04-10'));
}

describe('a reason against another term', () => {
  const none: string[] = [];
  test.each<[string, object, Partial<Context['sale']>, string[], boolean]>([
    ['nothing', {}, {}, none, false],
    ['nothing, whatever the policy', { on_retired_plan: 'expire', on_end_of_sale: 'expire' }, {}, none, false],
    ['a retired plan', { on_retired_plan: 'expire' }, { retired: true }, ['plan_retired'], true],
    ['a retired plan that goes on', { on_retired_plan: 'renew' }, { retired: true }, none, false],
    ['a delegation, finally', { on_revoked_delegation: 'expire' }, { delegated: false }, ['plan_revoked'], true],
    ['a delegation, for now', { on_revoked_delegation: 'retry' }, { delegated: false }, ['plan_revoked'], false],
    ['no delegation that matters', { on_revoked_delegation: 'renew' }, { delegated: false }, none, false],
    ['a delegation that is there', { on_revoked_delegation: 'expire' }, { delegated: true }, none, false],
    ['an end of sale', { on_end_of_sale: 'expire' }, { productStatus: 'end_of_sale' }, ['end_of_sale'], true],
    ['an end of sale to come', { on_end_of_sale: 'renew' }, { productStatus: 'end_of_sale' }, none, false],
    ['an end of life', { on_end_of_sale: 'renew' }, { productStatus: 'end_of_life' }, ['end_of_sale'], true],
  ])('%s', (_, renewal, sale, codes, isLast) => {
    const context = contextOf(renewal, sale);
    expect(renewalReasons(context).map(({ code, field }) => [code, field])).toEqual(
      codes.map((code) => [`lifecycle.${code}`, 'subscription']),
    );
    expect(isFinal(context)).toBe(isLast);
  });

  test('is a seller anywhere in the chain that is not active, or a customer that may not order', () => {
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31' } }),
      zones: ['UTC', 'UTC', 'UTC'],
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.customer.mayOrder = false;
    const context = life.context(life.instant('2026-04-10'));
    const chain = context.owner.chain.map((account, index) =>
      index === 1 ? { ...account, status: 'suspended' as const } : account,
    );
    const reasons = renewalReasons({ ...context, owner: { ...context.owner, chain } });
    expect(reasons).toMatchObject([
      { code: 'lifecycle.seller_not_active', field: 'subscription' },
      { code: 'lifecycle.customer_may_not_order', field: 'subscription' },
    ]);
    expect(reasons[0]!.message).toContain('suspended');
  });
});

describe('a request is refused', () => {
  function refusal(life: Life, day: string, command: RenewCommand): TierlineError {
    life.until(day);
    try {
      decide(life.context(life.instant(day)), life.state(), { command, moment: { at: 'now' } });
    } catch (error) {
      if (isTierlineError(error)) return error;
      throw error;
    }
    throw new Error('It was not refused.');
  }
  const told = (...of: Parameters<typeof refusal>) =>
    refusal(...of).reasons.map(({ code, field, message }) => `${code} of ${field}: ${message}`);

  test('before its time, with the first day on which it may be asked for', () => {
    const life = sold({ renewal: { allow_early_days: 10 } });
    expect(told(life, '2026-03-30', renew())).toEqual([
      'lifecycle.early_renewal of subscription: It can be renewed from 2026-03-31 on.',
    ]);
  });

  test('of a trial, of what is suspended, of what has ended', () => {
    const trial = sold({}, { licenseVersion: 'trial' });
    expect(told(trial, '2026-03-30', renew())[0]).toContain('lifecycle.trial_renewal of subscription');
    const held = sold();
    held.ask('2026-03-11', { kind: 'suspend', endOn: null });
    expect(told(held, '2026-03-30', renew())[0]).toContain(
      'lifecycle.not_renewable of subscription: A subscription that is suspended',
    );
    const gone = sold({}, { autoRenewalMonths: null });
    expect(told(gone, '2026-04-10', renew())[0]).toContain(
      'lifecycle.not_renewable of subscription: A subscription that is terminated',
    );
  });

  test('late where the plan has none of it', () => {
    const life = sold({ renewal: { allow_late: false } }, { autoRenewalMonths: null, graceMonths: 1 });
    expect(told(life, '2026-04-20', renew())[0]).toContain('lifecycle.late_renewal of subscription');
  });

  test('for what stands against any other term, early and late', () => {
    const life = sold({ renewal: { on_retired_plan: 'expire' } }, { autoRenewalMonths: null, graceMonths: 1 });
    life.sale.retired = true;
    for (const day of ['2026-03-20', '2026-04-20'])
      expect(told(life, day, renew())[0]).toContain('lifecycle.plan_retired of subscription');
  });
});
