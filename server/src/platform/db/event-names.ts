/**
 * The members of a record as our own API spells them: `effectiveFrom` -> `effective_from`. Events are shown as they are
 * stored, so they are stored with the names under which everything else is shown. Values stay what they are.
 */
export function eventNames(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [eventName(name), value]));
}

/** One name of a member: `taxRegistrationId` -> `tax_registration_id`. */
export function eventName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
