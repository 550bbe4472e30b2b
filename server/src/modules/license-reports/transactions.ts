import { formatDecimal, subtractDecimal, zero, type Decimal, type Temporal } from '@tierline/kernel';
import { allocated, type LicenseOf, type LicenseState } from './license-state.ts';

/** LMPI reference, part 2, 4.2 and 5.9. */
export const transactionTypes = ['new_purchase', 'license_change', 'license_convert'] as const;
export type TransactionType = (typeof transactionTypes)[number];

/** Something that happened to a license: what it was before, null for one that is new, and what it was afterwards. */
export type LicenseStep = LicenseOf & {
  readonly at: Temporal.Instant;
  readonly was: LicenseState | null;
  readonly is: LicenseState;
};

export type Transaction = LicenseStep & {
  readonly type: TransactionType;
  readonly previousUnits: Decimal;
  readonly units: Decimal;
  readonly change: Decimal;
};

/**
 * The transaction that a step is, or undefined where nothing changed that the report is about, such as a name. What ends goes down to no
 * units: so the changes of all months add up to what is there.
 */
export function transactionOf(step: LicenseStep): Transaction | undefined {
  const { was, is } = step;
  const units = allocated(is);
  if (was === null) return { ...step, type: 'new_purchase', previousUnits: zero, units, change: units };
  const previousUnits = allocated(was);
  const change = subtractDecimal(units, previousUnits);
  const isConverted = was.licenseVersion === 'trial' && is.licenseVersion === 'full';
  if (!isConverted && told(was) === told(is)) return undefined;
  return { ...step, type: isConverted ? 'license_convert' : 'license_change', previousUnits, units, change };
}

function told(state: LicenseState): string {
  const { planId, productId, licenseVersion, startOn, endOn, startChargeOn, enabled } = state;
  return JSON.stringify([
    formatDecimal(allocated(state)),
    planId,
    productId,
    licenseVersion,
    startOn,
    endOn,
    startChargeOn,
    enabled,
  ]);
}
