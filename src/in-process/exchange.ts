/**
 * One request over a connection without a socket.
 * In: a request as it goes over the wire. Out: the response's head, with its body still to be read. Node's own client
 * writes and parses, the server is the one that sockets get.
 */
import http from 'node:http';

import { openPieces } from '../internal/pieces.ts';
import type { Pieces } from '../internal/pieces.ts';
import type { MemorySocket } from './memory-socket.ts';

/** A request in the words of the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  /** In order; a name may come again. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | AsyncIterable<Uint8Array | string> | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Sends the request; resolves when the head of the response has come. */
export function exchange(socket: MemorySocket, wire: WireRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { signal, body } = wire;
    const pieces = body === undefined || body instanceof Uint8Array ? undefined : openPieces(body);
    let response: http.IncomingMessage | undefined;
    const fail = (error: unknown): void => {
      reject(error);
      if (pieces !== undefined) stop(pieces, error);
      // Whoever reads the body is to hear the reason, not that the connection has gone.
      response?.destroy(error as Error);
      socket.destroy();
    };
    if (signal?.aborted === true) return fail(signal.reason);
    const onAbort = (): void => fail(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('close', () => signal?.removeEventListener('abort', onAbort));
    let request: http.ClientRequest;
    try {
      request = openRequest(socket, wire);
    } catch (error) {
      return fail(error);
    }
    request.once('response', (message) => {
      response = message.once('close', () => socket.destroy());
      resolve(message);
    });
    request.on('error', fail);
    if (pieces === undefined) request.end(body);
    else sendPieces(request, pieces).catch(fail);
  });
}

function openRequest(socket: MemorySocket, { method, target, headers }: WireRequest): http.ClientRequest {
  return http.request({
    createConnection: () => socket,
    method,
    path: target,
    setHost: false,
    headers: headers.flat(),
    maxHeaderSize: 1024 * 1024,
  });
}

async function sendPieces(request: http.ClientRequest, pieces: Pieces): Promise<void> {
  let wake = (): void => undefined;
  request.on('drain', () => wake());
  request.once('close', () => {
    // Answered, or broken off: nobody takes what is left.
    stop(pieces, undefined);
    wake();
  });
  // The head goes at once: a server that refuses it need not wait for a body.
  request.flushHeaders();
  for (;;) {
    const { done, value } = await pieces.next();
    if (request.destroyed) return;
    if (done === true) break;
    const hasRoom = request.write(value);
    if (!hasRoom && !request.destroyed) await new Promise<void>((resolve) => (wake = resolve));
  }
  request.end();
}

/** What a source throws on the way out is of no interest to anybody: the request has its own end. */
function stop(pieces: Pieces, reason: unknown): void {
  pieces.stop(reason).catch(() => undefined);
}
