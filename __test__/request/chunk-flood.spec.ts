/** A body in chunks of a byte costs its reader what its bytes cost, not what so many pieces would. */
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { RawConnection } from '../helpers/raw-connection.ts';
import { createGate, serve } from '../helpers/serve.ts';

test('a reader that waits holds no more of chunks of a byte than of any others', async (t) => {
  const gate = createGate();
  const { port } = await serve(t, (app) =>
    app.post('/', { bodyLimit: 2 ** 40 }, async ({ req }) => {
      const reader = req.stream.getReader();
      let bytes = (await reader.read()).value!.byteLength;
      await gate.promise;
      for (let next = await reader.read(); !next.done; next = await reader.read()) bytes += next.value.byteLength;
      return bytes;
    }),
  );
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
  const size = 240_000;
  const chunks = Buffer.from('1\r\nx\r\n'.repeat(size));
  const connections = await Promise.all(Array.from({ length: 2 }, () => RawConnection.open(port)));
  for (const connection of connections) connection.send(`${head}1\r\nx\r\n`);
  await sleep(200);
  const before = process.memoryUsage().rss;
  for (const connection of connections) connection.send(chunks);
  // Until all of it has been taken from the sockets, and lies in the windows.
  let written = 0;
  for (let turn = 0; turn < 100 && written < connections.length; turn++) {
    await sleep(100);
    written = connections.filter(({ socket }) => socket.writableLength === 0).length;
  }
  await sleep(5000);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  t.log(`${grown.toFixed(1)} MiB more`);
  t.true(grown < 16, `${grown} MiB`);
  gate.open();
  for (const connection of connections) {
    connection.send('0\r\n\r\n');
    t.is((await connection.next({ timeout: 20_000 })).text(), String(size + 1));
    connection.close();
  }
});
