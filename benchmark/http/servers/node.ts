import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { NewUser, createUser } from './contract.ts';
import { announce } from './control.ts';

const userPath = /^\/users\/(\d+)$/;

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function create(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    let json: unknown;
    try {
      json = JSON.parse(Buffer.concat(chunks).toString());
    } catch {
      return sendJson(response, 400, { error: 'The body is not JSON' });
    }
    const body = NewUser.safeParse(json);
    if (!body.success) return sendJson(response, 422, { error: body.error.issues });
    sendJson(response, 201, createUser(body.data));
  });
}

const server = createServer((request, response) => {
  const url = request.url ?? '/';
  if (request.method === 'GET') {
    if (url === '/') return sendJson(response, 200, { hello: 'world' });
    const id = userPath.exec(url)?.[1];
    if (id !== undefined) {
      return sendJson(response, 200, { id: Number(id), requestId: request.headers['x-request-id'] });
    }
  }
  if (request.method === 'POST' && url === '/users') return create(request, response);
  sendJson(response, 404, { error: 'Not found' });
});

server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
