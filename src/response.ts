/**
 * Turns whatever a handler returned into a reply that can be sent.
 * The only file that decides a status code or a content type on the user's behalf.
 *
 * | returned | status | body |
 * | --- | --- | --- |
 * | `undefined` | 204, or the route's own | none |
 * | a string, where the route has no response schema | the route's, else 200 | as it is, `text/plain; charset=utf-8` |
 * | bytes (`ArrayBuffer` and every view of one) | as above | as they are, `application/octet-stream`; from 256 KiB on without a copy |
 * | a `Blob`, `FormData`, `URLSearchParams` | as above | as a web `Response` sends it, in its type |
 * | a `Reply` | its own | its data, by these rules |
 * | a stream or an async iterable, of text or bytes | as above | its pieces as they come, `application/octet-stream` |
 * | the same, or a list, where the route's response is `ndjson(…)` or `sse(…)` | as above | its values, in that format |
 * | `ndjson(…)`, `sse(…)` of values | as above | these values, in that format |
 * | a file, by `sendFile` | as above | read by the server, in the type its name has |
 * | a web `Response` | its own | its own, as it comes |
 * | a `Map`, a `Set`, `Headers`, an iterator | | an error that says what to return: JSON knows nothing of what they hold |
 * | anything else, `null` included | as above | JSON, or another format where there are several |
 *
 * A route that names its types by `produces` sends text in one of them, too.
 */
import { RequestContext } from './context.ts';
import { CovetError } from './error.ts';
import { FileBody } from './files/file-body.ts';
import { defaultStatus } from './internal/default-status.ts';
import { hearErrors } from './internal/pieces.ts';
import { andThen } from './internal/promise.ts';
import type { Negotiated, Negotiation } from './negotiation/negotiation.ts';
import { StreamBody, isStreamSource } from './reply-stream.ts';
import type { StreamSource } from './reply-stream.ts';
import { Reply } from './reply.ts';
import type { Encoded } from './reply.ts';
import { compileResponse } from './serialise.ts';
import type { ResponseOptions, ResponsePlan } from './serialise.ts';
import { StreamedValues, compileStreams, toFormattedBody } from './stream-format.ts';
import type { StreamEncoder, StreamFormat, StreamPlan } from './stream-format.ts';
import type { RouteSpec } from './types/route-spec.ts';
import type { MaybePromise } from './types/schema.ts';
import { checkResponse, copyHeaders, readBody, toWebResponse } from './web-response.ts';

const TYPE_NONE = 0;
const TYPE_JSON = 1;
const TYPE_TEXT = 2;
const TYPE_BYTES = 4;

/** What a route says about its answers. */
export interface ReplyPlan {
  /** The status of a plain return; undefined where the route names none. */
  readonly status: number | undefined;
  /** Writers by status; undefined where the route has no schemas. */
  readonly schemas: ResponsePlan | undefined;
  /** How streams of values are sent, by status; undefined where the route has none. */
  readonly streams: StreamPlan | undefined;
  /** Chooses between JSON and other formats; undefined where JSON is all there is. */
  readonly negotiation: Negotiation | undefined;
  /** How errors name the route. */
  readonly route: string;
}

/** The plan of whatever has no route. */
export const plainReply: ReplyPlan = {
  status: undefined,
  schemas: undefined,
  streams: undefined,
  negotiation: undefined,
  route: '*',
};

/** What a route's contract says about its answers. */
export function toReplyPlan(
  spec: RouteSpec,
  options: ResponseOptions,
  negotiate: (isDeclared: boolean) => Negotiation | undefined,
): ReplyPlan {
  const { response } = spec;
  const hasMap = response !== undefined && !('~standard' in response);
  const { schemas, streams } = compileStreams(response, options);
  return {
    status: hasMap ? defaultStatus(spec) : spec.status,
    schemas: compileResponse(schemas, options),
    streams,
    // A stream has its own format.
    negotiation: negotiate(schemas !== undefined && streams === undefined),
    route: options.route,
  };
}

/**
 * Makes a reply of what a handler or a middleware gave, encoded and ready to be sent to `owner`, a request's context.
 *
 * A reply of user code is copied: it may be a constant, and layers change the headers of what they see. One that belongs
 * to another request is refused, since it may carry that client's cookies.
 */
