/** What the web platform has as bodies, returned as it is; and objects that JSON would make nothing of. */
import test from 'ava';
import { z } from 'zod';

import { reply } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { serve, until } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('a Blob, a FormData and URLSearchParams are sent as what they are', async (t) => {
  const form = new FormData();
  form.set('a', 'b c');
  const large = new Uint8Array(700_000).fill(7);
  const { url } = await serve(t, (app) => {
    app.get('/blob', () => new Blob(['<p>', 'é'], { type: 'text/html; charset=utf-8' }));
    app.get('/file', () => new File([large], 'a.bin', { type: 'image/x-own' }));
    app.get('/none', () => new Blob([]));
    app.get('/untyped', () => new Blob(['a']));
    app.get('/search', () => new URLSearchParams({ a: 'b c' }));
    app.get('/form', () => form);
    app.get('/reply', () =>
      reply(201, new Blob(['a'], { type: 'a/b' }), { headers: { 'x-a': 'a', 'content-type': 'c/d' } }),
    );
  });
  const asked = async (path: string) => {
    const { status, headers, ...response } = await fetch(url + path).then(async (answer) => ({
      status: answer.status,
      headers: answer.headers,
      body: Buffer.from(await answer.clone().arrayBuffer()),
      answer,
    }));
    return { status, type: headers.get('content-type'), length: headers.get('content-length'), ...response };
  };
  const blob = await asked('/blob');
  t.deepEqual([blob.type, blob.body.toString(), blob.length], ['text/html; charset=utf-8', '<p>é', '5']);
  const file = await asked('/file');
  t.deepEqual([file.type, file.length, file.body.equals(large)], ['image/x-own', '700000', true]);
  t.deepEqual([(await asked('/none')).status, (await asked('/none')).body.length], [200, 0]);
  t.is((await asked('/untyped')).type, 'application/octet-stream');
  const search = await asked('/search');
  t.deepEqual([search.type, search.body.toString()], ['application/x-www-form-urlencoded;charset=UTF-8', 'a=b+c']);
  t.is((await (await asked('/form')).answer.formData()).get('a'), 'b c');
  const own = await asked('/reply');
  t.deepEqual([own.status, own.type, own.body.toString()], [201, 'c/d', 'a']);
});

test('every view of a buffer is its bytes, and shared memory is copied', async (t) => {
  const shared = new SharedArrayBuffer(4);
  new Uint8Array(shared).set([1, 2, 3, 4]);
  const largeShared = new Uint8Array(new SharedArrayBuffer(600_000)).fill(9);
  const { port } = await serve(t, (app) => {
    app.get('/floats', () => new Float32Array([1, 2]));
    app.get('/view', () => new DataView(Uint8Array.of(0, 1, 2, 3).buffer, 1, 2));
    app.get('/shared', () => shared);
    app.get('/shared-view', () => new Uint8Array(shared, 1, 2));
    app.get('/large', () => largeShared);
    app.get('/middling', () => largeShared.subarray(0, 20_000));
    app.get('/pieces', async function* () {
      yield largeShared;
      yield new DataView(shared);
      yield new Uint16Array(shared);
    });
  });
  const bytes = async (path: string): Promise<number[]> => [...(await exchange(port, get(path))).body];
  t.deepEqual(await bytes('/floats'), [...new Uint8Array(new Float32Array([1, 2]).buffer)]);
  t.deepEqual(await bytes('/view'), [1, 2]);
  t.deepEqual(await bytes('/shared'), [1, 2, 3, 4]);
  t.deepEqual(await bytes('/shared-view'), [2, 3]);
  t.is((await bytes('/large')).filter((byte) => byte === 9).length, 600_000);
  t.is((await bytes('/middling')).length, 20_000);
  t.is((await bytes('/pieces')).length, 600_008);
  t.is((await exchange(port, get('/floats'))).header('content-type'), 'application/octet-stream');
});

