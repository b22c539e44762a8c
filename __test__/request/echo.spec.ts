/** A body that goes back as it comes: whole or in pieces, inside its slot or beside it, it is taken once. */
import { randomBytes } from 'node:crypto';

import test from 'ava';

import { reply } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

test('a stream is answered with itself, whatever its length', async (t) => {
  const { port } = await serve(t, (app) => app.post('/', ({ req }) => reply(200, req.stream)));
  const connection = await RawConnection.open(port);
  for (const length of [1, 3000, 4096, 5000, 60_000, 65_536, 65_537, 300_000]) {
    const body = randomBytes(length);
    connection.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`).send(body);
    const answer = await connection.next({ timeout: 10_000 });
    t.is(answer.status, 200);
    t.true(answer.body.equals(body), `${length} bytes`);
  }
  connection.close();
});
