import type { Clock } from '@tierline/kernel';
import type { AccessService, LmpiCredential } from '../../modules/access/index.ts';
import { causeOf, type Account, type Directory } from '../../modules/accounts/index.ts';
import { invalidParameter } from './errors.ts';
import { livingPartner } from './partner.ts';
import { queryFields, requestFields, type Fields } from './request.ts';
import type { Call, Route } from './route.ts';

export type CredentialDependencies = {
  readonly directory: Pick<Directory, 'get' | 'byTenantId'>;
  readonly access: Pick<AccessService, 'createLmpiCredential' | 'currentLmpiCredential'>;
  readonly clock: Clock;
  readonly config: { readonly lmpiKeyOverlapHours: number };
};

/** Partners :: Credentials (LMPI reference, part 2, 3.4 and 3.5). v2 names a partner by its tenant ID, v3 by its GUID. */
export function credentialRoutes(route: Route, dependencies: CredentialDependencies): void {
  route('POST', '/partners/credentials', 'lmpi.credentials.create', (call) => create(dependencies, call));
  route(
    'GET',
    '/partners/credentials/:tenant_id',
    'lmpi.credentials.query',
    (call) => query(dependencies, call, pathField(call, 'tenant_id')),
    ['v2'],
  );
  route(
    'GET',
    '/partners/credentials/:partner_id',
    'lmpi.credentials.query',
    (call) => query(dependencies, call, pathField(call, 'partner_id')),
    ['v3'],
  );
}

async function create({ access, clock, config, ...dependencies }: CredentialDependencies, call: Call): Promise<string> {
  const partner = await partnerOf(dependencies, call, requestFields(call.body));
  const cause = causeOf(call.principal, call.requestId, clock);
  const overlap = { overlapHours: config.lmpiKeyOverlapHours };
  return toWire(call, partner, await access.createLmpiCredential(cause, call.principal, partner.id, overlap));
}

async function query({ access, ...dependencies }: CredentialDependencies, call: Call, fields: Fields): Promise<string> {
  const partner = await partnerOf(dependencies, call, fields);
  const current = await access.currentLmpiCredential(partner.id);
  if (current === undefined) {
    throw invalidParameter(fieldOf(call), 'The partner has no valid credentials. Create them first.');
  }
  return toWire(call, partner, current);
}

function fieldOf({ version }: Call): 'tenant_id' | 'partner_id' {
  return version === 'v2' ? 'tenant_id' : 'partner_id';
}

/** A part of the path, judged by the same rules as a member. */
function pathField(call: Call, name: string): Fields {
  return queryFields(`?${new URLSearchParams({ [name]: call.path(name) }).toString()}`);
}

const tenantIdShape = {
  test: (text: string) => /^[A-Za-z0-9]{4,6}$/.test(text),
  says: 'a tenant ID of 4 to 6 characters',
};

async function partnerOf(
  { directory }: Pick<CredentialDependencies, 'directory'>,
  { principal, version }: Call,
  fields: Fields,
): Promise<Account> {
  if (version !== 'v2') {
    const id = fields.guid<'account'>('partner_id');
    return await livingPartner(directory, principal, id, 'partner_id');
  }
  const tenantId = fields.text('tenant_id', 6, tenantIdShape).toUpperCase();
  const node = await directory.byTenantId(tenantId);
  return await livingPartner(directory, principal, node?.account.id, 'tenant_id');
}

/** The token stands under the name that every sample prints, although the tables call it `access_token` (part 2, 3.4). */
function toWire({ version }: Call, { tenantId }: Account, { accessToken, secretKey }: LmpiCredential): string {
  const pair = { accesstoken: accessToken, secret_key: secretKey };
  return JSON.stringify(version === 'v2' ? { tenant_id: tenantId, ...pair } : pair);
}
