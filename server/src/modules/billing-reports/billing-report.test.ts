import { decimal, Temporal, type AccountId } from '@tierline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  billingReportStatuses,
  checkAction,
  edited,
  reportActions,
  reportStates,
  submitted,
  submittedByItself,
  type BillingReport,
  type ReportAction,
  type ReportLine,
  type ReportWithLines,
} from './billing-report.ts';
import { marginOf, newLines, seenBy, totalsOf } from './lines.ts';
import { makesReports, monthAfter, opensAt } from './month.ts';
import { needsComment, overProvisionedPercent } from './over-provisioned.ts';
import { provisionedUnits, type History } from './provisioned.ts';

const [partner, seller, root] = ['partner', 'seller', 'root'] as unknown as AccountId[];

const aLine = (facts: Partial<ReportLine> = {}): ReportLine => ({
  position: 1,
  productId: 'p' as ReportLine['productId'],
  productName: 'Hosted Mail',
  unitType: 'U',
  provisioned: '10',
  used: null,
  chargeable: '10',
  comment: null,
  isPenalized: false,
  price: null,
  cost: null,
  ...facts,
});

const aReport = (facts: Partial<ReportWithLines> = {}): ReportWithLines => ({
  id: 'r' as BillingReport['id'],
  ownerId: partner!,
  sellerId: seller!,
  upperId: root!,
  rootId: root!,
  path: [],
  partnerKind: 'msp',
  partnerName: 'Saltmarsh & Pine IT',
  partnerCity: null,
  partnerState: null,
  currency: 'USD',
  tolerancePercent: '10',
  submitAfterDays: 10,
  monthOn: '2026-02-01',
  status: 'preparing',
  review: null,
  note: null,
  poNumber: null,
  submitAt: null,
  submittedAt: null,
  sandboxId: null,
  version: 1,
  createdAt: '',
  updatedAt: '',
  lines: [aLine()],
  ...facts,
});

const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('who may do what in which state', () => {
  // LMPI reference, part 2, 5.7 and 7.8; every cell that is not here is refused.
  const allowed: Record<ReportAction, readonly string[]> = {
    edit: ['partner preparing', 'partner rejected'],
    submit: ['partner preparing', 'partner rejected'],
    approve: ['seller under_review'],
    reject: ['seller under_review'],
    return: ['root approved'],
    complete: ['root approved'],
  };

  test.each(reportActions)('%s', (action) => {
    const open: string[] = [];
    for (const who of [partner!, seller!, root!]) {
      for (const status of billingReportStatuses) {
        const code = codeOf(() => checkAction(aReport({ status }), action, who));
        if (code === undefined) open.push(`${who} ${status}`);
        else expect(['billing_reports.not_your_part', 'billing_reports.wrong_status']).toContain(code);
      }
    }
    expect(open).toEqual(allowed[action]);
  });

  test('without an MSP the root is the seller too', () => {
    const own = aReport({ sellerId: root!, upperId: null, status: 'under_review' });
    for (const action of ['approve', 'reject'] as const)
      expect(codeOf(() => checkAction(own, action, root!))).toBe(undefined);
    const approved = { ...own, status: 'approved' } as const;
    expect(codeOf(() => checkAction(approved, 'complete', root!))).toBe(undefined);
  });

  test('whatever is done, a completed report stays completed', () => {
    for (const { from } of Object.values(reportStates)) expect(from).not.toContain('completed');
  });
});

