/** Bodies that nobody asks for: the next request is never taken for one, and an end of the connection is announced. */
import test from 'ava';

import type { Covet } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const head = (path: string, length: number, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${more}\r\n`;

const register = (app: Covet): void => {
  app.get('/', () => 'home');
  app.post('/unread', () => 'unread');
  app.post('/read', { bodyLimit: 10_000_000 }, async ({ req }) => (await req.bytes()).byteLength);
};

for (const [path, status] of [
  ['/unread', 200],
  ['/none', 404],
] as const) {
  for (const length of [5, 100_000]) {
    test(`a body of ${length} that waits for leave is not asked for by ${status}: its connection ends`, async (t) => {
      const { port } = await serve(t, register, { limits: { bodyLimit: 10_000_000 } });
      const connection = await RawConnection.open(port);
      connection.send(head(path, length, 'Expect: 100-continue\r\n'));
      const answer = await connection.next();
      t.is(answer.status, status);
      t.deepEqual(answer.interim, []);
      t.is(answer.header('connection'), 'close');
      t.is(await connection.rest(), '');
    });
  }
}

test('a body that was asked for leaves the connection open', async (t) => {
  const { port } = await serve(t, register);
  const connection = await RawConnection.open(port);
  for (let count = 0; count < 3; count++) {
    connection.send(`${head('/read', 5, 'Expect: 100-continue\r\n')}hello`);
    const answer = await connection.next();
    t.deepEqual([answer.text(), answer.interim, answer.header('connection')], ['5', [100], undefined]);
  }
  t.is((await connection.send(GET).next()).text(), 'home');
  connection.close();
});

test('a refused request with a body of some length leaves the connection open', async (t) => {
  const { port } = await serve(t, register, { limits: { bodyLimit: 10_000_000 } });
  const connection = await RawConnection.open(port);
  for (const length of [10, 1000, 100_000, 200_000]) {
    for (const [path, status] of [
      ['/none', 404],
      ['/', 405],
    ] as const) {
      const answer = await connection.send(head(path, length)).send(Buffer.alloc(length)).next();
      t.deepEqual([answer.status, answer.header('connection')], [status, undefined], `${length}`);
      t.is((await connection.send(GET).next()).text(), 'home');
    }
  }
  connection.close();
});

test('one that is too long to be read away is told so', async (t) => {
  const { port } = await serve(t, register, { limits: { bodyLimit: 10_000_000 } });
  const connection = await RawConnection.open(port);
  const answer = await connection.send(head('/none', 1_000_000)).next();
  t.deepEqual([answer.status, answer.header('connection')], [404, 'close']);
  t.is(await connection.rest(), '');
});

test('one that does not come is not waited for', async (t) => {
  const { port } = await serve(t, register, { limits: { bodyLimit: 10_000_000 } });
  const connection = await RawConnection.open(port);
  const answer = await connection.send(head('/none', 1000)).next();
  t.deepEqual([answer.status, answer.header('connection')], [404, 'close']);
  t.is(await connection.rest(), '');
});
