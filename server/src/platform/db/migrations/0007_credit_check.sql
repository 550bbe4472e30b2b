-- Whether the customer's credit is to be checked for an order, where somebody has said so.

-- Null for every order that nobody said anything of, so that placing one writes nothing more. Safe while the previous version runs:
-- it neither reads nor writes the column.
alter table orders add column credit_check boolean;
