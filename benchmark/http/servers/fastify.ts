import type { AddressInfo } from 'node:net';

import { fastify } from 'fastify';

import { createUser } from './contract.ts';
import type { NewUser } from './contract.ts';
import { announce } from './control.ts';

const text = { type: 'string' };

const newUser = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'email', 'age', 'role', 'newsletter', 'tags', 'address', 'bio'],
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 100 },
    email: { type: 'string', format: 'email' },
    age: { type: 'integer', minimum: 13, maximum: 150 },
    role: { type: 'string', enum: ['admin', 'editor', 'reader'] },
    newsletter: { type: 'boolean' },
    tags: { type: 'array', maxItems: 10, items: { type: 'string', minLength: 1, maxLength: 30 } },
    address: {
      type: 'object',
      additionalProperties: false,
      required: ['street', 'city', 'zip', 'country'],
      properties: {
        street: { type: 'string', minLength: 1, maxLength: 200 },
        city: { type: 'string', minLength: 1, maxLength: 100 },
        zip: { type: 'string', minLength: 3, maxLength: 12 },
        country: { type: 'string', minLength: 2, maxLength: 2 },
      },
    },
    bio: { type: 'string', maxLength: 500 },
  },
};

const createdUser = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    name: text,
    email: text,
    age: { type: 'integer' },
    role: text,
    tags: { type: 'array', items: text },
  },
};

const app = fastify({ logger: false });

app.get('/', { schema: { response: { 200: { type: 'object', properties: { hello: text } } } } }, (_request, reply) => {
  reply.send({ hello: 'world' });
});

app.get<{ Params: { id: number } }>(
  '/users/:id',
  {
    schema: {
      params: { type: 'object', properties: { id: { type: 'integer' } } },
      response: { 200: { type: 'object', properties: { id: { type: 'integer' }, requestId: text } } },
    },
  },
  (request, reply) => {
    reply.send({ id: request.params.id, requestId: request.headers['x-request-id'] });
  },
);

app.post<{ Body: NewUser }>(
  '/users',
  { schema: { body: newUser, response: { 201: createdUser } } },
  (request, reply) => {
    reply.code(201).send(createUser(request.body));
  },
);

await app.listen({ port: 0, host: '127.0.0.1' });
announce((app.server.address() as AddressInfo).port);
