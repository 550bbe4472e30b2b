-- A trial's conversion can be planned too. The rule gets wider, so whatever the version before this one writes still fits it; rows are
-- not looked at again, because each of them kept the narrower rule.
alter table intents drop constraint intents_kind_check;
alter table intents add constraint intents_kind_check
  check (kind in ('change', 'switch', 'cancel', 'move', 'auto_renewal', 'convert')) not valid;
