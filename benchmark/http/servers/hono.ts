import { serve } from '@hono/node-server';
import { zValidator } from '@hono/zod-validator';
import { Hono } from 'hono';

import { NewUser, createUser } from './contract.ts';
import { announce } from './control.ts';

const app = new Hono();

app.get('/', (context) => context.json({ hello: 'world' }));

app.get('/users/:id{[0-9]+}', (context) =>
  context.json({ id: Number(context.req.param('id')), requestId: context.req.header('x-request-id') }),
);

app.post('/users', zValidator('json', NewUser), (context) => context.json(createUser(context.req.valid('json')), 201));

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => announce(port));
