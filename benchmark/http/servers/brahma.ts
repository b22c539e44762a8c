import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

import brahma from 'brahma-firelight';
import type { Request, Response } from 'brahma-firelight';

import { NewUser, createUser } from './contract.ts';
import { announce } from './control.ts';

const integer = /^\d+$/;
const app = brahma.createApp();

app.get('/', (_request: Request, response: Response) => response.json({ hello: 'world' }));

app.get('/users/:id', (request: Request, response: Response) => {
  const id = request.params['id'] ?? '';
  if (!integer.test(id)) return response.json({ error: 'The id is no integer' }, 400);
  response.json({ id: Number(id), requestId: request.headers['x-request-id'] });
});

app.post('/users', (request: Request, response: Response) => {
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch {
    return response.json({ error: 'The body is not JSON' }, 400);
  }
  const body = NewUser.safeParse(json);
  if (!body.success) return response.json({ error: body.error.issues }, 422);
  response.json(createUser(body.data), 201);
});

// It calls back before its socket listens, so the port is told once it takes a connection.
function announceWhenOpen(port: number): void {
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => {
    socket.destroy();
    announce(port);
  });
  socket.once('error', () => setTimeout(announceWhenOpen, 10, port));
}

// It neither takes port 0 nor tells the port it got, so one is asked of the system and given back just before.
const probe = createServer();
probe.listen(0, '127.0.0.1', () => {
  const { port } = probe.address() as AddressInfo;
  probe.close(() => app.listen('127.0.0.1', port, () => announceWhenOpen(port)));
});
