import { formatDecimal, type RateId } from '@tierline/kernel';
import type { SimpleApiProfile } from '../../modules/access/index.ts';
import type { ChargeType, NamedRate, PriceModel } from '../../modules/catalog/index.ts';
import type { EdgePrices, RatePrices } from '../../modules/pricing/index.ts';
import { productId } from './ids.ts';
import type { RateLabel } from '../../modules/catalog/index.ts';
import { billingModels, priceModels, wirePeriod } from './wire.ts';

/** In the order of the schema's enumeration, so the price that most clients mean comes first. */
const chargeTypes: readonly ChargeType[] = ['recurring', 'setup', 'overuse'];

/**
 * One product as JSON text. Profile `21.0` has exactly the members of the how-to page "products", in its order; profile
 * `1.15` has those of the schema (SimpleAPI reference 4.3). `costs` is what the caller pays its seller, `prices` what
 * the caller's customers pay. A product without a price yet has an empty list: left out, it would break the page's counts.
 */
export function productEntry(
  { rate, plan }: NamedRate,
  prices: RatePrices,
  bases: ReadonlyMap<RateId, RateLabel>,
  profile: SimpleApiProfile,
): string {
  const quantities = `"minimumQuantity":${quantityText(rate.quantityMin)},"maximumQuantity":${quantityText(rate.quantityMax)}`;
  const periods =
    `"billingPeriod":${JSON.stringify(wirePeriod(plan.billingPeriod))},` +
    `"subscriptionPeriod":${JSON.stringify(wirePeriod(plan.subscriptionPeriod))}`;
  const needed = rate.dependsOn.flatMap((id) => bases.get(id) ?? []);
  const costsText = pricesText(prices.at(-2), rate.priceModel, profile);
  const pricesOwn = pricesText(prices.at(-1), rate.priceModel, profile);
  const mpn = JSON.stringify(rate.mpn);
  const name = JSON.stringify(rate.name);
  const serviceName = JSON.stringify(rate.serviceName);
  if (profile === '21.0') {
    const dependsOn = JSON.stringify(needed.map((base) => base.mpn));
    return (
      `{"mpn":${mpn},"name":${name},"serviceName":${serviceName},${quantities},` +
      `"costs":${costsText},"prices":${pricesOwn},${periods},"dependsOn":${dependsOn}}`
    );
  }
  const dependsOn = JSON.stringify(needed.map((base) => ({ mpn: base.mpn, id: productId(base.number) })));
  return (
    `{"mpn":${mpn},"vendor":${JSON.stringify(rate.vendorCode)},"id":"${productId(rate.number)}",` +
    `"serviceName":${serviceName},"name":${name},${quantities},"prices":${pricesOwn},"costs":${costsText},` +
    `${periods},"billingModel":"${billingModels[plan.billingModel]}","dependsOn":${dependsOn},` +
    `"coterming":${cotermingText(plan)}}`
  );
}

/** Whether a term may be aligned, and to what: where both are possible, to another subscription (SimpleAPI reference 4.3). */
function cotermingText({ policies: { coterm } }: NamedRate['plan']): string {
  const type = coterm.toSubscription ? 'SUBSCRIPTION' : coterm.toCalendarMonth ? 'END_OF_MONTH' : undefined;
  if (!coterm.allowed || type === undefined) return '{"required":"RESTRICTED"}';
  return `{"required":"ALLOWED","type":"${type}"}`;
}

/** A string with a decimal: `"5000.0"`. */
function quantityText(quantity: NamedRate['rate']['quantityMin']): string {
  return `"${formatDecimal(quantity, { minFractionDigits: 1 })}"`;
}

/**
 * The page shows flat prices without a model. One that depends on the quantity means nothing without it, so there the
 * schema's `model` and `lowerLimit` are added in every profile.
 */
function pricesText(edge: EdgePrices | undefined, model: PriceModel, profile: SimpleApiProfile): string {
  if (edge === undefined) return '[]';
  const isWhole = profile !== '21.0' || model !== 'flat';
  const entries = chargeTypes.flatMap((type) => {
    const price = edge.byType[type];
    if (price === undefined) return [];
    return price.tiers.map((tier) => {
      const plain = `{"currency":"${price.currency}","amount":"${formatDecimal(tier.amount)}","type":"${type}"`;
      return isWhole
        ? `${plain},"model":"${priceModels[model]}","lowerLimit":${formatDecimal(tier.lowerLimit)}}`
        : `${plain}}`;
    });
  });
  return `[${entries.join(',')}]`;
}
