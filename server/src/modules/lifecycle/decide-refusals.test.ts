import { describe, expect, test } from 'vitest';
import type { Subscription } from '../subscriptions/index.ts';
import { decide } from './decide.ts';
import type { Command } from './command.ts';
import { aLife, aPlan, id } from './testing.ts';

const sold = (...zones: string[]) =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' } }),
    others: [aPlan('other', { SEAT: { price: '40' } })],
    zones: zones.length === 0 ? ['UTC'] : zones,
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });

// Whoever is refused has to learn from the answer what the subscription waits for.
test.each<[string, Partial<Subscription>, string]>([
  ['is provisioned', { status: 'pending' }, 'is being provisioned,'],
  [
    'waits for a sign-in',
    { status: 'pending', waitsFor: 'first_sign_in' },
    'when somebody of the customer first signs in,',
  ],
  ['is suspended', { status: 'hold', holdReason: 'suspended' }, 'is on hold (suspended),'],
  ['was terminated', { status: 'terminated' }, 'has ended,'],
  ['was removed', { status: 'removed' }, 'was removed,'],
  ['was removed before it began', { status: 'removed', waitsFor: 'first_sign_in' }, 'was removed,'],
])('what %s is not changed, and says so', (_, fields, text) => {
  const life = sold();
  life.become(fields);
  const { orderId, status, holdReason } = life.state();
  const message: unknown = expect.stringContaining(text);
  const refused: unknown = expect.objectContaining({
    code: 'lifecycle.not_active',
    kind: 'conflict',
    details: { status, hold_reason: holdReason, order_id: orderId },
    message,
  });
  expect(() => life.change('2026-03-20', { SEAT: '6' })).toThrow(refused);
  expect(() => life.change('2026-03-20', { SEAT: '6' }, { at: 'renewal' })).toThrow(refused);
});

describe('below a seller that is not active', () => {
  const change = (life: ReturnType<typeof sold>): Command => ({
    kind: 'change',
    items: life.wanted({ SEAT: '6' }),
    cascade: false,
  });
  /** Decides a command where one of the sellers is suspended. */
  const under = (index: number, ask: (life: ReturnType<typeof sold>) => Command) => {
    const life = sold('UTC', 'UTC');
    const at = life.instant('2026-03-20');
    const context = life.context(at);
    const chain = context.owner.chain.map((seller, place) =>
      place === index ? { ...seller, status: 'suspended' as const } : seller,
    );
    const owner = { ...context.owner, chain, account: chain.at(-1)! };
    return () => decide({ ...context, owner }, life.state(), { command: ask(life), moment: { at: 'now' } });
  };

  test.each<[string, (life: ReturnType<typeof sold>) => Command]>([
    ['a change', change],
    ['a switch', () => ({ kind: 'switch', planId: id('other'), start: 'now', items: null })],
    ['a conversion', () => ({ kind: 'convert', planId: id('other') })],
    ['a move', (life) => ({ kind: 'move', items: life.wanted({ SEAT: '1' }), targetId: id('elsewhere') })],
    ['special prices', () => ({ kind: 'prices', prices: [] })],
    [
      'a change among others',
      (life) => ({ kind: 'together', commands: [{ kind: 'cancel', reason: null }, change(life) as never] }),
    ],
  ])('%s is refused', (_, command) => {
    for (const index of [0, 1]) {
      expect(under(index, command)).toThrow(
        expect.objectContaining({ code: 'lifecycle.seller_not_active', kind: 'invalid', field: 'subscription' }),
      );
    }
  });

  test('only one’s own state is told', () => {
    expect(under(1, change)).toThrow('Seller 1 is suspended');
    expect(under(0, change)).toThrow('A seller above is not active');
  });

  test.each<[string, Command]>([
    ['ended', { kind: 'cancel', reason: null }],
    ['suspended', { kind: 'suspend', endOn: null }],
    ['brought to another end', { kind: 'expiry', endOn: '2026-04-01' }],
  ])('it can be %s', (_, command) => {
    expect(under(0, () => command)().subscriptions).toHaveLength(1);
  });
});

test('only some commands can be planned', () => {
  const life = sold();
  for (const command of [
    { kind: 'suspend', endOn: null },
    { kind: 'details', autoRenewal: true, autoRenewalMonths: null, attributes: null },
  ] as const) {
    expect(() => life.ask('2026-03-20', command, { at: 'renewal' })).toThrow(
      expect.objectContaining({ code: 'lifecycle.only_now', kind: 'invalid', field: 'moment' }),
    );
  }
});
