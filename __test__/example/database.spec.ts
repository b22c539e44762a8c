/** The example's data: migrations at the start, what a request leaves behind, the loss of the server. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';
import { sql } from 'covet/data';

import { getDatabase } from '../../examples/blog/database.ts';
import { seedAdmin } from '../../examples/blog/seed-admin.ts';
import { startTcpProxy } from '../helpers/tcp-proxy.ts';
import { until } from '../jobs/stores.ts';
import { type BackEnds, createBlog, openBackEnds } from './blog.ts';

const applied = sql<{ name: string }>`select name from covet_migrations order by name`;

test('processes that start at once bring the database up to date once', async (t) => {
  const backEnds = await openBackEnds('PostgreSQL and Redis');
  t.teardown(backEnds.clear);
  const apps = [1, 2, 3].map(() => createBlog(backEnds));
  t.teardown(() => Promise.all(apps.map((app) => app.close(1000))));
  const urls = await Promise.all(apps.map(async (app) => (await app.listen({ port: 0 })).url));
  for (const url of urls) t.is((await fetch(`${url}/api/users`)).status, 200);
  const names = (await (await apps[0]!.resolve(getDatabase)).query(applied)).map(({ name }) => name);
  t.deepEqual(names, ['001-users.sql', '002-posts.sql', '003-audit-log.sql', '004-outbox.sql', '005-teams.sql']);
});

test('what PGlite keeps in a folder is there the next time', async (t) => {
  const DATA_DIR = await mkdtemp(path.join(tmpdir(), 'covet-blog-'));
  const backEnds: BackEnds = { DATA_DIR, clear: () => rm(DATA_DIR, { recursive: true }) };
  t.teardown(backEnds.clear);
  for (const total of [0, 1]) {
    const app = createBlog(backEnds);
    const { url } = await app.listen({ port: 0 });
    const { total: found }: any = await (await fetch(`${url}/api/users`)).json();
    t.is(found, total);
    await seedAdmin(await app.resolve(getDatabase));
    await app.close(1000);
  }
});

test('a database that is gone is a 503, not a 401, tells no client where it was, and comes back', async (t) => {
  const backEnds = await openBackEnds('PostgreSQL and Redis');
  const target = new URL(backEnds.DATABASE_URL!);
  const server = { host: target.hostname, port: Number(target.port || 5432) };
  let proxy = await startTcpProxy(server);
  const { port } = proxy;
  const behind = new URL(target);
  behind.host = `127.0.0.1:${port}`;
  const app = createBlog({ ...backEnds, DATABASE_URL: behind.href });
  t.teardown(async () => {
    await app.close(1000);
    await proxy.close();
    await backEnds.clear();
  });
  const { url } = await app.listen({ port: 0 });
  const headers = { authorization: `Bearer ${'A'.repeat(43)}` };
  const health = async () => {
    const response = await fetch(`${url}/health`);
    return { status: response.status, body: (await response.json()) as any };
  };
  // A busy machine may take longer for its first connection than a health check waits for one.
  await until(async () => (await health()).status === 200);
  const up = await health();
  t.deepEqual([up.status, up.body.status, up.body.connections.db_main.status], [200, 'up', 'up']);

  await proxy.close();
  for (const route of ['/api/profile', '/api/v1/admin/users', '/api/posts']) {
    const response = await fetch(url + route, { headers });
    t.is(response.status, 503);
    t.truthy(response.headers.get('retry-after'));
    const text = await response.text();
    t.notRegex(text, /ECONN|127\.0|postgres/);
    t.is(JSON.parse(text).error.code, 'DATABASE_UNAVAILABLE');
  }
  const down = await health();
  t.deepEqual([down.status, down.body.connections.db_main.status], [503, 'down']);
  t.notRegex(JSON.stringify(down.body), /ECONN|127\.0|error/);

  proxy = await startTcpProxy(server, { port });
  t.is((await fetch(`${url}/api/profile`, { headers })).status, 401);
  t.is((await fetch(`${url}/api/posts`)).status, 200);
  // The outbox's own connection comes back by itself, a moment later.
  await t.notThrowsAsync(until(async () => (await health()).status === 200));
});
