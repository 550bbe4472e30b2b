-- The channel: accounts and who may act for them, the catalog, prices on every edge, and the first sale.
--
-- Reference tables (accounts, access, catalog, prices) are few and read everywhere; on a distributed database they are
-- replicated. Business tables are keyed (owner_id, id), owner_id being the seller who owns the customer; they are
-- distributed by it and co-located, so foreign keys between them carry owner_id and no constraint spans owners.

-- accounts ---------------------------------------------------------------------------------------------------------

create sequence account_number_seq increment by 32 start with 1000001;
create sequence customer_number_seq increment by 32 start with 1000001;
create sequence order_serial_seq increment by 32 start with 1;
create sequence subscription_serial_seq increment by 32 start with 1;
create sequence plan_number_seq increment by 32 start with 10001;
create sequence rate_number_seq increment by 1024 start with 100001;

create table accounts (
  id uuid primary key,
  parent_id uuid references accounts,
  root_id uuid not null references accounts,
  -- From the root to the account itself: "is below" is one array test, without recursion.
  path uuid[] not null,
  kind text not null check (kind in ('provider', 'distributor', 'isp', 'msp', 'reseller')),
  name text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  time_zone text not null,
  country text not null,
  language text not null,
  status text not null check (status in ('active', 'suspended', 'closed')),
  number bigint not null unique,
  tenant_id text unique check (tenant_id ~ '^[A-Z0-9]{4,6}$'),
  external_id text,
  -- The group that this account belongs to among its parent's buyers, for price lists of groups.
  buyer_group text,
  price_floor text not null check (price_floor in ('none', 'cost')),
  profile jsonb not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((kind = 'provider') = (parent_id is null)),
  check (path[cardinality(path)] = id and path[1] = root_id)
);
create index accounts_parent on accounts (parent_id, id);
create index accounts_path on accounts using gin (path);

-- What a node may keep in memory is valid while these counters stand still. `account_revision` covers the account's own
-- row and everyone who may act for it; `catalog_revision` its plans, delegations and prices. changed_xid lets a node
-- find every change since its last look without missing one that committed late.
create table revisions (
  account_id uuid primary key references accounts,
  account_revision bigint not null,
  catalog_revision bigint not null,
  changed_xid xid8 not null
);
create index revisions_changed on revisions (changed_xid);

create table customers (
  owner_id uuid not null references accounts,
  id uuid not null,
  number bigint not null,
  name text not null,
  status text not null check (status in ('pending', 'active', 'credit_hold', 'admin_hold', 'canceled', 'error')),
  external_id text,
  language text not null,
  tax_registration_id text,
  buyer_group text,
  address jsonb not null,
  contacts jsonb not null,
  contact_emails text[] not null,
  attributes jsonb not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (owner_id, id)
);
-- Callers name a customer by its id alone; the owner is found with it.
create index customers_id on customers (id);
create index customers_number on customers (number);
create index customers_external on customers (owner_id, external_id) where external_id is not null;

-- access -----------------------------------------------------------------------------------------------------------

