/** A process that owns an embedded database until it is killed; says on one line how its start went. */
import { startEmbeddedPostgres } from '../index.ts';

const [dataDir = '', ending = 'wait'] = process.argv.slice(2);
try {
  const { connection, adopted } = await startEmbeddedPostgres({ dataDir });
  process.stdout.write(`${JSON.stringify({ adopted, connection })}\n`);
  // A normal end that forgets stop(); otherwise wait for the kill.
  if (ending === 'exit') process.exit(0);
  setInterval(() => undefined, 60_000);
} catch (error) {
  const code = error instanceof Error && 'code' in error ? error.code : String(error);
  process.stdout.write(`${JSON.stringify({ code, message: String(error) })}\n`);
}
