/** Faults within the handling of faults: whatever fails, the client is answered, and so are those after it. */
import test from 'ava';

import { Covet, HttpError } from '../../src/index.ts';
import type { Logger } from '../../src/index.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('an error whose headers no response may have is a 500, and both faults are in the log', async (t) => {
  const { port, logs } = await serve(t, (app) => {
    app.get('/sync', () => {
      throw new HttpError(409, 'sync conflict', { headers: { 'x-note': 'a\r\nset-cookie: b' } });
    });
    app.get('/async', async () => {
      await sleep(1);
      throw new HttpError(409, 'async conflict', { headers: { 'content-length': '1' } });
    });
  });
  for (const kind of ['sync', 'async']) {
    const response = await exchange(port, get(`/${kind}`));
    t.is(response.status, 500, kind);
    t.is(response.json().error.code, 'SYSTEM_ERROR');
    t.is(response.header('x-note'), undefined);
    await logs.find(({ error_id: id, msg }) => id === response.header('x-error-id') && /header/.test(String(msg)));
    await logs.find(({ msg }) => String(msg).includes(`${kind} conflict`));
  }
});

test('an error handler that never answers is given up after the handler timeout', async (t) => {
  const { port, logs } = await serve(
    t,
    (app) => {
      app.onError(() => new Promise(() => {}));
      app.get('/throws', () => {
        throw new HttpError(418, 'a teapot');
      });
      app.get('/hangs', () => new Promise(() => {}));
    },
    { limits: { handlerTimeout: 200 } },
  );
  for (const path of ['/throws', '/hangs']) {
    const response = await exchange(port, get(path), { timeout: 2000 });
    t.is(response.status, 504, path);
    t.is(response.json().error.code, 'TIMEOUT_ERROR');
  }
  await logs.find(({ msg }) => String(msg).includes('a teapot'));
});

test('what fails inside after middleware has answered by itself is logged, and nothing else', async (t) => {
  const rejections: unknown[] = [];
  const note = (reason: unknown): unknown => rejections.push(reason);
  process.on('unhandledRejection', note);
  t.teardown(() => process.off('unhandledRejection', note));
  const gate = createGate();
  const { port, logs } = await serve(t, (app) => {
    app.use((_ctx, next) => {
      void next();
      return 'answered outside';
    });
    app.get('/inside', async () => {
      await gate.promise;
      throw new Error('failed inside');
    });
  });
  t.is((await exchange(port, get('/inside'))).text(), 'answered outside');
  gate.open();
  const line = await logs.find(({ msg }) => String(msg).includes('failed inside'));
  t.is(line['route'], '/inside');
  t.deepEqual(rejections, []);
});

test.serial('a logger that throws costs neither its request nor those of the same batch their answers', async (t) => {
  const fail = (): never => {
    throw new Error('disk full');
  };
  const logger: Logger = { debug: fail, info: fail, warn: fail, error: fail };
  const app = new Covet({ logger });
  app.get('/', async () => {
    await sleep(1);
    return 'home';
  });
  const { port } = await app.listen({ port: 0, ioThreads: 1 });
  t.teardown(() => app.close(0));
  for (let round = 0; round < 20; round++) {
    const connections = await Promise.all(Array.from({ length: 8 }, () => RawConnection.open(port)));
    // Every other one is refused before JavaScript, which is then told to log it.
    connections.forEach((connection, index) => connection.send(get(index % 2 === 0 ? '/missing' : '/')));
    const statuses = await Promise.all(connections.map(async (connection) => (await connection.next()).status));
    t.deepEqual(statuses, [404, 200, 404, 200, 404, 200, 404, 200]);
    for (const connection of connections) connection.close();
  }
});
