/** Ranges and conditions of requests for files (RFC 9110, 13 and 14), over the wire. */
import { utimesSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { serve } from '../helpers/serve.ts';
import { LONG_AGO_TEXT, ask, createBytes, createFolder } from './folder.ts';

const SIZE = 300_000;
const BYTES = createBytes(SIZE);
const BEFORE = 'Thu, 29 Feb 2024 12:34:55 GMT';
const AFTER = 'Thu, 29 Feb 2024 12:34:57 GMT';

test('ranges are sent byte for byte', async (t) => {
  const folder = createFolder(t, { 'a.bin': BYTES });
  const { port } = await serve(t, (app) => app.static('/', folder));
  for (const [range, start, end] of [
    ['bytes=0-0', 0, 0],
    ['bytes=0-99', 0, 99],
    ['bytes=100-199', 100, 199],
    ['bytes=-1', SIZE - 1, SIZE - 1],
    ['bytes=-300', SIZE - 300, SIZE - 1],
    ['bytes=-999999', 0, SIZE - 1],
    ['bytes=0-', 0, SIZE - 1],
    ['bytes=299999-', SIZE - 1, SIZE - 1],
    ['bytes=131071-131072', 131_071, 131_072],
    ['bytes=1-299998', 1, SIZE - 2],
    ['bytes=100-99999999999999999999', 100, SIZE - 1],
    ['bytes=0-10,5-20', 0, 20],
    ['bytes=0-10,11-20', 0, 20],
    ['bytes=5-5,999999-', 5, 5],
    ['Bytes=1-2', 1, 2],
  ] as const) {
    const response = await ask(port, '/a.bin', { range });
    t.is(response.status, 206, range);
    t.is(response.header('content-range'), `bytes ${start}-${end}/${SIZE}`, range);
    t.is(response.header('content-length'), String(end - start + 1));
    t.is(response.header('content-type'), 'application/octet-stream');
    t.true(response.body.equals(BYTES.subarray(start, end + 1)), range);
  }
});

test('several ranges come as multipart/byteranges, in the order asked for', async (t) => {
  const folder = createFolder(t, { 'a.txt': BYTES });
  const { port } = await serve(t, (app) => app.static('/', folder));
  for (const [range, parts] of [
    [
      'bytes=0-9,1000-1009',
      [
        [0, 9],
        [1000, 1009],
      ],
    ],
    [
      'bytes=-10,0-0',
      [
        [SIZE - 10, SIZE - 1],
        [0, 0],
      ],
    ],
    [
      'bytes=0-199999, 200500-',
      [
        [0, 199_999],
        [200_500, SIZE - 1],
      ],
    ],
    [
      'bytes=0-0,1000-1000,2000-2000,999999-',
      [
        [0, 0],
        [1000, 1000],
        [2000, 2000],
      ],
    ],
  ] as const) {
    const response = await ask(port, '/a.txt', { range });
    t.is(response.status, 206, range);
    t.is(response.header('content-range'), undefined, 'each part has its own');
    const [, boundary] = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(response.header('content-type')!) ?? [];
    const expected: Buffer[] = [];
    for (const [start, end] of parts) {
      const head = `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ${start}-${end}/${SIZE}\r\n\r\n`;
      expected.push(Buffer.from(head), BYTES.subarray(start, end + 1), Buffer.from('\r\n'));
    }
    expected.push(Buffer.from(`--${boundary}--\r\n`));
    t.true(response.body.equals(Buffer.concat(expected)), range);
    t.is(response.header('content-length'), String(response.body.length));
  }
});

test('ranges that cannot be met are 416, those that say nothing are ignored', async (t) => {
  const folder = createFolder(t, { 'a.bin': BYTES, 'empty.bin': '' });
  const { port } = await serve(t, (app) => app.static('/', folder));
  for (const range of [`bytes=${SIZE}-`, 'bytes=999999-9999999', 'bytes=-0', 'bytes=18446744073709551615-']) {
    const response = await ask(port, '/a.bin', { range });
    t.is(response.status, 416, range);
    t.is(response.header('content-range'), `bytes */${SIZE}`);
    t.is(response.json().error.code, 'RANGE_NOT_SATISFIABLE');
  }
  t.is((await ask(port, '/empty.bin', { range: 'bytes=0-' })).header('content-range'), 'bytes */0');
  const many = Array.from({ length: 33 }, (_, index) => `${index * 1000}-${index * 1000}`).join(',');
  for (const range of [
    'bytes=',
    'bytes=a-b',
    'bytes=5-1',
    'lines=1-2',
    'bytes=1-2,x',
    'bytes',
    '0-1',
    `bytes=${many}`,
  ]) {
    const response = await ask(port, '/a.bin', { range });
    t.is(response.status, 200, range);
    t.is(response.body.length, SIZE);
  }
  t.is((await ask(port, '/empty.bin', { range: 'bytes=-5' })).status, 200);
  const head = await ask(port, '/a.bin', { range: 'bytes=0-9' }, 'HEAD');
  t.deepEqual([head.status, head.header('content-length')], [200, String(SIZE)], 'ranges are of GET alone');
});

test('conditions in the order of the standard', async (t) => {
  const folder = createFolder(t, { 'a.bin': BYTES });
  const { port } = await serve(t, (app) => app.static('/', folder));
  const tag = (await ask(port, '/a.bin')).header('etag')!;
  for (const [headers, status] of [
    [{ 'if-none-match': tag }, 304],
    [{ 'if-none-match': `W/${tag}` }, 304],
    [{ 'if-none-match': `"a", ${tag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"a"' }, 200],
    [{ 'if-none-match': '"a"', 'if-modified-since': AFTER }, 200],
    [{ 'if-modified-since': LONG_AGO_TEXT }, 304],
    [{ 'if-modified-since': AFTER }, 304],
    [{ 'if-modified-since': BEFORE }, 200],
    [{ 'if-modified-since': 'Thursday, 29-Feb-24 12:34:56 GMT' }, 304],
    [{ 'if-modified-since': 'Thu Feb 29 12:34:56 2024' }, 304],
    [{ 'if-modified-since': '2024-02-29' }, 200],
    [{ 'if-match': tag }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': `W/${tag}` }, 412],
    [{ 'if-match': '"a"' }, 412],
    [{ 'if-match': tag, 'if-unmodified-since': BEFORE }, 200],
    [{ 'if-unmodified-since': LONG_AGO_TEXT }, 200],
    [{ 'if-unmodified-since': BEFORE }, 412],
    [{ 'if-match': '"a"', 'if-none-match': tag }, 412],
    [{ 'if-match': tag, 'if-none-match': tag }, 304],
    [{ range: 'bytes=0-9', 'if-range': tag }, 206],
    [{ range: 'bytes=0-9', 'if-range': '"a"' }, 200],
    [{ range: 'bytes=0-9', 'if-range': `W/${tag}` }, 200],
    [{ range: 'bytes=0-9', 'if-range': LONG_AGO_TEXT }, 206],
    [{ range: 'bytes=0-9', 'if-range': AFTER }, 200],
    [{ range: 'bytes=999999-', 'if-range': '"a"' }, 200],
    [{ range: 'bytes=0-9', 'if-none-match': tag }, 304],
    [{ range: 'bytes=0-9', 'if-match': '"a"' }, 412],
  ] as [Record<string, string>, number][]) {
    const where = JSON.stringify(headers);
    const response = await ask(port, '/a.bin', headers);
    t.is(response.status, status, where);
    if (status === 304) {
      t.is(response.header('etag'), tag, where);
      t.is(response.header('cache-control'), 'public, max-age=0');
      for (const name of ['content-length', 'content-type', 'last-modified', 'content-range']) {
        t.is(response.header(name), undefined, `${where}: ${name}`);
      }
    }
    if (status === 412) t.is(response.json().error.code, 'PRECONDITION_FAILED');
    const head = await ask(port, '/a.bin', headers, 'HEAD');
    t.is(head.status, status === 206 ? 200 : status, `HEAD ${where}`);
  }
});

test('a field on several lines is one list', async (t) => {
  const folder = createFolder(t, { 'a.bin': BYTES });
  const { port } = await serve(t, (app) => app.static('/', folder));
  const tag = (await ask(port, '/a.bin')).header('etag')!;
  const response = await ask(port, '/a.bin', { 'if-none-match': `"a"\r\nIf-None-Match: ${tag}` });
  t.is(response.status, 304);
  t.is((await ask(port, '/a.bin', { range: 'bytes=0-1\r\nRange: bytes=2-3' })).status, 200, 'two ranges are none');
});

test('a file that was just changed is not resumed by what may not tell', async (t) => {
  const folder = createFolder(t, { 'a.bin': BYTES });
  const now = new Date();
  utimesSync(path.join(folder, 'a.bin'), now, now);
  const { port } = await serve(t, (app) => app.static('/', folder));
  const response = await ask(port, '/a.bin');
  t.regex(response.header('etag')!, /^W\//);
  for (const validator of ['etag', 'last-modified']) {
    const resumed = await ask(port, '/a.bin', { range: 'bytes=5-', 'if-range': response.header(validator)! });
    t.is(resumed.status, 200, validator);
  }
  t.is((await ask(port, '/a.bin', { 'if-none-match': response.header('etag')! })).status, 304);
});

test('a file from the future is not said to be from there', async (t) => {
  const folder = createFolder(t, { 'a.bin': BYTES });
  const future = new Date(Date.now() + 86_400_000);
  utimesSync(path.join(folder, 'a.bin'), future, future);
  const { port } = await serve(t, (app) => app.static('/', folder));
  const modified = Date.parse((await ask(port, '/a.bin')).header('last-modified')!);
  t.true(modified <= Date.now(), 'RFC 9110, 8.8.2.1');
});

test('a download that was begun in one form of a file is never resumed in another', async (t) => {
  const text = 'all work and no play '.repeat(1000);
  const folder = createFolder(t, { 'a.txt': text, 'b.txt': text, 'b.txt.br': BYTES, 'c.bin': BYTES });
  const { port } = await serve(
    t,
    (app) => {
      app.static('/coded', folder);
      app.static('/beside', folder, { precompressed: true, etag: false });
    },
    { compression: true },
  );
  for (const [target, accepted] of [
    ['/coded/a.txt', 'gzip'],
    ['/coded/a.txt', 'identity'],
    ['/beside/b.txt', 'br'],
    ['/beside/b.txt', 'identity'],
  ] as const) {
    const headers = { 'accept-encoding': accepted, range: 'bytes=100-', 'if-range': LONG_AGO_TEXT };
    t.is((await ask(port, target, headers)).status, 200, `${target} ${accepted}`);
  }
  // Of these there is one form, or the tag says which.
  const only = await ask(port, '/coded/c.bin', { range: 'bytes=100-', 'if-range': LONG_AGO_TEXT });
  t.deepEqual([only.status, only.body.equals(BYTES.subarray(100))], [206, true]);
  const tag = (await ask(port, '/coded/a.txt')).header('etag')!;
  const tagged = await ask(port, '/coded/a.txt', { range: 'bytes=100-', 'if-range': tag, 'accept-encoding': 'gzip' });
  t.deepEqual([tagged.status, tagged.text()], [206, text.slice(100)]);
});
