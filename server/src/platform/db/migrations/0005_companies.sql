-- Sellers and customers as companies: their facts, what a hold of an account stops, who signs in for a customer.
-- Safe while the version before runs: columns have defaults, and a status that it does not know is one that does not order there.

-- sellers ------------------------------------------------------------------------------------------------------------

-- Address, contacts, tax facts and attributes of a seller, as one document; null: nobody told. The e-mail addresses of its
-- contacts stand beside it, in lower case, because sellers are looked for by them.
alter table accounts add column company jsonb;
alter table accounts add column contact_emails text[] not null default '{}';
alter table accounts drop constraint accounts_status_check;
alter table accounts add constraint accounts_status_check
  check (status in ('pending', 'active', 'credit_hold', 'suspended', 'closed', 'error'));

-- customers ----------------------------------------------------------------------------------------------------------

create index customers_emails on customers using gin (contact_emails);
-- Customers whose services do not run. Few, and asked for whenever subscriptions are looked for by their status.
create index customers_held on customers (owner_id, id) where status in ('admin_hold', 'canceled');

-- people -------------------------------------------------------------------------------------------------------------

-- The name that a person signs in with beside the e-mail address, where one was chosen.
alter table users add column login text unique;

-- People of a customer, for its panel. A login is one of the installation, as it is for users, so this is no business data of
-- an owner; for the same reason nothing refers to the customer's row.
create table customer_users (
  id uuid primary key,
  owner_id uuid not null references accounts,
  customer_id uuid not null,
  login text not null unique,
  email text not null,
  name text not null,
  password_hash text not null,
  status text not null check (status in ('active', 'disabled')),
  created_at timestamptz not null
);
create index customer_users_customer on customer_users (customer_id, id);
