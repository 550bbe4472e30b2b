import { causeOf, type Account, type AccountsService, type Directory } from '../../modules/accounts/index.ts';
import { invalidParameter } from './errors.ts';
import { createPartner, onboardPartner, type PartnerCreateDependencies } from './partner-create.ts';
import { activePartner, roleNames } from './partner.ts';
import { codeMax, codePatterns } from './patterns.ts';
import { assignProduct, type AssignDependencies } from './product-assign.ts';
import { requestFields } from './request.ts';
import type { Call, Route } from './route.ts';

export type PartnerDependencies = Omit<PartnerCreateDependencies, 'patterns'> &
  AssignDependencies & {
    readonly accounts: Pick<AccountsService, 'children' | 'change'>;
    readonly directory: Pick<Directory, 'get'>;
  };

type Made = PartnerDependencies & Pick<PartnerCreateDependencies, 'patterns'>;

/** Partners of a caller: making them, seeing them, and what is handed to them (LMPI reference, part 2, 3). */
export function partnerRoutes(route: Route, given: PartnerDependencies): void {
  const dependencies: Made = { ...given, patterns: codePatterns(given.codes) };
  route('POST', '/partners', 'lmpi.partners.create', (call) => createPartner(dependencies, call), ['v2']);
  route('POST', '/partners/onboarding', 'lmpi.partners.onboard', (call) => onboardPartner(dependencies, call), ['v3']);
  route('GET', '/partners/id', 'lmpi.partners.id', (call) => partnerIds(dependencies, call));
  route('POST', '/partners/product', 'lmpi.products.assign', (call) => assignProduct(dependencies, call));
  route('POST', '/partners/remotemanager', 'lmpi.partners.remote_manager', (call) => register(dependencies, call));
}

/** Partners :: GetID (part 2, 3.3): the caller and everybody directly below it, in the order of their creation. */
async function partnerIds({ accounts }: Made, { principal, version }: Call): Promise<string> {
  const { account } = principal.node;
  const children = await accounts.children(account.id);
  // The credentials calls of v2 name partners by their tenant IDs, so they have to come from somewhere.
  const shown = ({ id, name, kind, tenantId }: Pick<Account, 'id' | 'name' | 'kind' | 'tenantId'>) => ({
    id,
    name,
    role: roleNames[kind],
    ...(version === 'v2' ? { tenant_id: tenantId } : {}),
  });
  const root = { ...shown(account), ...(version === 'v2' ? {} : { is_v1xsp: account.visionOne }) };
  return JSON.stringify({ root, downstream: children.map(shown) });
}

/**
 * Partners :: Remote Manager :: Register, of which only the name is known (part 2, 3.10): switches Remote Manager on for an
 * MSP and says where its data lives. Asked for again, it changes the data center, or nothing.
 */
async function register({ accounts, directory, clock, patterns }: Made, call: Call): Promise<string> {
  const { principal, requestId } = call;
  const fields = requestFields(call.body);
  const partner = await activePartner(directory, principal, fields.guid<'account'>('partner_id'));
  if (partner.kind !== 'msp') throw invalidParameter('partner_id', 'The field partner_id must be the ID of an MSP.');
  const dataCenter = fields.text('data_center', codeMax.dataCenter, patterns.dataCenter);
  if (!partner.remoteManager || partner.dataCenter !== dataCenter) {
    const cause = causeOf(principal, requestId, clock);
    await accounts.change(cause, principal.accountId, partner.id, { remoteManager: true, dataCenter });
  }
  return JSON.stringify({ partner_id: partner.id, data_center: dataCenter });
}
