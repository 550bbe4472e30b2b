import { compareDecimal, invalid, isTierlineError, type AccountId, type RateId, type Reason } from '@tierline/kernel';
import type { SimpleApiCaller } from '../../modules/access/index.ts';
import { authorize } from '../../modules/access/index.ts';
import type { NamedAsked } from '../../modules/lifecycle/index.ts';
import type { Agreement } from '../../modules/pricing/index.ts';
import type { Subscription } from '../../modules/subscriptions/index.ts';
import { causeOf, type Call } from './auth.ts';
import type { SimpleApiDependencies } from './dependencies.ts';
import type { PricedItem } from './subscription-answer.ts';
import { sameTiers, type SubscriptionUpdate, type WantedProduct } from './subscription-request.ts';

type Command = NamedAsked['command'];
type Special = { readonly rateId: RateId; readonly agreed: Agreement };

/**
 * Changes a subscription as it was asked for, all of it or nothing (SimpleAPI reference 4.7). What is so already is not done
 * again, so that a request that is sent twice, or repeats what was read, changes nothing more.
 */
export function subscriptionUpdater(
  dependencies: Pick<SimpleApiDependencies, 'clock' | 'directory' | 'lifecycle'>,
  pricedOf: (accountId: AccountId, subscription: Subscription) => Promise<PricedItem[]>,
) {
  const { directory, lifecycle } = dependencies;

  return async function change(
    c: Call,
    caller: SimpleApiCaller,
    id: Subscription['id'],
    update: SubscriptionUpdate,
  ): Promise<void> {
    const { principal } = caller;
    if (update.products.length > 0) authorize(principal, 'subscriptions.prices');
    const cause = causeOf(c, caller, dependencies);
    const { subscription } = await lifecycle.current(cause, principal.accountId, id);
    const owner = await directory.get(subscription.ownerId);
    const sellerIndex = owner.chain.findIndex((account) => account.id === principal.accountId);
    const items = update.products.length === 0 ? [] : await pricedOf(principal.accountId, subscription);
    const specials = wantedPrices(subscription, update, items);
    const details = detailsOf(subscription, update);
    const prices = specials.map(({ special }) => ({ ...special, sellerIndex }));
    const command: Command | undefined =
      prices.length > 0
        ? { kind: 'prices', prices, ...(details === undefined ? {} : { details }) }
        : details && { kind: 'details', ...details };
    if (command === undefined) return;
    // What was compared was read here, so it must still be that.
    const by = { surface: 'simpleapi', expectedVersion: subscription.version };
    const indexes = specials.map(({ index }) => index);
    await inBodyTerms(
      indexes,
      lifecycle.place(cause, principal.accountId, subscription.id, { command, moment: { at: 'now' } }, by),
    );
  };
}

/** Refusals of prices name them by their place among those that were set; the body has its products. */
async function inBodyTerms<Answer>(indexes: readonly number[], work: Promise<Answer>): Promise<Answer> {
  try {
    return await work;
  } catch (error) {
    if (!isTierlineError(error) || error.kind !== 'invalid') throw error;
    const reasons = error.reasons.map((reason) => {
      const [, place, rest = ''] = /^prices\.(\d+)(.*)$/.exec(reason.field ?? '') ?? [];
      return place === undefined ? reason : { ...reason, field: `products.${indexes[Number(place)]}${rest}` };
    });
    throw invalid(reasons, error.details);
  }
}

type Details = Omit<Extract<Command, { kind: 'details' }>, 'kind'>;

/** Attributes that are not named stay; undefined when nothing would change. */
function detailsOf(subscription: Subscription, { renewalStatus, attributes }: SubscriptionUpdate): Details | undefined {
  const autoRenewal = renewalStatus === undefined || renewalStatus === subscription.autoRenewal ? null : renewalStatus;
  const merged = Object.entries({ ...subscription.attributes, ...attributes }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const isSame =
    merged.length === Object.keys(subscription.attributes).length &&
    merged.every(([name, value]) => subscription.attributes[name] === value);
  if (autoRenewal === null && isSame) return undefined;
  return { autoRenewal, autoRenewalMonths: null, attributes: isSame ? null : Object.fromEntries(merged) };
}

type Wanted = { readonly index: number; readonly special: Special };

/** The prices that are to be other than they are. Throws every reason against them at once. */
function wantedPrices(
  subscription: Subscription,
  { products, status }: SubscriptionUpdate,
  items: readonly PricedItem[],
): Wanted[] {
  const reasons: Reason[] = [];
  if (status !== undefined && status !== subscription.status) {
    const message = 'The status follows from orders; place an order of type cancellation to end a subscription.';
    reasons.push({ code: 'simpleapi.not_changed_here', field: 'status', message });
  }
  const wanted = products.flatMap((product): Wanted[] => {
    const found = itemOf(product, items);
    if ('code' in found) {
      reasons.push(found);
      return [];
    }
    reasons.push(...productReasons(product, found));
    const { price } = product;
    const tiers = price?.tiers ?? [];
    if (found.price !== undefined && sameTiers(found.price.tiers, tiers)) return [];
    if (tiers.length === 0) return [];
    const agreed: Agreement = { kind: 'price', from: 'now', terms: 1, currency: null, tiers };
    return [{ index: product.index, special: { rateId: found.item.rateId, agreed } }];
  });
  if (reasons.length > 0) throw invalid(reasons);
  return wanted;
}

function itemOf({ at, mpn, number }: WantedProduct, items: readonly PricedItem[]): PricedItem | Reason {
  const matching = items.filter(
    ({ item, named }) =>
      (mpn === undefined || item.mpn === mpn) && (number === undefined || named?.rate.number === number),
  );
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  const field = number === undefined ? `${at}.mpn` : `${at}.id`;
  const held = items.map(({ item }) => item.mpn).join(', ');
  return only === undefined
    ? { code: 'orders.unknown_product', field, message: `The subscription has no such product. It has ${held}.` }
    : { code: 'orders.ambiguous_product', field, message: 'The subscription has several such products; give the id.' };
}

/** Why a product can't have what is said of it; what only repeats how it is, is no reason. */
function productReasons(product: WantedProduct, { item, named, price, cost }: PricedItem): Reason[] {
  const reasons: Reason[] = [];
  const add = (code: string, field: string, message: string): void => void reasons.push({ code, field, message });
  if (product.quantity !== undefined && compareDecimal(product.quantity, item.quantity) !== 0) {
    const message = 'A quantity is changed by an order of type change.';
    add('simpleapi.not_changed_here', `${product.at}.quantity`, message);
  }
  if (product.hasProviderCost) {
    const message = 'What the provider pays its vendors is not kept here.';
    add('simpleapi.provider_cost_not_kept', `${product.at}.unitProviderCost`, message);
  }
  const wanted = product.cost;
  if (wanted !== undefined && !(cost?.currency === wanted.currency && sameTiers(cost.tiers, wanted.tiers))) {
    add(
      'simpleapi.not_your_price',
      wanted.at,
      'What you pay is set by your seller; only your own price is yours to set.',
    );
  }
  const given = product.price;
  if (given === undefined || price === undefined) return reasons;
  if (given.currency !== price.currency) {
    const message = `The subscription is priced in ${price.currency}.`;
    add('simpleapi.wrong_currency', `${given.at}.currency`, message);
  }
  if (given.tiers.length > 1 && named?.rate.priceModel === 'flat') {
    add(
      'simpleapi.invalid_field',
      `${given.at}.priceTiers`,
      'Its price does not depend on the quantity; give one amount.',
    );
  }
  return reasons;
}
