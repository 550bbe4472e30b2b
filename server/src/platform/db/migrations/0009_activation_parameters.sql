-- What is asked for when a plan is ordered, such as the domain of a mail service: a list of definitions, each with its name, type and
-- rules. Null: nothing is asked for, and whatever is given is kept. A published version never changes, and neither does this.
-- Nullable without a default, so that the version of the server before this one, which writes whole rows, still can.
alter table plan_versions add column parameters jsonb;