export function toReply(value: unknown, plan: ReplyPlan, owner: object): MaybePromise<Reply> {
  if (value instanceof Reply) {
    if (value.owner === owner) return value;
    if (value.owner === undefined) return encode(value.copyFor(owner), plan);
    throw new CovetError('A reply belongs to one request: keep its status and data, and make a new one for another');
  }
  if (value instanceof Response) return fromWebResponse(value, owner, plan.route);
  const status = plan.status ?? (value === undefined ? 204 : 200);
  const answer = new Reply(status, value);
  answer.owner = owner;
  return encode(answer, plan);
}

function encode(answer: Reply, plan: ReplyPlan): MaybePromise<Reply> {
  return isStreamSource(answer.data) ? encodeStream(answer, answer.data, plan) : encodeData(answer, plan);
}

/** A stream that the route cannot send is ended: whoever made it has let go of it. */
async function encodeStream(answer: Reply, source: StreamSource, plan: ReplyPlan): Promise<Reply> {
  // A schema may take its time over what it will refuse, and the stream may fail meanwhile.
  hearErrors(source instanceof StreamedValues ? source.source : source);
  try {
    return await encodeData(answer, plan);
  } catch (error) {
    new StreamBody(source).stop();
    throw error;
  }
}

function encodeData(answer: Reply, plan: ReplyPlan): MaybePromise<Reply> {
  const { data, status } = answer;
  // A redirect without data is no body of the route's schemas.
  if (isBodiless(status) || (data === undefined && isRedirect(status))) {
    if (isStreamSource(data)) new StreamBody(data).stop();
    answer.trailers = undefined;
    return withBody(answer, TYPE_NONE, undefined);
  }
  const stream = plan.streams?.for(status);
  if (stream !== undefined) return formatted(answer, data, stream, plan.route);
  // As it is, like a web response: a schema has nothing to say about a file.
  if (data instanceof FileBody) return withBody(answer, TYPE_NONE, data);
  const serialise = plan.schemas?.for(status);
  if (serialise === undefined) {
    // The map is the whole list: without a schema nothing says which fields may leave.
    if (plan.schemas !== undefined) throw undeclared(plan.route, status);
    return encodePlain(answer, plan);
  }
  const json = serialise(data);
  if (typeof json === 'string') return withJson(answer, json, plan);
  return json.then((text) => withJson(answer, text, plan));
}

function undeclared(route: string, status: number): CovetError {
  const message = `${route} answered with status ${status}, which its response map does not have`;
  return new CovetError(message, { code: 'RESPONSE_VALIDATION_ERROR' });
}

function encodePlain(answer: Reply, plan: ReplyPlan): MaybePromise<Reply> {
  const { data } = answer;
  if (data === undefined) return withBody(answer, TYPE_NONE, undefined);
  if (typeof data === 'string') {
    const isNegotiated = plan.negotiation?.isRestricted === true && !answer.hasHeader('content-type');
    if (!isNegotiated) return withBody(answer, TYPE_TEXT, data);
  }
  if (isStreamSource(data)) {
    if (!(data instanceof StreamedValues)) {
      return begun(answer, new StreamBody(data, { isEndless: answer.isEndless }), TYPE_BYTES);
    }
    const { format, source } = data;
    return formatted(answer, source, { format, encode: format.encode }, plan.route);
  }
  const special = isPlain(data) ? undefined : encodeSpecial(answer, data as object);
  if (special !== undefined) return special;
  const json = JSON.stringify(data);
  if (json === undefined) {
    throw new CovetError(`A ${typeof data} cannot be sent: return a value JSON has, a string, bytes or a reply`);
  }
  return withJson(answer, json, plan);
}

/** Whether nothing but JSON comes into question: told at once for what most answers are. */
function isPlain(data: unknown): boolean {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return true;
  return Object.getPrototypeOf(data) === Object.prototype;
}

