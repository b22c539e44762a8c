/** Just below and just above every size that a request or a reply may have, inside its slot and beside it. */
import test from 'ava';

import { exchange, RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const KIB = 1024;
const MIB = KIB * KIB;

/** A head of exactly `bytes` bytes. */
function headOf(bytes: number, path = '/'): string {
  const frame = `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Fill: \r\n\r\n`;
  return frame.replace('X-Fill: ', `X-Fill: ${'a'.repeat(bytes - frame.length)}`);
}

const postOf = (path: string, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.byteLength}\r\n\r\n`), body]);

function chunkedOf(path: string, body: Uint8Array, size: number): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)];
  for (let at = 0; at < body.byteLength; at += size) {
    const chunk = body.subarray(at, at + size);
    parts.push(Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/** Bytes that differ at every place, so that a shift or a gap shows. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 17) & 255;
  return bytes;
}

test('heads of every size up to 16 KiB come through whole, above it is 431', async (t) => {
  const { port } = await serve(t, (app) =>
    app.get('/{*rest}', ({ req }) => ({
      fill: req.header('x-fill')?.length,
      host: req.headers['host'],
      path: req.path,
    })),
  );
  // A slot has room for 3,840 bytes of head: both sides of that, where it goes beside the slot, matter too.
  for (const bytes of [100, 3700, 3800, 3830, 3840, 3850, 3860, 3900, 4096, 8192, 16 * KIB - 1, 16 * KIB]) {
    const path = '/caf%C3%A9';
    const raw = headOf(bytes, path);
    const fill = /X-Fill: (a+)/.exec(raw)?.[1]?.length;
    const response = await exchange(port, raw);
    t.is(response.status, 200, `${bytes} bytes`);
    t.deepEqual(response.json(), { fill, host: 'a', path: '/café' }, `${bytes} bytes`);
  }
  for (const bytes of [16 * KIB + 1, 20 * KIB, 200 * KIB]) {
    t.is((await exchange(port, headOf(bytes))).status, 431, `${bytes} bytes`);
  }
});

test('the whole head comes through at each of its lengths around the end of a slot', async (t) => {
  const { port } = await serve(t, (app) =>
    app.get('/p/{a}/{b:int}', ({ req, params, query, headers }) => ({ params, query, x: headers['x'], ip: req.ip })),
  );
  const connection = await RawConnection.open(port);
  for (let fill = 3720; fill < 3850; fill++) {
    const x = 'y'.repeat(fill);
    connection.send(`GET /p/%C3%A9t%C3%A9/42?q=%41&r=1 HTTP/1.1\r\nHost: a\r\nX: ${x}\r\n\r\n`);
    const expected = { params: { a: 'été', b: 42 }, query: { q: 'A', r: '1' }, x, ip: '127.0.0.1' };
    t.deepEqual((await connection.next()).json(), expected, `fill ${fill}`);
  }
  connection.close();
});

test('bodies of every size up to the limit come through whole, by length and in chunks', async (t) => {
  const { port } = await serve(t, (app) => app.post('/', async ({ req }) => req.bytes()));
  const connection = await RawConnection.open(port);
  for (const length of [0, 1, 3700, 3750, 3780, 3800, 3839, 3840, 3841, 4096, 65_535, 65_536, 65_537, MIB - 1, MIB]) {
    const body = pattern(length);
    t.true((await connection.send(postOf('/', body)).next()).body.equals(body), `${length} bytes`);
    for (const size of [length < 10_000 ? 7 : 4099, 70_000]) {
      const { body: echoed } = await connection.send(chunkedOf('/', body, size)).next();
      t.true(echoed.equals(body), `${length} bytes in chunks of ${size}`);
    }
  }
  connection.close();
});

test('a body that is declared too large is 413 before it is sent', async (t) => {
  const { port } = await serve(t, (app) => app.post('/', async ({ req }) => req.bytes()));
  const connection = await RawConnection.open(port);
  connection.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${MIB + 1}\r\n\r\n`);
  const response = await connection.next();
  t.is(response.status, 413);
  t.is(response.json().error.code, 'PAYLOAD_TOO_LARGE');
  t.is(response.header('connection'), 'close');
  connection.close();
});

test('a body that turns out too large is 413 while it streams in, and the client can read that', async (t) => {
  const { port, logs } = await serve(t, (app) => app.post('/', async ({ req }) => req.bytes()));
  const connection = await RawConnection.open(port);
  connection.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  for (let sent = 0; sent < 17; sent++) connection.send(chunk);
  const response = await connection.next();
  t.is(response.status, 413);
  await connection.rest();
  const line = await logs.find(({ code }) => code === 'PAYLOAD_TOO_LARGE');
  t.is(line['error_id'], response.header('x-error-id'));
  t.is((await exchange(port, postOf('/', pattern(10)))).status, 200);
});

test('a body limit of one’s own holds to the byte', async (t) => {
  const { port } = await serve(t, (app) => app.post('/', async ({ req }) => (await req.bytes()).byteLength), {
    limits: { bodyLimit: 1000 },
  });
  t.is((await exchange(port, postOf('/', pattern(1000)))).text(), '1000');
  t.is((await exchange(port, postOf('/', pattern(1001)))).status, 413);
  t.is((await exchange(port, chunkedOf('/', pattern(1000), 100))).text(), '1000');
  t.is((await exchange(port, chunkedOf('/', pattern(1001), 100))).status, 413);
});

test('replies of every size come through whole: text, bytes, headers', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/text/{length:int}', ({ params }) => 'é'.repeat(params.length));
    app.get('/ascii/{length:int}', ({ params }) => 'x'.repeat(params.length));
    app.get('/bytes/{length:int}', ({ params }) => pattern(params.length));
    app.get('/json/{length:int}', ({ params }) => ({ text: '€'.repeat(params.length) }));
  });
  const connection = await RawConnection.open(port);
  const get = (path: string) => connection.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).next();
  for (const length of [0, 1, 1360, 1366, 2047, 2048, 2049, 4095, 4096, 4097, 10_000, 5 * MIB]) {
    t.is((await get(`/text/${length}`)).text(), 'é'.repeat(length), `text of ${length}`);
    t.is((await get(`/ascii/${length}`)).body.byteLength, length, `ascii of ${length}`);
    t.true((await get(`/bytes/${length}`)).body.equals(pattern(length)), `bytes of ${length}`);
    t.is((await get(`/json/${length}`)).json().text.length, length, `json of ${length}`);
  }
  connection.close();
});

test('reply headers of every size come through whole, with a body and without', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get(
      '/{status:int}/{length:int}',
      ({ params: { status, length } }) =>
        new Response(status === 204 ? null : 'body', { status, headers: { 'x-fill': 'h'.repeat(length) } }),
    );
  });
  for (const status of [200, 204]) {
    for (const length of [1, 4000, 4080, 4086, 4087, 4088, 4090, 4096, 5000, 20_000]) {
      const response = await exchange(port, `GET /${status}/${length} HTTP/1.1\r\nHost: a\r\n\r\n`);
      t.is(response.status, status, `${length}`);
      t.is(response.header('x-fill')?.length, length, `${status} with ${length}`);
      t.is(response.text(), status === 204 ? '' : 'body');
    }
  }
});