describe('submission', () => {
  test('a comment is compulsory where more than the tolerated part is idle, and there only', () => {
    // Provisioned 10, tolerated 10 %: one idle unit is, a little more is not.
    const codes = ['9', '8.9', '10', '12'].map((used) =>
      codeOf(() => submitted(aReport({ lines: [aLine({ used, chargeable: used })] }))),
    );
    expect(codes).toEqual([undefined, 'billing_reports.comment_missing', undefined, undefined]);
    const idle = aLine({ used: '2', chargeable: '2', comment: 'Ordered ahead.' });
    expect(submitted(aReport({ lines: [idle] }))).toMatchObject({ status: 'under_review', review: 'manual' });
  });

  test('what is taken off without a known use needs a comment too', () => {
    const lines = [aLine({ used: null, chargeable: '5' })];
    expect(codeOf(() => submitted(aReport({ lines })))).toBe('billing_reports.comment_missing');
  });

  // LMPI reference, part 2, 7.8.
  test('a report without comments is approved at once', () => {
    expect(submitted(aReport())).toMatchObject({ status: 'approved', review: 'manual' });
    expect(submittedByItself(aReport())).toMatchObject({ status: 'approved', review: 'automatic' });
  });

  test('in time nobody said why: charged for as provisioned, flagged, and looked at', () => {
    const lines = [
      aLine({ used: '2', chargeable: '2' }),
      aLine({ position: 2, used: '2', chargeable: '2', comment: 'x' }),
    ];
    const done = submittedByItself(aReport({ lines }));
    expect(done).toMatchObject({ status: 'under_review', review: 'automatic_with_penalties' });
    expect(done.lines.map(({ chargeable, isPenalized }) => [chargeable, isPenalized])).toEqual([
      ['10', true],
      ['2', false],
    ]);
  });

  test('the percentage is that of what was provisioned, to two digits', () => {
    const of = (provisioned: string, used: string | null) => overProvisionedPercent({ provisioned, used });
    expect([of('3', '1'), of('10', '10'), of('10', '12'), of('0', '0'), of('10', null), of('8', '7.5')]).toEqual([
      '66.67',
      '0',
      '0',
      '0',
      null,
      '6.25',
    ]);
  });

  test('the compulsory comment and the percentage agree, but for what rounding hides', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(1000), fc.nat(100), (provisioned, used, tolerance) => {
        const line = { provisioned: String(provisioned), used: String(used), chargeable: String(provisioned) };
        const percent = Number(overProvisionedPercent(line));
        if (Math.abs(percent - tolerance) < 0.01) return;
        expect(needsComment(line, String(tolerance))).toBe(percent > tolerance);
      }),
    );
  });
});

test('chargeable units are at most those provisioned, or those used where these are more', () => {
  const edit = (line: ReportLine, chargeable: string) => codeOf(() => edited([line], [{ position: 1, chargeable }]));
  expect(edit(aLine(), '0')).toBe(undefined);
  expect(edit(aLine(), '10')).toBe(undefined);
  expect(edit(aLine(), '10.1')).toBe('billing_reports.chargeable_out_of_range');
  expect(edit(aLine({ used: '12' }), '12')).toBe(undefined);
  expect(edit(aLine({ used: '12' }), '13')).toBe('billing_reports.chargeable_out_of_range');
  expect(codeOf(() => edited([aLine()], [{ position: 2, comment: 'x' }]))).toBe('billing_reports.no_such_line');
});

describe('lines', () => {
  const subject = { productId: 'p' as ReportLine['productId'], productName: 'Hosted Mail', unitType: 'U' };
  const price = { ...subject, isPrice: true, currency: 'USD', unit: '17.5', charges: '87.5', credits: '-17.5' };
  const cost = { ...subject, isPrice: false, currency: 'USD', unit: '15.2', charges: '76', credits: '-15.2' };

  test('each sum of money is in one line, and units are told once', () => {
    const euros = { ...price, currency: 'EUR' };
    const figure = { ...subject, provisioned: decimal('5'), used: decimal('4') };
    const lines = newLines([figure], [price, euros, cost]);
    expect(lines.map((line) => [line.provisioned, line.chargeable, line.price?.currency, line.cost?.currency])).toEqual(
      [
        ['5', '4', 'EUR', 'USD'],
        ['0', '0', 'USD', undefined],
      ],
    );
  });

  test('where the use of a part is known only, the rest counts as used', () => {
    const known = { ...subject, provisioned: decimal('5'), used: decimal('1') };
    const unknown = { ...subject, provisioned: decimal('7'), used: null };
    for (const figures of [
      [known, unknown],
      [unknown, known],
    ]) {
      expect(newLines(figures, [])[0]).toMatchObject({ provisioned: '12', used: '8' });
    }
    expect(newLines([unknown], [])[0]).toMatchObject({ provisioned: '7', used: null, chargeable: '7' });
  });

  test('everybody sees the own edges only', () => {
    const report = aReport({ lines: newLines([], [price, cost]) });
    const seen = (who: string) => {
      const [line] = report.lines;
      const of = seenBy(report, line!, who as AccountId);
      return [of.takes?.unit, of.pays?.unit, marginOf(of), totalsOf(report, report.lines, who as AccountId)];
    };
    expect(seen('partner')).toEqual([undefined, '17.5', null, [{ currency: 'USD', takes: null, pays: '70.00' }]]);
    expect(seen('seller')).toEqual(['17.5', '15.2', '9.20', [{ currency: 'USD', takes: '70.00', pays: '60.80' }]]);
    expect(seen('root')).toEqual(['15.2', undefined, null, [{ currency: 'USD', takes: '60.80', pays: null }]]);
    expect(seen('somebody')).toEqual([undefined, undefined, null, []]);
  });
});

