import { manualClock } from '@tierline/kernel';
import { describe, expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './passwords.ts';
import { throttle } from './throttle.ts';

describe('passwords', () => {
  test('a hash is PHC text of argon2id, salted, and only its own password fits', async () => {
    const [hash, again] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(hash).not.toBe(again);
    expect(await verifyPassword('correct horse', hash)).toBe(true);
    for (const wrong of ['correct hors', 'correct horse ', 'Correct horse', '', 'x'.repeat(100_000)]) {
      expect(await verifyPassword(wrong, hash)).toBe(false);
    }
  });

  test('a hash made elsewhere, at another cost, is understood', async () => {
    // A vector of the reference implementation (phc-winner-argon2, src/test.c).
    const vector = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    expect(await verifyPassword('password', vector)).toBe(true);
    expect(await verifyPassword('passwore', vector)).toBe(false);
  });

  test('the same letters are the same password however the keyboard composes them', async () => {
    expect(await verifyPassword('caf\u0065\u0301 noir', await hashPassword('caf\u00e9 noir'))).toBe(true);
  });

  test('nobody has no password', async () => {
    for (const password of ['', 'anything', 'x'.repeat(500)])
      expect(await verifyPassword(password, undefined)).toBe(false);
  });

  test('a flood waits in line or is told to come back, and the line drains', async () => {
    const results = await Promise.allSettled(Array.from({ length: 110 }, () => verifyPassword('x', vectorOfX)));
    const refused = results.filter((each) => each.status === 'rejected').map((each): unknown => each.reason);
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ code: 'access.busy', kind: 'unavailable', retryAfterSeconds: 1 });
    expect(await verifyPassword('x', vectorOfX)).toBe(false);
  });

  test('a check may be called off when its turn comes', async () => {
    const off = verifyPassword('x', vectorOfX, () => {
      throw new Error('too late');
    });
    await expect(off).rejects.toThrow('too late');
  });
});

// Cheap, so that a hundred of them take no time: 8 KiB, one pass.
const vectorOfX = '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';

describe('failed logins', () => {
  test('five are free, then each waits twice as long, up to a minute', () => {
    const clock = manualClock('2026-03-01T00:00:00Z');
    const logins = throttle(clock);
    const waits: number[] = [];
    for (let failure = 1; failure <= 14; failure += 1) {
      logins.check('ann');
      logins.failed('ann');
      const wait = waitOf(() => logins.check('ann'));
      waits.push(wait);
      clock.set(clock.now().add({ seconds: wait }));
    }
    expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    logins.check('bob');
    logins.succeeded('ann');
    logins.failed('ann');
    logins.check('ann');
  });

  test('a quarter of an hour without a failure starts anew', () => {
    const clock = manualClock('2026-03-01T00:00:00Z');
    const logins = throttle(clock);
    for (let failure = 1; failure <= 5; failure += 1) logins.failed('ann');
    expect(waitOf(() => logins.check('ann'))).toBe(1);
    clock.set(clock.now().add({ minutes: 16 }));
    logins.failed('ann');
    logins.check('ann');
  });

  test('names beyond counting push out the oldest, not the newest', () => {
    const logins = throttle(manualClock('2026-03-01T00:00:00Z'));
    for (let failure = 1; failure <= 5; failure += 1) logins.failed('ann');
    for (let name = 0; name < 10_000; name += 1) logins.failed(`name ${name}`);
    logins.check('ann');
    for (let failure = 1; failure <= 5; failure += 1) logins.failed('bob');
    expect(waitOf(() => logins.check('bob'))).toBe(1);
  });
});

function waitOf(check: () => void): number {
  try {
    check();
    return 0;
  } catch (error) {
    expect(error).toMatchObject({ code: 'access.too_many_failures', kind: 'limited' });
    return (error as { retryAfterSeconds: number }).retryAfterSeconds;
  }
}
