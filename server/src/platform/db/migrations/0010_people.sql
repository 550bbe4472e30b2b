-- Customers tell what LMPI wants to know of them, and the people who sign in for them have a profile of their own.
--
-- A login is no longer one of the installation but one of a channel: of the nearest distributor or ISP above the customer, or else of the
-- root (LMPI reference, part 1, 5.1). So one unique key makes way for another. While the version before this one still runs beside
-- it, that one refuses logins that come with a customer, because its statement names the key that is gone; it stores nothing
-- wrong, and everything else works there. Every column that it does not know has a default or may be null.

alter table customers add column note text;
-- Addresses with a semicolon between them, for incidents.
alter table customers add column emergency_email text;
-- Codes of the lists in modules/codes.
alter table customers add column industry text;
alter table customers add column company_size text;
-- Customers are asked for by the period in which they were made.
create index customers_created on customers (owner_id, created_at, id);

alter table customer_users add column channel_id uuid references accounts;
alter table customer_users add column first_name text not null default '';
alter table customer_users add column last_name text not null default '';
alter table customer_users add column phone_area_code text;
alter table customer_users add column phone_number text;
alter table customer_users add column phone_extension text;
-- An IANA zone and a language tag; null: those of the seller and of the customer.
alter table customer_users add column time_zone text;
alter table customer_users add column language text;
alter table customer_users add column version int not null default 1;
-- When the profile was changed last; null: never since it was made.
alter table customer_users add column modified_at timestamptz;
-- What proves that somebody may choose a password, as a hash, and until when it is good. Gone once it was used.
alter table customer_users add column reset_token_hash bytea;
alter table customer_users add column reset_expires_at timestamptz;

update customer_users people set
  first_name = split_part(people.name, ' ', 1),
  last_name = ltrim(substr(people.name, length(split_part(people.name, ' ', 1)) + 1)),
  channel_id = coalesce(
    (select above.id from accounts owner
       cross join unnest(owner.path) with ordinality as step (id, depth)
       join accounts above on above.id = step.id and above.kind in ('distributor', 'isp')
     where owner.id = people.owner_id order by step.depth desc limit 1),
    (select root_id from accounts where id = people.owner_id));

alter table customer_users alter column channel_id set not null;
alter table customer_users drop constraint customer_users_login_key;
create unique index customer_users_login on customer_users (channel_id, lower(login));
create unique index customer_users_reset on customer_users (reset_token_hash) where reset_token_hash is not null;
create index customer_users_modified on customer_users (owner_id, modified_at, id) where modified_at is not null;
