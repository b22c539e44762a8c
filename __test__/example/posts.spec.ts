/** Posts of the example: nested under their users, written by their authors (R14). */
import { randomUUID } from 'node:crypto';

import test from 'ava';

import { Blog, type Member, engines, utc } from './blog.ts';

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  const write = async ({ token }: Member, title = 'A title') =>
    (await blog.call('POST /api/posts', { token, body: { title, body: 'Text' } })).body;

  test(`${engine}: writes a post and finds it under its author`, async (t) => {
    const author = await blog.member();
    const created = await blog.call('POST /api/posts', {
      token: author.token,
      body: { title: '  Hello ', body: 'World' },
    });
    t.is(created.status, 201);
    t.like(created.body, { user_id: author.id, title: 'Hello', body: 'World' });
    t.regex(created.body.created_at, utc);
    t.is(created.headers.get('location'), `/api/users/${author.id}/posts/${created.body.id}`);
    const read = await blog.call(`GET ${created.headers.get('location')}`);
    t.deepEqual([read.status, read.body], [200, created.body]);
    const upper = await blog.call(`GET /api/users/${author.id}/posts/${created.body.id.toUpperCase()}`);
    t.is(upper.body.id, created.body.id);
  });

  test(`${engine}: has no post where it is not`, async (t) => {
    const author = await blog.member();
    const other = await blog.member();
    const { id } = await write(author);
    for (const path of [`${other.id}/posts/${id}`, `${author.id}/posts/${randomUUID()}`]) {
      const { status, body } = await blog.call(`GET /api/users/${path}`);
      t.is(status, 404);
      t.is(body.error.message, 'Post not found');
    }
    t.is((await blog.call(`GET /api/users/${author.id}/posts/1`)).status, 404);
    t.is((await blog.call(`GET /api/users/${author.id}/posts/${id}'--`)).status, 404);
    t.is((await blog.call(`GET /api/users/0/posts/${id}`)).status, 422);
    // With its author a post goes, too.
    await blog.call(`DELETE /api/v1/admin/users/${author.id}`, { token: blog.admin });
    t.is((await blog.call(`GET /api/users/${author.id}/posts/${id}`)).status, 404);
  });

  test(`${engine}: lets only the author change or delete a post`, async (t) => {
    const author = await blog.member();
    const other = await blog.member();
    const post = await write(author);
    const path = `/api/posts/${post.id}`;
    const body = { title: 'Changed' };
    t.is((await blog.call(`PATCH ${path}`, { body })).status, 401);
    t.is((await blog.call(`PATCH ${path}`, { body, token: other.token })).status, 403);
    t.is((await blog.call(`DELETE ${path}`, { token: other.token })).status, 403);
    t.is((await blog.call(`PATCH ${path}`, { body: {}, token: author.token })).status, 422);
    const changed = await blog.call(`PATCH ${path}`, { body, token: author.token });
    t.is(changed.status, 200);
    t.like(changed.body, { id: post.id, title: 'Changed', body: 'Text', created_at: post.created_at });
    t.true(changed.body.updated_at >= post.updated_at);
    t.is((await blog.call(`DELETE ${path}`, { token: author.token })).status, 204);
    const again = await blog.call(`DELETE ${path}`, { token: author.token });
    t.deepEqual([again.status, again.body.error.message], [404, 'Post not found']);
  });

  test(`${engine}: keeps text as it came, whatever it looks like`, async (t) => {
    const author = await blog.member();
    for (const body of ["'); drop table posts; --", '$1 %s \\', 'ünï \u{1F9B6} \u2028', '<script>alert(1)</script>']) {
      const created = await blog.call('POST /api/posts', { token: author.token, body: { title: 'T', body } });
      const read = await blog.call(`GET /api/users/${author.id}/posts/${created.body.id}`);
      t.is(read.body.body, body);
    }
    const nul = await blog.call('POST /api/posts', { token: author.token, body: { title: 'T', body: 'a\0b' } });
    t.is(nul.status, 422);
    t.like(nul.body.error.details.field_errors[0], { in: 'body', field: 'body' });
  });

  test(`${engine}: lists one user's posts by pages, newest first`, async (t) => {
    const author = await blog.member();
    for (const title of ['1', '2', '3', '4', '5']) await write(author, title);
    const titles: string[][] = [];
    for (const page of [1, 2, 3, 4]) {
      const { body } = await blog.call(`GET /api/users/${author.id}/posts?per_page=2&page=${page}`);
      t.like(body, { total: 5, page, per_page: 2, pages: 3 });
      titles.push(body.items.map((item: { title: string }) => item.title));
    }
    t.deepEqual(titles, [['5', '4'], ['3', '2'], ['1'], []]);
  });

  test(`${engine}: goes through the feed without missing or repeating a post, while others are written`, async (t) => {
    const author = await blog.member();
    const ids: string[] = [];
    for (const title of ['a', 'b', 'c', 'd', 'e']) ids.push((await write(author, title)).id);
    const seen: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next === '' ? '' : `&after=${next}`;
      const { body } = await blog.call(`GET /api/posts?limit=2${after}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      next = body.next;
      await write(author, 'meanwhile');
    }
    t.is(seen.length, new Set(seen).size);
    t.deepEqual(
      seen.filter((id) => ids.includes(id)),
      ids.toReversed(),
    );
    for (const cursor of [randomUUID(), '1', "'--", '']) {
      const refused = await blog.call(`GET /api/posts?after=${encodeURIComponent(cursor)}`);
      t.deepEqual([refused.status, refused.body.error.code], [400, 'INVALID_CURSOR']);
    }
    t.is((await blog.call('GET /api/posts?limit=1000')).status, 422);
  });
}
