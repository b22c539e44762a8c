create table teams (
  id integer generated always as identity primary key,
  name text not null unique,
  created_at timestamptz not null default now()
);
alter table users add column team_id integer references teams (id);

-- Requests of a team run as this role, for which the policy below holds. Another database of the server may have it already.
do $$ begin
  create role blog_team;
exception when duplicate_object or unique_violation then null;
end $$;
grant blog_team to current_user;

create table notes (
  id integer generated always as identity primary key,
  team text not null default current_setting('covet.tenant'),
  author_id integer not null,
  text text not null,
  created_at timestamptz not null default now()
);
create index notes_team_idx on notes (team, id desc);
alter table notes enable row level security;
alter table notes force row level security;
create policy team on notes using (team = current_setting('covet.tenant'));
grant select, insert on notes to blog_team;
