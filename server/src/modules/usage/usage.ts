import {
  compareDecimal,
  dateIn,
  Temporal,
  type AccountId,
  type Decimal,
  type LicenseId,
  type Reason,
  type SubscriptionId,
} from '@tierline/kernel';

/** A reading as somebody gives it. */
export type Reading = {
  readonly subscriptionId: SubscriptionId;
  readonly licenseId?: LicenseId | undefined;
  readonly used: Decimal;
  readonly at?: Temporal.Instant | undefined;
};

/** A license that readings may be of, with the calendar of its seller. */
export type ReadLicense = {
  readonly ownerId: AccountId;
  readonly licenseId: LicenseId;
  readonly subscriptionId: SubscriptionId;
  readonly timeZone: string;
};

/** A reading whose license and month are found. */
export type PlacedReading = {
  readonly ownerId: AccountId;
  readonly licenseId: LicenseId;
  readonly subscriptionId: SubscriptionId;
  /** The first day of its month. */
  readonly monthOn: string;
  readonly used: Decimal;
  readonly at: Temporal.Instant;
};

/** What is kept of a license's month. */
export type MonthUsage = Omit<PlacedReading, 'at'> & {
  readonly readAt: Temporal.Instant;
  readonly highest: Decimal;
  readonly highestAt: Temporal.Instant;
};

/** Finds license and month of a reading, or says why it can't be taken. */
export function place(
  reading: Reading,
  licenses: readonly ReadLicense[],
  now: Temporal.Instant,
): PlacedReading | Reason {
  const license = licenseOf(reading, licenses);
  if ('code' in license) return license;
  const at = reading.at ?? now;
  const monthOn = firstOfMonth(at, license.timeZone);
  const { ownerId, licenseId, subscriptionId } = license;
  if (Temporal.Instant.compare(at, now) > 0) {
    return { code: 'usage.in_the_future', field: 'at', message: 'Usage can be read only up to now.' };
  }
  if (monthOn !== firstOfMonth(now, license.timeZone)) {
    const message = `The month ${monthOn.slice(0, 7)} is over. Leave the instant out, and the reading counts in the month that there is now.`;
    return { code: 'usage.month_closed', field: 'at', message };
  }
  return { ownerId, licenseId, subscriptionId, monthOn, used: reading.used, at };
}

function licenseOf({ licenseId }: Reading, licenses: readonly ReadLicense[]): ReadLicense | Reason {
  const [only, ...others] = licenses;
  if (licenseId === undefined && only !== undefined && others.length === 0) return only;
  if (licenseId === undefined) {
    const message =
      only === undefined
        ? 'The subscription has no license.'
        : 'The subscription has several licenses. Say which one was read.';
    return { code: 'usage.license_needed', field: 'license_id', message };
  }
  const named = licenses.find((license) => license.licenseId === licenseId);
  if (named !== undefined) return named;
  return { code: 'usage.unknown_license', field: 'license_id', message: 'The subscription has no such license.' };
}

export function firstOfMonth(at: Temporal.Instant, timeZone: string): string {
  return dateIn(at, timeZone).with({ day: 1 }).toString();
}

/** What readings come to, each license and month once; in one order everywhere, so that two who store some never wait in a ring. */
export function combined(readings: readonly PlacedReading[]): MonthUsage[] {
  const months = new Map<string, MonthUsage>();
  for (const { at, ...reading } of readings) {
    const key = `${reading.licenseId}/${reading.monthOn}`;
    const known = months.get(key);
    const one = { ...reading, readAt: at, highest: reading.used, highestAt: at };
    months.set(key, known === undefined ? one : merged(known, one));
  }
  return [...months.values()].toSorted((a, b) => (a.licenseId < b.licenseId ? -1 : 1));
}

/** The newest of two, and the highest; of two readings of one instant the later given, of two equal heights the earlier one. */
function merged(known: MonthUsage, next: MonthUsage): MonthUsage {
  const newest = Temporal.Instant.compare(next.readAt, known.readAt) >= 0 ? next : known;
  const order = compareDecimal(next.highest, known.highest);
  const isEarlier = order === 0 && Temporal.Instant.compare(next.highestAt, known.highestAt) < 0;
  const highest = order > 0 || isEarlier ? next : known;
  return { ...newest, highest: highest.highest, highestAt: highest.highestAt };
}
