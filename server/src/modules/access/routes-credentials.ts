import {
  apiKeyRoutes,
  lmpiCredentialRoutes,
  simpleApiUserRoutes,
  type ApiKey as ShownKey,
  type LmpiCredential as ShownLmpi,
  type SimpleApiUser as ShownSimpleApi,
} from '@tierline/contract';
import { afterId, created, given, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import type { ApiKey, LmpiCredential, SimpleApiCredential } from './credentials.ts';
import type { Principal } from './principal.ts';
import type { AccessService } from './service.ts';
import type { CredentialFilter } from './store-credentials.ts';

type Services = { readonly access: AccessService; readonly accounts: AccountsService };

export function bindCredentials(bind: Bind<Principal>, services: Services): void {
  bindApiKeys(bind, services);
  bindLmpiCredentials(bind, services);
  bindSimpleApiUsers(bind, services);
}

type ListQuery = {
  readonly account_id?: Principal['accountId'] | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

async function filterOf({ accounts }: Services, caller: Principal, query: ListQuery): Promise<CredentialFilter> {
  const { account_id: accountId, limit } = query;
  if (accountId !== undefined) await accounts.visible(caller.accountId, accountId, 'account_id');
  return { within: caller.accountId, accountId, after: afterId(query), limit: limit + 1 };
}

function bindApiKeys(bind: Bind<Principal>, services: Services): void {
  const { access } = services;
  bind(apiKeyRoutes.listApiKeys, async ({ caller, query }) =>
    ok(pageById(await access.listApiKeys(await filterOf(services, caller, query)), query, showKey)),
  );
  bind(apiKeyRoutes.createApiKey, async ({ caller, body, cause }) => {
    const { name, role, expires_at: expiresAt, key } = body;
    const accountId = body.account_id ?? caller.accountId;
    const made = await access.createApiKey(cause, caller, accountId, { name, role, ...given({ expiresAt, key }) });
    return created({ api_key: showKey(made.apiKey), key: made.key });
  });
  bind(apiKeyRoutes.revokeApiKey, async ({ caller, params, cause }) =>
    ok(showKey(await access.revokeApiKey(cause, caller, params.api_key_id))),
  );
}

function bindLmpiCredentials(bind: Bind<Principal>, services: Services): void {
  const { access } = services;
  bind(lmpiCredentialRoutes.listLmpiCredentials, async ({ caller, query }) =>
    ok(pageById(await access.listLmpiCredentials(await filterOf(services, caller, query)), query, showLmpi)),
  );
  bind(lmpiCredentialRoutes.createLmpiCredential, async ({ caller, body, cause }) => {
    const accountId = body.account_id ?? caller.accountId;
    const wanted = given({
      accessToken: body.access_token,
      secretKey: body.secret_key,
      overlapHours: body.overlap_hours,
    });
    return created(showLmpi(await access.createLmpiCredential(cause, caller, accountId, wanted)));
  });
  bind(lmpiCredentialRoutes.revokeLmpiCredential, async ({ caller, params, cause }) =>
    ok(showLmpi(await access.revokeLmpiCredential(cause, caller, params.lmpi_credential_id))),
  );
}

function bindSimpleApiUsers(bind: Bind<Principal>, services: Services): void {
  const { access } = services;
  bind(simpleApiUserRoutes.listSimpleApiUsers, async ({ caller, query }) =>
    ok(pageById(await access.listSimpleApiUsers(await filterOf(services, caller, query)), query, showSimpleApi)),
  );
  bind(simpleApiUserRoutes.createSimpleApiUser, async ({ caller, body, cause }) => {
    const { username, password, marketplace, profile } = body;
    const more = { clientId: body.client_id, clientSecret: body.client_secret, subscriptionKey: body.subscription_key };
    const accountId = body.account_id ?? caller.accountId;
    const wanted = { marketplace, profile, ...given({ username, password, ...more }) };
    const { user, login } = await access.createSimpleApiUser(cause, caller, accountId, wanted);
    return created({
      simpleapi_user: showSimpleApi(user),
      username: login.username,
      password: login.password,
      client_id: login.clientId,
      client_secret: login.clientSecret,
      subscription_key: login.subscriptionKey,
    });
  });
  bind(simpleApiUserRoutes.limitSimpleApiUser, async ({ caller, params, body, cause }) => {
    const wanted = given({ perMinute: body.calls_per_minute, perDay: body.calls_per_day });
    return ok(showSimpleApi(await access.limitSimpleApiUser(cause, caller, params.simpleapi_user_id, wanted)));
  });
  bind(simpleApiUserRoutes.revokeSimpleApiUser, async ({ caller, params, cause }) =>
    ok(showSimpleApi(await access.revokeSimpleApiUser(cause, caller, params.simpleapi_user_id))),
  );
}

function showKey(key: ApiKey): ShownKey {
  return {
    id: key.id,
    account_id: key.accountId,
    name: key.name,
    role: key.role,
    prefix: key.prefix,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  };
}

function showLmpi(credential: LmpiCredential): ShownLmpi {
  return {
    id: credential.id,
    account_id: credential.accountId,
    access_token: credential.accessToken,
    secret_key: credential.secretKey,
    created_at: credential.createdAt,
    expires_at: credential.expiresAt,
    revoked_at: credential.revokedAt,
  };
}

function showSimpleApi(user: SimpleApiCredential): ShownSimpleApi {
  return {
    id: user.id,
    account_id: user.accountId,
    username: user.username,
    client_id: user.clientId,
    marketplace: user.marketplace,
    profile: user.profile,
    calls_per_minute: user.limits.perMinute,
    calls_per_day: user.limits.perDay,
    created_at: user.createdAt,
    revoked_at: user.revokedAt,
  };
}
