import { expect, test } from 'vitest';
import { eventNames } from './event-names.ts';

test('members get the names of the API; values stay as they are', () => {
  const profile = { ownKey: 1 };
  expect(eventNames({ name: 'x', effectiveFrom: '2026-01-01', taxRegistrationId: null, profile })).toEqual({
    name: 'x',
    effective_from: '2026-01-01',
    tax_registration_id: null,
    profile: { ownKey: 1 },
  });
});
