import { notFound, type AccountId, type PriceListId } from '@tierline/kernel';
import type { Database } from '../../platform/db/index.ts';
import { isWithin, type AccountNode, type Directory } from '../accounts/index.ts';
import type { PriceList, PriceRule } from './price.ts';
import { selectList, selectListPage, selectRules } from './store.ts';

export type PriceLists = ReturnType<typeof priceLists>;

/** Lists of prices as one account sees them: its own and those of accounts below it. Callers have authorized the actor. */
export function priceLists({ db, directory }: { readonly db: Database; readonly directory: Directory }) {
  /** The list with the account whose it is; another tenant's list is not found. */
  async function visible(within: AccountId, id: PriceListId): Promise<{ list: PriceList; node: AccountNode }> {
    const list = await selectList(db, id);
    if (list === undefined) throw notFound('price list');
    const node = await directory.get(list.accountId);
    if (!isWithin(node.account, within)) throw notFound('price list');
    return { list, node };
  }

  return {
    visible,
    of: (accountId: AccountId, page: Parameters<typeof selectListPage>[2]): Promise<PriceList[]> =>
      selectListPage(db, accountId, page),
    rules: (id: PriceListId): Promise<PriceRule[]> => selectRules(db, id),
  };
}
