import { newId, notFound, versionMismatch, type AccountId, type CustomerId } from '@tierline/kernel';
import {
  combine,
  commit,
  eventName,
  isDataRefusal,
  isHumanNumber,
  once,
  type Cause,
  type Database,
  type ListPage,
  type Numbers,
} from '../../platform/db/index.ts';
import { unchanging } from '../../platform/unchanging.ts';
import { customerUserSteps, loginChannelOf, type MadeLogin, type WantedLogin } from '../access/index.ts';
import { isWithin, recordFormerName, type Address, type Directory } from '../accounts/index.ts';
import type { Codes } from '../codes/index.ts';
import {
  checkFacts,
  statusRules,
  type Customer,
  type CustomerFacts,
  type CustomerStatus,
  type OrderingCustomer,
} from './customer.ts';
import {
  countCreated,
  customerListing,
  insertCustomer,
  keyText,
  selectCreated,
  selectCustomerPage,
  selectCustomers,
  selectOrdering,
  updateCustomer,
  type CreatedFilter,
  type CustomerFilter,
  type CustomerKey,
  type Wanted,
} from './store.ts';

/** Customers that ordered lately, by id and by number. */
const rememberedMax = 50_000;

export type CustomersService = ReturnType<typeof customersService>;

export type NewCustomer = CustomerFacts & {
  /** `active`, unless said otherwise. */
  readonly status?: CustomerStatus | undefined;
  /** Who is to sign in for it. */
  readonly logins?: readonly WantedLogin[];
};

export type CustomerChange = Partial<Omit<CustomerFacts, 'address'>> & {
  /** What of it is not named stays as it is. */
  readonly address?: Partial<Address>;
  readonly status?: CustomerStatus | undefined;
  readonly expectedVersion?: number | undefined;
  readonly logins?: readonly WantedLogin[];
};

type Dependencies = {
  readonly db: Database;
  readonly directory: Directory;
  readonly numbers: Numbers;
  readonly codes: Codes;
};

/** What of customers is on the way of every order, and remembered. */
function orderingCustomers({ db, directory }: Pick<Dependencies, 'db' | 'directory'>) {
  const loadOrdering = combine<Wanted, { customer: OrderingCustomer | undefined }>({
    run: async (wanted) => (await selectOrdering(db, wanted)).map((customer) => ({ customer })),
    batchMax: 128,
    parallel: 1,
    isRefusal: isDataRefusal,
  });

  const remembered = new Map<string, OrderingCustomer>();

  function rememberOrdering(key: CustomerKey, customer: OrderingCustomer): void {
    if (remembered.size >= rememberedMax) remembered.delete(remembered.keys().next().value!);
    remembered.set(keyText(key), customer);
  }

  /** Whoever makes or changes a customer is likely to order for it next. */
  function remember({ id, ownerId, number, status, buyerGroup, billingCurrency, version }: Customer): void {
    const customer = { id, ownerId, status, buyerGroup, billingCurrency, version };
    rememberOrdering({ id }, customer);
    rememberOrdering({ number }, customer);
  }

  /** As `get`, with as much as an order needs: on the way of every order, so it reads little. */
  async function getOrdering(within: AccountId, key: CustomerKey, field: string): Promise<OrderingCustomer> {
    if ('number' in key && !isHumanNumber(key.number)) throw notFound('customer', field);
    const { customer } = await loadOrdering({ within, key });
    if (customer === undefined) throw notFound('customer', field);
    if (customer.ownerId !== within && !isWithin((await directory.get(customer.ownerId)).account, within)) {
      throw notFound('customer', field);
    }
    rememberOrdering(key, customer);
    return customer;
  }

  /**
   * What is remembered of a customer that may order. It may be out of date, so whoever uses it has its version checked
   * by the statement that commits, and asks again when it does not stand any more.
   */
  function peekOrdering(within: AccountId, key: CustomerKey): OrderingCustomer | undefined {
    const customer = remembered.get(keyText(key));
    if (customer === undefined || !statusRules[customer.status].mayOrder) return undefined;
    if (customer.ownerId === within) return customer;
    const owner = directory.peek(customer.ownerId);
    return owner !== undefined && isWithin(owner.account, within) ? customer : undefined;
  }

  return { getOrdering, peekOrdering, remember };
}

