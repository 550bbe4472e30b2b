/**
 * Ids of the dialect are strings of decimal numbers, seven digits in its examples (SimpleAPI reference 1). Accounts,
 * customers and plans have such numbers of their own; orders and subscriptions have serial numbers from 1 on, which
 * become ids by adding a million. This file is the only place that knows it.
 */
const beforeFirst = 1_000_000n;

/** The id of the order or subscription with this serial number. */
export function idOfSerial(serial: string): string {
  return (BigInt(serial) + beforeFirst).toString();
}

/** The serial number in such an id; undefined when nothing can have this id. */
export function serialOfId(id: string): string | undefined {
  if (!isNumber(id)) return undefined;
  const serial = BigInt(id) - beforeFirst;
  return serial > 0n ? serial.toString() : undefined;
}

/** Whether the text can be the number of a customer, an account or a plan; one that the database can't hold can't. */
export function isNumber(text: string): boolean {
  return /^[1-9]\d{0,17}$/.test(text);
}

/** `PRD326576` (SimpleAPI reference 1). */
export function productId(rateNumber: string): string {
  return `PRD${rateNumber}`;
}

/** The number of the rate that a product id names; undefined when it can't be one. */
export function rateNumberOf(id: string): string | undefined {
  return /^(?:PRD)?([1-9]\d{0,17})$/i.exec(id)?.[1];
}