/** Objects that are not what JSON would make of them, mostly `{}`. */
function encodeSpecial(answer: Reply, data: object): MaybePromise<Reply> | undefined {
  if (data instanceof Uint8Array) return withBody(answer, TYPE_BYTES, data);
  if (data instanceof ArrayBuffer) return withBody(answer, TYPE_BYTES, new Uint8Array(data));
  if (ArrayBuffer.isView(data)) {
    return withBody(answer, TYPE_BYTES, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  // Copied: another thread may write to it while it is sent.
  if (data instanceof SharedArrayBuffer) return withBody(answer, TYPE_BYTES, new Uint8Array(data).slice());
  const response = toWebResponse(data);
  if (response !== undefined) return fromBody(answer, response);
  const hint = toHint(data);
  if (hint === undefined || 'toJSON' in data) return undefined;
  throw new CovetError(`${hint} cannot be sent as it is, and JSON knows nothing of what it holds`);
}

function toHint(data: object): string | undefined {
  if (data instanceof Map) return 'A Map (return Object.fromEntries(map), or [...map])';
  if (data instanceof Set) return 'A Set (return [...set])';
  if (data instanceof Headers) return 'Headers (return Object.fromEntries(headers), or name them in a reply)';
  const isIterator = Symbol.iterator in data && 'next' in data && typeof data.next === 'function';
  return isIterator ? 'An iterator (return [...values], or ndjson(values))' : undefined;
}

/** What a web response makes of a value, under the status and the headers of its reply. */
async function fromBody(answer: Reply, response: Response): Promise<Reply> {
  const type = response.headers.get('content-type');
  if (type !== null) setDefault(answer, 'content-type', type);
  const body = await readBody(response);
  if (body instanceof StreamBody) opened(body, answer.owner);
  return withBody(answer, TYPE_BYTES, body);
}

/** An answer that is data: JSON, or whatever its client wants of it. One that names its type has chosen itself. */
function withJson(answer: Reply, json: string, { negotiation }: ReplyPlan): MaybePromise<Reply> {
  if (negotiation === undefined || answer.hasHeader('content-type')) return withBody(answer, TYPE_JSON, json);
  answer.headers.append('vary', 'Accept');
  return andThen(negotiation.write(json, answer.status, answer.owner!), ({ type, body }: Negotiated) => {
    if (type === undefined) return withBody(answer, TYPE_JSON, json);
    answer.headers.set('content-type', type);
    return withBody(answer, TYPE_NONE, body);
  });
}

function withBody(answer: Reply, type: number, body: Encoded['body']): Reply {
  answer.encoded = { type, body: answer.trailers === undefined ? body : toStream(body) };
  return answer;
}

/** A stream of values, as the route's contract has it. */
function formatted(answer: Reply, data: unknown, { format, encode }: StreamEncoder, route: string): Promise<Reply> {
  const body = toFormattedBody(data, answer.isEndless ? toEndless(format) : format, encode, route);
  setDefault(answer, 'content-type', format.contentType);
  for (const [name, value] of Object.entries(format.headers)) setDefault(answer, name, value);
  return begun(answer, body, TYPE_NONE);
}

const toEndless = (format: StreamFormat): StreamFormat => ({
  ...format,
  options: { ...format.options, isEndless: true },
});

function setDefault(answer: Reply, name: string, value: string): void {
  if (!answer.hasHeader(name)) answer.headers.set(name, value);
}

async function begun(answer: Reply, body: StreamBody, type: number): Promise<Reply> {
  await body.begin();
  opened(body, answer.owner);
  return withBody(answer, type, body);
}

/** A middleware may put another reply in the place of this one: then the stream is ended, not sent. */
function opened(body: StreamBody, owner: object | undefined): void {
  if (owner instanceof RequestContext) (RequestContext.requestOf(owner).streams ??= []).push(body);
}

/** A body with something behind it comes in pieces, be it one. */
function toStream(body: Encoded['body']): StreamBody {
  if (body instanceof StreamBody) return body;
  if (body instanceof FileBody) throw new CovetError('A file is sent with its length, and so without trailers');
  return new StreamBody(ReadableStream.from(body === undefined ? [] : [body]));
}

/** 204 and 304 end with their head (RFC 9112, 6.3), 205 must have no content (RFC 9110, 15.3.6). */
const isBodiless = (status: number): boolean => status === 204 || status === 205 || status === 304;

const isRedirect = (status: number): boolean =>
  status === 301 || status === 302 || status === 303 || status === 307 || status === 308;

async function fromWebResponse(response: Response, owner: object, route: string): Promise<Reply> {
  checkResponse(response, route);
  const answer = new Reply(response.status, undefined);
  answer.owner = owner;
  copyHeaders(response, answer);
  if (isBodiless(response.status)) {
    await response.body?.cancel();
    return withBody(answer, TYPE_NONE, undefined);
  }
  const body = await readBody(response);
  if (body instanceof StreamBody) opened(body, owner);
  return withBody(answer, TYPE_NONE, body);
}
