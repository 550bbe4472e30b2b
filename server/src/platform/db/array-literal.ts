/** Characters that mean something in an array literal, or a word that would be taken for NULL. */
const special = /[{}",\\\s]|null/i;

/**
 * An array as PostgreSQL reads it (`{a,"b c",NULL}`). The driver quotes every element, which costs more to write and to read
 * than the elements themselves; ids, numbers and dates need no quotes. Elements are scalars: text, numbers, booleans,
 * bytes and null.
 */
export function arrayLiteral(elements: readonly unknown[]): string {
  // One look at the whole column is cheaper than one at each element, and most columns need no more.
  if (elements.every(isPlain) && !special.test(elements.join(''))) return `{${elements.join()}}`;
  return `{${elements.map(elementLiteral).join()}}`;
}

/**
 * The same for a column of ids, numbers, dates, decimals or booleans, of which none is null and none needs quotes. The caller
 * knows that of the column's type; looking at every element again would be a good part of what a wide statement costs.
 */
export function plainArrayLiteral(elements: readonly (string | number | bigint | boolean)[]): string {
  return `{${elements.join()}}`;
}

function isPlain(element: unknown): boolean {
  return typeof element === 'string' ? element !== '' : isScalar(element);
}

function isScalar(element: unknown): element is number | bigint | boolean {
  return typeof element === 'number' || typeof element === 'bigint' || typeof element === 'boolean';
}

function elementLiteral(element: unknown): string {
  if (element === null || element === undefined) return 'NULL';
  if (element instanceof Uint8Array) return `"\\\\x${Buffer.from(element).toString('hex')}"`;
  if (isScalar(element)) return String(element);
  if (typeof element !== 'string')
    throw new TypeError(`An array of the database has no element of type ${typeof element}.`);
  if (element !== '' && !special.test(element)) return element;
  return `"${element.includes('"') || element.includes('\\') ? element.replaceAll(/["\\]/g, '\\$&') : element}"`;
}
