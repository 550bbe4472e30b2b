import {
  compareDecimal,
  decimal,
  formatDecimal,
  minDecimal,
  multiplyDecimal,
  roundHalfAwayFromZero,
  subtractDecimal,
  type Decimal,
} from '@tierline/kernel';

type Units = { readonly provisioned: string; readonly used: string | null; readonly chargeable: string };

const hundred = decimal('100');

/**
 * How much of what was provisioned was not used, in percent of what was provisioned, to two digits. Null where nothing is known of
 * the use; none where nothing was provisioned, or more was used.
 */
export function overProvisionedPercent({ provisioned, used }: Pick<Units, 'provisioned' | 'used'>): string | null {
  if (used === null) return null;
  const units = decimal(provisioned);
  const idle = subtractDecimal(units, decimal(used));
  if (compareDecimal(idle, nothing) <= 0) return '0';
  const scale = Math.max(units.scale, idle.scale);
  const hundredths = roundHalfAwayFromZero(10_000n * coefficientAt(idle, scale), coefficientAt(units, scale));
  return formatDecimal(decimal(`${hundredths / 100n}.${String(hundredths % 100n).padStart(2, '0')}`));
}

const nothing = decimal('0');

function coefficientAt(value: Decimal, scale: number): bigint {
  return value.coefficient * 10n ** BigInt(scale - value.scale);
}

/** Whether more than so many percent of what was provisioned is not used, or is not to be charged for. Exact: nothing is divided. */
export function needsComment({ provisioned, used, chargeable }: Units, tolerancePercent: string): boolean {
  const units = decimal(provisioned);
  const least = used === null ? decimal(chargeable) : minDecimal(decimal(used), decimal(chargeable));
  const idle = multiplyDecimal(subtractDecimal(units, least), hundred);
  return compareDecimal(idle, multiplyDecimal(units, decimal(tolerancePercent))) > 0;
}
