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

test('a planned command is edited only in what it has', () => {
  const change = { kind: 'change', items: [{ rateId: seat, quantity: one }], cascade: false } as const;
  expect(edited(change, {})).toBeUndefined();
  expect(edited(change, { cascade: true })).toEqual({ ...change, cascade: true });
  expect(edited({ kind: 'cancel', reason: null }, { reason: 'moved' })).toEqual({ kind: 'cancel', reason: 'moved' });
  for (const [edit, field] of [
    [{ reason: 'x' }, 'reason'],
    [{ items: [] }, 'items'],
    [{ cascade: true }, 'cascade'],
  ] as const) {
    const wrong = () => edited(field === 'reason' ? change : { kind: 'cancel', reason: null }, edit);
    expect(wrong).toThrow(expect.objectContaining({ reasons: [expect.objectContaining({ field })] }) as Error);
  }
});
