/**
 * Passwords in, argon2id hashes out, and back: whether a password is the one of a hash.
 * The work runs in libuv's threads, never in the event loop, and only so much of it at once.
 */
import type * as argon2 from '@node-rs/argon2';

import { CovetError } from '../error.ts';
import { toHasherSettings } from './hash-options.ts';
import type { HasherSettings, PasswordHasherOptions } from './hash-options.ts';
import { HASH_LENGTH, SALT_LENGTH, VERSION, dummyHash, parsePhcHash } from './phc-hash.ts';
import { WorkQueue } from './work-queue.ts';

/** Options of one call. */
export interface PasswordCallOptions {
  /** Gives up while waiting in line: `req.signal` spares the work for clients that have gone. */
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of UTF-8. No person types as many, and each costs time and memory before it is refused. */
const MOST_BYTES = 4096;

/**
 * Hashes and checks passwords with argon2id (RFC 9106). {@link hashPassword}, {@link verifyPassword} and
 * {@link needsRehash} are those of one with the defaults; make another for other costs.
 *
 * Needs the package `@node-rs/argon2`: `npm install @node-rs/argon2`.
 *
 * @example
 * ```ts
 * import { PasswordHasher } from 'covet/passwords';
 *
 * const hasher = new PasswordHasher({ memoryCost: 47_104, timeCost: 2 });
 * const hash = await hasher.hash('correct horse battery staple');
 * console.log(await hasher.verify(hash, 'correct horse battery staple')); // true
 * ```
 */
export class PasswordHasher {
  readonly #settings: HasherSettings;
  readonly #queue: WorkQueue;
  /** Checked where there is no hash to check. */
  readonly #dummy: string;

  /** @throws CovetError `INVALID_OPTION` for costs below OWASP's, or beyond reason. */
  constructor(options: PasswordHasherOptions = {}) {
    const settings = toHasherSettings(options);
    const { concurrency, maxQueue } = settings;
    this.#settings = settings;
    this.#queue = new WorkQueue({ concurrency, maxQueue, name: 'Password hashing' });
    this.#dummy = dummyHash(settings);
  }

  /** See {@link hashPassword}. */
  async hash(password: string, { signal }: PasswordCallOptions = {}): Promise<string> {
    const text = toText(password);
    if (text === undefined) throw refusal(password);
    const { memoryCost, timeCost, parallelism } = this.#settings;
    return this.#queue.run(async () => {
      const { hash } = await loadArgon2();
      // Algorithm and version are the package's defaults, argon2id and 19; its enums are not there at run time.
      return hash(text, { memoryCost, timeCost, parallelism, outputLen: HASH_LENGTH });
    }, signal);
  }

  /** See {@link verifyPassword}. */
  async verify(
    hash: string | null | undefined,
    password: string,
    { signal }: PasswordCallOptions = {},
  ): Promise<boolean> {
    const text = toText(password);
    // Known from the password alone, so how soon the answer comes says nothing of the user.
    if (text === undefined) return false;
    const known = parsePhcHash(hash) === undefined ? undefined : (hash as string);
    const check = (candidate: string): Promise<boolean> =>
      this.#queue.run(async () => (await loadArgon2()).verify(known ?? this.#dummy, candidate), signal);
    if (await check(text)) return known !== undefined;
    // Hashes that came from elsewhere may have been made of the text as it was typed.
    return text !== password && (await check(password)) && known !== undefined;
  }

  /** See {@link needsRehash}. */
  needsRehash(hash: string | null | undefined): boolean {
    const parsed = parsePhcHash(hash);
    if (parsed === undefined) return true;
    const { memoryCost, timeCost, parallelism } = this.#settings;
    return (
      parsed.algorithm !== 'argon2id' ||
      parsed.version !== VERSION ||
      parsed.memoryCost !== memoryCost ||
      parsed.timeCost !== timeCost ||
      parsed.parallelism !== parallelism ||
      parsed.saltLength < SALT_LENGTH ||
      parsed.hashLength < HASH_LENGTH
    );
  }
}

/**
 * The text that is hashed: NFKC, as NIST SP 800-63B, 5.1.1.2 recommends, since the same key gives other code points on
 * other systems. Undefined for what no hash can be of.
 */