test('what JSON would make nothing of is an error that says what to return', async (t) => {
  class Own extends Map {
    toJSON(): string {
      return 'own';
    }
  }
  const { port, logs } = await serve(t, (app) => {
    app.get('/map', () => new Map([['a', 1]]));
    app.get('/set', () => new Set([1]));
    app.get('/headers', () => new Headers({ a: 'b' }));
    app.get('/iterator', function* () {
      yield 1;
    });
    app.get('/own', () => new Own());
    app.get('/list', () => [new Date(0)]);
  });
  for (const [path, hint] of [
    ['/map', 'Object.fromEntries(map)'],
    ['/set', '[...set]'],
    ['/headers', 'Object.fromEntries(headers)'],
    ['/iterator', 'ndjson(values)'],
  ] as const) {
    t.is((await exchange(port, get(path))).status, 500, path);
    await logs.find((line) => String(line['msg']).includes(hint));
  }
  t.is((await exchange(port, get('/own'))).text(), '"own"');
  t.is((await exchange(port, get('/list'))).text(), '["1970-01-01T00:00:00.000Z"]');
});

test('a web response that cannot be sent is an error that names its route', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.get('/error', () => Response.error());
    app.get('/read', async () => {
      const response = new Response('a');
      await response.text();
      return response;
    });
    app.get('/locked', () => {
      const response = new Response('a');
      response.body!.getReader();
      return response;
    });
  });
  for (const [path, message] of [
    ['/error', 'GET /error answered with Response.error()'],
    ['/read', 'GET /read answered with a Response whose body is read by somebody else'],
    ['/locked', 'GET /locked answered with a Response whose body is read by somebody else'],
  ] as const) {
    t.is((await exchange(port, get(path))).status, 500, path);
    await logs.find((line) => String(line['msg']).includes(message));
  }
});

test('a body that is not as long as it said breaks off, is logged, and is no fault of the client', async (t) => {
  const signals: AbortSignal[] = [];
  const stated = (app: Covet, path: string, ...sizes: number[]): void => {
    app.get(path, ({ req }) => {
      signals.push(req.signal);
      const pieces = sizes.map((size) => async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return 'x'.repeat(size);
      });
      const body = new ReadableStream({
        async pull(controller) {
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(Buffer.from(await piece()));
        },
      });
      return new Response(body, { headers: { 'content-length': '10' } });
    });
  };
  const { port, logs } = await serve(t, (app) => {
    stated(app, '/short', 1, 2);
    stated(app, '/long', 1, 14);
    stated(app, '/longer', 1, 9, 5);
    stated(app, '/exact', 1, 9);
  });
  for (const [path, body, message] of [
    ['/short', 'xxx', 'The body has 3 bytes, and its content-length says 10'],
    ['/long', 'x', 'The body has 15 bytes or more, and its content-length says 10'],
    ['/longer', 'xxxxxxxxxx', 'The body has 15 bytes or more, and its content-length says 10'],
  ] as const) {
    const connection = await RawConnection.open(port);
    const raw = await connection
      .send(get(path))
      .next({ mayBreak: true })
      .catch((error: unknown) => error as Error);
    if (path === '/longer') t.is((raw as { text(): string }).text(), body, 'what it said is whole');
    const line = await logs.find((entry) => JSON.stringify(entry).includes(`The reply to GET ${path} broke off`));
    t.true(JSON.stringify(line).includes(message), path);
    if (path !== '/longer') t.true(await until(() => connection.socket.destroyed || connection.socket.readableEnded));
    connection.close();
  }
  t.is((await exchange(port, get('/exact'))).text(), 'xxxxxxxxxx');
  t.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, false, false, false],
  );
});

test('a route that names its types sends text in one of them', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/json', { produces: ['application/json'] }, () => 'text');
    app.get('/own', { produces: ['application/json'] }, () =>
      reply(200, 'a,b', { headers: { 'content-type': 'text/csv' } }),
    );
    app.get('/checked', { produces: ['application/json'], response: z.string() }, () => 'text');
    app.get('/free', () => 'text');
  });
  for (const [path, type, text] of [
    ['/json', 'application/json', '"text"'],
    ['/own', 'text/csv', 'a,b'],
    ['/checked', 'application/json', '"text"'],
    ['/free', 'text/plain; charset=utf-8', 'text'],
  ] as const) {
    const response = await exchange(port, get(path));
    t.deepEqual([response.header('content-type'), response.text()], [type, text], path);
  }
});
