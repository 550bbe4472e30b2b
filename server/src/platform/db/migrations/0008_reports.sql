-- Reports: what an account has exported about its own charges, by itself or once, and the files that came of it.
--
-- Business tables of the account that the report is for: owner_id is that account, whosever customers the rows are about.

create table report_generators (
  owner_id uuid not null references accounts,
  id uuid not null,
  name text not null,
  data_set text not null check (data_set in ('orders', 'payments')),
  format text not null check (format in ('csv', 'json', 'xml', 'xlsx')),
  schedule text not null check (schedule in ('daily', 'monthly', 'on_invoice', 'once')),
  status text not null check (status in ('active', 'paused')),
  -- The first day that no report has covered yet, and the instant at which the period that begins with it is over;
  -- null: nothing runs by itself.
  next_on date,
  next_at timestamptz,
  -- Whose clock counts; null: the real one.
  sandbox_id uuid,
  version int not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (owner_id, id),
  unique (owner_id, name),
  check ((next_on is null) = (next_at is null))
);
create index report_generators_due on report_generators (next_at) where sandbox_id is null and next_at is not null;
create index report_generators_sandbox on report_generators (sandbox_id, next_at) where sandbox_id is not null and next_at is not null;

create table reports (
  owner_id uuid not null references accounts,
  id uuid not null,
  generator_id uuid not null,
  -- As the generator was when the report was ordered, so that a later change of it changes no report.
  name text not null,
  customization_name text,
  data_set text not null check (data_set in ('orders', 'payments')),
  format text not null check (format in ('csv', 'json', 'xml', 'xlsx')),
  type text not null check (type in ('daily', 'monthly', 'on_invoice', 'onetime')),
  status text not null check (status in ('submitted', 'processing', 'completed', 'error')),
  -- Days that it covers, the last one not included.
  start_on date not null,
  end_on date not null,
  -- When it may be made; and whether the job that makes it was queued.
  due_at timestamptz not null,
  is_queued boolean not null,
  sandbox_id uuid,
  -- Which run of the job wrote the file: pieces of runs that were cut off are no part of it.
  attempt int not null,
  row_count bigint,
  byte_count bigint,
  content_hash bytea,
  error_code text,
  error_message text,
  created_at timestamptz not null,
  completed_at timestamptz,
  expires_at timestamptz not null,
  primary key (owner_id, id),
  foreign key (owner_id, generator_id) references report_generators (owner_id, id),
  check (end_on > start_on)
);
-- A period is reported once by itself, whoever finds it due.
create unique index reports_period on reports (owner_id, generator_id, start_on) where type <> 'onetime';
create index reports_generator on reports (owner_id, generator_id, id);
create index reports_id on reports (id);
create index reports_due on reports (due_at) where not is_queued;
create index reports_expiry on reports (expires_at);

-- A file in pieces, so that neither writing nor reading one of any size holds it in memory.
create table report_pieces (
  owner_id uuid not null,
  report_id uuid not null,
  attempt int not null,
  position int not null,
  content bytea not null,
  primary key (owner_id, report_id, attempt, position),
  foreign key (owner_id, report_id) references reports (owner_id, id) on delete cascade
);
-- It is compressed already or read once; trying to compress it again costs more than it saves.
alter table report_pieces alter column content set storage external;
