import { decimal, type AccountId, type PlanId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import type { Deal } from '../pricing/index.ts';
import { transferred } from './testing-transfer.ts';
import { aLife, aPlan, id, type Life } from './testing.ts';
import type { TransferDecision } from './transfer.ts';

describe('what begins and what ends', () => {
  const at = '2028-03-17T12:00:00Z';
  const plan = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } });
  const sold = (chain = ['UTC', 'UTC']): Life =>
    aLife({ plan, zones: chain, items: { SEAT: '2', DISK: '1' }, sold: '2028-03-01' });
  const moving = { at: '2028-03-17', shared: 1, price: () => '62' };

  test('is one order of the new owner, with the same items, rights and dates', () => {
    const life = sold();
    const { order } = transferred(life, moving).moved!;
    const { lines, charges, subscriptions, ...facts } = order;
    expect(facts).toEqual({
      id: 'order-new',
      ownerId: 'other-0',
      serial: '7',
      type: 'migration',
      status: 'completed',
      customerId: 'customer-new',
      poNumber: null,
      surface: 'api',
      placedBy: 'user:1',
      currency: 'EUR',
      total: '90',
      attributes: null,
      version: 1,
      placedAt: at,
      completedAt: at,
      statusReason: null,
    });
    const { items, licenses, ...kept } = life.state();
    expect(lines).toEqual(
      items.map(({ batches: _, committed: __, ...item }, position) => ({
        ...item,
        position,
        subscriptionId: 'subscription-new',
        planId: 'month',
        planVersion: 1,
        previousQuantity: null,
        origin: 'requested',
        parameters: null,
      })),
    );
    const own = charges.filter(({ sellerId }) => sellerId === 'other-0');
    expect(
      own.map(({ rateId, position, subscriptionId, id: name }) => [rateId, position, subscriptionId, name]),
    ).toEqual(items.map(({ rateId }, position) => [rateId, position, 'subscription-new', 'charge-new']));
    expect(subscriptions).toEqual([
      {
        ...kept,
        items,
        id: 'subscription-new',
        ownerId: 'other-0',
        serial: '8',
        orderId: 'order-new',
        customerId: 'customer-new',
        createdAt: at,
        updatedAt: at,
        licenses: licenses.map((license) => ({ ...license, id: 'license-new' })),
        ledger: subscriptions[0]!.ledger,
        origin: { kind: 'transfer', subscriptionId: kept.id },
      },
    ]);
  });

  test('is a cancellation of all that was held, which says where it went', () => {
    const life = sold(['UTC', 'UTC', 'UTC']);
    life.until('2028-03-17');
    const [first] = life.state().items;
    const { given } = transferred(life, { ...moving, shared: 2 }).moved!;
    expect(given.order).toBe('cancellation');
    expect(given.lines.map(({ quantity, previousQuantity, origin }) => [quantity, previousQuantity, origin])).toEqual([
      [decimal('0'), decimal('1'), 'requested'],
      [decimal('0'), decimal('2'), 'requested'],
    ]);
    expect(given.charges.map(({ sellerId, position, amount }) => [sellerId, position, amount.minor])).toEqual([
      ['seller-1', 0, -150n],
      ['seller-1', 1, -3000n],
      ['seller-2', 0, -150n],
      ['seller-2', 1, -3000n],
    ]);
    expect(given.events).toEqual([
      {
        type: 'subscription.transferred_out',
        subscriptionId: life.state().id,
        data: { to_subscription_id: 'subscription-new' },
      },
    ]);
    // What the plan does not know any more ends without a line.
    life.become({ items: [{ ...first!, rateId: id('month.OLD') }] });
    expect(transferred(life, { ...moving, shared: 2 }).moved!.given.lines).toEqual([]);
  });

  test('of a term that is over ends when that did', () => {
    const life = sold();
    life.customer.mayOrder = false;
    life.until('2028-04-03');
    life.become({ licenses: life.state().licenses.map((license) => ({ ...license, endOn: '2028-04-02' })) });
    const { given, order } = transferred(life, { ...moving, at: '2028-04-03' }).moved!;
    expect(given.subscriptions[0]!.after).toMatchObject({
      endOn: '2028-04-01',
      renewalFailure: null,
      licenses: [{ endOn: '2028-04-02' }],
    });
    expect(order.subscriptions[0]!.renewalFailure).not.toBeNull();
  });

  test('is nothing where it is with that owner already', () => {
    const life = sold();
    const to = life.context(life.instant('2028-03-17')).owner;
    expect(transferred(life, moving, { to })).toEqual({ blockers: [], moved: null, warnings: [] });
  });

  const deal = (sellerId: string): Deal => ({
    kind: 'price',
    from: 'now',
    terms: 1,
    sellerId: id<AccountId>(sellerId),
    chargeType: 'recurring',
    currency: null,
    tiers: [{ lowerLimit: decimal('0'), amount: decimal('1') }],
  });
  const codes = ({ warnings }: TransferDecision) => warnings.map(({ code }) => code.replace('lifecycle.transfer_', ''));

  test('takes along what is planned, with what was agreed on for edges that go on', () => {
    const small = aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } });
    const life = aLife({ plan: small, zones: ['UTC', 'UTC', 'UTC', 'UTC'], items: { SEAT: '2' }, sold: '2028-03-01' });
    const [item, seats] = life.wanted({ DISK: '1', SEAT: '3' });
    const planned = (...deals: Deal[]) =>
      ({ kind: 'change', items: [{ ...item!, deals }, seats!], cascade: false }) as const;
    life.ask('2028-03-02', planned(deal('seller-0'), deal('seller-3')), { at: 'renewal' });
    const [intent] = life.intents();
    const decision = transferred(life, { ...moving, shared: 3 });
    const { given, intents, order } = decision.moved!;
    const to = {
      ...intent!,
      id: 'intent-new',
      ownerId: 'other-0',
      subscriptionId: 'subscription-new',
      version: 1,
      createdBy: 'user:1',
      createdAt: at,
      updatedAt: at,
      command: planned(deal('seller-0')),
    };
    expect(order.ownerId).toBe(to.ownerId);
    expect(intents).toEqual([{ from: intent, to }]);
    expect(given.intents).toMatchObject([{ kind: 'end', intent, status: 'dropped' }]);
    expect(given.events.slice(1)).toMatchObject([
      { type: 'intent.dropped', data: { intent_id: intent!.id, to_intent_id: 'intent-new' } },
    ]);
    expect(codes(decision)).toEqual(['special_prices']);
    const common = aLife({
      plan: small,
      zones: ['UTC', 'UTC', 'UTC', 'UTC'],
      items: { SEAT: '2' },
      sold: '2028-03-01',
    });
    common.ask('2028-03-02', planned(deal('seller-0')), { at: 'renewal' });
    expect(codes(transferred(common, { ...moving, shared: 3 }))).toEqual([]);
  });

  test('tells of special prices that stay behind, and of terms that were renewed ahead', () => {
    const special = (life: Life, sellerIndex: number) =>
      life.ask('2028-03-02', {
        kind: 'prices',
        prices: [{ rateId: id('month.SEAT'), unitPrice: decimal('15.5'), sellerIndex }],
      });
    for (const [sellerIndex, told] of [
      [0, []],
      [1, ['special_prices']],
      [2, ['special_prices']],
    ] as const) {
      const life = sold(['UTC', 'UTC', 'UTC']);
      special(life, sellerIndex);
      expect(codes(transferred(life, { ...moving, shared: 2 }))).toEqual(told);
    }
    const ahead = sold();
    ahead.ask('2028-03-02', { kind: 'renew', from: 'expiry', months: null, items: [], align: null });
    const { warnings } = transferred(ahead, moving);
    expect(warnings).toMatchObject([{ code: 'lifecycle.transfer_renewed_ahead' }]);
    expect(warnings[0]!.message).toContain(ahead.state().endOn);
  });

  test('tells of a planned switch to what is not sold there', () => {
    const next = aPlan('next', { SEAT: { price: '62' }, DISK: { price: '1' } });
    const planned = (command: Parameters<Life['ask']>[1], offered: readonly string[]) => {
      const life = aLife({ plan, others: [next], zones: ['UTC', 'UTC'], items: { SEAT: '2' }, sold: '2028-03-01' });
      life.ask('2028-03-02', command, { at: 'renewal' });
      return codes(transferred(life, moving, { offered: new Set(offered.map((name) => id<PlanId>(name))) }));
    };
    const toNext = { kind: 'switch', planId: id<PlanId>('next'), start: 'now', items: null } as const;
    expect(planned(toNext, ['month'])).toEqual(['planned_switch']);
    expect(planned(toNext, ['month', 'next'])).toEqual([]);
    expect(planned({ kind: 'cancel', reason: null }, ['month'])).toEqual([]);
  });
});
