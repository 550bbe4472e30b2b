import { describe, expect, test } from 'vitest';
import { TierlineError, invalid, isTierlineError, notFound } from './errors.ts';

describe('TierlineError', () => {
  test('alone, is its own single reason', () => {
    const error = new TierlineError('order.quantity_too_low', 'invalid', 'Order at least 5.', {
      field: 'lines.0.quantity',
    });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('TierlineError');
    expect(error.message).toBe('Order at least 5.');
    expect(error.reasons).toEqual([
      { code: 'order.quantity_too_low', message: 'Order at least 5.', field: 'lines.0.quantity' },
    ]);
  });

  test('without a field, its reason has none either', () => {
    const error = new TierlineError('server.broken', 'bug', 'Something broke.');
    expect(error.field).toBeUndefined();
    expect(error.reasons).toEqual([{ code: 'server.broken', message: 'Something broke.' }]);
    expect(Object.keys(error.reasons[0]!)).not.toContain('field');
    expect('cause' in error).toBe(false);
  });

  test('what is for operators is kept apart from the message', () => {
    const cause = new Error('socket closed');
    const error = new TierlineError('db.unavailable', 'unavailable', 'Try again soon.', {
      internal: 'pool exhausted',
      cause,
      retryAfterSeconds: 5,
    });
    expect(error.message).not.toContain('pool');
    expect(error).toMatchObject({ internal: 'pool exhausted', cause, retryAfterSeconds: 5, kind: 'unavailable' });
  });

  test('is told from other errors', () => {
    expect(isTierlineError(new TierlineError('a.b', 'bug', 'c'))).toBe(true);
    expect(isTierlineError(new Error('c'))).toBe(false);
    expect(isTierlineError({ code: 'a.b', kind: 'bug' })).toBe(false);
    expect(isTierlineError(undefined)).toBe(false);
  });
});

describe('invalid', () => {
  const reasons = [
    { code: 'order.no_mpn', message: 'Name an MPN.', field: 'lines.0.mpn' },
    { code: 'order.no_customer', message: 'Name a customer.' },
  ];

  test('carries every reason and is named by the first', () => {
    const error = invalid(reasons, { nearest: { mpn: 'CNSS0001' } });
    expect(error).toMatchObject({
      code: 'order.no_mpn',
      kind: 'invalid',
      message: 'Name an MPN.',
      field: 'lines.0.mpn',
    });
    expect(error.reasons).toEqual(reasons);
    expect(error.details).toEqual({ nearest: { mpn: 'CNSS0001' } });
    expect(invalid(reasons).details).toBeUndefined();
  });

  test('without a reason is a bug', () => {
    expect(() => invalid([])).toThrow(expect.objectContaining({ code: 'kernel.no_reason', kind: 'bug' }));
  });
});

test('notFound names the thing and nothing about it', () => {
  expect(notFound('service plan', 'planId')).toMatchObject({
    code: 'service_plans.not_found',
    kind: 'not_found',
    message: 'There is no such service plan.',
    field: 'planId',
  });
  expect(notFound('order').field).toBeUndefined();
});
