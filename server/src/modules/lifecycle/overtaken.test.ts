import { describe, expect, test } from 'vitest';
import type { PlanId } from '@tierline/kernel';
import type { Asked, Command } from './command.ts';
import { aLife, aPlan, type Life } from './testing.ts';

const other = aPlan('other', { SEAT: { price: '1' } });
const life = (policies = {}) =>
  aLife({
    plan: aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, {}, policies),
    others: [other],
    items: { SEAT: '5' },
    sold: '2026-03-10',
  });
const renewal = { at: 'renewal' } as const;
const change = (of: Life, items: Record<string, string>): Command => ({
  kind: 'change',
  items: of.wanted(items),
  cascade: false,
});
const cancel: Command = { kind: 'cancel', reason: null };
const switched: Command = { kind: 'switch', planId: 'other' as PlanId, start: 'now', items: null };

/** What a later command makes of one that waits: `dropped`, `kept`, or nothing. */
function fate(
  planned: [(of: Life) => Command, Asked['moment']],
  later: [(of: Life) => Command, Asked['moment']],
  policies = {},
): string | undefined {
  const of = life(policies);
  of.ask('2026-03-11', planned[0](of), planned[1]);
  const first = of.intents()[0]!.id;
  const { warnings } = of.ask('2026-03-12', later[0](of), later[1]);
  const told = warnings.filter(({ code }) => code.startsWith('lifecycle.intent_'));
  const isWaiting = of.intents().some(({ id }) => id === first);
  if (told.length === 0) return isWaiting ? undefined : 'lost';
  expect(told).toHaveLength(1);
  expect(isWaiting).toBe(told[0]!.code === 'lifecycle.intent_kept');
  if (!isWaiting)
    expect(of.ended().map(({ status, reason }) => [status, reason === null])).toEqual([['dropped', false]]);
  return told[0]!.code.slice('lifecycle.intent_'.length);
}

const now = { at: 'now' } as const;
const on = (date: string) => ({ at: 'date', on: date }) as const;
const seats = (count: string) => (of: Life) => change(of, { SEAT: count });
const disks = (of: Life) => change(of, { DISK: '1' });
const both = (of: Life) => change(of, { SEAT: '8', DISK: '1' });
const is = (command: Command) => () => command;

describe('a change that waits', () => {
  test.each<
    [string, string | undefined, [(of: Life) => Command, Asked['moment']], [(of: Life) => Command, Asked['moment']]]
  >([
    [
      'is replaced by a newer one of the same for the same moment',
      'dropped',
      [seats('7'), renewal],
      [seats('8'), renewal],
    ],
    ['is replaced by one that says more', 'dropped', [seats('7'), renewal], [both, renewal]],
    ['stays beside one that says less', 'kept', [both, renewal], [seats('7'), renewal]],
    ['stays beside one of another product', undefined, [seats('7'), renewal], [disks, renewal]],
    ['stays beside one for another day', undefined, [seats('7'), on('2026-03-20')], [seats('8'), on('2026-03-21')]],
    ['is replaced by one for the same day', 'dropped', [seats('7'), on('2026-03-20')], [seats('8'), on('2026-03-20')]],
    ['stays where the quantity changes now, and sets it again', 'kept', [seats('7'), renewal], [seats('8'), now]],
    ['is not touched by a change of another product now', undefined, [seats('7'), renewal], [disks, now]],
    ['goes with the plan', 'dropped', [seats('7'), renewal], [is(switched), now]],
    ['stays where it ends before', 'kept', [seats('7'), renewal], [is(cancel), renewal]],
    ['stays where it ends before that day', 'kept', [seats('7'), on('2026-03-20')], [is(cancel), on('2026-03-19')]],
    [
      'is not touched by an end that comes later',
      undefined,
      [seats('7'), on('2026-03-20')],
      [is(cancel), on('2026-03-21')],
    ],
    [
      'stays for the end of the term that was added',
      'kept',
      [seats('7'), renewal],
      [is({ kind: 'renew', from: 'expiry', months: null, items: [], align: null }), now],
    ],
    [
      'stays over a suspension, if that is lifted',
      'kept',
      [seats('7'), renewal],
      [is({ kind: 'suspend', endOn: null }), now],
    ],
    [
      'stays where it does not renew any more',
      'kept',
      [seats('7'), renewal],
      [is({ kind: 'auto_renewal', on: false, months: null }), now],
    ],
    [
      'stays where it does not renew any more, by its details',
      'kept',
      [seats('7'), renewal],
      [is({ kind: 'details', autoRenewal: false, autoRenewalMonths: null, attributes: null }), now],
    ],
    [
      'of a day within the term does not care for renewal',
      undefined,
      [seats('7'), on('2026-03-20')],
      [is({ kind: 'auto_renewal', on: false, months: null }), now],
    ],
    [
      'stays where the term ends before',
      'kept',
      [seats('7'), on('2026-03-30')],
      [is({ kind: 'expiry', endOn: '2026-03-25' }), now],
    ],
    [
      'for the next term is named where renewal is to be off by then',
      'kept',
      [seats('7'), renewal],
      [is({ kind: 'auto_renewal', on: false, months: null }), on('2026-03-20')],
    ],
    [
      'of a day within the term does not care for renewal that is off later',
      undefined,
      [seats('7'), on('2026-03-20')],
      [is({ kind: 'auto_renewal', on: false, months: null }), renewal],
    ],
  ])('%s', (_, expected, planned, later) => {
    expect(fate(planned, later)).toBe(expected);
  });
});

describe('what else waits', () => {
  test('a cancellation stays, and every later command says so', () => {
    expect(fate([is(cancel), renewal], [seats('7'), now])).toBe('kept');
    expect(fate([is(cancel), renewal], [seats('7'), renewal])).toBe('kept');
  });

  test('a cancellation that is put off to the end of the term takes the place of the one that waits for it', () => {
    const policies = { cancellation: { window: { count: 0, unit: 'day' }, after: 'term_end' } };
    expect(fate([is(cancel), renewal], [is(cancel), now], policies)).toBe('dropped');
    expect(fate([seats('7'), renewal], [is(cancel), now], policies)).toBe('kept');
  });

  test('another switch comes after the one that is made now', () => {
    const of = life();
    const third = { ...switched, start: 'keep' } as const;
    of.ask('2026-03-11', third, renewal);
    expect(of.ask('2026-03-12', switched).warnings).toMatchObject([{ code: 'lifecycle.intent_kept' }]);
  });

  test('what is canceled now takes everything with it, told one by one', () => {
    const of = life();
    of.ask('2026-03-11', change(of, { SEAT: '7' }), renewal);
    of.ask('2026-03-11', switched, renewal);
    of.ask('2026-03-12', cancel);
    expect(of.ended().map(({ status }) => status)).toEqual(['dropped', 'dropped']);
    expect(of.intents()).toEqual([]);
  });
});
