/** Bodies of a server with several JS threads: each comes to the thread that has its request, whole and unmixed. */
import { createHash } from 'node:crypto';

import test from 'ava';

import { runProgram } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { formBody, postHead } from './form-body.ts';

interface Answer {
  readonly thread: number;
  readonly title: string;
  readonly digest: string;
}

/** Bytes that no other upload has. */
const photo = (index: number): Buffer => Buffer.alloc(400_000 + index * 30_011, `photo ${index} `);

test('uploads on all threads at once are those that were sent', async (t) => {
  const child = runProgram(t, 'upload/programs/threads.ts', '3');
  const port = Number(await child.report('port', 30_000));
  const connections = await Promise.all(Array.from({ length: 12 }, () => RawConnection.open(port)));
  const threads = new Set<number>();
  for (const path of ['/whole', '/parts', '/whole']) {
    await Promise.all(
      connections.map(async (connection, index) => {
        const data = photo(index);
        const body = formBody([
          { name: 'title', data: `sea ${index}` },
          { name: 'photo', data, filename: 'sea.jpg', type: 'image/jpeg' },
        ]);
        connection.send(postHead(path, body.byteLength)).send(body);
        const answer = (await connection.next({ timeout: 20_000 })).json() as Answer;
        const digest = createHash('sha256').update(data).digest('hex');
        t.like(answer, { title: `sea ${index}`, digest }, path);
        threads.add(answer.thread);
      }),
    );
  }
  t.is(threads.size, 3);
  for (const connection of connections) connection.close();
});

test('a body is echoed by the thread that gets it, on all of them at once', async (t) => {
  const child = runProgram(t, 'upload/programs/threads.ts', '3');
  const port = Number(await child.report('port', 30_000));
  await Promise.all(
    Array.from({ length: 9 }, async (_, index) => {
      const connection = await RawConnection.open(port);
      const data = photo(index);
      connection.send(postHead('/echo', data.byteLength, 'application/octet-stream')).send(data);
      const answer = await connection.next({ timeout: 20_000 });
      t.true(answer.body.equals(data), `${index}`);
      connection.close();
    }),
  );
});
