/** What handlers may answer with. */
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';

import { z } from 'zod';

import { ndjson, redirect, reply, sse, stopEvents } from '../../src/index.ts';
import type { Covet } from '../../src/index.ts';
import type { BehaviourGroup } from './behaviour.ts';

function fail(message: string): never {
  throw new Error(message);
}

async function* count(last: number): AsyncGenerator<string> {
  for (let n = 1; n <= last; n++) {
    // The event loop turns between two pieces, so that the answer is no whole one.
    await new Promise((resolve) => setImmediate(resolve));
    yield `${n};`;
  }
}

function registerValues(app: Covet): void {
  app.get('/json', () => ({ text: 'é"', none: null, list: [1, 2.5, true] }));
  app.get('/null', () => null);
  app.get('/text', () => 'é');
  app.get('/empty-text', () => '');
  app.get('/bytes', () => new Uint8Array([0, 255, 10]));
  app.get('/large', () => new Uint8Array(2_000_000).fill(65));
  app.get('/nothing', () => undefined);
  app.get('/status/{status:int}', ({ params }) => reply(params.status, { a: 1 }));
  app.get('/user', { response: z.object({ id: z.number() }) }, () => ({ id: 1, password: 'secret' }));
  app.get('/headers', () =>
    reply(200, 'x', {
      headers: [
        ['x-one', 'a'],
        ['x-one', 'b'],
        ['content-type', 'text/x-own'],
        ['x-latin', 'é'],
      ],
    }),
  );
  app.get('/web', () => new Response('web', { status: 202, headers: { 'x-web': '1', 'content-type': 'text/x-web' } }));
  app.get('/web-stream', () => new Response(ReadableStream.from(count(3)).pipeThrough(new TextEncoderStream())));
  app.get('/web-null', () => new Response(null, { status: 204 }));
  app.get('/redirect', () => redirect('/json?a=1'));
  app.get('/moved', () => redirect('https://example.org/é', 308, { external: true }));
  app.get('/cookies', () =>
    reply(200, 'x').setCookie('a', '1').setCookie('b', 'x; y', { maxAge: 60 }).deleteCookie('c'),
  );
  app.get('/one-cookie', () => reply(204).setCookie('a', '1'));
}

