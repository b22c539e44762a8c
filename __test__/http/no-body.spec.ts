/** Answers that have no body, whatever was returned: 204, 205, 304 and every answer to HEAD (S4). */
import { Readable } from 'node:stream';

import test from 'ava';

import { ndjson, reply, xmlSerializer } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

async function* pieces(): AsyncGenerator<string> {
  yield 'one';
  yield 'two';
}

/** What a body can be made of, and its length where that is known. */
const kinds: Record<string, readonly [() => unknown, number | undefined]> = {
  nothing: [() => undefined, 0],
  text: [() => 'text é', 7],
  bytes: [() => Uint8Array.of(1, 2, 3), 3],
  json: [() => ({ a: 1 }), 7],
  web: [() => new Blob(['web']).stream(), undefined],
  node: [() => Readable.from(['node']), undefined],
  generator: [pieces, undefined],
  ndjson: [() => ndjson(pieces()), undefined],
};

const lines = (answer: { readonly lines: readonly (readonly [string, string])[] }, wanted: string): string[] =>
  answer.lines.filter(([name]) => name === wanted).map(([, value]) => value);

for (const negotiates of [false, true]) {
  test(`no kind of body follows 204, 205 or 304${negotiates ? ', with negotiation' : ''}`, async (t) => {
    const { port } = await serve(
      t,
      (app) => {
        for (const [name, [make]] of Object.entries(kinds)) {
          for (const status of [204, 205, 304]) app.get(`/${name}/${status}`, () => reply(status, make()));
        }
        for (const status of [204, 205, 304]) app.get(`/response/${status}`, () => new Response(null, { status }));
        app.get('/last', () => 'last');
      },
      negotiates ? { serializers: [xmlSerializer()] } : {},
    );
    const connection = await RawConnection.open(port);
    for (const name of [...Object.keys(kinds), 'response']) {
      for (const status of [204, 205, 304]) {
        // The next answer on the connection begins where this one ends: a stray byte would be its first.
        connection.send(`GET /${name}/${status} HTTP/1.1\r\nHost: a\r\nAccept: application/xml, */*\r\n\r\n`);
        connection.send('GET /last HTTP/1.1\r\nHost: a\r\n\r\n');
        const answer = await connection.next();
        const where = `${name} ${status}`;
        t.is(answer.status, status, where);
        t.is(answer.body.byteLength, 0, where);
        t.deepEqual(lines(answer, 'transfer-encoding'), [], where);
        t.deepEqual(lines(answer, 'content-length'), status === 205 ? ['0'] : [], where);
        t.deepEqual(lines(answer, 'content-type'), [], where);
        t.is((await connection.next()).text(), 'last', where);
      }
    }
    connection.end();
  });
}

test('HEAD has the head of GET and nothing behind it', async (t) => {
  const { port } = await serve(t, (app) => {
    for (const [name, [make]] of Object.entries(kinds)) app.get(`/${name}`, () => reply(200, make()));
    app.get('/response', () => new Response('web'));
    app.get('/own', () => reply(200, '<p>', { headers: { 'content-type': 'text/html' } }).setCookie('a', '1'));
    app.get('/last', () => 'last');
  });
  const connection = await RawConnection.open(port);
  for (const name of [...Object.keys(kinds), 'response', 'own', 'miss']) {
    connection.send(`HEAD /${name} HTTP/1.1\r\nHost: a\r\n\r\nGET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const [head, whole] = [await connection.next({ head: true }), await connection.next()];
    t.is(head.status, whole.status, name);
    for (const field of ['content-type', 'set-cookie', 'vary']) {
      t.deepEqual(lines(head, field), lines(whole, field), `${name} ${field}`);
    }
    const length = kinds[name]?.[1];
    // RFC 9110, 8.6: a length may be left out, and where there is nothing it is.
    if (length === 0) t.deepEqual([head.header('content-length'), whole.header('content-length')], [undefined, '0']);
    else t.deepEqual(lines(head, 'content-length'), lines(whole, 'content-length'), name);
    if (length !== undefined && length > 0) t.is(head.header('content-length'), String(length), name);
  }
  connection.send('GET /last HTTP/1.1\r\nHost: a\r\n\r\n');
  t.is((await connection.next()).text(), 'last');
  connection.end();
});

test('one Date and one Content-Type, one’s own in the place of the default', async (t) => {
  const own = 'Tue, 15 Nov 1994 08:12:31 GMT';
  const { port } = await serve(t, (app) => {
    app.get('/default', () => ({ a: 1 }));
    app.get('/own', () => reply(200, { a: 1 }, { headers: { date: own, 'content-type': 'application/ld+json' } }));
    app.get('/set', () => {
      const answer = reply(200, pieces());
      answer.headers.set('Content-Type', 'text/x-a');
      answer.headers.set('content-type', 'text/x-b');
      return answer;
    });
  });
  const connection = await RawConnection.open(port);
  const get = (path: string) => connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).next();
  const byDefault = await get('/default');
  t.is(lines(byDefault, 'date').length, 1);
  t.true(Math.abs(Date.parse(byDefault.header('date')!) - Date.now()) < 5000);
  const chosen = await get('/own');
  t.deepEqual(lines(chosen, 'date'), [own]);
  t.deepEqual(lines(chosen, 'content-type'), ['application/ld+json']);
  t.deepEqual(lines(await get('/set'), 'content-type'), ['text/x-b']);
  connection.end();
});

test('no part of an answer can begin another header', async (t) => {
  const evil = 'x\r\nx-evil: 1';
  const { port } = await serve(t, (app) => {
    app.get('/cookie', () => reply(200).setCookie('a', evil));
    app.get('/name', () => reply(200).setCookie(evil, 'a'));
    app.get('/path', () => reply(200).setCookie('a', 'b', { path: `/${evil}` }));
    app.get('/domain', () => reply(200).setCookie('a', 'b', { domain: evil }));
    app.get('/site', () => reply(200).setCookie('a', 'b', { sameSite: evil as never }));
    app.get('/vary', () => {
      const answer = reply(200, 'x');
      answer.headers.append('vary', evil);
      return answer;
    });
    app.get('/type', () => reply(200, 'x', { headers: { 'content-type': evil } }));
  });
  const connection = await RawConnection.open(port);
  for (const path of ['/cookie', '/name', '/path', '/domain', '/site', '/vary', '/type']) {
    const answer = await connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).next();
    t.is(answer.status, path === '/cookie' ? 200 : 500, path);
    t.deepEqual(lines(answer, 'x-evil'), [], path);
    t.is(lines(answer, 'set-cookie').length, path === '/cookie' ? 1 : 0, path);
  }
  connection.end();
});
