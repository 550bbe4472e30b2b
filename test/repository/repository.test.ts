import { describe, expect, test } from 'vitest';
import { readRepository, repositoryOf } from './files.ts';
import { describeViolation, problemsOf } from './rule.ts';
import { rules } from './rules/index.ts';

const repository = readRepository();

describe('the repository keeps its house rules', () => {
  test.each(rules)('$name', async (rule) => {
    expect(await problemsOf(rule, repository)).toEqual([]);
  });

  test('no rule may be left out of this run', () => {
    expect(rules.length).toBeGreaterThan(10);
    expect(repository.paths.length).toBeGreaterThan(20);
  });
});

describe.each(rules)('the rule "$name" can fail', (rule) => {
  const check = rule.checkExample ?? rule.check;

  test.each(rule.bad)('it says: $says', async ({ files, says }) => {
    const { violations } = await check(repositoryOf(files));
    expect(violations.map(describeViolation).join('\n')).toContain(says);
  });

  test('it lets good code pass', async () => {
    const { seen, violations } = await check(repositoryOf(rule.good));
    expect(seen).toBeGreaterThan(0);
    expect(violations).toEqual([]);
  });

  test('it fails when it sees nothing', async () => {
    const blind = { ...rule, check: () => ({ seen: 0, violations: [] }) };
    expect(await problemsOf(blind, repository)).toEqual([expect.stringContaining('saw nothing')]);
  });
});
