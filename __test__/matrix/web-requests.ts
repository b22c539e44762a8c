/** Handlers of web requests, mounted in an application: what they see of a request, and what comes back of their answer. */
import assert from 'node:assert/strict';

import type { Covet } from '../../src/index.ts';
import type { BehaviourGroup } from './behaviour.ts';

const bytes = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, index) => index % 251);

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < 8; index++) yield bytes(20_000);
}

/** As the libraries do it: a function of a web request, which knows nothing of Covet. */
async function handle(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname.slice('/auth'.length)) {
    case '/see':
      return Response.json({
        method: request.method,
        url: request.url,
        own: request.headers.get('x-own'),
        cookie: request.headers.get('cookie'),
        hasBody: request.body !== null,
      });
    case '/echo':
      return new Response(request.body, { headers: { 'content-type': 'application/x-own' } });
    case '/upper':
      return new Response(request.body!.pipeThrough(new TextDecoderStream()).pipeThrough(upper()));
    case '/form': {
      const form = await request.formData();
      return Response.json([...form].map(([name, value]) => [name, typeof value === 'string' ? value : value.size]));
    }
    case '/sign-in': {
      const headers = new Headers({ location: `/?user=${searchParams.get('user')}` });
      headers.append('set-cookie', 'a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT; HttpOnly');
      headers.append('set-cookie', 'b=2; Path=/');
      return new Response(null, { status: 302, headers });
    }
    default:
      return new Response('No such page', { status: 404 });
  }
}

function upper(): TransformStream<string, Uint8Array> {
  const encoder = new TextEncoder();
  return new TransformStream({
    transform: (text, controller) => controller.enqueue(encoder.encode(text.toUpperCase())),
  });
}

function register(app: Covet): void {
  app.any('/auth/{*rest}', ({ req }) => handle(req.toWeb()));
}

export const webRequests: BehaviourGroup = {
  name: 'web requests',
  options: { trustProxy: 1, limits: { bodyLimit: 200_000 } },
  register,
  behaviours: {
    async 'the method, the address and the headers are there'(send) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const { json } = await send({
          url: '/auth/see?a=1&a=%20',
          method,
          headers: { 'x-own': 'caf\u00E9', cookie: 'a=1; b=2' },
          isSecure: true,
        });
        const url = 'https://localhost/auth/see?a=1&a=%20';
        assert.deepEqual(json, { method, url, own: 'caf\u00E9', cookie: 'a=1; b=2', hasBody: false }, method);
      }
    },
    async 'HEAD is answered without a body'(send) {
      const response = await send({ url: '/auth/see', method: 'HEAD' });
      assert.deepEqual([response.status, response.body.byteLength], [200, 0]);
    },
    async 'a body is streamed through'(send) {
      for (const body of ['', 'x', bytes(5000), bytes(180_000)]) {
        const response = await send({ url: '/auth/echo', method: 'POST', body });
        assert.deepEqual(response.body, typeof body === 'string' ? Buffer.from(body) : Buffer.from(body));
      }
      const response = await send({ url: '/auth/echo', method: 'PUT', body: pieces });
      assert.deepEqual(response.body, Buffer.concat(Array.from({ length: 8 }, () => bytes(20_000))));
      for (const length of [10, 150_000]) {
        const changed = await send({ url: '/auth/upper', method: 'POST', body: 'x'.repeat(length) });
        assert.equal(changed.text, 'X'.repeat(length));
      }
    },
    async 'a form is read by whoever has the request'(send) {
      assert.deepEqual(
        (await send({ url: '/auth/form', method: 'POST', body: new URLSearchParams('a=1&b=%C3%A9') })).json,
        [
          ['a', '1'],
          ['b', '\u00E9'],
        ],
      );
      const form = new FormData();
      form.set('a', '1');
      form.set('f', new File(['x'.repeat(100_000)], 'f.txt'));
      assert.deepEqual((await send({ url: '/auth/form', method: 'POST', body: form })).json, [
        ['a', '1'],
        ['f', 100_000],
      ]);
    },
    async 'each cookie of the answer is a line'(send) {
      const response = await send({ url: '/auth/sign-in?user=7', method: 'POST' });
      assert.equal(response.status, 302);
      assert.equal(response.headers['location'], '/?user=7');
      assert.deepEqual(response.cookies, ['a=1; Expires=Wed, 21 Oct 2099 07:28:00 GMT; HttpOnly', 'b=2; Path=/']);
    },
    async 'a body past the limit is 413'(send) {
      const headers = { 'content-type': 'multipart/form-data; boundary=a' };
      const body = new Uint8Array(200_001);
      assert.equal((await send({ url: '/auth/form', method: 'POST', body, headers })).status, 413);
    },
    async 'an answer of its own is passed on'(send) {
      const response = await send('/auth/nowhere');
      assert.deepEqual([response.status, response.text], [404, 'No such page']);
    },
  },
};
