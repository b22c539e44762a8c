/**
 * A web `Response` in, the parts of a reply out.
 * Its body is sent as it comes. One that is there already, which most are, is sent whole: with its length, and without
 * the cost of a stream.
 */
import { setImmediate } from 'node:timers/promises';

import { CovetError } from './error.ts';
import { OWNED } from './reply-headers.ts';
import { StreamBody } from './reply-stream.ts';
import type { Reply } from './reply.ts';

/** @throws CovetError for a response that cannot be sent, or not once more. */
export function checkResponse(response: Response, route: string): void {
  if (response.status < 200 || response.status > 599) {
    throw new CovetError(`${route} answered with Response.error(), or another response of status ${response.status}`);
  }
  if (response.bodyUsed || response.body?.locked === true) {
    throw new CovetError(
      `${route} answered with a Response whose body is read by somebody else: return a new one, or read its clone()`,
    );
  }
}

/** What has a body of its own type: a web response makes it, and none is made of anything else. */
export function toWebResponse(data: object): Response | undefined {
  const isBody = data instanceof Blob || data instanceof FormData || data instanceof URLSearchParams;
  if (!isBody) return undefined;
  const response = new Response(data);
  if (data instanceof Blob) response.headers.set('content-length', String(data.size));
  return response;
}

/** Copies the headers. `Set-Cookie` comes out of the iterator once a cookie, everything else joined. */
export function copyHeaders(response: Response, answer: Reply): void {
  for (const [name, value] of response.headers) {
    if (!OWNED.has(name)) answer.headers.append(name, value);
  }
}

/** The body as it is to be sent. */
export async function readBody(response: Response): Promise<Uint8Array | StreamBody | undefined> {
  if (response.body === null) return undefined;
  const length = toLength(response.headers.get('content-length'));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await reader.read();
  if (first.done) return undefined;
  const second = reader.read();
  // What can be read without waiting for anything is there already.
  const isWhole = await Promise.race([second.then(({ done }) => done), setImmediate(false)]);
  if (isWhole) return first.value;
  return new StreamBody(resume(first, second, reader), { length });
}

type Read = ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>;

/** No generator: one that nobody has begun would not hear of its end, and the stream would stay open. */
function resume(
  first: Awaited<Read>,
  second: Read,
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncIterable<Uint8Array> {
  const ahead: (Awaited<Read> | Read)[] = [first, second];
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      const { done, value } = await (ahead.shift() ?? reader.read());
      return done ? { done: true, value: undefined } : { done: false, value };
    },
    async return() {
      // A no-op at the end; before it, whoever makes the rest need not go on.
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function toLength(value: string | null): number | undefined {
  return value !== null && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
