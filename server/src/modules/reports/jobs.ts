import { isTierlineError, Temporal, type Clock } from '@tierline/kernel';
import { commit, isDataRefusal, type Cause, type Database } from '../../platform/db/index.ts';
import type { Hold, Job, JobOutcome } from '../../platform/jobs/index.ts';
import { timeOf, type Directory } from '../accounts/index.ts';
import { dueRuns, typeOf, type Report } from './report.ts';
import type { ReportNames } from './rows.ts';
import { writeFile } from './service-file.ts';
import { newReport, reportEvent, zonesOf } from './service.ts';
import {
  advanceGenerators,
  beginReport,
  endReport,
  insertReports,
  queueDue,
  removeExpired,
  removePieces,
  selectDueGenerators,
  selectReport,
  type Domain,
} from './store.ts';

export type ReportJobs = ReturnType<typeof reportJobs>;

type Dependencies = {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'get'>;
  readonly names: ReportNames;
  /** For tests: what a sheet can hold. */
  readonly sheetRowsMax?: number | undefined;
};

/** Generators that are worked off in one statement; reports that are queued or removed in one. */
const batch = 100;
/** How often it is tried to make a report. */
const attemptsMax = 6;

/** What happens by itself: reports fall due, are made, and go when their time is over. */
export function reportJobs({ db, clock, directory, names, sheetRowsMax }: Dependencies) {
  /** Orders what is due until an instant by this clock, and removes what is past its time. Answers how many reports were ordered. */
  async function runDue(domain: Domain, until: Temporal.Instant): Promise<{ steps: number }> {
    let steps = 0;
    for (;;) {
      const ordered = await orderDue(domain, until);
      steps += ordered.reports;
      if (ordered.generators < batch) break;
    }
    for (;;) {
      const queued = await queueDue(db, domain, until, clock.now(), batch);
      steps += queued;
      if (queued < batch) break;
    }
    while ((await removeExpired(db, domain, until, batch)) === batch);
    return { steps };
  }

  async function orderDue(domain: Domain, until: Temporal.Instant) {
    const generators = await selectDueGenerators(db, domain, until, batch);
    if (generators.length === 0) return { generators: 0, reports: 0 };
    const due = await Promise.all(
      generators.map(async (generator) => {
        const { runs, next } = dueRuns(generator, until, zonesOf(await directory.get(generator.ownerId)));
        const type = typeOf[generator.schedule];
        const made = runs.map((run) =>
          newReport(generator, run, { type, at: Temporal.Instant.from(run.dueAt), isQueued: true }),
        );
        return { made, next };
      }),
    );
    const reports = due.flatMap(({ made }) => made);
    const cause: Cause = { actor: 'system', requestId: 'reports', at: until };
    const next = due.map((each) => each.next);
    try {
      await commit(db, {
        cause,
        subjectId: generators[0]!.id,
        answer: null,
        writes: [
          advanceGenerators(generators, next),
          ...(reports.length === 0 ? [] : insertReports(reports, clock.now())),
        ],
        events: reports.map((report) => ({
          ...reportEvent(report, 'submitted'),
          at: Temporal.Instant.from(report.createdAt),
        })),
      });
    } catch (error) {
      // Another node was faster, or somebody changed one of them: what is still due is found again.
      if (isDataRefusal(error)) return { generators: 0, reports: 0 };
      throw error;
    }
    return { generators: generators.length, reports: reports.length };
  }

  /** Makes one report. Killed in between, it is begun anew: what an earlier attempt wrote is no part of it. */
  async function run(job: Job, hold: Hold): Promise<JobOutcome> {
    const found = await selectReport(db, { ownerId: job.ownerId, id: job.subjectId as Report['id'] });
    if (found === undefined) return { done: true };
    const report = { ...found, attempt: job.attempts };
    if (!(await beginReport(db, found, report.attempt))) return { done: true };
    const node = await directory.get(report.ownerId);
    const making = { db, names, timeZone: node.account.timeZone, hold, sheetRowsMax };
    const end = async (outcome: Parameters<typeof endReport>[3], what: string): Promise<void> => {
      const at = timeOf(await directory.get(report.ownerId), clock);
      await commit(db, {
        cause: { actor: 'system', requestId: `report-${report.id}`, at },
        subjectId: report.id,
        answer: null,
        writes: [{ run: endReport(db, report, at, outcome), expect: 1 }],
        events: [reportEvent(report, what)],
      });
    };
    try {
      await end(await writeFile(report, making), 'completed');
    } catch (error) {
      await removePieces(db, report);
      const refusal = isTierlineError(error) && error.kind === 'invalid' ? error : undefined;
      if (refusal === undefined && job.attempts < attemptsMax) throw error;
      const message =
        refusal?.message ?? 'It was tried several times. Whoever runs the server finds the reason in its log.';
      await end({ code: refusal?.code ?? 'reports.failed', message }, 'failed');
      if (refusal === undefined) throw error;
    }
    return { done: true };
  }

  return { runDue, run };
}