function toText(password: unknown): string | undefined {
  // The length of the text first: neither its bytes nor its normal form shall cost anything when it is far too long.
  if (typeof password !== 'string' || password === '' || password.length > MOST_BYTES) return undefined;
  if (Buffer.byteLength(password) > MOST_BYTES) return undefined;
  const text = password.normalize('NFKC');
  // Some characters have a normal form many times as long; half of a surrogate pair has no bytes of its own.
  if (Buffer.byteLength(text) > MOST_BYTES || Buffer.from(text).toString() !== text) return undefined;
  return text;
}

function refusal(password: unknown): CovetError {
  const isText = typeof password === 'string' && password !== '';
  return new CovetError(
    isText
      ? `A password has at most ${MOST_BYTES} bytes of well-formed text`
      : `A password is text of at least one character`,
    { status: 422, category: 'validation', code: 'VALIDATION_ERROR', details: { max_bytes: MOST_BYTES } },
  );
}

async function loadArgon2(): Promise<typeof argon2> {
  try {
    return await import('@node-rs/argon2');
  } catch (cause) {
    throw new CovetError('Passwords need the package @node-rs/argon2: run `npm install @node-rs/argon2`', { cause });
  }
}

const hasher = new PasswordHasher();

/**
 * Hashes a password for storage: argon2id with 19 MiB, 2 passes and 1 lane (OWASP), a random salt of 16 bytes, as a text
 * of the PHC string format, some 97 characters. It takes tens of milliseconds of one of libuv's threads, none of the
 * event loop. Half of those threads at most are at work at once, 1000 calls wait in line.
 *
 * The password is brought to Unicode's NFKC first (NIST SP 800-63B): `é` is one password, typed as one character or two.
 *
 * @throws CovetError 422 `VALIDATION_ERROR` for an empty password and one of more than 4096 bytes of UTF-8; 503
 * `SERVICE_UNAVAILABLE` with `Retry-After` when too many wait; the signal's reason when it fires first; 500 naming what to
 * install when `@node-rs/argon2` is missing.
 *
 * @example
 * ```ts
 * import { hashPassword, verifyPassword } from 'covet/passwords';
 *
 * const hash = await hashPassword('correct horse battery staple');
 * console.log(hash.slice(0, 30)); // $argon2id$v=19$m=19456,t=2,p=1
 * console.log(await verifyPassword(hash, 'correct horse')); // false
 * ```
 */
export function hashPassword(password: string, options?: PasswordCallOptions): Promise<string> {
  return hasher.hash(password, options);
}

/**
 * Whether `password` is the one `hash` was made of. The costs are those the hash names, so older hashes and those of other
 * systems are checked as well (argon2id, argon2i, argon2d; at most 256 MiB, 16 passes and 16 lanes).
 *
 * Without a hash the same work is done and the answer is false: call it for unknown users, too, or the time it takes tells
 * which users there are. The same holds for a text that is no argon2 hash. A password that is empty or has more than 4096
 * bytes is never right, and no work is done for it.
 *
 * @returns false, and never an error, for a malformed or foreign hash.
 * @throws CovetError 503 `SERVICE_UNAVAILABLE` with `Retry-After` when too many wait; the signal's reason when it fires
 * first; 500 naming what to install when `@node-rs/argon2` is missing.
 *
 * @example
 * ```ts
 * import { Covet, HttpError } from 'covet';
 * import { hashPassword, verifyPassword } from 'covet/passwords';
 * import { z } from 'zod';
 *
 * const hashes = new Map([['ada', await hashPassword('correct horse battery staple')]]);
 * const Login = z.object({ name: z.string(), password: z.string() });
 *
 * const app = new Covet();
 * app.post('/login', { body: Login }, async ({ body, req }) => {
 *   const isRight = await verifyPassword(hashes.get(body.name), body.password, { signal: req.signal });
 *   if (!isRight) throw new HttpError(401, 'Wrong name or password');
 *   return { name: body.name };
 * });
 * ```
 */
export function verifyPassword(
  hash: string | null | undefined,
  password: string,
  options?: PasswordCallOptions,
): Promise<boolean> {
  return hasher.verify(hash, password, options);
}

/**
 * Whether a hash was made with other costs than today's, another algorithm, or a shorter salt, or is no argon2 hash at all.
 * Ask after a successful login, the one moment at which the password is known, and store `hashPassword(password)` then.
 *
 * @example
 * ```ts
 * import { hashPassword, needsRehash } from 'covet/passwords';
 *
 * console.log(needsRehash(await hashPassword('correct horse battery staple'))); // false
 * console.log(needsRehash('$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW')); // true
 * ```
 */
export function needsRehash(hash: string | null | undefined): boolean {
  return hasher.needsRehash(hash);
}
