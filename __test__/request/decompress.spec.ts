/** Request bodies of every content coding: decoded for every reader, within their bounds. */
import { randomBytes } from 'node:crypto';

import test from 'ava';
import { z } from 'zod';

import type { Covet } from '../../src/index.ts';
import { code, send, sendAndGoOn, wire } from '../helpers/coded-requests.ts';
import { coded, codings, text } from '../helpers/coded.ts';
import { serve } from '../helpers/serve.ts';
import { formBody, formType } from '../upload/form-body.ts';

const LIMIT = 4 * 1024 ** 2;
const decompress = true;

const register = (app: Covet): void => {
  app.post('/text', { decompress, bodyLimit: LIMIT }, async ({ req }) => req.text());
  app.post('/bytes', { decompress, bodyLimit: LIMIT }, async ({ req }) => req.bytes());
  app.post('/json', { decompress, body: z.object({ text: z.string() }) }, ({ body }) => body.text);
  app.post('/form', { decompress, form: z.object({ a: z.coerce.number() }) }, ({ form }) => form.a);
  app.post('/upload', { decompress, bodyLimit: LIMIT }, async ({ req }) => {
    const { file } = await req.files();
    return [(await req.form())['name'], await file?.[0]?.text()];
  });
  app.post('/stream', { decompress, bodyLimit: LIMIT }, async ({ req }) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of req.stream) pieces.push(piece);
    return Buffer.concat(pieces);
  });
  app.post('/plain', async ({ req }) => req.text());
};

