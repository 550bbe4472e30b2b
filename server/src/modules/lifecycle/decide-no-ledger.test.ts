import { isTierlineError } from '@tierline/kernel';
import { expect, test } from 'vitest';
import type { Command } from './command.ts';
import { decide } from './decide.ts';
import { aLife, aPlan, id } from './testing.ts';

// Subscriptions that were sold before ledgers were kept have none: a sum can't be made from nothing, and nothing breaks over it.
const old = () => {
  const life = aLife({
    plan: aPlan('month', { SEAT: { price: '31' } }),
    others: [aPlan('other', { SEAT: { price: '40' } })],
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });
  life.become({ ledger: [] });
  return life;
};

test('what needs one is refused, now and for later, and says what to do', () => {
  const life = old();
  const change = { kind: 'change', items: life.wanted({ SEAT: '6' }), cascade: false } as const;
  const commands: Command[] = [
    change,
    { kind: 'switch', planId: id('other'), start: 'now', items: null },
    { kind: 'renew', from: 'expiry', months: null, items: [], align: null },
    { kind: 'suspend', endOn: null },
    { kind: 'resume', endOn: null },
    { kind: 'expiry', endOn: '2026-05-01' },
    { kind: 'prices', prices: [] },
    { kind: 'move', items: life.wanted({ SEAT: '1' }), targetId: null, opens: { planId: null, end: 'own' } },
    { kind: 'together', commands: [change] },
    { kind: 'together', commands: [{ kind: 'cancel', reason: null }, change] },
  ];
  const at = life.instant('2026-03-20');
  for (const moment of [{ at: 'now' }, { at: 'renewal' }] as const) {
    for (const command of commands) {
      const refused = (() => {
        try {
          return decide(life.context(at), life.state(), { command, moment });
        } catch (error) {
          if (!isTierlineError(error)) throw error;
          return `${error.kind} ${error.code} ${error.message}`;
        }
      })();
      expect(refused, `${command.kind}.`).toMatch(
        /^conflict lifecycle.no_ledger .*Cancel it, and place a migration order/,
      );
    }
  }
});

test('it can be canceled, which gives nothing back and says so; and it is told how it renews', () => {
  const life = old();
  expect(life.ask('2026-03-20', { kind: 'auto_renewal', on: false, months: null }).charges).toEqual([]);
  life.ask('2026-03-20', { kind: 'details', autoRenewal: true, autoRenewalMonths: 3, attributes: { room: '4' } });
  expect(life.state()).toMatchObject({ autoRenewal: true, autoRenewalMonths: 3, attributes: { room: '4' } });
  const { warnings, charges } = life.ask('2026-03-20', { kind: 'cancel', reason: null });
  expect([charges, warnings.map(({ code }) => code)]).toEqual([[], ['lifecycle.no_refund']]);
  expect(life.state().status).toBe('terminated');
});
