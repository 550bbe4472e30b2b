import type { Outcome } from '@tierline/server/modules/lifecycle/index.ts';
import type { OrderDetail } from '@tierline/server/modules/orders/index.ts';
import type { Story } from '../../../support/story.ts';
import type { World } from '../../../support/world.ts';

/** A table of a page in docs/concepts: its head, then its rows. */
export type Figure = readonly (readonly string[])[];
export type Figures = Readonly<Record<string, (world: World) => Promise<Figure>>>;

const line = /^(\S+) ([^:]+): (\w+) (\S+) (\S+) x (\S+?)(?: (\d+\/\d+))?, (\S+) to (\S+) = (\S+)$/;

/** The lines of a story as a table for people; `until` is the first day that is not part of it. */
export function charged(lines: readonly string[], labels?: readonly string[]): Figure {
  const head = ['booked on', 'seller', 'what', 'units x price', 'part', 'from', 'until', 'amount'];
  const rows = lines.map((text, index) => {
    const [, on, seller, what, quantity, mpn, price, part, from, until, amount] = line.exec(text) ?? [];
    if (on === undefined) throw new Error(`This is no charge: ${text}`);
    const row = [on, seller!, what!, `${quantity!} ${mpn!} x ${price!}`, part ?? 'whole', from!, until!, amount!];
    return labels === undefined ? row : [labels[index]!, ...row];
  });
  return labels === undefined ? [head, ...rows] : [['', ...head], ...rows];
}

/** Several bills, each under a name of its own. */
export function compared(parts: readonly (readonly [name: string, lines: readonly string[]])[]): Figure {
  return charged(
    parts.flatMap(([, lines]) => lines),
    parts.flatMap(([name, lines]) => lines.map(() => name)),
  );
}

type Of = { readonly id: OrderDetail['subscriptions'][number]['id'] };

export const held = ({
  subscriptions,
}: Pick<OrderDetail | Outcome, 'subscriptions'>): OrderDetail['subscriptions'][number] => subscriptions[0]!;

/** What happened, with the hour on the owner's clock. */
export async function happened(
  world: World,
  story: Story,
  of: Of,
  more: (data: Readonly<Record<string, unknown>>) => string = () => '',
): Promise<Figure> {
  const { events } = await world.engine.lifecycle.timeline(story.owner.id, of.id);
  const rows = events.map(({ at, type, data }) => {
    const local = new Date(at).toLocaleString('sv-SE', { timeZone: story.owner.timeZone }).slice(0, 16);
    return [local, type, more(data)];
  });
  return [['when', 'event', ''], ...rows];
}
