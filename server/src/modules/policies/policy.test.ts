import { readFile } from 'node:fs/promises';
import { policyDocument } from '@tierline/contract';
import { isTierlineError, type Reason } from '@tierline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicyDocument, presetNames, readPolicyDocument, resolvePolicies, showPolicies } from './index.ts';
import { presets } from './presets.ts';

const standard = resolvePolicies({}, {});

describe('what counts', () => {
  test('where nobody says anything, cancel any time and prorated, renew at the price of the day', () => {
    expect(standard).toEqual({
      preset: 'standard',
      cancellation: { window: null, basis: 'batch', refund: 'prorated', after: 'refused' },
      reduction: { window: null, basis: 'batch', refund: 'prorated', after: 'refused' },
      renewal: {
        price: 'current',
        guardPercent: '10',
        onRetiredPlan: 'renew',
        onRevokedDelegation: 'renew',
        onEndOfSale: 'renew',
        retryDays: 7,
        allowLate: true,
        allowEarlyDays: 366,
      },
      coterm: { allowed: true, toSubscription: true, toCalendarMonth: true, minDays: 1 },
      orphans: 'refuse',
      trial: { atEnd: 'expire', convertTo: null, onePerCustomer: true },
      commitment: { minimum: 'none', percent: '100' },
      addOns: { withinBase: false, percentMinimum: null },
    });
  });

  test('the plan is asked before the vendor, the vendor before the default, member by member', () => {
    const vendor = { renewal: { price: 'guarded', retry_days: 30 }, orphans: 'cascade' };
    const plan = { renewal: { retry_days: 0 }, trial: { convert_to: '4711' } };
    expect(resolvePolicies(vendor, plan)).toEqual({
      ...standard,
      renewal: { ...standard.renewal, price: 'guarded', retryDays: 0 },
      orphans: 'cascade',
      trial: { ...standard.trial, convertTo: '4711' },
    });
  });

  test('null is said, too: it takes back what the level above says', () => {
    const vendor = {
      cancellation: { window: { count: 7, unit: 'day' } },
      add_ons: { percent_minimum: '20' },
      trial: { convert_to: '12' },
    };
    const plan = {
      cancellation: { window: null },
      add_ons: { percent_minimum: null },
      trial: { convert_to: null },
    };
    expect(resolvePolicies(vendor, {})).not.toEqual(standard);
    expect(resolvePolicies(vendor, plan)).toEqual(standard);
  });

  test('a member that is there but undefined is not said', () => {
    expect(
      resolvePolicies({ renewal: { retry_days: 30 } }, { renewal: { retry_days: undefined } }).renewal.retryDays,
    ).toBe(30);
    expect(Object.keys(readPolicyDocument({ orphans: 'cascade', preset: undefined }))).toEqual(['orphans']);
  });

  test('what is said of the preset is said beside it, on either level', () => {
    const { renewal } = resolvePolicies({ preset: 'microsoft_like', renewal: { retry_days: 3 } }, {});
    expect(renewal).toMatchObject({ onEndOfSale: 'expire', retryDays: 3 });
    const own = resolvePolicies({}, { preset: 'adobe_like', cancellation: { refund: 'none' } });
    expect(own).toMatchObject({ preset: 'adobe_like', cancellation: { window: { count: 14 }, refund: 'none' } });
  });

  test('a plan that names a preset has nothing of its vendor, whatever the vendor says', () => {
    const vendor = { preset: 'microsoft_like', orphans: 'cascade', reduction: { refund: 'none' } };
    expect(resolvePolicies(vendor, { preset: 'standard' })).toEqual(standard);
    expect(resolvePolicies(vendor, { preset: 'lmpi_like' })).toEqual(resolvePolicies({ preset: 'lmpi_like' }, {}));
  });

  test('a reduction is as a cancellation, as far as nobody says otherwise on any level', () => {
    const vendor = { reduction: { after: 'term_end' } };
    const plan = { cancellation: { window: { count: 48, unit: 'hour' }, refund: 'full', after: 'no_refund' } };
    expect(resolvePolicies(vendor, plan).reduction).toEqual({
      window: { count: 48, unit: 'hour' },
      basis: 'batch',
      refund: 'full',
      after: 'term_end',
    });
  });
});

