create table audit_log (
  id bigint generated always as identity primary key,
  admin_id integer not null references users (id),
  action text not null,
  details jsonb not null,
  created_at timestamptz not null default now()
);
