import { decimal, Temporal } from '@tierline/kernel';
import type { Account } from '@tierline/server/modules/accounts/index.ts';
import type { Customer } from '@tierline/server/modules/customers/index.ts';
import type { NamedCommand } from '@tierline/server/modules/lifecycle/index.ts';
import { openLmpi, type Credential } from './setup.ts';

/** Partners that sell licenses of two products over months, to report about. The clock stands at the beginning of 2 March 2026. */
export async function openReports() {
  const lmpi = await openLmpi();
  const { top, engine, cause } = lmpi;
  const { distributor, msp, isp } = lmpi.partners;
  const worryFree = await lmpi.product(top, { name: 'Worry Free' });
  const email = await lmpi.product(top, { name: 'Email Security', unitTypes: ['U', 'M'] });

  const plan = async (name: string, product: typeof email, mpn: string, terms: object = {}) => {
    const made = await lmpi.plan(top, {
      product,
      name,
      rates: [{ mpn, chargeTypes: ['recurring'] }],
      terms: { pricing: 'free', policies: { preset: 'lmpi_like' }, ...terms },
    });
    await lmpi.delegate([top, distributor, msp], made);
    await lmpi.delegate([top, isp], made);
    return made;
  };
  const full = await plan('WFBSS-Full', worryFree, 'WF', { autoRenewalMonths: 1 });
  const trial = await plan('WFBSS-Trial', worryFree, 'WF', { licenseVersion: 'trial', autoRenewalMonths: null });
  const mailboxes = await plan('Mailboxes', email, 'MAIL', { unitType: 'M' });

  const sell = async (buyer: Customer, of: typeof full, units: number) => {
    const [rateId] = Object.values(of.rates);
    const order = await engine.orders.place(cause(), buyer.ownerId, {
      customer: { id: buyer.id },
      lines: [{ name: { rateId: rateId! }, quantity: decimal(String(units)) }],
      poNumber: null,
      attributes: null,
      surface: 'lmpi',
      addMissingBases: false,
    });
    return order.subscriptions[0]!;
  };

  const command = (of: { readonly id: string; readonly ownerId: string }, wanted: NamedCommand) =>
    engine.lifecycle.place(
      cause(),
      of.ownerId as Account['id'],
      of.id as Parameters<typeof engine.lifecycle.place>[2],
      { command: wanted, moment: { at: 'now' } },
      { surface: 'lmpi' },
    );
  const change = (of: { readonly id: string; readonly ownerId: string }, mpn: string, units: number) =>
    command(of, { kind: 'change', items: [{ mpn, quantity: decimal(String(units)) }], cascade: false });

  const dueAt = async (until: string) => {
    const text = 'select min(due_at) as at from subscription_due where due_at <= $1::timestamptz';
    return (await lmpi.db.query<{ at: Temporal.Instant | null }>({ name: 'due_at', text }, [until]))[0]?.at ?? null;
  };

  /** Moves the clock, and lets everything happen that comes due until then, each at its moment. */
  const passTo = async (at: string) => {
    for (let due = await dueAt(at); due !== null; due = await dueAt(at)) {
      const now = lmpi.clock.now();
      if (Temporal.Instant.compare(due, now) > 0) lmpi.moveTo(due.toString());
      const { steps } = await engine.worker.runDue({ sandboxId: null }, lmpi.clock.now());
      if (steps === 0) throw new Error(`Nothing happens at ${due.toString()}, though something is due.`);
    }
    lmpi.moveTo(at);
  };

  const report = (as: Credential, name: 'summary' | 'transactions', body: unknown, version = 'v3') =>
    lmpi.post(as, `/LMPI/${version}/reports/${name}`, body);

  return { ...lmpi, worryFree, email, full, trial, mailboxes, sell, command, change, passTo, report };
}
