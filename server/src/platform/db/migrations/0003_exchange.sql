-- Prices in one currency, bills in another.

-- What a buyer is billed in by its seller. Null: the currency of the price list, as before. Both columns may be added while the
-- version before runs: it neither reads nor writes them.
alter table accounts add column billing_currency text check (billing_currency ~ '^[A-Z]{3}$');
alter table customers add column billing_currency text check (billing_currency ~ '^[A-Z]{3}$');

-- One unit of from_currency in units of to_currency, for the prices of an account and of those below it that set none of their
-- own. A rate counts from its day on until a younger day has one. Rows are only ever added: of two for one day the younger
-- counts, and what an older one was charged by stays to be seen.
create table exchange_rates (
  account_id uuid not null references accounts,
  from_currency text not null check (from_currency ~ '^[A-Z]{3}$'),
  to_currency text not null check (to_currency ~ '^[A-Z]{3}$'),
  effective_on date not null,
  id uuid not null,
  rate numeric not null check (rate > 0),
  set_by text not null,
  set_at timestamptz not null,
  primary key (account_id, from_currency, to_currency, effective_on, id),
  check (from_currency <> to_currency)
);
