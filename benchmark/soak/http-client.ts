import { Agent, request as send } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a client that behaves may wait for its answer. */
const timeoutMs = 15_000;

export interface Request {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
  /** The body in so many pieces, with this pause before each; chunked. */
  readonly drip?: { readonly pieces: number; readonly pauseMs: number };
  /** A pause before each piece of the answer is taken. */
  readonly readPauseMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly body: Buffer;
}

/** A client that behaves: connections that live on, whole requests, answers read to their end. */
export class HttpClient {
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 2, timeout: timeoutMs });

  constructor(port: number) {
    this.port = port;
  }

  close(): void {
    this.#agent.destroy();
  }

  /** @throws Error when there is no whole answer in time. */
  ask({ method = 'GET', path, headers = {}, body, drip, readPauseMs = 0 }: Request): Promise<Answer> {
    const { port } = this;
    const length = body === undefined || drip !== undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const agent = this.#agent;
      const options = { host: '127.0.0.1', port, method, path, agent, headers: { ...headers, ...length } };
      const request = send(options, (response) => {
        const collect = async (): Promise<void> => {
          const chunks: Buffer[] = [];
          for await (const chunk of response as AsyncIterable<Buffer>) {
            chunks.push(chunk);
            if (readPauseMs > 0) await sleep(readPauseMs);
          }
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
        };
        collect().catch(reject);
      });
      const timer = setTimeout(() => request.destroy(new Error(`no whole answer within ${timeoutMs} ms`)), timeoutMs);
      request.on('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      if (drip === undefined || body === undefined) request.end(body);
      else void dripBody(request, Buffer.from(body), drip);
    });
  }
}

async function dripBody(
  request: ReturnType<typeof send>,
  body: Buffer,
  { pieces, pauseMs }: NonNullable<Request['drip']>,
): Promise<void> {
  const size = Math.ceil(body.length / pieces);
  for (let at = 0; at < body.length && !request.destroyed; at += size) {
    await sleep(pauseMs);
    request.write(body.subarray(at, at + size));
  }
  request.end();
}
