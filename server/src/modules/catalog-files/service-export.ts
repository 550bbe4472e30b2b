import { catalogColumns } from '@tierline/contract';
import { dateIn, decimal, formatDecimal, TierlineError, type Temporal } from '@tierline/kernel';
import { csvLine } from '../../platform/csv.ts';
import type { Database } from '../../platform/db/index.ts';
import type { AccountNode } from '../accounts/index.ts';
import { readDefinitions, type ChargeType, type Offer, type Offers } from '../catalog/index.ts';
import { readPolicyDocument } from '../policies/index.ts';
import type { PriceEntry, PriceList } from '../pricing/index.ts';
import { formatPeriod } from './row.ts';
import { explicitTiers } from './row-prices.ts';
import { selectExportRows, type ExportRow } from './store-export.ts';
import { selectEntries, selectPriceLists } from './store-state.ts';
import { formatTiers } from './tiers.ts';

export type ExportOptions = {
  readonly format: 'csv' | 'ndjson';
  /** Whose prices; undefined: the account's list for everybody, in its own currency. */
  readonly priceList: string | undefined;
};

/** Rates that are read at once, give or take a plan. */
const batchRates = 2000;

type Cells = Readonly<Record<string, string>>;

/** Writes what an account sells, with its own explicit prices, as a file that an import reads. */
export function catalogExport({ db, offers }: { readonly db: Database; readonly offers: Offers }) {
  /** @throws TierlineError when the account has no price list of the name */
  async function open(
    node: AccountNode,
    at: Temporal.Instant,
    options: ExportOptions,
  ): Promise<AsyncGenerator<string, void>> {
    const today = dateIn(at, node.account.timeZone).toString();
    const list = await listFor(node, today, options.priceList);
    return write(node, list, today, options.format);
  }

  async function listFor(node: AccountNode, today: string, name: string | undefined): Promise<PriceList | undefined> {
    const lists = await selectPriceLists(db, node.account.id);
    if (name !== undefined) {
      const found = lists.find((list) => list.name === name);
      if (found !== undefined) return found;
      const message = `There is no price list named ${name}.`;
      throw new TierlineError('catalog.unknown_price_list', 'invalid', message, { field: 'price_list' });
    }
    return lists
      .filter(({ audience, currency, effectiveTo }) => {
        return audience === 'global' && currency === node.account.currency && (effectiveTo ?? '9999') > today;
      })
      .reduce<PriceList | undefined>(
        (best, list) => (best === undefined || isYounger(list, best) ? list : best),
        undefined,
      );
  }

  async function* write(
    node: AccountNode,
    list: PriceList | undefined,
    today: string,
    format: ExportOptions['format'],
  ): AsyncGenerator<string, void> {
    if (format === 'csv') yield csvLine(catalogColumns.map(({ name }) => name));
    const toLine = format === 'csv' ? csvRow : jsonRow;
    const offering = await offers.offering(node);
    for (const run of runsOf(offering.offers, offering.starts)) {
      const byPlan = new Map(run.map((offer) => [offer.planId, offer]));
      const rows = await selectExportRows(db, node.account.rootId, run);
      const targets = list === undefined ? [] : rows.flatMap((row) => [row.rate_id, row.resource_id]);
      const entries = await selectEntries(db, [...new Set<string>(targets)], list === undefined ? [] : [list]);
      let text = '';
      for (const row of rows) text += toLine(cellsOf(row, byPlan.get(row.plan_id), list, entries, today));
      yield text;
    }
  }

  return { open };
}

function isYounger(a: PriceList, b: PriceList): boolean {
  return a.effectiveFrom === b.effectiveFrom ? a.id > b.id : a.effectiveFrom > b.effectiveFrom;
}

function* runsOf(offers: readonly Offer[], starts: Int32Array): Generator<Offer[], void> {
  let run: Offer[] = [];
  let count = 0;
  for (const [index, offer] of offers.entries()) {
    run.push(offer);
    count += starts[index + 1]! - starts[index]!;
    if (count < batchRates) continue;
    yield run;
    run = [];
    count = 0;
  }
  if (run.length > 0) yield run;
}

function cellsOf(
  row: ExportRow,
  offer: Offer | undefined,
  list: PriceList | undefined,
  entries: ReadonlyMap<string, readonly PriceEntry[]>,
  today: string,
): Cells {
  const price = (chargeType: ChargeType): string => {
    if (list === undefined) return '';
    const day = list.effectiveFrom > today ? list.effectiveFrom : today;
    const tiers =
      explicitTiers(entries.get(row.rate_id), list.id, chargeType, day) ??
      explicitTiers(entries.get(row.resource_id), list.id, chargeType, day);
    return tiers === undefined ? '' : formatTiers(tiers);
  };
  const cells = {
    vendor_code: row.vendor_code,
    vendor_name: row.vendor_name,
    product_code: row.product_code,
    product_name: row.product_name,
    product_type: row.product_type,
    product_family: row.product_family,
    service_name: row.product_service_name,
    product_parts: row.product_parts.join(';'),
    plan_name: offer?.name ?? '',
    plan_description: offer?.shortDescription ?? '',
    license_version: row.license_version,
    subscription_period: formatPeriod({ unit: row.subscription_unit, count: row.subscription_count }),
    billing_period: formatPeriod({ unit: row.billing_unit, count: row.billing_count }),
    billing_model: row.billing_model,
    activation_policy: row.activation_policy,
    chargeable_months: String(row.chargeable_months),
    auto_renewal_months: row.auto_renewal_months === null ? '' : String(row.auto_renewal_months),
    expiration_notice_days: String(row.expiration_notice_days),
    grace_months: String(row.grace_months),
    data_center: row.data_center ?? '',
    unit_type: row.unit_type,
    managed: String(row.managed),
    pricing: row.pricing,
    license_pool: row.license_pool ?? 'none',
    policies: formatPolicies(row.policies),
    parameters: formatParameters(row.parameters),
    mpn: row.mpn,
    rate_name: row.name,
    quantity_min: formatDecimal(decimal(row.quantity_min)),
    quantity_max: formatDecimal(decimal(row.quantity_max)),
    price_model: row.price_model,
    charge_types: row.charge_types.join(';'),
    depends_on: row.depends_on.join(';'),
    setup_price: price('setup'),
    recurring_price: price('recurring'),
    overuse_price: price('overuse'),
  };
  const hasPrice = cells.setup_price !== '' || cells.recurring_price !== '' || cells.overuse_price !== '';
  const named = hasPrice && list !== undefined ? { currency: list.currency, price_list: list.name } : {};
  return { ...cells, ...named };
}

/** A preset alone by its name, anything more as JSON text; as a row is read. */
function formatPolicies(stored: unknown): string {
  const document = readPolicyDocument(stored);
  const [only, ...more] = Object.keys(document);
  if (only === undefined) return '';
  return document.preset !== undefined && more.length === 0 ? document.preset : JSON.stringify(document);
}

/** What a plan asks for as JSON text; nothing where it asks for nothing. */
function formatParameters(stored: unknown): string {
  const { parameters = [] } = readDefinitions(stored);
  return parameters.length === 0 ? '' : JSON.stringify(parameters);
}

function csvRow(cells: Cells): string {
  return csvLine(catalogColumns.map(({ name }) => cells[name] ?? ''));
}

function jsonRow(cells: Cells): string {
  return `${JSON.stringify(Object.fromEntries(catalogColumns.flatMap(({ name }) => (cells[name] === undefined ? [] : [[name, cells[name]]]))))}\n`;
}
