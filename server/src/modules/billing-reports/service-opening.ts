import { firstIdAt, newId, startOfDay, Temporal, type AccountId, type Decimal } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { turns } from '../../platform/turns.ts';
import type { AccountNode } from '../accounts/index.ts';
import type { ReportWithLines } from './billing-report.ts';
import { newLines, type Figure } from './lines.ts';
import { defaultTerms, monthAfter, opensAt, submitsAt, zonesOf } from './month.ts';
import { provisionedUnits } from './provisioned.ts';
import { selectTerms } from './store-calendars.ts';
import {
  isAnyWaiting,
  selectCovered,
  selectHistories,
  selectMoney,
  selectWords,
  type HistoryKey,
  type Seller,
} from './store-month.ts';

/**
 * The highest readings of use of a month by license, of these sellers' customers. What nobody read is not in it.
 * @param monthOn the first day of the month
 */
export type UsageOf = (owners: readonly AccountId[], monthOn: string) => Promise<ReadonlyMap<string, Decimal>>;

export type Opening = ReportWithLines | 'nothing' | 'not_yet';

/** Subscriptions whose histories are read at once. */
const historiesAtOnce = 500;

/** Puts the report of a partner's month together; only reads. */
export function reportOpening({ db, usageOf }: { readonly db: Database; readonly usageOf: UsageOf }) {
  async function figuresOf(covered: readonly Seller[], monthOn: string): Promise<Figure[]> {
    const month = Temporal.PlainDate.from(monthOn);
    const spans = covered.map(({ id, timeZone }) => ({
      ownerId: id,
      timeZone,
      from: startOfDay(month, timeZone),
      until: startOfDay(month.add({ months: 1 }), timeZone),
    }));
    const spanOf = new Map(spans.map((span) => [span.ownerId, span]));
    const usage = await usageOf(
      covered.map(({ id }) => id),
      monthOn,
    );
    const counted = provisionedUnits(usage);
    const pause = turns();
    let after: HistoryKey | undefined;
    do {
      const { histories, next } = await selectHistories(db, spans, after, historiesAtOnce);
      for (const history of histories) {
        counted.add(history, spanOf.get(history.ownerId)!);
        await pause();
      }
      after = next;
    } while (after !== undefined);
    const units = counted.units();
    if (units.length === 0) return [];
    const { unitOf, nameOf } = await selectWords(db, units, [...new Set(units.map(({ productId }) => productId))]);
    return units.map(({ productId, planId, planVersion, provisioned, used }) => ({
      productId,
      productName: nameOf(productId),
      unitType: unitOf({ planId, planVersion }),
      provisioned,
      used,
    }));
  }

  /**
   * The report of a month that is over; nothing, where the partner had and paid nothing; not yet, while something that was due
   * in the month has not happened.
   */
  return async function open({ account, chain }: AccountNode, monthOn: string, at: Temporal.Instant): Promise<Opening> {
    const [seller, upper] = [chain.at(-2), chain.at(-3)];
    if (seller === undefined) return 'nothing';
    const zones = zonesOf(chain);
    const covered = await selectCovered(db, account.id);
    const owners = covered.map(({ id }) => id);
    if (await isAnyWaiting(db, account.sandboxId, owners, opensAt(monthOn, zones))) return 'not_yet';
    const edges = { partnerId: account.id, sellerId: seller.id, upperId: upper?.id ?? null };
    const nextOn = monthAfter(monthOn);
    const [figures, money, given] = await Promise.all([
      figuresOf(covered, monthOn),
      selectMoney(db, owners, edges, {
        monthOn,
        nextOn,
        lowestId: lowestIdOf(account.sandboxId, monthOn, zones.seller),
      }),
      selectTerms(db, seller.id, account.id),
    ]);
    if (figures.length === 0 && money.length === 0) return 'nothing';
    const { submitAfterDays, tolerancePercent } = given.own ?? given.all ?? defaultTerms;
    return {
      id: newId<'billing_report'>(),
      ownerId: account.id,
      sellerId: seller.id,
      upperId: upper?.id ?? null,
      rootId: account.rootId,
      path: account.path,
      partnerKind: account.kind,
      partnerName: account.name,
      partnerCity: account.company?.address.city ?? null,
      partnerState: account.company?.address.state ?? null,
      currency: account.billingCurrency ?? account.currency,
      tolerancePercent,
      submitAfterDays,
      monthOn,
      status: 'preparing',
      review: null,
      note: null,
      poNumber: null,
      submitAt: submitsAt(Temporal.PlainDate.from(nextOn), submitAfterDays, zones.seller).toString(),
      submittedAt: null,
      sandboxId: account.sandboxId,
      version: 1,
      createdAt: at.toString(),
      updatedAt: at.toString(),
      lines: newLines(figures, money),
    };
  };
}

/** Nothing is booked on a day that has not begun anywhere; in a sandbox the clock that dates it is not the one that ids come from. */
function lowestIdOf(sandboxId: AccountId | null, monthOn: string, timeZone: string): string {
  if (sandboxId !== null) return firstIdAt(0);
  const begins = startOfDay(Temporal.PlainDate.from(monthOn), timeZone);
  return firstIdAt(begins.subtract({ hours: 48 }).epochMilliseconds);
}
