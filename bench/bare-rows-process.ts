import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import pg from 'pg';

/**
 * What a handler costs that does nothing but read some rows by their keys, in one prepared statement, and answer them as JSON:
 * no one is authenticated, nothing is counted, and nothing is read beside the rows.
 */
type Wanted = { readonly ownerId: string; readonly limit: number; readonly offsets: readonly number[] };

process.once('message', (wanted: Wanted) => void begin(wanted));

async function begin({ ownerId, limit, offsets }: Wanted): Promise<void> {
  const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 8 });
  const app = new Hono();
  for (const list of ['orders', 'subscriptions']) {
    for (const offset of offsets) {
      const first = await pool.query<{ id: string }>(
        `select id from ${list} where owner_id = $1 order by id desc offset $2 limit 1`,
        [ownerId, offset],
      );
      const text = `select * from ${list} where owner_id = $1 and id <= $2 order by id desc limit ${limit}`;
      const values = [ownerId, first.rows[0]!.id];
      app.get(`/${list}/${offset}`, async () => {
        const { rows } = await pool.query({ name: list, text, values });
        return new Response(JSON.stringify({ data: rows }), { headers: { 'content-type': 'application/json' } });
      });
    }
  }
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => process.send!({ port }));
}

// Nothing is left to do when the process that measures is gone.
process.on('disconnect', () => process.exit());
