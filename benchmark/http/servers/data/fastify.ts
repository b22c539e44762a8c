/* oxlint-disable oxc/no-async-endpoint-handlers -- this is not Express: a handler's promise is awaited */
import type { AddressInfo } from 'node:net';

import postgres from '@fastify/postgres';
import { fastify } from 'fastify';
import { LRUCache } from 'lru-cache';

import { announce } from '../control.ts';
import { cacheTtl, databaseUrl, poolSize, statements, takeRows } from './fixtures.ts';
import type { User } from './fixtures.ts';

const text = { type: 'string' };
const integer = { type: 'integer' };
const user = {
  type: 'object',
  properties: {
    id: integer,
    name: text,
    email: text,
    city: text,
    balance: text,
    visits: integer,
    active: { type: 'boolean' },
  },
};
const page = { type: 'object', properties: { users: { type: 'array', items: user } } };
const updated = { type: 'object', properties: { updated: integer } };

const app = fastify({ logger: false });
await app.register(postgres, { connectionString: databaseUrl(), max: poolSize });

app.get<{ Params: { id: number } }>(
  '/users/:id',
  { schema: { params: { type: 'object', properties: { id: integer } }, response: { 200: user } } },
  async (request, reply) => {
    const { rows } = await app.pg.query<User>(statements.row, [request.params.id]);
    if (rows.length === 0) return reply.code(404).send({ error: 'User not found' });
    return rows[0];
  },
);

app.get<{ Querystring: { after: number } }>(
  '/users',
  {
    schema: {
      querystring: { type: 'object', required: ['after'], properties: { after: integer } },
      response: { 200: page },
    },
  },
  async (request) => {
    const { rows } = await app.pg.query<User>(statements.page, [request.query.after]);
    return { users: rows };
  },
);

const cache = new LRUCache<number, User>({
  max: 10_000,
  ttl: cacheTtl * 1000,
  fetchMethod: async (id) => (await app.pg.query<User>(statements.load, [id])).rows[0],
});

app.get<{ Params: { id: number } }>(
  '/cached/:id',
  { schema: { params: { type: 'object', properties: { id: integer } }, response: { 200: user } } },
  async (request) => cache.fetch(request.params.id),
);

app.post('/updates', { schema: { response: { 200: updated } } }, () =>
  app.pg.transact(async (client) => {
    let count = 0;
    for (const id of takeRows()) {
      const { rowCount } = await client.query(statements.update, [id]);
      count += rowCount ?? 0;
    }
    return { updated: count };
  }),
);

await app.listen({ port: 0, host: '127.0.0.1' });
announce((app.server.address() as AddressInfo).port);
