import { start } from '@tierline/server';

/** The whole server as an operator starts it, on the database that the environment names and on a port of its own. */
const running = await start({ demo: false, overrides: { port: 0 } });
process.on('SIGTERM', () => void running.stop().then(() => process.exit(0)));
process.send!({ port: Number(new URL(running.url).port) });

// Nothing is left to do when the process that measures is gone.
process.on('disconnect', () => process.exit());
