-- Orders that are not done when they are stored: their vendor has to be told of a change, and its answer is waited for.

-- What of an order its vendor still has to be told, or to answer: one row for each subscription that it changed, kept until the
-- answer is there. `version`: that of the subscription with the change, so that the vendor is told in the order in which they
-- happened. `change` holds what was before and afterwards, for the request and for taking it back. `begun_at`: the vendor may have
-- been told since then; null: it was not.
create table order_work (
  owner_id uuid not null,
  subscription_id uuid not null,
  version int not null,
  order_id uuid not null,
  job_id uuid not null,
  change jsonb not null,
  begun_at timestamptz,
  primary key (owner_id, subscription_id, version),
  foreign key (owner_id, order_id) references orders (owner_id, id)
);
create index order_work_order on order_work (owner_id, order_id);

-- Why an order ended in error or was canceled.
alter table orders add column status_reason text;
