import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { activationCode, statusChanges, subscriptionStatuses } from './subscription.ts';

/** LMPI reference 7.1: groups of 2-4-5-5-5-5-5; no letter that is read as a digit. */
const format = /^[A-HJ-NP-Z2-9]{2}-[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{5}){5}$/;

test('an activation code has seven groups of unmistakable characters', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 31, maxLength: 31 }), (bytes) => {
      expect(activationCode(bytes)).toMatch(format);
    }),
  );
});

test('every byte counts, and every character comes equally often', () => {
  const zeros = activationCode(new Uint8Array(31));
  for (let index = 0; index < 31; index += 1) {
    expect(activationCode(new Uint8Array(31).with(index, 1))).not.toBe(zeros);
  }
  const counts = Map.groupBy(
    Array.from({ length: 256 }, (_, byte) => activationCode(new Uint8Array(31).fill(byte))[0]),
    (letter) => letter,
  );
  expect(counts.size).toBe(32);
  expect([...counts.values()].every((bytes) => bytes.length === 8)).toBe(true);
});

test('each status leads only to known ones, and removed to none', () => {
  for (const status of subscriptionStatuses) {
    for (const next of statusChanges[status]) expect(subscriptionStatuses).toContain(next);
    expect(statusChanges[status]).not.toContain(status);
  }
  expect(statusChanges.removed).toEqual([]);
  expect(statusChanges.pending).toContain('active');
});
