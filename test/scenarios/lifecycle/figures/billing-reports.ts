import { decimal, Temporal } from '@tierline/kernel';
import {
  amountOf,
  billingReportJobs,
  marginOf,
  overProvisionedPercent,
  seenBy,
  type UsageOf,
} from '@tierline/server/modules/billing-reports/index.ts';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { World } from '../../../support/world.ts';
import type { Figures } from './table.ts';

/** Readings of February by what is used: mailboxes tell, archives don't. */
const readings = { MAIL: '9', SYNC: '3' } as const;

/** A month of an MSP under a distributor, told in docs/concepts/billing-reports.md. */
async function february(world: World) {
  const facts = { name: 'Worked month', currency: 'USD', timeZone: 'UTC', country: 'US', language: 'en' };
  const { sandbox } = await world.engine.sandboxes.create(world.cause(), null, {
    ...facts,
    startsAt: '2026-02-01T08:00:00Z',
  });
  const root = (await world.engine.directory.get(sandbox.id)).account;
  const at = (day: string) => world.cause({ at: `${day}T12:00:00Z` });
  const make = (parent: Account, kind: 'distributor' | 'msp', name: string) =>
    world.engine.accounts.create(at('2026-02-01'), parent.id, { ...facts, kind, name });
  const distributor = await make(root, 'distributor', 'North');
  const msp = await make(distributor, 'msp', 'Ada');
  const names = { MAIL: 'Mailbox', ARCHIVE: 'Archive', SYNC: 'File sync' } as const;
  const prices = { MAIL: ['10', '12'], ARCHIVE: ['4', '5'], SYNC: ['3', '3.5'] } as const;
  const products = new Map<string, string>();
  for (const [key, name] of Object.entries(names)) {
    const product = await world.product(root, { name });
    products.set(product.id, key);
    const [own, next] = prices[key as keyof typeof prices];
    const mpn = `${key}-${sandbox.id}`;
    const plan = await world.plan(root, { product, rates: [{ mpn, prices: own }] });
    await world.delegate([root, distributor, msp], plan);
    await world.priceList(distributor, { prices: { [mpn]: next } });
    await world.priceList(msp, { prices: { [mpn]: '20' } });
  }
  const customer = await world.customer(msp);
  const sell = async (key: string, quantity: string) => {
    const order = await world.order(customer, [{ mpn: `${key}-${sandbox.id}`, quantity }], { cause: at('2026-02-03') });
    return order.subscriptions[0]!.id;
  };
  const mail = await sell('MAIL', '10');
  await sell('ARCHIVE', '2');
  await sell('SYNC', '6');
  const items = [{ mpn: `MAIL-${sandbox.id}`, quantity: decimal('14') }];
  const grow = { command: { kind: 'change', items, cascade: false }, moment: { at: 'now' } } as const;
  await world.engine.lifecycle.place(at('2026-02-17'), msp.id, mail, grow, { surface: 'api' });

  const usageOf: UsageOf = async (owners) => {
    const rows = await world.db.kysely
      .selectFrom('licenses')
      .select(['id', 'product_id'])
      .where('owner_id', 'in', [...owners])
      .execute();
    return new Map(
      rows.flatMap(({ id, product_id: product }) => {
        const used = Object.entries(readings).find(([key]) => key === products.get(product))?.[1];
        return used === undefined ? [] : [[id, decimal(used)] as const];
      }),
    );
  };
  const jobs = billingReportJobs({ ...world.engine, usageOf });
  const run = async (to: string) => {
    const until = Temporal.Instant.from(to);
    await world.engine.worker.runDue({ sandboxId: sandbox.id }, until);
    await jobs.runDue({ sandboxId: sandbox.id }, until);
  };
  await run('2026-03-01T01:00:00Z');
  const [report] = await world.engine.billingReports.list({ within: msp.id }, { limit: 1 });
  const get = () => world.engine.billingReports.get(root.id, report!.id);
  return { root, distributor, msp, id: report!.id, get, run, at };
}

type Month = Awaited<ReturnType<typeof february>>;

async function course(world: World, { msp, id }: Month) {
  const steps = await world.engine.billingReports.history(msp.id, id, { limit: 50 });
  return [
    ['when (UTC)', 'what', 'then it is'],
    ...steps.map(({ at, type, data }) => {
      const review = typeof data['review'] === 'string' ? `, ${data['review']}` : '';
      return [
        at.slice(0, 16).replace('T', ' '),
        type.replace('billing_report.', ''),
        `${String(data['status'])}${review}`,
      ];
    }),
  ];
}

async function linesOf({ distributor, get }: Month) {
  const report = await get();
  return [
    ['product', 'provisioned', 'used', 'over-provisioned', 'chargeable', 'price', 'cost', 'margin'],
    ...report.lines.map((line) => {
      const seen = seenBy(report, line, distributor.id);
      const percent = overProvisionedPercent(line);
      return [
        line.productName,
        line.provisioned,
        line.used ?? 'unknown',
        percent === null ? 'unknown' : `${percent} %`,
        `${line.chargeable}${line.isPenalized ? ', penalized' : ''}`,
        seen.takes === null ? '' : amountOf(seen.takes),
        seen.pays === null ? '' : amountOf(seen.pays),
        marginOf(seen) ?? '',
      ];
    }),
  ];
}

/** Worked examples of docs/concepts/billing-reports.md. */
export const billingReports: Figures = {
  opened: async (world) => linesOf(await february(world)),

  async reviewed(world) {
    const month = await february(world);
    const { msp, distributor, root, id, at } = month;
    const { billingReports: service } = world.engine;
    const comments = [
      { position: 2, comment: 'Three devices come in March.' },
      { position: 3, chargeable: '9', comment: 'Five were ordered for a project that starts in March.' },
    ];
    await service.edit(at('2026-03-02'), msp.id, id, { lines: comments });
    await service.act(at('2026-03-02'), msp.id, id, { action: 'submit' });
    await service.act(at('2026-03-05'), distributor.id, id, { action: 'approve' });
    await service.act(at('2026-03-06'), root.id, id, { action: 'complete' });
    return course(world, month);
  },

  async silent(world) {
    const month = await february(world);
    await month.run('2026-03-12T00:00:00Z');
    return linesOf(month);
  },

  async late(world) {
    const month = await february(world);
    await month.run('2026-03-12T00:00:00Z');
    return course(world, month);
  },
};
