/** Posts of the example as they are kept for readers: who sees what when, across processes, and without Redis. */
import { randomUUID } from 'node:crypto';

import test from 'ava';
import { sql } from 'covet/data';

import { getCache } from '../../examples/blog/cache.ts';
import { createOwnRedis } from '../helpers/redis.ts';
import { Blog, engines, waitFor } from './blog.ts';

const write = async (blog: Blog) => {
  const author = await blog.member();
  const { body } = await blog.call('POST /api/posts', { token: author.token, body: { title: 'Old', body: 'Text' } });
  const path = `/api/users/${author.id}/posts/${body.id}`;
  const read = async (from = blog) => {
    const answer = await from.call(`GET ${path}`);
    return answer.status === 200 ? (answer.body.title as string) : answer.status;
  };
  const change = (title: string, at = blog) =>
    at.call(`PATCH /api/posts/${body.id}`, { token: author.token, body: { title } });
  return { author, id: body.id as string, path, read, change };
};

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  test.serial(`${engine}: asks the database once for a post that many read`, async (t) => {
    const { read } = await write(blog);
    const cache = await blog.app.resolve(getCache);
    const before = cache.stats().loads;
    const titles = await Promise.all(Array.from({ length: 50 }, () => read()));
    t.deepEqual(new Set(titles), new Set(['Old']));
    t.is(await read(), 'Old');
    t.is(cache.stats().loads - before, 1);
  });

  test.serial(`${engine}: shows a change to whoever made it, at once, by whatever spelling of the id`, async (t) => {
    const { id, path, read, change, author } = await write(blog);
    const upper = async () => (await blog.call(`GET ${path.replace(id, id.toUpperCase())}`)).body.title;
    t.deepEqual([await read(), await upper()], ['Old', 'Old']);
    t.is((await change('New')).status, 200);
    t.deepEqual([await read(), await upper()], ['New', 'New']);
    t.is((await blog.call(`DELETE /api/posts/${id}`, { token: author.token })).status, 204);
    t.is(await read(), 404);
  });

  test.serial(`${engine}: keeps what is shown when a change is refused`, async (t) => {
    const { read, change, id } = await write(blog);
    t.is(await read(), 'Old');
    await blog.database.execute(sql`update posts set title = 'Behind its back' where id = ${id}`);
    t.is((await change('')).status, 422);
    t.is(await read(), 'Old', 'nothing was committed, so nothing was forgotten');
  });

  test.serial(`${engine}: forgets the posts of a user who is deleted, and only those`, async (t) => {
    const [gone, other] = [await write(blog), await write(blog)];
    t.deepEqual([await gone.read(), await other.read()], ['Old', 'Old']);
    await blog.database.execute(sql`update posts set title = 'Behind its back' where id = ${other.id}`);
    t.is((await blog.call(`DELETE /api/v1/admin/users/${gone.author.id}`, { token: blog.admin })).status, 200);
    t.deepEqual([await gone.read(), await other.read()], [404, 'Old']);
  });
}

test('another process sees a change, too', async (t) => {
  const [first, second] = [new Blog('PostgreSQL and Redis'), new Blog('PostgreSQL and Redis')];
  t.teardown(async () => {
    await second.close();
    await first.close();
  });
  await first.open();
  await second.open({ ...first.backEnds, clear: async () => {} });
  const { read, change, id } = await write(first);
  t.is(await read(), 'Old');
  await first.database.execute(sql`update posts set title = 'Behind its back' where id = ${id}`);
  t.is(await read(second), 'Old', 'what one has read, both have');
  t.is((await change('New', second)).status, 200);
  await waitFor(async () => (await read()) === 'New');
  t.is(await read(second), 'New');
});

test('without Redis posts are read, changed and accounts made, and /health says what is down', async (t) => {
  const redis = await createOwnRedis();
  await redis.start();
  const blog = new Blog('PGlite');
  t.teardown(async () => {
    await blog.close();
    await redis.close();
  });
  await blog.open({ REDIS_URL: redis.url, clear: async () => {} });
  const { read, change } = await write(blog);
  t.is(await read(), 'Old');
  const up = await blog.call('GET /health');
  t.deepEqual([up.status, up.body.connections.redis_main.status], [200, 'up']);

  await redis.stop();
  t.is((await change('New')).status, 200);
  t.is(await read(), 'New');
  const username = `u-${randomUUID().slice(0, 18)}`;
  const account = { username, email: `${username}@example.com`, password: 'correct horse battery' };
  t.is((await blog.call('POST /api/users', { body: account })).status, 201);
  const down = await blog.call('GET /health');
  t.deepEqual(
    [down.status, down.body.connections.redis_main.status, down.body.connections.db_main.status],
    [503, 'down', 'up'],
  );

  await redis.start();
  await waitFor(async () => (await blog.call('GET /health')).status === 200);
  t.is(await read(), 'New');
});
