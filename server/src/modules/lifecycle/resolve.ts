import type { RateId, Reason } from '@tierline/kernel';
import type { Rate } from '../catalog/index.ts';
import type {
  ChangeCommand,
  Command,
  LaterCommand,
  MoveCommand,
  PricesCommand,
  RenewCommand,
  SpecialPrice,
  SwitchCommand,
  WantedItem,
} from './command.ts';
import type { LoadedPlan } from './context.ts';
import type { LaterMoment } from './intent.ts';
import { refuse, refuseAll } from './refusals.ts';

/** A quantity of a product that is named by its id, or by its MPN within the plan that is meant. */
export type NamedItem = WantedItem | (Omit<WantedItem, 'rateId'> & { readonly mpn: string });
type NamedPrice = SpecialPrice & { readonly sellerIndex: number } & (
    | { readonly rateId: RateId }
    | { readonly mpn: string }
  );

type WithItems<Of, Items> = Omit<Of, 'items'> & { readonly items: Items };

/** A command as surfaces write it: wherever it names a rate, an MPN will do. Every command is one of these too. */
export type NamedCommand =
  | Exclude<Command, ChangeCommand | SwitchCommand | RenewCommand | MoveCommand | PricesCommand>
  | WithItems<ChangeCommand, readonly NamedItem[]>
  | WithItems<SwitchCommand, readonly NamedItem[] | null>
  | WithItems<RenewCommand, readonly NamedItem[]>
  | WithItems<MoveCommand & { readonly opens?: undefined }, readonly NamedItem[]>
  | WithItems<MoveCommand & { readonly opens: object }, readonly NamedItem[]>
  | (Omit<PricesCommand, 'prices'> & { readonly prices: readonly NamedPrice[] });

export type NamedAsked = { readonly command: NamedCommand; readonly moment: LaterMoment | { readonly at: 'now' } };

/** Finds the rates of a command whose MPNs are looked up in a plan; undefined: there is no such plan. */
export async function resolve(
  command: NamedCommand,
  planOf: (command: NamedCommand) => Promise<LoadedPlan | undefined>,
): Promise<Command> {
  switch (command.kind) {
    case 'change':
    case 'renew':
    case 'move':
      return { ...command, items: await found(command.items, 'items', () => planOf(command)) };
    case 'switch': {
      const { items } = command;
      return { ...command, items: items === null ? null : await found(items, 'items', () => planOf(command)) };
    }
    case 'prices':
      return { ...command, prices: await found(command.prices, 'prices', () => planOf(command), sellerOf) };
    default:
      return command;
  }
}

const sellerOf = ({ sellerIndex }: NamedPrice): string => String(sellerIndex);

type Named = { readonly rateId: RateId } | { readonly mpn: string };
type Resolved<Item> = Item & { readonly rateId: RateId };

/** @param part what tells two entries for one rate apart where there may be two */
async function found<Item extends Named>(
  items: readonly Item[],
  field: string,
  planOf: () => Promise<LoadedPlan | undefined>,
  part: (item: Item) => string = () => '',
): Promise<Resolved<Item>[]> {
  const loaded = items.some((item) => 'mpn' in item) ? await planOf() : undefined;
  const reasons: Reason[] = [];
  const resolved: Resolved<Item>[] = [];
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const rateId = 'mpn' in item ? rateOf(item.mpn, loaded, `${field}.${index}.mpn`) : item.rateId;
    if (typeof rateId !== 'string') {
      reasons.push(rateId);
      continue;
    }
    const key = `${rateId}/${part(item)}`;
    if (seen.has(key)) {
      const name = 'mpn' in item ? 'mpn' : 'rate_id';
      const message = 'This product is named before. Name it once, with all that is wanted of it.';
      reasons.push({ code: 'lifecycle.named_twice', field: `${field}.${index}.${name}`, message });
    }
    seen.add(key);
    resolved.push({ ...item, rateId });
  }
  refuseAll(reasons);
  return resolved;
}

const shownMax = 20;

function rateOf(mpn: string, loaded: LoadedPlan | undefined, field: string): RateId | Reason {
  const rates = [...(loaded?.rates.values() ?? [])];
  const matching = rates.filter((rate) => rate.mpn === mpn);
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only.rateId;
  if (loaded === undefined) {
    const message = 'Your catalog has no such plan, so its products are unknown.';
    return { code: 'lifecycle.unknown_product', field, message };
  }
  if (only === undefined) {
    const known = rates.slice(0, shownMax).map((rate) => rate.mpn);
    const more = rates.length > shownMax ? ' and more' : '';
    const message = `${loaded.plan.name} has no product with MPN ${mpn}. It has ${known.join(', ')}${more}.`;
    return { code: 'lifecycle.unknown_product', field, message };
  }
  const told = matching.map((rate: Rate) => `${rate.rateId} of vendor ${rate.vendorCode}`).join(', ');
  const message = `${loaded.plan.name} has ${matching.length} products with MPN ${mpn}. Give a rate_id instead: ${told}.`;
  return { code: 'lifecycle.ambiguous_product', field, message };
}

/** What an edit of an intent may name of its command. */
export type CommandEdit = {
  readonly items?: readonly NamedItem[] | undefined;
  readonly cascade?: boolean | undefined;
  readonly reason?: string | undefined;
};

/** A planned command with other content; undefined where nothing of it is named. */
export function edited(command: LaterCommand, { items, cascade, reason }: CommandEdit): NamedCommand | undefined {
  const other = (field: string, kinds: string): never =>
    refuse(
      'lifecycle.not_of_this_intent',
      field,
      `What is planned is a ${command.kind}; only a ${kinds} has this. Leave it out, or take this back and plan another.`,
    );
  if (items !== undefined && command.kind !== 'change' && command.kind !== 'switch') other('items', 'change or switch');
  if (cascade !== undefined && command.kind !== 'change') other('cascade', 'change');
  if (reason !== undefined && command.kind !== 'cancel') other('reason', 'cancel');
  if (items === undefined && cascade === undefined && reason === undefined) return undefined;
  switch (command.kind) {
    case 'change':
      return { ...command, items: items ?? command.items, cascade: cascade ?? command.cascade };
    case 'switch':
      return { ...command, items: items ?? command.items };
    case 'cancel':
      return { ...command, reason: reason ?? command.reason };
    case 'auto_renewal':
    case 'convert':
      return command;
  }
}
