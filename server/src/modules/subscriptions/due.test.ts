import { describe, expect, test } from 'vitest';
import { nextDue, periodEnd, type DatedIntent } from './due.ts';
import type { Subscription } from './subscription.ts';

const terms = { expirationNoticeDays: 0, graceMonths: 0 };

function due(
  facts: Partial<Subscription>,
  of: Partial<typeof terms> = {},
  zone = 'UTC',
  intents: DatedIntent[] = [],
): string | undefined {
  const subscription = {
    status: 'active',
    holdReason: null,
    startOn: '2026-03-10',
    endOn: '2027-03-10',
    noticedOn: null,
    renewalFailure: null,
    suspension: null,
    licenses: [{ enabled: true }],
    ledger: [
      { window: { start: '2026-01-01', end: '2026-01-02' } },
      { window: { start: '2026-03-10', end: '2026-04-10' } },
    ],
    ...facts,
  } as unknown as Subscription;
  const next = nextDue(subscription, { ...terms, ...of }, zone, intents);
  return next && `${next.kind} ${next.at.toString()}`;
}
const paid = [{ window: { start: '2026-03-10', end: '2027-03-10' } }] as unknown as Subscription['ledger'];

describe('what is next due', () => {
  test('is the end of the billing period on the owner’s edge, at the first instant of its day in the owner’s zone', () => {
    expect(due({})).toBe('window 2026-04-10T00:00:00Z');
    expect(due({}, {}, 'Pacific/Honolulu')).toBe('window 2026-04-10T10:00:00Z');
    // On that day the clock goes from midnight to one.
    const cairo = [{ window: { start: '2026-03-24', end: '2026-04-24' } }] as unknown as Subscription['ledger'];
    expect(due({ ledger: cairo }, {}, 'Africa/Cairo')).toBe('window 2026-04-23T22:00:00Z');
  });

  test('is the end of the term where no period ends before', () => {
    expect(due({ ledger: paid })).toBe('term 2027-03-10T00:00:00Z');
  });

  test('is a notice, once for each end, and none within a term that is shorter', () => {
    expect(due({ ledger: paid }, { expirationNoticeDays: 30 })).toBe('notice 2027-02-08T00:00:00Z');
    expect(due({ ledger: paid, noticedOn: '2027-03-10' }, { expirationNoticeDays: 30 })).toBe(
      'term 2027-03-10T00:00:00Z',
    );
    expect(due({ ledger: paid, noticedOn: '2026-03-10' }, { expirationNoticeDays: 30 })).toBe(
      'notice 2027-02-08T00:00:00Z',
    );
    expect(due({ ledger: paid }, { expirationNoticeDays: 365 })).toBe('term 2027-03-10T00:00:00Z');
    expect(due({ ledger: paid }, { expirationNoticeDays: 364 })).toBe('notice 2026-03-11T00:00:00Z');
  });

  test('is what was planned for a day, before what the day brings by itself', () => {
    expect(due({}, {}, 'UTC', [{ dueOn: null }, { dueOn: '2026-04-11' }])).toBe('window 2026-04-10T00:00:00Z');
    expect(due({}, {}, 'UTC', [{ dueOn: '2026-04-10' }])).toBe('intent 2026-04-10T00:00:00Z');
    expect(due({ ledger: paid }, {}, 'UTC', [{ dueOn: '2027-03-10' }])).toBe('intent 2027-03-10T00:00:00Z');
  });

  test('is the next attempt where a renewal failed, and nothing of the term meanwhile', () => {
    const renewalFailure = { since: '2027-03-10T00:00:00Z', retryAt: '2027-03-11T07:00:00Z', attempts: 3, reasons: [] };
    expect(due({ renewalFailure })).toBe('retry 2027-03-11T07:00:00Z');
    expect(due({ renewalFailure }, {}, 'UTC', [{ dueOn: '2027-03-11' }])).toBe('intent 2027-03-11T00:00:00Z');
  });

  test('is the end of the grace period where it expired', () => {
    const expired = { status: 'hold', holdReason: 'expired', endOn: '2027-01-31' } as const;
    expect(due(expired, { graceMonths: 1 })).toBe('grace 2027-02-28T00:00:00Z');
  });

  test('in a suspension: periods as long as the right to use lasts, then its end, then that of its grace', () => {
    const suspension = { on: '2026-03-20', autoRenewal: true, endOn: '2027-03-10' };
    const held = { status: 'hold', holdReason: 'suspended', suspension } as const;
    expect(due({ ...held, endOn: '2026-05-20' }, { graceMonths: 1 })).toBe('window 2026-04-10T00:00:00Z');
    expect(due({ ...held, endOn: '2026-04-05' }, { graceMonths: 1 })).toBe('pause 2026-04-05T00:00:00Z');
    const paused = {
      ...held,
      endOn: '2026-04-05',
      licenses: [{ enabled: false }] as unknown as Subscription['licenses'],
    };
    expect(due(paused, { graceMonths: 1 })).toBe('grace 2026-05-05T00:00:00Z');
    expect(due(paused)).toBe('grace 2027-03-10T00:00:00Z');
  });

  test('is nothing by itself where somebody put it on hold, or where it has ended', () => {
    expect(due({ status: 'hold', holdReason: 'admin' })).toBe(undefined);
    expect(due({ status: 'hold', holdReason: 'admin' }, {}, 'UTC', [{ dueOn: '2026-05-01' }])).toBe(
      'intent 2026-05-01T00:00:00Z',
    );
    expect(due({ status: 'terminated' }, {}, 'UTC', [{ dueOn: '2026-05-01' }])).toBe(undefined);
    expect(due({ status: 'removed' })).toBe(undefined);
  });

  test('is nothing where it is pending, whatever is planned, until it is real', () => {
    expect(due({ status: 'pending' }, {}, 'UTC', [{ dueOn: '2026-05-01' }])).toBe(undefined);
  });

  test('in a suspension: the end of the right to use before a period and a grace that end with it, if anybody has it', () => {
    const suspension = { on: '2026-03-20', autoRenewal: true, endOn: '2026-04-10' };
    const held = { status: 'hold', holdReason: 'suspended', suspension, endOn: '2026-04-10' } as const;
    const licenses = (...enabled: boolean[]) =>
      enabled.map((one) => ({ enabled: one })) as unknown as Subscription['licenses'];
    expect(due({ ...held, licenses: licenses(false, true) })).toBe('pause 2026-04-10T00:00:00Z');
    expect(due({ ...held, licenses: licenses(false, false) })).toBe('grace 2026-04-10T00:00:00Z');
  });
});