function registerStreams(app: Covet): void {
  app.get('/generator', () => count(5));
  app.get('/node', () => Readable.from(['a', 'b']));
  app.get('/stream', () => ReadableStream.from([new Uint8Array([65]), new Uint8Array([66])]));
  app.get('/large-stream', async function* () {
    for (let n = 0; n < 40; n++) yield new Uint8Array(50_000).fill(n);
  });
  app.get('/ndjson', { response: ndjson(z.object({ id: z.number() })) }, async function* () {
    for (let id = 1; id <= 2; id++) yield { id, secret: 1 };
  });
  app.get('/events', { response: sse({ tick: z.number(), end: z.string() }) }, async function* ({ req }) {
    const from = Number(req.lastEventId ?? 0);
    for (let id = from + 1; id <= 3; id++) yield { event: 'tick', data: id, id };
    yield { event: 'end', data: 'done' };
  });
  app.get('/no-events', { response: sse(z.number()) }, () => stopEvents());
  app.get('/trailers', () => reply(200, count(2), { trailers: { 'x-sum': '3', 'x-late': () => 'late' } }));
  app.get('/fails-at-once', async function* () {
    yield fail('at once');
  });
  app.get('/fails-late', async function* () {
    yield* count(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    throw new Error('late');
  });
}

export const answers: BehaviourGroup = {
  name: 'answers',
  register(app) {
    registerValues(app);
    registerStreams(app);
  },
  behaviours: {
    async 'values have a type and a length'(send) {
      for (const [url, type, body] of [
        ['/json', 'application/json', '{"text":"é\\"","none":null,"list":[1,2.5,true]}'],
        ['/null', 'application/json', 'null'],
        ['/text', 'text/plain; charset=utf-8', 'é'],
        ['/empty-text', 'text/plain; charset=utf-8', ''],
        ['/user', 'application/json', '{"id":1}'],
      ] as const) {
        const response = await send(url);
        assert.deepEqual([response.status, response.headers['content-type'], response.text], [200, type, body], url);
        assert.equal(response.headers['content-length'], String(Buffer.byteLength(body)), url);
      }
      const bytes = await send('/bytes');
      assert.deepEqual([...bytes.body], [0, 255, 10]);
      assert.equal(bytes.headers['content-type'], 'application/octet-stream');
    },
    async 'a large body comes whole'(send) {
      const response = await send('/large');
      assert.equal(response.body.byteLength, 2_000_000);
      assert.ok(response.body.every((byte) => byte === 65));
    },
    async 'nothing is 204, and has no body'(send) {
      const response = await send('/nothing');
      assert.deepEqual([response.status, response.text, response.headers['content-length']], [204, '', undefined]);
      assert.equal(response.headers['content-type'], undefined);
    },
    async 'statuses are those of the reply, and some have no body'(send) {
      for (const status of [200, 201, 299, 404, 418, 500, 599]) {
        const response = await send(`/status/${status}`);
        assert.deepEqual([response.status, response.text], [status, '{"a":1}']);
      }
      for (const status of [204, 205, 304]) {
        const response = await send(`/status/${status}`);
        assert.deepEqual([response.status, response.text], [status, '']);
      }
    },
    async 'headers keep their values'(send) {
      const { headers } = await send('/headers');
      assert.equal(headers['x-one'], 'a, b');
      assert.equal(headers['content-type'], 'text/x-own');
      assert.equal(headers['x-latin'], 'é');
      assert.match(headers['date']!, /GMT$/);
    },
    async 'web responses are sent as they are'(send) {
      const whole = await send('/web');
      assert.deepEqual([whole.status, whole.headers['x-web'], whole.text], [202, '1', 'web']);
      assert.equal((await send('/web-stream')).text, '1;2;3;');
      assert.equal((await send('/web-null')).status, 204);
    },
    async 'redirects have a place and no body'(send) {
      const found = await send('/redirect');
      assert.deepEqual([found.status, found.headers['location'], found.text], [302, '/json?a=1', '']);
      const moved = await send('/moved');
      assert.deepEqual([moved.status, moved.headers['location']], [308, 'https://example.org/%C3%A9']);
    },
    async 'every cookie has a line'(send) {
      const { cookies } = await send('/cookies');
      assert.deepEqual(
        cookies.map((line) => line.split(';')[0]),
        ['a=1', 'b=x%3B%20y', 'c='],
      );
      assert.match(cookies[1]!, /; Max-Age=60; HttpOnly; Secure; SameSite=Lax$/);
      assert.equal((await send('/one-cookie')).cookies.length, 1);
    },
    async 'streams of every kind come whole'(send) {
      assert.equal((await send('/generator')).text, '1;2;3;4;5;');
      assert.equal((await send('/node')).text, 'ab');
      assert.equal((await send('/stream')).text, 'AB');
      const large = await send('/large-stream');
      assert.deepEqual([large.body.byteLength, large.body.at(-1), large.isWhole], [2_000_000, 39, true]);
    },
    async 'a stream of unknown length says how it is framed'(send) {
      assert.equal((await send('/generator')).headers['transfer-encoding'], 'chunked');
    },
    async 'HEAD of a stream has its head, and begins nothing that is sent'(send) {
      const response = await send({ url: '/generator', method: 'HEAD' });
      assert.deepEqual([response.status, response.text], [200, '']);
      assert.equal(response.headers['content-type'], 'application/octet-stream');
    },
    async 'lines of JSON have what the schema has'(send) {
      const response = await send('/ndjson');
      assert.equal(response.headers['content-type'], 'application/x-ndjson');
      assert.equal(response.text, '{"id":1}\n{"id":2}\n');
    },
    async 'events come in their format, from where the client is'(send) {
      const response = await send({ url: '/events', headers: { 'last-event-id': '2' } });
      assert.equal(response.headers['content-type'], 'text/event-stream');
      assert.equal(response.headers['cache-control'], 'no-cache, no-transform');
      assert.equal(response.text, 'event: tick\nid: 3\ndata: 3\n\nevent: end\ndata: "done"\n\n');
      assert.equal((await send('/no-events')).status, 204);
    },
    async 'trailers follow for those who ask for them'(send) {
      const response = await send({ url: '/trailers', headers: { te: 'trailers' } });
      assert.equal(response.text, '1;2;');
      assert.deepEqual(response.trailers, { 'x-sum': '3', 'x-late': 'late' });
    },
    async 'without TE there are no trailers'(send) {
      const response = await send('/trailers');
      assert.deepEqual([response.text, response.trailers, response.isWhole], ['1;2;', {}, true]);
    },
    async 'a stream that fails at once is an error, later one it breaks off'(send) {
      assert.equal((await send('/fails-at-once')).status, 500);
      const late = await send('/fails-late');
      assert.deepEqual([late.status, late.isWhole], [200, false]);
    },
  },
};
