import { expect, test } from 'vitest';
import { checkQuery, checkTarget } from './index.ts';

test.each(['/', '/a%20b?name=M%C3%BCller&x=%2B', '/a?100', '/a?%41=%42&&=', '/a?q=a+b%3D?'])(
  '%s is let through',
  (target) => {
    expect(() => checkTarget(target)).not.toThrow();
  },
);

test.each([
  ['/a%00b', 'http.invalid_character', 'path'],
  ['/a%zz', 'http.invalid_encoding', 'path'],
  ['/a%', 'http.invalid_encoding', 'path'],
  ['/a?name=%00', 'http.invalid_character', 'name'],
  ['/a?a=1&na%6De=%ff', 'http.invalid_encoding', 'name'],
  ['/a?a=1&b=%e2%82', 'http.invalid_encoding', 'b'],
  ['/a?limit=10%', 'http.invalid_encoding', 'limit'],
  ['/a?%00=1', 'http.invalid_character', '%00'],
  ['/a?%ff', 'http.invalid_encoding', '%ff'],
  ['/a?q=%ED%A0%80', 'http.invalid_encoding', 'q'],
])('%s is refused as %s of %s', (target, code, field) => {
  expect(() => checkTarget(target)).toThrow(expect.objectContaining({ code, kind: 'invalid', field }));
});

test('a form body is checked the same way', () => {
  expect(() => checkQuery('username=a&password=%00')).toThrow(expect.objectContaining({ field: 'password' }));
});
