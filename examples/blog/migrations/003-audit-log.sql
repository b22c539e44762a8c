-- The trail of auditLog(): docs/data.md of Covet has the statements.
create table audit_log (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  action text not null,
  target_type text,
  target_id text,
  before jsonb,
  after jsonb,
  details jsonb,
  tenant text,
  request_id text,
  ip text
);
create index audit_log_target on audit_log (target_type, target_id);
create index audit_log_actor on audit_log (actor);

create function audit_log_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'an audit trail is only added to' using errcode = 'insufficient_privilege';
end $$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function audit_log_refuse();
