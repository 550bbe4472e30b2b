const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
const date = /^\d{4}-\d{2}(-\d{2})?$/;
const activationCode = /^[A-Z0-9]{2}-[A-Z0-9]{4}(-[A-Z0-9]{5}){5}$/;
const secretNames: ReadonlySet<string> = new Set(['password', 'secret_key']);

/** An answer in which everything that is another one each time is told by its form only: ids, dates, codes, secrets, addresses. */
export function alike(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => alike(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, alike(one, member)]));
  }
  if (typeof value !== 'string') return value;
  if (secretNames.has(name)) return 'a secret';
  if (guid.test(value)) return 'an id';
  if (instant.test(value)) return 'an instant';
  if (date.test(value)) return 'a date';
  if (activationCode.test(value)) return 'an activation code';
  return /^https?:/.test(value) ? `an address: ${new URL(value).pathname}` : value;
}
