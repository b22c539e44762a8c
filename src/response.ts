/**
 * Turns whatever a handler returned into a reply that can be sent.
 * The only file that decides a status code or a content type on the user's behalf.
 *
 * | returned | status | body |
 * | --- | --- | --- |
 * | `undefined` | 204, or the route's own | none |
 * | a string, where the route has no response schema | the route's, else 200 | as it is, `text/plain; charset=utf-8` |
 * | bytes (`Uint8Array`, `ArrayBuffer`) | as above | as they are, `application/octet-stream` |
 * | a `Reply` | its own | its data, by these rules |
 * | a web `Response` | its own | read whole |
 * | anything else, `null` included | as above | JSON |
 */
import { CovetError } from './error.ts';
import { defaultStatus } from './internal/default-status.ts';
import { Reply } from './reply.ts';
import type { Encoded } from './reply.ts';
import { compileResponse } from './serialise.ts';
import type { ResponseOptions, ResponsePlan } from './serialise.ts';
import type { RouteSpec } from './types/route-spec.ts';
import type { MaybePromise } from './types/schema.ts';

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
  /** How errors name the route. */
  readonly route: string;
}

/** The plan of whatever has no route. */
export const plainReply: ReplyPlan = { status: undefined, schemas: undefined, route: '*' };

/** What a route's contract says about its answers. */
export function toReplyPlan(spec: RouteSpec, options: ResponseOptions): ReplyPlan {
  const { response } = spec;
  const hasMap = response !== undefined && !('~standard' in response);
  return {
    status: hasMap ? defaultStatus(spec) : spec.status,
    schemas: compileResponse(response, options),
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
  if (value instanceof Response) return fromWebResponse(value, owner);
  const status = plan.status ?? (value === undefined ? 204 : 200);
  const answer = new Reply(status, value);
  answer.owner = owner;
  return encode(answer, plan);
}

function encode(answer: Reply, plan: ReplyPlan): MaybePromise<Reply> {
  const { data, status } = answer;
  if (isBodiless(status)) return withBody(answer, TYPE_NONE, undefined);
  const serialise = plan.schemas?.for(status);
  if (serialise === undefined) {
    // The map is the whole list: without a schema nothing says which fields may leave.
    if (plan.schemas !== undefined) throw undeclared(plan.route, status);
    return encodePlain(answer);
  }
  const json = serialise(data);
  if (typeof json === 'string') return withBody(answer, TYPE_JSON, json);
  return json.then((text) => withBody(answer, TYPE_JSON, text));
}

function undeclared(route: string, status: number): CovetError {
  const message = `${route} answered with status ${status}, which its response map does not have`;
  return new CovetError(message, { code: 'RESPONSE_VALIDATION_ERROR' });
}

function encodePlain(answer: Reply): Reply {
  const { data } = answer;
  if (data === undefined) return withBody(answer, TYPE_NONE, undefined);
  if (typeof data === 'string') return withBody(answer, TYPE_TEXT, data);
  if (data instanceof Uint8Array) return withBody(answer, TYPE_BYTES, data);
  if (data instanceof ArrayBuffer) return withBody(answer, TYPE_BYTES, new Uint8Array(data));
  const json = JSON.stringify(data);
  if (json === undefined) {
    throw new CovetError(`A ${typeof data} cannot be sent: return a value JSON has, a string, bytes or a reply`);
  }
  return withBody(answer, TYPE_JSON, json);
}

function withBody(answer: Reply, type: number, body: Encoded['body']): Reply {
  answer.encoded = { type, body };
  return answer;
}

/** 204 and 304 end with their head (RFC 9112, 6.3), 205 must have no content (RFC 9110, 15.3.6). */
const isBodiless = (status: number): boolean => status === 204 || status === 205 || status === 304;

/** Fields of a web response that the server writes itself. */
const SKIPPED = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);

async function fromWebResponse(response: Response, owner: object): Promise<Reply> {
  const answer = new Reply(response.status, undefined);
  answer.owner = owner;
  for (const [name, value] of response.headers) {
    // Set-Cookie comes out of the iterator once a cookie, everything else joined.
    if (!SKIPPED.has(name)) answer.headers.append(name, value);
  }
  const isEmpty = response.body === null || isBodiless(response.status);
  return withBody(answer, TYPE_NONE, isEmpty ? undefined : new Uint8Array(await response.arrayBuffer()));
}
