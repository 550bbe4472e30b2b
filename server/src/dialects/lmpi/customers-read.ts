import type { Phone, WantedLogin } from '../../modules/access/index.ts';
import type { Address, Contact } from '../../modules/accounts/index.ts';
import type { Codes } from '../../modules/codes/index.ts';
import type { CustomerFacts } from '../../modules/customers/index.ts';
import {
  codeMax,
  codePatterns,
  digits,
  email as emailOfContact,
  emails,
  loginName,
  mailbox,
  phoneNumber,
} from './patterns.ts';
import type { Fields } from './request.ts';

/** Members of companies, contacts and users (LMPI reference, part 1, 5 and 6), each read in the order in which its page declares it. */

type Company = Pick<CustomerFacts, 'name' | 'note' | 'emergencyEmail' | 'industry' | 'companySize'> & {
  readonly address: Address;
};

/** The four members that a company has to have, which stand before everything else. */
function readRequired(fields: Fields, codes: Codes) {
  return {
    name: fields.text('company.name', 128),
    city: fields.text('company.city', 64),
    state: fields.text('company.state', 64),
    countryCode: fields.text('company.country', codeMax.country, codePatterns(codes).country),
  };
}

function companyOf(
  { name, ...place }: ReturnType<typeof readRequired>,
  optional: { readonly street?: string; readonly postalCode?: string } & Omit<Company, 'name' | 'address'>,
): Company {
  const { street = '', postalCode = '', ...rest } = optional;
  return { name, address: { street, extension: null, postalCode, ...place }, ...rest };
}

const optionalAddress = (fields: Fields) => ({
  street: fields.optionalText('company.address', { min: 0, max: 128 }) ?? '',
  postalCode: fields.optionalText('company.postal_code', { min: 0, max: 10 }) ?? '',
});

const optionalNotes = (fields: Fields) => ({
  note: fields.optionalText('company.note', { max: 500, min: 0 }) || null,
  emergencyEmail: fields.optionalText('company.emergency_email', { max: 250, min: 0, pattern: emails }) || null,
});

function optionalCodes(fields: Fields, codes: Codes) {
  const { industry, companySize } = codePatterns(codes);
  return {
    industry: fields.optionalText('company.industry', { min: 0, max: codeMax.industry, pattern: industry }) || null,
    companySize:
      fields.optionalText('company.size', { min: 0, max: codeMax.companySize, pattern: companySize }) || null,
  };
}

export type NewCustomerRead = { readonly company: Company; readonly contact: Contact };

/** Customers :: Create v2: the company and its first login (part 1, 5.1). */
export function readCustomerWithLogin(fields: Fields, codes: Codes): NewCustomerRead & { readonly login: WantedLogin } {
  const { timeZone, culture } = codePatterns(codes);
  const required = readRequired(fields, codes);
  const login = {
    login: fields.text('user.login_name', 25, loginName),
    firstName: fields.text('user.first_name', 50),
    lastName: fields.text('user.last_name', 50),
    email: fields.text('user.email', 128, mailbox),
    timeZone: codes.timeZones.get(fields.text('user.time_zone', codeMax.timeZone, timeZone))!,
    language: fields.text('user.language', codeMax.culture, culture),
  };
  const address = optionalAddress(fields);
  const notes = optionalNotes(fields);
  const phone = { ...noPhone, ...readPhone(fields, 'user.phone') };
  const company = companyOf(required, { ...address, ...notes, ...optionalCodes(fields, codes) });
  const { firstName, lastName, email } = login;
  return {
    company,
    contact: { type: 'admin', firstName, lastName, email, phone: phoneText(phone) },
    login: { ...login, name: `${firstName} ${lastName}`, phone, resettable: true, field: 'user.login_name' },
  };
}

