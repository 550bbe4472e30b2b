import { decimal, isTierlineError } from '@tierline/kernel';
import { expect, test } from 'vitest';
import { aPlanVersion, aRate } from '../../../../test/support/values.ts';
import type { LoadedPlan } from './context.ts';
import { edited, resolve, type NamedCommand } from './resolve.ts';

const plan = aPlanVersion();
const rates = [
  aRate(plan, { mpn: 'SEAT' }),
  aRate(plan, { mpn: 'ROOM' }),
  aRate(plan, { mpn: 'TWICE', vendorCode: 'one' }),
  aRate(plan, { mpn: 'TWICE', vendorCode: 'other' }),
];
const loaded: LoadedPlan = { plan, rates: new Map(rates.map((rate) => [rate.rateId, rate])) };
const seat = rates[0]!.rateId;
const one = decimal('1');

const ofItems = (items: Extract<NamedCommand, { kind: 'change' }>['items']): NamedCommand => ({
  kind: 'change',
  items,
  cascade: false,
});

const reasonsOf = async (command: NamedCommand, target: LoadedPlan | undefined = loaded) => {
  const refused = await resolve(command, () => Promise.resolve(target)).catch((error: unknown) => error);
  if (!isTierlineError(refused)) throw new Error('It was not refused.');
  return refused.reasons.map(({ code, field }) => [code, field]);
};

test('an MPN becomes the rate of the plan; a rate stays as it is', async () => {
  const items = [
    { mpn: 'SEAT', quantity: one },
    { rateId: rates[1]!.rateId, quantity: one },
  ];
  const resolved = await resolve(ofItems(items), () => Promise.resolve(loaded));
  expect(resolved).toMatchObject({ items: [{ rateId: seat }, { rateId: rates[1]!.rateId }] });
});

test('without an MPN no plan is read', async () => {
  const command = ofItems([{ rateId: seat, quantity: one }]);
  const nothing = () => Promise.reject(new Error('It was read.'));
  expect(await resolve(command, nothing)).toEqual(command);
});

test('every name that is none, or is not clear, is told with its field', async () => {
  const items = ['NOPE', 'SEAT', 'TWICE'].map((mpn) => ({ mpn, quantity: one }));
  expect(await reasonsOf(ofItems(items))).toEqual([
    ['lifecycle.unknown_product', 'items.0.mpn'],
    ['lifecycle.ambiguous_product', 'items.2.mpn'],
  ]);
});

test('a plan that is not in the catalog has no products', async () => {
  const command: NamedCommand = {
    kind: 'switch',
    planId: plan.planId,
    start: 'now',
    items: [{ mpn: 'SEAT', quantity: one }],
  };
  const refused = resolve(command, () => Promise.resolve(undefined));
  await expect(refused).rejects.toMatchObject({
    reasons: [{ code: 'lifecycle.unknown_product', field: 'items.0.mpn' }],
  });
});

test('a product is named once; a price once for each seller', async () => {
  const twice = [
    { rateId: seat, quantity: one },
    { mpn: 'SEAT', quantity: one },
  ];
  expect(await reasonsOf(ofItems(twice))).toEqual([['lifecycle.named_twice', 'items.1.mpn']]);
  const price = (sellerIndex: number) => ({ mpn: 'SEAT', unitPrice: one, sellerIndex });
  const ofPrices = (...prices: ReturnType<typeof price>[]): NamedCommand => ({ kind: 'prices', prices });
  const both = await resolve(ofPrices(price(1), price(2)), () => Promise.resolve(loaded));
  expect(both).toMatchObject({ prices: [{ rateId: seat }, { rateId: seat }] });
  expect(await reasonsOf(ofPrices(price(2), price(2)))).toEqual([['lifecycle.named_twice', 'prices.1.mpn']]);
});

