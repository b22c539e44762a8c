create table posts (
  id uuid primary key default gen_random_uuid(),
  user_id integer not null references users (id),
  title text not null,
  body text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index posts_feed_idx on posts (created_at desc, id desc);
create index posts_user_id_idx on posts (user_id, created_at desc, id desc);
