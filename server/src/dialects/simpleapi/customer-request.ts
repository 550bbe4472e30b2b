import { contactTypes, type Address, type Contact, type CustomerFacts } from '../../modules/customers/index.ts';
import { membersOf, newProblems, type Members, type Problems } from './request.ts';

const contactsMax = 20;
const required = { required: true } as const;

const country = { ...required, pattern: /^[A-Z]{2}$/, hint: 'Give two capital letters (ISO 3166-1), such as US.' };
const language = {
  ...required,
  max: 20,
  pattern: /^[a-z]{2,3}([_-][A-Za-z]{2,4})?$/,
  hint: 'Give a code such as en_US.',
};
const email = { ...required, pattern: /^[^\s@]+@[^\s@]+$/, hint: 'Give an e-mail address.' };
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

/**
 * The facts in the body of `POST /customers` (SimpleAPI reference 4.1). `id`, `resellerId` and what is unknown are ignored.
 * Throws every reason at once, in the names of the body.
 */
export function readNewCustomer(body: unknown): CustomerFacts {
  const problems = newProblems();
  const members = membersOf(body, '', problems);
  const facts = {
    name: members.text('name', required) ?? '',
    address: readAddress(members.member('address', required)),
    contacts: (members.members('contactPersons', { ...required, max: contactsMax }) ?? []).map((one) =>
      readContact(one, problems),
    ),
    language: members.text('language', language) ?? '',
    externalId: members.text('externalId') ?? null,
    taxRegistrationId: members.text('taxRegId') ?? null,
    attributes: members.map('attributes') ?? {},
  };
  const status = members.text('status');
  if (status !== undefined && status !== 'active') {
    problems.add('simpleapi.invalid_field', 'status', 'A new customer is active; leave the status out.');
  }
  problems.throwIfAny();
  return facts;
}

function readAddress(members: Members | undefined): Address {
  return {
    street: members?.text('streetAddress', required) ?? '',
    extension: members?.text('addressExtension') ?? null,
    city: members?.text('city', required) ?? '',
    state: members?.text('state') ?? null,
    postalCode: members?.text('postalCode', { ...required, max: 40 }) ?? '',
    countryCode: members?.text('countryCode', country) ?? '',
  };
}

/** A login and a password are taken as the documents allow, checked for their form, and go no further. */
function readContact(members: Members, problems: Problems): Contact {
  members.text('login', login);
  const password = members.text('password');
  if (password !== undefined && password.length < 7) {
    problems.add('simpleapi.invalid_field', members.at('password'), 'A password has at least 7 characters.');
  }
  return {
    type: members.choice('type', contactTypes) ?? 'admin',
    firstName: members.text('firstName', required) ?? '',
    lastName: members.text('lastName', required) ?? '',
    email: members.text('email', email) ?? '',
    phone: members.text('phoneNumber', phone) ?? '',
  };
}
