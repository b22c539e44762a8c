import type { AddressInfo } from 'node:net';

import express from 'express';
import { z } from 'zod';

import { NewUser, createUser } from './contract.ts';
import { announce } from './control.ts';

const UserParams = z.object({ id: z.coerce.number().int() });

const app = express();
app.use(express.json());

app.get('/', (_request, response) => {
  response.json({ hello: 'world' });
});

app.get('/users/:id', (request, response) => {
  const params = UserParams.safeParse(request.params);
  if (!params.success) {
    response.status(400).json({ error: params.error.issues });
    return;
  }
  response.json({ id: params.data.id, requestId: request.get('x-request-id') });
});

app.post('/users', (request, response) => {
  const body = NewUser.safeParse(request.body);
  if (!body.success) {
    response.status(422).json({ error: body.error.issues });
    return;
  }
  response.status(201).json(createUser(body.data));
});

const server = app.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
