import { decimal, type SubscriptionId } from '@tierline/kernel';
import type { World } from '../../../../test/support/world.ts';
import type { Account } from '../accounts/index.ts';
import type { Customer } from '../customers/index.ts';
import type { ReportWithLines } from './index.ts';

export type Sellers = Record<'root' | 'distributor' | 'msp' | 'branch' | 'reseller' | 'isp' | 'ispMsp', Account>;

/** A channel of its own in a sandbox whose clock begins in January: each kind of partner that has something to report. */
export async function billingChannel(world: World, zones: Partial<Record<keyof Sellers, string>> = {}) {
  const facts = { name: 'Billing', currency: 'USD', timeZone: zones.root ?? 'UTC', country: 'US', language: 'en' };
  const begins = '2026-01-05T09:00:00Z';
  const { sandbox } = await world.engine.sandboxes.create(world.cause(), null, { ...facts, startsAt: begins });
  const root = (await world.engine.directory.get(sandbox.id)).account;
  let now = begins;
  const cause = () => world.cause({ at: now });
  const make = async (kind: Account['kind'], name: keyof Sellers, parent: Account): Promise<Account> =>
    world.engine.accounts.create(cause(), parent.id, { ...facts, kind, name, timeZone: zones[name] ?? 'UTC' });
  const distributor = await make('distributor', 'distributor', root);
  const msp = await make('msp', 'msp', distributor);
  const isp = await make('isp', 'isp', root);
  const sellers: Sellers = {
    root,
    distributor,
    msp,
    branch: await make('reseller', 'branch', msp),
    reseller: await make('reseller', 'reseller', distributor),
    isp,
    ispMsp: await make('msp', 'ispMsp', isp),
  };
  const rates = [{ mpn: `SEAT-${sandbox.id}`, prices: '10' }];
  const plan = await world.plan(root, { rates, terms: { graceMonths: 1 } });
  for (const path of [
    ['distributor', 'msp', 'branch'],
    ['distributor', 'reseller'],
    ['isp', 'ispMsp'],
  ] as const) {
    await world.delegate([root, ...path.map((name) => sellers[name])], plan);
  }
  for (const [name, seller] of Object.entries(sellers))
    if (name !== 'root') await world.priceList(seller, { markup: '11.3' });

  return {
    id: sandbox.id,
    root,
    sellers,
    mpn: `SEAT-${sandbox.id}`,
    cause,
    customer: (of: Account): Promise<Customer> => world.customer(of),
    async advance(to: string): Promise<void> {
      await world.engine.sandboxes.advance(world.cause(), sandbox.id, sandbox.id, { to });
      now = to;
    },
    async sell(to: Customer, quantity: string): Promise<SubscriptionId> {
      const order = await world.order(to, [{ mpn: `SEAT-${sandbox.id}`, quantity }], { cause: cause() });
      return order.subscriptions[0]!.id;
    },
    async change(owner: Account, id: SubscriptionId, quantity: string): Promise<void> {
      const items = [{ mpn: `SEAT-${sandbox.id}`, quantity: decimal(quantity) }];
      const asked = { command: { kind: 'change', items, cascade: false }, moment: { at: 'now' } } as const;
      await world.engine.lifecycle.place(cause(), owner.id, id, asked, { surface: 'api' });
    },
    reports: (within: Account = root) => world.engine.billingReports.list({ within: within.id }, { limit: 200 }),
    async report(of: Account, month: string): Promise<ReportWithLines> {
      const [found] = await world.engine.billingReports.list(
        { within: root.id, partnerId: of.id, months: [`${month}-01`] },
        { limit: 2 },
      );
      if (found === undefined) throw new Error(`There is no report of ${of.name} for ${month}.`);
      return world.engine.billingReports.get(root.id, found.id);
    },
  };
}

export type BillingChannel = Awaited<ReturnType<typeof billingChannel>>;
