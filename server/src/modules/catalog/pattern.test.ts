import { describe, expect, test } from 'vitest';
import { parsePattern } from './pattern.ts';

const domain = '^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,}$';

describe('a pattern', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['abc', ['abc'], ['', 'ab', 'abcd', 'xabc']],
    ['', [''], ['a']],
    ['a|bc|', ['a', 'bc', ''], ['b', 'abc']],
    ['(?:ab)+c?', ['ab', 'ababc'], ['', 'c', 'aba']],
    ['\\d{3}-\\d{2,}', ['123-45', '123-45678'], ['12-345', '123-4']],
    ['[^\\s@]+@[^\\s@]+', ['a@b.c'], ['a b@c', '@', 'a@b@c']],
    ['[A-F0-9]{2,4}', ['0A', 'BEEF'], ['0', 'BEEF0', 'xy']],
    ['a.c', ['abc', 'a😀c'], ['ac']],
    ['a/b\\.c', ['a/b.c'], ['a/bxc']],
    [domain, ['example.org', 'a-b.example.co'], ['example', '-x.org', 'x..org', 'example.org.']],
  ])('%s', (source, right, wrong) => {
    const pattern = parsePattern(source)!;
    expect(right.filter((text) => !pattern.matches(text))).toEqual([]);
    expect(wrong.filter((text) => pattern.matches(text))).toEqual([]);
  });

  test.each([
    '(',
    'a)',
    '[',
    '*a',
    'a**',
    'a{2,1}',
    'a{999}',
    '(?=a)',
    '(?<!a)b',
    '(a)\\1',
    '\\p',
    '((((((a))))))',
    'a^b',
    '[z-a]',
  ])('%s is none', (source) => {
    expect(parsePattern(source)).toBeUndefined();
  });

  // Guarantee: what makes an expression of JavaScript try for years is over at once. It would not end within any test's time.
  test.each(['(a+)+b', '(a|aa)+b', 'a*a*a*a*a*a*a*a*b', '(((a*)*)*)*b'])('%s does not explode', (source) => {
    expect(parsePattern(source)!.matches('a'.repeat(255))).toBe(false);
  });
});
