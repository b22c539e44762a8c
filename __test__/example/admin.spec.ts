/** The admin area of the example: its guard, filters, audit log and deletions (R10-R13, D14, D15). */
import test from 'ava';
import { sql } from 'covet/data';

import { requirePermission } from '../../examples/blog/auth/permission.ts';
import { Blog, engines, utc } from './blog.ts';

test('a permission has one dependency', (t) => {
  t.is(requirePermission('users.read'), requirePermission('users.read'));
  t.not(requirePermission('users.read'), requirePermission('users.delete'));
});

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  const entries = async (action: string): Promise<any[]> => {
    const { body } = await blog.call(`GET /api/v1/admin/audit-log?per_page=100&action=${action}`, {
      token: blog.admin,
    });
    return body.items;
  };

  test(`${engine}: turns strangers away before it looks at what they send`, async (t) => {
    const { status, headers } = await blog.call('GET /api/v1/admin/users?page=0');
    t.is(status, 401);
    t.is(headers.get('www-authenticate'), 'Bearer');
    t.is(headers.get('cache-control'), 'no-store');
    t.is((await blog.call('GET /api/v1/admin/users?page=0', { token: blog.admin })).status, 422);
  });

  test(`${engine}: asks for the permission that an action needs`, async (t) => {
    const anybody = await blog.member();
    const refused = await blog.call('GET /api/v1/admin/users', { token: anybody.token });
    t.is(refused.status, 403);
    t.like(refused.body.error, { message: "Permission 'admin.access' required", category: 'authorization' });
    const reader = await blog.member(['admin.access', 'users.read']);
    t.is((await blog.call('GET /api/v1/admin/users', { token: reader.token })).status, 200);
    const notAllowed = await blog.call(`DELETE /api/v1/admin/users/${anybody.id}`, { token: reader.token });
    t.is(notAllowed.status, 403);
    t.is(notAllowed.body.error.message, "Permission 'users.delete' required");
    t.is((await blog.call(`GET /api/users/${anybody.id}`)).status, 200);
  });

  test(`${engine}: counts what it lists, by the same filters`, async (t) => {
    // Beyond the present, so that no other test's users are among them.
    await blog.database.execute(
      sql`insert into users (username, email, password_hash, created_at, is_active, deleted_at)
       select 'f-' || n, 'f-' || n || '@example.com', '', make_timestamptz(2100 + n, 1, 1, 0, 0, 0, 'UTC'), n > 4,
         case when n > 4 then null else now() end
       from generate_series(1, 10) n`,
    );
    const list = async (query: string) =>
      (await blog.call(`GET /api/v1/admin/users?${query}`, { token: blog.admin })).body;
    const all = await list('created_after=2101-01-01T00:00:00Z&per_page=4&page=3');
    t.like(all, { total: 10, page: 3, per_page: 4 });
    t.deepEqual(
      all.items.map(({ username }: { username: string }) => username),
      ['f-9', 'f-10'],
    );
    t.is((await list('created_after=2101-01-01T00:00:00.001Z')).total, 9);
    t.is((await list('created_after=2101-01-01T02:00:00%2B02:00')).total, 10);
    const inactive = await list('created_after=2101-01-01T00:00:00Z&status=inactive');
    t.is(inactive.total, 4);
    t.like(inactive.items[0], { username: 'f-1', is_active: false, created_at: '2101-01-01T00:00:00.000Z' });
    t.regex(inactive.items[0].deleted_at, utc);
    t.is((await list('created_after=2101-01-01T00:00:00Z&status=active')).total, 6);
  });

  for (const query of [
    "status=active'%20or%20'1'='1",
    'status=',
    'created_after=yesterday',
    'created_after=0000-01-01T00:00:00Z',
    "created_after=2026-01-01T00:00:00Z'--",
    'per_page=101',
  ]) {
    test(`${engine}: refuses a list with ${query}`, async (t) => {
      const { status, body } = await blog.call(`GET /api/v1/admin/users?${query}`, { token: blog.admin });
      t.is(status, 422);
      t.like(body.error.details.field_errors[0], { in: 'query', field: query.split('=')[0] });
    });
  }

  test(`${engine}: writes down who read which list`, async (t) => {
    const reader = await blog.member(['admin.access', 'users.read']);
    await blog.call('GET /api/v1/admin/users?status=active&page=2', { token: reader.token });
    const entry = (await entries('user.list')).find(({ actor }) => actor === String(reader.id));
    t.deepEqual(entry.details, { filters: { page: 2, per_page: 20, status: 'active' } });
    t.regex(entry.at, utc);
    t.is(entry.ip, '127.0.0.1');
  });

  test(`${engine}: deletes a user once, keeps the row, and writes it down`, async (t) => {
    const { id, username, email } = await blog.member();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => blog.call(`DELETE /api/v1/admin/users/${id}`, { token: blog.admin })),
    );
    const [done, ...others] = answers.sort((a, b) => a.status - b.status);
    t.deepEqual([done!.status, done!.body], [200, { message: 'User deleted successfully' }]);
    for (const { status, body } of others) t.deepEqual([status, body.error.message], [404, 'User not found']);
    t.is((await blog.call(`GET /api/users/${id}`)).status, 404);
    const row = await blog.database.one(sql<any>`select * from users where id = ${id}`);
    t.false(row.is_active);
    t.regex(row.deleted_at, utc);
    const written = (await entries('user.delete')).filter(({ target_id }) => target_id === String(id));
    t.is(written.length, 1);
    t.like(written[0].before, { username, password_hash: '[redacted]' });
    const again = { username, email, password: 'correct horse battery' };
    t.is((await blog.call('POST /api/users', { body: again })).status, 201, 'name and address are free again');
  });

  test(`${engine}: lets no administrator delete themselves`, async (t) => {
    const { id, token } = await blog.member(['admin.access', 'users.delete']);
    const { status, body } = await blog.call(`DELETE /api/v1/admin/users/${id}`, { token });
    t.is(status, 400);
    t.like(body.error, {
      message: 'You cannot delete yourself',
      code: 'BUSINESS_RULE_VIOLATION',
      details: { business_rule: 'no_self_delete' },
    });
    t.is((await blog.call(`GET /api/users/${id}`)).status, 200);
  });

  test(`${engine}: does nothing that it cannot write down`, async (t) => {
    const { id } = await blog.member();
    const full = sql.id(`full_for_${id}`);
    await blog.database.execute(
      sql`create function ${full}() returns trigger language plpgsql as $$ begin raise 'disk quota of the audit log'; end $$`,
    );
    await blog.database.execute(
      sql`create trigger ${full} before insert on audit_log for each row
        when (new.target_id = ${sql.unsafe(`'${id}'`)}) execute function ${full}()`,
    );
    const { status, headers, body } = await blog.call(`DELETE /api/v1/admin/users/${id}`, { token: blog.admin });
    t.is(status, 500);
    t.like(body.error, { message: 'Internal Server Error', details: {} });
    t.truthy(headers.get('x-error-id'));
    t.is((await blog.call(`GET /api/users/${id}`)).status, 200, 'the deletion went with its entry');
  });
}