test('wherever a command names products, an MPN will do', async () => {
  const items = [{ mpn: 'SEAT', quantity: one }];
  const commands: NamedCommand[] = [
    ofItems(items),
    { kind: 'renew', from: 'expiry', months: null, items, align: null },
    { kind: 'move', items, targetId: null, opens: { planId: null, end: 'own' } },
    { kind: 'switch', planId: plan.planId, start: 'now', items },
  ];
  for (const command of commands) {
    const found = await resolve(command, (asked) => Promise.resolve(asked === command ? loaded : undefined));
    expect(found).toEqual({ ...command, items: [{ ...items[0], rateId: seat }] });
  }
  const other: NamedCommand[] = [
    { kind: 'switch', planId: plan.planId, start: 'now', items: null },
    { kind: 'cancel', reason: null },
  ];
  for (const command of other) expect(await resolve(command, () => Promise.resolve(loaded))).toEqual(command);
});

test('what is not known is told with what there is', async () => {
  const messageOf = async (mpn: string, target: LoadedPlan): Promise<string> => {
    const refused = await resolve(ofItems([{ mpn, quantity: one }]), () => Promise.resolve(target)).catch(String);
    return typeof refused === 'string' ? refused : 'It was not refused.';
  };
  const many = (count: number): LoadedPlan => {
    const named = Array.from({ length: count }, (_, index) => aRate(plan, { mpn: `MPN-${index + 1}` }));
    return { plan, rates: new Map(named.map((rate) => [rate.rateId, rate])) };
  };
  expect(await messageOf('NOPE', many(2))).toContain('MPN NOPE. It has MPN-1, MPN-2.');
  expect(await messageOf('NOPE', many(20))).toContain('MPN-20.');
  expect(await messageOf('NOPE', many(21))).toContain('MPN-20 and more.');
  const told = await messageOf('TWICE', loaded);
  for (const rate of rates.slice(2)) expect(told).toContain(`${rate.rateId} of vendor ${rate.vendorCode}`);
  expect(told).not.toContain(seat);
});

test('a product that is named twice is told where it is named again, and as it is named there', async () => {
  const ofRates = [seat, rates[1]!.rateId, seat].map((rateId) => ({ rateId, quantity: one }));
  expect(await reasonsOf(ofItems(ofRates))).toEqual([['lifecycle.named_twice', 'items.2.rate_id']]);
});

test('a planned command is edited only in what it has', () => {
  const change = { kind: 'change', items: [{ rateId: seat, quantity: one }], cascade: false } as const;
  expect(edited(change, {})).toBeUndefined();
  expect(edited(change, { cascade: true })).toEqual({ ...change, cascade: true });
  expect(edited({ kind: 'cancel', reason: null }, { reason: 'moved' })).toEqual({ kind: 'cancel', reason: 'moved' });
  const items = [{ rateId: seat, quantity: decimal('2') }];
  expect(edited(change, { items })).toEqual({ ...change, items });
  expect(edited({ ...change, cascade: true }, { items })).toEqual({ ...change, items, cascade: true });
  const toPlan = { kind: 'switch', planId: plan.planId, start: 'now', items: null } as const;
  expect(edited(toPlan, { items })).toEqual({ ...toPlan, items });
  expect(edited(toPlan, {})).toBeUndefined();
  const off = { kind: 'auto_renewal', on: false, months: null } as const;
  const convert = { kind: 'convert', planId: null } as const;
  const cancel = { kind: 'cancel', reason: null } as const;
  for (const [command, edit, field] of [
    [change, { reason: 'x' }, 'reason'],
    [toPlan, { reason: 'x' }, 'reason'],
    [toPlan, { cascade: true }, 'cascade'],
    [cancel, { items: [] }, 'items'],
    [cancel, { cascade: true }, 'cascade'],
    [off, { items: [] }, 'items'],
    [convert, { items: [] }, 'items'],
  ] as const) {
    const reasons = [expect.objectContaining({ code: 'lifecycle.not_of_this_intent', field })];
    expect(() => edited(command, edit), `${command.kind} ${field}.`).toThrow(
      expect.objectContaining({ reasons }) as Error,
    );
  }
});
