/** Signing in and out of the example, and who is let in (D9). */
import { randomUUID } from 'node:crypto';

import test from 'ava';
import { sql } from 'covet/data';

import { Blog, engines, utc } from './blog.ts';

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  test(`${engine}: signs in, and out again`, async (t) => {
    const email = `${randomUUID()}@example.com`;
    const password = 'correct horse battery';
    const username = `u-${randomUUID().slice(0, 18)}`;
    const created = await blog.call('POST /api/users', { body: { username, email, password } });
    const issued = await blog.call('POST /api/tokens', { body: { email: email.toUpperCase(), password } });
    t.is(issued.status, 201);
    t.is(issued.headers.get('cache-control'), 'no-store');
    t.regex(issued.body.expires_at, utc);
    t.true(Date.parse(issued.body.expires_at) > Date.now());
    const { token } = issued.body;
    const profile = await blog.call('GET /api/profile', { token });
    t.is(profile.status, 200);
    t.deepEqual(profile.body, created.body);

    const kept = await blog.database.query(sql`select * from tokens`);
    t.false(JSON.stringify(kept).includes(token), 'only its hash is kept');

    const out = await blog.call('DELETE /api/tokens/current', { token });
    t.deepEqual([out.status, out.body], [204, undefined]);
    t.is((await blog.call('GET /api/profile', { token })).status, 401);
  });

  test(`${engine}: does not tell a wrong password from an unknown address`, async (t) => {
    const { email } = await blog.member();
    const hash = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$tX0y3LB2yWDRh8c2hZLyoR1n9EhAQxw0pUkLpG4tOgE';
    await blog.database.execute(sql`update users set password_hash = ${hash} where email = ${email}`);
    for (const address of [email, 'nobody@example.com', "o'or'1@example.com"]) {
      const { status, body } = await blog.call('POST /api/tokens', {
        body: { email: address, password: "' or '1'='1" },
      });
      t.is(status, 401);
      t.is(body.error.message, 'Wrong email or password');
    }
  });

  const strangers: Record<string, string | undefined> = {
    'no header': undefined,
    'another scheme': 'Basic YTpi',
    'a scheme alone': 'Bearer',
    'a token that is no token': 'Bearer a b',
    'a quote': "Bearer ' or '1'='1",
    'an unknown token': `Bearer ${'A'.repeat(43)}`,
  };
  for (const [name, authorization] of Object.entries(strangers)) {
    test(`${engine}: 401 for ${name}`, async (t) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      const response = await fetch(`${blog.url}/api/profile`, { headers });
      t.is(response.status, 401);
      t.regex(response.headers.get('www-authenticate') ?? '', /^Bearer( error="invalid_token")?$/);
      const { error }: any = await response.json();
      t.like(error, { message: 'Invalid authentication', code: 'UNAUTHORIZED', category: 'authentication' });
    });
  }

  test(`${engine}: takes the scheme in any case`, async (t) => {
    const { token } = await blog.member();
    const response = await fetch(`${blog.url}/api/profile`, { headers: { authorization: `bEARER ${token}` } });
    t.is(response.status, 200);
  });

  test(`${engine}: 401 for a token past its time`, async (t) => {
    const { id, token } = await blog.member();
    await blog.database.execute(sql`update tokens set expires_at = now() - interval '1 second' where user_id = ${id}`);
    const { status, body } = await blog.call('GET /api/profile', { token });
    t.is(status, 401);
    t.is(body.error.message, 'Invalid authentication');
  });

  test(`${engine}: 401 for the token of a user who was deleted`, async (t) => {
    const { id, token } = await blog.member();
    t.is((await blog.call(`DELETE /api/v1/admin/users/${id}`, { token: blog.admin })).status, 200);
    const { status, headers, body } = await blog.call('GET /api/profile', { token });
    t.is(status, 401);
    t.is(body.error.message, 'User not found or inactive');
    t.is(headers.get('www-authenticate'), 'Bearer error="invalid_token"');
  });
}
