import {
  formatDecimal,
  invalid,
  notFound,
  type AccountId,
  type LicenseId,
  type Reason,
  type SubscriptionId,
} from '@tierline/kernel';
import { commit, once, type Cause, type Database } from '../../platform/db/index.ts';
import { selectLicenses, selectUsagePage, upsertUsage, type UsageFilter } from './store.ts';
import { combined, place, type PlacedReading, type Reading } from './usage.ts';

export type UsageService = ReturnType<typeof usageService>;

/** What became of readings: those that can be taken, and why others can't, by their places. */
export type Placed = {
  readonly readings: readonly PlacedReading[];
  readonly refused: readonly { readonly index: number; readonly reason: Reason }[];
};

/** Use cases of usage. Callers have authorized the actor; `within` is the account the actor acts for. */
export function usageService({ db }: { readonly db: Database }) {
  async function placed(cause: Cause, within: AccountId, wanted: readonly Reading[]): Promise<Placed> {
    const licenses = await selectLicenses(
      db,
      within,
      wanted.map(({ subscriptionId }) => subscriptionId),
    );
    const readings: PlacedReading[] = [];
    const refused: Placed['refused'][number][] = [];
    for (const [index, reading] of wanted.entries()) {
      const of = licenses.get(reading.subscriptionId);
      const found = of === undefined ? unknownSubscription : place(reading, of, cause.at);
      if ('code' in found) refused.push({ index, reason: found });
      else readings.push(found);
    }
    return { readings, refused };
  }

  async function store(cause: Cause, within: AccountId, readings: readonly PlacedReading[]): Promise<TakenReading[]> {
    return commit(db, {
      cause,
      subjectId: within,
      answer: readings.map(taken),
      writes: readings.length === 0 ? [] : [{ run: upsertUsage(combined(readings), cause.at.toString()) }],
      events: [
        {
          ownerId: within,
          type: 'usage.reported',
          subjectKind: 'account',
          subjectId: within,
          data: { readings: readings.length },
        },
      ],
    });
  }

  /** All readings or none. `fieldOf` names a field of a reading as the caller has it. */
  async function report(
    cause: Cause,
    within: AccountId,
    wanted: readonly Reading[],
    fieldOf: (index: number, field: string) => string,
  ): Promise<TakenReading[]> {
    const { readings, refused } = await placed(cause, within, wanted);
    const unknown = refused.find(({ reason }) => reason === unknownSubscription);
    if (unknown !== undefined) throw notFound('subscription', fieldOf(unknown.index, 'subscription_id'));
    if (refused.length > 0) {
      throw invalid(refused.map(({ index, reason }) => ({ ...reason, field: fieldOf(index, reason.field ?? 'at') })));
    }
    return store(cause, within, readings);
  }

  return {
    report: (...input: Parameters<typeof report>) => once(db, input[0], () => report(...input)),
    /** What can be taken of some readings is stored, and the rest is told. */
    async take(cause: Cause, within: AccountId, wanted: readonly Reading[]): Promise<Placed> {
      const found = await placed(cause, within, wanted);
      if (found.readings.length > 0) await store(cause, within, found.readings);
      return found;
    },
    page: (filter: UsageFilter, page: { readonly after?: LicenseId | undefined; readonly limit: number }) =>
      selectUsagePage(db, filter, page),
  };
}

/** A reading as it was taken. JSON-safe, since a retry is told the same. */
export type TakenReading = {
  readonly subscriptionId: SubscriptionId;
  readonly licenseId: LicenseId;
  readonly month: string;
  readonly used: string;
  readonly at: string;
};

function taken({ subscriptionId, licenseId, monthOn, used, at }: PlacedReading): TakenReading {
  return { subscriptionId, licenseId, month: monthOn.slice(0, 7), used: formatDecimal(used), at: at.toString() };
}

const unknownSubscription: Reason = {
  code: 'usage.unknown_subscription',
  field: 'subscription_id',
  message: 'There is no such subscription.',
};
