/**
 * The text of an argon2 hash in, what it was made with out (the PHC string format).
 * A text that is none gives nothing: what stands in a database may be of another scheme, cut off, or somebody's attempt.
 */
import { randomBytes } from 'node:crypto';

import { MOST } from './hash-options.ts';
import type { Cost } from './hash-options.ts';

/** What a hash says of itself. */
export interface PhcHash extends Cost {
  readonly algorithm: 'argon2id' | 'argon2i' | 'argon2d';
  /** 16 or 19, as in `v=19`. */
  readonly version: number;
  /** Bytes. */
  readonly saltLength: number;
  /** Bytes. */
  readonly hashLength: number;
}

export const SALT_LENGTH = 16;
export const HASH_LENGTH = 32;
export const VERSION = 19;

/** Far above every real one: 64 bytes of salt and of hash take 172 characters. */
const MOST_CHARACTERS = 300;
const syntax =
  /^\$(argon2(?:id|i|d))\$v=(16|19)\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Undefined for what is no argon2 hash, or one that would cost more than {@link MOST}. */
export function parsePhcHash(text: unknown): PhcHash | undefined {
  if (typeof text !== 'string' || text.length > MOST_CHARACTERS) return undefined;
  const [, algorithm, version, m, t, p, salt, hash] = syntax.exec(text) ?? [];
  if (algorithm === undefined || salt === undefined || hash === undefined) return undefined;
  const parsed = {
    algorithm: algorithm as PhcHash['algorithm'],
    version: Number(version),
    memoryCost: Number(m),
    timeCost: Number(t),
    parallelism: Number(p),
    saltLength: lengthOf(salt),
    hashLength: lengthOf(hash),
  };
  return isWithinBounds(parsed) ? parsed : undefined;
}

/** RFC 9106, 3.1, below; {@link MOST} above. */
function isWithinBounds({ memoryCost, timeCost, parallelism, saltLength, hashLength }: PhcHash): boolean {
  return (
    parallelism >= 1 &&
    parallelism <= MOST.parallelism &&
    timeCost >= 1 &&
    timeCost <= MOST.timeCost &&
    memoryCost >= 8 * parallelism &&
    memoryCost <= MOST.memoryCost &&
    saltLength >= 8 &&
    saltLength <= 64 &&
    hashLength >= 4 &&
    hashLength <= 64
  );
}

/** Bytes of unpadded base64; 0 for what decodes to no whole number of bytes, or has bits beyond the last one. */
function lengthOf(text: string): number {
  const bytes = Buffer.from(text, 'base64');
  return toBase64(bytes) === text ? bytes.byteLength : 0;
}

/** A hash of no password at all, which costs as much to check as a real one. */
export function dummyHash({ memoryCost, timeCost, parallelism }: Cost): string {
  const salt = toBase64(randomBytes(SALT_LENGTH));
  const hash = toBase64(randomBytes(HASH_LENGTH));
  return `$argon2id$v=${VERSION}$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${hash}`;
}

const toBase64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
