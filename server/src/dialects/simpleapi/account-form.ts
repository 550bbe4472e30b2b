import type { Contact } from '../../modules/accounts/index.ts';
import type { Members } from './request.ts';

/**
 * A published workflow node has a form of its own for a new customer: `contact`, `address` with `address1` and `country`, `taxId` (SimpleAPI
 * reference 8, C-n8n). What it means is plain, so it is read as the documented members; where these are given, they count.
 */

/** The contact person of the form, where no documented ones are given. A collection of the form may be wrapped in `value`. */
export function formContactOf(members: Members): Members | undefined {
  return members.has('contactPersons') ? undefined : unwrapped(members.member('contact'));
}

export function unwrapped(members: Members | undefined): Members | undefined {
  return members?.has('value') === true ? members.member('value') : members;
}

/** The documented name of a member, or that of the form where only that is given. */
export function nameIn(members: Members | undefined, documented: string, form: string): string {
  return members !== undefined && !members.has(documented) && members.has(form) ? form : documented;
}

const email = { required: true, max: 254, pattern: /^[^\s@]+@[^\s@]+$/, hint: 'Give an e-mail address.' };
const phone = { max: 60, pattern: /^[\d\s()+./#-]*$/, hint: 'Give digits, and + ( ) . / # - between them.' };

/** The form asks for no more than an e-mail address: whoever has no name is called as the customer is. */
export function readFormContact(members: Members, customer: string): Contact {
  const [first = customer, ...others] = customer.trim().split(/\s+/);
  const rest = others.join(' ') || first;
  return {
    type: 'admin',
    firstName: (members.text('firstName', { max: 150 }) ?? first).slice(0, 150),
    lastName: (members.text('lastName', { max: 150 }) ?? rest).slice(0, 150),
    email: members.text('email', email) ?? '',
    phone: members.text('phone', phone) ?? '',
  };
}
