/** A process that takes an owner lock, says whether it got it, and holds it until its input ends. */
import { acquireOwnerLock } from '../owner-lock.ts';

const attempt = acquireOwnerLock(process.argv[2] ?? '');
process.stdout.write(`${attempt.taken ? 'taken' : `held by ${attempt.pid}`}\n`);
process.stdin.resume();
