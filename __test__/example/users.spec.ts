/** Users of the example: signing up, reading, pages (R4, R6-R9, R11). */
import { randomUUID } from 'node:crypto';

import test from 'ava';
import { sql } from 'covet/data';

import { Blog, engines, utc, waitFor } from './blog.ts';

const toNewUser = (username = `u-${randomUUID().slice(0, 18)}`) => ({
  username,
  email: `${username}@example.com`,
  password: 'correct horse battery',
});

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  test(`${engine}: signs a user up, who is then there for all to see`, async (t) => {
    const given = toNewUser();
    const { status, headers, body } = await blog.call('POST /api/users', { body: given });
    t.is(status, 201);
    t.deepEqual(Object.keys(body).sort(), ['created_at', 'email', 'id', 'permissions', 'username']);
    t.like(body, { username: given.username, email: given.email, permissions: [] });
    t.regex(body.created_at, utc);
    t.is(headers.get('location'), `/api/users/${body.id}`);
    const read = await blog.call(`GET ${headers.get('location')}`);
    t.deepEqual(read.body, { id: body.id, username: given.username, created_at: body.created_at });
  });

  test(`${engine}: keeps passwords as argon2id, and to itself`, async (t) => {
    const given = toNewUser();
    const created = await blog.call('POST /api/users', { body: given });
    const row = await blog.database.one(
      sql<{ password_hash: string }>`select password_hash from users where id = ${created.body.id}`,
    );
    t.regex(row.password_hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const { body: issued } = await blog.call('POST /api/tokens', { body: given });
    const answers = [
      created,
      await blog.call(`GET /api/users/${created.body.id}`),
      await blog.call('GET /api/users?per_page=100'),
      await blog.call('GET /api/profile', { token: issued.token }),
      await blog.call('GET /api/v1/admin/users?per_page=100', { token: blog.admin }),
    ];
    for (const { status, body } of answers) {
      t.true(status < 300);
      t.notRegex(JSON.stringify(body), /password|argon2/);
    }
  });

  test(`${engine}: refuses a name or address that is taken, whatever its case, naming the field`, async (t) => {
    const given = toNewUser();
    await blog.call('POST /api/users', { body: given });
    const other = toNewUser();
    const sameEmail = await blog.call('POST /api/users', { body: { ...other, email: given.email.toUpperCase() } });
    t.is(sameEmail.status, 409);
    t.like(sameEmail.body.error, {
      code: 'UNIQUE_VIOLATION',
      details: { field_errors: [{ field: 'email', message: 'Already taken', code: 'unique' }] },
    });
    t.notRegex(JSON.stringify(sameEmail.body), /users_email_key|insert into/);
    const sameName = await blog.call('POST /api/users', { body: { ...other, username: given.username } });
    t.is(sameName.status, 409);
    t.like(sameName.body.error.details.field_errors, [{ field: 'username' }]);
    // The refused request has left nothing behind.
    t.is((await blog.call('POST /api/users', { body: other })).status, 201);
  });

  test(`${engine}: welcomes who has signed up, once, and nobody who was refused`, async (t) => {
    const given = toNewUser();
    const { status } = await blog.call('POST /api/users', { body: given });
    t.is(status, 201);
    const other = { ...toNewUser(), username: given.username };
    t.is((await blog.call('POST /api/users', { body: other })).status, 409);
    const last = toNewUser();
    await blog.call('POST /api/users', { body: last });
    const mailsTo = ({ email }: { email: string }) => blog.mails.filter(({ to }) => to === email);
    // The queue keeps its order: when the last one is welcomed, so was whoever came before.
    await waitFor(() => mailsTo(last).length > 0 && mailsTo(given).length > 0);
    t.like(mailsTo(given), [{ subject: `Welcome, ${given.username}` }]);
    t.deepEqual([mailsTo(given).length, mailsTo(other).length], [1, 0]);
  });

  test(`${engine}: gives an address to one of 50 who ask at once`, async (t) => {
    const email = `${randomUUID()}@example.com`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => blog.call('POST /api/users', { body: { ...toNewUser(), email } })),
    );
    const statuses = answers.map(({ status }) => status);
    t.is(statuses.filter((status) => status === 201).length, 1);
    t.is(statuses.filter((status) => status === 409).length, 49);
    t.is(await blog.database.execute(sql`select id from users where email = ${email}`), 1);
  });

  test(`${engine}: names every fault of a body at once`, async (t) => {
    const { status, body } = await blog.call('POST /api/users', {
      body: {
        username: "x'; drop table users; --",
        email: 'nowhere',
        password: 'short',
        permissions: ['users.delete'],
      },
    });
    t.is(status, 422);
    const faults: { in: string; field: string }[] = body.error.details.field_errors;
    t.deepEqual(faults.map((fault) => `${fault.in} ${fault.field}`).sort(), [
      'body email',
      'body password',
      'body username',
    ]);
    t.notRegex(JSON.stringify(body), /short/);
  });

  test(`${engine}: takes no permissions from a stranger`, async (t) => {
    const { body } = await blog.call('POST /api/users', {
      body: { ...toNewUser(), permissions: ['users.delete'], id: 1 },
    });
    t.deepEqual(body.permissions, []);
    t.not(body.id, 1);
  });

  const ids: Record<string, number> = {
    '2147483647': 404,
    '999999': 404,
    abc: 404,
    '1.5': 404,
    '1%00': 400,
    "1'%20or%20'1'='1": 404,
    '1;drop%20table%20users': 404,
    '0': 422,
    '2147483648': 422,
    '9007199254740991': 422,
  };
  for (const [id, expected] of Object.entries(ids)) {
    test(`${engine}: answers the id ${id} with ${expected}`, async (t) => {
      const { status, body } = await blog.call(`GET /api/users/${id}`);
      t.is(status, expected);
      if (expected === 422) t.like(body.error.details.field_errors[0], { in: 'path', field: 'user_id' });
      if (/^\d+$/.test(id) && expected === 404) t.is(body.error.message, 'User not found');
    });
  }

  for (const query of [
    'page=0',
    'page=-1',
    'page=x',
    'page=1.5',
    'per_page=0',
    'per_page=101',
    'per_page=',
    'page=2147483648',
  ]) {
    test(`${engine}: refuses a list with ${query}`, async (t) => {
      const { status, body } = await blog.call(`GET /api/users?${query}`);
      t.is(status, 422);
      t.like(body.error.details.field_errors[0], { in: 'query', field: query.split('=')[0] });
    });
  }

  test(`${engine}: pages hold every user once, in one order`, async (t) => {
    const members = [];
    for (let count = 0; count < 7; count += 1) members.push((await blog.member()).id);
    const seen: number[] = [];
    for (let page = 1; ; page += 1) {
      const { body } = await blog.call(`GET /api/users?per_page=3&page=${page}`);
      t.like(body, { page, per_page: 3 });
      if (body.items.length === 0) {
        t.true(body.total >= seen.length, 'a page beyond the last still says how many there are');
        break;
      }
      seen.push(...body.items.map(({ id }: { id: number }) => id));
    }
    t.deepEqual(
      seen,
      [...new Set(seen)].sort((a, b) => a - b),
    );
    for (const id of members) t.true(seen.includes(id));
    const far = await blog.call(`GET /api/users?page=2147483647&per_page=100`);
    t.deepEqual([far.status, far.body.items], [200, []]);
  });

  test(`${engine}: serves HEAD from GET, and says what a path allows`, async (t) => {
    const head = await blog.call('HEAD /api/users');
    t.is(head.status, 200);
    t.true(Number(head.headers.get('content-length')) > 0);
    const { status, headers } = await blog.call('PUT /api/users');
    t.is(status, 405);
    t.deepEqual(headers.get('allow')?.split(', ').sort(), ['GET', 'HEAD', 'OPTIONS', 'POST']);
  });
}