for (const coding of codings) {
  test(`${coding}: every reader gets what was coded, whole, streamed and a byte at a time`, async (t) => {
    const { port } = await serve(t, register);
    for (const [size, pieces] of [
      [0, [undefined]],
      [10, [undefined, 1]],
      [5000, [undefined, 1, 1000]],
      // Whole on the wire, far more when decoded.
      [200_000, [undefined, 1000]],
      // Streamed on the wire as well.
      [2_000_000, [undefined, 60_000]],
    ] as const) {
      const plain = text(size);
      const body = await coded(coding, plain);
      for (const piece of pieces) {
        for (const path of ['/text', '/bytes', '/stream']) {
          const sent = { coding, ...(piece !== undefined && { piece }) };
          const answer = await sendAndGoOn(port, path, body, sent);
          t.is(answer.status, 200, answer.text().slice(0, 200));
          t.true(answer.text() === plain, `${path} ${size} bytes in pieces of ${piece}`);
        }
      }
    }
  });

  test(`${coding}: JSON, forms and uploads are checked as if they had come plain`, async (t) => {
    const { port } = await serve(t, register);
    for (const size of [10, 300_000]) {
      const value = text(size);
      const json = await coded(coding, JSON.stringify({ text: value }));
      t.true((await send(port, '/json', json, { coding, type: 'application/json' })).text() === value);
      const parts = formBody([
        { name: 'name', data: 'n' },
        { name: 'file', data: value, filename: 'f.txt', type: 'text/plain' },
      ]);
      for (const piece of [undefined, 777]) {
        const sent = { coding, type: formType, ...(piece !== undefined && { piece }) };
        t.deepEqual((await send(port, '/upload', await coded(coding, parts), sent)).json(), ['n', value]);
      }
    }
    const wrong = await send(port, '/json', await coded(coding, '{"text":1}'), { coding, type: 'application/json' });
    t.deepEqual(code(wrong), [422, 'VALIDATION_ERROR']);
    const bad = await send(port, '/json', await coded(coding, '{"text":'), { coding, type: 'application/json' });
    t.deepEqual(code(bad), [400, 'INVALID_JSON']);
    const form = { coding, type: 'application/x-www-form-urlencoded' };
    t.is((await send(port, '/form', await coded(coding, 'a=7'), form)).text(), '7');
    // Another type is another error, whatever the coding.
    t.deepEqual(code(await send(port, '/json', await coded(coding, '{}'), { coding })), [
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ]);
  });

  test(`${coding}: what breaks off, goes on or is something else is 400`, async (t) => {
    const { port } = await serve(t, register);
    for (const size of [3000, 900_000]) {
      const whole = await coded(coding, text(size));
      const turned = Buffer.from(whole);
      // Of the codings gzip alone has a checksum in every body.
      if (coding === 'gzip') turned[whole.length - 8]! ^= 1;
      else turned.fill(0xff, 0, 8);
      const bad: [string, Buffer][] = [
        ['cut', whole.subarray(0, -1)],
        ['cut early', whole.subarray(0, whole.length >> 1)],
        ['followed', Buffer.concat([whole, wire('more')])],
        ['turned', turned],
        ['plain', wire(text(size))],
        ['nothing of it', Buffer.alloc(size)],
      ];
      for (const [name, body] of bad) {
        for (const path of ['/text', '/stream']) {
          for (const piece of [undefined, 1000]) {
            const answer = await send(port, path, body, { coding, ...(piece !== undefined && { piece }) });
            t.deepEqual(code(answer), [400, 'INVALID_CONTENT_ENCODING'], `${name} ${path} ${size} ${piece}`);
          }
        }
      }
    }
    // A short one that is read whole costs nobody the connection.
    const cut = (await coded(coding, text(3000))).subarray(0, -1);
    t.is((await sendAndGoOn(port, '/text', cut, { coding })).status, 400);
  });

  test(`${coding}: the limit counts the decoded bytes, exactly`, async (t) => {
    const { port } = await serve(t, (app) => {
      app.post('/text', { decompress, bodyLimit: 100_000 }, async ({ req }) => (await req.text()).length);
      app.post('/stream', { decompress, bodyLimit: 100_000 }, async ({ req }) => {
        let size = 0;
        for await (const piece of req.stream) size += piece.byteLength;
        return size;
      });
      app.post('/wire', { decompress, bodyLimit: 1000 }, async ({ req }) => (await req.text()).length);
    });
    for (const path of ['/text', '/stream']) {
      for (const piece of [undefined, 100]) {
        const sent = { coding, ...(piece !== undefined && { piece }) };
        t.is((await send(port, path, await coded(coding, text(100_000)), sent)).text(), '100000');
        const over = await send(port, path, await coded(coding, text(100_001)), sent);
        t.deepEqual(code(over), [413, 'PAYLOAD_TOO_LARGE']);
      }
    }
    // What is sent counts as well, and is refused by its length.
    const noise = await coded(coding, randomBytes(1500));
    t.true(noise.length > 1000);
    t.deepEqual(code(await send(port, '/wire', noise, { coding })), [413, 'PAYLOAD_TOO_LARGE']);
  });

  test(`${coding}: a bomb ends before it goes off`, async (t) => {
    const { port } = await serve(t, (app) => {
      const limit = 2 ** 40;
      app.post('/text', { decompress, bodyLimit: limit }, async ({ req }) => (await req.text()).length);
      app.post('/stream', { decompress, bodyLimit: limit }, async ({ req }) => {
        let size = 0;
        for await (const piece of req.stream) size += piece.byteLength;
        return size;
      });
      app.post(
        '/more',
        { decompress: { maxRatio: 2 ** 31 - 1 }, bodyLimit: limit },
        async ({ req }) => (await req.bytes()).length,
      );
    });
    const bomb = await coded(coding, Buffer.alloc(48 * 1024 ** 2));
    for (const path of ['/text', '/stream']) {
      for (const piece of [undefined, 1000]) {
        const answer = await send(port, path, bomb, { coding, ...(piece !== undefined && { piece }) });
        t.deepEqual(code(answer), [413, 'COMPRESSION_RATIO_EXCEEDED'], `${path} ${piece}`);
      }
    }
    t.is((await send(port, '/more', bomb, { coding })).text(), String(48 * 1024 ** 2), 'a route may take more');
    const small = await coded(coding, Buffer.alloc(60_000, ' '));
    t.is((await send(port, '/text', small, { coding })).text(), '60000', 'a little repetition is no bomb');
  });
}
