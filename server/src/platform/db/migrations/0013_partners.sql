-- Partners over LMPI: where their data lives, what they take part in, and when a pair of keys ends.
-- Safe while the version before runs: it names the columns it writes, and all of these have defaults or may be null.

-- The code of the data center that new services of the account live in where nobody says otherwise; null: not told.
alter table accounts add column data_center text check (data_center ~ '^[A-Za-z0-9]{1,10}$');
-- Whether the account manages its customers in Remote Manager.
alter table accounts add column remote_manager boolean not null default false;
-- Whether the account has moved to Trend Vision One for Service Providers.
alter table accounts add column vision_one boolean not null default false;

-- When a pair of keys stops to work by itself, because a younger one took its place; null: when it is revoked. A version that
-- does not know the column lets a pair sign a little longer, until it is replaced by this one.
alter table lmpi_credentials add column expires_at timestamptz;
