-- Billing reports: what a partner was provisioned, used and charged in a month, and the review of it by its seller and the vendor.
--
-- Business tables of the partner that the report is about (owner_id). Everything new is beside what there was, so the version before
-- runs on; months that end while it does are opened by whoever comes next.

-- Up to which month the reports of an account were opened. A row for every account below a root; of one that makes no reports of
-- its own (a reseller below a distributor) both dates are null.
create table billing_calendars (
  owner_id uuid primary key references accounts,
  -- The first day of the month that is opened next, and the instant from which it can be.
  next_on date,
  next_at timestamptz,
  -- Whose clock counts; null: the real one.
  sandbox_id uuid,
  check ((next_on is null) = (next_at is null)),
  check (extract(day from next_on) = 1)
);
create index billing_calendars_due on billing_calendars (next_at) where sandbox_id is null and next_at is not null;
create index billing_calendars_sandbox on billing_calendars (sandbox_id, next_at) where sandbox_id is not null and next_at is not null;

-- What a seller asks of its partners; a row whose partner is the seller itself holds for all that have none of their own.
create table billing_report_terms (
  seller_id uuid not null references accounts,
  partner_id uuid not null references accounts,
  -- Days after the end of the month at which a report is submitted by itself.
  submit_after_days int not null check (submit_after_days between 1 and 60),
  -- Up to which percentage units may be provisioned without use, or not charged for, without a comment.
  tolerance_percent numeric not null check (tolerance_percent between 0 and 100),
  version int not null,
  updated_at timestamptz not null,
  primary key (seller_id, partner_id)
);

create table billing_reports (
  owner_id uuid not null references accounts,
  id uuid not null,
  -- The edges that it is about: from the seller to the partner, and from whom the seller buys (null: the seller is the root).
  seller_id uuid not null references accounts,
  upper_id uuid references accounts,
  root_id uuid not null references accounts,
  -- That of the partner: who stands on it sees the report.
  path uuid[] not null,
  -- As they were when it was opened, so that a report stays what it was.
  partner_kind text not null,
  partner_name text not null,
  partner_city text,
  partner_state text,
  currency text not null,
  tolerance_percent numeric not null,
  submit_after_days int not null,
  month_on date not null check (extract(day from month_on) = 1),
  status text not null check (status in ('preparing', 'under_review', 'approved', 'rejected', 'completed')),
  -- How it came under review the last time.
  review text check (review in ('automatic', 'automatic_with_penalties', 'manual', 'returned')),
  -- Why it was rejected or returned the last time.
  note text,
  po_number text,
  -- When it is submitted by itself; null while it can't be submitted.
  submit_at timestamptz,
  submitted_at timestamptz,
  sandbox_id uuid,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (owner_id, id),
  -- A month is reported once, whoever finds it due.
  unique (owner_id, month_on),
  check ((submit_at is not null) = (status in ('preparing', 'rejected')))
);
create index billing_reports_id on billing_reports (id);
create index billing_reports_path on billing_reports using gin (path);
create index billing_reports_due on billing_reports (submit_at) where sandbox_id is null and submit_at is not null;
create index billing_reports_sandbox on billing_reports (sandbox_id, submit_at) where sandbox_id is not null and submit_at is not null;

-- One line for each product, unit and currency. Only chargeable units, comment and penalty ever change.
create table billing_report_lines (
  owner_id uuid not null,
  report_id uuid not null,
  position int not null,
  product_id uuid not null,
  product_name text not null,
  unit_type text not null,
  provisioned numeric not null,
  -- null: the product told nothing of its use.
  used numeric,
  chargeable numeric not null check (chargeable >= 0),
  comment text,
  is_penalized boolean not null default false,
  -- What the seller takes from the partner: sums of the ledger, and the price of a unit where there is one only.
  price_currency text,
  price_unit numeric,
  price_charges numeric,
  price_credits numeric,
  -- What the seller pays for the same.
  cost_currency text,
  cost_unit numeric,
  cost_charges numeric,
  cost_credits numeric,
  primary key (owner_id, report_id, position),
  foreign key (owner_id, report_id) references billing_reports (owner_id, id),
  check ((price_currency is null) = (price_charges is null) and (price_currency is null) = (price_credits is null)),
  check ((cost_currency is null) = (cost_charges is null) and (cost_currency is null) = (cost_credits is null))
);

-- Accounts that are there already begin with the month that is running now: what is long over was billed some other way.
insert into billing_calendars (owner_id, next_on, next_at, sandbox_id)
select id, month_on, case when month_on is not null then greatest((month_on + interval '1 month') at time zone zone,
  (month_on + interval '1 month') at time zone upper_zone) + interval '1 hour' end, sandbox_id
from (
  select a.id, a.sandbox_id, seller.time_zone as zone, coalesce(upper.time_zone, seller.time_zone) as upper_zone,
    case when (a.kind in ('distributor', 'isp')
        or not exists (select 1 from accounts x where x.id = any(a.path) and x.id <> a.id and
          (x.kind in ('msp', 'reseller') or (a.kind = 'reseller' and x.kind <> 'provider'))))
      then date_trunc('month', coalesce(s.now_at, now()) at time zone seller.time_zone)::date end as month_on
  from accounts a
  join accounts seller on seller.id = a.parent_id
  left join accounts upper on upper.id = seller.parent_id
  left join sandboxes s on s.root_id = a.sandbox_id
) begun;
