import type { Clock } from '@tierline/kernel';
import type { SellersService } from '../../modules/access/index.ts';
import type { Account, AccountsService, Company } from '../../modules/accounts/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import { codeMax, digits, email, loginName, phoneNumber, type codePatterns } from './patterns.ts';
import { contentCause } from './repeat.ts';
import { requestFields, type Fields } from './request.ts';
import type { Call } from './route.ts';

export type PartnerCreateDependencies = {
  readonly accounts: Pick<AccountsService, 'create'>;
  readonly sellers: Pick<SellersService, 'createWithPassword'>;
  readonly clock: Clock;
  readonly codes: Codes;
  readonly patterns: Patterns;
};

type Patterns = ReturnType<typeof codePatterns>;

const kinds = { MSP: 'msp', Reseller: 'reseller' } as const;

/**
 * Partners :: Create, v2 (LMPI reference, part 2, 3.1): a company below the caller and who signs in for it first. The same
 * content again is told the same, the password too.
 */
export async function createPartner(
  { sellers, clock, codes, patterns }: PartnerCreateDependencies,
  call: Call,
): Promise<string> {
  const { partner, user } = readPartner(requestFields(call.body), patterns);
  const { account } = call.principal.node;
  const contact = { firstName: user.firstName, lastName: user.lastName, email: user.email, phone: user.phone };
  const cause = contentCause(call, clock, 'lmpi.partners.create', [partner, user]);
  const made = await sellers.createWithPassword(cause, account.id, {
    kind: kinds[partner.type],
    name: partner.name,
    currency: account.currency,
    // Every name that the pattern lets through has a zone.
    timeZone: codes.timeZones.get(user.timeZone) ?? account.timeZone,
    country: partner.country,
    language: user.language,
    company: companyOf(partner, contact),
    owner: {
      login: user.loginName,
      email: user.email,
      name: `${user.firstName} ${user.lastName}`,
      field: 'user.login_name',
      emailField: 'user.email',
    },
  });
  const { userId: id, password } = made;
  return JSON.stringify({ partner_id: made.account.id, user: { id, login_name: user.loginName, password } });
}

/**
 * Partners :: CreatePartnerOnboarding, v3 (part 2, 3.2): an MSP on Trend Vision One with a contact, and nobody yet who
 * signs in. What the page does not ask for is as with the caller.
 */
export async function onboardPartner(
  { accounts, clock, patterns }: PartnerCreateDependencies,
  call: Call,
): Promise<string> {
  const { company, contact, about } = readOnboarding(requestFields(call.body), patterns);
  const { account } = call.principal.node;
  const cause = contentCause(call, clock, 'lmpi.partners.onboard', [company, contact, about]);
  const made = await accounts.create(cause, account.id, {
    kind: 'msp',
    name: company.name,
    currency: account.currency,
    timeZone: account.timeZone,
    country: company.country,
    language: account.language,
    dataCenter: company.dataCenter,
    visionOne: true,
    company: companyOf({ ...about, country: company.country }, { ...contact, phone: '' }, about.attributes),
  });
  return JSON.stringify({ partner_id: made.id });
}

/** Members in the order of the page's sample. */
function readPartner(fields: Fields, patterns: Patterns) {
  const partner = {
    type: fields.code('partner.type', ['MSP', 'Reseller']),
    name: fields.text('partner.name', 128),
    address: fields.optionalText('partner.address', { min: 0, max: 128 }),
    city: fields.optionalText('partner.city', { min: 0, max: 64 }),
    state: fields.optionalText('partner.state', { min: 0, max: 64 }),
    postalCode: fields.optionalText('partner.postal_code', { min: 0, max: 10 }),
    country: fields.text('partner.country', codeMax.country, patterns.country),
  };
  const user = {
    loginName: fields.text('user.login_name', 25, loginName),
    firstName: fields.text('user.first_name', 50),
    lastName: fields.text('user.last_name', 50),
    phone: phoneIn(fields),
    email: fields.text('user.email', 128, email),
    timeZone: fields.text('user.time_zone', codeMax.timeZone, patterns.timeZone),
    language: fields.text('user.language', codeMax.culture, patterns.culture),
  };
  return { partner, user };
}

/** Required members first, in the order of the page's table. */
function readOnboarding(fields: Fields, patterns: Patterns) {
  fields.code('company.type', ['MSP']);
  const company = {
    dataCenter: fields.text('company.data_center', codeMax.dataCenter, patterns.dataCenter),
    name: fields.text('company.name', 128),
    country: fields.text('company.country', codeMax.country, patterns.country),
  };
  const contact = {
    firstName: fields.text('contact.first_name', 50),
    lastName: fields.text('contact.last_name', 50),
    email: fields.text('contact.email', 128, email),
  };
  const industry = fields.optionalText('company.industry', {
    min: 0,
    max: codeMax.industry,
    pattern: patterns.industry,
  });
  const size = fields.optionalText('company.size', { min: 0, max: codeMax.companySize, pattern: patterns.companySize });
  const about = {
    attributes: { ...(industry ? { industry } : {}), ...(size ? { size } : {}) },
    state: fields.optionalText('company.state', { min: 0, max: 64 }),
    city: fields.optionalText('company.city', { min: 0, max: 64 }),
    address: fields.optionalText('company.address', { min: 0, max: 128 }),
    postalCode: fields.optionalText('company.postal_code', { min: 0, max: 10 }),
  };
  return { company, contact, about };
}

function phoneIn(fields: Fields): string {
  const areaCode = fields.optionalText('user.phone.area_code', { min: 0, max: 5, pattern: digits });
  const number = fields.optionalText('user.phone.number', { min: 0, max: 16, pattern: phoneNumber });
  const extension = fields.optionalText('user.phone.extension', { min: 0, max: 10, pattern: digits });
  return [areaCode, number, extension && `ext. ${extension}`].filter(Boolean).join(' ');
}

type Place = {
  readonly address: string | undefined;
  readonly city: string | undefined;
  readonly state: string | undefined;
  readonly postalCode: string | undefined;
  readonly country: Account['country'];
};
type Person = Omit<Company['contacts'][number], 'type'>;

function companyOf(place: Place, contact: Person, attributes: Company['attributes'] = {}): Company {
  return {
    address: {
      street: place.address ?? '',
      extension: null,
      city: place.city ?? '',
      state: place.state || null,
      postalCode: place.postalCode ?? '',
      countryCode: place.country,
    },
    contacts: [{ type: 'admin', ...contact }],
    taxRegistrationId: null,
    taxationProvider: null,
    customerClass: null,
    attributes,
  };
}
