import { expect, it } from 'vitest';
import { replayGuard } from './replay.ts';

it('takes a signature once, within the whole time in which it could be accepted', () => {
  const guard = replayGuard(900);
  expect(guard.take(1000, 1000, 'a')).toBe(false);
  expect(guard.take(1000, 1000, 'b')).toBe(false);
  expect(guard.take(1000, 1000, 'a')).toBe(true);
  // The last second in which the time of this signature is still right.
  expect(guard.take(1000, 1900, 'a')).toBe(true);
});

it('remembers a signature from a clock that is ahead for as long as that one is valid', () => {
  const guard = replayGuard(900);
  expect(guard.take(1900, 1000, 'a')).toBe(false);
  expect(guard.take(1900, 2800, 'a')).toBe(true);
});

it('forgets what can no longer be accepted', () => {
  const guard = replayGuard(900);
  for (let second = 0; second < 5000; second += 1) guard.take(second, second, `signature ${second}`);
  expect(guard.size).toBe(901);
});
