/** Requests by contract: paths filled in, inputs sent as their schemas take them, answers typed by the contract. */
import test from 'ava';
import { z } from 'zod';

import { Covet, file, get, post, reply, route } from '../../src/index.ts';

const User = z.object({ id: z.number(), name: z.string() });
const GetUser = get('/users/{id:int}', {
  query: z.object({ tags: z.array(z.string()).optional(), full: z.boolean().optional() }),
  headers: z.object({ 'x-tenant': z.string() }),
  cookies: z.object({ theme: z.string().optional() }),
  response: { 200: User.extend({ seen: z.string() }), 404: z.object({ error: z.string() }) },
});
const GetFile = get('/files/{bucket}/{*key}', { response: z.object({ bucket: z.string(), key: z.string() }) });
const Colon = get('/old/:name');
const Say = post('/say', { body: z.string() });
const Send = post('/send', { form: z.object({ count: z.number(), tags: z.array(z.string()) }) });
const Upload = post('/upload', { form: z.object({ title: z.string() }), files: { doc: file() } });
const Many = route('/many', { methods: ['GET', 'POST'], summary: 'Many' });
const Key = get('/keys/{key:uuid}');

function makeApp(): Covet {
  const app = new Covet({ logger: false });
  app.handle(GetUser, ({ params, query, headers, cookies }) =>
    params.id === 404
      ? reply(404, { error: 'none' })
      : { id: params.id, name: headers['x-tenant'], seen: JSON.stringify({ query, cookies }) },
  );
  app.handle(GetFile, ({ params }) => params);
  app.handle(Colon, ({ params }) => params.name);
  app.handle(Say, ({ body }) => body);
  app.handle(Send, ({ form }) => form);
  app.handle(Upload, async ({ form, files }) => ({ title: form.title, text: await files.doc.text() }));
  app.handle(Many, ({ req }) => req.method);
  app.handle(Key, ({ params }) => params.key);
  return app;
}

test('a contract is enough to send its request and to know its answer', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const found = await app.inject(GetUser, {
    params: { id: -7 },
    query: { tags: ['a', 'b c'], full: true },
    headers: { 'x-tenant': 'acme', 'x-other': 1 },
    cookies: { theme: 'dark; x' },
  });
  if (found.status !== 200) throw new Error(await found.text());
  const user = await found.json();
  t.deepEqual(user, {
    id: -7,
    name: 'acme',
    seen: '{"query":{"tags":["a","b c"],"full":true},"cookies":{"theme":"dark; x"}}',
  });
  const none = await app.inject(GetUser, { params: { id: 404 }, headers: { 'x-tenant': 'acme' } });
  if (none.status !== 404) throw new Error(await none.text());
  t.is((await none.json()).error, 'none');
  const refused = await app.inject(GetUser, {
    params: { id: 1 },
    headers: { 'x-tenant': 'x' },
    query: { full: 7 as never },
  });
  t.is(refused.status, 422);
});

test('parameters are percent-encoded into the path, and the rest keeps its slashes', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const params = { bucket: 'a/b ü?#%', key: 'x/y z/ä%2F?.txt' };
  t.deepEqual(await (await app.inject(GetFile, { params })).json(), params);
  t.is(await (await app.inject(Colon, { params: { name: 'a:b/{c}' } })).text(), 'a:b/{c}');
});

test('bodies, forms and uploads go as the contract reads them', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  t.is(await (await app.inject(Say, { body: 'hi "you"' })).text(), 'hi "you"');
  const sent = await app.inject(Send, { form: { count: 2, tags: ['a', 'b&c'] } });
  t.deepEqual(await sent.json(), { count: 2, tags: ['a', 'b&c'] });
  const body = new FormData();
  body.append('title', 'Notes');
  body.append('doc', new File(['text'], 'notes.txt'));
  t.deepEqual(await (await app.inject(Upload, { body })).json(), { title: 'Notes', text: 'text' });
});

test('methods and prefixes may be chosen', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  t.is(await (await app.inject(Many)).text(), 'GET');
  t.is(await (await app.inject(Many, { method: 'POST' })).text(), 'POST');
  t.is((await app.inject(Many, { prefix: '/api' })).status, 404);
});

test('what a contract cannot send is refused by its name', async (t) => {
  const app = makeApp();
  t.teardown(() => app.close(0));
  const refuse = async (work: Promise<unknown>, message: string): Promise<void> => {
    await t.throwsAsync(work, { instanceOf: TypeError, message });
  };
  const headers = { 'x-tenant': 'x' };
  const user = "inject() of GET /users/{id:int}: the parameter 'id' ";
  await refuse(app.inject(GetUser, { headers } as never), `${user}is missing`);
  await refuse(app.inject(GetUser, { headers, params: { id: 1.5 } }), `${user}is a whole number`);
  await refuse(app.inject(GetUser, { headers, params: { id: '7' as never } }), `${user}is a whole number`);
  const extra = { id: 1, more: 2 };
  await refuse(
    app.inject(GetUser, { headers, params: extra }),
    "inject() of GET /users/{id:int}: the path has no parameter 'more'",
  );
  await refuse(
    app.inject(GetUser, { headers, params: { id: 1 }, query: { full: {} as never } }),
    "inject() cannot send a value of type object as 'full' of query",
  );
  await refuse(
    app.inject(GetUser, { headers: { 'x-tenant': null as never }, params: { id: 1 } }),
    "inject() cannot send null as 'x-tenant' of headers",
  );
  const old = "inject() of GET /old/:name: the parameter 'name' ";
  await refuse(app.inject(Colon, { params: { name: '' } }), `${old}cannot be empty`);
  await refuse(app.inject(Colon, { params: { name: '..' } }), `${old}cannot have '.' or '..' as a segment`);
  await refuse(app.inject(Colon, { params: { name: '\ud800' } }), `${old}is no well-formed text`);
  await refuse(app.inject(Colon, { params: { name: {} as never } }), `${old}is a text or a number`);
  await refuse(
    app.inject(Key, { params: { key: 'x' } }),
    "inject() of GET /keys/{key:uuid}: the parameter 'key' is a UUID",
  );
  await refuse(app.inject(Many, { method: 'PUT' }), 'inject() of /many: the contract has no method PUT');
  await refuse(
    app.inject(Send, { form: { count: 1, tags: [] }, body: 1 } as never),
    "inject() of POST /send: 'form' or 'body', not both",
  );
});
