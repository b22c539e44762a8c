/** More requests than slots: the others wait in their connections and are served in the order they came. */
import test from 'ava';

import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve, sleep } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('with one slot taken the others wait, then each gets its turn in order', async (t) => {
  const gate = createGate();
  const order: number[] = [];
  let atWork = 0;
  let most = 0;
  const { port } = await serve(
    t,
    (app) => {
      app.get('/gate', () => gate.promise);
      app.get('/{id:int}', async ({ params: { id } }) => {
        most = Math.max(most, ++atWork);
        order.push(id);
        await sleep(id % 3);
        atWork--;
        return id;
      });
    },
    { limits: { maxInFlight: 1 }, listen: { ioThreads: 1 } },
  );
  const first = await RawConnection.open(port);
  first.send(get('/gate'));
  await sleep(50);
  const waiting: RawConnection[] = [];
  for (let id = 0; id < 20; id++) {
    const connection = await RawConnection.open(port);
    connection.send(get(`/${id}`));
    waiting.push(connection);
    await sleep(5);
  }
  await sleep(100);
  t.deepEqual(order, [], 'nobody is served while the slot is taken');
  gate.open();
  const answers = await Promise.all(waiting.map((connection) => connection.next()));
  t.deepEqual(
    answers.map((answer) => answer.text()),
    waiting.map((_, id) => `${id}`),
  );
  t.deepEqual(
    order,
    waiting.map((_, id) => id),
  );
  t.is(most, 1);
  for (const connection of [first, ...waiting]) connection.close();
});

test('who goes while waiting loses its turn to the next', async (t) => {
  const gate = createGate();
  const served: number[] = [];
  const { port } = await serve(
    t,
    (app) => {
      app.get('/gate', () => gate.promise);
      app.get('/{id:int}', ({ params: { id } }) => served.push(id));
    },
    { limits: { maxInFlight: 1 }, listen: { ioThreads: 1 } },
  );
  const first = await RawConnection.open(port);
  first.send(get('/gate'));
  await sleep(50);
  const waiting: RawConnection[] = [];
  for (let id = 0; id < 30; id++) {
    const connection = await RawConnection.open(port);
    connection.send(get(`/${id}`));
    waiting.push(connection);
  }
  await sleep(50);
  waiting.forEach((connection, id) => id % 2 === 0 && connection.reset());
  await sleep(100);
  gate.open();
  await Promise.all(waiting.filter((_, id) => id % 2 === 1).map((connection) => connection.next()));
  t.deepEqual(
    served.toSorted((a, b) => a - b),
    Array.from({ length: 15 }, (_, index) => index * 2 + 1),
  );
  for (const connection of [first, ...waiting]) connection.close();
});

test('a thousand that wait are served as fast as one after the other', async (t) => {
  const { port } = await serve(t, (app) => app.get('/', () => sleep(0).then(() => 'done')), {
    limits: { maxInFlight: 1 },
  });
  const connections = await Promise.all(Array.from({ length: 1000 }, () => RawConnection.open(port)));
  const begin = performance.now();
  for (const connection of connections) connection.send(get('/'));
  const answers = await Promise.all(connections.map((connection) => connection.next({ timeout: 20_000 })));
  const took = performance.now() - begin;
  t.is(answers.filter((answer) => answer.text() === 'done').length, 1000);
  t.true(took < 15_000, `${took} ms`);
  for (const connection of connections) connection.close();
});
