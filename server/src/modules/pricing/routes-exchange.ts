import { exchangeRateRoutes, type ExchangeRate as Shown, type Impact } from '@tierline/contract';
import type { AccountId } from '@tierline/kernel';
import { afterId, ok, pageById, type Bind } from '../../platform/http/index.ts';
import type { Principal } from '../access/index.ts';
import type { AccountsService } from '../accounts/index.ts';
import type { ExchangeRates } from './service-exchange.ts';
import type { ExchangeRate } from './store-exchange.ts';
import type { Supposition } from './supposition.ts';

type Services = {
  readonly rates: ExchangeRates;
  readonly accounts: AccountsService;
  /** What rates would do to renewals. */
  readonly impactOf: (
    accountId: AccountId,
    change: { readonly kind: 'exchange'; readonly supposed: Supposition },
    query: { readonly cursor?: string | undefined; readonly limit: number },
  ) => Promise<Impact>;
};

export function bindExchangeRates(bind: Bind<Principal>, { rates, accounts, impactOf }: Services): void {
  bind(exchangeRateRoutes.listExchangeRates, async ({ caller, params, query }) => {
    const { account } = await accounts.visible(caller.accountId, params.account_id);
    const { from, to, on, limit } = query;
    const rows = await rates.of(account.id, {
      from,
      to,
      on,
      before: afterId<'exchange_rate'>(query),
      limit: limit + 1,
    });
    return ok(pageById(rows, query, showRate));
  });

  bind(exchangeRateRoutes.setExchangeRates, async ({ caller, params, query, body, cause }) => {
    const { account } = await accounts.visible(caller.accountId, params.account_id);
    const wanted = body.rates.map(({ effective_on: date, ...rate }) => ({ ...rate, date }));
    if (query.preview) {
      const change = { kind: 'exchange', supposed: rates.suppose(account.id, wanted) } as const;
      return ok(await impactOf(caller.accountId, change, query));
    }
    return ok({ data: (await rates.set(cause, account.id, wanted)).map(showRate) });
  });
}

function showRate({ id, from, to, rate, date, setBy, setAt }: ExchangeRate): Shown {
  return { id, from, to, rate, effective_on: date, set_by: setBy, set_at: setAt };
}
