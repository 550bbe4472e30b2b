-- What a SimpleAPI key may call is said of the key itself where it is to differ from the setting; and what a vendor calls a subscription.

-- Null is what the setting says, 0 is no limit. Safe while the previous version runs: it neither reads nor writes these columns.
alter table simpleapi_users add column calls_per_minute int check (calls_per_minute >= 0);
alter table simpleapi_users add column calls_per_day int check (calls_per_day >= 0);

-- Told by the vendor when it provisioned the subscription; null where it told nothing, so that a sale writes nothing more.
alter table subscriptions add column vendor_subscription_id text;
