-- Jobs that wait for the commit they were added in: docs/jobs.md of Covet has the statement.
create table covet_outbox (
  sequence bigint generated always as identity primary key,
  queue text not null,
  id uuid not null,
  name text not null,
  payload text not null,
  delay double precision not null,
  priority integer not null,
  policy jsonb not null,
  created_at timestamptz not null default clock_timestamp()
);
create index covet_outbox_queue on covet_outbox (queue, sequence);
