-- The life of a subscription: policies, clocks of their own, changes, due work.

-- policies -----------------------------------------------------------------------------------------------------------

-- What holds for the subscriptions to this vendor's products, where a plan version says nothing else: a document of the form
-- of plan_versions.policies. What a document does not say is the engine's default, so an empty one changes nothing.
alter table vendors add column policies jsonb not null default '{}';

-- what happens to subscriptions ------------------------------------------------------------------------------------

-- `life` holds what only decisions read: what is owed on each edge (windows, locked prices, exact sums), suspension, failed
-- renewals, origin. One value, written whole with every change, so that a renewal touches one row of this table.
alter table subscriptions add column hold_reason text check (hold_reason in ('suspended', 'expired', 'admin'));
alter table subscriptions add column not_for_resale boolean not null default false;
alter table subscriptions add column life jsonb;

-- The next instant at which anything is due for a subscription. A narrow row of its own: workers lock it while they decide, and
-- the indexes of subscriptions are left alone. sandbox_id: whose clock counts; null: the real one.
create table subscription_due (
  owner_id uuid not null,
  subscription_id uuid not null,
  sandbox_id uuid,
  due_at timestamptz not null,
  primary key (owner_id, subscription_id)
);
create index subscription_due_real on subscription_due (due_at) where sandbox_id is null;
create index subscription_due_sandbox on subscription_due (sandbox_id, due_at) where sandbox_id is not null;

-- A change that is to happen later. Never removed: it ends as done, canceled, dropped or failed, and says why.
create table intents (
  owner_id uuid not null,
  id uuid not null,
  subscription_id uuid not null,
  kind text not null check (kind in ('change', 'switch', 'cancel', 'move', 'auto_renewal')),
  -- At the end of the term, or on a date of the owner's zone.
  moment text not null check (moment in ('renewal', 'date')),
  due_on date,
  command jsonb not null,
  status text not null check (status in ('waiting', 'done', 'canceled', 'dropped', 'failed')),
  reason text,
  order_id uuid,
  version int not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (owner_id, id),
  foreign key (owner_id, subscription_id) references subscriptions (owner_id, id),
  check ((moment = 'date') = (due_on is not null))
);
create index intents_subscription on intents (owner_id, subscription_id, id);

-- Which customers have had the one trial of a plan. A row of its own, so that two orders at one moment can't both have it.
create table trials_used (
  owner_id uuid not null,
  customer_id uuid not null,
  plan_id uuid not null,
  order_id uuid not null,
  primary key (owner_id, customer_id, plan_id)
);

-- Billing of a period within a term is an order of its own kind, so that every charge has an order.
alter table orders drop constraint orders_type_check;
alter table orders add constraint orders_type_check check (type in ('sales', 'change', 'renewal', 'cancellation', 'migration', 'billing'));
alter table order_lines add column previous_quantity numeric;
alter table order_lines drop constraint order_lines_origin_check;
alter table order_lines add constraint order_lines_origin_check check (origin in ('requested', 'dependency', 'renewed', 'cascade'));
create index order_lines_subscription on order_lines (owner_id, subscription_id, order_id);
create index charges_subscription on charges (owner_id, subscription_id, id);

-- Who would be touched by other prices of a plan, or by its end.
create index subscriptions_plan on subscriptions (plan_id, id);

-- sandboxes ----------------------------------------------------------------------------------------------------------

-- A channel tree with a clock of its own, by its root account. While status is 'advancing', now_at is still the instant that
-- the clock is leaving, and advancing_to the one it goes to; who advances it holds no lock, so a killed process holds up nobody:
-- version tells whether somebody else took over.
create table sandboxes (
  root_id uuid primary key references accounts,
  name text not null,
  now_at timestamptz not null,
  advancing_to timestamptz,
  -- Whose sandbox it is; null: the operator's, made on the machine.
  created_by uuid references accounts,
  status text not null check (status in ('standing', 'advancing')),
  version int not null,
  created_at timestamptz not null,
  check ((status = 'advancing') = (advancing_to is not null)),
  check (advancing_to >= now_at)
);
create index sandboxes_created_by on sandboxes (created_by, root_id);

-- On every account of a sandbox its root, so that whoever reads an account knows whose clock counts; null in the real world.
alter table accounts add column sandbox_id uuid;

-- By id alone: whoever stands high in a channel names a subscription or an order without knowing whose it is, and looking under each of
-- thousands of owners would cost more with every partner.
create index subscriptions_id on subscriptions (id);
create index orders_id on orders (id);
