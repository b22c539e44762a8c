/** Reply headers: nothing a handler is fed can begin another header, and what is allowed arrives as it was. */
import test from 'ava';

import { CovetError, reply } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const get = (port: number, path = '/') => exchange(port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);

const BAD_VALUES = [
  'a\r\nx-evil: 1',
  'a\nb',
  'a\rb',
  'a\0b',
  '\u0001',
  '\u007f',
  'snow☃man',
  '\u0100',
  'a\r\n\r\n<html>',
  // Also at the ends, where a careless trim would take them off.
  'a\r\n',
  '\n a',
  'a\u2028',
  '\ufeffa',
];
const NO_TEXT = [undefined, null, {}, [], true, Symbol('a'), new Date(0), () => 'a'];
const BAD_NAMES = ['', 'a b', 'a:b', 'a\r\nb', 'a\nb', 'a\0b', 'é', 'a\tb', '"a"', '(a)'];
const OWNED = ['Content-Length', 'Transfer-Encoding', 'Connection', 'Keep-Alive', 'Upgrade'];

test('a value that no header may have is refused by name where it is set', (t) => {
  for (const value of BAD_VALUES) {
    const error = t.throws(() => reply(200, 'x', { headers: { 'x-name': value } }), { instanceOf: CovetError });
    t.regex(error?.message ?? '', /'x-name'/, JSON.stringify(value));
    t.throws(() => reply(200).headers.set('x-name', value), { instanceOf: CovetError });
    t.throws(() => reply(200).headers.append('x-name', value), { instanceOf: CovetError });
    t.throws(() => reply(200, 'x', { headers: { 'set-cookie': ['a=b', value] } }), { instanceOf: CovetError });
  }
});

test('what is no text is no value, and nothing but spaces is taken off', (t) => {
  for (const value of NO_TEXT) {
    t.throws(() => reply(200).headers.set('x-name', value as string), { message: /'x-name' is text, not / });
    t.throws(() => reply(200).headers.append('x-name', value as string), { message: /'x-name' is text, not / });
    if (Array.isArray(value)) continue;
    const headers = { 'x-name': value as string };
    t.throws(() => reply(200, 'x', { headers }), { instanceOf: CovetError, message: /'x-name' is text, not / });
    t.throws(() => reply(200, 'x', { headers: { 'x-name': [value as string] } }), { message: /'x-name' is text/ });
  }
  const { headers } = reply(200, 'x', { headers: { 'x-number': 5 as unknown as string } });
  t.is(headers.get('x-number'), '5');
  headers.set('x-name', ' \t\u00a0a\u00a0\t ');
  t.is(headers.get('x-name'), '\u00a0a\u00a0');
  headers.set('x-name', ' \t ');
  t.is(headers.get('x-name'), '');
});

test('a name that no header may have is refused, and those of the server', (t) => {
  for (const name of [...BAD_NAMES, ...OWNED]) {
    const error = t.throws(() => reply(200, 'x', { headers: { [name]: 'v' } }), { instanceOf: CovetError });
    t.true(error?.message.toLowerCase().includes(JSON.stringify(name).slice(1, -1).toLowerCase()), error?.message);
    t.throws(() => reply(200).headers.set(name, 'v'), { instanceOf: CovetError });
  }
});

test('a handler that tries is a 500 without the header, and is logged', async (t) => {
  const { port, logs } = await serve(t, (app) =>
    app.get('/{value}', ({ params }) => reply(200, 'x', { headers: { 'x-name': `☃${params.value}` } })),
  );
  const response = await get(port, '/x');
  t.is(response.status, 500);
  t.is(response.header('x-name'), undefined);
  t.is(response.json().error.message, 'Internal Server Error');
  const line = await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
  t.regex(String(line['msg']), /x-name/);
});

test('Latin-1 comes and goes as it is', async (t) => {
  const { port } = await serve(t, (app) =>
    app.get('/', ({ req }) =>
      reply(200, { seen: req.header('X-Name') }, { headers: { 'x-back': req.header('x-name')! } }),
    ),
  );
  const response = await exchange(port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Name: caf\u00e9 \u00ff\u0080\r\n\r\n');
  t.is(response.json().seen, 'café ÿ\u0080');
  t.is(response.header('x-back'), 'caf\u00e9 \u00ff\u0080');
});

test('several values of one name are several lines, Set-Cookie among them; Vary is one list', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/', () => {
      const answer = reply(200, 'x', { headers: { 'set-cookie': ['a=1; Path=/', 'b=2'], vary: 'accept' } });
      answer.headers.append('Set-Cookie', 'c=3, 4');
      answer.headers.append('Vary', 'origin');
      answer.headers.append('vary', 'Origin, Accept-Encoding');
      return answer;
    });
    app.get('/web', () => {
      const headers = new Headers({ vary: 'accept' });
      for (const cookie of ['a=1; Path=/', 'b=2', 'c=3, 4']) headers.append('set-cookie', cookie);
      return new Response('x', { headers });
    });
  });
  for (const path of ['/', '/web']) {
    const { lines } = await get(port, path);
    const cookies = lines.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
    t.deepEqual(cookies, ['a=1; Path=/', 'b=2', 'c=3, 4'], path);
  }
  const { lines } = await get(port);
  t.deepEqual(
    lines.filter(([name]) => name === 'vary').map(([, value]) => value),
    ['accept, origin, Accept-Encoding'],
  );
});

test('get, has, set, append and delete know no case', (t) => {
  const { headers } = reply(200, 'x', { headers: [['X-A', '1']] });
  headers.append('x-a', '2');
  t.is(headers.get('X-a'), '1, 2');
  t.true(headers.has('x-A'));
  headers.set('X-A', ' 3 ');
  t.is(headers.get('x-a'), '3');
  headers.delete('X-A');
  t.false(headers.has('x-a'));
  t.is(headers.get('x-a'), null);
});

test('a content type of one’s own stays, and stays alone', async (t) => {
  const { port } = await serve(t, (app) => {
    app.get('/reply', () => reply(200, '<p>', { headers: { 'Content-Type': 'text/html; charset=utf-8' } }));
    app.get('/json', () => reply(200, { a: 1 }, { headers: { 'content-type': 'application/vnd.a+json' } }));
    app.get('/web', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }));
  });
  for (const [path, type] of [
    ['/reply', 'text/html; charset=utf-8'],
    ['/json', 'application/vnd.a+json'],
    ['/web', 'text/html'],
  ] as const) {
    const { lines } = await get(port, path);
    t.deepEqual(
      lines.filter(([name]) => name === 'content-type'),
      [['content-type', type]],
      path,
    );
  }
});
