import {
  addDecimal,
  boundary,
  dateIn,
  instantText,
  zero,
  type CustomerId,
  type Decimal,
  type LicenseId,
  type OrderId,
  type SubscriptionId,
  type Temporal,
} from '@tierline/kernel';
import type { AccountNode } from '../accounts/index.ts';
import {
  addItem,
  dateText,
  freeOf,
  lockPrices,
  openEdge,
  plainDate,
  startOfCharging,
  type Charge,
  type EdgeLedger,
} from '../billing/index.ts';
import type { PlanVersion } from '../catalog/index.ts';
import type { RatePrices } from '../pricing/index.ts';
import { cotermAnchor, newItem, type Item, type Subscription } from '../subscriptions/index.ts';
import type { ResolvedLine } from './place.ts';

/** What is special about a sale; ordinary ones have none of it. */
export type SaleTerms = {
  /** Where the first term ends on each edge, when it is aligned: the grid of billing periods is anchored there. */
  readonly endsOn: readonly string[] | null;
  /** The anchors of the subscription that it is aligned to, edge by edge. */
  readonly anchorsOn?: readonly string[] | undefined;
  /** Sold at zero on every edge, and listed as such. */
  readonly notForResale: boolean;
  /** Brought over from another system, with the dates it has there. Nothing is charged before `billedUntil`. */
  readonly migration: Migration | null;
  /** Not given: as the plan says. */
  readonly autoRenewal?: boolean;
  /** Begins on this day on every edge, which is that of its prices too; not given: on the day of the order. */
  readonly startOn?: string;
};

export type Migration = {
  readonly startOn: string;
  readonly endOn: string;
  readonly anchorOn: string;
  readonly billedUntil: string;
  readonly system: string | null;
};

export const ordinary: SaleTerms = { endsOn: null, notForResale: false, migration: null };

/** What a new subscription is made from. */
export type Opening = {
  readonly owner: AccountNode;
  readonly customerId: CustomerId;
  readonly orderId: OrderId;
  readonly at: Temporal.Instant;
  readonly lines: readonly ResolvedLine[];
  readonly prices: readonly RatePrices[];
  readonly terms: SaleTerms;
  readonly identity: { id: SubscriptionId; serial: string; licenseId: LicenseId; activationCode: string };
};

export function openSubscription(opening: Opening): Subscription {
  const { owner, lines, identity, terms } = opening;
  const { plan } = lines[0]!.named;
  const at = instantText(opening.at);
  const today = dateText(dateIn(opening.at, owner.account.timeZone));
  const ledger = openLedger(opening, plan);
  const own = ledger.at(-1)!;
  const startOn = terms.migration?.startOn ?? terms.startOn ?? today;
  const waitsFor = waitsAfterSale(plan, terms) ? 'first_sign_in' : null;
  return {
    id: identity.id,
    ownerId: owner.account.id,
    serial: identity.serial,
    orderId: opening.orderId,
    customerId: opening.customerId,
    planId: plan.planId,
    planVersion: plan.version,
    name: plan.name,
    status: waitsFor === null && plan.vendor.provisioning === 'instant' ? 'active' : 'pending',
    holdReason: null,
    autoRenewal: plan.autoRenewalMonths !== null && (terms.autoRenewal ?? true),
    autoRenewalMonths: plan.autoRenewalMonths,
    anchorOn: own.anchorOn,
    startOn,
    endOn: own.endOn,
    startChargeOn: own.chargeFrom,
    attributes: {},
    version: 1,
    createdAt: at,
    updatedAt: at,
    items: itemsOf(lines, at),
    licenses: [
      {
        id: identity.licenseId,
        productId: plan.product.id,
        version: plan.licenseVersion,
        activationCode: identity.activationCode,
        units: baseUnits(lines),
        startOn,
        endOn: own.endOn,
        startChargeOn: own.chargeFrom,
        graceMonths: plan.graceMonths,
        enabled: true,
      },
    ],
    ledger,
    notForResale: terms.notForResale,
    suspension: null,
    renewalFailure: null,
    noticedOn: null,
    origin: originOf(terms),
    waitsFor,
  };
}

