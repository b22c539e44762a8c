/** Signing in to the example by browser, and numbers for its front page. */
import test from 'ava';
import { sql } from 'covet/data';
import { hashPassword } from 'covet/passwords';

import { getCache } from '../../examples/blog/cache.ts';
import { Blog, engines } from './blog.ts';

for (const engine of engines) {
  const blog = new Blog(engine);
  test.before(() => blog.open());
  test.after.always(() => blog.close());

  test.serial(`${engine}: signs in by browser, shows where, and signs out`, async (t) => {
    const { email, id } = await blog.member();
    const password = 'correct horse battery';
    await blog.database.execute(sql`update users set password_hash = ${await hashPassword(password)} where id = ${id}`);
    const signIn = async (given: string): Promise<Response> =>
      fetch(`${blog.url}/api/sessions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Browser' },
        body: JSON.stringify({ email, password: given }),
      });
    t.is((await signIn('wrong')).status, 401);
    const signedIn = await signIn(password);
    t.is(signedIn.status, 204);
    const line = signedIn.headers.getSetCookie()[0]!;
    t.regex(line, /^__Host-sid=.*HttpOnly/);
    const headers = { cookie: line.slice(0, line.indexOf(';')) };
    const list = await fetch(`${blog.url}/api/sessions`, { headers });
    t.is(list.status, 200);
    t.like(((await list.json()) as any[])[0], { isCurrent: true, userAgent: 'Browser', address: '127.0.0.1' });
    t.is((await fetch(`${blog.url}/api/sessions/current`, { method: 'DELETE', headers })).status, 204);
    t.is((await fetch(`${blog.url}/api/sessions`, { headers })).status, 401);
  });

  test.serial(`${engine}: counts once for many, and says when nothing has changed`, async (t) => {
    const cache = await blog.app.resolve(getCache);
    const before = cache.stats().loads;
    const first = await fetch(`${blog.url}/api/stats`);
    const numbers: any = await first.json();
    t.true(numbers.users >= 1);
    await Promise.all(Array.from({ length: 20 }, () => fetch(`${blog.url}/api/stats`)));
    // The numbers, and the answer made of them.
    t.is(cache.stats().loads - before, 2);
    const headers = { 'if-none-match': first.headers.get('etag')!, 'cache-control': 'max-age=60' };
    t.is((await fetch(`${blog.url}/api/stats`, { headers })).status, 304);
  });
}
