import { zero, type Decimal, type RateId } from '@tierline/kernel';
import type { Charge, EdgeLedger, Held } from '../billing/index.ts';
import type { Rate } from '../catalog/index.ts';
import type { OrderLine, OrderType } from '../orders/index.ts';
import type { Subscription } from '../subscriptions/index.ts';
import type { LoadedPlan } from './context.ts';
import type { IntentChange } from './intent.ts';

export type DecidedLine = {
  readonly subscription: Subscription['id'];
  readonly rate: Rate;
  readonly quantity: Decimal;
  readonly previousQuantity: Decimal | null;
  readonly origin: OrderLine['origin'];
};

/** A charge and the line of the order that it belongs to. */
export type DecidedCharge = Charge & { readonly position: number; readonly subscriptionId: Subscription['id'] };

export type DecidedEvent = {
  readonly type: string;
  readonly subscriptionId: Subscription['id'];
  readonly data: Readonly<Record<string, unknown>>;
};

/** Something the caller should know that is no reason against it. */
export type Warning = { readonly code: string; readonly message: string };

/** What is planned although it would be refused as things stand: until its moment they may change. */
export function refusedAsPlanned(message: string): Warning {
  return {
    code: 'lifecycle.refused_as_planned',
    message: `As things stand it will be refused when its moment comes: ${message}`,
  };
}

/** What is to be stored, or only shown: the same for a preview and for a placement. */
export type Decision = {
  /** The kind of order that records it; null: nothing that an order would show (a notice, an intent). */
  readonly order: OrderType | null;
  readonly subscriptions: readonly { readonly before: Subscription; readonly after: Subscription }[];
  readonly lines: readonly DecidedLine[];
  readonly charges: readonly DecidedCharge[];
  readonly intents: readonly IntentChange[];
  readonly events: readonly DecidedEvent[];
  readonly warnings: readonly Warning[];
};

export type Draft = ReturnType<typeof draft>;

/** Collects one decision. Lives inside of one call, so that deciding stays a pure function. */
export function draft(order: OrderType | null) {
  const states = new Map<string, { before: Subscription; after: Subscription }>();
  const lines: DecidedLine[] = [];
  const charges: DecidedCharge[] = [];
  const intents: IntentChange[] = [];
  const events: DecidedEvent[] = [];
  const warnings: Warning[] = [];

  function open(subscription: Subscription): void {
    if (!states.has(subscription.id)) states.set(subscription.id, { before: subscription, after: subscription });
  }

  return {
    intents,
    events,
    warnings,
    lines,
    open,
    state: (id: Subscription['id']): Subscription => states.get(id)!.after,
    set(id: Subscription['id'], fields: Partial<Subscription>): void {
      const { before, after } = states.get(id)!;
      states.set(id, { before, after: { ...after, ...fields } });
    },
    /** The line of a rate in this order; made at the first need. */
    line(line: DecidedLine): void {
      const known = lines.findIndex(
        ({ subscription, rate }) => subscription === line.subscription && rate.rateId === line.rate.rateId,
      );
      if (known === -1) lines.push(line);
      else lines[known] = { ...line, previousQuantity: lines[known]!.previousQuantity };
    },
    charge(subscriptionId: Subscription['id'], of: readonly Charge[]): void {
      for (const charge of of) {
        const position = lines.findIndex(
          (line) => line.subscription === subscriptionId && line.rate.rateId === charge.rateId,
        );
        charges.push({ ...charge, position: Math.max(position, 0), subscriptionId });
      }
    },
    event(type: string, subscriptionId: Subscription['id'], data: Readonly<Record<string, unknown>> = {}): void {
      events.push({ type, subscriptionId, data });
    },
    done(): Decision {
      return { order, subscriptions: [...states.values()], lines, charges, intents, events, warnings };
    },
  };
}

/** The lines of an order that changes no quantity: charges belong to them. */
export function noteHeld(
  decided: Draft,
  loaded: LoadedPlan,
  id: Subscription['id'],
  origin: OrderLine['origin'],
): void {
  for (const { rateId, quantity } of decided.state(id).items) {
    const rate = loaded.rates.get(rateId);
    if (rate !== undefined) decided.line({ subscription: id, rate, quantity, previousQuantity: quantity, origin });
  }
  noteAccrued(decided, loaded, id);
}

/** A decision that changes no quantity and charges nothing, with the lines of an order that is to be seen all the same. */
export function withHeldLines({ rates }: LoadedPlan, decision: Decision): Decision {
  if (decision.lines.length > 0) return decision;
  const lines = decision.subscriptions.flatMap(({ after }) =>
    after.items.flatMap(({ rateId, quantity }): DecidedLine[] => {
      const rate = rates.get(rateId);
      if (rate === undefined) return [];
      return [{ subscription: after.id, rate, quantity, previousQuantity: quantity, origin: 'requested' }];
    }),
  );
  return { ...decision, lines };
}

/** What is not held any more but still has to be billed has a line too. */
export function noteAccrued(decided: Draft, { rates }: LoadedPlan, id: Subscription['id']): void {
  const { items, ledger } = decided.state(id);
  for (const { rateId, accrued } of ledger.flatMap((edge) => edge.items)) {
    const rate = rates.get(rateId);
    const isHeld = items.some((item) => item.rateId === rateId);
    if (rate === undefined || isHeld || accrued.length === 0) continue;
    decided.line({ subscription: id, rate, quantity: zero, previousQuantity: zero, origin: 'renewed' });
  }
}

/** What a subscription holds, as its ledgers need it. */
export function heldOf(subscription: Subscription, { rates }: LoadedPlan): Held[] {
  return subscription.items.map(({ rateId, quantity }) => ({
    rateId,
    model: rates.get(rateId)?.priceModel ?? 'flat',
    quantity,
  }));
}

/** Does the same on each edge and collects what that comes to. */
export function onEdges(
  subscription: Subscription,
  work: (edge: EdgeLedger, index: number) => { readonly edge: EdgeLedger; readonly lines: readonly Charge[] },
): { readonly ledger: EdgeLedger[]; readonly lines: Charge[] } {
  const booked = subscription.ledger.map(work);
  return { ledger: booked.map(({ edge }) => edge), lines: booked.flatMap(({ lines }) => lines) };
}

export function itemOf(subscription: Subscription, rateId: RateId): Subscription['items'][number] | undefined {
  return subscription.items.find((item) => item.rateId === rateId);
}
