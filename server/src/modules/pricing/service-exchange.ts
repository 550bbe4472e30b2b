import { invalid, newId, type AccountId } from '@tierline/kernel';
import { commit, eventNames, once, type Cause, type Database, type Revisions } from '../../platform/db/index.ts';
import { plainRate, rateReasons, type NewExchangeRate } from './exchange.ts';
import type { Supposition } from './supposition.ts';
import { insertRates, selectRates, type ExchangeRate, type RateFilter } from './store-exchange.ts';

export type ExchangeRates = ReturnType<typeof exchangeRates>;

/** How many rates one event names. */
const namedMax = 50;

/** Exchange rates of accounts. Callers have authorized the actor; `accountId` is whose rates they are. */
export function exchangeRates({ db, revisions }: { readonly db: Database; readonly revisions: Revisions }) {
  /** Adds rates. Nothing is overwritten: what was charged by an older rate of the day shows that one. */
  async function set(
    cause: Cause,
    accountId: AccountId,
    wanted: readonly NewExchangeRate[],
  ): Promise<readonly ExchangeRate[]> {
    const reasons = rateReasons(wanted);
    if (reasons.length > 0) throw invalid(reasons);
    const setAt = cause.at.toString();
    const rates = wanted.map((rate): ExchangeRate => ({
      ...rate,
      rate: plainRate(rate.rate),
      id: newId<'exchange_rate'>(),
      accountId,
      setBy: cause.actor,
      setAt,
    }));
    const answer = await commit(db, {
      cause,
      subjectId: accountId,
      answer: rates,
      writes: [{ run: insertRates(db, rates), expect: rates.length }],
      events: [
        {
          ownerId: accountId,
          type: 'exchange_rates.set',
          subjectKind: 'account',
          subjectId: accountId,
          data: { count: rates.length, rates: wanted.slice(0, namedMax).map(eventNames) },
        },
      ],
      revise: [{ accountId, what: 'catalog' }],
    });
    await revisions.refresh();
    return answer;
  }

  /** Rates as they would be, to be looked at first; refused as setting them is. */
  function suppose(accountId: AccountId, wanted: readonly NewExchangeRate[]): Supposition {
    const reasons = rateReasons(wanted);
    if (reasons.length > 0) throw invalid(reasons);
    const rates = wanted.map((rate) => ({ ...rate, rate: plainRate(rate.rate) }));
    return { listId: null, entries: [], rules: [], rates: { accountId, rates } };
  }

  return {
    suppose,
    set: (...input: Parameters<typeof set>) => once(db, input[0], () => set(...input)),
    of: (accountId: AccountId, filter: RateFilter): Promise<ExchangeRate[]> => selectRates(db, accountId, filter),
  };
}
