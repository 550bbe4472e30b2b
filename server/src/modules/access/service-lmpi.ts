import { randomBytes, randomUUID } from 'node:crypto';
import { newId, notFound, parseId, Temporal, type AccountId, type Clock } from '@tierline/kernel';
import { realTimeOf, type Cause } from '../../platform/db/index.ts';
import { isWithin } from '../accounts/index.ts';
import {
  checkNewLmpiCredential,
  lmpiSecretContext,
  noLmpiRole,
  taken,
  type LmpiCredential,
  type NewLmpiCredential,
} from './credentials.ts';
import type { Acting } from './principal.ts';
import { sealedOnce, visibleAccount, type AccessDependencies } from './service-sealed.ts';
import {
  endLmpiCredentials,
  insertLmpiCredential,
  revoke,
  selectLmpiCredential,
  selectLmpiCredentials,
  selectNewestLmpiCredential,
  type CredentialFilter,
  type SealedLmpiCredential,
} from './store-credentials.ts';

export type CreatedLmpiCredential = LmpiCredential & { readonly secretKey: string };

/** The clock is the real one: credentials live in real time. */
export function lmpiCredentialsService(ground: AccessDependencies & { readonly clock: Clock }) {
  const { db, directory, secrets, clock } = ground;

  /** A new pair. The older ones of the account go on to sign: until they are revoked, or through the overlap that is asked for. */
  function createLmpiCredential(
    cause: Cause,
    acting: Acting,
    accountId: AccountId,
    wanted: NewLmpiCredential = {},
  ): Promise<CreatedLmpiCredential> {
    return sealedOnce(ground, cause, async () => {
      checkNewLmpiCredential(wanted);
      const { account } = await visibleAccount(ground, acting, accountId);
      if (account.kind === 'provider') throw noLmpiRole();
      const id = newId<'lmpi_credential'>();
      const accessToken = wanted.accessToken?.toLowerCase() ?? randomUUID();
      const secretKey = wanted.secretKey ?? randomBytes(32).toString('base64');
      const at = realTimeOf(cause);
      const life = { createdAt: at.toString(), expiresAt: null, revokedAt: null };
      const shown = { id, accountId, accessToken, ...life };
      const secretEncrypted = secrets.encrypt(secretKey, lmpiSecretContext(id));
      const { overlapHours } = wanted;
      const othersEndAt = overlapHours === undefined ? null : at.add({ hours: overlapHours }).toString();
      const data = { access_token: accessToken, ...(othersEndAt === null ? {} : { others_end_at: othersEndAt }) };
      const step = {
        subjectId: id,
        writes: [
          { run: insertLmpiCredential(db, { ...shown, secretEncrypted }), expect: 1 },
          ...(othersEndAt === null ? [] : [{ run: endLmpiCredentials(db, accountId, id, othersEndAt) }]),
        ],
        events: [
          { ownerId: accountId, type: 'lmpi_credential.created', subjectKind: 'lmpi_credential', subjectId: id, data },
        ],
        constraints: { lmpi_credentials_access_token_key: taken('access_token') },
      };
      return { answer: { ...shown, secretKey }, step };
    });
  }

  function revokeLmpiCredential(cause: Cause, acting: Acting, id: string): Promise<LmpiCredential> {
    return sealedOnce(ground, cause, async () => {
      const uuid = parseId(id);
      const found = uuid && (await selectLmpiCredential(db, 'id', uuid));
      if (found === undefined || !isWithin((await directory.get(found.accountId)).account, acting.accountId)) {
        throw notFound('lmpi credential');
      }
      if (found.revokedAt !== null) return { answer: opened(found), step: undefined };
      const revokedAt = realTimeOf(cause).toString();
      const { accountId: ownerId, accessToken } = found;
      const data = { access_token: accessToken };
      const step = {
        subjectId: found.id,
        writes: [{ run: revoke(db, 'lmpi_credentials', found.id, revokedAt) }],
        events: [
          { ownerId, type: 'lmpi_credential.revoked', subjectKind: 'lmpi_credential', subjectId: found.id, data },
        ],
      };
      return { answer: opened({ ...found, revokedAt }), step };
    });
  }

  /** The pair that an account is to sign with: the youngest that still does. */
  async function currentLmpiCredential(accountId: AccountId): Promise<LmpiCredential | undefined> {
    const found = await selectNewestLmpiCredential(db, accountId, clock.now().toString());
    return found && opened(found);
  }

  /** As the protocol shows it to its owner, again and again; a secret that signs no more is shown to nobody. */
  function opened({ secretEncrypted, ...shown }: SealedLmpiCredential): LmpiCredential {
    const { expiresAt, revokedAt } = shown;
    const hasEnded = expiresAt !== null && Temporal.Instant.compare(expiresAt, clock.now()) <= 0;
    const signs = revokedAt === null && !hasEnded;
    return { ...shown, secretKey: signs ? secrets.decrypt(secretEncrypted, lmpiSecretContext(shown.id)) : null };
  }

  return {
    createLmpiCredential,
    revokeLmpiCredential,
    currentLmpiCredential,
    listLmpiCredentials: async (filter: CredentialFilter) => (await selectLmpiCredentials(db, filter)).map(opened),
  };
}
