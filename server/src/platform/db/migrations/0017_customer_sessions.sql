-- People of customers sign in to the portal. A session is theirs as long as they are active people of the customer that it was opened for.
--
-- Subscriptions that wait for such a sign-in need no column: they say so among what only decisions read (life), as they wait once and few do.
-- The version before this one knows neither and goes on as it did; it sells no plan of that kind otherwise than it always has.

create table customer_sessions (
  id uuid primary key,
  user_id uuid not null references customer_users,
  -- Whom it was opened for: a person who belongs to another customer now has none.
  customer_id uuid not null,
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index customer_sessions_user on customer_sessions (user_id);