describe('the presets', () => {
  const of = (preset: string) => resolvePolicies({ preset }, {});

  test('say nothing that could not be said by anybody', () => {
    for (const [preset, members] of Object.entries(presets)) {
      expect(parsePolicyDocument({ preset, ...members })).toEqual({ preset, ...members });
    }
  });

  test('microsoft_like: seats come back within seven days of their batch, else at the term’s end', () => {
    expect(of('microsoft_like')).toMatchObject({
      cancellation: { window: { count: 7, unit: 'day' }, basis: 'batch', refund: 'prorated', after: 'refused' },
      reduction: { window: { count: 7, unit: 'day' }, basis: 'batch', refund: 'prorated', after: 'refused' },
      coterm: { allowed: true, toSubscription: true, toCalendarMonth: true },
    });
  });

  test('adobe_like: an order comes back whole within fourteen days, units go down at the renewal only', () => {
    expect(of('adobe_like')).toMatchObject({
      cancellation: { window: { count: 14, unit: 'day' }, basis: 'purchase', refund: 'full' },
      reduction: { window: { count: 0, unit: 'day' }, after: 'term_end' },
      coterm: { allowed: true, toSubscription: true, toCalendarMonth: false },
    });
  });

  test('lmpi_like: any time, nothing back, the price of the day', () => {
    expect(of('lmpi_like')).toMatchObject({
      cancellation: { window: null, refund: 'none' },
      reduction: { window: null, refund: 'none' },
      renewal: { price: 'current' },
      coterm: { allowed: false },
    });
  });
});

describe('a document from outside', () => {
  function refusalsOf(value: unknown): readonly Reason[] {
    try {
      parsePolicyDocument(value);
    } catch (error) {
      if (isTierlineError(error) && error.kind === 'invalid') return error.reasons;
      throw error;
    }
    return [];
  }

  test('is refused with every reason at once, each naming its field and what is expected there', () => {
    const refused = refusalsOf({
      preset: 'generous',
      cancellation: { window: { count: -1, unit: 'week' }, rebate: 'full' },
      renewal: { retry_days: 61, guard_percent: 'ten', allow_late: 'yes' },
      commitment: { percent: '100.01' },
      trial: { convert_to: 'P-12' },
      coterms: {},
    });
    expect(refused.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'policies.preset: The field policies.preset must be one of: standard, microsoft_like, adobe_like, lmpi_like.',
      'policies.cancellation.window.count: The field policies.cancellation.window.count must be at least 0.',
      'policies.cancellation.window.unit: The field policies.cancellation.window.unit must be one of: day, hour.',
      'policies.cancellation.rebate: There is no field policies.cancellation.rebate.',
      expect.stringContaining('policies.renewal.guard_percent: The field policies.renewal.guard_percent has the wrong'),
      'policies.renewal.retry_days: The field policies.renewal.retry_days must be at most 60.',
      'policies.renewal.allow_late: The field policies.renewal.allow_late must be true or false.',
      'policies.trial.convert_to: The field policies.trial.convert_to has the wrong form: the number of a plan is expected.',
      'policies.commitment.percent: The field policies.commitment.percent is not acceptable: a percentage from 0 to 100 is expected.',
      'policies.coterms: There is no field policies.coterms.',
    ]);
  });

  test('says nothing about prices within a term, which are locked for everybody: a policy that did nothing is no member', () => {
    const price = { price: { lock_additions: false } };
    expect(() => parsePolicyDocument(price)).toThrow(expect.objectContaining({ kind: 'invalid' }));
    expect(resolvePolicies(price, {})).toEqual(resolvePolicies({}, {}));
  });

  test('that is a member of something names its fields from there', () => {
    expect(() => parsePolicyDocument({ orphans: 'ask' }, 'terms')).toThrow(
      expect.objectContaining({ reasons: [expect.objectContaining({ field: 'terms.policies.orphans' })] }),
    );
  });

  test('that is no object at all is refused, too', () => {
    for (const value of [null, [], 'standard', 7, true]) {
      expect(refusalsOf(value)).toMatchObject([{ field: 'policies', code: 'request.wrong_type' }]);
    }
    expect(refusalsOf(undefined)).toMatchObject([{ field: 'policies', code: 'request.missing_field' }]);
  });

  test('writes decimals as text, also where they were sent as whole numbers', () => {
    expect(parsePolicyDocument({ renewal: { guard_percent: 5 }, commitment: { percent: '62.5' } })).toEqual({
      renewal: { guard_percent: '5' },
      commitment: { percent: '62.5' },
    });
  });
});

