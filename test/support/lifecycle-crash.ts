import { connect, type Database } from '@tierline/server/db';
import { sql } from 'kysely';

/** How work ends that nobody finishes: in thought, its process dies; or its session of the database is ended by force. */

export class Crash extends Error {}

/** A database whose connections die while they store changes, the first few times excepted. */
export function failingAfter(db: Database, times: number): Database {
  let left = times;
  return {
    ...db,
    connect: async () => {
      const client = await db.connect();
      const query = async (
        ...input: Parameters<Awaited<ReturnType<Database['connect']>>['query']>
      ): Promise<unknown> => {
        const answer: unknown = await (client.query as (...all: unknown[]) => Promise<unknown>)(...input);
        const [statement] = input as unknown as [string | { name?: string }];
        if (typeof statement !== 'string' && statement.name === 'store_changes') {
          if (left === 0) throw new Crash('the worker died');
          left -= 1;
        }
        return answer;
      };
      return Object.assign(Object.create(client) as Awaited<ReturnType<Database['connect']>>, {
        query,
        release: () => client.release(),
      });
    },
  };
}

export type Killer = Awaited<ReturnType<typeof openKiller>>;

/** Sessions of its own beside those that it ends. */
export async function openKiller(url: string) {
  const beside = connect({ connection: url, poolSize: 2 });

  /**
   * Does work on a subscription whose row is held, so that the statement that stores it stands still in its middle; there its session
   * is ended. Answers what the work came to, and whether it came that far: what is refused stores nothing.
   */
  async function during<Result>(
    id: string,
    work: () => Promise<Result>,
  ): Promise<{ killed: boolean; came: Came<Result> }> {
    const holder = await beside.connect();
    await holder.query('begin');
    await holder.query('select from subscriptions where id = $1 for update', [id]);
    const mine = (await holder.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
    const state = { isOver: false };
    const working = settled(work()).finally(() => (state.isOver = true));
    let killed = false;
    try {
      while (!state.isOver && !killed) killed = await endBlockedBy(mine);
      return { killed, came: await working };
    } finally {
      await holder.query('rollback');
      holder.release();
      await working;
    }
  }

  async function endBlockedBy(pid: number): Promise<boolean> {
    const { rows } = await sql<{ ended: boolean }>`
      select pg_terminate_backend(pid) as ended from pg_stat_activity
      where datname = current_database() and ${pid} = any (pg_blocking_pids(pid))`.execute(beside.kysely);
    return rows.length > 0;
  }

  return { during, close: () => beside.close() };
}

type Came<Result> = { readonly value: Result } | { readonly error: unknown };

function settled<Result>(work: Promise<Result>): Promise<Came<Result>> {
  return work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
