/**
 * What single files and folders of them have in common: how they are sent.
 * In: options of users, each checked. Out: the server's own.
 */
import { CovetError } from '../error.ts';
import type { NamesOf } from '../internal/known-options.ts';
import type { NativeFilePolicy } from '../native/index.ts';
import { ReplyHeaders } from '../reply-headers.ts';

/** How files are sent; of {@link StaticOptions} and {@link SendFileOptions}. */
export interface SendOptions {
  /**
   * Seconds a client may use its copy without asking, in `Cache-Control`. Without it a client asks each time, and gets
   * 304 for what it has.
   */
  readonly maxAge?: number;
  /** Says that the file never changes while `maxAge` lasts: for names with a hash in them. Needs `maxAge`. */
  readonly immutable?: boolean;
  /**
   * Sends `ETag`, made of size and time of change, and answers by it. Default true. It is weak for the first two seconds
   * after a change, in which another one might not show.
   */
  readonly etag?: boolean;
  /** Sends `Last-Modified` and answers by it. Default true. */
  readonly lastModified?: boolean;
  /**
   * Sends `name.br`, `name.zst` or `name.gz` in the place of `name`, where one lies beside it that is not older and the
   * client takes it. Default false.
   */
  readonly precompressed?: boolean;
  /** `'allow'` serves names that begin with a dot. Default `'deny'`: they are not found. */
  readonly dotfiles?: 'allow' | 'deny';
  /**
   * Symbolic links: `'inside'` (default) follows those that lead to something below the root, `'follow'` all of them,
   * `'refuse'` none.
   */
  readonly symlinks?: 'inside' | 'follow' | 'refuse';
  /** Headers of every answer with a file; they come before those that Covet would send. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The names of {@link SendOptions}. */
export const sendNames: NamesOf<SendOptions> = {
  maxAge: true,
  immutable: true,
  etag: true,
  lastModified: true,
  precompressed: true,
  dotfiles: true,
  symlinks: true,
  headers: true,
};

/** The most that `Cache-Control` can say and every client reads (RFC 9111, 1.2.2). */
const MOST_SECONDS = 2 ** 31;

const LINKS: ReadonlySet<unknown> = new Set(['inside', 'follow', 'refuse']);

/** Which caches may keep a file, and what is said of one without `maxAge`. */
export interface CacheRule {
  readonly scope: 'public' | 'private';
  readonly otherwise: string;
}

/** Checks options and makes the server's own of them. `subject` names what they belong to in errors. */
export function toNativePolicy(options: SendOptions, cache: CacheRule, subject: string): NativeFilePolicy {
  const { etag = true, lastModified = true, precompressed = false, dotfiles = 'deny', symlinks = 'inside' } = options;
  if (dotfiles !== 'allow' && dotfiles !== 'deny') {
    throw invalid(`dotfiles of ${subject} is 'allow' or 'deny', not ${JSON.stringify(dotfiles)}`);
  }
  if (!LINKS.has(symlinks)) {
    throw invalid(`symlinks of ${subject} is 'inside', 'follow' or 'refuse', not ${JSON.stringify(symlinks)}`);
  }
  for (const [name, value] of Object.entries({ etag, lastModified, precompressed })) {
    if (typeof value !== 'boolean')
      throw invalid(`${name} of ${subject} is true or false, not ${JSON.stringify(value)}`);
  }
  return {
    cacheControl: toCacheControl(options, cache, subject),
    etag,
    lastModified,
    precompressed,
    headers: toHeaderBlock(options.headers),
    links: symlinks,
    dotfiles: dotfiles === 'allow',
  };
}

function toCacheControl({ maxAge, immutable = false }: SendOptions, cache: CacheRule, subject: string): string {
  if (maxAge === undefined) {
    if (immutable) throw invalid(`immutable of ${subject} needs maxAge, the seconds for which it holds`);
    return cache.otherwise;
  }
  if (!Number.isInteger(maxAge) || maxAge < 0 || maxAge > MOST_SECONDS) {
    throw invalid(`maxAge of ${subject} is a whole number of seconds from 0 to 2^31, not ${String(maxAge)}`);
  }
  return `${cache.scope}, max-age=${maxAge}${immutable ? ', immutable' : ''}`;
}

function toHeaderBlock(given: SendOptions['headers']): string {
  if (given === undefined) return '';
  const headers = new ReplyHeaders();
  for (const [name, value] of Object.entries(given)) headers.append(name, value);
  return headers.toBlock();
}

export function invalid(message: string): CovetError {
  return new CovetError(message, { code: 'INVALID_OPTION' });
}