/** Whether the term begins with the first sign-in of the customer's people. What another system has begun goes on. */
export function waitsAfterSale({ activationPolicy }: PlanVersion, { migration }: SaleTerms): boolean {
  return activationPolicy === 'first_sign_in' && migration === null;
}

function originOf({ migration }: SaleTerms): Subscription['origin'] {
  if (migration === null) return null;
  return { kind: 'migration', ...(migration.system === null ? {} : { system: migration.system }) };
}

/** The ledger of a new subscription: each edge counts from its seller's own date. */
function openLedger({ owner, customerId, prices, terms }: Opening, plan: PlanVersion): EdgeLedger[] {
  return owner.chain.map((seller, index) => {
    const parties = { sellerId: seller.id, buyerId: owner.chain[index + 1]?.id ?? customerId };
    if (terms.migration !== null) return migratedEdge(plan, parties, terms.migration);
    const startOn = prices[0]![index]!.date;
    const endOn = terms.endsOn?.[index];
    const anchorOn = endOn && cotermAnchor(plan, endOn, terms.anchorsOn?.[index]);
    return firstTerm(plan, parties, startOn, { endOn, anchorOn });
  });
}

/** The first term of an edge from its first day on: a whole one, counted from that day, unless it is aligned. */
export function firstTerm(
  plan: PlanVersion,
  parties: Pick<EdgeLedger, 'sellerId' | 'buyerId'>,
  startOn: string,
  aligned: { readonly endOn?: string | undefined; readonly anchorOn?: string | undefined } = {},
): EdgeLedger {
  const start = plainDate(startOn);
  return openEdge(plan, {
    ...parties,
    startOn,
    anchorOn: aligned.anchorOn ?? startOn,
    chargeFrom: dateText(startOfCharging(plan, start)),
    endOn: aligned.endOn ?? dateText(boundary(start, 1, plan.subscriptionPeriod)),
  });
}

/** What was paid elsewhere counts as paid here: the window reaches up to that day, and the next one is charged. */
function migratedEdge(
  plan: PlanVersion,
  parties: Pick<EdgeLedger, 'sellerId' | 'buyerId'>,
  { startOn, endOn, anchorOn, billedUntil }: Migration,
): EdgeLedger {
  const edge = openEdge(plan, { ...parties, startOn, anchorOn, chargeFrom: startOn, endOn });
  return { ...edge, window: { start: startOn, end: billedUntil } };
}

/** Adds a line to the ledger of each edge, and answers what that comes to there. Edges without a price have none. */
export function sell(
  { named: { rate, plan }, quantity }: ResolvedLine,
  prices: RatePrices,
  ledger: EdgeLedger[],
  terms: SaleTerms,
): Charge[] {
  return prices.flatMap((edge, index) => {
    const held = { rateId: rate.rateId, model: rate.priceModel, quantity };
    const locked = lockPrices(edge.byType);
    const own = terms.notForResale ? freeOf(locked) : locked;
    const booked = addItem(plan, ledger[index]!, held, own, edge.date);
    ledger[index] = booked.edge;
    if (terms.migration === null) return booked.lines;
    // Nothing is charged for what another system has charged for: the item stands in its window as if it always had.
    ledger[index] = {
      ...booked.edge,
      items: booked.edge.items.map((item) =>
        item.rateId === rate.rateId ? { ...item, exact: { numerator: 0n, denominator: 1n } } : item,
      ),
    };
    return [];
  });
}

/** In the order in which a store answers them, so that a retry is told just the same. */
function itemsOf(lines: readonly ResolvedLine[], at: string): Item[] {
  return lines
    .map(({ named: { rate }, quantity }) => newItem(rate, quantity, at))
    .sort((a, b) => (a.rateId < b.rateId ? -1 : 1));
}

/** Units of a license: what was bought that depends on nothing; add-ons extend it and don't count. */
function baseUnits(lines: readonly ResolvedLine[]): Decimal {
  const bases = lines.filter(({ named }) => named.rate.dependsOn.length === 0);
  return bases.reduce((sum, { quantity }) => addDecimal(sum, quantity), zero);
}
