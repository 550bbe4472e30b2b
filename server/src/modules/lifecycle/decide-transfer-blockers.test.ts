import { readFile } from 'node:fs/promises';
import type { AccountId } from '@tierline/kernel';
import { expect, test } from 'vitest';
import { id, sellers } from './testing.ts';
import { partyBlockers } from './transfer-blockers.ts';

test('the documentation names everything that can stand in the way', async () => {
  const [page, source] = await Promise.all(
    ['../../../../docs/concepts/transfer.md', './transfer-blockers.ts'].map((path) =>
      readFile(new URL(path, import.meta.url), 'utf8'),
    ),
  );
  const said = [...page!.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code]) => code);
  const raised = [...source!.matchAll(/'lifecycle\.transfer_([a-z_]+)'/g)].map(([, code]) => code);
  expect(raised.length).toBeGreaterThan(10);
  expect(new Set(said)).toEqual(new Set(raised));
});

test('what stands in the way of a whole transfer is told all at once', () => {
  const to = sellers('UTC', 'UTC');
  const closed = { ...to, chain: to.chain.map((account) => ({ ...account, status: 'closed' as const })) };
  const fromOwnerId = to.account.id;
  const codes = partyBlockers({
    fromOwnerId,
    to: closed,
    copied: { status: 'canceled' },
    target: { status: 'pending' },
    count: 201,
  });
  expect(codes.map(({ code, field }) => [code.replace('lifecycle.transfer_', ''), field])).toEqual([
    ['same_owner', 'owner_id'],
    ['owner_not_active', 'owner_id'],
    ['customer_not_active', 'customer_id'],
    ['target_not_active', 'customer_id'],
    ['too_many', 'customer_id'],
  ]);
  const other = id<AccountId>('seller-9');
  expect(partyBlockers({ fromOwnerId: other, to, copied: { status: 'active' }, target: null, count: 200 })).toEqual([]);
});
