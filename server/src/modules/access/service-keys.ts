import { newId, notFound, parseId, Temporal, type AccountId } from '@tierline/kernel';
import { realTimeOf, type Cause, type Database } from '../../platform/db/index.ts';
import { isWithin } from '../accounts/index.ts';
import { checkNewApiKey, taken, type ApiKey, type NewApiKey } from './credentials.ts';
import { checkGrant, type Acting } from './principal.ts';
import { sealedOnce, visibleAccount, type AccessDependencies } from './service-sealed.ts';
import { insertApiKey, revoke, selectApiKey, selectApiKeys, type CredentialFilter } from './store-credentials.ts';
import { newApiKey, shownPrefix, tokenHash } from './tokens.ts';

/** A key as just made; `key` is shown this once. */
export type CreatedApiKey = { readonly apiKey: ApiKey; readonly key: string };

/** A new key and what stores it, for whoever stores it together with its account. */
export function apiKeyStep(db: Database, cause: Cause, accountId: AccountId, wanted: NewApiKey) {
  const key = wanted.key ?? newApiKey();
  const id = newId<'api_key'>();
  const { role, expiresAt = null } = wanted;
  const name = wanted.name.trim();
  const createdAt = realTimeOf(cause).toString();
  const prefix = shownPrefix(key);
  const apiKey: ApiKey = { id, accountId, name, role, prefix, createdAt, expiresAt, revokedAt: null };
  const data = { name, role, expires_at: expiresAt };
  const step = {
    subjectId: id,
    writes: [{ run: insertApiKey(db, apiKey, tokenHash(key)), expect: 1 }],
    events: [{ ownerId: accountId, type: 'api_key.created', subjectKind: 'api_key', subjectId: id, data }],
    constraints: { api_keys_key_hash_key: taken('key') },
  };
  return { answer: { apiKey, key }, step };
}

export function apiKeysService(ground: AccessDependencies) {
  const { db, directory } = ground;

  function createApiKey(cause: Cause, acting: Acting, accountId: AccountId, wanted: NewApiKey): Promise<CreatedApiKey> {
    return sealedOnce(ground, cause, async () => {
      const expiresAt = wanted.expiresAt ?? null;
      checkNewApiKey(wanted, expiresAt === null || Temporal.Instant.compare(expiresAt, realTimeOf(cause)) > 0);
      await visibleAccount(ground, acting, accountId);
      checkGrant(acting, accountId, wanted.role, 'role');
      return apiKeyStep(db, cause, accountId, { ...wanted, expiresAt });
    });
  }

  /** Ends a key; one that is revoked already stays as it is. */
  function revokeApiKey(cause: Cause, acting: Acting, id: string): Promise<ApiKey> {
    return sealedOnce(ground, cause, async () => {
      const uuid = parseId(id);
      const found = uuid && (await selectApiKey(db, uuid));
      if (found === undefined || !isWithin((await directory.get(found.accountId)).account, acting.accountId)) {
        throw notFound('api key');
      }
      checkGrant(acting, found.accountId, found.role, 'role');
      if (found.revokedAt !== null) return { answer: found, step: undefined };
      const revokedAt = realTimeOf(cause).toString();
      const step = {
        subjectId: found.id,
        writes: [{ run: revoke(db, 'api_keys', found.id, revokedAt) }],
        events: [
          {
            ownerId: found.accountId,
            type: 'api_key.revoked',
            subjectKind: 'api_key',
            subjectId: found.id,
            data: { name: found.name },
          },
        ],
      };
      return { answer: { ...found, revokedAt }, step };
    });
  }

  return { createApiKey, revokeApiKey, listApiKeys: (filter: CredentialFilter) => selectApiKeys(db, filter) };
}
