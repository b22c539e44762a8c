/**
 * A request in, the web `Request` of it out: for code that takes one, such as an application of another framework.
 * Its body is the one that the other readers of the request read.
 */
import type { RequestBody } from './request-body.ts';

/** What it is made of. */
interface RequestParts {
  /** One of those the server serves; of them a web request can have each. */
  readonly method: string;
  readonly url: URL;
  readonly signal: AbortSignal;
  readonly body: RequestBody;
}

export function toWebRequest(request: RequestParts, headers: Headers): Request {
  const { method, url, signal } = request;
  return new Request(url, { method, headers, signal, body: toBody(request), duplex: 'half' });
}

function toBody(request: RequestParts): ReadableStream<Uint8Array> | null {
  // Fetch, 5.4: with these methods it has none, whatever the client sent.
  if (request.method === 'GET' || request.method === 'HEAD') return null;
  return request.body.length === 0 ? null : request.body.lend();
}