describe('of what comes at one instant', () => {
  const renewalFailure = { since: '2027-03-10T00:00:00Z', retryAt: '2027-03-11T00:00:00Z', attempts: 3, reasons: [] };
  const expired = { status: 'hold', holdReason: 'expired', endOn: '2027-03-10' } as const;
  const suspension = { on: '2026-03-20', autoRenewal: true, endOn: '2027-03-10' };
  const suspended = { status: 'hold', holdReason: 'suspended', suspension, ledger: paid } as const;

  test.each<[string, Partial<Subscription>, Partial<typeof terms>, string | null]>([
    ['intent 2027-03-11T00:00:00Z', { renewalFailure }, {}, '2027-03-11'],
    ['intent 2027-02-08T00:00:00Z', { ledger: paid }, { expirationNoticeDays: 30 }, '2027-02-08'],
    ['intent 2027-04-10T00:00:00Z', expired, { graceMonths: 1 }, '2027-04-10'],
    ['intent 2027-03-10T00:00:00Z', suspended, {}, '2027-03-10'],
    ['pause 2027-03-10T00:00:00Z', suspended, {}, null],
    ['notice 2026-04-10T00:00:00Z', {}, { expirationNoticeDays: 334 }, null],
  ])('%s comes first', (first, facts, of, dueOn) => {
    expect(due(facts, of, 'UTC', [{ dueOn }])).toBe(first);
  });

  test('nothing has to be planned', () => {
    const subscription = { status: 'terminated', ledger: paid, endOn: '2027-03-10' } as unknown as Subscription;
    expect(nextDue(subscription, terms, 'UTC')).toBe(undefined);
    const active = { ...subscription, status: 'active', renewalFailure: null } as Subscription;
    expect(nextDue(active, terms, 'UTC')?.kind).toBe('term');
  });
});

describe('the next billing period begins', () => {
  /** Edges from the root down as `window end/term end`; the last is the owner's. */
  const end = (endOn: string, ...edges: string[]): string | undefined =>
    periodEnd({
      endOn,
      ledger: edges.map((edge) => {
        const [of, endsOn] = edge.split('/');
        return { window: { end: of }, endOn: endsOn };
      }) as unknown as Subscription['ledger'],
    });
  const later = '2027-04-10';

  test.each([
    ['the owner’s boundary', ['2026-04-10/2027-04-10', '2026-04-10/2027-04-10'], '2026-04-10'],
    [
      'a day before that by another calendar is the same',
      ['2026-04-09/2027-04-10', '2026-04-10/2027-04-10'],
      '2026-04-10',
    ],
    ['two days before are not', ['2026-04-08/2027-04-10', '2026-04-10/2027-04-10'], '2026-04-08'],
    [
      'the first of several',
      ['2026-04-08/2027-04-10', '2026-04-06/2027-04-10', '2026-04-07/2027-04-10', '2026-04-10/2027-04-10'],
      '2026-04-06',
    ],
    ['not where the term of that edge ends', ['2026-04-08/2026-04-08', '2026-04-10/2027-04-10'], '2026-04-10'],
    ['an edge that comes later waits for itself', ['2026-04-20/2027-04-10', '2026-04-10/2027-04-10'], '2026-04-10'],
  ])('%s', (_, edges, expected) => {
    expect(end(later, ...edges)).toBe(expected);
  });

  test('never with an edge that comes when the owner’s term has ended', () => {
    expect(end('2026-04-08', '2026-04-08/2027-04-10', '2026-04-10/2027-04-10')).toBe('2026-04-10');
  });

  test('never where nothing is billed', () => {
    expect(end(later)).toBe(undefined);
  });
});
