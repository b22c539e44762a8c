import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { announce } from '../control.ts';
import { findPage, findUser, updateRows } from './plain-pg.ts';

const userPath = /^\/users\/(\d+)$/;
const pagePath = /^\/users\?after=(\d+)$/;

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
  if (method === 'POST' && url === '/updates') return sendJson(response, 200, { updated: await updateRows() });
  const id = userPath.exec(url)?.[1];
  if (id !== undefined) {
    const user = await findUser(Number(id));
    return user === undefined ? sendJson(response, 404, { error: 'User not found' }) : sendJson(response, 200, user);
  }
  const after = pagePath.exec(url)?.[1];
  if (after !== undefined) return sendJson(response, 200, { users: await findPage(Number(after)) });
  return sendJson(response, 404, { error: 'Not found' });
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => sendJson(response, 500, { error: String(error) }));
});

server.listen(0, '127.0.0.1', () => announce((server.address() as AddressInfo).port));
