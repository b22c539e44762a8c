/** Answers of routes, kept: a shared cache as RFC 9111 has it, in front of the handlers it stands around. */
import { CovetError } from '../error.ts';
import { tenantOfRequest, withTenant } from '../internal/work-scope.ts';
import type { MiddlewareFunction, Next } from '../types/middleware.ts';
import type { ReplyLike } from '../types/reply.ts';
import type { CovetRequest } from '../types/request.ts';
import type { MaybePromise } from '../types/schema.ts';
import { toDirectives, toSeconds } from './cache-control.ts';
import type { Cache } from './cache.ts';
import { toCanonicalKey } from './canonical-key.ts';
import type { CacheKey } from './canonical-key.ts';
import { Made } from './flight.ts';
import { isSelectedBy, matches, replay, toKeeping, toNames, toVary } from './kept-answer.ts';
import type { KeptAnswer } from './kept-answer.ts';

/** Options of {@link cacheResponses}. */
export interface CacheResponsesOptions {
  /** The cache, or what gives it, asked for each request: `() => app.resolve(main)` of one that is a dependency. */
  readonly cache: Cache | (() => MaybePromise<Cache>);
  /** How long an answer is fresh that does not say so itself, in seconds. Default 60. */
  readonly ttl?: number | undefined;
  /**
   * How long after that it is still given, in seconds: to those who ask while one request makes the next, and where the handler
   * fails with a 5xx. An answer's own `stale-while-revalidate` goes before it, and after `must-revalidate`, `proxy-revalidate`
   * and `s-maxage` there is none. Default 0.
   */
  readonly grace?: number | undefined;
  /** Request headers that make another answer, beside those in the answer's own `Vary`. They are added to it. */
  readonly vary?: readonly string[] | undefined;
  /** What is asked for. Default: host, path and query. Undefined leaves a request uncached. */
  readonly key?: ((req: CovetRequest) => CacheKey | undefined) | undefined;
  /**
   * Requests with `Authorization` or a cookie. `'bypass'`: only what says `public` or `s-maxage` is kept for them and given
   * to them (RFC 9111, 3.5). `'keyed'`: each gets what was made for the same `Authorization` and cookies. Default `'bypass'`.
   */
  readonly private?: 'bypass' | 'keyed' | undefined;
  /**
   * Whose answer it is, by who is asking: what the request's `tenant` dependency goes by, since a hit does not ask that. It
   * becomes part of keys and tags. Undefined leaves a request uncached. To keep an answer of a route that resolves a tenant
   * without it, or under another, is an error.
   */
  readonly tenant?: ((req: CovetRequest) => MaybePromise<string | undefined>) | undefined;
  /** Tags of an answer, for `deleteByTag`. Asked before the handler: what is deleted while it runs is not kept. */
  readonly tags?: ((req: CovetRequest) => readonly string[]) | undefined;
}

/** What is known of the answers to what is asked for. */
interface Known {
  /** The headers they depend on. */
  readonly names: readonly string[];
  /** Whether anybody may have them. */
  readonly isPublic: boolean;
}

/** How long that is known, in seconds. */
const knownFor = 86_400;

/** Where an answer was not for those who waited for it, nobody waits for so long, in milliseconds. */
const passFor = 30_000;

/** More of these are not remembered. */
const mostPasses = 1000;

