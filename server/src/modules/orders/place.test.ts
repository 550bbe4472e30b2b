import {
  addMoney,
  decimal,
  formatDecimal,
  formatMoney,
  isTierlineError,
  newId,
  zeroMoney,
  type AccountId,
  type CustomerId,
} from '@tierline/kernel';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aChain, aCustomer, anIdentity, aPlacement, at, edgesOf, line, named, nth } from './testing.ts';
import { anEdgePrice, aPlanVersion, type TiersWanted } from '../../../../test/support/values.ts';
import type { OrderDetail } from './order.ts';
import { decidePlacement, missingBases, totalOn, type Placement } from './place.ts';

const utc = { timeZone: 'UTC' };

function reasonsOf(placement: Placement): string[] {
  return refusalOf(placement).reasons.map(({ code, field }) => `${field} ${code}`);
}

function refusalOf(placement: Placement) {
  try {
    decidePlacement(placement);
  } catch (error) {
    if (isTierlineError(error) && error.kind === 'invalid') return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

describe('a decision', () => {
  const owner = aChain(utc, utc);
  const [office, storage] = [aPlanVersion({ name: 'Office' }), aPlanVersion({ name: 'Storage' })];
  const base = named(office, { mpn: 'BASE' });
  const addOn = named(office, { mpn: 'ADD', dependsOn: [base.rate.rateId] });
  const other = named(storage, { mpn: 'OTHER' });
  const placement = aPlacement({
    owner,
    lines: [line(addOn, '4', 0), line(other, '1', 1), line(base, '3', 2)],
    prices: [edgesOf(owner, ['1', '2']), edgesOf(owner, ['5', '10']), edgesOf(owner, ['15.2', '17.5'])],
  });

  test('is a pure function: the same again, and nothing given is changed', () => {
    const before = text(placement);
    const first = decidePlacement({ ...placement, identity: anIdentity() });
    const second = decidePlacement({ ...placement, identity: anIdentity() });
    expect(text(second)).toBe(text(first));
    expect(text(placement)).toBe(before);
  });

  test('makes one subscription per plan, with the lines of that plan', () => {
    const { subscriptions, lines } = decidePlacement({ ...placement, identity: anIdentity() });
    expect(subscriptions.map(({ name, items }) => [name, items.map(({ mpn }) => mpn).toSorted()])).toEqual([
      ['Office', ['ADD', 'BASE']],
      ['Storage', ['OTHER']],
    ]);
    expect(lines.map(({ mpn, position, subscriptionId }) => [mpn, position, subscriptionId])).toEqual([
      ['ADD', 0, nth(100)],
      ['OTHER', 1, nth(101)],
      ['BASE', 2, nth(100)],
    ]);
  });

  test('gives a license the units of the base; an add-on extends it and is not counted', () => {
    const { subscriptions } = decidePlacement({ ...placement, identity: anIdentity() });
    expect(subscriptions.map(({ licenses }) => licenses.map(({ units }) => formatDecimal(units)))).toEqual([
      ['3'],
      ['1'],
    ]);
  });

  test('is completed at once when every vendor provisions instantly, and processing otherwise', () => {
    const done = decidePlacement({ ...placement, identity: anIdentity() });
    expect(done).toMatchObject({ status: 'completed', completedAt: at.toString() });
    expect(done.subscriptions.map(({ status }) => status)).toEqual(['active', 'active']);
    const slow = named(aPlanVersion({ vendor: { ...storage.vendor, provisioning: 'webhook' } }), { mpn: 'SLOW' });
    const lines = [line(base, '1', 0), line(slow, '1', 1)];
    const waiting = decidePlacement(
      aPlacement({ owner, lines, prices: [edgesOf(owner, ['1', '2']), edgesOf(owner, ['1', '2'])] }),
    );
    expect(waiting).toMatchObject({ status: 'processing', completedAt: null });
    expect(waiting.subscriptions.map(({ status }) => status)).toEqual(['active', 'pending']);
  });

  test('ends after one subscription period, counted from the anchor, and charges from when the free months are over', () => {
    const plan = aPlanVersion({ subscriptionPeriod: { unit: 'year', count: 1 }, chargeableMonths: 2, graceMonths: 1 });
    const { subscriptions } = decidePlacement(
      aPlacement({ owner, lines: [line(named(plan), '5')], prices: [edgesOf(owner, ['1', '2'])] }),
    );
    expect(subscriptions[0]).toMatchObject({
      anchorOn: '2026-03-01',
      startOn: '2026-03-01',
      endOn: '2027-03-01',
      startChargeOn: '2026-05-01',
      licenses: [{ startOn: '2026-03-01', endOn: '2027-03-01', startChargeOn: '2026-05-01', graceMonths: 1 }],
    });
  });
});

describe('refusals', () => {
  const owner = aChain(utc, utc);
  const plan = aPlanVersion({ makerId: owner.chain[0]!.id });
  const base = named(plan, { mpn: 'BASE', name: 'Base', quantityMin: decimal('5'), quantityMax: decimal('10') });
  const priced = edgesOf(owner, ['1', '2']);
  const place = (facts: Partial<Placement>) =>
    aPlacement({ owner, lines: [line(base, '5')], prices: [priced], ...facts });

  test('all reasons at once', () => {
    const gone = named(aPlanVersion({ product: { ...plan.product, status: 'end_of_life' } }), { mpn: 'GONE' });
    const addOn = named(plan, { mpn: 'ADD', dependsOn: [newId<'rate'>()] });
    const lines = [line(base, '4', 0), line(base, '6', 1), line(gone, '1', 2), line(addOn, '1', 3)];
    const prices = [
      priced,
      edgesOf(owner, ['1', undefined]),
      edgesOf(aChain(utc, { ...utc, currency: 'USD' }), ['1', '2']),
      priced,
    ];
    const customer = aCustomer(owner, { status: 'credit_hold' });
    expect(reasonsOf(place({ customer, lines, prices }))).toEqual([
      'customer_id orders.customer_may_not_order',
      'lines.0.quantity orders.quantity_out_of_bounds',
      'lines.1 orders.product_repeated',
      'lines.1 orders.unpriced',
      'lines.2 orders.product_not_sold',
      'lines orders.currencies_differ',
      'lines.3 orders.base_missing',
    ]);
  });

  test.each(['pending', 'credit_hold', 'admin_hold', 'canceled', 'error'] as const)(
    'a customer that is %s',
    (status) => {
      expect(reasonsOf(place({ customer: aCustomer(owner, { status }) }))).toEqual([
        'customer_id orders.customer_may_not_order',
      ]);
    },
  );

  test.each(['4.999', '0', '-5', '10.001', '1000000'])(
    'a quantity of %s, with the nearest valid request',
    (quantity) => {
      const refusal = refusalOf(place({ lines: [line(base, quantity)] }));
      expect(refusal.reasons).toMatchObject([
        { code: 'orders.quantity_out_of_bounds', message: 'The quantity of Base must be at least 5 and at most 10.' },
      ]);
      const nearest = Number(quantity) < 5 ? '5' : '10';
      expect(refusal.details).toEqual({ nearest_valid: { lines: [{ mpn: 'BASE', quantity: nearest }] } });
    },
  );

  test('nothing is no quantity, even where the minimum is 0', () => {
    const free = named(plan, { name: 'Free', quantityMin: decimal('0') });
    expect(refusalOf(place({ lines: [line(free, '0')] })).reasons).toMatchObject([
      { message: 'The quantity of Free must be more than 0 and at most 1000000.' },
    ]);
    expect(decidePlacement(place({ lines: [line(free, '0.001')] })).lines).toHaveLength(1);
  });

  test('no price on an edge from the maker down; above the maker none is needed', () => {
    expect(reasonsOf(place({ prices: [edgesOf(owner, [undefined, '2'])] }))).toEqual(['lines.0 orders.unpriced']);
    expect(refusalOf(place({ prices: [edgesOf(owner, ['1'])] })).message).toBe(
      'You have no price for Base yet. Set one in a price list.',
    );
    const own = { ...base, plan: { ...plan, makerId: owner.account.id } };
    const order = decidePlacement(place({ lines: [line(own, '5')], prices: [edgesOf(owner, [undefined, '2'])] }));
    expect(order.charges.map((charge) => formatMoney(charge.amount))).toEqual(['10']);
  });

  test('a rate that is only set up needs a price too', () => {
    const setup = named(plan, { chargeTypes: ['setup'], name: 'Onboarding' });
    expect(reasonsOf(place({ lines: [line(setup, '1')], prices: [edgesOf(owner, [])] }))).toEqual([
      'lines.0 orders.unpriced',
    ]);
  });

  test('a plan whose money is settled elsewhere is sold at nothing', () => {
    const free = { ...base, plan: { ...plan, pricing: 'free' as const } };
    const order = decidePlacement(place({ lines: [line(free, '5')], prices: [edgesOf(owner, [])] }));
    expect(order).toMatchObject({ total: '0', currency: 'EUR', charges: [] });
  });

  test('a price below cost where the floor forbids it, and only there', () => {
    const below = priced.map((edge, index) =>
      index === 0 ? edge : { ...edge, byType: { recurring: anEdgePrice('EUR', '0.5', { belowCost: true }) } },
    );
    expect(decidePlacement(place({ prices: [below] })).total).toBe('2.5');
    const floored = below.map((edge) => ({ ...edge, floor: 'cost' as const }));
    expect(reasonsOf(place({ prices: [floored] }))).toEqual(['lines.0 orders.below_floor']);
  });
});

/** Each edge is its own ledger: its seller's date, currency, price and rounding (rules of money and dates, 6). */
describe('edges', () => {
  const owner = aChain(
    { timeZone: 'Pacific/Kiritimati', currency: 'JPY' },
    { timeZone: 'UTC', currency: 'EUR' },
    { timeZone: 'Pacific/Honolulu', currency: 'USD' },
    { timeZone: 'Pacific/Pago_Pago', currency: 'BHD' },
  );

  test('sellers on both sides of the date line charge from their own day', () => {
    const plan = aPlanVersion({ subscriptionPeriod: { unit: 'year', count: 1 } });
    const prices = [edgesOf(owner, ['100.5', '0.335', '0.34', '0.1115'])];
    const order = decidePlacement(aPlacement({ owner, lines: [line(named(plan), '3')], prices }));
    expect(
      order.charges.map((charge) => [
        charge.bookedOn,
        `${charge.period.start.toString()}..${charge.period.end.toString()}`,
        `${formatMoney(charge.amount)} ${charge.amount.currency}`,
      ]),
    ).toEqual([
      ['2026-03-02', '2026-03-02..2026-04-02', '302 JPY'],
      ['2026-03-01', '2026-03-01..2026-04-01', '1.01 EUR'],
      ['2026-03-01', '2026-03-01..2026-04-01', '1.02 USD'],
      ['2026-02-28', '2026-02-28..2026-03-28', '0.335 BHD'],
    ]);
    // The subscription itself is the owner's.
    expect(order.subscriptions[0]).toMatchObject({ anchorOn: '2026-02-28', endOn: '2027-02-28' });
    expect(order).toMatchObject({ currency: 'BHD', total: '0.335' });
  });

  test('each charge has its seller above its buyer, down to the customer', () => {
    const placement = aPlacement({
      owner,
      lines: [line(named(aPlanVersion()), '1')],
      prices: [edgesOf(owner, ['1', '1', '1', '1'])],
    });
    const { charges } = decidePlacement(placement);
    const [a, b, c, d] = owner.chain.map(({ id }) => id) as [AccountId, AccountId, AccountId, AccountId];
    expect(charges.map(({ sellerId, buyerId }) => [sellerId, buyerId])).toEqual([
      [a, b],
      [b, c],
      [c, d],
      [d, placement.customer.id],
    ]);
  });
});

/** For any order: its total = the charges on the customer's edge = the lines, each rounded once. */
test('no minor unit is lost or made between lines, charges and total, on any edge', () => {
  const amounts = fc
    .tuple(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 0, max: 6 }))
    .map(([digits, scale]) => {
      const padded = String(digits).padStart(scale + 1, '0');
      return scale === 0 ? padded : `${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
    });
  const tiers = fc.oneof(
    amounts.map((amount): TiersWanted => amount),
    fc.tuple(amounts, amounts, amounts).map((of): TiersWanted => [
      ['0', of[0]],
      ['7', of[1]],
      ['19.5', of[2]],
    ]),
  );
  const lines = fc.array(
    fc.record({
      model: fc.constantFrom('flat' as const, 'tiered' as const, 'volume' as const),
      hundredths: fc.integer({ min: 1, max: 9999 }),
      tiers: fc.tuple(tiers, tiers, tiers),
      plan: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const currencies = fc.tuple(...Array.from({ length: 3 }, () => fc.constantFrom('JPY', 'EUR', 'BHD')));
  fc.assert(
    fc.property(lines, currencies, (wanted, codes) => {
      const owner = aChain(...codes.map((currency) => ({ timeZone: 'UTC', currency })));
      const plans = [
        aPlanVersion(),
        aPlanVersion({ chargeableMonths: 1, billingPeriod: { unit: 'year', count: 1 } }),
        aPlanVersion(),
      ];
      const placement = aPlacement({
        owner,
        lines: wanted.map(({ model, hundredths, plan }, index) =>
          line(named(plans[plan]!, { priceModel: model }), (hundredths / 100).toFixed(2), index),
        ),
        prices: wanted.map((of) => edgesOf(owner, of.tiers)),
      });
      const order = decidePlacement(placement);
      const currency = codes[2]!;
      const own = order.charges.filter(({ buyerId }) => buyerId === placement.customer.id);
      const sum = own.reduce((total, { amount }) => addMoney(total, amount), zeroMoney(currency));
      expect(order.total).toBe(formatMoney(sum));
      expect(formatMoney(totalOn(order.charges, placement.customer.id, currency))).toBe(order.total);
      for (const [index, edge] of owner.chain.entries()) {
        const buyerId = owner.chain[index + 1]?.id ?? placement.customer.id;
        const onEdge = order.charges.filter(({ sellerId }) => sellerId === edge.id);
        expect(onEdge.every((charge) => charge.buyerId === buyerId && charge.amount.currency === codes[index])).toBe(
          true,
        );
        // What each line comes to alone is what it comes to among others.
        const alone = placement.lines.map((of, position) =>
          decidePlacement(aPlacement({ ...placement, lines: [of], prices: [placement.prices[position]!] })),
        );
        const separately = alone.reduce(
          (total, { charges }) => addMoney(total, totalOn(charges, buyerId, codes[index]!)),
          zeroMoney(codes[index]!),
        );
        expect(totalOn(order.charges, buyerId, codes[index]!)).toEqual(separately);
      }
    }),
    { numRuns: 60 },
  );
});

test('bases that are missing are named once each, with a line that needs them', () => {
  const plan = aPlanVersion();
  const [base, second] = [named(plan, { mpn: 'B1' }), named(plan, { mpn: 'B2' })];
  const addOn = named(plan, { mpn: 'A1', dependsOn: [base.rate.rateId, second.rate.rateId] });
  const more = named(plan, { mpn: 'A2', dependsOn: [base.rate.rateId] });
  const missing = missingBases([line(addOn, '1', 0), line(more, '1', 1), line(second, '1', 2)]);
  expect(missing.map(({ rateId, planId }) => [rateId, planId])).toEqual([[base.rate.rateId, plan.planId]]);
  expect(missingBases([line(addOn, '1', 0), line(base, '1', 1), line(second, '1', 2)])).toEqual([]);
});

/** A type that the compiler checks: what is decided is the whole answer, with nothing left to be filled in later. */
const complete: (placement: Placement) => OrderDetail = decidePlacement;
test('the customer of the order is the one that was given', () => {
  const owner = aChain(utc);
  const customer = aCustomer(owner, { id: nth(9) as CustomerId });
  const order = complete(
    aPlacement({ owner, customer, lines: [line(named(aPlanVersion()), '1')], prices: [edgesOf(owner, ['2'])] }),
  );
  expect(order).toMatchObject({
    customerId: nth(9),
    ownerId: owner.account.id,
    serial: '42',
    placedBy: 'user:1',
    version: 1,
  });
});

describe('a later start', () => {
  const owner = aChain({ timeZone: 'Asia/Tokyo' }, utc);
  const plan = aPlanVersion({ name: 'Office', chargeableMonths: 1 });
  const base = named(plan, { mpn: 'BASE' });
  const placement = (startOn: string) =>
    aPlacement({
      owner,
      lines: [line(base, '3', 0)],
      prices: [edgesOf(owner, ['1', '2']).map((edge) => ({ ...edge, date: startOn }))],
      terms: { endsOn: null, notForResale: false, migration: null, startOn },
    });

  test('is that of the subscription, its license and every edge, and what follows is counted from it', () => {
    const { subscriptions, charges } = decidePlacement(placement('2026-05-31'));
    const [subscription] = subscriptions;
    expect(subscription).toMatchObject({ startOn: '2026-05-31', anchorOn: '2026-05-31', startChargeOn: '2026-06-30' });
    expect(subscription!.licenses).toMatchObject([{ startOn: '2026-05-31', startChargeOn: '2026-06-30' }]);
    expect(subscription!.ledger.map(({ anchorOn }) => anchorOn)).toEqual(['2026-05-31', '2026-05-31']);
    expect(charges.every(({ bookedOn }) => bookedOn >= '2026-05-31')).toBe(true);
  });

  test.each(['2026-03-01', '2027-03-02'])('may be %s, from today to 366 days ahead', (startOn) => {
    expect(decidePlacement(placement(startOn)).subscriptions).toMatchObject([{ startOn }]);
  });

  test.each(['2026-02-28', '2027-03-03'])('may not be %s', (startOn) => {
    expect(reasonsOf(placement(startOn))).toEqual(['start_on orders.start_out_of_range']);
  });
});
