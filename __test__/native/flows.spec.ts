import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { Covet, reply } from '../../src/index.ts';
import { Flows } from '../../src/native/flows.ts';
import { Link } from '../../src/native/link.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

// What JavaScript listens to is told by its side of the border alone, which no application has in its hands.
let link: Link | undefined;
const createLink = Link.create.bind(Link);
Link.create = (...args) => (link = createLink(...args));

test('a body that is given up while it is waited for leaves nobody listening', async (t) => {
  const app = new Covet({ logger: false });
  let cancelled = 0;
  app.post('/', { bodyLimit: 1_000_000 }, async ({ req }) => {
    const reader = req.stream.getReader();
    const waiting = (async () => {
      while (!(await reader.read()).done);
    })();
    // By now it waits for the rest, which does not come.
    await sleep(50);
    await reader.cancel();
    await waiting;
    cancelled += 1;
    return reply(200, 'enough');
  });
  const { port, close } = await app.listen({ port: 0 });
  try {
    const connection = await RawConnection.open(port);
    const head =
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/octet-stream\r\ncontent-length: 200000\r\n\r\n';
    connection.send(head + 'x'.repeat(1000));
    t.is((await connection.next()).status, 200);
    t.is(cancelled, 1);
    t.is(link?.flows.size, 0);
    connection.socket.destroy();
  } finally {
    await close(0);
  }
});

test('what is flushed together, at the end of the turn, runs in nobody’s context', async (t) => {
  const flows = new Flows();
  const contexts = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  const note = (): void => void seen.push(contexts.getStore());
  contexts.run('first', () => flows.flushLater(note));
  contexts.run('second', () => flows.flushLater(note));
  t.deepEqual(seen, []);
  await sleep(1);
  t.deepEqual(seen, [undefined, undefined]);
});