/** Use cases of customers. Callers have authorized the actor; `within` is the account the actor acts for. */
export function customersService({ db, directory, numbers, codes }: Dependencies) {
  const listed = customerListing(db);
  const load = combine<Wanted, { customer: Customer | undefined }>({
    run: async (wanted) => (await selectCustomers(db, wanted)).map((customer) => ({ customer })),
    batchMax: 128,
    parallel: 2,
    isRefusal: isDataRefusal,
  });

  /** The customer, when its owner is `within` or below it. Concurrent calls share one round trip. */
  async function get(within: AccountId, key: CustomerKey, field?: string): Promise<Customer> {
    if ('number' in key && !isHumanNumber(key.number)) throw notFound('customer', field);
    const { customer } = await load({ within, key });
    if (customer === undefined) throw notFound('customer', field);
    if (customer.ownerId !== within && !isWithin((await directory.get(customer.ownerId)).account, within)) {
      throw notFound('customer', field);
    }
    return customer;
  }

  const { getOrdering, peekOrdering, remember } = orderingCustomers({ db, directory });

  /** The people are stored with the customer, in its channel. Most customers come without any. */
  async function peopleOf(
    cause: Cause,
    { id, ownerId, number }: Pick<Customer, 'id' | 'ownerId' | 'number'>,
    logins: readonly WantedLogin[],
  ) {
    if (logins.length === 0) return { writes: [], events: [], made: [] };
    const channelId = loginChannelOf((await directory.get(ownerId)).chain);
    return customerUserSteps(db, cause, { id, ownerId, number, channelId }, logins);
  }

  async function store(cause: Cause, ownerId: AccountId, facts: NewCustomer) {
    checkFacts(facts, facts, codes);
    const number = (await numbers.next()).toString();
    const customer = newCustomer(ownerId, number, facts, cause.at.toString());
    const people = await peopleOf(cause, customer, facts.logins ?? []);
    const created = await commit(db, {
      cause,
      subjectId: customer.id,
      answer: customer,
      writes: [{ run: insertCustomer(db, customer), expect: 1 }, ...people.writes],
      events: [
        {
          ownerId,
          type: 'customer.created',
          subjectKind: 'customer',
          subjectId: customer.id,
          data: { name: customer.name, number: customer.number },
        },
        ...people.events,
      ],
    });
    remember(created);
    return { customer: created, people: people.made };
  }

  async function create(cause: Cause, ownerId: AccountId, facts: NewCustomer): Promise<Customer> {
    return (await store(cause, ownerId, facts)).customer;
  }

  /**
   * With somebody who signs in for it, whose secrets are answered, and in the answer only: nothing of them is stored in the clear. So this
   * knows no retry under a key; the login, which is in use once, keeps a second one out.
   */
  async function createWithUser(
    { idempotency: _, ...cause }: Cause,
    ownerId: AccountId,
    { login, ...facts }: Omit<NewCustomer, 'logins'> & { readonly login: WantedLogin },
  ): Promise<{ readonly customer: Customer; readonly first: MadeLogin }> {
    const { customer, people } = await store(cause, ownerId, { ...facts, logins: [login] });
    return { customer, first: people[0]! };
  }

  async function change(cause: Cause, within: AccountId, key: CustomerKey, wanted: CustomerChange): Promise<Customer> {
    const current = await get(within, key);
    const { expectedVersion, logins = [], address, ...others } = wanted;
    const fields = { ...others, address: address && { ...current.address, ...address } };
    if (expectedVersion !== undefined && expectedVersion !== current.version)
      throw versionMismatch('customer', current.version);
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    const changed: Customer = { ...current, ...given, version: current.version + 1, updatedAt: cause.at.toString() };
    checkFacts(changed, given, codes);
    const people = await peopleOf(cause, current, logins);
    const answer = await commit(db, {
      cause,
      subjectId: current.id,
      answer: changed,
      writes: [
        { run: updateCustomer(db, changed), expect: 1, otherwise: versionMismatch('customer') },
        ...recordFormerName(current.ownerId, current.id, cause.at.toString(), {
          was: { ...current.address, name: current.name },
          is: { ...changed.address, name: changed.name },
        }),
        ...people.writes,
      ],
      events: [
        {
          ownerId: current.ownerId,
          type: 'customer.changed',
          subjectKind: 'customer',
          subjectId: current.id,
          data: {
            changed: Object.keys(given).map(eventName),
            ...(changed.status === current.status ? {} : { status: changed.status }),
          },
        },
        ...people.events,
      ],
    });
    remember(answer);
    return answer;
  }

  return {
    get,
    getOrdering,
    numbersOf: numbersFrom(get),
    peekOrdering,
    create: (...input: Parameters<typeof create>) => once(db, input[0], () => create(...input)),
    createWithUser,
    change: (...input: Parameters<typeof change>) => once(db, input[0], () => change(...input)),
    page: (filter: CustomerFilter, page: ListPage) => selectCustomerPage(db, listed, filter, page),
    count: (filter: CustomerFilter) => listed.count(filter),
    /** One page of those that were made in a period, and how many there are on all. */
    async created(filter: CreatedFilter, page: { readonly offset: number; readonly limit: number }) {
      const [found, total] = await Promise.all([selectCreated(db, filter, page), countCreated(db, filter)]);
      return { customers: found, total };
    },
  };
}

function newCustomer(ownerId: AccountId, number: string, facts: NewCustomer, at: string): Customer {
  return {
    id: newId<'customer'>(),
    ownerId,
    number,
    name: facts.name,
    status: facts.status ?? 'active',
    externalId: facts.externalId ?? null,
    language: facts.language,
    taxRegistrationId: facts.taxRegistrationId ?? null,
    buyerGroup: facts.buyerGroup ?? null,
    billingCurrency: facts.billingCurrency ?? null,
    address: facts.address,
    contacts: facts.contacts,
    attributes: facts.attributes ?? {},
    note: facts.note ?? null,
    emergencyEmail: facts.emergencyEmail ?? null,
    industry: facts.industry ?? null,
    companySize: facts.companySize ?? null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  };
}

/**
 * Numbers of customers by id. They never change, so what lists show of them is read once; the ids stand in rows that the caller may
 * see, so only one that is not known is looked at again.
 */
function numbersFrom(get: (within: AccountId, key: CustomerKey) => Promise<Customer>) {
  type Asked = { readonly within: AccountId; readonly id: CustomerId };
  const numbers = unchanging(
    rememberedMax,
    ({ id }: Asked) => id,
    async (missing) =>
      new Map(
        await Promise.all(missing.map(async ({ within, id }) => [id, (await get(within, { id })).number] as const)),
      ),
  );
  return (within: AccountId, ids: readonly CustomerId[]): Promise<Map<CustomerId, string>> =>
    numbers([...new Set(ids)].map((id) => ({ within, id })));
}
