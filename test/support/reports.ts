import type { Engine } from '@tierline/server/app/engine.ts';
import { jobRunner } from '@tierline/server/platform/jobs/index.ts';

/** Makes every report that waits, as the server does in the background. */
export async function makeReports({ db, clock, reportWork }: Engine): Promise<void> {
  const errors: unknown[] = [];
  const runner = jobRunner({
    db,
    clock,
    handlers: { report: reportWork.run },
    batch: 1,
    onError: (error) => errors.push(error),
  });
  while ((await runner.runDue()) > 0);
  if (errors.length > 0) throw errors[0];
}
