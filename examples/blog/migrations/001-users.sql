create table users (
  id integer generated always as identity primary key,
  username text not null,
  email text not null,
  password_hash text not null,
  permissions text[] not null default '{}',
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  deleted_at timestamptz
);

-- Names and addresses differ by more than case, and are free again when their user is deleted.
create unique index users_username_key on users (lower(username)) where deleted_at is null;
create unique index users_email_key on users (lower(email)) where deleted_at is null;
create index users_created_at_idx on users (created_at);

-- Access tokens, by their hash: who reads this table cannot use them.
create table tokens (
  hash text primary key,
  user_id integer not null references users (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index tokens_user_id_idx on tokens (user_id);
