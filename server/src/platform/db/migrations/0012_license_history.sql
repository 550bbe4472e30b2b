-- What reports about licenses tell of a month, so that they tell the same whenever they are asked: what a license was until each of
-- its changes, what customers, partners and products were called until they were called otherwise, and how much of a license was used.
--
-- All three only grow at their end. A sale adds nothing: as long as a license was never changed, what it is is what it was.

-- One row for each change that reports tell of, with what was before it; what came after it is in the row of the next change, or in
-- licenses and subscriptions as they are. `until_at`: when it was changed, or when that was found out, where that was much later.
-- `version`: that of the subscription before the change, which puts changes of one instant in order. Customers never change hands
-- within one subscription, so they stand there only.
create table license_history (
  owner_id uuid not null,
  license_id uuid not null,
  until_at timestamptz not null,
  version int not null,
  subscription_id uuid not null,
  plan_id uuid not null,
  plan_version int not null,
  name text not null,
  status text not null,
  product_id uuid not null,
  license_version text not null,
  units numeric not null,
  start_on date not null,
  end_on date not null,
  start_charge_on date not null,
  enabled boolean not null,
  primary key (owner_id, license_id, until_at, version)
);
-- The changes of a month, without reading those of others.
create index license_history_month on license_history (owner_id, until_at);
-- The sales of a month. It is never updated, so updates of a subscription stay as cheap as they were.
create index subscriptions_created on subscriptions (owner_id, created_at);

-- Changes so far, out of the events that tell of them: each carries the fields that it set.
with told as (
  select owner_id, subject_id, at, data -> 'set' as set, row_number() over (partition by owner_id, subject_id order by id) as n
  from events where subject_kind = 'subscription' and data ? 'set'
), filled as (
  select t.*,
    (array_agg(set -> 'licenses') filter (where set ? 'licenses') over before)[1] as licenses,
    (array_agg(set ->> 'plan_id') filter (where set ? 'plan_id') over before)[1] as plan_id,
    (array_agg(set ->> 'plan_version') filter (where set ? 'plan_version') over before)[1] as plan_version,
    (array_agg(set ->> 'name') filter (where set ? 'name') over before)[1] as name,
    (array_agg(set ->> 'status') filter (where set ? 'status') over before)[1] as status
  from told t
  -- The youngest first, so that the first of an aggregate is what was set last.
  window before as (partition by owner_id, subject_id order by n desc rows between 1 following and unbounded following)
)
insert into license_history (owner_id, license_id, until_at, version, subscription_id, plan_id, plan_version, name, status, product_id,
  license_version, units, start_on, end_on, start_charge_on, enabled)
select f.owner_id, l.id, f.at, f.n - 1, f.subject_id, f.plan_id::uuid, f.plan_version::int, f.name, f.status, l.product_id, l.license_version,
  l.units, l.start_on, l.end_on, l.start_charge_on, l.enabled
from filled f cross join lateral jsonb_to_recordset(f.licenses) as l (id uuid, product_id uuid, license_version text, units numeric,
  start_on date, end_on date, start_charge_on date, enabled boolean)
where f.licenses is not null and f.plan_id is not null and f.status is not null
  and f.set ?| array['licenses', 'plan_id', 'plan_version', 'name', 'status'];

-- What something was called until an instant: a customer, an account, or a product, whose owner is the root of its channel. What it
-- is called now stands with it. City and state: those of the address of a customer.
create table former_names (
  owner_id uuid not null references accounts,
  subject_id uuid not null,
  until_at timestamptz not null,
  name text not null,
  city text,
  state text,
  primary key (owner_id, subject_id, until_at)
);

-- How much of a license was used in a month of its owner's calendar: the newest reading and the highest one. No row: nobody knows.
create table license_usage (
  owner_id uuid not null references accounts,
  license_id uuid not null,
  month_on date not null check (extract(day from month_on) = 1),
  used numeric not null check (used >= 0),
  read_at timestamptz not null,
  highest numeric not null,
  highest_at timestamptz not null,
  subscription_id uuid not null,
  updated_at timestamptz not null,
  primary key (owner_id, license_id, month_on)
);
create index license_usage_subscription on license_usage (subscription_id, month_on);
