import type { AccountId } from '@tierline/kernel';
import type { SimpleApiDependencies } from './dependencies.ts';

/** Whose customers, orders and subscriptions a caller sees: its own, and those of every seller below it. */
export type Scope = { readonly ownerId: AccountId } | { readonly within: AccountId };

const knownMax = 50_000;

/**
 * The scope of a caller. With no seller below, it names the one owner, which a database that is spread over machines
 * answers from one of them. Whether there is one is remembered until any account changes.
 */
export function scopes({ accounts, revisions }: Pick<SimpleApiDependencies, 'accounts' | 'revisions'>) {
  const known = new Map<AccountId, Scope>();
  let generation = 0;
  revisions.onAccountChange(() => {
    generation += 1;
    known.clear();
  });
  return async (accountId: AccountId): Promise<Scope> => {
    const before = known.get(accountId);
    if (before !== undefined) return before;
    const began = generation;
    const [below] = await accounts.list({ within: accountId, directlyBelow: accountId, limit: 1 });
    const scope: Scope = below === undefined ? { ownerId: accountId } : { within: accountId };
    // What was read before a change must not be remembered after it.
    if (began === generation) {
      if (known.size >= knownMax) known.clear();
      known.set(accountId, scope);
    }
    return scope;
  };
}

export type Scopes = ReturnType<typeof scopes>;
