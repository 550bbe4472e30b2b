import { usageFileRoutes, usageRoutes, type LicenseUsage, type UsageImportRecord } from '@tierline/contract';
import {
  decimal,
  formatDecimal,
  isTierlineError,
  Temporal,
  type LicenseId,
  type SubscriptionId,
} from '@tierline/kernel';
import {
  afterId,
  checkMediaType,
  ok,
  pageOf,
  recordLines,
  requestLog,
  streamBody,
  streamedText,
  type Bind,
} from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import { importUsage } from './service-import.ts';
import type { TakenReading, UsageService } from './service.ts';
import { firstOfMonth, type MonthUsage, type Reading } from './usage.ts';

type Services = { readonly usage: UsageService; readonly accounts: AccountsService };

type Given = {
  readonly license_id?: LicenseId | undefined;
  readonly used: string;
  readonly at?: string | undefined;
};

export function bindUsage(bind: Bind<Principal>, { usage, accounts }: Services): void {
  bind(usageRoutes.reportUsage, async ({ caller, body, cause }) => {
    const readings = body.readings.map((given) => readingFrom(given.subscription_id, given));
    const fieldOf = (index: number, field: string): string => `readings.${index}.${field}`;
    const taken = await usage.report(cause, caller.accountId, readings, fieldOf);
    return ok({ data: taken.map(showTaken) });
  });

  bind(usageRoutes.reportSubscriptionUsage, async ({ caller, params, body, cause }) => {
    const reading = readingFrom(params.subscription_id, body);
    const [taken] = await usage.report(cause, caller.accountId, [reading], (_, field) => field);
    return ok(showTaken(taken!));
  });

  bind(usageRoutes.listUsage, async ({ caller, query, cause }) => {
    const within = query.account_id ?? caller.accountId;
    const { account } = await accounts.visible(caller.accountId, within, 'account_id');
    const { subscription_id: subscriptionId, month, limit } = query;
    const monthOn = month === undefined ? firstOfMonth(cause.at, account.timeZone) : `${month}-01`;
    const rows = await usage.page(
      { within, monthOn, subscriptionId },
      { after: afterId<'license'>(query), limit: limit + 1 },
    );
    return ok(pageOf(rows, query, showUsage, ({ licenseId }) => [licenseId]));
  });
}

/** Files of any size, read and stored piece by piece. */
export function bindUsageFiles(bind: Bind<Principal>, { usage }: Pick<Services, 'usage'>): void {
  bind(usageFileRoutes.importUsage, async ({ caller, cause, context }) => {
    checkMediaType(context, ['text/csv']);
    const records = importUsage(usage, cause, caller.accountId, streamBody(context));
    // Whatever is wrong with the file as a whole is known with the first record, and answered as any refusal is.
    const first = await records.next();
    const fail = (error: unknown): UsageImportRecord => {
      requestLog(context).error({ err: error }, 'an import of usage stopped');
      const isTold = isTierlineError(error) && error.kind !== 'bug';
      const message = 'The import stopped. What was stored stays; send the same file again to complete it.';
      return isTold
        ? { type: 'error', code: error.code, message: error.message }
        : { type: 'error', code: 'usage.import_stopped', message };
    };
    return streamedText(recordLines(first, records, fail), 'application/x-ndjson; charset=utf-8');
  });
}

function readingFrom(subscriptionId: SubscriptionId, { license_id: licenseId, used, at }: Given): Reading {
  return {
    subscriptionId,
    licenseId,
    used: decimal(used),
    at: at === undefined ? undefined : Temporal.Instant.from(at),
  };
}

function showTaken({ subscriptionId, licenseId, month, used, at }: TakenReading) {
  return { subscription_id: subscriptionId, license_id: licenseId, month, used, at };
}

function showUsage(usage: MonthUsage): LicenseUsage {
  return {
    subscription_id: usage.subscriptionId,
    license_id: usage.licenseId,
    owner_id: usage.ownerId,
    month: usage.monthOn.slice(0, 7),
    used: formatDecimal(usage.used),
    at: usage.readAt.toString(),
    highest: formatDecimal(usage.highest),
    highest_at: usage.highestAt.toString(),
  };
}