/** Customers :: Create v3: the company and a contact (part 1, 5.2). */
export function readCustomerWithContact(fields: Fields, codes: Codes): NewCustomerRead {
  const required = readRequired(fields, codes);
  const contact: Contact = {
    type: 'admin',
    firstName: fields.text('contact.first_name', 50),
    lastName: fields.text('contact.last_name', 50),
    email: fields.text('contact.email', 128, emailOfContact),
    phone: '',
  };
  const address = optionalAddress(fields);
  const codesRead = optionalCodes(fields, codes);
  return { company: companyOf(required, { ...address, ...codesRead, ...optionalNotes(fields) }), contact };
}

export type CustomerChangeRead = {
  readonly name?: string;
  readonly address?: Partial<Address>;
  readonly note?: string | null;
  readonly emergencyEmail?: string | null;
};

/** Customers :: Update: the body is flat (part 1, 5.5). Undefined where no member is given. */
export function readCustomerChange(fields: Fields, codes: Codes): CustomerChangeRead | undefined {
  const name = fields.optionalText('name', { max: 128 });
  const street = fields.optionalText('address', { min: 0, max: 128 });
  const city = fields.optionalText('city', { max: 64 });
  const state = fields.optionalText('state', { max: 64 });
  const postalCode = fields.optionalText('postal_code', { min: 0, max: 10 });
  const pattern = codePatterns(codes).country;
  const countryCode = fields.optionalText('country', { max: codeMax.country, pattern });
  const note = fields.optionalText('note', { min: 0, max: 500 });
  const emergencyEmail = fields.optionalText('emergency_email', { min: 0, max: 250, pattern: emails });
  const address = present({
    ...(street === undefined ? {} : { street, extension: null }),
    city,
    state,
    postalCode,
    countryCode,
  });
  return present({
    name,
    address,
    note: note === undefined ? undefined : note || null,
    emergencyEmail: emergencyEmail === undefined ? undefined : emergencyEmail || null,
  });
}

export type UserChangeRead = {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  readonly timeZone?: string;
  readonly language?: string;
  readonly phone?: Partial<Phone>;
};

/** Customers :: Users :: Update (part 1, 6.1). Undefined where no member is given. */
export function readUserChange(fields: Fields, codes: Codes): UserChangeRead | undefined {
  const { timeZone: pattern, culture } = codePatterns(codes);
  const firstName = fields.optionalText('first_name', { max: 50 });
  const lastName = fields.optionalText('last_name', { max: 50 });
  const email = fields.optionalText('email', { max: 128, pattern: mailbox });
  const windowsZone = fields.optionalText('time_zone', { max: codeMax.timeZone, pattern });
  const timeZone = windowsZone === undefined ? undefined : codes.timeZones.get(windowsZone);
  const language = fields.optionalText('language', { max: codeMax.culture, pattern: culture });
  return present({ firstName, lastName, email, timeZone, language, phone: readPhone(fields, 'phone') });
}

const noPhone: Phone = { areaCode: null, number: null, extension: null };

/** The parts that are given; an empty one takes away what is there. */
function readPhone(fields: Fields, at: string): Partial<Phone> | undefined {
  const part = (name: string, max: number, pattern: typeof digits): string | null | undefined => {
    const text = fields.optionalText(`${at}.${name}`, { min: 0, max, pattern });
    return text === undefined ? undefined : text || null;
  };
  return present({
    areaCode: part('area_code', 5, digits),
    number: part('number', 16, phoneNumber),
    extension: part('extension', 10, digits),
  });
}

/** Country, area, number and extension with # between, of which this wire does not know the country. */
function phoneText({ areaCode, number, extension }: Phone): string {
  const parts = [areaCode, number, extension].map((part) => part ?? '');
  return parts.every((part) => part === '') ? '' : `#${parts.join('#')}`;
}

type Present<Record_> = { [Name in keyof Record_]?: Exclude<Record_[Name], undefined> };

/** Without the members that are undefined; undefined where none is left. */
function present<Members extends Readonly<Record<string, unknown>>>(members: Members): Present<Members> | undefined {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Present<Members>);
}
