import { describe, expect, test } from 'vitest';
import { decimal } from '@tierline/kernel';
import { aLife, aPlan } from './testing.ts';

const month = (policies = {}, facts = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts, policies);

describe('more', () => {
  test('costs the days that are left, at the price that the term is locked at', () => {
    const price = (date: string) => (date < '2026-03-15' ? '31' : '62');
    const life = aLife({ plan: aPlan('month', { SEAT: { price } }), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-20', { SEAT: '7' });
    expect(life.lastBill()).toEqual(['recurring 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = 42']);
    expect(life.state().items).toMatchObject([
      { batches: [{ at: '2026-03-10T12:00:00Z' }, { at: '2026-03-20T12:00:00Z' }], committed: decimal('5') },
    ]);
    expect(life.state().licenses).toMatchObject([{ units: decimal('7') }]);
  });

  test('a product that is new comes at the price of its day, with its setup', () => {
    const price = (date: string) => (date < '2026-03-15' ? '3.1' : '6.2');
    const life = aLife({
      plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price, setup: '9' } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.change('2026-03-20', { DISK: '1' });
    expect(life.lastBill()).toEqual([
      'setup 1 DISK x 9, 2026-03-20 to 2026-04-10 = 9',
      'recurring 1 DISK x 6.2 21/31, 2026-03-20 to 2026-04-10 = 4.2',
    ]);
  });

  test('is free where the subscription is not for resale', () => {
    const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.become({ notForResale: true });
    life.change('2026-03-20', { DISK: '1' });
    expect(life.lastBill()).toEqual(['recurring 1 DISK x 0 21/31, 2026-03-20 to 2026-04-10 = 0']);
  });

  test('needs what a sale needs: a customer that may order, a product that is sold, a price on every edge, no price below its floor', () => {
    const plan = aPlan('month', { SEAT: { price: '31' }, DISK: {} });
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    expect(life.noChange('2026-03-20', { DISK: '1' }).codes).toEqual(['lifecycle.unpriced']);
    life.customer.mayOrder = false;
    expect(life.noChange('2026-03-20', { SEAT: '6' }).codes).toEqual(['lifecycle.customer_may_not_order']);
    life.change('2026-03-20', { SEAT: '4' });
    const ended = aPlan('old', { SEAT: { price: '31' } });
    const frozen = {
      ...ended,
      plan: { ...ended.plan, product: { ...ended.plan.product, status: 'end_of_sale' } },
    } as const;
    const old = aLife({ plan: ended, items: { SEAT: '5' }, sold: '2026-03-10' });
    const asked = { kind: 'change', items: old.wanted({ SEAT: '6' }), cascade: false } as const;
    expect(() => old.ask('2026-03-20', asked, { at: 'now' }, { current: frozen })).toThrow('end of sale');
  });

  test('is not sold below its cost where a floor forbids that', () => {
    const plan = aPlan('month', {
      SEAT: { price: '31' },
      DISK: { price: '1', belowCost: true, floor: 'cost' },
      TAPE: { price: '1', belowCost: true },
    });
    const life = aLife({ plan, items: { SEAT: '5' }, sold: '2026-03-10' });
    expect(life.noChange('2026-03-20', { DISK: '1' }).codes).toEqual(['lifecycle.below_floor']);
    life.change('2026-03-20', { TAPE: '1' });
    expect(life.shown()).toContain('1 TAPE');
  });

  test('within a term that has no price above the maker of its plan none is needed there', () => {
    const price = (_: string, edge: number) => (edge === 0 ? undefined : '31');
    const plan = aPlan('month', { SEAT: { price }, DISK: { price } }, { makerId: 'seller-1' as never });
    const life = aLife({ plan, zones: ['UTC', 'UTC'], items: { SEAT: '5' }, sold: '2026-03-10' });
    life.change('2026-03-20', { DISK: '1' });
    expect(life.lastBill(0)).toEqual([]);
    expect(life.lastBill(1)).toHaveLength(1);
  });
});

describe('fewer', () => {
  test('on the day on which they came give back what they cost, also piece by piece', () => {
    const life = aLife({ plan: aPlan('month', { SEAT: { price: '0.99' } }), items: { SEAT: '1' }, sold: '2026-03-10' });
    const before = life.total();
    life.change('2026-03-17', { SEAT: '4' });
    for (const left of ['3', '2', '1']) life.change('2026-03-17', { SEAT: left });
    expect(life.total()).toBe(before);
    expect(life.state().items).toMatchObject([{ batches: [{ at: '2026-03-10T12:00:00Z' }] }]);
  });

  test('the youngest go first; those whose days are over are refused, with what is possible', () => {
    const life = aLife({
      plan: month({ reduction: { window: { count: 7, unit: 'day' }, after: 'refused' } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.change('2026-03-16', { SEAT: '8' });
    expect(life.noChange('2026-03-18', { SEAT: '4' })).toMatchObject({
      codes: ['lifecycle.return_window_over'],
      nearest: { moment: { at: 'renewal' }, items: [{ mpn: 'SEAT', quantity: '4' }] },
    });
    life.change('2026-03-18', { SEAT: '5' });
    expect(life.lastBill()).toEqual(['refund 3 SEAT x 31 23/31, 2026-03-18 to 2026-04-10 = -69']);
  });

  test('outside of the window without a refund, or with one for the days that are left, or at the end of the term', () => {
    const after = (how: string) => {
      const life = aLife({
        plan: month({ reduction: { window: { count: 0, unit: 'day' }, after: how } }),
        items: { SEAT: '5' },
        sold: '2026-03-10',
      });
      return { life, decision: life.change('2026-03-20', { SEAT: '4' }) };
    };
    const none = after('no_refund');
    expect(none.life.lastBill()).toEqual([]);
    expect(none.decision.warnings).toMatchObject([{ code: 'lifecycle.no_refund' }]);
    expect(none.life.shown()).toBe('active 2026-03-10 to 2026-04-10: 4 SEAT');
    expect(after('prorated').life.lastBill()).toEqual(['refund 1 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -21']);
    const { life, decision } = after('term_end');
    expect(decision).toMatchObject({ order: null, charges: [], intents: [{ kind: 'add', moment: { at: 'renewal' } }] });
    expect(life.shown()).toBe('active 2026-03-10 to 2026-04-10: 5 SEAT');
    life.until('2026-04-10');
    expect(life.lastBill()).toEqual(['recurring 4 SEAT x 31, 2026-04-10 to 2026-05-10 = 124']);
  });

  test('a full refund gives back all that was paid for the term, also in periods that are over', () => {
    const terms = { subscriptionPeriod: { unit: 'year', count: 1 } } as const;
    const reduction = { window: { count: 60, unit: 'day' }, refund: 'full' } as const;
    const life = aLife({
      plan: aPlan('year', { SEAT: { price: '0.333', setup: '7' } }, terms, { reduction }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.change('2026-03-25', { SEAT: '8' });
    life.change('2026-05-05', { SEAT: '5' });
    expect(life.lastBill()).toEqual([
      'refund 3 SEAT x 0.333 16/31, 2026-03-25 to 2026-04-10 = -0.51',
      'refund 3 SEAT x 7, 2026-05-05 to 2026-05-10 = -21',
      'refund 3 SEAT x 0.333, 2026-04-10 to 2026-05-10 = -0.99',
    ]);
    // Piece by piece too: one seat for two periods and its setup are left.
    life.change('2026-05-06', { SEAT: '3' });
    life.change('2026-05-07', { SEAT: '1' });
    expect(life.total()).toBe('7.66');
  });

  test('of what is billed afterwards are billed for the days on which they were held', () => {
    const life = aLife({
      plan: month({}, { billingModel: 'after_billing_period' }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.change('2026-03-20', { SEAT: '2' });
    life.change('2026-03-30', { DISK: '1' });
    life.change('2026-04-04', { DISK: '0' });
    expect(life.bill()).toEqual([]);
    life.until('2026-04-10');
    const { charges, lines } = life.history.at(-1)!.decision;
    expect(charges.map(({ position, rateId }) => lines[position]!.rate.rateId === rateId)).toEqual([true, true, true]);
    expect(life.bill()).toEqual([
      'recurring 5 SEAT x 31 10/31, 2026-03-10 to 2026-03-20 = 50',
      'recurring 2 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = 42',
      'recurring 1 DISK x 3.1 5/31, 2026-03-30 to 2026-04-04 = 0.5',
    ]);
  });

  test('units of which nobody knows when they came have been there since the term began', () => {
    const life = aLife({
      plan: month({ reduction: { window: { count: 7, unit: 'day' } } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    life.become({ items: life.state().items.map((item) => ({ ...item, batches: [] })) });
    expect(life.noChange('2026-03-17', { SEAT: '4' }).codes).toEqual(['lifecycle.return_window_over']);
    const young = aLife({
      plan: month({ reduction: { window: { count: 7, unit: 'day' } } }),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
    young.become({ items: young.state().items.map((item) => ({ ...item, batches: [] })) });
    young.change('2026-03-16', { SEAT: '4' });
    expect(young.shown()).toBe('active 2026-03-10 to 2026-04-10: 4 SEAT');
  });
});

describe('in the hours around a boundary, where an edge is on another day', () => {
  test('a change counts within the period that is current there', () => {
    const life = aLife({
      plan: month(),
      zones: ['Pacific/Kiritimati', 'Pacific/Honolulu'],
      items: { SEAT: '1' },
      sold: '2026-03-10T01:00',
    });
    expect(life.bill(0, 0)).toEqual(['recurring 1 SEAT x 31, 2026-03-11 to 2026-04-11 = 31']);
    // In Kiritimati it is April 11 already: that day is of the next period, which has not begun.
    life.change('2026-04-09T12:00', { SEAT: '2' });
    expect(life.lastBill(0)).toEqual(['recurring 1 SEAT x 31 1/31, 2026-04-10 to 2026-04-11 = 1']);
    life.change('2026-04-09T12:30', { SEAT: '3' });
    life.until('2026-04-10');
    expect(life.lastBill(0)).toEqual(['recurring 3 SEAT x 31, 2026-04-11 to 2026-05-11 = 93']);
    expect(life.lastBill(1)).toEqual(['recurring 3 SEAT x 31, 2026-04-10 to 2026-05-10 = 93']);
  });
});

describe('a base and its add-ons', () => {
  const suite = (policies = {}) =>
    aPlan(
      'suite',
      {
        BASE: { price: '10' },
        PLUS: { price: '2', dependsOn: ['suite.BASE' as never] },
        MORE: { price: '1', dependsOn: ['suite.PLUS' as never], quantityMin: decimal('2') },
      },
      {},
      policies,
    );
  const sold = (policies = {}) =>
    aLife({ plan: suite(policies), items: { BASE: '5', PLUS: '5', MORE: '5' }, sold: '2026-03-10' });

  test('an add-on without its base is refused, with a base that would do', () => {
    const life = aLife({ plan: suite(), items: { BASE: '5' }, sold: '2026-03-10' });
    expect(life.noChange('2026-03-11', { MORE: '3' })).toEqual({
      codes: ['lifecycle.base_missing'],
      nearest: {
        items: [
          { rate_id: 'suite.BASE', mpn: 'BASE', quantity: '5' },
          { rate_id: 'suite.MORE', mpn: 'MORE', quantity: '3' },
          { rate_id: 'suite.PLUS', mpn: 'PLUS', quantity: '1' },
        ],
      },
    });
  });

  test('ending a base names the add-ons that stand in the way, or takes them along when asked to', () => {
    const life = sold();
    expect(life.noChange('2026-03-11', { PLUS: '0' })).toMatchObject({
      codes: ['lifecycle.add_on_in_the_way'],
      nearest: {
        items: [
          { mpn: 'BASE', quantity: '5' },
          { mpn: 'MORE', quantity: '0' },
          { mpn: 'PLUS', quantity: '0' },
        ],
      },
    });
    expect(() => life.change('2026-03-11', { PLUS: '0' })).toThrow(expect.objectContaining({ field: 'items.MORE' }));
    const decision = life.change('2026-03-11', { PLUS: '0' }, { at: 'now' }, true);
    expect(decision.lines.map(({ rate, origin }) => [rate.mpn, origin])).toEqual([
      ['MORE', 'cascade'],
      ['PLUS', 'requested'],
    ]);
    expect(life.shown()).toContain(': 5 BASE');
  });

  test('within the base: fewer bases take add-ons down to what is allowed, or to none where that is below their least', () => {
    const life = sold({ add_ons: { within_base: true }, orphans: 'cascade' });
    life.change('2026-03-11', { BASE: '3' });
    expect(life.shown()).toContain(': 3 BASE, 3 MORE, 3 PLUS');
    life.change('2026-03-11', { BASE: '1' });
    expect(life.shown()).toContain(': 1 BASE, 1 PLUS');
  });

  test('what was asked for itself is never made less in silence: it is refused, with what would be allowed', () => {
    const life = sold({ add_ons: { within_base: true }, orphans: 'cascade' });
    expect(life.noChange('2026-03-11', { BASE: '3', MORE: '5' }).codes).toEqual(['lifecycle.more_than_base']);
    expect(life.noChange('2026-03-11', { BASE: '0', MORE: '5', PLUS: '0' }, true).codes).toContain(
      'lifecycle.base_missing',
    );
  });

  test('where no quantities would do, none are proposed', () => {
    const life = sold({ add_ons: { within_base: true } });
    expect(life.noChange('2026-03-11', { BASE: '1', PLUS: '1', MORE: '2' })).toEqual({
      codes: ['lifecycle.more_than_base'],
      nearest: undefined,
    });
  });

  test('what is left of nothing is a cancellation', () => {
    expect(sold().noChange('2026-03-11', { BASE: '0' }, true).codes).toEqual(['lifecycle.nothing_left']);
  });
});

test('the same again, and what the plan does not have, is refused, and the field says which', () => {
  const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
  const refused = (code: string, field: string): unknown => expect.objectContaining({ code, kind: 'invalid', field });
  expect(() => life.change('2026-03-11', { SEAT: '5' })).toThrow(refused('lifecycle.nothing_changes', 'items'));
  expect(() => life.change('2026-03-11', { SEAT: '0' })).toThrow(refused('lifecycle.nothing_left', 'items'));
  expect(() => life.change('2026-03-11', { SEAT: '6', OTHER: '5' })).toThrow(
    refused('lifecycle.unknown_rate', 'items.1.rate_id'),
  );
  life.ask('2026-03-11', { kind: 'suspend', endOn: null });
  expect(life.noChange('2026-03-11', { SEAT: '6' }).codes).toEqual(['lifecycle.not_active']);
});

test('a change is an order, and an event of the subscription', () => {
  const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
  expect(life.change('2026-03-11', { SEAT: '6' })).toMatchObject({
    order: 'change',
    events: [{ type: 'subscription.changed', subscriptionId: life.state().id }],
  });
});

test('what the term began with binds a change now, where the policy says so', () => {
  const life = aLife({ plan: month({ commitment: { minimum: 'initial' } }), items: { SEAT: '5' }, sold: '2026-03-10' });
  life.change('2026-03-11', { SEAT: '7' });
  expect(life.noChange('2026-03-11', { SEAT: '4' })).toMatchObject({
    codes: ['lifecycle.below_commitment'],
    nearest: { items: [{ mpn: 'SEAT', quantity: '5' }] },
  });
  life.change('2026-03-11', { SEAT: '5' });
});
