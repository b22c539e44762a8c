/** Replies that send the client elsewhere. */
import { toLocation } from './internal/location.ts';
import type { External } from './internal/location.ts';
import { reply } from './reply.ts';
import type { ReplyInit } from './reply.ts';
import type { RedirectReply, RedirectStatus } from './types/reply.ts';

/** Options of {@link redirect}. */
export interface RedirectInit extends ReplyInit {
  /**
   * Other sites it may go to: a list of origins, or `true` for any. Default: none. Give `true` only with an address that no
   * part of a request can choose.
   */
  readonly external?: External;
}

const statuses: readonly number[] = [301, 302, 303, 307, 308] satisfies RedirectStatus[];

/**
 * Sends the client to another address.
 *
 * A text is an address of this site, a path or relative to the path of the request. For another site name its origin in
 * `external`; otherwise `//evil.example`, `/\evil.example` and all their kin are refused, so that an address may come from
 * a request. What is not ASCII is percent-encoded.
 *
 * 303 has the client read the address with GET, as after a form; 307 and 308 keep method and body; 301 and 308 are for
 * good, and kept by browsers.
 *
 * @param status 301, 302 (default), 303, 307 or 308
 * @throws HttpError 400 for an address that leaves the site without leave, or is none.
 * @throws RangeError for another status.
 *
 * @example
 * ```ts
 * import { Covet, redirect } from 'covet';
 *
 * const app = new Covet();
 * app.get('/old/{id:int}', ({ params }) => redirect(`/new/${params.id}`, 301));
 * app.post('/login', ({ query }) => redirect(query['next'] ?? '/', 303));
 * app.get('/help', () => redirect('https://help.example.com/', 302, { external: ['https://help.example.com'] }));
 * ```
 */
export function redirect<const Status extends RedirectStatus = 302>(
  location: string | URL,
  status: Status = 302 as Status,
  { external, ...init }: RedirectInit = {},
): RedirectReply<Status> {
  if (!statuses.includes(status)) {
    throw new RangeError(`A redirect's status is one of ${statuses.join(', ')}, not ${String(status)}`);
  }
  const answer = reply(status, undefined, init);
  answer.headers.set('location', toLocation(location, external));
  return answer;
}
