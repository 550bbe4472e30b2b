import { decimal, formatDecimal, isTierlineError, zero, type RateId } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { newItem } from '../subscriptions/index.ts';
import { checkCommitment, heldBy, isSame, quantityBefore, reductionsOf } from './switch-reductions.ts';
import { aPlan, id, type Plan } from './testing.ts';

const base = (plan: string) => ({ dependsOn: [id<RateId>(`${plan}.SEAT`)] });
const current = aPlan('month', {
  SEAT: { price: '31' },
  PRO: { price: '62' },
  DISK: { price: '3.1', ...base('month') },
  CARE: { price: '5', ...base('month') },
});
const target = aPlan('other', {
  SEAT: { price: '40' },
  PRO: { price: '80' },
  TOP: { price: '90' },
  DISK: { price: '4', ...base('other') },
  CARE: { price: '6', ...base('other') },
});
const rateOf = (plan: Plan, mpn: string) => [...plan.rates.values()].find((rate) => rate.mpn === mpn)!;
const item = (mpn: string, quantity: string) =>
  newItem(rateOf(current, mpn), decimal(quantity), '2026-03-10T12:00:00Z');

/** What is held, and what the other plan is to hold: its product, how many, and which products of today they were. */
function fewer(
  held: Record<string, string>,
  wanted: readonly [string, string, ...string[]][],
  into = target,
): string[] {
  const items = Object.entries(held).map(([mpn, quantity]) => item(mpn, quantity));
  const mapped = wanted.map(([mpn, quantity, ...from]) => ({
    rate: rateOf(into, mpn),
    quantity: decimal(quantity),
    sources: items.filter((one) => from.includes(one.mpn)),
  }));
  return reductionsOf({ items }, current, into, mapped).map(({ item: { mpn }, rate, count }) => {
    expect(rate.mpn).toBe(mpn);
    return `${formatDecimal(count)} ${mpn}`;
  });
}

describe('units that a switch takes away', () => {
  test('are those that are fewer than before, and all of what goes', () => {
    expect(fewer({ SEAT: '5' }, [['SEAT', '5', 'SEAT']])).toEqual([]);
    expect(fewer({ SEAT: '5' }, [['SEAT', '7', 'SEAT']])).toEqual([]);
    expect(fewer({ SEAT: '5' }, [['SEAT', '4', 'SEAT']])).toEqual(['1 SEAT']);
    expect(fewer({ SEAT: '5', PRO: '2' }, [['SEAT', '5', 'SEAT']])).toEqual(['2 PRO']);
  });

  test('count together for products that stand on nothing: more of one makes up for another', () => {
    expect(
      fewer({ SEAT: '5' }, [
        ['SEAT', '2', 'SEAT'],
        ['TOP', '2'],
      ]),
    ).toEqual(['1 SEAT']);
    expect(fewer({ SEAT: '5', PRO: '2' }, [['SEAT', '6', 'SEAT']])).toEqual(['1 PRO']);
    expect(fewer({ SEAT: '5', PRO: '2' }, [['TOP', '3']])).toEqual(['2 SEAT', '2 PRO']);
    expect(fewer({ SEAT: '5', PRO: '2' }, [['TOP', '5']])).toEqual(['2 PRO']);
  });

  test('are not made up for by add-ons, nor do products make up for those', () => {
    expect(
      fewer({ SEAT: '5' }, [
        ['SEAT', '4', 'SEAT'],
        ['DISK', '9'],
      ]),
    ).toEqual(['1 SEAT']);
    expect(
      fewer({ SEAT: '5', DISK: '3' }, [
        ['SEAT', '9', 'SEAT'],
        ['DISK', '1', 'DISK'],
      ]),
    ).toEqual(['2 DISK']);
  });

  test('of an add-on count where the new plan has it, and where it has not they are part of what that covers', () => {
    expect(fewer({ SEAT: '5', DISK: '3' }, [['SEAT', '5', 'SEAT']])).toEqual(['3 DISK']);
    const without = aPlan('other', { SEAT: { price: '40' }, CARE: { price: '6', ...base('other') } });
    expect(fewer({ SEAT: '5', DISK: '3' }, [['SEAT', '5', 'SEAT']], without)).toEqual([]);
    expect(fewer({ SEAT: '5', DISK: '3', CARE: '1' }, [['SEAT', '5', 'SEAT']], without)).toEqual(['1 CARE']);
  });

  test('of two products that become one are those that it has fewer, of the first one first', () => {
    expect(fewer({ SEAT: '5', PRO: '2' }, [['TOP', '7', 'SEAT', 'PRO']])).toEqual([]);
    expect(
      fewer({ SEAT: '5', PRO: '2' }, [
        ['SEAT', '5', 'SEAT'],
        ['PRO', '1', 'PRO'],
      ]),
    ).toEqual(['1 PRO']);
  });

  test('of what the plan of today does not know are none', () => {
    const old = { ...item('SEAT', '5'), rateId: id<RateId>('old.SEAT') };
    expect(reductionsOf({ items: [old] }, current, target, [])).toEqual([]);
  });
});

test('a product is the same by its resource, or by its MPN of the same vendor', () => {
  const held = item('SEAT', '1');
  const rate = rateOf(target, 'SEAT');
  const other = { ...rate, resourceId: id<typeof rate.resourceId>('another') };
  expect(isSame({ ...rate, mpn: 'X', vendorCode: 'X' }, held)).toBe(true);
  expect(isSame(other, held)).toBe(true);
  expect(isSame({ ...other, mpn: 'X' }, held)).toBe(false);
  expect(isSame({ ...other, vendorCode: 'X' }, held)).toBe(false);
});

test('units of several products are held together', () => {
  expect(heldBy({ sources: [item('SEAT', '2'), item('PRO', '3')] })).toEqual(decimal('5'));
  expect(heldBy({ sources: [] })).toEqual(zero);
  expect(quantityBefore({ sources: [item('SEAT', '2'), item('PRO', '3')] })).toEqual(decimal('5'));
  expect(quantityBefore({ sources: [] })).toBeNull();
});

test('what the term is committed to goes only at the renewal', () => {
  const strict = aPlan('month', { SEAT: { price: '31' } }, {}, { commitment: { minimum: 'initial' } });
  const items = [item('SEAT', '5')];
  const check = (count: string) => () =>
    checkCommitment({ items }, strict, [{ item: items[0]!, rate: rateOf(strict, 'SEAT'), count: decimal(count) }]);
  expect(check('0')).not.toThrow();
  try {
    check('1')();
    expect.unreachable();
  } catch (error) {
    if (!isTierlineError(error)) throw error;
    expect(error.reasons.map(({ code, field }) => [code, field])).toEqual([
      ['lifecycle.below_commitment', 'items.SEAT'],
    ]);
    expect(error.details).toEqual({ nearest_valid: { moment: { at: 'renewal' } } });
  }
});
