import { parseId, type AccountId } from '@tierline/kernel';
import {
  systemPrincipal,
  type Acting,
  type Role,
  type SimpleApiProfile,
  type User,
} from '../../modules/access/index.ts';
import type { Cause } from '../../platform/db/index.ts';
import type { Engine } from '../engine.ts';
import { newPassword, readAccess, writeAccess, type DemoLogin, type DemoSecrets } from './access-file.ts';
import type { CastKey } from './cast.ts';
import type { DemoChannel } from './channel.ts';
import { demoCause, demoRequest } from './steps.ts';

/** Everything that a person or a connector needs to use the demo channel, but for the address of the server. */
export type DemoAccess = Omit<DemoSecrets, 'provider_id'> & { readonly accounts: Readonly<Record<string, string>> };

const keyName = 'Demo channel';

const people: readonly { account: CastKey; role: Role; name: string; email: string }[] = [
  { account: 'provider', role: 'owner', name: 'Ottilie Marsh', email: 'owner@halcyonreef.example' },
  { account: 'distributor', role: 'owner', name: 'Rupert Quill', email: 'owner@quillfeather.example' },
  { account: 'isp', role: 'owner', name: 'Greta Moosbach', email: 'owner@moosbach.example' },
  { account: 'msp', role: 'owner', name: 'Kirra Pine', email: 'owner@saltmarsh.example' },
  { account: 'msp2', role: 'owner', name: 'Bram Zuidervaart', email: 'owner@zuidervaart.example' },
  { account: 'reseller', role: 'owner', name: 'Dolores Umber', email: 'owner@umberfold.example' },
  { account: 'reseller', role: 'admin', name: 'Silas Fold', email: 'admin@umberfold.example' },
  { account: 'reseller', role: 'sales', name: 'Marguerite Soto', email: 'sales@umberfold.example' },
  { account: 'reseller', role: 'billing', name: 'Anselm Price', email: 'billing@umberfold.example' },
  { account: 'reseller', role: 'support', name: 'Yusra Haddad', email: 'support@umberfold.example' },
  { account: 'reseller', role: 'read_only', name: 'Percy Watchman', email: 'readonly@umberfold.example' },
];

/**
 * The credentials of the demo channel: those of its file, as long as the file is there and belongs to this channel.
 * Otherwise new ones, and the old ones end. The file is written last, so a start that was killed before issues anew.
 */
export async function accessOf(engine: Engine, channel: DemoChannel, dataDir: string): Promise<DemoAccess> {
  const { accounts, provider } = channel;
  const kept = await readAccess(dataDir);
  if (kept?.provider_id === provider) return access(kept, accounts);
  const acting = systemPrincipal(await engine.directory.get(provider));
  const cause = demoCause(engine.clock.now());
  await revokeOld(engine, cause, acting);
  const issued = await issue(engine, cause, acting, accounts);
  await writeAccess(dataDir, issued);
  return access(issued, accounts);
}

function access({ provider_id: _, ...secrets }: DemoSecrets, accounts: DemoChannel['accounts']): DemoAccess {
  return { ...secrets, accounts };
}

/** What a lost file held: everything that was issued by a start, and nothing that people made. */
async function revokeOld({ access: use, events }: Engine, cause: Cause, acting: Acting): Promise<void> {
  const revokers = [
    ['api_key.created', use.revokeApiKey],
    ['lmpi_credential.created', use.revokeLmpiCredential],
    ['simpleapi_user.created', use.revokeSimpleApiUser],
  ] as const;
  for (const [type, revoke] of revokers) {
    const issued = await events.page({ within: acting.accountId, type }, { limit: 1000, descending: true });
    const ours = issued.filter(({ requestId }) => requestId === demoRequest);
    for (const { subjectId } of ours) await revoke(cause, acting, subjectId);
  }
}

async function issue(
  engine: Engine,
  cause: Cause,
  acting: Acting,
  accounts: DemoChannel['accounts'],
): Promise<DemoSecrets> {
  const { access: use } = engine;
  const idOf = (key: CastKey): AccountId => parseId<'account'>(accounts[key] ?? '')!;

  const lmpi = async (key: CastKey) => {
    const { accessToken, secretKey } = await use.createLmpiCredential(cause, acting, idOf(key));
    return { access_token: accessToken, secret_key: secretKey };
  };
  const api = async (key: CastKey) => {
    const { key: apiKey } = await use.createApiKey(cause, acting, idOf(key), { name: keyName, role: 'owner' });
    return { api_key: apiKey };
  };
  const simpleapi = async (key: CastKey, profile: SimpleApiProfile) => {
    const marketplace = 'us';
    const { login } = await use.createSimpleApiUser(cause, acting, idOf(key), { marketplace, profile });
    return {
      username: login.username,
      password: login.password,
      client_id: login.clientId,
      client_secret: login.clientSecret,
      subscription_key: login.subscriptionKey,
      marketplace,
    };
  };

  const logins = await signIns(engine, cause, acting, idOf);
  const [distributor, reseller, reseller115] = await Promise.all([
    simpleapi('distributor', '21.0'),
    simpleapi('reseller', '21.0'),
    simpleapi('reseller', '1.15'),
  ]);
  return {
    provider_id: acting.accountId,
    lmpi: {
      distributor: await lmpi('distributor'),
      isp: await lmpi('isp'),
      msp: await lmpi('msp'),
      reseller: await lmpi('reseller'),
    },
    simpleapi: { distributor, reseller, reseller_1_15: reseller115 },
    api: {
      provider: await api('provider'),
      distributor: await api('distributor'),
      msp: await api('msp'),
      reseller: await api('reseller'),
    },
    logins,
  };
}

/** People sign in under addresses that stay; their one password is new with each file. */
async function signIns(
  { access: use }: Engine,
  cause: Cause,
  acting: Acting,
  idOf: (key: CastKey) => AccountId,
): Promise<DemoLogin[]> {
  const known = new Map<string, User>();
  for (const user of await use.listUsers({ within: acting.accountId, limit: 1000 })) known.set(user.email, user);
  const password = newPassword();
  return Promise.all(
    people.map(async ({ account, role, name, email }) => {
      const user = known.get(email);
      if (user === undefined) {
        await use.createUser(cause, acting, {
          email,
          name,
          password,
          memberships: [{ accountId: idOf(account), role }],
        });
      } else {
        await use.changeUser(cause, acting, user.id, { password, status: 'active' });
      }
      return { email, password, account, role };
    }),
  );
}
