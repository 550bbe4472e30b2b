import type { SimpleApiProfile, WantedLogin } from '../../modules/access/index.ts';
import { contactTypes, type Address, type Contact } from '../../modules/accounts/index.ts';
import { formContactOf, nameIn, readFormContact, unwrapped } from './account-form.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';
import { customerStatuses } from './wire.ts';

/** Bodies of customers and resellers (SimpleAPI reference 4.1): the same members by the same rules. */

const contactsMax = 20;
const required = { required: true } as const;

const country = { ...required, pattern: /^[A-Z]{2}$/, hint: 'Give two capital letters (ISO 3166-1), such as US.' };
const language = {
  ...required,
  max: 20,
  pattern: /^[a-z]{2,3}([_-][A-Za-z]{2,4})?$/,
  hint: 'Give a code such as en_US.',
};
const email = { ...required, max: 254, pattern: /^[^\s@]+@[^\s@]+$/, hint: 'Give an e-mail address.' };
const phone = {
  ...required,
  max: 60,
  pattern: /^\+?\d{1,4}#\d{0,8}#\d[\d -]{0,24}#\d{0,10}$/,
  hint: 'Give country, area, number and extension separated by #, such as 81##18881234567#.',
};
const login = {
  pattern: /^(?=.{5})[A-Za-z0-9][A-Za-z0-9_.@-]{0,255}$/,
  max: 256,
  hint: 'A login has at least 5 letters, digits, and _ . @ -, and begins with a letter or digit.',
};
/** The documents ask for a capital and a small letter, a digit and a special character, and their own example has no digit. */
const kindsOfCharacters = [/\p{Lu}/u, /\p{Ll}/u, /\d/, /[^\p{L}\p{N}\s]/u];
const passwordHint =
  'A password has at least 7 characters of three of these kinds: capital letters, small letters, digits, special characters.';

function readPassword(members: Members, problems: Problems): string | undefined {
  const password = members.text('password', { max: 200 });
  if (password === undefined) return undefined;
  const kinds = kindsOfCharacters.filter((kind) => kind.test(password)).length;
  if (password.length < 7 || kinds < 3) {
    problems.add('simpleapi.invalid_field', members.at('password'), passwordHint);
  }
  return password;
}

/** The words of the wire by which both kinds of accounts tell their status. */
const statusWords = Object.values(customerStatuses);

const formLanguage = 'en_US';

export type NewAccountBody = {
  readonly name: string;
  readonly address: Address;
  readonly contacts: readonly Contact[];
  readonly logins: readonly ContactLogin[];
  readonly language: string;
  readonly externalId: string | null;
  readonly taxRegistrationId: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly status: string | undefined;
};

/** What a contact person is to sign in with, and where it stands. */
export type ContactLogin = WantedLogin & { readonly place: number };

/** `id`, `resellerId` and what is unknown are ignored. Throws every reason at once, in the names of the body. */
export function readNewAccount<More>(
  body: unknown,
  more: (members: Members, problems: Problems) => More,
): NewAccountBody & More {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const name = members.text('name', { ...required, max: 150 }) ?? '';
  const form = formContactOf(members);
  const facts = {
    name,
    address: readAddress(unwrapped(members.member('address', required))),
    ...(form === undefined
      ? readContacts(members.members('contactPersons', { ...required, max: contactsMax }), problems)
      : { contacts: [readFormContact(form, name)], logins: [] }),
    // The form asks for none; it was not required in 1.1 either (SimpleAPI reference 4.1).
    language: members.text('language', { ...language, required: form === undefined }) ?? formLanguage,
    externalId: members.text('externalId', { max: 150 }) ?? null,
    taxRegistrationId: members.text(nameIn(members, 'taxRegId', 'taxId'), { max: 100 }) ?? null,
    attributes: members.map('attributes') ?? {},
    status: members.choice('status', statusWords),
    ...more(members, problems),
  };
  problems.throwIfAny();
  return facts;
}

export type AccountChangeBody = {
  readonly name?: string;
  readonly address?: Address;
  readonly contacts?: readonly Contact[];
  readonly logins: readonly ContactLogin[];
  readonly externalId?: string;
  readonly taxRegistrationId?: string;
  readonly status?: string;
};

