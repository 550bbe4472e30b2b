import { describe, expect, test } from 'vitest';
import { decimal, zero } from '@tierline/kernel';
import type { Deal } from '../pricing/index.ts';
import type { RenewCommand } from './command.ts';
import { aLife, aPlan, other } from './testing.ts';

// What a term begins with: its dates, its length, its licenses, and what is remembered of the term before.

const renew = (from: RenewCommand['from'] = 'expiry', facts: Partial<RenewCommand> = {}): RenewCommand => ({
  kind: 'renew',
  from,
  months: null,
  items: [],
  align: null,
  ...facts,
});
const year = { subscriptionPeriod: { unit: 'year', count: 1 }, autoRenewalMonths: 12 } as const;
const month = (facts = {}, policies = {}) =>
  aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, facts, policies);

describe('a renewal that was asked for', () => {
  test('is told as one by request, with the lines of what is held, and is noticed of anew', () => {
    const life = aLife({ plan: month(), items: { SEAT: '2' }, sold: '2026-03-10' });
    life.become({ noticedOn: '2026-04-10' });
    const decision = life.ask('2026-03-20', renew());
    expect(decision).toMatchObject({
      order: 'renewal',
      lines: [{ rate: { mpn: 'SEAT' }, origin: 'renewed', quantity: decimal('2'), previousQuantity: decimal('2') }],
      events: [{ type: 'subscription.renewed', data: { by: 'request' } }],
      warnings: [],
    });
    expect(life.state()).toMatchObject({ noticedOn: null, licenses: [{ endOn: '2026-05-10', enabled: true }] });
    expect(life.intents()).toEqual([]);
  });

  test('late lifts the hold, and its license is good again until the new end, with the units that are held then', () => {
    const life = aLife({
      plan: month({ autoRenewalMonths: null, graceMonths: 2 }),
      items: { SEAT: '2' },
      sold: '2026-03-10',
    });
    life.until('2026-04-20');
    life.become({ licenses: life.state().licenses.map((license) => ({ ...license, enabled: false })) });
    const decision = life.ask('2026-04-20', renew('expiry', { items: life.wanted({ SEAT: '3', DISK: '1' }) }));
    expect(decision.lines.map(({ rate, origin }) => [rate.mpn, origin])).toEqual([
      ['SEAT', 'requested'],
      ['DISK', 'requested'],
    ]);
    expect(life.state()).toMatchObject({
      status: 'active',
      holdReason: null,
      startOn: '2026-04-10',
      endOn: '2026-05-10',
      licenses: [{ endOn: '2026-05-10', enabled: true, units: decimal('4') }],
    });
    expect(life.state().items).toMatchObject([
      { mpn: 'DISK', committed: decimal('1') },
      { mpn: 'SEAT', committed: decimal('3'), batches: [{ quantity: decimal('3'), at: '2026-04-20T12:00:00Z' }] },
    ]);
  });

  test('takes the place of one that is tried again: from the end of the term, and nothing is tried any more', () => {
    const life = aLife({ plan: month(), items: { SEAT: '2' }, sold: '2026-03-10' });
    life.customer.mayOrder = false;
    life.until('2026-04-11');
    expect(life.state().renewalFailure).not.toBe(null);
    life.customer.mayOrder = true;
    life.ask('2026-04-11', renew('expiry', { items: life.wanted({ SEAT: '1' }) }));
    expect(life.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-04-10 to 2026-05-10 = 31']);
    expect(life.state().renewalFailure).toBe(null);
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 1 SEAT');
  });

  test('from now, while one is tried again, leaves no day unpaid; after the expiry it leaves those out that were not held', () => {
    const tried = aLife({ plan: month(), items: { SEAT: '1' }, sold: '2026-03-10' });
    tried.customer.mayOrder = false;
    tried.until('2026-04-11');
    tried.customer.mayOrder = true;
    tried.ask('2026-04-11', renew('now'));
    expect(tried.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-04-10 to 2026-05-10 = 31']);
    const expired = aLife({
      plan: month({ autoRenewalMonths: null, graceMonths: 1 }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    expired.ask('2026-04-12', renew('now'));
    expect(expired.lastBill()).toEqual(['recurring 1 SEAT x 31, 2026-04-12 to 2026-05-12 = 31']);
    expect(expired.state()).toMatchObject({
      anchorOn: '2026-04-12',
      licenses: [{ startOn: '2026-04-12', endOn: '2026-05-12', enabled: true }],
    });
  });

  test('from now is at the prices of today, and asks for other quantities only where they change', () => {
    const price = (date: string) => (date < '2026-03-15' ? '31' : '62');
    const life = aLife({ plan: aPlan('month', { SEAT: { price } }), items: { SEAT: '1' }, sold: '2026-03-10' });
    const { lines } = life.ask('2026-03-20', renew('now', { items: life.wanted({ SEAT: '1' }) }));
    expect(lines).toMatchObject([{ origin: 'renewed' }]);
    expect(life.lastBill()).toEqual([
      'refund 1 SEAT x 31 21/31, 2026-03-20 to 2026-04-10 = -21',
      'recurring 1 SEAT x 62, 2026-03-20 to 2026-04-20 = 62',
    ]);
  });

  test('from now may have fewer units whatever was committed, but not against the rules of add-ons', () => {
    const plan = aPlan(
      'suite',
      { BASE: { price: '31' }, PLUS: { price: '3.1', dependsOn: ['suite.BASE' as never] } },
      {},
      { commitment: { minimum: 'initial' }, reduction: { window: { count: 0, unit: 'day' }, after: 'refused' } },
    );
    const life = aLife({ plan, items: { BASE: '5', PLUS: '1' }, sold: '2026-03-10' });
    expect(life.noChange('2026-03-20', { BASE: '4' }).codes).toEqual(['lifecycle.below_commitment']);
    expect(life.refusal('2026-03-20', renew('now', { items: life.wanted({ BASE: '0' }) })).codes).toEqual([
      'lifecycle.add_on_in_the_way',
    ]);
    life.ask('2026-03-20', renew('now', { items: life.wanted({ BASE: '4' }) }));
    expect(life.shown()).toBe('active 2026-03-20 to 2026-04-20: 4 BASE, 1 PLUS');
  });

  test('early plans only what the rules of the next term allow', () => {
    const plan = aPlan('suite', { BASE: { price: '31' }, PLUS: { price: '1', dependsOn: ['suite.BASE' as never] } });
    const life = aLife({ plan, items: { BASE: '5', PLUS: '1' }, sold: '2026-03-10' });
    expect(life.refusal('2026-03-20', renew('expiry', { items: life.wanted({ BASE: '0' }) })).codes).toEqual([
      'lifecycle.add_on_in_the_way',
    ]);
    life.ask('2026-03-20', renew('expiry', { items: life.wanted({ BASE: '5' }) }));
    expect(life.intents()).toMatchObject([{ moment: { at: 'date', on: '2026-04-10' }, command: { cascade: false } }]);
  });
});

describe('quantities of an early renewal', () => {
  const deal = (amount: string, facts: Partial<Pick<Deal, 'from'>> = {}): Deal => ({
    from: 'now',
    terms: 1,
    sellerId: 'seller-0' as never,
    chargeType: 'recurring',
    kind: 'price',
    currency: null,
    tiers: [{ lowerLimit: zero, amount: decimal(amount) }],
    ...facts,
  });
  const both = (policies = {}) =>
    aLife({ plan: month({}, policies), items: { SEAT: '5', DISK: '1' }, sold: '2026-03-10' });

  test('are planned as they were asked for: what is held has its deals with the term, what goes has none', () => {
    const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
    const [seat, disk] = life.wanted({ SEAT: '7', DISK: '2' });
    const [none] = life.wanted({ DISK: '0' });
    life.ask('2026-03-20', renew('expiry', { items: [{ ...seat!, deals: [deal('9')] }, disk!] }));
    expect(life.intents()[0]!.command).toEqual({ kind: 'change', items: [seat, disk], cascade: false });
    life.until('2026-05-10');
    expect(life.bill(1)).toEqual([
      'recurring 2 DISK x 3.1, 2026-04-10 to 2026-05-10 = 6.2',
      'recurring 7 SEAT x 9, 2026-04-10 to 2026-05-10 = 63',
      'recurring 2 DISK x 3.1, 2026-05-10 to 2026-06-10 = 6.2',
      'recurring 7 SEAT x 31, 2026-05-10 to 2026-06-10 = 217',
    ]);
    life.ask('2026-05-11', renew('expiry', { items: [seat!, { ...none!, deals: [deal('1')] }] }));
    expect(life.intents()[0]!.command).toEqual({ kind: 'change', items: [seat, none], cascade: false });
  });

  test('that stay as they are are not planned where there is a deal about one of them', () => {
    const life = both();
    const [seat, disk] = life.wanted({ SEAT: '5', DISK: '1' });
    life.ask('2026-03-20', renew('expiry', { items: [{ ...seat!, deals: [deal('9')] }, disk!] }));
    expect(life.intents()).toEqual([]);
  });

  test('may be fewer than this term is committed to', () => {
    const life = both({ commitment: { minimum: 'initial' } });
    life.ask('2026-03-20', renew('expiry', { items: life.wanted({ SEAT: '3' }) }));
    life.until('2026-04-10');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-05-10: 1 DISK, 3 SEAT');
  });

  test('have deals that count from the first day of that term, so they say no other beginning', () => {
    const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
    const [seat, disk] = life.wanted({ SEAT: '5', DISK: '1' });
    const items = [seat!, { ...disk!, deals: [deal('1'), deal('2', { from: 'renewal' })] }];
    expect(() => life.ask('2026-03-20', renew('expiry', { items }))).toThrow(
      expect.objectContaining({
        reasons: [expect.objectContaining({ code: 'lifecycle.deal_from_renewal', field: 'items.1.deals.1.from' })],
      }),
    );
  });

  test('of a term from now, of what has not even begun, have deals for that term', () => {
    const life = aLife({ plan: month(), items: { SEAT: '5' }, sold: '2026-03-10' });
    life.become({
      startOn: '2026-04-01',
      ledger: life.state().ledger.map((edge) => ({ ...edge, window: { start: '2026-04-01', end: '2026-04-10' } })),
    });
    const [disk] = life.wanted({ DISK: '2' });
    life.ask('2026-03-20', renew('now', { items: [{ ...disk!, deals: [deal('1.5')] }] }));
    expect(life.lastBill()).toContain('recurring 2 DISK x 1.5, 2026-04-01 to 2026-05-01 = 3');
  });
});

describe('a renewal leaves no period out that an edge has more than the owner', () => {
  // Sold on March 31 in Honolulu, which is April 1 in Kiritimati: their months never begin on one day.
  const sold = () => {
    const life = aLife({
      plan: aPlan('year', { SEAT: { price: '31' } }, { ...year, autoRenewalMonths: 1 }),
      zones: ['Pacific/Honolulu', 'Pacific/Kiritimati'],
      items: { SEAT: '1' },
      sold: '2026-04-01',
    });
    life.ask('2026-04-03', { kind: 'expiry', endOn: '2026-07-01' });
    return life;
  };
  const whole = [
    'recurring 1 SEAT x 31 1/31, 2026-06-30 to 2026-07-01 = 1',
    'recurring 1 SEAT x 31, 2026-07-01 to 2026-08-01 = 31',
  ];

  test('by itself', () => {
    const life = sold();
    life.until('2026-07-01');
    expect(life.lastBill(0)).toEqual(whole);
  });

  test('by request, while it is tried again', () => {
    const life = sold();
    life.customer.mayOrder = false;
    life.until('2026-07-01');
    life.customer.mayOrder = true;
    const { lines } = life.ask('2026-07-01', renew('expiry', { months: 1 }));
    expect(life.lastBill(0)).toEqual(whole);
    expect(lines).toMatchObject([{ origin: 'renewed' }]);
  });
});

test('a term from now that is aligned has the grid of the other subscription from its first day on', () => {
  const first = aLife({
    plan: aPlan('year', { SEAT: { price: '31' } }, year),
    items: { SEAT: '1' },
    sold: '2026-03-25',
  });
  const life = aLife({
    plan: aPlan('year', { SEAT: { price: '30' } }, year),
    items: { SEAT: '1' },
    sold: '2026-04-10',
  });
  const align = { kind: 'subscription', subscriptionId: 'first' as never } as const;
  const others = new Map([other(first, 'first', aPlan('year', { SEAT: {} }))]);
  life.ask('2026-06-20', renew('now', { align }), { at: 'now' }, { others });
  expect(life.lastBill()).toEqual([
    'refund 1 SEAT x 30 20/30, 2026-06-20 to 2026-07-10 = -20',
    'recurring 1 SEAT x 30 5/31, 2026-06-20 to 2026-06-25 = 4.84',
  ]);
  expect(life.state()).toMatchObject({ anchorOn: '2026-03-25', endOn: '2027-03-25' });
});

describe('the length of the next term', () => {
  test.each([
    ['a period of days', { subscriptionPeriod: { unit: 'day', count: 45 } }, null, '2026-06-08'],
    ['a period of months', { subscriptionPeriod: { unit: 'month', count: 2 } }, null, '2026-07-10'],
    ['a period of years', { subscriptionPeriod: { unit: 'year', count: 2 } }, null, '2030-03-10'],
    ['so many months as are asked for', { subscriptionPeriod: { unit: 'year', count: 2 } }, 5, '2028-08-10'],
  ] as const)('is %s', (_, facts, months, endOn) => {
    const life = aLife({
      plan: month(facts, { renewal: { allow_early_days: 1000 } }),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', renew('expiry', { months }));
    expect(life.state().endOn).toBe(endOn);
  });

  test('is that of automatic renewals where it comes by itself, told as one of the system', () => {
    const plan = month({ subscriptionPeriod: { unit: 'month', count: 1 }, autoRenewalMonths: 3 });
    const life = aLife({ plan, items: { SEAT: '1' }, sold: '2026-03-10' });
    life.become({ noticedOn: '2026-04-10' });
    life.until('2026-04-10');
    expect(life.shown()).toBe('active 2026-04-10 to 2026-07-10: 1 SEAT');
    expect(life.state()).toMatchObject({ noticedOn: null, licenses: [{ endOn: '2026-07-10', enabled: true }] });
    expect(life.history.at(-1)!.decision).toMatchObject({
      order: 'renewal',
      lines: [{ origin: 'renewed' }],
      events: [{ type: 'subscription.renewed', data: { by: 'system' } }],
    });
  });
});

describe('a term that was renewed ahead', () => {
  test('begins on its day: until then the batches, the commitment and the start of this one stay', () => {
    const life = aLife({
      plan: aPlan('year', { SEAT: { price: '31' } }, year),
      items: { SEAT: '1' },
      sold: '2026-03-10',
    });
    life.ask('2026-03-20', renew());
    life.until('2026-05-11');
    expect(life.state()).toMatchObject({
      startOn: '2026-03-10',
      endOn: '2028-03-10',
      items: [{ batches: [{ at: '2026-03-10T12:00:00Z' }] }],
    });
    life.until('2027-03-10');
    expect(life.state()).toMatchObject({
      startOn: '2027-03-10',
      items: [{ batches: [{ at: '2027-03-10T00:00:00Z' }] }],
    });
  });

  test('and another after it, which is aligned: only the last one has the grid of the other subscription', () => {
    const yearly = { ...year, billingPeriod: { unit: 'year', count: 1 } } as const;
    const plan = aPlan('year', { SEAT: { price: '366' } }, yearly, { renewal: { allow_early_days: 1000 } });
    const first = aLife({ plan, items: { SEAT: '1' }, sold: '2026-09-15' });
    first.ask('2026-09-16', renew());
    const life = aLife({ plan, items: { SEAT: '1' }, sold: '2026-06-10' });
    life.ask('2026-06-11', renew());
    const align = { kind: 'subscription', subscriptionId: 'first' as never } as const;
    const target = other(first, 'first', plan);
    life.ask('2026-10-01', renew('expiry', { align }), { at: 'now' }, { others: new Map([target]) });
    expect(life.state().endOn).toBe('2028-09-15');
    life.until('2028-09-15');
    expect(life.bill(1)).toEqual([
      'recurring 1 SEAT x 366, 2027-06-10 to 2028-06-10 = 366',
      'recurring 1 SEAT x 366 97/366, 2028-06-10 to 2028-09-15 = 97',
      'recurring 1 SEAT x 366, 2028-09-15 to 2029-09-15 = 366',
    ]);
  });
});

describe('what is given back whole', () => {
  const full = { cancellation: { window: { count: 200, unit: 'day' }, refund: 'full' } } as const;
  const sold = () =>
    aLife({
      plan: aPlan('year', { SEAT: { price: '9.999' } }, year, full),
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
  const cancel = { kind: 'cancel', reason: null } as const;

  test('is the term that began today, nothing of the one before', () => {
    const life = sold();
    life.ask('2026-05-20', renew('now'));
    const before = life.total();
    life.until('2026-06-25');
    life.ask('2026-06-25', cancel);
    expect(life.lastBill()).toEqual([
      'refund 5 SEAT x 9.999, 2026-05-20 to 2026-06-20 = -50',
      'refund 5 SEAT x 9.999, 2026-06-20 to 2026-07-20 = -50',
    ]);
    expect(before).not.toBe('0');
  });

  test('is also the period before a pause that was lifted on the very day on which that period ended', () => {
    const life = sold();
    const [{ rateId } = { rateId: undefined! }] = life.wanted({ SEAT: '1' });
    life.ask('2026-03-15', { kind: 'prices', prices: [{ rateId, unitPrice: decimal('3.1'), sellerIndex: 0 }] });
    life.ask('2026-03-20', { kind: 'suspend', endOn: null });
    life.ask('2026-04-10', { kind: 'resume', endOn: null });
    life.ask('2026-04-15', cancel);
    expect(life.total()).toBe('0');
  });
});