/**
 * Middleware that keeps answers to `GET` and gives them to `GET` and `HEAD`, with `Age`, `ETag` and 304.
 *
 * `Cache-Control` of the answer decides: `no-store`, `no-cache` and `private` are not kept, `s-maxage` and `max-age` say how
 * long; `Vary` is part of the key. However many ask for an answer that is not there, the handler runs once, on all threads
 * and in all processes that share Redis; where its answer is not for all of them, such as one with a cookie, each of them runs it.
 * Of the request, `no-store` and `no-cache` pass by what is kept. Answers with `Set-Cookie`,
 * to errors, in pieces or from files are not kept. It stands inside of what checks who is asking: a hit does not ask again.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { cacheResponses, createCache } from 'covet/cache';
 *
 * const cache = createCache();
 * const app = new Covet({ logger: false });
 * let calls = 0;
 * app.get('/rates', { middleware: [cacheResponses({ cache, ttl: 60 })] }, () => ({ eur: 1.08, calls: (calls += 1) }));
 *
 * const { url, close } = await app.listen({ port: 0 });
 * const first = await fetch(`${url}/rates`);
 * console.log(await first.text()); // {"eur":1.08,"calls":1}
 * console.log(await (await fetch(`${url}/rates`)).text()); // {"eur":1.08,"calls":1}
 * // Without a word of ours on it, fetch asks for a new answer.
 * const headers = { 'if-none-match': first.headers.get('etag')!, 'cache-control': 'max-age=60' };
 * console.log((await fetch(`${url}/rates`, { headers })).status); // 304
 * await close();
 * await cache.close();
 * ```
 */
export function cacheResponses(options: CacheResponsesOptions): MiddlewareFunction {
  const passes = new Passes();
  const { tenant: tenantOf } = options;
  const answer = async (req: CovetRequest, next: Next): Promise<unknown> => {
    const asked = toDirectives(req.header('cache-control'));
    const base = req.method === 'GET' || req.method === 'HEAD' ? toBase(req, options) : undefined;
    if (base === undefined || asked.has('no-store')) return next();
    const cache = await (typeof options.cache === 'function' ? options.cache() : options.cache);
    const known = await cache.get<Known>(['response names', base]);
    const wantsNew = asked.has('no-cache') || toSeconds(asked, 'max-age') === 0;
    const isForOne = isFromSomebody(req) && options.private !== 'keyed';
    const asking: Asking = { req, next, cache, base, known, isForOne, options };
    const kept = wantsNew ? undefined : await cache.get<KeptAnswer>(keyOf(asking));
    if (kept !== undefined && mayHave(kept, asking)) return replay(kept, req);
    if (req.method !== 'GET') return next();
    // What is for one is nothing to wait for.
    return wantsNew || (isForOne && known?.isPublic !== true) ? makeApart(asking) : makeTogether(asking, passes);
  };
  if (tenantOf === undefined) return ({ req }, next) => answer(req, next);
  return async ({ req }, next) => {
    const tenant = await tenantOf(req);
    return tenant === undefined ? next() : withTenant(tenant, () => answer(req, next));
  };
}

/** An answer of a tenant's route is kept as that tenant's, or not at all. */
function assertOwn(req: CovetRequest, cache: Cache): void {
  const tenant = tenantOfRequest(req);
  if (tenant === undefined || cache.tenants().includes(tenant)) return;
  throw new CovetError(
    `This is an answer to tenant '${tenant}', and would be kept for others, too: give cacheResponses the \`tenant\` of a request`,
    { code: 'TENANT_NOT_ISOLATED' },
  );
}

/** One request that found nothing. */
interface Asking {
  readonly req: CovetRequest;
  readonly next: Next;
  readonly cache: Cache;
  readonly base: CacheKey;
  readonly known: Known | undefined;
  readonly isForOne: boolean;
  readonly options: CacheResponsesOptions;
}

/** Those who ask for the same wait for the first of them, and each asks the handler where the answer is not for all. */
async function makeTogether(asking: Asking, passes: Passes): Promise<unknown> {
  const { req, cache, options } = asking;
  const key = keyOf(asking);
  const id = toCanonicalKey(key);
  if (passes.has(id)) return makeApart(asking);
  const making = new Making(asking);
  try {
    const kept = await cache.lead(key, () => making.run(), { tags: options.tags?.(req) });
    // A value in its grace, where the handler failed.
    if (making.hasFailed && kept !== undefined && mayHave(kept, asking)) return replay(kept, req);
    if (making.answer !== undefined) return making.toAnswer();
    if (kept !== undefined && mayHave(kept, asking)) return replay(kept, req);
    if (kept === undefined) passes.add(id);
  } catch (error) {
    if (!(error instanceof HandlerFailed)) throw error;
    if (making.answer !== undefined) return making.answer;
  }
  return makeApart(asking);
}

