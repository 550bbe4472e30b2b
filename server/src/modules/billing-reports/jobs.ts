import { firstIdAt, Temporal, type AccountId } from '@tierline/kernel';
import { commit, isDataRefusal, type Cause, type Database } from '../../platform/db/index.ts';
import type { Directory } from '../accounts/index.ts';
import { submittedByItself, type ReportWithLines } from './billing-report.ts';
import { makesReports, monthAfter, monthOf, opensAt, zonesOf, type Calendar } from './month.ts';
import { changedLines, lineFacts, reportEvent, submissionEvents } from './service.ts';
import { reportOpening, type UsageOf } from './service-opening.ts';
import {
  advanceCalendar,
  insertCalendars,
  newestAccount,
  selectDueCalendars,
  selectUnscheduled,
  type Domain,
  type DueCalendar,
} from './store-calendars.ts';
import { insertReport, selectDueReports, updateReports } from './store.ts';

export type BillingReportJobs = ReturnType<typeof billingReportJobs>;

type Dependencies = {
  readonly db: Database;
  readonly directory: Pick<Directory, 'get'>;
  readonly usageOf: UsageOf;
};

/** Accounts that get a calendar, calendars that are looked at, and reports that are submitted at once. */
const batch = 100;
/** An account may be stored this much later than its id was made. */
const storedWithinMs = 600_000;
/** Batches that may be overtaken by somebody else's changes. */
const conflictsMax = 20;

const systemCause = (at: Temporal.Instant): Cause => ({ actor: 'system', requestId: 'billing-reports', at });

/** What happens by itself: months are opened when they are over, and reports submitted when their time is up. */
export function billingReportJobs({ db, directory, usageOf }: Dependencies) {
  const open = reportOpening({ db, usageOf });
  /** Accounts of the real world with lower ids were looked at. */
  let seenUpTo = firstIdAt(0);

  /** Does everything that is due until an instant, each at its own moment, in order. Answers how many reports were touched. */
  async function runDue(domain: Domain, until: Temporal.Instant): Promise<{ steps: number }> {
    await schedule(domain);
    // What can't be opened yet must not hold up the others; it stays due and is looked at again.
    const waiting = new Set<AccountId>();
    let steps = 0;
    for (;;) {
      const due = await selectDueCalendars(db, domain, until, [...waiting], batch);
      const [first] = due;
      steps += await submitDue(domain, first === undefined ? until : Temporal.Instant.from(first.nextAt));
      if (first === undefined) return { steps };
      for (const calendar of due.filter(({ nextAt }) => nextAt === first.nextAt)) {
        const done = await openMonth(calendar);
        if (done === 'waiting') waiting.add(calendar.ownerId);
        else if (done === 'opened') steps += 1;
      }
    }
  }

  /** Gives accounts that are new a calendar, which begins with the month in which they were made. */
  async function schedule(domain: Domain): Promise<void> {
    const newest = domain.sandboxId === null ? await newestAccount(db) : undefined;
    for (;;) {
      const found = await selectUnscheduled(db, domain, seenUpTo, batch);
      if (found.length > 0) await insertCalendars(db, await Promise.all(found.map(calendarOf)));
      if (found.length < batch) break;
    }
    if (newest !== undefined) seenUpTo = firstIdAt(madeAtMs(newest) - storedWithinMs);
  }

  async function calendarOf({ id, createdAt }: { readonly id: AccountId; readonly createdAt: Temporal.Instant }) {
    const { account, chain } = await directory.get(id);
    const none: Calendar = { ownerId: id, nextOn: null, nextAt: null };
    if (!makesReports(chain)) return { ...none, sandboxId: account.sandboxId };
    const zones = zonesOf(chain);
    const nextOn = monthOf(createdAt, zones.seller);
    return { ...none, nextOn, nextAt: opensAt(nextOn, zones).toString(), sandboxId: account.sandboxId };
  }

  async function openMonth(calendar: DueCalendar): Promise<'opened' | 'passed' | 'waiting'> {
    const { ownerId, nextOn, nextAt } = calendar;
    const at = Temporal.Instant.from(nextAt);
    const node = await directory.get(ownerId);
    const report = await open(node, nextOn, at);
    if (report === 'not_yet') return 'waiting';
    const after = monthAfter(nextOn);
    const next = { nextOn: after, nextAt: opensAt(after, zonesOf(node.chain)).toString() };
    try {
      await commit(db, {
        cause: systemCause(at),
        subjectId: ownerId,
        answer: null,
        writes: [advanceCalendar(calendar, next), ...(report === 'nothing' ? [] : insertReport(report))],
        events: report === 'nothing' ? [] : [reportEvent(report, 'opened')],
      });
    } catch (error) {
      // Another node was faster; what is still due is found again the next time.
      if (isDataRefusal(error)) return 'waiting';
      throw error;
    }
    return report === 'nothing' ? 'passed' : 'opened';
  }

  async function submitDue(domain: Domain, until: Temporal.Instant): Promise<number> {
    let steps = 0;
    for (let conflicts = 0; ;) {
      const due = await selectDueReports(db, domain, until, batch);
      if (due.length === 0) return steps;
      const changes = due.map((before) => ({ before, after: submissionOf(before) }));
      try {
        await commit(db, {
          cause: systemCause(until),
          subjectId: due[0]!.id,
          answer: null,
          writes: updateReports(
            changes.map(({ before, after }) => ({ after, lines: changedLines(before.lines, after.lines) })),
          ),
          events: changes.flatMap(({ before, after }) => eventsOf(before, after)),
        });
      } catch (error) {
        // Somebody changed one of them meanwhile, or another node was faster: what is still due is found again.
        conflicts += 1;
        if (!isDataRefusal(error) || conflicts === conflictsMax) throw error;
        continue;
      }
      steps += due.length;
    }
  }

  return { runDue };
}

/** The milliseconds that an id begins with. */
function madeAtMs(id: AccountId): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}

/** Submitted at its own moment, however late that is found. */
function submissionOf(before: ReportWithLines): ReportWithLines {
  const at = before.submitAt!;
  return {
    ...before,
    ...submittedByItself(before),
    submitAt: null,
    submittedAt: at,
    version: before.version + 1,
    updatedAt: at,
  };
}

function eventsOf(before: ReportWithLines, after: ReportWithLines) {
  const at = Temporal.Instant.from(before.submitAt!);
  const facts = { by_itself: true, lines: lineFacts(changedLines(before.lines, after.lines)) };
  return submissionEvents(after, facts).map((event) => ({ ...event, at }));
}
