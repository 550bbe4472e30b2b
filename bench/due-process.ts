import { Temporal } from '@tierline/kernel';
import { connect } from '@tierline/server/db';
import { openEngine } from './channel.ts';

/** A worker of a node of its own, as the background process of a server is one: works off what is due when it is told the time. */
const db = connect({ connection: process.env['DATABASE_URL']!, poolSize: 6 });
const engine = await openEngine(db);

process.on('message', (until: string) => {
  void engine.worker.runDue({ sandboxId: null }, Temporal.Instant.from(until)).then(({ steps }) => {
    process.send!({ steps });
  });
});
process.send!({ port: 0 });

process.on('SIGTERM', () => process.exit(0));
// Nothing is left to do when the process that measures is gone.
process.on('disconnect', () => process.exit());
