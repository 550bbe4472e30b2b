import { isTierlineError, type AccountId } from '@tierline/kernel';
import type { Principal } from '../../modules/access/index.ts';
import {
  isWithin,
  statusAccess,
  type Account,
  type AccountKind,
  type Directory,
} from '../../modules/accounts/index.ts';
import { invalidParameter } from './errors.ts';

/**
 * Which partners a caller reaches: its own company and everything below it. Whatever else a request names is refused in
 * the words for a partner that does not exist (LMPI reference, part 1, 3.4).
 */

type Known = Pick<Directory, 'get'>;

/** LMPI reference, part 2, 5.3. The operator is no partner, so nobody ever sees its name for a role. */
export const roleNames: Readonly<Record<AccountKind, string>> = {
  provider: 'Provider',
  distributor: 'Distributor',
  isp: 'ISP',
  msp: 'MSP',
  reseller: 'Reseller',
};

/** An active partner below active ones. */
export async function activePartner(
  directory: Known,
  { accountId }: Principal,
  id: AccountId,
  field = 'partner_id',
): Promise<Account> {
  const chain = await chainOf(directory, id);
  const account = chain.at(-1);
  const isActive = chain.every(({ status }) => status === 'active');
  if (account === undefined || !isActive || !isWithin(account, accountId)) throw unknownPartner(field);
  return account;
}

/** A partner for which somebody may act at all, and be it only to read. */
export async function livingPartner(
  directory: Known,
  { accountId }: Principal,
  id: AccountId | undefined,
  field: string,
): Promise<Account> {
  const chain = id === undefined ? [] : await chainOf(directory, id);
  const account = chain.at(-1);
  const lives = chain.every(({ status }) => statusAccess[status] !== 'none');
  if (account === undefined || !lives || !isWithin(account, accountId)) throw unknownPartner(field);
  return account;
}

/** From the root to the account; empty when there is none. */
async function chainOf(directory: Known, id: AccountId): Promise<readonly Account[]> {
  const node = await directory.get(id).catch((error: unknown) => {
    if (isTierlineError(error) && error.kind === 'not_found') return undefined;
    throw error;
  });
  return node?.chain ?? [];
}

export function unknownPartner(field: string): Error {
  return invalidParameter(field, `The field ${field} must be the ID of your company or of a partner of yours.`);
}
