import { expect } from 'vitest';
import {
  anEstimate,
  anOrderAnswer,
  anOrderList,
  type Estimate,
  type OrderAnswer,
} from '@tierline/server/dialects/simpleapi/testing-orders.ts';
import { openSimpleApi, type Answer, type Client } from './setup.ts';
import type { SimpleApiProfile } from '@tierline/server/modules/access/index.ts';

export type Body = Record<string, unknown>;

/**
 * A reseller with plans of one product: by the month (SEAT, EXTRA that needs a seat, VIEW), by the year (SEAT, VIEW), and a bigger one by the month
 * (PRO, VIEW). Each seller adds a tenth. A product costs the same in every plan: its period is all that tells two plans apart.
 */
export async function openOrders() {
  const api = await openSimpleApi();
  const channel = await api.channel();
  const { provider, distributor, reseller } = channel;
  const product = await api.product(provider, { name: 'Desk', serviceName: 'DESK' });
  const year = { unit: 'year', count: 1 } as const;
  const yearly = await api.plan(provider, {
    product,
    name: 'Desk yearly',
    terms: { subscriptionPeriod: year, billingPeriod: year, autoRenewalMonths: 12 },
    rates: [
      { mpn: 'SEAT', name: 'Seat' },
      { mpn: 'VIEW', name: 'Viewer' },
    ],
  });
  const monthly = await api.plan(provider, {
    product,
    name: 'Desk monthly',
    rates: [
      { mpn: 'SEAT', name: 'Seat', chargeTypes: ['setup', 'recurring'], prices: { recurring: '8', setup: '4' } },
      { mpn: 'EXTRA', name: 'Extra', prices: '1', dependsOn: ['SEAT'] },
      { mpn: 'VIEW', name: 'Viewer', prices: '2' },
    ],
  });
  const pro = await api.plan(provider, {
    product,
    name: 'Desk Pro',
    rates: [
      { mpn: 'PRO', name: 'Pro', prices: '15' },
      { mpn: 'VIEW', name: 'Viewer', prices: '2' },
    ],
  });
  for (const plan of [monthly, yearly, pro]) {
    await api.delegate([provider, distributor, reseller], plan);
    await api.delegate([distributor, channel.sibling.reseller], plan);
  }
  for (const seller of [distributor, reseller]) await api.priceList(seller, { name: 'Desk', markup: '10' });

  /** A client whose every answer is held against what the documents say. */
  async function client(of = reseller, profile: SimpleApiProfile = '21.0') {
    const plain: Client = await api.client(of, profile);
    const held = <Of>(answer: Answer, read: (body: unknown) => Of): Of => {
      expect([answer.status, answer.body]).toEqual([200, answer.body]);
      return read(answer.body);
    };
    return {
      ...plain,
      place: async (body: Body): Promise<OrderAnswer> =>
        held(await plain.post('/orders', body), (of_) => anOrderAnswer.parse(of_)),
      estimate: async (body: Body): Promise<Estimate> =>
        held(await plain.post('/orders/estimate', body), (of_) => anEstimate.parse(of_)),
      order: async (id: string): Promise<OrderAnswer> =>
        held(await plain.get(`/orders/${id}`), (of_) => anOrderAnswer.parse(of_)),
      orders: async (query = ''): Promise<OrderAnswer[]> =>
        held(await plain.get(`/orders${query}`), (of_) => anOrderList.parse(of_)).data,
      refusal: async (body: Body, path = '/orders') => {
        const { status, body: error } = await plain.post(path, body);
        const [first] = error['details'] as { field?: string }[];
        return { status, code: error['code'], field: first?.field, message: String(error['message']) };
      },
    };
  }

  const customerId = channel.customer.number;
  const sale = (products: readonly Body[], more: Body = {}): Body => ({ type: 'sales', customerId, products, ...more });
  return { api, channel, plans: { monthly, yearly, pro }, customerId, client, sale };
}

export type OrderWorld = Awaited<ReturnType<typeof openOrders>>;
export type OrderClient = Awaited<ReturnType<OrderWorld['client']>>;
export const usd = (amount: string) => ({ currency: 'USD', amount });
