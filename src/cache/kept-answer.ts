/** An answer as it is kept, what may be kept at all (RFC 9111, 3), and how it is given again. */
import { createHash } from 'node:crypto';

import { reply } from '../reply.ts';
import type { ReplyContent, ReplyLike } from '../types/reply.ts';
import type { CovetRequest } from '../types/request.ts';
import { toDirectives, toSeconds } from './cache-control.ts';

export interface KeptAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly content: ReplyContent;
  readonly at: number;
  /** Whether anybody may have it. */
  readonly isPublic: boolean;
  /** The headers it depends on, as they were in the request it was made for. */
  readonly vary: readonly (readonly [name: string, value: string | null])[];
}

/** What is kept, and for how long, in seconds. */
export interface Keeping {
  readonly kept: KeptAnswer;
  readonly ttl: number;
  readonly grace: number;
}

/** Who asked, and what is so where the answer says nothing. */
export interface KeepingOptions {
  readonly req: CovetRequest;
  readonly vary: readonly string[] | undefined;
  readonly ttl: number;
  readonly grace: number;
  /** Whether it is for one client, unless it says that it is for all. */
  readonly isForOne: boolean;
}

/** RFC 9110, 15.1, without 206, which is a part of an answer. */
const cacheable = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** What belongs to one exchange and not to the answer. */
const unkept = new Set(['age', 'date', 'server-timing', 'x-request-id', 'x-error-id']);

/** After one of these it is not given, whoever fails (RFC 9111, 4.2.4; of `s-maxage` 5.2.2.10). */
const noGrace = ['must-revalidate', 'proxy-revalidate', 's-maxage'];

/** What is kept of an answer, which gets an `ETag`; undefined where nothing may be. Its `Vary` has what it depends on. */
export function toKeeping(answer: ReplyLike, { req, vary, isForOne, ...given }: KeepingOptions): Keeping | undefined {
  for (const name of vary ?? []) answer.headers.append('vary', name);
  const { content } = answer;
  const directives = toDirectives(answer.headers.get('cache-control'));
  const isPublic = directives.has('public') || directives.has('s-maxage');
  const names = toNames([...(vary ?? []), ...(answer.headers.get('vary') ?? '').split(',')]);
  if (content === undefined || names.includes('*') || !isStorable(answer, directives)) return undefined;
  if (isForOne && !isPublic) return undefined;
  if (!answer.headers.has('etag')) answer.headers.set('etag', toTag(content));
  const ttl = toSeconds(directives, 's-maxage') ?? toSeconds(directives, 'max-age') ?? given.ttl;
  if (ttl === 0) return undefined;
  const grace = toSeconds(directives, 'stale-while-revalidate') ?? given.grace;
  const headers = [...answer.headers.entries()]
    .filter(([name]) => !unkept.has(name))
    .flatMap(([name, lines]) => lines.map((line) => [name, line] as const));
  const kept = { status: answer.status, headers, content, at: Date.now(), isPublic, vary: toVary(names, req) };
  return { kept, ttl, grace: noGrace.some((name) => directives.has(name)) ? 0 : grace };
}

/** Header names, each once, in order. */
export const toNames = (names: readonly string[] = []): string[] =>
  [...new Set(names.map((name) => name.trim().toLowerCase()).filter((name) => name !== ''))].sort();

/** What these headers are in a request. */
export const toVary = (names: readonly string[], req: CovetRequest): [name: string, value: string | null][] =>
  names.map((name) => [name, req.header(name) ?? null]);

/** Whether it is the answer to this request, too. */
export const isSelectedBy = ({ vary }: KeptAnswer, req: CovetRequest): boolean =>
  vary.every(([name, value]) => (req.header(name) ?? null) === value);

/** What was thrown may be another thing the next time; a cookie is one client's. */
function isStorable({ error, status, headers }: ReplyLike, directives: ReadonlyMap<string, string>): boolean {
  if (error !== undefined || !cacheable.has(status) || headers.has('set-cookie')) return false;
  return !directives.has('no-store') && !directives.has('no-cache') && !directives.has('private');
}

export function replay(kept: KeptAnswer, req: CovetRequest): unknown {
  const { status, headers, content, at } = kept;
  const age: readonly [string, string] = ['age', String(Math.max(0, Math.floor((Date.now() - at) / 1000)))];
  if (matches(kept, req)) {
    const few = headers.filter(([name]) => name !== 'content-type' && name !== 'content-encoding');
    return reply(304, undefined, { headers: [...few, age] });
  }
  const type = content.type === undefined ? [] : [['content-type', content.type] as const];
  const others = headers.filter(([name]) => name !== 'content-type');
  return reply(status, content.body, { headers: [...others, ...type, age] });
}

/** Whether the client has it already. RFC 9110, 13.1.2: weak comparison. */
export function matches({ status, headers }: KeptAnswer, req: CovetRequest): boolean {
  const wanted = req.header('if-none-match');
  const tag = headers.find(([name]) => name === 'etag')?.[1];
  if (status !== 200 || wanted === undefined || tag === undefined) return false;
  const bare = (text: string): string => text.trim().replace(/^W\//, '');
  return wanted.trim() === '*' || (wanted.match(/(?:W\/)?"[^"]*"/g) ?? []).some((one) => bare(one) === bare(tag));
}

function toTag({ body, type }: ReplyContent): string {
  const hash = createHash('sha256').update(type ?? '');
  return `W/"${hash
    .update(body ?? '')
    .digest('base64url')
    .slice(0, 27)}"`;
}
