import type { Client } from '@tierline/client';
import type { Intent } from '@tierline/contract';
import type { Given, OptionSpec } from './command.ts';
import { CommandError } from './failure.ts';
import { checkId, given as only } from './list.ts';

type NewLine = Parameters<Client['placeOrder']>[0]['body']['lines'][number];
type Deal = NonNullable<NewLine['deals']>[number];
type Name = { readonly mpn?: string | undefined; readonly rate_id?: string | undefined };

export const dealOption: OptionSpec = {
  flags: '--deal <deal...>',
  describe:
    'MPN=18.50 (or rate:ID=18.50): a special price for one unit and one billing period; MPN=10%: a share off; MPN=-2.50: an amount off. With `,terms=` (a number or all), `,seller=`, `,type=`, `,currency=` and `,from=renewal` where more is agreed on',
};

export const ratePrefix = 'rate:';

const types = ['recurring', 'setup', 'overuse'] as const;
const detailNames = ['terms', 'seller', 'type', 'currency', 'from'];

/** Products with what was agreed on about each; a deal about a product that is not named is refused. */
export function withDeals<Item extends Name>(items: readonly Item[], given: Given) {
  const agreed = given.many('deal').map((text) => ({ text, ...parseDeal(text) }));
  const isAbout = (item: Item, { name }: { readonly name: Name }): boolean =>
    name.mpn === undefined ? item.rate_id === name.rate_id : item.mpn === name.mpn;
  const stray = agreed.find((one) => !items.some((item) => isAbout(item, one)));
  if (stray !== undefined) {
    const message = `${JSON.stringify(stray.text)} is about a product that is not named here. Name it with its quantity too.`;
    throw new CommandError('usage', message);
  }
  return items.map((item): Item & { deals?: Deal[] } => {
    const deals = agreed.filter((one) => isAbout(item, one)).map(({ deal }) => deal);
    return deals.length === 0 ? item : { ...item, deals };
  });
}

/** `MPN=VALUE,terms=2,seller=ID`; an MPN may hold `=`, so the last one of the first part counts. */
export function parseDeal(text: string): { readonly name: Name; readonly deal: Deal } {
  const [first = '', ...more] = text.split(',');
  const at = first.lastIndexOf('=');
  const [name, value] = [first.slice(0, at).trim(), first.slice(at + 1).trim()];
  if (at < 1 || name === '' || !/^(-?\d+(\.\d+)?|\d+(\.\d+)?%)$/.test(value)) {
    throw new CommandError(
      'usage',
      `A deal is MPN=PRICE, MPN=PERCENT% or MPN=-AMOUNT, such as HR-SEAT=18.50 or HR-SEAT=10%, not ${JSON.stringify(text)}.`,
    );
  }
  const details = new Map(
    more.map((part) => {
      const [key = '', detail = ''] = part.split('=').map((piece) => piece.trim());
      return [key, detail] as const;
    }),
  );
  const unknown = [...details.keys()].filter((key) => !detailNames.includes(key));
  if (unknown.length > 0) {
    throw new CommandError('usage', `A deal has ${detailNames.join(', ')}, not ${unknown.join(', ')}.`);
  }
  const seller = details.get('seller');
  const deal = {
    ...worthOf(value),
    ...only({
      terms: termsOf(details.get('terms')),
      seller_id: seller === undefined ? undefined : checkId(seller, 'an account'),
      charge_type: oneOf('type', details.get('type'), types),
      currency: details.get('currency'),
      from: oneOf('from', details.get('from'), ['now', 'renewal'] as const),
    }),
  };
  return {
    // MPNs may look like ids, so an id is named as one.
    name: name.startsWith(ratePrefix) ? { rate_id: name.slice(ratePrefix.length) } : { mpn: name },
    deal,
  };
}

function worthOf(value: string): Pick<Deal, 'unit_price' | 'discount'> {
  if (value.endsWith('%')) return { discount: { percent: value.slice(0, -1) } };
  return value.startsWith('-') ? { discount: { amount: value.slice(1) } } : { unit_price: value };
}

function termsOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === 'all') return null;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new CommandError('usage', `terms is a number, such as 3, or all, not ${JSON.stringify(text)}.`);
}

function oneOf<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  const chosen = choices.find((choice) => choice === text);
  if (text !== undefined && chosen === undefined) {
    throw new CommandError('usage', `${name} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}.`);
  }
  return chosen;
}

export type PlannedItem = NonNullable<Extract<Intent['command'], { kind: 'switch' }>['items']>[number];

/** What was agreed on about something planned, in words: ` at 18.5 (2 terms)`. */
export function dealsInWords({ deals = [] }: PlannedItem): string {
  const words = deals.map(({ unit_price: price, tiers, discount, terms, charge_type: type }) => {
    const worth =
      price ??
      (discount === undefined
        ? `${tiers?.length ?? 0} tiers`
        : 'percent' in discount
          ? `${discount.percent}% off`
          : `${discount.amount} off`);
    const how = terms === null ? 'all terms' : terms === 1 ? '1 term' : `${terms} terms`;
    return `${type === 'recurring' ? '' : `${type} `}${worth}, ${how}`;
  });
  return words.length === 0 ? '' : ` (${words.join('; ')})`;
}