/** Over this API the text of the specification allows only these; its list of values has all (SimpleAPI reference 4.1). */
const settable: Readonly<Record<SimpleApiProfile, readonly string[]>> = {
  '21.0': ['active', 'creditHold'],
  '1.15': statusWords,
};

/**
 * The body of a PATCH: what is absent or null stays as it is.
 * @param current the status that it has: saying it again changes nothing
 */
export function readAccountChange(body: unknown, profile: SimpleApiProfile, current: string): AccountChangeBody {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const address = members.has('address') ? readAddress(unwrapped(members.member('address'))) : undefined;
  const contacts = members.members('contactPersons', { required: members.has('contactPersons'), max: contactsMax });
  const read = readContacts(contacts, problems);
  const status = members.choice('status', statusWords);
  if (status !== undefined && status !== current && !settable[profile].includes(status)) {
    problems.add('simpleapi.invalid_field', 'status', `Give one of: ${settable[profile].join(', ')}.`);
  }
  const name = members.text('name', { required: isBlank(members.raw('name')), max: 150 });
  const externalId = members.text('externalId', { max: 150 });
  const taxRegistrationId = members.text(nameIn(members, 'taxRegId', 'taxId'), { max: 100 });
  problems.throwIfAny();
  return {
    ...(name === undefined ? {} : { name }),
    ...(address === undefined ? {} : { address }),
    ...(contacts === undefined ? {} : { contacts: read.contacts }),
    logins: read.logins,
    ...(externalId === undefined ? {} : { externalId }),
    ...(taxRegistrationId === undefined ? {} : { taxRegistrationId }),
    ...(status === undefined ? {} : { status }),
  };
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === '';
}

function readAddress(members: Members | undefined): Address {
  return {
    street: members?.text(nameIn(members, 'streetAddress', 'address1'), required) ?? '',
    extension: members?.text(nameIn(members, 'addressExtension', 'address2')) ?? null,
    city: members?.text('city', required) ?? '',
    state: members?.text('state') ?? null,
    postalCode: members?.text('postalCode', { ...required, max: 40 }) ?? '',
    countryCode: readCountry(members),
  };
}

/** A form has people type the code, in whatever letter case. */
function readCountry(members: Members | undefined): string {
  const name = nameIn(members, 'countryCode', 'country');
  const rules = name === 'country' ? { ...country, pattern: /^[A-Z]{2}$/i } : country;
  return members?.text(name, rules)?.toUpperCase() ?? '';
}

function readContacts(
  all: readonly Members[] | undefined,
  problems: Problems,
): { readonly contacts: Contact[]; readonly logins: ContactLogin[] } {
  const contacts: Contact[] = [];
  const logins: ContactLogin[] = [];
  const taken = new Set<string>();
  for (const [place, members] of (all ?? []).entries()) {
    const contact = readContact(members);
    contacts.push(contact);
    const wanted = { login: members.text('login', login), password: readPassword(members, problems) };
    if (wanted.login === undefined && wanted.password === undefined) continue;
    const at = members.at(wanted.login === undefined ? 'password' : 'login');
    if (contact.type !== 'admin') {
      problems.add('simpleapi.invalid_field', at, 'Only a contact person of type admin signs in.');
    }
    const name = wanted.login?.toLowerCase();
    if (name !== undefined && taken.has(name)) {
      problems.add('simpleapi.invalid_field', at, 'Two contact persons can not have the same login.');
    }
    if (name !== undefined) taken.add(name);
    logins.push({ ...wanted, ...whoIs(contact), field: `contacts.${place}.login`, place });
  }
  return { contacts, logins };
}

/** How a contact person is called as somebody who signs in. */
export function whoIs({ email: address, firstName, lastName }: Contact) {
  return { email: address, name: `${firstName} ${lastName}`.slice(0, 150), firstName, lastName };
}

function readContact(members: Members): Contact {
  return {
    type: members.choice('type', contactTypes) ?? 'admin',
    firstName: members.text('firstName', { ...required, max: 150 }) ?? '',
    lastName: members.text('lastName', { ...required, max: 150 }) ?? '',
    email: members.text('email', email) ?? '',
    phone: members.text('phoneNumber', phone) ?? '',
  };
}
