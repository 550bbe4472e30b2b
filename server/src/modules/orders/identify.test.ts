import { describe, expect, test } from 'vitest';
import { aPlanVersion, aRate } from '../../../../test/support/values.ts';
import type { NamedRate, PlanVersion, Rate } from '../catalog/index.ts';
import { identify, isReason, ownFieldNames, type FieldNames, type ProductName } from './identify.ts';

function aProduct(plan: Partial<PlanVersion> = {}, rate: Partial<Rate> = {}): NamedRate {
  const made = aPlanVersion(plan);
  return { plan: made, rate: aRate(made, { mpn: 'X-1', ...rate }) };
}

const monthly = {
  subscriptionPeriod: { unit: 'month', count: 1 },
  billingPeriod: { unit: 'month', count: 1 },
} as const;
const yearly = { subscriptionPeriod: { unit: 'year', count: 1 }, billingPeriod: { unit: 'month', count: 1 } } as const;
const prepaid = { subscriptionPeriod: { unit: 'year', count: 1 }, billingPeriod: { unit: 'year', count: 1 } } as const;

function found(
  candidates: readonly NamedRate[],
  wanted: Partial<ProductName> = {},
  fields: FieldNames = ownFieldNames,
) {
  return identify(candidates, { name: { mpn: 'X-1' }, ...wanted }, 'lines.0', fields);
}

describe('nothing', () => {
  test('an unknown MPN', () => {
    expect(found([])).toEqual({
      code: 'orders.unknown_product',
      field: 'lines.0',
      message: 'Your catalog has no product with MPN X-1.',
    });
  });

  test('a known MPN of another vendor or period: the message says what there is', () => {
    const product = aProduct(monthly);
    expect(found([product], { vendorCode: 'google' })).toEqual({
      code: 'orders.no_matching_product',
      field: 'lines.0',
      message:
        'No product with MPN X-1 matches. There is: vendor microsoft, subscription_period 1 month, billing_period 1 month ' +
        `(rate_id ${product.rate.rateId}).`,
    });
    expect(found([product], { billingPeriod: { unit: 'year', count: 1 } })).toMatchObject({
      code: 'orders.no_matching_product',
    });
  });
});

describe('one', () => {
  test('the only candidate needs no more than its MPN', () => {
    const product = aProduct();
    expect(found([product])).toBe(product);
  });

  test('each further fact narrows', () => {
    const [a, b, c] = [aProduct(monthly), aProduct(yearly), aProduct(prepaid)];
    const d = aProduct(prepaid, { vendorCode: 'google' });
    const all = [a, b, c, d];
    expect(found(all, { subscriptionPeriod: { unit: 'month', count: 1 } })).toBe(a);
    expect(
      found(all, { billingPeriod: { unit: 'month', count: 1 }, subscriptionPeriod: yearly.subscriptionPeriod }),
    ).toBe(b);
    expect(found(all, { vendorCode: 'google' })).toBe(d);
  });

  test('12 months are a year, 30 days are no month', () => {
    const [a, b] = [aProduct(monthly), aProduct(yearly)];
    expect(found([a, b], { subscriptionPeriod: { unit: 'month', count: 12 } })).toBe(b);
    expect(found([a, b], { subscriptionPeriod: { unit: 'day', count: 30 } })).toMatchObject({
      code: 'orders.no_matching_product',
    });
  });
});

describe('many: the message names what tells them apart, in the words of the caller', () => {
  const messageOf = (...given: Parameters<typeof found>): string => {
    const reason = found(...given);
    if (!isReason(reason)) throw new Error('It was identified.');
    expect(reason.code).toBe('orders.ambiguous_product');
    return reason.message;
  };

  test('the vendor', () => {
    const message = messageOf([aProduct(), aProduct({}, { vendorCode: 'google' })]);
    expect(message).toMatch(
      /^2 products have MPN X-1\. Provide additional parameters to identify the product: vendor\. There is: vendor microsoft/,
    );
    expect(message).toContain('vendor google');
  });

  test('the periods', () => {
    expect(messageOf([aProduct(monthly), aProduct(yearly)])).toContain('product: subscription_period. ');
    expect(messageOf([aProduct(yearly), aProduct(prepaid)])).toContain('product: billing_period. ');
    expect(messageOf([aProduct(monthly), aProduct(yearly), aProduct(prepaid)])).toContain(
      'product: subscription_period, billing_period. ',
    );
  });

  test('only what is not given yet and still differs', () => {
    const all = [aProduct(monthly), aProduct(yearly), aProduct(prepaid)];
    expect(messageOf(all, { subscriptionPeriod: { unit: 'year', count: 1 } })).toContain('product: billing_period. ');
  });

  test('not what was given, though it is written in another way: 12 months and a year', () => {
    const months = aProduct({ ...yearly, subscriptionPeriod: { unit: 'month', count: 12 } });
    const message = messageOf([aProduct(yearly), months], { subscriptionPeriod: { unit: 'year', count: 1 } });
    expect(message).toContain('product: rate_id. ');
  });

  test('the id, where nothing else differs', () => {
    const twins = [aProduct(), aProduct()];
    expect(messageOf(twins)).toContain('product: rate_id. ');
    for (const { rate } of twins) expect(messageOf(twins)).toContain(rate.rateId);
  });

  test('a dialect says it in its own words', () => {
    const fields = {
      vendor: 'vendor',
      subscriptionPeriod: 'subscriptionPeriod',
      billingPeriod: 'billingPeriod',
      id: 'id',
    };
    const message = messageOf([aProduct(monthly), aProduct(yearly, { number: '100777' })], {}, fields);
    expect(message).toContain('product: subscriptionPeriod. ');
    expect(message).toContain('(id PRD100777)');
  });

  test('of a hundred candidates ten are listed', () => {
    const message = messageOf(Array.from({ length: 100 }, () => aProduct()));
    expect(message).toMatch(/^100 products/);
    expect(message.match(/rate_id [0-9a-f]/g)).toHaveLength(10);
  });
});
