import { ratePrefix } from './deals.ts';
import { CommandError } from './failure.ts';

/** `MPN=VALUE` or `rate:ID=VALUE`; an MPN may hold `=`, so the last one counts. */
export function parsePair(text: string, option: string, what: string) {
  const at = text.lastIndexOf('=');
  const name = text.slice(0, at).trim();
  const value = text.slice(at + 1).trim();
  if (at < 1 || name === '' || value === '') {
    throw new CommandError('usage', `--${option} takes MPN=${what}, such as HR-SEAT=12, not ${JSON.stringify(text)}.`);
  }
  // MPNs may look like ids, so an id is named as one.
  return [name.startsWith(ratePrefix) ? { rate_id: name.slice(ratePrefix.length) } : { mpn: name }, value] as const;
}
