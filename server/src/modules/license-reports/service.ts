import { notFound, Temporal, type AccountId, type Decimal, type ProductId } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { turns } from '../../platform/turns.ts';
import { isWithin, type Directory } from '../accounts/index.ts';
import { firstDay, spanOf, type Month, type Span } from './month.ts';
import { selectAtEnd, selectChanges, selectOwners, selectSteps, selectUsage, type Owner } from './store.ts';
import { planVersionKey, selectNames, selectUnits, type Called, type ToName, type Unit } from './store-names.ts';
import { inOrder, summarize, type SummaryLine } from './summary.ts';
import { transactionOf, type Transaction, type TransactionType } from './transactions.ts';

export type SummaryRow = {
  readonly partner: string;
  readonly customer: string;
  readonly city: string;
  readonly state: string;
  readonly product: string;
  readonly plan: string;
  readonly provisioned: Decimal;
  readonly used: Decimal | null;
  readonly unit: Unit;
};

export type TransactionRow = Transaction & {
  readonly partner: string;
  readonly customer: string;
  readonly product: string;
  readonly unit: Unit;
};

export type LicenseReports = ReturnType<typeof licenseReports>;

type Dependencies = { readonly db: Database; readonly directory: Directory };
type Asked = { readonly month: Month; readonly productId?: ProductId | undefined };
/** `partnerId`: only of this account and those below it. */
type SummaryAsked = Asked & { readonly partnerId?: AccountId | undefined };
type OwnerMonth = Span & Owner & { readonly ownerId: AccountId };

/** What has names to be told. */
type ToTell = Pick<SummaryLine, 'ownerId' | 'customerId' | 'productId' | 'planId' | 'planVersion'>;

const noUnit: Unit = { code: '', name: '' };

/** Reports about licenses of an account's customers and of those of every account below it. Callers have authorized the actor. */
export function licenseReports({ db, directory }: Dependencies) {
  /** What customers had in a month, each month as the calendar of the customer's seller has it; in no order, and nothing is named. */
  async function lines(within: AccountId, asked: SummaryAsked): Promise<SummaryLine[]> {
    return (await linesAndMonths(within, asked)).lines;
  }

  async function linesAndMonths(within: AccountId, { month, partnerId, productId }: SummaryAsked) {
    const spans = (await ownersOf(within, partnerId)).map((owner) => ownerMonth(owner, spanOf(month, owner.timeZone)));
    const bySeller = new Map(spans.map((span) => [span.ownerId, span]));
    const [licenses, changes, usage] = await Promise.all([
      selectAtEnd(db, spans),
      selectChanges(db, spans),
      selectUsage(db, [...bySeller.keys()], firstDay(month).toString()),
    ]);
    const all = summarize(licenses, changes, usage, (ownerId) => bySeller.get(ownerId)!);
    return { bySeller, lines: productId === undefined ? all : all.filter((line) => line.productId === productId) };
  }

  /**
   * The same with the names that everything had at the end of the month, in their order.
   * @throws TierlineError not_found where the partner that is asked for is not `within`
   */
  async function summary(within: AccountId, asked: SummaryAsked): Promise<SummaryRow[]> {
    const { bySeller, lines: found } = await linesAndMonths(within, asked);
    const nameOf = await named(found, (ownerId) => bySeller.get(ownerId)!.until.toString());
    const rows = found.map((line) => {
      const { partner, customer, product, unit } = nameOf(line);
      const { city, state } = customer;
      return { partner, customer: customer.name, city, state, product, unit, line };
    });
    return inOrder(rows).map(({ line, ...row }) => ({
      ...row,
      plan: line.planName,
      provisioned: line.provisioned,
      used: line.used,
    }));
  }

  /** What happened to licenses in a month, as one time zone has it, in the order in which it did. */
  async function transactions(
    within: AccountId,
    { month, productId, type, timeZone }: Asked & { readonly type?: TransactionType | undefined; timeZone: string },
  ): Promise<TransactionRow[]> {
    const span = spanOf(month, timeZone);
    const spans = (await ownersOf(within, undefined)).map((owner) => ownerMonth(owner, span));
    const steps = await selectSteps(db, spans);
    const found = steps
      .flatMap((step) => transactionOf(step) ?? [])
      .filter((one) => type === undefined || one.type === type)
      .filter((one) => productId === undefined || one.is.productId === productId);
    const ordered = found.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at));
    const until = span.until.toString();
    const nameOf = await named(
      ordered.map(({ ownerId, customerId, is }) => ({ ...is, ownerId, customerId })),
      () => until,
    );
    const rows: TransactionRow[] = [];
    const pause = turns();
    for (const one of ordered) {
      const { partner, customer, product, unit } = nameOf({ ...one.is, ...one });
      rows.push({ ...one, partner, customer: customer.name, product, unit });
      await pause();
    }
    return rows;
  }

  async function ownersOf(within: AccountId, partnerId: AccountId | undefined): Promise<Owner[]> {
    if (partnerId === undefined) return selectOwners(db, within);
    const { account } = await directory.get(partnerId).catch(() => {
      throw notFound('account', 'partner_id');
    });
    if (!isWithin(account, within)) throw notFound('account', 'partner_id');
    return selectOwners(db, partnerId);
  }

  /** What everything in some lines was called at the end of their months. */
  async function named(lines: readonly ToTell[], untilOf: (ownerId: AccountId) => string) {
    const wanted = (id: (line: ToTell) => ToName['id']): ToName[] =>
      lines.map((line) => ({ ownerId: line.ownerId, id: id(line), until: untilOf(line.ownerId) }));
    const [partners, customers, products, units] = await Promise.all([
      selectNames(
        db,
        'accounts',
        wanted(({ ownerId }) => ownerId),
      ),
      selectNames(
        db,
        'customers',
        wanted(({ customerId }) => customerId),
      ),
      selectNames(
        db,
        'products',
        wanted(({ productId }) => productId),
      ),
      selectUnits(db, lines),
    ]);
    const nothing: Called = { name: '', city: '', state: '' };
    return (line: ToTell) => ({
      partner: (partners.get(line.ownerId) ?? nothing).name,
      customer: customers.get(line.customerId) ?? nothing,
      product: (products.get(line.productId) ?? nothing).name,
      unit: units.get(planVersionKey(line)) ?? noUnit,
    });
  }

  return { lines, summary, transactions };
}

function ownerMonth(owner: Owner, span: Span): OwnerMonth {
  return { ...owner, ...span, ownerId: owner.id };
}
