/** Posts of the example taken along as lines, brought back in savepoints, and looked for. */
import { randomUUID } from 'node:crypto';

import test from 'ava';
import { sql } from 'covet/data';

import { Blog, engines, waitFor } from './blog.ts';

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  const linesOf = async (token: string): Promise<any[]> => {
    const response = await fetch(`${blog.url}/api/profile/posts`, { headers: { authorization: `Bearer ${token}` } });
    const text = await response.text();
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };

  test.serial(`${engine}: takes all posts along, one a line, and brings them back once`, async (t) => {
    const author = await blog.member();
    await blog.database.execute(sql`
      insert into posts (user_id, title, body) select ${author.id}, 'Post ' || n, 'Text' from generate_series(1, 450) n`);
    const lines = await linesOf(author.token);
    t.is(lines.length, 450);
    t.is((await fetch(`${blog.url}/api/profile/posts`)).status, 401);

    const other = await blog.member();
    const fresh = { id: randomUUID(), title: 'New', body: 'Text' };
    const body = [fresh, ...lines.slice(0, 2), { ...fresh, id: randomUUID() }];
    const taken = await blog.call('POST /api/profile/posts', { token: other.token, body });
    t.deepEqual([taken.status, taken.body], [200, { imported: 2, skipped: lines.slice(0, 2).map(({ id }) => id) }]);
    t.is((await linesOf(other.token)).length, 2);
  });

  test.serial(`${engine}: has no more than a thousand posts each, however many imports come at once`, async (t) => {
    const author = await blog.member();
    await blog.database.execute(sql`
      insert into posts (user_id, title, body) select ${author.id}, 'Post ' || n, 'Text' from generate_series(1, 995) n`);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => {
        const body = Array.from({ length: 3 }, () => ({ id: randomUUID(), title: 'New', body: 'Text' }));
        return blog.call('POST /api/profile/posts', { token: author.token, body });
      }),
    );
    const done = answers.filter(({ status }) => status === 200).length;
    // One fits; others are refused, or, on a busy server, in conflict once too often.
    t.is(done, 1);
    for (const { status } of answers) t.true([200, 400, 409].includes(status), `${status}`);
    t.is((await linesOf(author.token)).length, 998);
  });

  test.serial(`${engine}: finds a text, and takes signs for what they are`, async (t) => {
    const author = await blog.member();
    for (const title of ['100% wool', '100 sheep']) {
      await blog.call('POST /api/posts', { token: author.token, body: { title, body: 'Text' } });
    }
    const titles = async (q: string) =>
      (await blog.call(`GET /api/posts/search?q=${encodeURIComponent(q)}`)).body.map(
        ({ title }: { title: string }) => title,
      );
    t.deepEqual(await titles('00%'), ['100% wool']);
    t.deepEqual(await titles("' or true --"), []);
    t.is((await blog.call('GET /api/posts/search?q=a')).status, 422);
  });
}

test('a search that takes too long is ended on the server, as is one whose client has gone', async (t) => {
  const blog = new Blog('PostgreSQL and Redis');
  t.teardown(() => blog.close());
  await blog.open();
  const waiting = async (): Promise<number> => {
    const { count } = await blog.database.one(
      sql<{ count: number }>`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%ilike%'`,
      { transaction: 'apart' },
    );
    return count;
  };
  await blog.database.transaction(async (tx) => {
    await tx.execute(sql`lock table posts in access exclusive mode`);
    const slow = await blog.call('GET /api/posts/search?q=anything');
    t.deepEqual([slow.status, slow.body.error.code], [504, 'TIMEOUT_ERROR']);
    await waitFor(async () => (await waiting()) === 0);
    const abort = new AbortController();
    const gone = fetch(`${blog.url}/api/posts/search?q=anything`, { signal: abort.signal });
    await waitFor(async () => (await waiting()) === 1);
    const start = performance.now();
    abort.abort();
    await t.throwsAsync(gone, { any: true, name: 'AbortError' });
    await waitFor(async () => (await waiting()) === 0);
    t.true(performance.now() - start < 2000, 'sooner than by its time limit');
  });
});
