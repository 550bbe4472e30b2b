import { createHash } from 'node:crypto';
import { dateIn, startOfDay, Temporal } from '@tierline/kernel';
import type { SimpleApiCaller, SimpleApiProfile } from '../../modules/access/index.ts';
import { catalogRevision, timeMsOf, type AccountNode } from '../../modules/accounts/index.ts';
import type { RateFilter } from '../../modules/catalog/index.ts';
import { remember } from '../../platform/remember.ts';
import { headerOf, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { productEntry } from './product-entry.ts';
import { pageOf, parseQuery, type Query } from './query.ts';
import type { RateLabels } from './rate-labels.ts';
import type { Page } from './wire.ts';

/** A page ready to send. */
type ReadyPage = {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly headers: Record<string, string>;
  readonly weight: number;
};

/** Which civil date each seller of a chain has, from an instant to the next midnight of one of them. */
type Today = { readonly fromMs: number; readonly untilMs: number; readonly dates: string };

type Wanted = Page & { readonly filter: RateFilter; readonly key: string };

/** What a page costs beside its bytes and its key. */
const pageOverheadBytes = 500;

/**
 * `GET /products` (SimpleAPI reference 4.3; how-to page "products"): resource rates of the plans that the caller may sell.
 * A page stays ready until something of the catalog changes from the root down to the caller, or until the day ends in
 * the zone of one of its sellers, since prices change with the day. On that way nothing is built and nothing is waited for.
 */
export function productsHandler(dependencies: SimpleApiDependencies, labels: RateLabels) {
  const { clock, settings } = dependencies;
  const pages = remember<ReadyPage>(settings.catalogCacheBytes, ({ weight }) => weight);
  const todays = new WeakMap<AccountNode, Today>();

  function datesOf(node: AccountNode, atMs: number): string {
    let today = todays.get(node);
    if (today === undefined || atMs < today.fromMs || atMs >= today.untilMs) {
      today = todayOf(node, Temporal.Instant.fromEpochMilliseconds(atMs));
      todays.set(node, today);
    }
    return today.dates;
  }

  return (c: Call, { principal: { node }, profile }: SimpleApiCaller): Response | Promise<Response> => {
    const wanted = wantedOf(parseQuery(c.req.url));
    const atMs = timeMsOf(node, clock);
    const key = `${node.account.id}/${datesOf(node, atMs)}/${profile}/${wanted.key}`;
    const revision = catalogRevision(node);
    const ready = pages.peek(key, revision);
    if (ready !== undefined) return answer(c, ready);
    // The very instant of the key: a moment later it may be another day.
    const at = Temporal.Instant.fromEpochMilliseconds(atMs);
    return pages
      .get(key, revision, () => buildPage(dependencies, labels, { node, profile, wanted, at, key }))
      .then((page) => answer(c, page));
  };
}

function wantedOf(query: Query): Wanted {
  const { offset, limit } = pageOf(query);
  const nameContains = query.get('name');
  const serviceName = query.get('serviceName');
  const mpn = query.get('mpn');
  const vendorCode = query.get('vendor');
  const filters = [nameContains, serviceName, mpn, vendorCode];
  const key = filters.every((filter) => filter === undefined)
    ? `${offset}/${limit}`
    : `${offset}/${limit}/${JSON.stringify(filters.map((filter) => filter ?? null))}`;
  return { offset, limit, filter: { nameContains, serviceName, mpn, vendorCode }, key };
}

function todayOf(node: AccountNode, at: Temporal.Instant): Today {
  const dates: string[] = [];
  let untilMs = Infinity;
  for (const { timeZone } of node.chain) {
    const date = dateIn(at, timeZone);
    dates.push(date.toString());
    untilMs = Math.min(untilMs, startOfDay(date.add({ days: 1 }), timeZone).epochMilliseconds);
  }
  return { fromMs: at.epochMilliseconds, untilMs, dates: dates.join() };
}

function answer(c: Call, { body, etag, headers }: ReadyPage): Response {
  const known = headerOf(c, 'if-none-match');
  if (known !== undefined && matches(known, etag)) return new Response(null, { status: 304, headers });
  return new Response(body, { headers });
}

/** If-None-Match compares weakly: a `W/` that a proxy has put before a tag does not count. */
function matches(header: string, etag: string): boolean {
  if (header === etag) return true;
  return header.split(',').some((tag) => {
    const one = tag.trim();
    return one === '*' || one === etag || one === `W/${etag}`;
  });
}

type PageRequest = {
  readonly node: AccountNode;
  readonly profile: SimpleApiProfile;
  readonly wanted: Wanted;
  readonly at: Temporal.Instant;
  readonly key: string;
};

async function buildPage(
  { offers, prices }: SimpleApiDependencies,
  labels: RateLabels,
  { node, profile, wanted, at, key }: PageRequest,
): Promise<ReadyPage> {
  const { offset, limit, filter } = wanted;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const { rates, total } = isFiltered
    ? await offers.search(node, filter, { offset, limit })
    : await offers.page(node, offset, limit);
  for (const rate of rates) labels.learn(rate);
  const named = await offers.withPlans(node, rates);
  const [ratePrices, bases] = await Promise.all([
    prices.of(node, named, undefined, at),
    labels.of(rates.flatMap((rate) => rate.dependsOn)),
  ]);
  const entries = named.map((one, index) => productEntry(one, ratePrices[index]!, bases, profile));
  const text = `{"data":[${entries.join(',')}],"pagination":{"offset":${offset},"limit":${limit},"total":${total}}}`;
  const body = new Uint8Array(Buffer.from(text));
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return {
    body,
    etag,
    headers: { 'content-type': 'application/json', etag, 'cache-control': 'private, no-cache' },
    weight: body.byteLength + 2 * key.length + pageOverheadBytes,
  };
}