async function makeApart(asking: Asking): Promise<unknown> {
  const { req, cache, options } = asking;
  const making = new Making(asking);
  try {
    await cache.replace(keyOf(asking), () => making.run(), { tags: options.tags?.(req) });
  } catch (error) {
    if (!(error instanceof HandlerFailed)) throw error;
  }
  return making.toAnswer();
}

/** Instead of an answer that says something went wrong: nobody else gets it. */
class HandlerFailed extends Error {}

/** One run of the handler. */
class Making {
  readonly #asking: Asking;
  answer: ReplyLike | undefined;
  #kept: KeptAnswer | undefined;

  constructor(asking: Asking) {
    this.#asking = asking;
  }

  get hasFailed(): boolean {
    return this.answer !== undefined && this.answer.status >= 500;
  }

  async run(): Promise<Made<KeptAnswer | undefined>> {
    const { req, next, cache, base, known, isForOne, options } = this.#asking;
    this.answer = await next();
    if (this.hasFailed)
      throw new HandlerFailed(`The handler answered ${this.answer.status}`, { cause: this.answer.error });
    const { ttl = 60, grace = 0, vary } = options;
    const keeping = toKeeping(this.answer, { req, vary, ttl, grace, isForOne });
    if (keeping === undefined) return new Made(undefined, { ttl: 0, grace: 0 });
    assertOwn(req, cache);
    const { kept } = keeping;
    this.#kept = kept;
    const now: Known = { names: kept.vary.map(([name]) => name), isPublic: kept.isPublic };
    if (known?.isPublic !== now.isPublic || known.names.join() !== now.names.join()) {
      await cache.set(['response names', base], now, { ttl: knownFor, grace: 0, jitter: 0 });
    }
    const times = { ttl: keeping.ttl * 1000, grace: keeping.grace * 1000 };
    return new Made(kept, times, toKey(base, now.names, req));
  }

  /** The answer itself, or that the client has it. */
  toAnswer(): unknown {
    const { req } = this.#asking;
    return this.#kept !== undefined && matches(this.#kept, req) ? replay(this.#kept, req) : this.answer;
  }
}

/** What nobody waits for, for a while. */
class Passes {
  readonly #until = new Map<string, number>();

  has(id: string): boolean {
    const until = this.#until.get(id);
    if (until !== undefined && until <= performance.now()) this.#until.delete(id);
    return this.#until.has(id);
  }

  add(id: string): void {
    const oldest = this.#until.keys().next();
    if (this.#until.size >= mostPasses && oldest.done !== true) this.#until.delete(oldest.value);
    this.#until.set(id, performance.now() + passFor);
  }
}

const mayHave = (kept: KeptAnswer, { req, isForOne }: Asking): boolean =>
  (kept.isPublic || !isForOne) && isSelectedBy(kept, req);

const keyOf = ({ base, known, options, req }: Asking): CacheKey =>
  toKey(base, known?.names ?? toNames(options.vary), req);

const isFromSomebody = (req: CovetRequest): boolean =>
  req.header('authorization') !== undefined || req.header('cookie') !== undefined;

function toBase(req: CovetRequest, { key, private: whose }: CacheResponsesOptions): CacheKey | undefined {
  const { host, pathname, search } = req.url;
  const base = key === undefined ? [host, pathname, search] : key(req);
  if (base === undefined || whose !== 'keyed') return base;
  return [base, req.header('authorization') ?? null, req.header('cookie') ?? null];
}

function toKey(base: CacheKey, names: readonly string[], req: CovetRequest): CacheKey {
  return ['response', base, toVary(names, req)];
}