create table users (
  id uuid primary key,
  email text not null unique,
  name text not null,
  password_hash text not null,
  status text not null check (status in ('active', 'disabled')),
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table memberships (
  user_id uuid not null references users,
  account_id uuid not null references accounts,
  role text not null check (role in ('owner', 'admin', 'sales', 'billing', 'support', 'read_only')),
  created_at timestamptz not null,
  primary key (user_id, account_id)
);
create index memberships_account on memberships (account_id);

create table sessions (
  id uuid primary key,
  user_id uuid not null references users,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);

create table api_keys (
  id uuid primary key,
  account_id uuid not null references accounts,
  name text not null,
  role text not null check (role in ('owner', 'admin', 'sales', 'billing', 'support', 'read_only')),
  -- The first characters, shown so that a person can tell keys apart.
  prefix text not null,
  key_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_account on api_keys (account_id, id);

-- The secret is encrypted, not hashed: the protocol signs with it and shows it again to its owner.
create table lmpi_credentials (
  id uuid primary key,
  account_id uuid not null references accounts,
  access_token uuid not null unique,
  secret_encrypted bytea not null,
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index lmpi_credentials_account on lmpi_credentials (account_id, created_at);

create table simpleapi_users (
  id uuid primary key,
  account_id uuid not null references accounts,
  username text not null unique,
  password_hash text not null,
  client_id text not null,
  client_secret_hash bytea not null,
  subscription_key_hash bytea not null,
  marketplace text not null,
  -- Which edition of the documents the answers follow where the editions differ.
  profile text not null check (profile in ('21.0', '1.15')),
  created_at timestamptz not null,
  revoked_at timestamptz
);
create index simpleapi_users_account on simpleapi_users (account_id, id);

create table server_keys (
  purpose text primary key,
  key_encrypted bytea not null,
  created_at timestamptz not null
);

-- catalog ----------------------------------------------------------------------------------------------------------

create table vendors (
  id uuid primary key,
  root_id uuid not null references accounts,
  code text not null,
  name text not null,
  -- How this vendor's things are provisioned, and where a webhook goes.
  provisioning text not null check (provisioning in ('instant', 'webhook', 'manual')),
  webhook_url text,
  webhook_secret_encrypted bytea,
  version int not null,
  created_at timestamptz not null,
  unique (root_id, code),
  check (provisioning <> 'webhook' or webhook_url is not null)
);

create table data_centers (
  root_id uuid not null references accounts,
  code text not null,
  name text not null,
  primary key (root_id, code)
);

create table unit_types (
  root_id uuid not null references accounts,
  code text not null,
  name text not null,
  primary key (root_id, code)
);

create table products (
  id uuid primary key,
  root_id uuid not null references accounts,
  vendor_id uuid not null references vendors,
  code text not null check (code ~ '^[A-Z0-9]{9}$'),
  name text not null,
  type text not null check (type in ('saas', 'software', 'suite')),
  -- Products of this family are hidden from callers that speak a protocol older than the family.
  family text not null check (family in ('standard', 'vision_one')),
  service_name text not null,
  -- Unit types this product may be sold in, and data centers it may run in (empty: none to choose).
  unit_types text[] not null,
  data_centers text[] not null,
  status text not null check (status in ('active', 'end_of_sale', 'end_of_life')),
  version int not null,
  created_at timestamptz not null,
  unique (root_id, code)
);

create table suite_parts (
  suite_id uuid not null references products,
  product_id uuid not null references products,
  primary key (suite_id, product_id)
);

create table resources (
  id uuid primary key,
  root_id uuid not null references accounts,
  product_id uuid not null references products,
  vendor_id uuid not null references vendors,
  mpn text not null,
  name text not null,
  unit_type text not null,
  version int not null,
  created_at timestamptz not null,
  unique (vendor_id, mpn)
);
create index resources_product on resources (product_id);

create table service_plans (
  id uuid primary key,
  root_id uuid not null references accounts,
  -- The account that made the plan; everyone else has it by delegation.
  account_id uuid not null references accounts,
  number bigint not null unique,
  product_id uuid not null references products,
  name text not null,
  short_description text not null,
  long_description text not null,
  status text not null check (status in ('draft', 'published', 'retired')),
  -- The version that is sold today; 0 while the plan is a draft.
  current_version int not null,
  rate_count int not null,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, name)
);
create index service_plans_product on service_plans (product_id);

create table plan_versions (
  plan_id uuid not null references service_plans,
  version int not null,
  license_version text not null check (license_version in ('trial', 'full')),
  subscription_unit text not null check (subscription_unit in ('day', 'month', 'year')),
  subscription_count int not null check (subscription_count between 1 and 3660),
  billing_unit text not null check (billing_unit in ('day', 'month', 'year')),
  billing_count int not null check (billing_count between 1 and 3660),
  billing_model text not null check (billing_model in
    ('before_billing_period', 'after_billing_period', 'before_subscription_period', 'external_rating')),
  activation_policy text not null check (activation_policy in ('immediate', 'first_sign_in')),
  chargeable_months int not null check (chargeable_months between 0 and 120),
  auto_renewal_months int check (auto_renewal_months between 1 and 66),
  expiration_notice_days int not null check (expiration_notice_days between 0 and 366),
  grace_months int not null check (grace_months between 0 and 120),
  data_center text,
  unit_type text not null,
  managed boolean not null,
  -- What a missing price means: `required` refuses the sale, `free` sells at zero (plans whose money is settled elsewhere).
  pricing text not null check (pricing in ('required', 'free')),
  policies jsonb not null,
  rate_count int not null,
  published_at timestamptz,
  primary key (plan_id, version)
);

create table resource_rates (
  plan_id uuid not null,
  version int not null,
  position int not null,
  -- Stable over the versions of a plan; `number` is the same thing for people and for dialects with short ids.
  rate_id uuid not null,
  number bigint not null,
  resource_id uuid not null references resources,
  name text not null,
  quantity_min numeric not null check (quantity_min >= 0),
  quantity_max numeric not null,
  price_model text not null check (price_model in ('flat', 'tiered', 'volume')),
  charge_types text[] not null,
  depends_on uuid[] not null,
  -- Copied from the resource, which never changes them, so that a page of the catalog is one range read.
  mpn text not null,
  vendor_code text not null,
  service_name text not null,
  primary key (plan_id, version, position),
  foreign key (plan_id, version) references plan_versions,
  check (quantity_max >= quantity_min)
);
create index resource_rates_rate on resource_rates (rate_id, version);
create index resource_rates_number on resource_rates (number);
create index resource_rates_mpn on resource_rates (mpn, plan_id, version);

create table delegations (
  account_id uuid not null references accounts,
  plan_id uuid not null references service_plans,
  status text not null check (status in ('active', 'revoked')),
  -- Text that the account shows its own buyers instead of the plan's.
  name text,
  short_description text,
  price_floor text not null check (price_floor in ('none', 'cost')),
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (account_id, plan_id)
);
create index delegations_plan on delegations (plan_id);

create table price_lists (
  id uuid primary key,
  account_id uuid not null references accounts,
  name text not null,
  currency text not null,
  audience text not null check (audience in ('global', 'group', 'buyer')),
  buyer_group text,
  buyer_id uuid,
  effective_from date not null,
  effective_to date,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, name),
  check ((audience = 'group') = (buyer_group is not null)),
  check ((audience = 'buyer') = (buyer_id is not null)),
  check (effective_to is null or effective_to > effective_from)
);

-- An explicit price of one rate, or of a resource in whatever plan. All tiers of one target, charge type and date belong together.
create table prices (
  price_list_id uuid not null references price_lists,
  target_id uuid not null,
  charge_type text not null check (charge_type in ('setup', 'recurring', 'overuse')),
  effective_from date not null,
  lower_limit numeric not null check (lower_limit >= 0),
  target_kind text not null check (target_kind in ('rate', 'resource')),
  amount numeric not null check (amount >= 0),
  created_at timestamptz not null,
  primary key (price_list_id, target_id, charge_type, effective_from, lower_limit)
);
create index prices_target on prices (target_id, price_list_id);

-- Where no explicit price stands: what the account pays, plus a percentage, plus an amount.
create table price_rules (
  id uuid primary key,
  price_list_id uuid not null references price_lists,
  scope text not null check (scope in ('all', 'vendor', 'product', 'plan', 'rate')),
  scope_id uuid,
  charge_type text check (charge_type in ('setup', 'recurring', 'overuse')),
  percent numeric not null check (percent >= -100),
  amount numeric not null,
  decimals int check (decimals between 0 and 12),
  effective_from date not null,
  created_at timestamptz not null,
  check ((scope = 'all') = (scope_id is null))
);
create index price_rules_list on price_rules (price_list_id);

create table license_pools (
  account_id uuid not null references accounts,
  product_id uuid not null references products,
  license_version text not null check (license_version in ('trial', 'full')),
  available bigint not null check (available >= 0),
  updated_at timestamptz not null,
  primary key (account_id, product_id, license_version)
);

-- orders and subscriptions -----------------------------------------------------------------------------------------

create table orders (
  owner_id uuid not null references accounts,
  id uuid not null,
  serial bigint not null,
  type text not null check (type in ('sales', 'change', 'renewal', 'cancellation', 'migration')),
  status text not null check (status in ('submitted', 'processing', 'completed', 'error', 'canceled')),
  customer_id uuid not null,
  po_number text,
  surface text not null,
  placed_by text not null,
  currency text not null,
  total numeric not null,
  attributes jsonb,
  version int not null,
  placed_at timestamptz not null,
  completed_at timestamptz,
  primary key (owner_id, id),
  foreign key (owner_id, customer_id) references customers (owner_id, id)
);
create index orders_serial on orders (serial);
-- Without owner_id in front: with it, a plan made while the table is small may look up (owner_id, id) here, for every
-- foreign key check, instead of in the primary key. A customer has one owner anyway.
create index orders_customer on orders (customer_id, id);

create table subscriptions (
  owner_id uuid not null,
  id uuid not null,
  serial bigint not null,
  order_id uuid not null,
  customer_id uuid not null,
  plan_id uuid not null,
  plan_version int not null,
  name text not null,
  status text not null check (status in ('pending', 'active', 'hold', 'terminated', 'removed')),
  auto_renewal boolean not null,
  auto_renewal_months int,
  -- Boundaries are counted from the anchor, which stays as given; start and end are civil dates of the owner's zone.
  anchor_on date not null,
  start_on date not null,
  end_on date not null,
  start_charge_on date not null,
  attributes jsonb,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (owner_id, id),
  foreign key (owner_id, order_id) references orders (owner_id, id)
);
create index subscriptions_serial on subscriptions (serial);
create index subscriptions_customer on subscriptions (customer_id, id);
create index subscriptions_order on subscriptions (owner_id, order_id);

create table order_lines (
  owner_id uuid not null,
  order_id uuid not null,
  position int not null,
  subscription_id uuid not null,
  plan_id uuid not null,
  plan_version int not null,
  rate_id uuid not null,
  resource_id uuid not null,
  mpn text not null,
  vendor_code text not null,
  name text not null,
  quantity numeric not null,
  origin text not null check (origin in ('requested', 'dependency')),
  parameters jsonb,
  primary key (owner_id, order_id, position),
  foreign key (owner_id, order_id) references orders (owner_id, id)
);

create table subscription_items (
  owner_id uuid not null,
  subscription_id uuid not null,
  rate_id uuid not null,
  resource_id uuid not null,
  mpn text not null,
  vendor_code text not null,
  name text not null,
  quantity numeric not null,
  primary key (owner_id, subscription_id, rate_id),
  foreign key (owner_id, subscription_id) references subscriptions (owner_id, id)
);

create table licenses (
  owner_id uuid not null,
  id uuid not null,
  subscription_id uuid not null,
  product_id uuid not null,
  license_version text not null,
  activation_code text not null,
  units numeric not null,
  start_on date not null,
  end_on date not null,
  start_charge_on date not null,
  grace_months int not null,
  enabled boolean not null,
  primary key (owner_id, id),
  foreign key (owner_id, subscription_id) references subscriptions (owner_id, id)
);
create index licenses_subscription on licenses (owner_id, subscription_id);

-- One line of money on one edge for one period. Never changed; corrected only by further charges.
create table charges (
  owner_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  position int not null,
  subscription_id uuid not null,
  rate_id uuid not null,
  seller_id uuid not null,
  buyer_id uuid not null,
  type text not null check (type in ('setup', 'recurring', 'overuse', 'refund', 'adjustment')),
  quantity numeric not null,
  unit_price numeric not null,
  fraction_numerator int not null,
  fraction_denominator int not null check (fraction_denominator > 0),
  period_start date not null,
  period_end date not null,
  currency text not null,
  amount numeric not null,
  booked_on date not null,
  source jsonb not null,
  primary key (owner_id, id),
  foreign key (owner_id, order_id) references orders (owner_id, id)
);
create index charges_order on charges (owner_id, order_id);

-- events, retries, work to do --------------------------------------------------------------------------------------

create table events (
  owner_id uuid not null references accounts,
  id uuid not null,
  type text not null,
  subject_kind text not null,
  subject_id uuid not null,
  actor text not null,
  request_id text,
  at timestamptz not null,
  data jsonb not null,
  primary key (owner_id, id)
);
create index events_subject on events (owner_id, subject_id, id);

create table idempotency_keys (
  owner_id uuid not null references accounts,
  scope text not null,
  key text not null,
  request_hash bytea not null,
  subject_id uuid not null,
  response jsonb,
  created_at timestamptz not null,
  primary key (owner_id, scope, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);

create table jobs (
  owner_id uuid not null references accounts,
  id uuid not null,
  kind text not null,
  subject_id uuid not null,
  run_at timestamptz not null,
  attempts int not null,
  locked_until timestamptz,
  last_error text,
  payload jsonb not null,
  created_at timestamptz not null,
  primary key (owner_id, id)
);
create index jobs_due on jobs (run_at);

-- A guard of a committing statement: when the condition does not hold, the statement fails and with it all its writes.
create function refuse_unless(condition boolean, reason text) returns boolean language plpgsql as $$
begin
  if condition is not true then
    raise exception using errcode = 'TL001', message = reason;
  end if;
  return true;
end $$;