describe('months', () => {
  type Kinds = Parameters<typeof makesReports>[0][number]['kind'][];
  const chain = (kinds: Kinds) => kinds.map((kind, index) => ({ kind, id: String(index) as AccountId }));
  const cases: [Kinds, boolean][] = [
    [['provider'], false],
    [['provider', 'distributor'], true],
    [['provider', 'distributor', 'msp'], true],
    [['provider', 'distributor', 'msp', 'msp'], false],
    [['provider', 'distributor', 'msp', 'reseller'], false],
    [['provider', 'distributor', 'reseller'], false],
    [['provider', 'distributor', 'isp'], true],
    [['provider', 'isp', 'msp'], true],
    [['provider', 'reseller'], true],
    [['provider', 'reseller', 'reseller'], false],
    [['provider', 'msp'], true],
  ];
  test.each(cases)('%s makes reports: %s', (kinds, makes) => expect(makesReports(chain(kinds))).toBe(makes));

  test('a month is opened when it is over on both edges, and an hour more', () => {
    expect(opensAt('2026-02-01', { seller: 'Australia/Sydney', upper: 'UTC' }).toString()).toBe('2026-03-01T01:00:00Z');
    expect(opensAt('2026-02-01', { seller: 'America/New_York', upper: 'UTC' }).toString()).toBe('2026-03-01T06:00:00Z');
    expect(monthAfter('2026-12-01')).toBe('2027-01-01');
  });
});

describe('provisioned units', () => {
  const span = {
    from: Temporal.Instant.from('2026-02-01T00:00:00Z'),
    until: Temporal.Instant.from('2026-03-01T00:00:00Z'),
    timeZone: 'UTC',
  };
  const license = (units: string, version = 'full') => ({
    id: 'l',
    product_id: 'p',
    license_version: version,
    units,
    start_on: '2026-01-01',
    end_on: '2027-01-01',
    start_charge_on: '2026-01-01',
    grace_months: 0,
    enabled: true,
  });
  const at = (text: string, set: History['settings'][number]['set']) => ({ at: Temporal.Instant.from(text), set });
  const sold = (units: string, on: string, version?: string) =>
    at(on, { plan_id: 'plan', plan_version: 1, status: 'active', licenses: [license(units, version)] });
  const history = (...settings: History['settings'][number][]): History => ({
    ownerId: 'o' as AccountId,
    customerId: 'c' as History['customerId'],
    settings,
  });
  const count = (histories: readonly History[], usage: ReadonlyMap<string, ReturnType<typeof decimal>> = new Map()) => {
    const counted = provisionedUnits(usage);
    for (const each of histories) counted.add(each, span);
    return counted
      .units()
      .map(({ provisioned, used }) => [provisioned, used].map((value) => value && Number(value.coefficient)));
  };

  test('the highest of the month counts, also when it was only for an hour', () => {
    const grown = at('2026-02-10T00:00:00Z', { licenses: [license('9')] });
    const shrunk = at('2026-02-10T01:00:00Z', { licenses: [license('3')] });
    expect(count([history(sold('5', '2026-01-05T00:00:00Z'), grown, shrunk)])).toEqual([[9, null]]);
    expect(
      count([history(sold('5', '2026-01-05T00:00:00Z'), at('2026-01-20T00:00:00Z', { licenses: [license('3')] }))]),
    ).toEqual([[3, null]]);
  });

  test('what is exchanged was never there beside the other', () => {
    const ended = at('2026-02-10T00:00:00Z', { status: 'terminated' });
    expect(
      count([history(sold('5', '2026-01-05T00:00:00Z'), ended), history(sold('6', '2026-02-10T00:00:00Z'))]),
    ).toEqual([[6, null]]);
  });

  test('trials, what ended before and what begins after count nothing', () => {
    const ended = at('2026-01-10T00:00:00Z', { status: 'removed' });
    expect(count([history(sold('5', '2026-01-05T00:00:00Z', 'trial'))])).toEqual([]);
    expect(count([history(sold('5', '2026-01-05T00:00:00Z'), ended)])).toEqual([]);
  });

  test('readings are those of the licenses that were there', () => {
    expect(count([history(sold('5', '2026-01-05T00:00:00Z'))], new Map([['l', decimal('4')]]))).toEqual([[5, 4]]);
  });
});
