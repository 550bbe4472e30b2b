/** How a company and its people can be reached, as LMPI wants it (LMPI reference, part 1, 5.2, 5.5 and 6.1). */

/** One address of letters, digits and `- . _ @`. */
export function isPlainEmail(text: string): boolean {
  return /^[A-Za-z0-9._-]+@[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(text);
}

/** Several such addresses with a semicolon between them; spaces around one do not count, nor does one semicolon at the end. */
export function areEmails(text: string): boolean {
  const addresses = text.split(';').map((address) => address.trim());
  if (addresses.length > 1 && addresses.at(-1) === '') addresses.pop();
  return addresses.every(isPlainEmail);
}

export function areDigits(text: string): boolean {
  return /^\d+$/.test(text);
}

/** Digits, `+ - .` and round brackets. Spaces are none of them. */
export function isPhoneNumber(text: string): boolean {
  return /^[\d+\-.()]+$/.test(text);
}

/** What a person signs in with: 4 to 25 letters, digits, `-` and `_` (LMPI reference, part 1, 5.1). */
export function isLoginName(text: string): boolean {
  return /^[A-Za-z0-9_-]{4,25}$/.test(text);
}
