declare const brand: unique symbol;

/** A UUID that can only stand for one kind of thing. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type AccountId = Id<'account'>;
export type CustomerId = Id<'customer'>;
export type UserId = Id<'user'>;
export type VendorId = Id<'vendor'>;
export type ProductId = Id<'product'>;
export type ResourceId = Id<'resource'>;
export type PlanId = Id<'plan'>;
export type RateId = Id<'rate'>;
export type PriceListId = Id<'price_list'>;
export type OrderId = Id<'order'>;
export type SubscriptionId = Id<'subscription'>;
export type LicenseId = Id<'license'>;
export type ChargeId = Id<'charge'>;
export type EventId = Id<'event'>;
export type ReportGeneratorId = Id<'report_generator'>;
export type ReportId = Id<'report'>;
export type BillingReportId = Id<'billing_report'>;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Reads a UUID in any letter case; answers it in lower case, or undefined when it is none. */
export function parseId<Kind extends string>(text: string): Id<Kind> | undefined {
  return isUuid(text) ? (text.toLowerCase() as Id<Kind>) : undefined;
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const entropy = new Uint8Array(16 * 256);
let entropyUsed = entropy.length;
let lastMs = 0;
let counter = 0;

/**
 * A new UUIDv7 (RFC 9562): 48 bits of milliseconds, then a counter that keeps ids of one process in order, then chance.
 * Ids in order of time keep index pages warm and write half the log of random ones.
 */
export function newId<Kind extends string>(nowMs: number = Date.now()): Id<Kind> {
  if (entropyUsed + 10 > entropy.length) {
    globalThis.crypto.getRandomValues(entropy);
    entropyUsed = 0;
  }
  if (nowMs > lastMs) {
    lastMs = nowMs;
    counter = ((entropy[entropyUsed]! << 8) | entropy[entropyUsed + 1]!) & 0x7ff;
  } else {
    counter += 1;
    // 12 bits of counter: when they are used up, borrow the next millisecond rather than lose the order.
    if (counter > 0xfff) {
      lastMs += 1;
      counter = 0;
    }
  }
  const at = entropyUsed + 2;
  entropyUsed += 10;
  const high = Math.floor(lastMs / 0x1_0000_0000);
  const low = lastMs >>> 0;
  return (hex[(high >>> 8) & 255]! +
    hex[high & 255]! +
    hex[low >>> 24]! +
    hex[(low >>> 16) & 255]! +
    '-' +
    hex[(low >>> 8) & 255]! +
    hex[low & 255]! +
    '-' +
    hex[0x70 | (counter >>> 8)]! +
    hex[counter & 255]! +
    '-' +
    hex[0x80 | (entropy[at]! & 0x3f)]! +
    hex[entropy[at + 1]!]! +
    '-' +
    hex[entropy[at + 2]!]! +
    hex[entropy[at + 3]!]! +
    hex[entropy[at + 4]!]! +
    hex[entropy[at + 5]!]! +
    hex[entropy[at + 6]!]! +
    hex[entropy[at + 7]!]!) as Id<Kind>;
}

/** The lowest id that is made at an instant: what was stored from then on has no lower one. */
export function firstIdAt(ms: number): string {
  const time = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}
