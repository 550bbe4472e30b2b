import { describe, expect, test } from 'vitest';
import type { PlanId, SubscriptionId } from '@tierline/kernel';
import type { Asked, Command } from './command.ts';
import { aLife, aPlan, id, other as otherLife, type Life } from './testing.ts';

const other = aPlan('other', { SEAT: { price: '1' } });
const monthly = (policies = {}) => aPlan('month', { SEAT: { price: '31' }, DISK: { price: '3.1' } }, {}, policies);
const life = (policies = {}) =>
  aLife({ plan: monthly(policies), others: [other], items: { SEAT: '5' }, sold: '2026-03-10' });
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
  begin = life,
): string | undefined {
  const of = begin(policies);
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
const renew = { kind: 'renew', from: 'expiry', months: null, items: [], align: null } as const;
const renewing8 = (of: Life): Command => ({ ...renew, items: of.wanted({ SEAT: '8' }) });
const suspend: Command = { kind: 'suspend', endOn: null };
const paused: Command = { kind: 'suspend', endOn: '2026-03-30' };
const expiry = (endOn: string): Command => ({ kind: 'expiry', endOn });
const renewing = (isOn: boolean): Command => ({ kind: 'auto_renewal', on: isOn, months: null });
const details = (autoRenewal: boolean | null): Command => ({
  kind: 'details',
  autoRenewal,
  autoRenewalMonths: null,
  attributes: null,
});

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
    ['stays for the end of the term that was added', 'kept', [seats('7'), renewal], [is(renew), now]],
    ['stays over a suspension, if that is lifted', 'kept', [seats('7'), renewal], [is(suspend), now]],
    ['stays where it does not renew any more', 'kept', [seats('7'), renewal], [is(renewing(false)), now]],
    [
      'stays where it does not renew any more, by its details',
      'kept',
      [seats('7'), renewal],
      [is(details(false)), now],
    ],
    [
      'of a day within the term does not care for renewal',
      undefined,
      [seats('7'), on('2026-03-20')],
      [is(renewing(false)), now],
    ],
    ['stays where the term ends before', 'kept', [seats('7'), on('2026-03-30')], [is(expiry('2026-03-25')), now]],
    [
      'for the next term is named where renewal is to be off by then',
      'kept',
      [seats('7'), renewal],
      [is(renewing(false)), on('2026-03-20')],
    ],
    ['stays where it ends on that day', 'kept', [seats('7'), on('2026-03-20')], [is(cancel), on('2026-03-20')]],
    [
      'of a day is not touched by an end with the term',
      undefined,
      [seats('7'), on('2026-03-20')],
      [is(cancel), renewal],
    ],
    ['for the next term is lost to an end on a day', 'kept', [seats('7'), renewal], [is(cancel), on('2026-03-20')]],
    ['of a day does not care for a renewal', undefined, [seats('7'), on('2026-03-20')], [is(renew), now]],
    ['stays where its day is the new end', 'kept', [seats('7'), on('2026-03-25')], [is(expiry('2026-03-25')), now]],
    ['stays before a new end', undefined, [seats('7'), on('2026-03-24')], [is(expiry('2026-03-25')), now]],
    ['counts for an end that was moved', 'kept', [seats('7'), renewal], [is(expiry('2026-03-25')), now]],
    ['does not care for renewal that is on', undefined, [seats('7'), renewal], [is(renewing(true)), now]],
    [
      'does not care for renewal that will be on',
      undefined,
      [seats('7'), renewal],
      [is(renewing(true)), on('2026-03-20')],
    ],
    ['on the day of the end needs a renewal', 'kept', [seats('7'), on('2026-04-10')], [is(renewing(false)), now]],
    ['does not care for details', undefined, [seats('7'), renewal], [is(details(null)), now]],
    ['does not care for details that renew it', undefined, [seats('7'), renewal], [is(details(true)), now]],
    ['stays where its quantity changes now, beside another', 'kept', [seats('7'), renewal], [both, now]],
    ['for a day stays over a suspension, if that is lifted', 'kept', [seats('7'), on('2026-03-20')], [is(paused), now]],
    [
      'stays for the end of a term that is added with other quantities',
      'kept',
      [seats('7'), renewal],
      [renewing8, now],
    ],
    ['stays beside one for a day', undefined, [seats('7'), renewal], [seats('8'), on('2026-03-20')]],
    ['of other things stays', undefined, [seats('7'), renewal], [is(renewing(true)), renewal]],
    [
      'of a day within the term does not care for renewal that is off later',
      undefined,
      [seats('7'), on('2026-03-20')],
      [is(renewing(false)), renewal],
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

  test('a cancellation stays whether it renews or not, since it ends then', () => {
    for (const command of [renewing(false), details(false)]) {
      for (const moment of [now, renewal]) {
        if (command.kind === 'details' && moment.at === 'renewal') continue;
        const of = life();
        of.ask('2026-03-11', cancel, renewal);
        expect(of.ask('2026-03-12', command, moment).warnings).toEqual([
          {
            code: 'lifecycle.intent_kept',
            message: 'The cancel that was planned for the end of the term stays: the subscription still ends then.',
          },
        ]);
      }
    }
  });

  test('a switch, or what is said of renewal, gives way to a newer one for the same moment alone', () => {
    const to = is({ ...switched, start: 'keep' });
    expect(fate([to, renewal], [is(switched), renewal])).toBe('dropped');
    expect(fate([to, renewal], [is(switched), on('2026-03-20')])).toBe(undefined);
    expect(fate([is(renewing(false)), on('2026-03-20')], [is(renewing(true)), on('2026-03-20')])).toBe('dropped');
    expect(fate([is(renewing(false)), on('2026-03-20')], [is(renewing(true)), on('2026-03-21')])).toBe(undefined);
  });

  test('a change about the plan that is switched to stays', () => {
    const of = life();
    of.ask('2026-03-11', switched, renewal);
    of.ask('2026-03-11', { kind: 'change', items: of.wanted({ SEAT: '7' }, 'other'), cascade: false }, renewal);
    const { warnings } = of.ask('2026-03-12', switched);
    expect(warnings.map(({ message }) => message)).toEqual([
      'The switch that was planned for the end of the term stays: it switches the plan once more when its moment comes.',
    ]);
    expect(of.intents().map(({ command }) => command.kind)).toEqual(['switch', 'change']);
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

  test('what is dropped ends with the decision, and nothing else does', () => {
    const of = life();
    of.ask('2026-03-11', change(of, { SEAT: '7' }), renewal);
    expect(of.ask('2026-03-12', change(of, { SEAT: '8' }), renewal).intents).toMatchObject([
      { kind: 'add', moment: renewal },
      { kind: 'end', status: 'dropped', reason: 'a newer one for the same moment takes its place.' },
    ]);
  });

  test('a cancellation that waited is not told to stay where it is canceled now', () => {
    const of = life();
    of.ask('2026-03-11', cancel, renewal);
    expect(of.ask('2026-03-12', cancel).warnings).toEqual([]);
  });

  test('in the other subscription of a move is named where it is about the products that are moved', () => {
    const waiting = (there: (of: Life) => Command): string[] => {
      const [of, to] = [life(), life()];
      to.ask('2026-03-11', there(to), renewal);
      const command = {
        kind: 'move',
        items: of.wanted({ SEAT: '1' }),
        targetId: id<SubscriptionId>('target'),
      } as const;
      const others = new Map([otherLife(to, 'target', monthly())]);
      return of.ask('2026-03-12', command, now, { others }).warnings.map(({ code }) => code);
    };
    expect(waiting(seats('7'))).toEqual(['lifecycle.intent_kept']);
    expect(waiting(disks)).toEqual([]);
    expect(waiting(is(cancel))).toEqual([]);
  });

  test('in the other subscription of a move is not named where only an add-on here shrinks with its base', () => {
    const based = aPlan(
      'month',
      { SEAT: { price: '31' }, DISK: { price: '3.1', dependsOn: ['month.SEAT' as never] } },
      {},
      { orphans: 'cascade', add_ons: { within_base: true } },
    );
    const [of, to] = [life, life].map(() =>
      aLife({ plan: based, items: { SEAT: '5', DISK: '5' }, sold: '2026-03-10' }),
    );
    to!.change('2026-03-11', { DISK: '4' }, renewal);
    const command = { kind: 'move', items: of!.wanted({ SEAT: '1' }), targetId: id<SubscriptionId>('target') } as const;
    const { lines, warnings } = of!.ask('2026-03-12', command, now, {
      others: new Map([otherLife(to!, 'target', based)]),
    });
    expect(lines.map(({ subscription, rate }) => [subscription === 'target', rate.mpn])).toEqual([
      [false, 'DISK'],
      [false, 'SEAT'],
      [true, 'SEAT'],
    ]);
    expect(warnings).toEqual([]);
  });
});

describe('what waits for a trial', () => {
  const trial = (): Life =>
    aLife({
      plan: aPlan('trial', { SEAT: { price: '0' } }, { licenseVersion: 'trial', autoRenewalMonths: null }),
      others: [other, aPlan('month', { SEAT: { price: '31' } })],
      items: { SEAT: '5' },
      sold: '2026-03-10',
    });
  const converted = is({ kind: 'convert', planId: 'other' as PlanId });
  const onTrial = (count: string) => (of: Life) => change(of, { SEAT: count });

  test.each<[string, string | undefined, Asked['moment'], Asked['moment']]>([
    ['stays for its own day after it', 'kept', on('2026-03-25'), on('2026-03-20')],
    ['stays for the same day', 'kept', on('2026-03-20'), on('2026-03-20')],
    ['is done before it', undefined, on('2026-03-19'), on('2026-03-20')],
    ['is done before the end of the term', undefined, on('2026-03-19'), renewal],
    ['stays for the end of the term', 'kept', renewal, on('2026-03-20')],
    ['stays for the same end of the term', 'kept', renewal, renewal],
    ['goes where it becomes paid now', 'dropped', on('2026-03-20'), now],
  ])('and is a change %s', (_, expected, planned, later) => {
    expect(fate([onTrial('7'), planned], [converted, later], {}, trial)).toBe(expected);
  });

  test('and is no change is not said to go with it', () => {
    expect(fate([is(renewing(true)), on('2026-03-25')], [converted, on('2026-03-20')], {}, trial)).toBe(undefined);
  });

  test('is one conversion, the last that was asked for', () => {
    const toMonth = is({ kind: 'convert', planId: 'month' as PlanId });
    expect(fate([toMonth, on('2026-03-20')], [converted, renewal], {}, trial)).toBe('dropped');
    expect(fate([toMonth, renewal], [converted, now], {}, trial)).toBe('dropped');
  });
});
