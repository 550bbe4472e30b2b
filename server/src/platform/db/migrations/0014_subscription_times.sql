-- Which subscriptions were created or changed in a range of time is found by the events that tell of it. An index on the
-- subscriptions' own instants would be written anew with every renewal; events are written once. Only those of
-- subscriptions are in it. Safe while the version before runs: it only adds an index.
create index events_subscriptions on events (owner_id, at) where subject_kind = 'subscription';
