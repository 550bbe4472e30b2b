-- License pools that sales draw on, and how a pool is filled again.

-- Whose pool a sale of the plan takes its units from: `owner`, that of the account that made the plan. Null: from none.
-- Nullable without a default, so that the version of the server before this one, which writes whole rows, still can.
alter table plan_versions add column license_pool text check (license_pool = 'owner');

-- `owed`: units that were given back and had to be taken again when there were none left (a vendor refused what had been given back).
-- What comes next pays them off, so a pool never has units and owes some.
-- `refill_step`: units of one refill where they are minted. `auto_refill_below`: 0 is off; when fewer are left, half as many again as
-- this number are minted, as often as it takes. `may_refill`: whether its parent lets it fill itself. `maximum`: up to how many units it is
-- filled from its parent's pool. `minimum`: below it the pool is told to be low, no more.
alter table license_pools
  add column owed bigint not null default 0 check (owed >= 0),
  add column refill_step bigint not null default 500 check (refill_step between 1 and 1000000000),
  add column auto_refill_below bigint not null default 0 check (auto_refill_below between 0 and 1000000000),
  add column may_refill boolean not null default false,
  add column maximum bigint not null default 0 check (maximum between 0 and 1000000000),
  add column minimum bigint not null default 0 check (minimum between 0 and 1000000000),
  add constraint license_pools_owes_when_empty check (available = 0 or owed = 0);
