import { notFound, type AccountId } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import { isWithin } from '../../modules/accounts/index.ts';
import type { Contact, Customer, CustomerFilter } from '../../modules/customers/index.ts';
import { readJson } from '../../platform/http/index.ts';
import { causeOf, type Call } from './auth.ts';
import { readNewCustomer } from './customer-request.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import { isNumber } from './ids.ts';
import { pageOf, parseQuery } from './query.ts';
import { onceByContent } from './retry.ts';
import type { Scope, Scopes } from './scope.ts';
import { customerStatuses, jsonResponse, listResponse } from './wire.ts';

/** Customers (SimpleAPI reference 4.1). */
export function customerHandlers(dependencies: SimpleApiDependencies, scopeOf: Scopes) {
  const { customers, directory } = dependencies;

  async function toWire(customer: Customer) {
    const owner = directory.peek(customer.ownerId) ?? (await directory.get(customer.ownerId));
    return customerToWire(customer, owner.account.number);
  }

  async function list(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const query = parseQuery(c.req.url);
    const page = pageOf(query);
    const scope = await ownerScope(principal.accountId, query.get('resellerId'));
    if (scope === undefined) return listResponse([], page, 0);
    const filter: CustomerFilter = {
      scope,
      nameContains: query.get('name'),
      email: query.get('email'),
      externalId: query.get('externalId'),
    };
    const [found, total] = await Promise.all([customers.page(filter, page), customers.count(filter)]);
    return listResponse(await Promise.all(found.map(toWire)), page, total);
  }

  /** Customers of one reseller: of the caller itself or of one below it; of anybody else there are none to see. */
  async function ownerScope(accountId: AccountId, resellerId: string | undefined): Promise<Scope | undefined> {
    if (resellerId === undefined) return scopeOf(accountId);
    const node = isNumber(resellerId) ? await directory.byNumber(resellerId) : undefined;
    return node !== undefined && isWithin(node.account, accountId) ? { ownerId: node.account.id } : undefined;
  }

  async function get(c: Call, { principal }: SimpleApiCaller): Promise<Response> {
    const number = c.req.param('id') ?? '';
    if (!isNumber(number)) throw notFound('customer');
    return jsonResponse(await toWire(await customers.get(principal.accountId, { number })));
  }

  /** Under the caller. The protocol has no key for retries, so with an external id the same content is one (section 11). */
  async function create(c: Call, caller: SimpleApiCaller): Promise<Response> {
    const facts = readNewCustomer(await readJson(c));
    const ownerId = caller.principal.accountId;
    const cause = causeOf(c, caller, dependencies);
    const customer = facts.externalId
      ? await onceByContent(
          cause,
          // Login and password of a contact are no part of the facts, so they are not in what is kept for retries either.
          { ownerId, scope: 'simpleapi.customers.create', content: JSON.stringify(facts) },
          ({ createdAt }: Customer) => createdAt,
          (retriable) => customers.create(retriable, ownerId, facts),
        )
      : await customers.create(cause, ownerId, facts);
    return jsonResponse(await toWire(customer));
  }

  return { list, get, create };
}

function customerToWire(customer: Customer, resellerId: string) {
  const { address } = customer;
  return {
    id: customer.number,
    ...(customer.externalId === null ? {} : { externalId: customer.externalId }),
    attributes: customer.attributes,
    status: customerStatuses[customer.status],
    name: customer.name,
    address: {
      streetAddress: address.street,
      ...(address.extension === null ? {} : { addressExtension: address.extension }),
      postalCode: address.postalCode,
      city: address.city,
      ...(address.state === null ? {} : { state: address.state }),
      countryCode: address.countryCode,
    },
    contactPersons: customer.contacts.map(contactToWire),
    language: languageToWire(customer.language),
    ...(customer.taxRegistrationId === null ? {} : { taxRegId: customer.taxRegistrationId }),
    resellerId,
  };
}

/** The codes of version 1.1 for languages that are stored without a country (SimpleAPI reference 4.1). */
const countries: Readonly<Record<string, string>> = {
  ar: 'AE',
  de: 'DE',
  en: 'US',
  es: 'ES',
  fr: 'FR',
  it: 'IT',
  ja: 'JP',
  nl: 'NL',
  pt: 'BR',
};

/** A language with its country, `en_US`; other surfaces may have stored `en` or `en-US`. */
function languageToWire(language: string): string {
  const [name = '', country = countries[name]] = language.split(/[-_]/);
  return country === undefined ? name : `${name}_${country}`;
}

function contactToWire({ type, firstName, lastName, email, phone }: Contact) {
  return { type, firstName, lastName, email, phoneNumber: phoneToWire(phone) };
}

/** Country, area, number and extension with # between; numbers from other surfaces may be written as people do. */
function phoneToWire(phone: string): string {
  if (phone.includes('#')) return phone;
  const [, country = '', rest = ''] = /^\s*(?:\+(\d{1,3})\b)?(.*)$/s.exec(phone) ?? [];
  return `${country}##${rest.replace(/\D/g, '')}#`;
}
