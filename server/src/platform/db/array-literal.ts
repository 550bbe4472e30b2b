/** Characters that mean something in an array literal, or a word that would be taken for NULL. */
const special = /[{}",\\\s]|null/i;

/**
 * An array as PostgreSQL reads it (`{a,"b c",NULL}`). The driver quotes every element, which costs more to write and to read
 * than the elements themselves; ids, numbers and dates need no quotes. Elements are scalars: text, numbers, booleans,
 * bytes and null.
 */
export function arrayLiteral(elements: readonly unknown[]): string {
  const plain = elements.every((element) => element !== null && element !== '' && !(element instanceof Uint8Array));
  // One look at the whole column is cheaper than one at each element, and most columns need no more.
  if (plain && !special.test(elements.join(''))) return `{${elements.join()}}`;
  let text = '{';
  for (let index = 0; index < elements.length; index += 1) {
    if (index > 0) text += ',';
    text += elementLiteral(elements[index]);
  }
  return `${text}}`;
}

function elementLiteral(element: unknown): string {
  if (element === null || element === undefined) return 'NULL';
  if (element instanceof Uint8Array) return `"\\\\x${Buffer.from(element).toString('hex')}"`;
  const text = String(element);
  if (text !== '' && !special.test(text)) return text;
  return `"${text.includes('"') || text.includes('\\') ? text.replaceAll(/["\\]/g, '\\$&') : text}"`;
}