describe('a stored document', () => {
  test('counts as far as it has the form of one: plans are older than policies, and held anything', () => {
    for (const stored of [null, 'anything', [1], { note: 'ours', cancellation: '14 days', orphans: 7 }]) {
      expect(readPolicyDocument(stored)).toEqual({});
      expect(resolvePolicies(stored, stored)).toEqual(standard);
    }
    expect(readPolicyDocument({ orphans: 'cascade', trial: { at_end: 'whenever' } })).toEqual({ orphans: 'cascade' });
  });

  test('resolves whatever it is, and completely', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (vendor, plan) => {
        const policies = resolvePolicies(vendor, plan);
        expect(policyDocument.safeParse(showPolicies(policies)).success).toBe(true);
        expect(Object.keys(policies)).toEqual(Object.keys(standard));
      }),
    );
  });
});

const member = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const aReturn = fc.record(
  {
    window: fc.option(fc.record({ count: fc.integer({ min: 0, max: 3660 }), unit: fc.constantFrom('day', 'hour') })),
    basis: fc.constantFrom('batch', 'purchase'),
    refund: fc.constantFrom('full', 'prorated', 'none'),
    after: fc.constantFrom('refused', 'term_end', 'no_refund', 'prorated'),
  },
  { requiredKeys: [] },
);
const aDocument = fc.record({
  preset: member(fc.constantFrom(...presetNames)),
  cancellation: member(aReturn),
  reduction: member(aReturn),
  orphans: member(fc.constantFrom('refuse', 'cascade')),
  renewal: member(
    fc.record(
      { price: fc.constantFrom('current', 'locked', 'guarded'), retry_days: fc.integer({ min: 0, max: 60 }) },
      { requiredKeys: [] },
    ),
  ),
});

test('what counts, written as a document, counts the same at any plan of any vendor', () => {
  fc.assert(
    fc.property(aDocument, aDocument, aDocument, (vendor, plan, other) => {
      const policies = resolvePolicies(vendor, plan);
      expect(resolvePolicies(other, showPolicies(policies))).toEqual(policies);
    }),
  );
});

test('the table of presets in the documentation is what they resolve to', async () => {
  const page = await readFile(new URL('../../../../docs/concepts/policies.md', import.meta.url), 'utf8');
  const [, section] = /<!-- presets: [^\n]*-->\n([^]*)<!-- end of presets -->/.exec(page) ?? [];
  expect(section?.trim()).toBe(presetsTable());
});

test('the documentation has every member, with its default', async () => {
  const page = await readFile(new URL('../../../../docs/concepts/policies.md', import.meta.url), 'utf8');
  const said = new Map(
    [...page.split('## Presets')[0]!.matchAll(/^\| `([a-z_.]+)` \| [^|]* \| (`[^`]*`|\d+) \|/gm)].map(
      ([, name, value]) => [name, value?.replaceAll('`', '')],
    ),
  );
  const members = [...membersOf('standard')].filter(([name]) => name !== 'preset' && !name.startsWith('reduction.'));
  const withDefault = members.map(([name, value]) => [name, value === 'always' ? 'null' : value] as const);
  expect(Object.fromEntries(said)).toEqual(Object.fromEntries(withDefault));
});

/** Each member by its dotted name, with its value for people. */
function membersOf(preset: string): Map<string, string> {
  const members = Object.entries(showPolicies(resolvePolicies({ preset }, {})));
  return new Map(
    members.flatMap(([section, value]): [string, string][] =>
      typeof value === 'object'
        ? Object.entries(value).map(([name, each]) => [`${section}.${name}`, inWords(name, each)])
        : [[section, value]],
    ),
  );
}

function inWords(name: string, value: unknown): string {
  if (name === 'window') {
    if (value === null) return 'always';
    const { count, unit } = value as { count: number; unit: string };
    return count === 0 ? 'never' : `${count} ${unit}s`;
  }
  return String(value);
}

function presetsTable(): string {
  const columns = presetNames.map((preset) => membersOf(preset));
  const rows = [...columns[0]!.keys()].filter((name) => name !== 'preset');
  return [
    `| Member | ${presetNames.map((name) => `\`${name}\``).join(' | ')} |`,
    `| --- |${' --- |'.repeat(presetNames.length)}`,
    ...rows.map((name) => `| \`${name}\` | ${columns.map((column) => column.get(name)).join(' | ')} |`),
  ].join('\n');
}
