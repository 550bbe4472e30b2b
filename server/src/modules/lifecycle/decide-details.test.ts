import { describe, expect, test } from 'vitest';
import type { DetailsCommand } from './command.ts';
import { aLife, aPlan } from './testing.ts';

const details = (wanted: Partial<DetailsCommand>): DetailsCommand => ({
  kind: 'details',
  autoRenewal: null,
  autoRenewalMonths: null,
  attributes: null,
  ...wanted,
});

const sold = () => {
  const life = aLife({ plan: aPlan('month', { SEAT: { price: '31' } }), items: { SEAT: '1' }, sold: '2026-03-10' });
  life.become({ attributes: { floor: '1' }, autoRenewalMonths: 6 });
  return life;
};

test.each<[string, Partial<DetailsCommand>, string]>([
  ['whether it renews', { autoRenewal: false }, 'subscription.auto_renewal_set'],
  ['the length of the next terms', { autoRenewalMonths: 3 }, 'subscription.auto_renewal_set'],
  ['members of the caller', { attributes: { room: '4' } }, 'subscription.attributes_set'],
  ['all of them', { autoRenewal: false, autoRenewalMonths: 3, attributes: {} }, 'subscription.auto_renewal_set'],
  ['nothing', {}, 'subscription.attributes_set'],
])('sets %s, without an order, and leaves all else as it is', (_, wanted, type) => {
  const life = sold();
  const before = life.state();
  const decision = life.ask('2026-03-20', details(wanted));
  expect(decision).toMatchObject({
    order: null,
    lines: [],
    charges: [],
    events: [{ type, subscriptionId: before.id }],
  });
  expect(life.state()).toEqual({ ...before, ...wanted });
});

describe('how it renews', () => {
  test('can be set while it is provisioned', () => {
    const life = sold();
    life.become({ status: 'pending' });
    life.ask('2026-03-20', details({ autoRenewal: false }));
    expect(life.state()).toMatchObject({ status: 'pending', autoRenewal: false });
  });

  // A suspension has switched it off, and restores it.
  test.each(['hold', 'terminated'] as const)('not where the status is %s; other members can', (status) => {
    for (const wanted of [{ autoRenewal: true }, { autoRenewalMonths: 3 }]) {
      const life = sold();
      life.become({ status });
      expect(life.refusal('2026-03-20', details(wanted)).codes).toEqual(['lifecycle.not_active']);
      life.ask('2026-03-20', details({ attributes: { room: '4' } }));
      expect(life.state()).toMatchObject({ status, attributes: { room: '4' }, autoRenewalMonths: 6 });
    }
  });
});

test('nothing of what was removed', () => {
  const life = sold();
  life.become({ status: 'removed' });
  for (const wanted of [{ autoRenewal: true }, { attributes: {} }]) {
    expect(() => life.ask('2026-03-20', details(wanted))).toThrow(
      expect.objectContaining({ code: 'lifecycle.already_ended', kind: 'invalid', field: 'subscription' }),
    );
  }
});
