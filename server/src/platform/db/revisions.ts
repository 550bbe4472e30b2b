import type { AccountId } from '@tierline/kernel';
import type { Database } from './connect.ts';

/** What nodes may remember of an account is valid while its counters stand still. Shared and updated in place. */
export type RevisionCell = { account: bigint; catalog: bigint };

export type Revisions = {
  /** The cell of an account; reading it costs nothing. */
  cell(accountId: AccountId): RevisionCell;
  /** Called with each account whose own row, or whose users and keys, changed. */
  onAccountChange(listener: (accountId: AccountId) => void): void;
  /** Looks for changes now; after a commit of this node, so that its next read sees them. */
  refresh(): Promise<void>;
  start(pollMs: number, onError: (error: unknown) => void): Promise<void>;
  stop(): void;
};

type Row = { account_id: AccountId; account_revision: bigint; catalog_revision: bigint };

const changedSince = {
  name: 'revisions_since',
  // Every transaction that was under way at the last look is looked at again, so a late commit is never missed.
  text: `select account_id, account_revision, catalog_revision from revisions where changed_xid >= $1::xid8`,
};
const horizon = { name: 'revisions_horizon', text: 'select pg_snapshot_xmin(pg_current_snapshot())::text as xid' };

/**
 * Keeps this node's view of all revision counters: a notification is the hint, polling is the truth.
 * The view is at most one poll old, also when the notification was lost.
 */
export function revisions(db: Database): Revisions {
  const cells = new Map<AccountId, RevisionCell>();
  const listeners: ((accountId: AccountId) => void)[] = [];
  let since = '3';
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  function cell(accountId: AccountId): RevisionCell {
    let found = cells.get(accountId);
    if (found === undefined) {
      found = { account: 0n, catalog: 0n };
      cells.set(accountId, found);
    }
    return found;
  }

  async function look(): Promise<void> {
    const [next] = await db.query<{ xid: string }>(horizon, []);
    const rows = await db.query<Row>(changedSince, [since]);
    since = next!.xid;
    for (const row of rows) {
      const known = cell(row.account_id);
      const accountChanged = known.account !== row.account_revision;
      known.account = row.account_revision;
      known.catalog = row.catalog_revision;
      if (accountChanged) for (const listener of listeners) listener(row.account_id);
    }
  }

  /** One look at a time; whoever asks during a look gets the one after it, which began after the asking. */
  async function refresh(): Promise<void> {
    if (looking !== undefined) {
      again = true;
      await looking.catch(() => {});
      if (!again) return looking;
    }
    again = false;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  return {
    cell,
    onAccountChange: (listener) => void listeners.push(listener),
    refresh,
    async start(pollMs, onError) {
      await refresh();
      // A look that is under way when everything stops may find the database closed, which is nobody's error.
      const complain = (error: unknown): void => {
        if (!stopped) onError(error);
      };
      const poll = (): void => {
        if (!stopped) void refresh().catch(complain);
      };
      await db.listen('tierline_changed', poll);
      timer = setInterval(poll, pollMs);
      timer.unref();
    },
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}
