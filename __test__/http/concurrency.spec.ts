/** Many clients at once, each with its own names everywhere: no answer may ever hold another client's. */
import test from 'ava';
import { z } from 'zod';

import type { Covet } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';
import { serve, sleep } from '../helpers/serve.ts';

const CONNECTIONS = 200;
const ROUNDS = 15;

/** Everything a route can echo of a request. */
interface Echo {
  readonly path: string;
  readonly query: string;
  readonly header: string;
  readonly cookie: string;
  readonly body: string | null;
}

const register = (app: Covet): void => {
  const echo = (id: string, req: { query: any; header: (name: string) => string | undefined; cookies: any }): Echo => ({
    path: id,
    query: req.query['id'],
    header: req.header('x-id')!,
    cookie: req.cookies['id'],
    body: null,
  });
  app.get('/sync/{id}', ({ req, params }) => echo(params.id, req));
  app.get('/later/{id}', async ({ req, params }) => {
    await sleep(params.id.length % 3);
    return echo(params.id, req);
  });
  app.get('/lazy/{id}', async (context) => {
    await sleep(1);
    return echo(context.params.id, context.req);
  });
  app.post('/text/{id}', async ({ req, params }) => {
    await sleep(1);
    return { ...echo(params.id, req), body: (await req.text()).slice(0, params.id.length) };
  });
  app.post(
    '/typed/{id}',
    { body: z.object({ id: z.string(), fill: z.string() }), query: z.object({ id: z.string() }) },
    ({ req, params, query, body }) => ({ ...echo(params.id, req), query: query.id, body: body.id }),
  );
};

function toRequest(id: string, index: number): string {
  const fill = 'f'.repeat((index * 613) % 9000);
  const headers = `Host: a\r\nX-Fill: ${'h'.repeat(index % 11 === 0 ? 5000 : index % 50)}\r\nX-Id: ${id}\r\nCookie: id=${id}\r\n`;
  switch (index % 5) {
    case 0:
      return `GET /sync/${id}?id=${id} HTTP/1.1\r\n${headers}\r\n`;
    case 1:
      return `GET /later/${id}?id=${id} HTTP/1.1\r\n${headers}\r\n`;
    case 2:
      return `GET /lazy/${id}?id=${id} HTTP/1.1\r\n${headers}\r\n`;
    case 3: {
      const body = id + fill;
      return `POST /text/${id}?id=${id} HTTP/1.1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`;
    }
    default: {
      const body = JSON.stringify({ id, fill });
      const json = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n';
      const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
      return `POST /typed/${id}?id=${id} HTTP/1.1\r\n${headers}${json}\r\n${chunks}`;
    }
  }
}

const expected = (id: string, index: number): Echo => ({
  path: id,
  query: id,
  header: id,
  cookie: id,
  body: index % 5 >= 3 ? id : null,
});

for (const [name, limits] of [
  ['with slots for all', {}],
  ['with a slot for every tenth', { maxInFlight: 20 }],
] as const) {
  test(`200 connections with requests of every kind, ${name}`, async (t) => {
    const { port, logs } = await serve(t, register, { limits, listen: { ioThreads: 2 } });
    const mixed: unknown[] = [];
    const run = async (client: number): Promise<void> => {
      const connection = await RawConnection.open(port);
      for (let round = 0; round < ROUNDS; round++) {
        // Two at a time: one waits behind the other.
        const indices = [client + round, client + round + 7];
        const ids = indices.map((index, place) => `c${client}-r${round}-${place}-${index}`);
        connection.send(ids.map((id, place) => toRequest(id, indices[place]!)).join(''));
        for (const [place, id] of ids.entries()) {
          const answer = await connection.next({ timeout: 20_000 });
          const found = JSON.stringify(answer.json());
          const right = JSON.stringify(expected(id, indices[place]!));
          if (found !== right) mixed.push({ found, right });
        }
      }
      connection.close();
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, client) => run(client)));
    t.deepEqual(mixed, []);
    t.deepEqual(logs.lines, []);
  });
}
