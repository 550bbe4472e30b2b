import { randomBytes, randomUUID } from 'node:crypto';
import { newId, notFound, parseId, type AccountId } from '@tierline/kernel';
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
  insertLmpiCredential,
  revoke,
  selectLmpiCredential,
  selectLmpiCredentials,
  type CredentialFilter,
  type SealedLmpiCredential,
} from './store-credentials.ts';

export type CreatedLmpiCredential = LmpiCredential & { readonly secretKey: string };

export function lmpiCredentialsService(ground: AccessDependencies) {
  const { db, directory, secrets } = ground;

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
      const shown = { id, accountId, accessToken, createdAt: realTimeOf(cause).toString(), revokedAt: null };
      const secretEncrypted = secrets.encrypt(secretKey, lmpiSecretContext(id));
      const data = { access_token: accessToken };
      const step = {
        subjectId: id,
        writes: [{ run: insertLmpiCredential(db, { ...shown, secretEncrypted }), expect: 1 }],
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

  /** As the protocol shows it to its owner, again and again; a revoked secret is shown to nobody. */
  function opened({ secretEncrypted, ...shown }: SealedLmpiCredential): LmpiCredential {
    const secretKey = shown.revokedAt === null ? secrets.decrypt(secretEncrypted, lmpiSecretContext(shown.id)) : null;
    return { ...shown, secretKey };
  }

  return {
    createLmpiCredential,
    revokeLmpiCredential,
    listLmpiCredentials: async (filter: CredentialFilter) => (await selectLmpiCredentials(db, filter)).map(opened),
  };
}
